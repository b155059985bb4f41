//! The event of a test delivery: a sample of the catalogue that says it is a test.

use jiff::Timestamp;
use serde_json::json;

use crate::error::Result;
use crate::event::compose::Draft;
use crate::event::{EventSelection, EventType, catalogue};

/// What is sent unless the callback selects other events only.
const USUAL: &str = "FileUploadComplete";

/// The name of an event that this selection sends.
pub fn choose(events: &EventSelection) -> &str {
    match events {
        EventSelection::All | EventSelection::None => USUAL,
        EventSelection::Only(names) => {
            let mut names = names.iter().map(EventType::as_str);
            if names.clone().any(|name| name == USUAL) {
                return USUAL;
            }
            names
                .find(|name| !catalogue::samples(name).is_empty())
                .unwrap_or(USUAL)
        }
    }
}

/// The body of a test: `Extend` says what it is, the media's id was never used before, so that the
/// receiver takes it neither for a duplicate nor for media of its own.
///
/// # Errors
/// When the catalogue has no sample of this name, which [`choose`] rules out.
pub fn body(name: &str, id: &str, now: Timestamp) -> Result<Vec<u8>> {
    let draft = Draft::sample(name, false)?.dated(now).of_media(id);
    let mut event = draft.value().clone();
    event["Extend"] = json!(json!({"vodcb": "test delivery, no real event"}).to_string());
    Ok(event.to_string().into_bytes())
}
