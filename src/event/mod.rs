//! Event types and the catalogue of what is known about them.
//!
//! An event type is data, not an enum: the service adds names, and a name this program does not
//! know must survive every change of a callback.

pub mod catalogue;
mod check;
pub mod compose;
pub mod decode;
pub mod document;
pub mod edit;
mod explain;
pub mod path;
pub mod selection;
pub mod summary;
mod walk;

pub use selection::EventSelection;

use crate::error::{Error, Result};
use crate::text;

/// The value that stands for every AI event in a subscription.
pub const AI_UMBRELLA: &str = "AIComplete";

/// The name of an event type, for example `TranscodeComplete`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct EventType(String);

impl EventType {
    /// A name as the service gave it.
    pub fn from_service(name: &str) -> Self {
        EventType(name.to_owned())
    }

    /// A name as a user typed it: known to the catalogue, in any letter case, and subscribable.
    ///
    /// With `allow_unknown` a well-formed name outside the catalogue passes too.
    ///
    /// # Errors
    /// A usage error with the nearest names, or with the umbrella for a single AI event.
    pub fn parse(name: &str, allow_unknown: bool) -> Result<Self> {
        if name.eq_ignore_ascii_case(AI_UMBRELLA) {
            return Ok(EventType(AI_UMBRELLA.to_owned()));
        }
        if let Some(umbrella) = catalogue::umbrella_of(name) {
            return Err(Error::usage(format!(
                "{name} cannot be subscribed by itself: it belongs to {umbrella}"
            ))
            .hint(format!(
                "use {umbrella}; the messages then carry the name {name}"
            )));
        }
        if let Some(event) = catalogue::find(name) {
            return Ok(EventType(event.name.clone()));
        }
        if !name.chars().all(|c| c.is_ascii_alphanumeric()) || name.is_empty() {
            return Err(Error::usage(format!(
                "{name:?} is not an event type: names are letters and digits"
            ))
            .hint(if name.contains(text::WIDE_COMMAS) {
                text::WIDE_COMMA_HINT
            } else {
                "separate event types by commas; vodcb events list shows them"
            }));
        }
        let is_whole = EventSelection::of_word(name).is_some();
        if allow_unknown && !is_whole {
            return Ok(EventType(name.to_owned()));
        }
        let mut error = unknown(name);
        if is_whole {
            error.hints = vec![format!("say it alone: --events {name}")];
            return Err(error);
        }
        Err(error.hint("--allow-unknown-events lets a new name pass"))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for EventType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The refusal of a name the catalogue does not have.
pub fn unknown(name: &str) -> Error {
    if EventSelection::of_word(name).is_some() {
        return Error::usage(format!(
            "{name} is not an event type, but a whole selection"
        ))
        .hint("vodcb events list shows the event types");
    }
    let error = Error::usage(format!("{name:?} is not an event type of the catalogue"));
    let error = if catalogue::belongs_to_another_product(name) {
        error.cause("it belongs to Intelligent Media Services, whose callbacks are not VOD's")
    } else {
        error
    };
    error
        .hint(format!(
            "did you mean {}?",
            catalogue::nearest(name).join(", ")
        ))
        .hint("vodcb events list shows all of them")
}
