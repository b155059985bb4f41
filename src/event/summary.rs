//! The few members of an event that tell which it is, read without building the rest.
//!
//! A receiver does this for every delivery, and bodies come from strangers: what is not needed is
//! passed over at any depth and takes no memory.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::catalogue;
use super::decode::{IdField, Outcome};
use super::explain::ID_MEMBERS;

/// What a line tells of an event; each member is absent where the body does not say it as text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// The name in the body.
    pub event_type: Option<String>,
    /// The member that names the media.
    pub id: Option<IdField>,
    /// The result as the body spells it.
    pub status: Option<String>,
    /// The time as the body spells it.
    pub event_time: Option<String>,
}

impl Summary {
    /// That of a body which says nothing.
    pub const NOTHING: Summary = Summary {
        event_type: None,
        id: None,
        status: None,
        event_time: None,
    };

    /// Whether the job went well.
    pub fn result(&self) -> Outcome {
        let status = self.status.as_deref();
        status.map_or(Outcome::Unknown, Outcome::of)
    }
}

/// Reads a body of JSON.
///
/// # Errors
/// Why it is no JSON object, in a few words.
pub fn read(body: &[u8]) -> Result<Summary, String> {
    let text = std::str::from_utf8(body).map_err(|_| "not UTF-8".to_owned())?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let text = text.trim();
    if text.is_empty() {
        return Err("empty".to_owned());
    }
    let Members(mut found) =
        serde_json::from_str(text).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => "JSON, but no object".to_owned(),
            _ => format!(
                "not JSON from line {}, column {} on",
                error.line(),
                error.column()
            ),
        })?;
    let [event_type, status, event_time, ..] = &mut found;
    let (event_type, status, event_time) = (event_type.take(), status.take(), event_time.take());
    let ids = &mut found[OTHERS.len()..];
    let known = event_type.as_deref().and_then(catalogue::find);
    let place = match known {
        Some(event) => ID_MEMBERS.iter().position(|name| *name == event.id_field),
        None => ids.iter().position(Option::is_some),
    };
    let id = place.and_then(|at| {
        let value = ids[at].take()?;
        let field = ID_MEMBERS[at].to_owned();
        Some(IdField { field, value })
    });
    Ok(Summary {
        event_type,
        id,
        status,
        event_time,
    })
}

const OTHERS: [&str; 3] = ["EventType", "Status", "EventTime"];

/// The texts of [`OTHERS`] and [`ID_MEMBERS`], in that order.
struct Members([Option<String>; OTHERS.len() + ID_MEMBERS.len()]);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Object)
    }
}

struct Object;

impl<'de> Visitor<'de> for Object {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = Members(Default::default());
        let mut settled = [false; OTHERS.len() + ID_MEMBERS.len()];
        while let Some(Key { wanted, exact }) = map.next_key()? {
            match wanted {
                Some(at) if exact || !settled[at] => {
                    let raw: &RawValue = map.next_value()?;
                    // Numbers, lists and the like are no names.
                    members.0[at] = serde_json::from_str(raw.get()).ok();
                    settled[at] = true;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(members)
    }
}

/// The name of a member. Vendor samples carry blanks behind some, which count when the name itself is
/// not there.
struct Key {
    /// Its place among those that are wanted.
    wanted: Option<usize>,
    exact: bool,
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Name)
    }
}

struct Name;

impl Visitor<'_> for Name {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Key, E> {
        let bare = name.trim();
        let mut names = OTHERS.iter().chain(&ID_MEMBERS);
        Ok(Key {
            wanted: names.position(|wanted| *wanted == bare),
            exact: bare.len() == name.len(),
        })
    }
}
