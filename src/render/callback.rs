//! A callback as document and as text.

use serde::Serialize;
use serde_json::Value;

use super::{folded, pairs};
use crate::callback::{Callback, Destination, StoredKey, queue};
use crate::change::diff::{self, Difference};
use crate::event::{EventSelection, catalogue};
use crate::target::Target;
use crate::text::escape_line;

/// The document of `get`; the order of the members is the order in JSON.
#[derive(Debug, Clone, Serialize)]
pub struct Document {
    schema_version: u8,
    region: String,
    app_id: String,
    configured: bool,
    method: Option<&'static str>,
    url: Option<String>,
    auth: Option<&'static str>,
    auth_key: Option<String>,
    mns_endpoint: Option<String>,
    mns_queue: Option<String>,
    mns_region: Option<String>,
    events: Vec<String>,
    fingerprint: Option<String>,
    request_id: Option<String>,
}

impl Document {
    /// The same with the fingerprint that it has where it is read.
    #[must_use]
    pub fn with_fingerprint(self, fingerprint: Option<String>) -> Self {
        Document {
            fingerprint,
            ..self
        }
    }
}

/// Whether the key is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Keys {
    /// Its first two characters at most.
    #[default]
    Masked,
    /// All of it; the user asked for it.
    Shown,
}

/// The document of one target.
pub fn document(
    target: &Target,
    callback: Option<&Callback>,
    keys: Keys,
    request_id: Option<&str>,
) -> Document {
    let mut document = Document {
        schema_version: 1,
        region: target.region.to_string(),
        app_id: target.app_id.to_string(),
        configured: callback.is_some(),
        method: callback.map(|callback| callback.method().as_str()),
        url: None,
        auth: None,
        auth_key: None,
        mns_endpoint: None,
        mns_queue: None,
        mns_region: None,
        events: callback
            .map(|callback| callback.events.names())
            .unwrap_or_default(),
        fingerprint: callback.map(Callback::fingerprint),
        request_id: request_id.map(str::to_owned),
    };
    match callback.map(|callback| &callback.destination) {
        None => {}
        Some(Destination::Http { url, auth }) => {
            document.url = Some(url.clone());
            document.auth = Some(auth.switch());
            document.auth_key = key(&auth.key, keys);
        }
        Some(Destination::Mns { endpoint, queue }) => {
            document.mns_region = queue::parse_host(endpoint).map(|host| host.region);
            document.mns_endpoint = Some(endpoint.clone());
            document.mns_queue = Some(queue.clone());
        }
    }
    document
}

fn key(key: &StoredKey, keys: Keys) -> Option<String> {
    match (key, keys) {
        (StoredKey::Known(key), Keys::Shown) => Some(key.expose().to_owned()),
        (key, _) => diff::shown_key(key),
    }
}

/// The text of one target.
pub fn text(target: &Target, callback: Option<&Callback>, keys: Keys, width: u16) -> String {
    let Some(callback) = callback else {
        return format!("No callback is configured for {target}.\n");
    };
    configured(target, callback, &callback.fingerprint(), keys, width)
}

/// The text of a callback that has this fingerprint where it is read.
pub fn configured(
    target: &Target,
    callback: &Callback,
    fingerprint: &str,
    keys: Keys,
    width: u16,
) -> String {
    let region = match target.region.centre() {
        Some(centre) => format!("{} ({})", target.region, centre.name),
        None => target.region.to_string(),
    };
    let mut rows = vec![
        ("Region", region),
        ("Application", target.app_id.to_string()),
    ];
    match &callback.destination {
        Destination::Http { url, auth } => {
            rows.push(("Method", "HTTP request".into()));
            rows.push(("URL", url.clone()));
            let key = key(&auth.key, keys).unwrap_or_else(|| "none".into());
            rows.push(("Authentication", format!("{}, key {key}", auth.switch())));
        }
        Destination::Mns { endpoint, queue } => {
            rows.push(("Method", "MNS queue".into()));
            rows.push(("Queue", queue.clone()));
            rows.push(("Endpoint", endpoint.clone()));
        }
    }
    rows.push(("Events", events(&callback.events)));
    rows.push(("Fingerprint", fingerprint.to_owned()));
    pairs(&rows, width)
}

fn events(selection: &EventSelection) -> String {
    match selection {
        EventSelection::All => "ALL".to_owned(),
        EventSelection::None => "none: every notification is off".to_owned(),
        EventSelection::Only(events) => {
            let known = catalogue::subscribable().len();
            let names = selection.names().join("\n");
            format!("{} of {known}\n{names}", events.len())
        }
    }
}

/// The difference as lines that can be read without colour.
pub fn difference(target: &Target, difference: &Difference, width: u16) -> String {
    folded(&fields(target, difference), width)
}

/// The same, however long its lines are.
pub(super) fn fields(target: &Target, difference: &Difference) -> String {
    let mut text = format!("{target}\n");
    for change in &difference.fields {
        let line = match (&change.before, &change.after) {
            (Value::Array(before), Value::Array(after)) => event_lines(before, after),
            (Value::Null, after) => format!("  + {} {}\n", change.field, shown(after)),
            (before, Value::Null) => format!("  - {} {}\n", change.field, shown(before)),
            (before, after) if before == after => {
                format!("  ~ {} {} (another one)\n", change.field, shown(before))
            }
            (before, after) => format!(
                "  ~ {} {} -> {}\n",
                change.field,
                shown(before),
                shown(after)
            ),
        };
        text.push_str(&line);
    }
    text
}

fn event_lines(before: &[Value], after: &[Value]) -> String {
    let without = |one: &[Value], other: &[Value]| -> Vec<String> {
        one.iter()
            .filter(|name| !other.contains(name))
            .map(shown)
            .collect()
    };
    let line = |sign: &str, names: Vec<String>| match names.is_empty() {
        true => String::new(),
        false => format!("  {sign} events {}\n", names.join(", ")),
    };
    let everything: Vec<Value> = catalogue::subscribable()
        .iter()
        .map(|event| Value::from(event.as_str()))
        .collect();
    let all = |names: &[Value]| matches!(names, [Value::String(name)] if name == "ALL");
    match (all(before), all(after)) {
        (true, false) => {
            let count = after.len();
            format!("  ~ events ALL -> a list of {count}\n")
                + &line("-", without(&everything, after))
        }
        (false, true) => format!("  ~ events {} -> ALL\n", shown(&Value::from(before))),
        _ => line("-", without(before, after)) + &line("+", without(after, before)),
    }
}

/// A value of a difference on one line.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => escape_line(text),
        Value::Array(names) if names.is_empty() => "none".to_owned(),
        Value::Array(names) => names.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
