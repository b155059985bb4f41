//! How two callbacks differ, field by field, and whether what is stored is what was wanted.

use serde::Serialize;
use serde_json::{Value, json};

use crate::callback::{Auth, Callback, Destination, Method, StoredKey, auth_key};
use crate::event::{EventSelection, EventType};

/// One field that differs. Keys appear masked.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldChange {
    /// The field's name in documents.
    pub field: &'static str,
    /// Its present value; null when there is none.
    pub before: Value,
    /// Its wanted value; null when there will be none.
    pub after: Value,
}

/// Every field that differs, in the order of the document.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(transparent)]
pub struct Difference {
    /// The fields.
    pub fields: Vec<FieldChange>,
}

impl Difference {
    /// Compares; `None` is a target without a callback.
    pub fn between(before: Option<&Callback>, after: Option<&Callback>) -> Self {
        Difference::showing(before, after, shown_key)
    }

    /// The same with keys shown in another way.
    pub fn showing(
        before: Option<&Callback>,
        after: Option<&Callback>,
        key: fn(&StoredKey) -> Option<String>,
    ) -> Self {
        let pairs = fields(before, key).into_iter().zip(fields(after, key));
        Difference {
            fields: pairs
                .filter(|(old, new)| old.compared != new.compared)
                .map(FieldChange::from)
                .collect(),
        }
    }

    /// The fields with these names, whether or not they can be seen to differ: a key that was not kept is
    /// hidden before and after.
    pub fn named(names: &[String], before: Option<&Callback>, after: Option<&Callback>) -> Self {
        let [before, after] = [before, after].map(|state| fields(state, shown_key));
        let pairs = before.into_iter().zip(after);
        let named = pairs.filter(|(old, _)| names.iter().any(|name| name == old.name));
        Difference {
            fields: named.map(FieldChange::from).collect(),
        }
    }

    /// True when nothing differs.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }
}

/// A field with what may be shown and what must be compared; these differ for the key only.
struct Field {
    name: &'static str,
    shown: Value,
    compared: Value,
}

impl From<(Field, Field)> for FieldChange {
    fn from((old, new): (Field, Field)) -> Self {
        FieldChange {
            field: old.name,
            before: old.shown,
            after: new.shown,
        }
    }
}

fn fields(callback: Option<&Callback>, shown_key: fn(&StoredKey) -> Option<String>) -> [Field; 7] {
    let field = |name, value: Value| Field {
        name,
        compared: value.clone(),
        shown: value,
    };
    let (url, auth, endpoint, queue) = match callback.map(|callback| &callback.destination) {
        None => (None, None, None, None),
        Some(Destination::Http { url, auth }) => (Some(url), Some(auth), None, None),
        Some(Destination::Mns { endpoint, queue }) => (None, None, Some(endpoint), Some(queue)),
    };
    let key = auth.map(|auth| &auth.key);
    [
        field(
            "method",
            json!(callback.map(|callback| callback.method().as_str())),
        ),
        field("url", json!(url)),
        field("auth", json!(auth.map(Auth::switch))),
        Field {
            name: "auth_key",
            shown: json!(key.and_then(shown_key)),
            compared: json!(key.and_then(compared_key)),
        },
        field("mns_endpoint", json!(endpoint)),
        field("mns_queue", json!(queue)),
        field(
            "events",
            json!(callback.map(|callback| callback.events.names())),
        ),
    ]
}

/// The key as it may be shown.
pub fn shown_key(key: &StoredKey) -> Option<String> {
    match key {
        StoredKey::Absent => None,
        StoredKey::Known(key) => Some(key.masked()),
        StoredKey::Hidden => Some("••••".to_owned()),
    }
}

/// The key by its fingerprint, so that two keys can be told apart.
pub fn key_fingerprint(key: &StoredKey) -> Option<String> {
    match key {
        StoredKey::Known(key) => Some(format!("key {}", auth_key::fingerprint(key))),
        other => shown_key(other),
    }
}

fn compared_key(key: &StoredKey) -> Option<String> {
    match key {
        StoredKey::Absent => None,
        StoredKey::Known(key) => Some(format!("known {}", key.expose())),
        StoredKey::Hidden => Some("hidden".to_owned()),
    }
}

/// Why a change deserves a question, in the words of the question; empty when it does not.
pub fn risks(before: Option<&Callback>, after: Option<&Callback>) -> Vec<String> {
    let Some(before) = before else {
        return Vec::new();
    };
    let Some(after) = after else {
        return vec!["the callback is removed and no event is sent any more".to_owned()];
    };
    let mut found = Vec::new();
    if before.method() != after.method() {
        found.push(format!(
            "the method changes from {} to {}",
            before.method().as_str(),
            after.method().as_str()
        ));
    } else if place(before) != place(after) {
        found.push("the destination is replaced".to_owned());
    }
    if is_signed(before) && !is_signed(after) {
        found.push("deliveries are no longer signed".to_owned());
    }
    if is_signed(before) && is_signed(after) && key(before) != key(after) {
        found.push(
            "the callback key is replaced: receivers refuse deliveries until they know the new one"
                .to_owned(),
        );
    }
    if has_key(before) && after.method() == Method::Mns {
        found.push("the callback key is dropped; going back to a URL needs it again".to_owned());
    }
    if loses_key(before, after) {
        found.push(
            "the stored callback key cannot be read, so it is not written back and is lost unless the service keeps it"
                .to_owned(),
        );
    }
    let lost = before.events.lost_in(&after.events);
    if !lost.is_empty() {
        let names: Vec<&str> = lost.iter().map(EventType::as_str).collect();
        found.push(format!("events are dropped: {}", names.join(", ")));
    }
    found
}

