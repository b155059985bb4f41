//! A manifest of what is configured. Keys become references with a name to fill.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use super::{Syntax, VERSION};
use crate::callback::url::without_password;
use crate::callback::{Callback, Destination, StoredKey, queue};
use crate::event::{EventSelection, EventType};
use crate::target::Target;

/// A manifest as text.
#[derive(Debug, Clone)]
pub struct Exported {
    /// The file.
    pub text: String,
    /// The variables its references name, each with the target whose key belongs into it.
    pub variables: Vec<(String, Target)>,
    /// The targets whose URLs hold a password.
    pub with_password: Vec<Target>,
}

#[derive(Serialize)]
struct Document<'a> {
    schema: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'a str>,
    callback: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    region: &'a str,
    app_id: &'a str,
    method: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_key: Option<Reference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mns_endpoint: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mns_queue: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    allow_internal_endpoint: bool,
    events: Events<'a>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    allow_unknown_events: bool,
}

/// As the reader takes them: an empty list says nothing.
#[derive(Serialize)]
#[serde(untagged)]
enum Events<'a> {
    Whole(&'static str),
    Only(&'a BTreeSet<EventType>),
}

impl<'a> Events<'a> {
    fn of(selection: &'a EventSelection) -> Self {
        match selection {
            EventSelection::All => Events::Whole("ALL"),
            EventSelection::None => Events::Whole("none"),
            EventSelection::Only(events) => Events::Only(events),
        }
    }
}

#[derive(Serialize)]
struct Reference {
    env: String,
}

/// Writes a manifest of these targets, in their order.
pub fn export(account: Option<&str>, callbacks: &[(Target, Callback)], syntax: Syntax) -> Exported {
    let mut variables: Vec<(String, Target)> = Vec::new();
    let (mut taken, mut with_password) = (BTreeSet::new(), Vec::new());
    let mut rows = Vec::new();
    for (target, callback) in callbacks {
        let mut row = Row {
            region: target.region.as_str(),
            app_id: target.app_id.as_str(),
            method: callback.method().as_str(),
            url: None,
            auth: None,
            auth_key: None,
            mns_endpoint: None,
            mns_queue: None,
            allow_internal_endpoint: false,
            events: Events::of(&callback.events),
            allow_unknown_events: has_unknown(&callback.events),
        };
        match &callback.destination {
            Destination::Http { url, auth } => {
                row.url = Some(url);
                if without_password(url) != *url {
                    with_password.push(target.clone());
                }
                row.auth = Some(auth.switch());
                if auth.on || auth.key != StoredKey::Absent {
                    let env = variable(target, &mut taken);
                    variables.push((env.clone(), target.clone()));
                    row.auth_key = Some(Reference { env });
                }
            }
            Destination::Mns { endpoint, queue } => {
                row.mns_endpoint = Some(endpoint);
                row.mns_queue = Some(queue);
                row.allow_internal_endpoint =
                    queue::parse_host(endpoint).is_some_and(|host| host.internal);
            }
        }
        rows.push(row);
    }
    let document = Document {
        schema: VERSION,
        account,
        callback: rows,
    };
    Exported {
        text: text(&document, syntax),
        variables,
        with_password,
    }
}

/// Single AI events and names newer than the catalogue may stand on a stored list.
fn has_unknown(events: &EventSelection) -> bool {
    match events {
        EventSelection::All | EventSelection::None => false,
        EventSelection::Only(events) => events
            .iter()
            .any(|event| EventType::parse(event.as_str(), false).is_err()),
    }
}

/// A name for the key's variable, unlike the others.
fn variable(target: &Target, taken: &mut BTreeSet<String>) -> String {
    let name: String = format!("VOD_CALLBACK_KEY_{}_{}", target.region, target.app_id)
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_uppercase()
            } else {
                '_'
            }
        })
        .collect();
    let twins = (2..).map(|number| format!("{name}_{number}"));
    std::iter::once(name.clone())
        .chain(twins)
        .find(|name| taken.insert(name.clone()))
        .unwrap_or(name)
}

const COMMENT: &str = "\
# Callbacks of ApsaraVideo VOD, as vodcb export found them. Callback keys are references: fill them in.
# vodcb diff -f FILE shows what differs from the service, vodcb apply -f FILE makes it so.
";

fn text(document: &Document<'_>, syntax: Syntax) -> String {
    let value = serde_json::to_value(document).unwrap_or_default();
    match syntax {
        Syntax::Json => format!("{value:#}\n"),
        Syntax::Yaml => {
            let yaml = serde_saphyr::to_string(&value).unwrap_or_default();
            format!("{COMMENT}\n{}\n", yaml.trim_end())
        }
        Syntax::Toml => format!("{COMMENT}\n{}", toml(&value)),
    }
}

/// References and events stay on one line each, which the library would spread over tables of their own.
fn toml(document: &Value) -> String {
    let mut text = String::new();
    let members = |value: &Value| value.as_object().cloned().unwrap_or_default();
    let line = |name: &str, value: &Value| {
        let value = toml::Value::try_from(value).map(|value| value.to_string());
        format!("{name} = {}\n", value.unwrap_or_default())
    };
    for (name, value) in members(document) {
        match value {
            Value::Array(rows) => {
                for row in rows {
                    text.push_str(&format!("\n[[{name}]]\n"));
                    for (name, value) in members(&row) {
                        text.push_str(&line(&name, &value));
                    }
                }
            }
            value => text.push_str(&line(&name, &value)),
        }
    }
    text
}
