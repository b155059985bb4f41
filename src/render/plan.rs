//! A plan for many targets, and what became of it, as documents and as text.

use serde::Serialize;
use serde_json::Value;

use super::callback::{fields, shown};
use super::folded;
use crate::change::diff::Difference;
use crate::change::plan::{Action, Counts, Plan, Step};
use crate::error::Error;

/// The document of `diff` and `apply`.
#[derive(Debug, Serialize)]
pub struct Document<'a> {
    schema_version: u8,
    /// Whether every target is, or was before `apply`, as the manifest says.
    same: bool,
    counts: Counts,
    fingerprint: String,
    targets: Vec<StepDocument<'a>>,
}

#[derive(Debug, Serialize)]
struct StepDocument<'a> {
    region: &'a str,
    app_id: &'a str,
    action: Action,
    changes: &'a Difference,
    risks: &'a [String],
    not_compared: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Value>,
    /// Its number in the history, which keeps what was there before.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<u64>,
}

/// What became of one step.
#[derive(Debug, Clone)]
pub enum Ended {
    /// It was written and read back; its number in the history, where one is kept.
    Written(Option<u64>),
    /// Somebody else had done the same meanwhile.
    AlreadySo,
    /// It failed.
    Failed(Error),
    /// It was not tried after another had failed, or a signal came.
    NotTried,
}

impl Ended {
    const fn word(&self) -> &'static str {
        match self {
            Ended::Written(_) => "written",
            Ended::AlreadySo => "already so",
            Ended::Failed(_) => "failed",
            Ended::NotTried => "not tried",
        }
    }
}

/// The document of a plan.
pub fn document(plan: &Plan) -> Document<'_> {
    Document {
        schema_version: 1,
        same: plan.is_empty(),
        counts: plan.counts(),
        fingerprint: plan.fingerprint(),
        targets: plan.steps.iter().map(step_document).collect(),
    }
}

fn step_document(step: &Step) -> StepDocument<'_> {
    StepDocument {
        region: step.target.region.as_str(),
        app_id: step.target.app_id.as_str(),
        action: step.action,
        changes: &step.difference,
        risks: &step.risks,
        not_compared: step.unseen.as_deref(),
        result: None,
        error: None,
        number: None,
    }
}

/// The document of a plan that was carried out; `ended` has one element for each change.
pub fn outcome_document<'a>(
    plan: &'a Plan,
    ended: &[Ended],
    error: impl Fn(&Error) -> Value,
) -> Document<'a> {
    let mut document = document(plan);
    let changes = document
        .targets
        .iter_mut()
        .zip(&plan.steps)
        .filter(|(_, step)| step.is_change());
    for ((target, _), ended) in changes.zip(ended) {
        target.result = Some(ended.word());
        match ended {
            Ended::Failed(why) => target.error = Some(error(why)),
            Ended::Written(number) => target.number = *number,
            Ended::AlreadySo | Ended::NotTried => {}
        }
    }
    document
}

/// The changes of a plan, field by field, and how many there are.
pub fn text(plan: &Plan, width: u16) -> String {
    let mut text = String::new();
    for step in plan.changes() {
        text.push_str(&step_text(step));
    }
    folded(&(text + &counts(&plan.counts())), width)
}

fn step_text(step: &Step) -> String {
    match step.action {
        Action::Create => whole('+', step),
        Action::Delete => whole('-', step) + &risks(step),
        Action::Change => {
            format!(
                "~ {}{}",
                fields(&step.target, &step.difference),
                risks(step)
            )
        }
        Action::Unchanged | Action::Kept => String::new(),
    }
}

fn risks(step: &Step) -> String {
    let risks = step.risks.iter();
    risks.map(|risk| format!("  ! {risk}\n")).collect()
}

/// Every field of a callback that comes or goes.
fn whole(sign: char, step: &Step) -> String {
    let mut text = format!("{sign} {}\n", step.target);
    for change in &step.difference.fields {
        let value = match sign {
            '+' => &change.after,
            _ => &change.before,
        };
        if !value.is_null() {
            text.push_str(&format!("  {sign} {} {}\n", change.field, shown(value)));
        }
    }
    text
}

fn counts(counts: &Counts) -> String {
    let mut text = format!(
        "{} to create, {} to change, {} to delete, {} unchanged",
        counts.create, counts.change, counts.delete, counts.unchanged
    );
    if counts.kept > 0 {
        text.push_str(&format!(", {} left as they are", counts.kept));
    }
    text + "\n"
}

/// What became of each change.
pub fn outcome(plan: &Plan, ended: &[Ended]) -> String {
    let mut text = String::new();
    for (step, ended) in plan.changes().zip(ended) {
        let sign = match step.action {
            Action::Create => '+',
            Action::Delete => '-',
            _ => '~',
        };
        text.push_str(&format!("{sign} {}: {}\n", step.target, ended.word()));
    }
    let count = |word: &str| ended.iter().filter(|ended| ended.word() == word).count();
    let mut parts = vec![format!("{} written", count("written"))];
    for word in ["already so", "failed", "not tried"] {
        if count(word) > 0 {
            parts.push(format!("{} {word}", count(word)));
        }
    }
    let Counts {
        unchanged, kept, ..
    } = plan.counts();
    parts.push(format!("{unchanged} unchanged"));
    if kept > 0 {
        parts.push(format!("{kept} left as they are"));
    }
    text + &parts.join(", ") + "\n"
}
