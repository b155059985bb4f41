//! Queues and their messages as documents and as text.

use serde::Serialize;
use serde_json::Value;

use super::{pairs, table};
use crate::event::decode;
use crate::mns::Message;
use crate::mns::queue::{ADVISED_RETENTION, LARGEST_EVENT, Status};
use crate::text::escape_line;

/// A queue as data.
#[derive(Debug, Clone, Serialize)]
pub struct QueueStatus {
    schema_version: u8,
    queue: String,
    endpoint: String,
    message_retention_seconds: Option<u32>,
    maximum_message_bytes: Option<u32>,
    visibility_timeout_seconds: Option<u32>,
    polling_wait_seconds: Option<u32>,
    delay_seconds: Option<u32>,
    active_messages: Option<u64>,
    inactive_messages: Option<u64>,
    delayed_messages: Option<u64>,
    /// Of the message that would be received next.
    pub oldest_message_age_seconds: Option<i64>,
    /// Whether the target's callback names this queue.
    pub callback_names_it: Option<bool>,
    /// What would lose events.
    pub warnings: Vec<String>,
}

impl QueueStatus {
    /// What the service tells, and what of it would lose events.
    pub fn new(status: &Status, endpoint: &str) -> Self {
        let attributes = &status.attributes;
        let retention = attributes.message_retention_period;
        let size = attributes.maximum_message_size;
        let mut warnings = Vec::new();
        if let Some(seconds) = retention.filter(|seconds| *seconds < ADVISED_RETENTION) {
            warnings.push(format!("messages are kept for {seconds} s only; an outage of the reader longer than that loses events"));
        }
        if let Some(bytes) = size.filter(|bytes| *bytes < LARGEST_EVENT) {
            warnings.push(format!(
                "messages above {bytes} bytes are refused; events may have {LARGEST_EVENT}"
            ));
        }
        QueueStatus {
            schema_version: 1,
            queue: status.name.clone(),
            endpoint: endpoint.to_owned(),
            message_retention_seconds: retention,
            maximum_message_bytes: size,
            visibility_timeout_seconds: attributes.visibility_timeout,
            polling_wait_seconds: attributes.polling_wait_seconds,
            delay_seconds: attributes.delay_seconds,
            active_messages: status.active,
            inactive_messages: status.inactive,
            delayed_messages: status.delayed,
            oldest_message_age_seconds: None,
            callback_names_it: None,
            warnings,
        }
    }
}

/// The names that begin so, one a line.
pub fn list(names: &[String], prefix: &str, region: &str, width: u16) -> String {
    match (names, prefix) {
        ([], "") => return format!("There is no queue in {region}.\n"),
        ([], _) => return format!("There is no such queue in {region}.\n"),
        _ => {}
    }
    let rows: Vec<Vec<String>> = names.iter().map(|name| vec![name.clone()]).collect();
    table(&["Queue"], &rows, width)
}

/// One queue, one attribute a line.
pub fn status(status: &QueueStatus, width: u16) -> String {
    let mut rows = vec![
        ("Queue", status.queue.clone()),
        ("Endpoint", status.endpoint.clone()),
    ];
    let seconds = |value: Option<u32>| value.map(|seconds| format!("{seconds} s"));
    let count = |value: Option<u64>| value.map(|count| count.to_string());
    let optional = [
        ("Kept for", seconds(status.message_retention_seconds)),
        (
            "Largest message",
            status
                .maximum_message_bytes
                .map(|bytes| format!("{bytes} bytes")),
        ),
        (
            "Out of sight for",
            seconds(status.visibility_timeout_seconds),
        ),
        ("Receipts wait", seconds(status.polling_wait_seconds)),
        ("Messages", count(status.active_messages)),
        ("In work", count(status.inactive_messages)),
        ("Delayed", count(status.delayed_messages)),
        (
            "Oldest message",
            status
                .oldest_message_age_seconds
                .map(|age| format!("{age} s old")),
        ),
        (
            "Callback",
            status.callback_names_it.map(|yes| {
                if yes {
                    "names this queue"
                } else {
                    "does not name this queue"
                }
                .to_owned()
            }),
        ),
    ];
    rows.extend(
        optional
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    pairs(&rows, width)
}

/// A message as it is shown.
#[derive(Debug, Clone, Serialize)]
pub struct Shown {
    message_id: String,
    enqueued: Option<String>,
    dequeue_count: u32,
    intact: bool,
    event_type: Option<String>,
    event: Option<Value>,
    body: Option<String>,
}

impl Shown {
    /// A message with the event in it, or with its text when there is none.
    pub fn new(message: &Message, event: Option<Value>) -> Self {
        let event_type = event
            .as_ref()
            .and_then(|event| event.get("EventType")?.as_str());
        Shown {
            message_id: message.id.clone(),
            enqueued: message.enqueued.map(|time| time.to_string()),
            dequeue_count: message.dequeue_count,
            intact: message.is_intact(),
            event_type: event_type.map(str::to_owned),
            body: event.is_none().then(|| message.body.clone()),
            event,
        }
    }
}

/// Messages with their events, one a line.
pub fn messages(messages: &[Shown], width: u16) -> String {
    if messages.is_empty() {
        return "There is no message to look at.\n".to_owned();
    }
    let rows: Vec<Vec<String>> = messages
        .iter()
        .map(|message| {
            let event = message.event.as_ref().map(Value::to_string);
            vec![
                message.enqueued.clone().unwrap_or_default(),
                message
                    .event_type
                    .clone()
                    .unwrap_or_else(|| "unreadable".to_owned()),
                message.dequeue_count.to_string(),
                event.or_else(|| message.body.clone()).unwrap_or_default(),
            ]
        })
        .collect();
    table(&["Sent", "Event", "Received", "Body"], &rows, width)
}

/// The longest part of a body that is no event on a line.
const GLIMPSE: usize = 80;

/// What a line tells of a message.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// The event's name; `None` when the message holds no event.
    pub event_type: Option<String>,
    /// The media's id.
    pub id: Option<String>,
    /// The result as the event spells it.
    pub status: Option<String>,
}

impl Told {
    /// The members of the event that tell which it is.
    pub fn new(event: Option<&Value>) -> Self {
        let Some(event) = event else {
            return Told::default();
        };
        let explained = decode::explain(event);
        Told {
            event_type: explained.event_type,
            id: explained.id.map(|id| id.value),
            status: explained.status,
        }
    }
}

/// A message on a line, with what became of it.
pub fn told(told: &Told, message: &Message, rest: &str) -> String {
    let time = message
        .enqueued
        .map(|time| time.strftime("%FT%TZ").to_string());
    let event = told.event_type.as_deref().unwrap_or("unreadable");
    let glimpse = || message.body.chars().take(GLIMPSE).collect();
    let is_event = told.event_type.is_some();
    let id = told
        .id
        .clone()
        .unwrap_or_else(|| if is_event { String::new() } else { glimpse() });
    let parts = [
        time.as_deref().unwrap_or("-"),
        event,
        &id,
        told.status.as_deref().unwrap_or_default(),
        rest,
    ];
    let parts = parts.iter().filter(|part| !part.is_empty());
    let line: Vec<String> = parts.map(|part| escape_line(part)).collect();
    line.join("  ") + "\n"
}
