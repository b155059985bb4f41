//! Proving that events arrive: named checks, each with a result, its cause and a remedy.
//!
//! One root cause makes one failure: what depends on a check that failed is skipped and says so.
//! [`config`] looks at the callback alone, [`service`] asks VOD, [`network`] finds the receiver,
//! [`receiver`] hands it test deliveries, [`queue`] asks the queue service, and [`destination`] puts
//! the right ones in order. [`rotation`] proves what a change of the key needs, [`test_event`] makes what is delivered.

pub mod config;
pub mod destination;
pub mod network;
pub mod queue;
pub mod receiver;
pub mod rotation;
pub mod service;
pub mod test_event;

use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

use crate::error::{Error, Result};
use crate::order;
use crate::target::Target;

/// What a check came to; the worst is the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Not looked at; the cause says why.
    Skip,
    /// As it should be.
    Pass,
    /// Events arrive, but something should be mended.
    Warn,
    /// Events are lost.
    Fail,
}

impl Verdict {
    /// The word in documents and tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Warn => "warn",
            Verdict::Fail => "fail",
            Verdict::Skip => "skip",
        }
    }
}

/// One check. The order of the members is the order in JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// One of [`NAMES`], or a proof of `key rotate`.
    pub name: &'static str,
    /// What it came to.
    pub result: Verdict,
    /// What was found.
    pub cause: String,
    /// What to do about a warning or a failure.
    pub remedy: Option<String>,
    /// How long it took; checks that share a request share its time.
    pub took_ms: u64,
    /// The check without which this one could not be made.
    #[serde(skip)]
    pub because: Option<&'static str>,
}

/// Every check and what it looks at, in the order in which they are shown.
pub const NAMES: [(&str, &str); 25] = [
    ("credentials", "a key was found, and VOD accepts it"),
    ("service", "VOD's API answers"),
    ("clock", "this machine's clock against VOD's"),
    ("permission", "reading the callback is allowed"),
    ("activated", "VOD is activated for the account"),
    ("configured", "there is a callback"),
    ("events", "events are selected, and sensibly"),
    ("url", "the URL keeps VOD's rules"),
    ("dns", "the host is found, at a public address"),
    ("connect", "somebody listens"),
    ("tls", "the certificate is good, and for how long"),
    ("redirect", "a delivery is not sent elsewhere"),
    ("delivery", "a delivery is answered 200 within 5 s"),
    ("latency", "how much of the 5 s the answer takes"),
    ("forged", "a signature by another key is refused"),
    ("stale", "a signature of an hour ago is refused"),
    ("unsigned", "a delivery without signature is refused"),
    ("public-endpoint", "the queue's endpoint is a public one"),
    ("region", "the queue is where the vendor advises"),
    ("queue-permission", "looking at the queue is allowed"),
    ("queue-exists", "the queue is there"),
    ("retention", "messages are kept long enough"),
    ("size", "the largest event fits"),
    ("backlog", "messages are being read"),
    ("role", "VOD may write to queues"),
];

impl Check {
    fn new(name: &'static str, result: Verdict, cause: impl Into<String>) -> Self {
        Check {
            name,
            result,
            cause: cause.into(),
            remedy: None,
            took_ms: 0,
            because: None,
        }
    }

    /// As it should be.
    pub fn pass(name: &'static str, found: impl Into<String>) -> Self {
        Check::new(name, Verdict::Pass, found)
    }

    /// To be mended.
    pub fn warn(name: &'static str, cause: impl Into<String>, remedy: impl Into<String>) -> Self {
        Check {
            remedy: Some(remedy.into()),
            ..Check::new(name, Verdict::Warn, cause)
        }
    }

    /// Events are lost.
    pub fn fail(name: &'static str, cause: impl Into<String>, remedy: impl Into<String>) -> Self {
        Check {
            remedy: Some(remedy.into()),
            ..Check::new(name, Verdict::Fail, cause)
        }
    }

    /// A failure in the words of an error.
    pub fn failed(name: &'static str, error: &Error) -> Self {
        Check {
            remedy: error.hints.first().cloned(),
            ..Check::new(name, Verdict::Fail, error.told("; "))
        }
    }

    /// A warning in the words of an error.
    pub fn warning(name: &'static str, error: &Error) -> Self {
        Check {
            result: Verdict::Warn,
            ..Check::failed(name, error)
        }
    }

    /// Not looked at, for this reason.
    pub fn skip(name: &'static str, reason: impl Into<String>) -> Self {
        Check::new(name, Verdict::Skip, reason)
    }

    /// Not looked at, since another check was not passed.
    pub fn skip_because(name: &'static str, other: &Check) -> Self {
        let how = match other.result {
            Verdict::Fail => "failed",
            Verdict::Warn => "has a warning",
            Verdict::Pass | Verdict::Skip => "was skipped",
        };
        Check {
            because: Some(other.name),
            ..Check::skip(name, format!("because {} {how}", other.name))
        }
    }

