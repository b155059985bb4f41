//! Bodies that were never sent by the service: samples of the catalogue, dated and changed.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::catalogue::{self, Event, Field};
use super::check;
pub use super::edit::{Edit, New};
use super::explain::Outcome;
use crate::error::{Error, Result};

/// What made-up failures say, since the service documents no list of codes.
const ERROR_CODE: &str = "InternalError";
const ERROR_MESSAGE: &str = "made up for a test";

/// The body of an event that is being made.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    body: Value,
    /// The media was chosen by somebody, and is not that of the sample.
    own_media: bool,
}

impl Draft {
    /// A sample of the catalogue, by the name of its event or its own, such as
    /// `TranscodeComplete.partial`. With `fail` it is the failure of the event.
    ///
    /// # Errors
    /// A usage error for a name that the catalogue does not have, and for the failure of an event that
    /// only reports success.
    pub fn sample(name: &str, fail: bool) -> Result<Self> {
        let (event, body) = sample(name)?;
        if fail {
            refuse_failure(event, name.contains('.').then_some(name))?;
            if let Ok((_, body)) = sample(&format!("{}.fail", event.name)) {
                return Draft::of_sample(body);
            }
        }
        let mut draft = Draft::of_sample(body)?;
        if fail && let Value::Object(members) = &mut draft.body {
            let spelling = event
                .statuses
                .failure
                .first()
                .map_or("fail", String::as_str);
            fail_members(members, &event.fields, spelling);
        }
        Ok(draft)
    }

    /// A body that somebody has.
    ///
    /// # Errors
    /// A usage error for what is not one JSON object.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let (body, _) = super::decode::unpack(bytes)?;
        Ok(Draft {
            body,
            own_media: true,
        })
    }

    fn of_sample(text: &str) -> Result<Self> {
        let draft = Draft::parse(text.as_bytes())?;
        Ok(Draft {
            own_media: false,
            ..draft
        })
    }

    /// Dates the event, in the form in which it was dated; without `EventTime` it stays so.
    #[must_use]
    pub fn dated(mut self, at: Timestamp) -> Self {
        if let Some(time @ Value::String(_)) = self.body.get_mut("EventTime") {
            let before = time.as_str().unwrap_or_default();
            // As some events have it, there is a colon before the milliseconds.
            let form = match before.as_bytes().get(19) {
                Some(b':') => "%Y-%m-%dT%H:%M:%S:%3fZ",
                Some(b'.') => "%Y-%m-%dT%H:%M:%S.%3fZ",
                _ => "%Y-%m-%dT%H:%M:%SZ",
            };
            *time = Value::from(at.strftime(form).to_string());
        }
        self
    }

    /// Gives the media of a sample another id, unless it was set already.
    #[must_use]
    pub fn of_media(mut self, id: &str) -> Self {
        if self.own_media {
            return self;
        }
        let event = self.event_type().and_then(catalogue::find);
        let member = event.and_then(|event| self.body.get_mut(&event.id_field));
        if let Some(value @ Value::String(_)) = member {
            *value = Value::from(id);
        }
        self
    }

    /// Changes it; says what may be a typo.
    ///
    /// # Errors
    /// As [`Edit::apply`].
    pub fn edit(&mut self, edit: &Edit) -> Result<Option<String>> {
        let id = self
            .event_type()
            .and_then(catalogue::find)
            .map(|event| &event.id_field);
        self.own_media |= id.is_some_and(|id| edit.path().to_string() == *id);
        edit.apply(&mut self.body)
    }

    /// The event's name, where the body has one.
    pub fn event_type(&self) -> Option<&str> {
        self.body.get("EventType").and_then(Value::as_str)
    }

    /// The body itself.
    pub fn value(&self) -> &Value {
        &self.body
    }

    /// The body as the service sends it: JSON without blanks, members in their order.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.body.to_string().into_bytes()
    }
}

impl From<Map<String, Value>> for Draft {
    fn from(members: Map<String, Value>) -> Self {
        Draft {
            body: Value::Object(members),
            own_media: true,
        }
    }
}

/// An event and the body of a sample, by the name of the event or of the sample, such as
/// `TranscodeComplete.partial`.
///
/// # Errors
/// A usage error for a name that the catalogue does not have.
pub fn sample(name: &str) -> Result<(&'static Event, &'static str)> {
    let event = name.split_once('.').map_or(name, |(event, _)| event);
    let event = catalogue::find(event).ok_or_else(|| stranger(event))?;
    let samples = catalogue::samples(&event.name);
    let found = samples
        .iter()
        .find(|(other, _)| other.eq_ignore_ascii_case(name));
    let names = samples.iter().map(|(name, _)| *name).collect::<Vec<_>>();
    let (_, body) = found.ok_or_else(|| {
        Error::usage(format!("{name:?} is not a sample of the catalogue")).hint(format!(
            "the samples of {} are {}",
            event.name,
            names.join(", ")
        ))
    })?;
    Ok((event, body))
}

fn stranger(name: &str) -> Error {
    if name.eq_ignore_ascii_case(super::AI_UMBRELLA) {
        return Error::usage(format!(
            "{} is subscribed, and never sent by itself",
            super::AI_UMBRELLA
        ))
        .hint("send one of its events, for example AIMediaAuditComplete");
    }
    super::unknown(name)
}

fn refuse_failure(event: &Event, variant: Option<&str>) -> Result<()> {
    if let Some(variant) = variant {
        return Err(Error::usage(format!("{variant} is a sample as it is"))
            .hint(format!("say {} --fail, or leave --fail out", event.name)));
    }
    if event.failure_delivered {
        return Ok(());
    }
    let field = &event.statuses.field;
    let spelling = event
        .statuses
        .failure
        .first()
        .map_or("fail", String::as_str);
    Err(
        Error::usage(format!("the service reports no failure of {}", event.name))
            .cause("only its success is ever sent")
            .hint(format!(
                "to send one all the same: --set {field}={spelling}"
            )),
    )
}

/// Turns what reports success into what reports failure, as far as members are documented.
fn fail_members(members: &mut Map<String, Value>, fields: &[Field], spelling: &str) {
    for field in fields {
        match (field.presence.as_deref(), field.name.as_str()) {
            (Some("on_success"), name) => {
                members.shift_remove(name);
            }
            (Some("on_failure"), _) | (_, "Code" | "Message") => {
                let text = if field.name.ends_with("Code") {
                    ERROR_CODE
                } else {
                    ERROR_MESSAGE
                };
                members.insert(field.name.clone(), Value::from(text));
            }
            _ => {
                if let Some(value) = members.get_mut(&field.name) {
                    fail_value(value, field, spelling);
                }
            }
        }
    }
}

fn fail_value(value: &mut Value, field: &Field, spelling: &str) {
    match value {
        Value::Object(members) if field.is_map() => {
            for inner in members.values_mut().filter_map(Value::as_object_mut) {
                fail_members(inner, field.members(), spelling);
            }
        }
        Value::Object(members) => fail_members(members, field.members(), spelling),
        Value::Array(list) => list
            .iter_mut()
            .for_each(|inner| fail_value(inner, field, spelling)),
        Value::String(text)
            if Outcome::of(text) == Outcome::Success && field.name.ends_with("Status") =>
        {
            *text = spelling.to_owned();
        }
        Value::String(text) if !field.members().is_empty() => {
            if let Some(mut inner) = check::json_text(text) {
                fail_value(&mut inner, field, spelling);
                *text = inner.to_string();
            }
        }
        _ => {}
    }
}
