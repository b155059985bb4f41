//! What a receiver tells, as documents and as lines.

use std::borrow::Cow;
use std::fmt::{self, Write};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::delivery::notice::{Answer, Answered, Delivery, Forwarded, TurnedAway, Verdict};
use crate::delivery::reply::Reply;
use crate::delivery::rules::VOD;
use crate::error::Error;
use crate::event::decode::{IdField, Outcome, json};
use crate::event::summary::Summary;
use crate::text::{clip, counted, escape_line, is_plain};

/// Longer names and ids are cut in lines; documents have them whole.
const LONGEST: usize = 64;

/// The receiver is ready.
#[derive(Debug, Serialize)]
pub struct Ready<'a> {
    schema_version: u8,
    kind: &'static str,
    /// Where it listens.
    pub url: &'a str,
    /// The file it saves to.
    pub saving_to: Option<String>,
    /// Where it hands deliveries on to.
    pub forward_to: Option<&'a str>,
}

impl<'a> Ready<'a> {
    /// Its document.
    pub fn new(url: &'a str, saving_to: Option<String>, forward_to: Option<&'a str>) -> Self {
        Ready {
            schema_version: 1,
            kind: "ready",
            url,
            saving_to,
            forward_to,
        }
    }
}

/// A delivery as data.
#[derive(Debug, Serialize)]
pub struct DeliveryDocument<'a> {
    schema_version: u8,
    kind: &'static str,
    number: u64,
    #[serde(serialize_with = "as_text")]
    received_at: Timestamp,
    target: &'a str,
    event_type: Option<&'a str>,
    id: Option<&'a IdField>,
    status: Option<&'a str>,
    result: Outcome,
    event_time: Option<&'a str>,
    no_event: Option<&'a str>,
    signature: &'static str,
    refused: bool,
    key: Option<&'a str>,
    reasons: &'a [String],
    duplicate: bool,
    saved: Option<bool>,
    bytes: usize,
    answer: Option<u16>,
    answer_after_ms: u64,
    forwarded_to: Option<&'a str>,
    event: Body<'a>,
}

/// A body, as the JSON that it is; null for anything else.
#[derive(Debug)]
struct Body<'a>(&'a [u8]);

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json(self.0).serialize(serializer)
    }
}

fn as_text<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(time)
}

/// The document of a delivery. `event` is the body, where it is JSON.
pub fn delivery(delivery: &Delivery) -> DeliveryDocument<'_> {
    let (event, no_event) = match &delivery.event {
        Ok(event) => (event, None),
        Err(why) => (&Summary::NOTHING, Some(why.as_str())),
    };
    let (key, reasons): (_, &[String]) = match &delivery.verdict {
        Verdict::Right(key) => (Some(key.as_str()), &[]),
        Verdict::Wrong(reasons) => (None, reasons),
        Verdict::Unchecked | Verdict::Missing => (None, &[]),
    };
    let (answer, after, forwarded_to) = match &delivery.answer {
        Answer::Own(Reply::Status { status, after }) => (Some(*status), *after, None),
        Answer::Own(Reply::Close) | Answer::HungUp => (None, Duration::ZERO, None),
        Answer::Forwarded(url) => (None, Duration::ZERO, Some(url.as_str())),
    };
    DeliveryDocument {
        schema_version: 1,
        kind: "delivery",
        number: delivery.number,
        received_at: delivery.received_at,
        target: &delivery.target,
        event_type: event.event_type.as_deref(),
        id: event.id.as_ref(),
        status: event.status.as_deref(),
        result: event.result(),
        event_time: event.event_time.as_deref(),
        no_event,
        signature: delivery.verdict.word(),
        refused: delivery.refused,
        key,
        reasons,
        duplicate: delivery.duplicate,
        saved: delivery.saved.as_ref().map(Result::is_ok),
        bytes: delivery.bytes,
        answer,
        answer_after_ms: milliseconds(after),
        forwarded_to,
        event: Body(delivery.body.as_deref().unwrap_or_default()),
    }
}

/// A delivery as one line, with its end.
pub fn delivery_line(delivery: &Delivery) -> String {
    let mut line = String::with_capacity(192);
    write_line(&mut line, delivery).expect("writing to memory does not fail");
    line
}