/// A URL is compared byte for byte, since the signature covers it so; of an endpoint the final slash
/// and the case of the host say nothing.
fn same_place(wanted: &Callback, stored: &Callback) -> bool {
    let bare = |endpoint: &str| endpoint.trim_end_matches('/').to_ascii_lowercase();
    match (&wanted.destination, &stored.destination) {
        (
            Destination::Mns { endpoint: a, queue },
            Destination::Mns {
                endpoint: b,
                queue: other,
            },
        ) => queue == other && bare(a) == bare(b),
        _ => place(wanted) == place(stored),
    }
}

fn place(callback: &Callback) -> (&str, &str) {
    match &callback.destination {
        Destination::Http { url, .. } => (url, ""),
        Destination::Mns { endpoint, queue } => (endpoint, queue),
    }
}

fn is_signed(callback: &Callback) -> bool {
    callback.auth().is_some_and(|auth| auth.on)
}

fn key(callback: &Callback) -> Option<&StoredKey> {
    callback.auth().map(|auth| &auth.key)
}

/// A Set carries the whole callback, and what is not known cannot be carried.
fn loses_key(before: &Callback, after: &Callback) -> bool {
    before.auth().is_some_and(Auth::hides_key)
        && after.auth().is_some_and(|auth| auth.known_key().is_none())
}

fn has_key(callback: &Callback) -> bool {
    key(callback).is_some_and(|key| *key != StoredKey::Absent)
}

/// Whether what is stored is what was wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Yes, every field.
    Same,
    /// As far as the service tells; the text says what it does not tell.
    SameButUnseen(String),
    /// No.
    Different,
}

/// Judges a read-back, allowing for the forms in which the service may echo the same thing.
pub fn judge(wanted: Option<&Callback>, stored: Option<&Callback>) -> Verdict {
    let (wanted, stored) = match (wanted, stored) {
        (None, None) => return Verdict::Same,
        (Some(wanted), Some(stored)) => (wanted, stored),
        _ => return Verdict::Different,
    };
    let same_events = wanted.events == stored.events
        || (wanted.events == EventSelection::All && stored.events.covers_everything());
    if !same_events || !same_place(wanted, stored) {
        return Verdict::Different;
    }
    match (&wanted.destination, &stored.destination) {
        (Destination::Http { auth: wanted, .. }, Destination::Http { auth: stored, .. }) => {
            judge_auth(wanted, stored)
        }
        (Destination::Mns { .. }, Destination::Mns { .. }) => Verdict::Same,
        _ => Verdict::Different,
    }
}

/// What is stored in the words of what is wanted, wherever both mean the same.
pub fn aligned(wanted: &Callback, stored: &Callback) -> Callback {
    let mut aligned = stored.clone();
    if wanted.events == EventSelection::All && stored.events.covers_everything() {
        aligned.events = EventSelection::All;
    }
    match (&wanted.destination, &mut aligned.destination) {
        (Destination::Http { auth: wanted, .. }, Destination::Http { auth: stored, .. })
            if judge_auth(wanted, stored) != Verdict::Different =>
        {
            *stored = wanted.clone();
        }
        (Destination::Mns { .. }, place @ Destination::Mns { .. })
            if same_place(wanted, stored) =>
        {
            *place = wanted.destination.clone();
        }
        _ => {}
    }
    aligned
}

/// Why a stored key cannot be compared with the one that is wanted, where it cannot.
pub fn unseen_key(wanted: &Callback, stored: &Callback) -> Option<String> {
    match judge_auth(wanted.auth()?, stored.auth()?) {
        Verdict::SameButUnseen(what) => Some(what),
        Verdict::Same | Verdict::Different => None,
    }
}

fn judge_auth(wanted: &Auth, stored: &Auth) -> Verdict {
    let unseen = |what: &str| Verdict::SameButUnseen(what.to_owned());
    if wanted.on != stored.on {
        return Verdict::Different;
    }
    match (&wanted.key, &stored.key) {
        (wanted, stored) if wanted == stored => Verdict::Same,
        (_, StoredKey::Hidden) => {
            unseen("the service does not show the key, so it could not be compared")
        }
        (StoredKey::Known(_), StoredKey::Absent) if wanted.on => unseen(
            "the service shows no key although authentication is on, so it could not be compared",
        ),
        (StoredKey::Hidden, StoredKey::Absent) => unseen(
            "the callback key is gone, since it could not be written back; give it again to switch authentication on",
        ),
        (_, StoredKey::Absent) => unseen(
            "the service keeps no key while authentication is off; give it again to switch it on",
        ),
        // A key that was never sent may still be stored: a service that merges keeps it.
        (StoredKey::Absent | StoredKey::Hidden, StoredKey::Known(_)) if !wanted.on => Verdict::Same,
        _ => Verdict::Different,
    }
}
