//! What has to be done to many targets, each judged as a single change is.

use super::diff::{self, Difference, Verdict};
use crate::callback::{Auth, Callback};
use crate::digest;
use crate::target::Target;

/// The steps in the order in which they are taken.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// One for each target.
    pub steps: Vec<Step>,
}

/// What has to be done to one target.
#[derive(Debug, Clone)]
pub struct Step {
    /// The target.
    pub target: Target,
    /// What has to be done.
    pub action: Action,
    /// What is configured.
    pub before: Option<Callback>,
    /// What is wanted.
    pub after: Option<Callback>,
    /// How these differ; keys appear by their fingerprints. Empty for what is left as it is.
    pub difference: Difference,
    /// What may be lost by a change, in the words of a question.
    pub risks: Vec<String>,
    /// What could not be compared.
    pub unseen: Option<String>,
}

/// What has to be done to a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Configure what has no callback.
    Create,
    /// Change the callback.
    Change,
    /// Remove the callback.
    Delete,
    /// Nothing, it is as wanted.
    Unchanged,
    /// Nothing, the manifest leaves it as it is.
    Kept,
}

/// How many steps there are of each action.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// [`Action::Create`].
    pub create: usize,
    /// [`Action::Change`].
    pub change: usize,
    /// [`Action::Delete`].
    pub delete: usize,
    /// [`Action::Unchanged`].
    pub unchanged: usize,
    /// [`Action::Kept`].
    pub kept: usize,
}

impl Step {
    /// Judges a target.
    pub fn new(target: Target, before: Option<Callback>, after: Option<Callback>) -> Self {
        let verdict = diff::judge(after.as_ref(), before.as_ref());
        let action = match (&before, &after) {
            _ if verdict != Verdict::Different => Action::Unchanged,
            (None, _) => Action::Create,
            (_, None) => Action::Delete,
            (Some(_), Some(_)) => Action::Change,
        };
        let aligned = match (&before, &after) {
            (Some(stored), Some(wanted)) => Some(diff::aligned(wanted, stored)),
            _ => before.clone(),
        };
        let difference = match action {
            Action::Unchanged | Action::Kept => Difference::default(),
            _ => Difference::showing(aligned.as_ref(), after.as_ref(), diff::key_fingerprint),
        };
        let both = before.as_ref().zip(after.as_ref());
        let unseen = both.and_then(|(stored, wanted)| diff::unseen_key(wanted, stored));
        let mut risks = match action {
            Action::Change | Action::Delete => diff::risks(aligned.as_ref(), after.as_ref()),
            _ => Vec::new(),
        };
        let writes_key = after
            .as_ref()
            .and_then(Callback::auth)
            .and_then(Auth::known_key);
        if action == Action::Change && unseen.is_some() && writes_key.is_some() {
            risks.push("the callback key that is written may be another than the stored one, which is not shown: receivers refuse deliveries until they know it".to_owned());
        }
        Step {
            risks,
            target,
            action,
            before,
            after,
            difference,
            unseen,
        }
    }

    /// A target that stays as it is, whatever that is.
    pub fn kept(target: Target, now: Option<Callback>) -> Self {
        Step {
            target,
            action: Action::Kept,
            before: now.clone(),
            after: now,
            difference: Difference::default(),
            risks: Vec::new(),
            unseen: None,
        }
    }

    /// True when something has to be done.
    pub fn is_change(&self) -> bool {
        !matches!(self.action, Action::Unchanged | Action::Kept)
    }
}

impl Plan {
    /// The steps that change something.
    pub fn changes(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.is_change())
    }

    /// True when nothing has to be done.
    pub fn is_empty(&self) -> bool {
        self.changes().next().is_none()
    }

    /// How many steps there are of each action.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for step in &self.steps {
            match step.action {
                Action::Create => counts.create += 1,
                Action::Change => counts.change += 1,
                Action::Delete => counts.delete += 1,
                Action::Unchanged => counts.unchanged += 1,
                Action::Kept => counts.kept += 1,
            }
        }
        counts
    }

    /// Eight hex digits that change with any target, with what is there, and with what is wanted.
    pub fn fingerprint(&self) -> String {
        let state = |callback: &Option<Callback>| {
            let fingerprint = callback.as_ref().map(Callback::fingerprint);
            fingerprint.unwrap_or_else(|| "none".to_owned())
        };
        digest::fingerprint(self.steps.iter().map(|step| {
            let (before, after) = (state(&step.before), state(&step.after));
            format!("{}\n{before}\n{after}\n", step.target)
        }))
    }
}
