//! A message, as it comes out of a queue.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use md5::{Digest, Md5};

use crate::digest::hex;

/// A message that was received or looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// The service's id of it, the same in every delivery.
    pub id: String,
    /// Deletes it, or changes its visibility, until `next_visible`; `None` after a mere look.
    pub receipt_handle: Option<String>,
    /// The body as the queue holds it; [`crate::event::decode::unpack`] makes an event of it.
    pub body: String,
    /// What the service says of the body: upper-case hex MD5; empty when it says nothing.
    pub body_md5: String,
    /// When it was sent.
    pub enqueued: Option<Timestamp>,
    /// When the answer was written that brought it.
    pub received: Option<Timestamp>,
    /// When it can be received again unless it is deleted.
    pub next_visible: Option<Timestamp>,
    /// When it was first received.
    pub first_dequeued: Option<Timestamp>,
    /// How often it was received.
    pub dequeue_count: u32,
    /// From 1, first, to 16.
    pub priority: Option<u32>,
}

impl Message {
    /// How long it stays out of sight from its receipt on. The service's clock tells both ends: ours may be
    /// off by a quarter of an hour before the service refuses anything.
    pub fn hidden_for(&self) -> Duration {
        let since = match self.dequeue_count {
            1 => self.first_dequeued.or(self.received),
            _ => self.received,
        };
        let hidden = self.next_visible.zip(since);
        let hidden = hidden.map(|(until, since)| until.duration_since(since));
        hidden
            .and_then(|hidden| hidden.try_into().ok())
            .unwrap_or_default()
    }

    /// How long it had been in the queue when the answer came, by the service's clock alone, too.
    pub fn age(&self) -> Option<SignedDuration> {
        let (enqueued, received) = self.enqueued.zip(self.received)?;
        Some(received.duration_since(enqueued).max(SignedDuration::ZERO))
    }

    /// Whether the body is as it was stored, as far as the service tells. Look before decoding: the
    /// checksum is of the text.
    pub fn is_intact(&self) -> bool {
        let told = &self.body_md5;
        told.is_empty() || body_md5(&self.body).eq_ignore_ascii_case(told)
    }
}

/// The checksum of a body as the service writes it: upper-case hex MD5.
pub fn body_md5(body: &str) -> String {
    hex(&Md5::digest(body)).to_ascii_uppercase()
}
