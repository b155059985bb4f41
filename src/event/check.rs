//! Does a member agree with its documentation? Each function answers for one rule and words the
//! warning itself.

use serde_json::{Map, Value};

use super::AI_UMBRELLA;
use super::catalogue::{self, Event, Field};
use super::explain::Outcome;
pub(super) use crate::text::clip;

/// Longer names are not compared with the catalogue: nothing of it is half as long.
const LONGEST_NAME: usize = 64;

const INTELLIGENT_MEDIA_SERVICES: &str = "this is a callback of Intelligent Media Services, \
    not of VOD: the event is inside MessageBody";
const VOLCENGINE: &str = "this is a callback of Volcengine VOD, another vendor: the event is \
    inside Data, and its signature follows other rules";

/// The member of that name. Vendor samples carry blanks behind some names.
pub fn member<'a>(body: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    body.get(name).or_else(|| {
        body.iter()
            .find(|(key, _)| key.trim() == name)
            .map(|(_, value)| value)
    })
}

/// What is remarkable about the event's name, `None` for a catalogue name in its usual spelling.
pub fn event_type(body: &Map<String, Value>, event: Option<&Event>) -> Option<String> {
    if let Some(wrapper) = wrapper(body) {
        return Some(wrapper);
    }
    match (member(body, "EventType"), event) {
        (None, _) => Some("EventType is missing, so the event is not known".to_owned()),
        (Some(Value::String(name)), Some(event)) if *name != event.name => Some(format!(
            "EventType is spelt {:?}; the service writes {}",
            clip(name, LONGEST_NAME),
            event.name
        )),
        (Some(Value::String(_)), Some(_)) => None,
        (Some(Value::String(name)), None) => Some(unknown_name(name)),
        (Some(other), _) => Some(format!("EventType is {}, not text", type_of(other))),
    }
}

fn wrapper(body: &Map<String, Value>) -> Option<String> {
    let has = |names: &[&str]| names.iter().all(|name| member(body, name).is_some());
    if has(&["MessageBody", "UserId"]) {
        Some(INTELLIGENT_MEDIA_SERVICES.to_owned())
    } else if has(&["RequestId", "Version", "EventType", "Data"]) {
        Some(VOLCENGINE.to_owned())
    } else {
        None
    }
}

fn unknown_name(name: &str) -> String {
    let legacy = catalogue::catalogue()
        .legacy_events
        .iter()
        .find(|old| old.name.eq_ignore_ascii_case(name));
    let shown = clip(name, LONGEST_NAME);
    if let Some(old) = legacy {
        format!(
            "{} is an old name; today the service sends {}",
            old.name, old.replaced_by
        )
    } else if name.eq_ignore_ascii_case(AI_UMBRELLA) {
        format!("{AI_UMBRELLA} is a subscription value; messages carry the single event's name")
    } else if catalogue::belongs_to_another_product(name) {
        format!("{shown} is an event of Intelligent Media Services, not of VOD")
    } else if name.len() > LONGEST_NAME {
        format!("{shown:?} is not an event type of the catalogue")
    } else {
        let nearest = catalogue::nearest(name).join(", ");
        format!("{shown:?} is not an event type of the catalogue; the nearest are {nearest}")
    }
}

/// Warns about an `EventTime` in none of the documented forms.
pub fn event_time(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    (!is_time(text)).then(|| {
        format!(
            "EventTime {:?} is in no documented form, which are 2026-03-14T09:26:53Z, \
             2026-03-14T09:26:53:589Z and 2026-03-14T09:26:53.589Z",
            clip(text, 40)
        )
    })
}

/// Seconds, or milliseconds behind a point or, as some pages have it, behind a colon.
fn is_time(text: &str) -> bool {
    let Some((seconds, rest)) = text.split_at_checked(19) else {
        return false;
    };
    let shape = |text: &str| -> Vec<u8> {
        text.bytes()
            .map(|b| if b.is_ascii_digit() { b'0' } else { b })
            .collect()
    };
    let suffix = matches!(shape(rest).as_slice(), b"Z" | b":000Z" | b".000Z");
    suffix
        && shape(seconds) == b"0000-00-00T00:00:00"
        && seconds.parse::<jiff::civil::DateTime>().is_ok()
}

/// The documented members that should be here and are not.
pub fn missing(
    here: &Map<String, Value>,
    path: &str,
    fields: &[Field],
    outcome: Outcome,
) -> Vec<String> {
    fields
        .iter()
        // The event's name has a warning of its own.
        .filter(|field| is_due(field, outcome) && !(path.is_empty() && field.name == "EventType"))
        .filter(|field| member(here, &field.name).is_none())
        .map(|field| match path {
            "" => format!("{} is missing; the documentation requires it", field.name),
            _ => format!(
                "{} is missing in {path}; the documentation requires it",
                field.name
            ),
        })
        .collect()
}

fn is_due(field: &Field, outcome: Outcome) -> bool {
    field.required
        && match field.presence.as_deref() {
            None => true,
            Some("on_success") => outcome == Outcome::Success,
            Some("on_failure") => outcome == Outcome::Failure,
            Some(_) => false,
        }
}

/// Warns about a value that is not what the documentation says.
pub fn value(field: &Field, path: &str, value: &Value) -> Option<String> {
    let accepted = field.accepted_types();
    if !accepted.iter().any(|name| fits(value, name)) {
        return Some(format!(
            "{path} is {}; expected is {}",
            type_of(value),
            accepted.join(" or ")
        ));
    }
    let text = value.as_str()?;
    if !field.members().is_empty() && json_text(text).is_none() {
        return Some(format!("{path} should be a JSON text and is not"));
    }
    let numeric = matches!(field.json_type.as_str(), "integer" | "number");
    if numeric && text.parse::<f64>().is_err() {
        return Some(format!(
            "{path} should be a number and is {:?}",
            clip(text, 40)
        ));
    }
    let closed: Vec<&str> = field
        .closed_values
        .iter()
        .filter_map(Value::as_str)
        .collect();
    if closed.is_empty() || closed.iter().any(|known| known.eq_ignore_ascii_case(text)) {
        return None;
    }
    Some(format!(
        "{path} is {:?}; documented values are {}",
        clip(text, 40),
        closed.join(", ")
    ))
}

/// The object or list in a JSON text.
pub fn json_text(text: &str) -> Option<Value> {
    serde_json::from_str(text)
        .ok()
        .filter(|inner: &Value| inner.is_object() || inner.is_array())
}

fn fits(value: &Value, documented: &str) -> bool {
    let all = |of: fn(&Value) -> bool| value.as_array().is_some_and(|list| list.iter().all(of));
    match documented {
        "string" | "string(json)" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "object" => value.is_object(),
        "array<object>" => all(Value::is_object),
        "array<string>" => all(Value::is_string),
        _ => true,
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
