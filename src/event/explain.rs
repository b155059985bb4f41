//! What an event body says, member by member, beside what the catalogue knows about it.
//!
//! Nothing is refused: the service adds members and names before they are documented. Bodies come
//! from strangers, so the explanation has an upper size whatever the body holds.

use serde::Serialize;
use serde_json::{Map, Value};

use super::catalogue::{self, Event};
use super::check;
use super::walk::Walk;

const MOST_REMARKS: usize = 100;

/// An event body in the words of the catalogue.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// The name in the body, or the catalogue's spelling of it.
    pub event_type: Option<String>,
    /// True when the catalogue has the event.
    pub known: bool,
    /// A few words about the event.
    pub title: Option<String>,
    /// The heading it stands under.
    pub group: Option<String>,
    /// The value to subscribe: its own name or its umbrella.
    pub subscribed_by: Option<String>,
    /// Whether the job went well.
    pub result: Outcome,
    /// The result as the body spells it.
    pub status: Option<String>,
    /// The member that names the media.
    pub id: Option<IdField>,
    /// The time as the body spells it.
    pub event_time: Option<String>,
    /// Every plain value of the body, in its order.
    pub fields: Vec<FieldRow>,
    /// Peculiarities of the event and of this body.
    pub notes: Vec<String>,
    /// What differs from the documentation.
    pub warnings: Vec<String>,
}

/// How a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It went well.
    Success,
    /// It failed.
    Failure,
    /// The body does not say, or in words nobody knows.
    Unknown,
}

impl Outcome {
    /// The three spellings of either family in use, and their natural relatives.
    pub(super) fn of(status: &str) -> Self {
        match status.trim().to_ascii_lowercase().as_str() {
            "success" | "succeed" | "succeeded" => Outcome::Success,
            "fail" | "failed" | "failure" => Outcome::Failure,
            _ => Outcome::Unknown,
        }
    }
}

/// The member that names the media, and its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IdField {
    /// For example `VideoId`.
    pub field: String,
    /// The identifier.
    pub value: String,
}

/// One plain value of a body.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldRow {
    /// Where it stands, for example `StreamInfos[0].Status`.
    pub path: String,
    /// The value itself.
    pub value: Value,
    /// True when the catalogue documents the member for this event.
    pub documented: bool,
    /// The documented type.
    pub json_type: Option<String>,
    /// What the member means.
    pub meaning: Option<String>,
}

/// Explains a body that [`unpack`](super::decode::unpack) read.
pub fn explain(body: &Value) -> Explanation {
    let nothing = Map::new();
    let members = body.as_object().unwrap_or(&nothing);
    let name = text(members, "EventType");
    let event = name.as_deref().and_then(catalogue::find);
    let status = text(
        members,
        event.map_or("Status", |event| event.statuses.field.as_str()),
    );
    let result = status.as_deref().map_or(Outcome::Unknown, Outcome::of);

    let mut walk = Walk::new(result);
    walk.warnings.extend(check::event_type(members, event));
    walk.warnings
        .extend(check::member(members, "EventTime").and_then(check::event_time));
    if let Some(event) = event {
        walk.notes.extend_from_slice(&event.notes);
    }
    walk.body(members, event.map_or(&[], |event| &event.fields));

    Explanation {
        event_type: event.map(|event| event.name.clone()).or(name),
        known: event.is_some(),
        title: event.map(|event| event.title_en.clone()),
        group: event.map(|event| event.group.clone()),
        subscribed_by: event.map(|event| subscription(event).to_owned()),
        result,
        status,
        id: id(members, event),
        event_time: text(members, "EventTime"),
        fields: walk.rows,
        notes: bounded(walk.notes),
        warnings: bounded(walk.warnings),
    }
}

/// The members that name the media, the most usual first.
pub(super) const ID_MEMBERS: [&str; 5] =
    ["VideoId", "MediaId", "ImageId", "AttachedMediaId", "TaskId"];

/// The value that brings an event when it is subscribed.
pub(super) fn subscription(event: &Event) -> &str {
    match &event.umbrella {
        Some(umbrella) if !event.subscribable => umbrella,
        _ => &event.name,
    }
}

fn text(body: &Map<String, Value>, name: &str) -> Option<String> {
    check::member(body, name)
        .and_then(Value::as_str)
        .map(str::to_owned)
}

/// For an event nobody knows, the first of the usual names that is there.
fn id(body: &Map<String, Value>, event: Option<&Event>) -> Option<IdField> {
    let found = |name: &str| {
        text(body, name).map(|value| IdField {
            field: name.to_owned(),
            value,
        })
    };
    match event {
        Some(event) => found(&event.id_field),
        None => ID_MEMBERS.into_iter().find_map(found),
    }
}

fn bounded(mut remarks: Vec<String>) -> Vec<String> {
    if remarks.len() > MOST_REMARKS {
        let more = remarks.len() - MOST_REMARKS;
        remarks.truncate(MOST_REMARKS);
        remarks.push(format!("and {more} more remarks of this kind"));
    }
    remarks
}
