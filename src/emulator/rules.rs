//! What `SetMessageCallback` accepts.
//!
//! Only what the API page states is refused; our own stricter advice lives in [`crate::callback`].

use std::collections::BTreeMap;

use super::answer::Refusal;
use super::quirks::UnknownEvents;
use crate::callback::{auth_key, url::MAX_BYTES};
use crate::event::catalogue;
use crate::secret::Secret;

/// The members of a stored callback by their names on the wire.
pub(super) type Stored = BTreeMap<String, String>;

/// The members that only HTTP callbacks have.
pub(super) const HTTP_MEMBERS: [&str; 3] = ["CallbackURL", "AuthSwitch", "AuthKey"];
/// The members that only queue callbacks have.
pub(super) const MNS_MEMBERS: [&str; 2] = ["MnsEndpoint", "MnsQueueName"];

/// The member's value; empty when it is absent.
pub(super) fn value<'a>(stored: &'a Stored, name: &str) -> &'a str {
    stored.get(name).map_or("", String::as_str)
}

/// Checks a callback as it would be stored.
pub(super) fn check(stored: &Stored) -> Result<(), Refusal> {
    match value(stored, "CallbackType") {
        "" => Err(Refusal::missing("CallbackType")),
        "HTTP" => check_http(stored),
        "MNS" => check_mns(stored),
        _ => Err(Refusal::invalid("CallbackType")),
    }
}

/// Applies the choice about event types that are not in the catalogue.
pub(super) fn events(list: &str, choice: UnknownEvents) -> Result<String, Refusal> {
    let known = catalogue::subscribable();
    let is_known =
        |name: &&str| *name == "ALL" || known.iter().any(|event| event.as_str() == *name);
    let names = || {
        list.split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
    };
    match choice {
        UnknownEvents::Store => Ok(list.to_owned()),
        UnknownEvents::Drop => Ok(names().filter(is_known).collect::<Vec<_>>().join(",")),
        UnknownEvents::Reject if names().all(|name| is_known(&name)) => Ok(list.to_owned()),
        UnknownEvents::Reject => Err(Refusal::invalid("EventTypeList")),
    }
}

fn check_http(stored: &Stored) -> Result<(), Refusal> {
    match value(stored, "CallbackURL") {
        "" => return Err(Refusal::missing("CallbackURL")),
        url if url.len() > MAX_BYTES || !is_one_url(url) => {
            return Err(Refusal::invalid("CallbackURL"));
        }
        _ => {}
    }
    if !matches!(value(stored, "AuthSwitch"), "" | "on" | "off") {
        return Err(Refusal::invalid("AuthSwitch"));
    }
    let key = value(stored, "AuthKey");
    if !key.is_empty() && !auth_key::problems(&Secret::new(key)).is_empty() {
        return Err(Refusal::invalid("AuthKey"));
    }
    Ok(())
}

fn check_mns(stored: &Stored) -> Result<(), Refusal> {
    match value(stored, "MnsEndpoint") {
        "" => return Err(Refusal::missing("MnsEndpoint")),
        endpoint if !is_http(endpoint) => return Err(Refusal::invalid("MnsEndpoint")),
        _ => {}
    }
    match value(stored, "MnsQueueName") {
        "" => Err(Refusal::missing("MnsQueueName")),
        _ => Ok(()),
    }
}

fn is_http(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    (lower.starts_with("http://") || lower.starts_with("https://"))
        && !text.chars().any(char::is_control)
        && url::Url::parse(text).is_ok_and(|url| url.host_str().is_some())
}

/// A second address would stand behind a separator; inside a query it is part of the first.
fn is_one_url(text: &str) -> bool {
    let mut parts = text.split([',', ';', '|', ' ']);
    is_http(text) && !parts.by_ref().skip(1).any(is_http)
}
