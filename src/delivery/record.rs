//! A delivery that somebody kept: an HTTP request as text, or one line of JSON.
//!
//! The line of JSON is an [`Envelope`]. [`read()`] takes both, and [`signed()`] looks at an envelope's signature only.

mod envelope;
mod read;
mod signed;

pub use envelope::Envelope;
pub use read::{envelope, read};
pub use signed::{Signed, signed};

use serde::Serialize;

use super::rules::{SIGNATURE, TIMESTAMP};
use super::signature::Claim;

/// A delivery as it was received.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded {
    /// When, as RFC 3339 in UTC; `None` where nobody noted it.
    pub received_at: Option<String>,
    /// The verb; `None` for a message of a queue.
    pub method: Option<String>,
    /// Path and query; `None` for a message of a queue.
    pub target: Option<String>,
    /// The headers in their order.
    pub headers: Vec<(String, String)>,
    /// Present for a message of a queue.
    pub message: Option<QueueMessage>,
    /// The body, empty when there is none.
    pub body: Vec<u8>,
}

/// Which message of which queue a delivery was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct QueueMessage {
    /// The queue's name.
    pub queue: String,
    /// The message's id.
    pub message_id: String,
    /// How often it has been received, this time included.
    pub dequeue_count: Option<u64>,
}

impl Recorded {
    /// The first header of this name, in any letter case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The headers that belong to the delivery, and not to the connection on which it came or to the
    /// length and place of the request: those that are passed on, or sent again.
    pub fn end_to_end_headers(&self) -> Vec<(String, String)> {
        const CONNECTION: [&str; 11] = [
            "connection",
            "content-length",
            "expect",
            "host",
            "keep-alive",
            "proxy-authorization",
            "proxy-connection",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
        ];
        // A sender may name further headers that are meant for the next hop only.
        let named: Vec<String> = self
            .headers
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case("connection"))
            .flat_map(|(_, value)| value.split(','))
            .map(|name| name.trim().to_ascii_lowercase())
            .collect();
        let stays = |name: &str| {
            let name = name.to_ascii_lowercase();
            !CONNECTION.contains(&name.as_str()) && !named.contains(&name)
        };
        let headers = self.headers.iter().filter(|(name, _)| stays(name));
        headers.cloned().collect()
    }

    /// What it says about itself; `None` when it is not signed.
    pub fn claim(&self) -> Option<Claim> {
        Some(Claim {
            timestamp: self.header(TIMESTAMP)?.to_owned(),
            signature: self.header(SIGNATURE)?.to_owned(),
            body: Some(self.body.clone()),
        })
    }
}