fn write_line(line: &mut String, delivery: &Delivery) -> fmt::Result {
    let at = delivery.received_at.as_second().rem_euclid(24 * 60 * 60);
    let (hours, minutes, seconds) = (at / 3600, at / 60 % 60, at % 60);
    let number = delivery.number;
    write!(line, "#{number:<4} {hours:02}:{minutes:02}:{seconds:02}Z  ")?;
    match &delivery.event {
        Ok(event) => {
            let name = event.event_type.as_deref().unwrap_or("no EventType");
            let status = event.status.as_deref().unwrap_or("-");
            write!(line, "{:<26}  {:<8}  ", shown(name), shown(status))?;
            match &event.id {
                Some(id) => write!(line, "{}={}", id.field, shown(&id.value))?,
                None => line.push_str("no id"),
            }
        }
        Err(why) => write!(line, "no event: the body is {why}")?,
    }
    match &delivery.verdict {
        Verdict::Unchecked => line.push_str("  not verified"),
        Verdict::Missing => line.push_str("  signature missing"),
        Verdict::Right(key) => write!(line, "  signature right ({key})")?,
        Verdict::Wrong(_) => line.push_str("  signature WRONG"),
    }
    let size = counted(delivery.bytes, "byte", "bytes");
    write!(line, "  {size}  -> ")?;
    match &delivery.answer {
        Answer::Own(Reply::Status { status, after }) if after.is_zero() => {
            write!(line, "{status}")?
        }
        Answer::Own(Reply::Status { status, after }) => {
            write!(line, "{status} after {} s", after.as_secs_f64())?;
        }
        Answer::Own(Reply::Close) => line.push_str("closed without an answer"),
        Answer::Forwarded(_) => line.push_str("forwarded"),
        Answer::HungUp => line.push_str("the sender hung up"),
    }
    if delivery.duplicate {
        line.push_str("  again");
    }
    if matches!(delivery.saved, Some(Err(_))) {
        line.push_str("  NOT SAVED");
    }
    line.push('\n');
    Ok(())
}

fn shown(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST && is_plain(text) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(escape_line(&clip(text, LONGEST)))
}

/// What became of a delivery that was handed on.
#[derive(Debug, Serialize)]
pub struct ForwardDocument<'a> {
    schema_version: u8,
    kind: &'static str,
    number: u64,
    url: &'a str,
    status: Option<u16>,
    error: Option<&'a str>,
    took_ms: u64,
    in_time: bool,
}

/// The document of a delivery that was handed on.
pub fn forwarded(forwarded: &Forwarded) -> ForwardDocument<'_> {
    let (status, error) = match &forwarded.result {
        Answered::Status(status) => (Some(*status), None),
        Answered::Nothing(why) => (None, Some(why.as_str())),
        Answered::HungUp => (
            None,
            Some("the sender hung up before the application answered"),
        ),
    };
    ForwardDocument {
        schema_version: 1,
        kind: "forward",
        number: forwarded.number,
        url: &forwarded.url,
        status,
        error,
        took_ms: milliseconds(forwarded.took),
        in_time: forwarded.took <= VOD.limit,
    }
}

/// The same as one line, with its end.
pub fn forwarded_line(forwarded: &Forwarded) -> String {
    let took = milliseconds(forwarded.took);
    let url = escape_line(&clip(&forwarded.url, LONGEST));
    let what = match &forwarded.result {
        Answered::Status(status) => format!("{status} from {url} in {took} ms"),
        Answered::Nothing(why) => {
            format!("502: no answer from {url}: {}", escape_line(why))
        }
        Answered::HungUp => format!("the sender hung up after {took} ms, before {url} answered"),
    };
    let late = if forwarded.took > VOD.limit {
        "; VOD waits 5 s"
    } else {
        ""
    };
    format!("#{:<4} -> {what}{late}\n", forwarded.number)
}

/// What was not taken, as a warning.
pub fn turned_away(told: &TurnedAway) -> String {
    let TurnedAway {
        method,
        path,
        status,
        reason,
    } = told;
    let (method, path) = (shown(method), shown(path));
    format!("a {method} to {path} was answered {status}: {reason}")
}

/// What could not be read as a request, as a warning.
pub fn no_request(why: &str) -> String {
    format!("a request was refused unread: {}", escape_line(why))
}

/// Why a document is missing in the stream.
pub fn not_shown(error: &Error) -> String {
    let why = error.causes.join(": ");
    format!("a document was not shown: {}: {why}", error.message)
}

/// What came in all.
#[derive(Debug, Default, Serialize)]
pub struct Summing {
    schema_version: u8,
    kind: &'static str,
    /// Those that were accepted.
    pub deliveries: u64,
    /// Those of them whose body came before.
    pub duplicates: u64,
    /// Messages that stayed in the queue, where deliveries come from one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<u64>,
    /// Those whose signature was not right, where it had to be.
    pub refused: u64,
    /// Those that could not be saved.
    pub not_saved: u64,
    /// Requests that could have been deliveries and were not taken.
    pub turned_away: u64,
    /// Lines that were left out, since nobody read those before them.
    pub not_shown: u64,
    /// The expectations that nothing met, and how many deliveries came of those that were waited for.
    pub missing: Vec<String>,
}

impl Summing {
    /// Nothing so far.
    pub fn new() -> Self {
        Summing {
            schema_version: 1,
            kind: "summary",
            ..Summing::default()
        }
    }

    /// As lines.
    pub fn text(&self) -> String {
        let mut text = counted(self.deliveries, "delivery", "deliveries");
        for (number, what) in [
            (self.duplicates, "again"),
            (self.kept.unwrap_or_default(), "kept in the queue"),
            (self.refused, "refused"),
            (self.not_saved, "not saved"),
            (self.turned_away, "turned away"),
        ] {
            if number > 0 {
                text.push_str(&format!(", {number} {what}"));
            }
        }
        if self.not_shown > 0 {
            let lines = counted(self.not_shown, "line", "lines");
            text.push_str(&format!("; {lines} not shown"));
        }
        text.push('\n');
        for missing in &self.missing {
            text.push_str(&format!("missing: {}\n", escape_line(missing)));
        }
        text
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
