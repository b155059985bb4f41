//! What a request may say: numbers in their ranges, names, bodies.

use super::reply::{self, refused};
use crate::callback::queue::check_name;
use crate::emulator::answer::Refusal;
use crate::mns::MAX_BATCH;
use crate::xml::Element;

const MAX_NAME: usize = 120;
const MAX_DELAY: u32 = 604_800;
const LOWEST_PRIORITY: u32 = 16;

/// A message that goes into a queue. The body is text; whether it is Base64 is between writer and reader.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    /// The body as the queue shall hold it.
    pub(super) body: String,
    /// Seconds before it can be received, if not as the queue says; at most seven days.
    pub(super) delay_seconds: Option<u32>,
    /// 1 is received first, 16 last; the service takes 8 if none is given.
    pub(super) priority: Option<u32>,
}

/// The message in a `<Message>`.
pub(super) fn outgoing(entry: &Element) -> Result<Outgoing, Refusal> {
    let body = entry.text_of("MessageBody").ok_or_else(reply::malformed)?;
    if body.is_empty() {
        return Err(reply::invalid("The message body is empty."));
    }
    let optional = |name: &str, min, max| {
        entry
            .text_of(name)
            .map(|text| number(text.trim(), name, min, max))
            .transpose()
    };
    Ok(Outgoing {
        body: body.to_owned(),
        delay_seconds: optional("DelaySeconds", 0, MAX_DELAY)?,
        priority: optional("Priority", 1, LOWEST_PRIORITY)?,
    })
}

/// A number within its range.
pub(super) fn number(text: &str, name: &str, min: u32, max: u32) -> Result<u32, Refusal> {
    let number = text.parse().ok();
    number
        .filter(|number| (min..=max).contains(number))
        .ok_or_else(|| reply::invalid(&format!("{name} must be from {min} to {max}.")))
}

/// One to sixteen.
pub(super) fn check_batch(count: usize) -> Result<(), Refusal> {
    if (1..=MAX_BATCH).contains(&count) {
        Ok(())
    } else {
        Err(reply::invalid("A batch has 1 to 16 entries."))
    }
}

/// Letters, digits and hyphens, not too many.
pub(super) fn check_queue_name(name: &str) -> Result<(), Refusal> {
    if name.len() > MAX_NAME {
        let words = "The length of queue name should between 1 and 120.";
        return Err(refused("QueueNameLengthError", words));
    }
    check_name(name).map_err(|_| {
        let words = "The queue name you provided is invalid.";
        refused("InvalidQueueName", words)
    })
}