    /// The same with the time it took.
    #[must_use]
    pub fn took(mut self, time: std::time::Duration) -> Self {
        self.took_ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self
    }

    /// True when what builds upon this check can be looked at.
    pub fn holds(&self) -> bool {
        matches!(self.result, Verdict::Pass | Verdict::Warn)
    }
}

/// Skips all of these, since another check was not passed.
pub fn skip_all<'a>(
    names: &'a [&'static str],
    other: &'a Check,
) -> impl Iterator<Item = Check> + 'a {
    names.iter().map(|name| Check::skip_because(name, other))
}

/// Where a check stands among all.
fn place(name: &str) -> Option<usize> {
    NAMES.iter().position(|(known, _)| *known == name)
}

/// Whether a check is one of queues, which stand last.
fn of_queue(name: &str) -> bool {
    place(name) >= place("public-endpoint")
}

/// The checks that were made, and what they come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Whose callback was looked at; `None` for a receiver alone.
    pub target: Option<Target>,
    /// In the order of [`NAMES`].
    pub checks: Vec<Check>,
}

impl Report {
    /// Puts the checks into their order.
    pub fn new(checks: Vec<Check>) -> Self {
        Report {
            target: None,
            checks: order::by(checks, |one, other| place(one.name).cmp(&place(other.name))),
        }
    }

    /// The same as one about this target's callback.
    #[must_use]
    pub fn of(self, target: Target) -> Self {
        Report {
            target: Some(target),
            ..self
        }
    }

    /// Keeps these checks, and those that kept one of them from being made. One that does not belong to
    /// what was looked at is skipped and says so.
    #[must_use]
    pub fn only(mut self, names: &[&'static str]) -> Self {
        if names.is_empty() {
            return self;
        }
        let absent = names.iter().filter(|name| self.find(name).is_none());
        let absent: Vec<Check> = absent.map(|name| self.absent(name)).collect();
        self.checks.extend(absent);
        self.checks = Report::new(self.checks).checks;
        let mut kept = names.to_vec();
        // Reasons stand before what they are the reason of.
        for check in self.checks.iter().rev() {
            if kept.contains(&check.name) {
                kept.extend(check.because);
            }
        }
        let checks = self.checks.into_iter();
        Report {
            target: self.target,
            checks: checks.filter(|check| kept.contains(&check.name)).collect(),
        }
    }

    fn find(&self, name: &str) -> Option<&Check> {
        self.checks.iter().find(|check| check.name == name)
    }

    /// Why a check was not made.
    fn absent(&self, name: &'static str) -> Check {
        let is_of_queue = self.find("public-endpoint").is_some();
        let failed = self
            .checks
            .iter()
            .find(|check| check.result == Verdict::Fail);
        match (self.find("url"), failed) {
            (None, Some(failed)) if !is_of_queue => Check::skip_because(name, failed),
            (None, _) => Check::skip(name, "this callback is a queue"),
            (Some(_), _) if of_queue(name) => Check::skip(name, "this callback is no queue"),
            (Some(_), _) => Check::skip(name, "only the receiver was looked at"),
        }
    }

    /// The worst of the results; nothing looked at is `Skip`.
    pub fn result(&self) -> Verdict {
        let has = |verdict| self.checks.iter().any(|check| check.result == verdict);
        [Verdict::Fail, Verdict::Warn, Verdict::Pass]
            .into_iter()
            .find(|verdict| has(*verdict))
            .unwrap_or(Verdict::Skip)
    }

    /// How many came to this.
    pub fn count(&self, verdict: Verdict) -> usize {
        let same = |check: &&Check| check.result == verdict;
        self.checks.iter().filter(same).count()
    }
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut document = serializer.serialize_struct("Report", 5)?;
        let target = self.target.as_ref();
        document.serialize_field("schema_version", &1)?;
        document.serialize_field("region", &target.map(|target| target.region.as_str()))?;
        document.serialize_field("app_id", &target.map(|target| target.app_id.as_str()))?;
        document.serialize_field("checks", &self.checks)?;
        document.serialize_field("result", &self.result())?;
        document.end()
    }
}

/// Names of checks joined by commas.
///
/// # Errors
/// A usage error for a name that no check has.
pub fn parse_names(text: &str) -> Result<Vec<&'static str>> {
    let words = text
        .split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty());
    let names: Vec<&'static str> = words
        .map(|word| {
            let known = NAMES.iter().find(|(name, _)| *name == word);
            known.map(|(name, _)| *name).ok_or_else(|| {
                let all: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
                Error::usage(format!("{word:?} is not the name of a check"))
                    .hint(format!("the checks are {}", all.join(", ")))
            })
        })
        .collect::<Result<_>>()?;
    if names.is_empty() {
        return Err(Error::usage("no check is named").hint("for example: --only dns,tls"));
    }
    Ok(names)
}
