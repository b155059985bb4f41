//! The situations that a receiver should bear, as data: what is sent, and which answer is right.

mod shots;

use std::time::Duration;

use jiff::Timestamp;

use super::rules::Answer;
use crate::error::{Error, Result};
use crate::event::compose::Draft;
use crate::probe::Verdict;

/// A situation.
#[derive(Debug)]
pub struct Scenario {
    /// The word after `--scenario`.
    pub name: &'static str,
    /// What is sent.
    pub sends: &'static str,
    /// What a robust receiver answers.
    pub expects: &'static str,
    /// What to do when it answers otherwise.
    pub remedy: &'static str,
    /// Whether it is about the signature, so that it proves nothing without a key.
    pub needs_key: bool,
    /// How it is made.
    pub kind: Kind,
}

/// How a situation is made.
#[derive(Debug)]
pub enum Kind {
    /// By deliveries one after the other, each tried once.
    Shots(fn(&Ordinary) -> Result<Vec<Shot>>),
    /// By many at once, by VOD's rules.
    Storm,
}

/// The event that scenarios vary, and what makes variations different.
#[derive(Debug)]
pub struct Ordinary {
    /// The event.
    pub draft: Draft,
    /// The time of sending.
    pub now: Timestamp,
    /// An id that no event had before.
    pub id: String,
}

/// One delivery of a scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Shot {
    /// What is special about it, for example the event's name.
    pub what: String,
    /// The body.
    pub body: Vec<u8>,
    /// How it is signed.
    pub signing: Signing,
    /// Over which time the body is sent, if not at once.
    pub slowly: Option<Duration>,
    /// The right answer.
    pub wanted: Wanted,
}

/// How a delivery of a scenario is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signing {
    /// As the service does.
    Right,
    /// Without the two headers.
    Missing,
    /// With another key.
    WrongKey,
    /// Rightly, but an hour ago.
    Stale,
}

/// The right answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// 200.
    Accept,
    /// 200 is better, but a refusal is no fault.
    RatherAccept,
    /// Anything but 200; best a 4xx.
    Refuse,
    /// A refusal is better, but the documentation calls the check optional.
    RatherRefuse,
}

impl Wanted {
    /// Judges an answer.
    pub fn judge(self, answer: &Answer) -> Verdict {
        let refused = answer.is_refusal();
        match (self, answer.is_delivered()) {
            (Wanted::Accept | Wanted::RatherAccept, true) => Verdict::Pass,
            (Wanted::RatherAccept, false) if refused => Verdict::Warn,
            (Wanted::Accept | Wanted::RatherAccept, false) => Verdict::Fail,
            (Wanted::Refuse, true) => Verdict::Fail,
            (Wanted::RatherRefuse, true) => Verdict::Warn,
            (Wanted::Refuse | Wanted::RatherRefuse, false) if refused => Verdict::Pass,
            // Not believed, but by accident rather than by a decision.
            (Wanted::Refuse | Wanted::RatherRefuse, false) => Verdict::Warn,
        }
    }
}

/// Every scenario in the order in which `all` tries them. The first is the ordinary case, without which
/// the others prove nothing.
pub static SCENARIOS: [Scenario; 13] = [
    Scenario {
        name: "plain",
        sends: "an ordinary event",
        expects: "200",
        remedy: "answer 200 to an ordinary event",
        needs_key: false,
        kind: Kind::Shots(shots::plain),
    },
    Scenario {
        name: "duplicates",
        sends: "the same event three times, as after a late or lost answer",
        expects: "200 each time; look in your data that it counted once",
        remedy: "answer 200 to an event that is known already, and do nothing",
        needs_key: false,
        kind: Kind::Shots(shots::duplicates),
    },
    Scenario {
        name: "reordered",
        sends: "the events of one upload, the last first",
        expects: "200 each time",
        remedy: "keep what came early; the service guarantees no order",
        needs_key: false,
        kind: Kind::Shots(shots::reordered),
    },
    Scenario {
        name: "slow",
        sends: "a body that trickles in over two seconds",
        expects: "200",
        remedy: "read the whole body, by its Content-Length, before answering",
        needs_key: false,
        kind: Kind::Shots(shots::slow),
    },
    Scenario {
        name: "bad-signature",
        sends: "a signature made with another key",
        expects: "401, or anything but 200",
        remedy: "verify X-VOD-SIGNATURE before anything else: anybody can post to a public URL",
        needs_key: true,
        kind: Kind::Shots(shots::bad_signature),
    },
    Scenario {
        name: "no-signature",
        sends: "no signature headers",
        expects: "401, or anything but 200",
        remedy: "refuse what is not signed, once a key is set",
        needs_key: true,
        kind: Kind::Shots(shots::no_signature),
    },
    Scenario {
        name: "stale-timestamp",
        sends: "a right signature that is an hour old",
        expects: "401, or anything but 200; the documentation calls the check optional",
        remedy: "refuse an X-VOD-TIMESTAMP that is more than five minutes away, so that nobody can replay a delivery",
        needs_key: true,
        kind: Kind::Shots(shots::stale_timestamp),
    },
    Scenario {
        name: "unknown-event",
        sends: "an event type that does not exist yet",
        expects: "200",
        remedy: "answer 200 to event types you do not know: the service adds some, and a refusal only brings them three times",
        needs_key: false,
        kind: Kind::Shots(shots::unknown_event),
    },
    Scenario {
        name: "missing-fields",
        sends: "an event with its type and its time only",
        expects: "200; a 4xx is a warning, since sending again does not help",
        remedy: "note the event and answer 200; only a failure on your side is worth another attempt",
        needs_key: false,
        kind: Kind::Shots(shots::missing_fields),
    },
    Scenario {
        name: "extra-fields",
        sends: "members that nobody documented",
        expects: "200",
        remedy: "let the parser ignore members it does not know",
        needs_key: false,
        kind: Kind::Shots(shots::extra_fields),
    },
    Scenario {
        name: "alternative-shapes",
        sends: "shapes seen beside the documented ones: numbers as text, objects as text and the reverse",
        expects: "200 each time",
        remedy: "accept numbers and objects as text too; vodcb events show EVENT tells which were seen",
        needs_key: false,
        kind: Kind::Shots(shots::alternative_shapes),
    },
    Scenario {
        name: "large",
        sends: "an event of 64 KiB",
        expects: "200",
        remedy: "raise the body limit of the receiver and of the proxy before it to 64 KiB or more",
        needs_key: false,
        kind: Kind::Shots(shots::large),
    },
    Scenario {
        name: "storm",
        sends: "many events at once (--count, --rate, --concurrency)",
        expects: "200 within five seconds for each",
        remedy: "answer 200 first and do the work afterwards, from a queue",
        needs_key: false,
        kind: Kind::Storm,
    },
];

/// The scenarios of these names, each once and in the usual order; `all` stands for all of them.
///
/// # Errors
/// A usage error for a name that is none.
pub fn named(names: &[String]) -> Result<Vec<&'static Scenario>> {
    let known = |name: &String| name == "all" || SCENARIOS.iter().any(|it| it.name == *name);
    if let Some(stranger) = names.iter().find(|name| !known(name)) {
        let all: Vec<&str> = SCENARIOS.iter().map(|it| it.name).collect();
        return Err(Error::usage(format!("{stranger:?} is not a scenario"))
            .hint(format!("the scenarios are all, {}", all.join(", "))));
    }
    let wanted = |it: &&Scenario| names.iter().any(|name| name == "all" || name == it.name);
    Ok(SCENARIOS.iter().filter(wanted).collect())
}
