//! Events as documents for programs: what `vodcb events` says with `-o json`.
//!
//! The keys are a contract with scripts, so each is written out here.

use serde_json::{Value, json};

use super::catalogue::{self, Event, Field};
use super::explain::{Explanation, subscription};
use crate::order;

/// The list of events, and of the values that stand for several of them.
pub fn list(rows: &[&Event]) -> Value {
    json!({
        "schema_version": 1,
        "as_of": catalogue::catalogue().as_of,
        "events": rows.iter().map(|event| summary(event)).collect::<Vec<_>>(),
        "umbrellas": umbrellas(rows),
    })
}

/// One event with everything the catalogue knows.
pub fn show(event: &Event) -> Value {
    let samples: Vec<_> = catalogue::samples(&event.name)
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    json!({
        "schema_version": 1,
        "event_type": event.name,
        "group": event.group,
        "title": event.title_en,
        "title_zh": event.title_zh,
        "description": event.description_en,
        "trigger": event.trigger,
        "subscribable": event.subscribable,
        "subscribed_by": subscription(event),
        "console_selectable": event.console_selectable,
        "id_field": event.id_field,
        "status": {
            "field": event.statuses.field,
            "success": event.statuses.success,
            "failure": event.statuses.failure,
        },
        "fields": event.fields.iter().map(member).collect::<Vec<_>>(),
        "notes": event.notes,
        "samples": samples,
    })
}

/// A body, member by member.
pub fn explanation(explanation: &Explanation) -> Value {
    json!({
        "schema_version": 1,
        "event_type": explanation.event_type,
        "known": explanation.known,
        "title": explanation.title,
        "group": explanation.group,
        "subscribed_by": explanation.subscribed_by,
        "result": explanation.result,
        "status": explanation.status,
        "id": explanation.id,
        "event_time": explanation.event_time,
        "fields": explanation.fields,
        "notes": explanation.notes,
        "warnings": explanation.warnings,
    })
}

fn summary(event: &Event) -> Value {
    json!({
        "event_type": event.name,
        "group": event.group,
        "title": event.title_en,
        "title_zh": event.title_zh,
        "subscribable": event.subscribable,
        "subscribed_by": subscription(event),
        "console_selectable": event.console_selectable,
    })
}

/// Each umbrella over one of these events, with all the events it covers.
fn umbrellas(rows: &[&Event]) -> Vec<Value> {
    let names = order::set(rows.iter().filter_map(|event| event.umbrella.as_deref()));
    names.into_iter().map(umbrella).collect()
}

fn umbrella(name: &str) -> Value {
    let members: Vec<_> = catalogue::covered_by(name)
        .map(|event| &event.name)
        .collect();
    json!({ "event_type": name, "members": members })
}

fn member(field: &Field) -> Value {
    json!({
        "name": field.name,
        "type": field.json_type,
        "wire_types": field.wire_types,
        "required": field.required,
        "presence": field.presence,
        "closed_values": field.closed_values,
        "known_values": field.known_values,
        "description": field.description,
        "members_are_map_values": field.is_map(),
        "members": field.members().iter().map(member).collect::<Vec<_>>(),
    })
}
