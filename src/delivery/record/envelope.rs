//! The line of JSON that a delivery is kept in.
//!
//! The body is Base64, so that it comes back byte for byte whatever it was; of headers it keeps order, case
//! and repetition.

use base64::display::Base64Display;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Serialize;

use super::{QueueMessage, Recorded};

/// The line of JSON, with headers as they are at hand: in the line they are a list of pairs. The order of
/// the members is the order in the line.
#[derive(Debug, Clone, Serialize)]
pub struct Envelope<'a, H: Serialize = &'a [(String, String)]> {
    schema_version: u8,
    kind: &'static str,
    received_at: Option<&'a str>,
    method: Option<&'a str>,
    target: Option<&'a str>,
    headers: H,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a QueueMessage>,
    #[serde(serialize_with = "packed")]
    body: &'a [u8],
}

fn packed<S: serde::Serializer>(
    body: &[u8],
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_str(&Base64Display::new(body, &STANDARD))
}

impl<'a, H: Serialize> Envelope<'a, H> {
    /// The line for a request that has just come, without copies of it.
    pub fn of_request(
        received_at: &'a str,
        method: &'a str,
        target: &'a str,
        headers: H,
        body: &'a [u8],
    ) -> Self {
        Envelope {
            schema_version: 1,
            kind: "delivery",
            received_at: Some(received_at),
            method: Some(method),
            target: Some(target),
            headers,
            message: None,
            body,
        }
    }

    /// Appends the line, without its end, as serde would: but that Base64 has nothing to be escaped, and most of
    /// the line is the body.
    pub fn write(mut self, line: &mut Vec<u8>) {
        let body = std::mem::take(&mut self.body);
        serde_json::to_writer(&mut *line, &self).expect("writing to memory does not fail");
        // The body is the last member.
        line.truncate(line.len() - br#""}"#.len());
        let mut packed = [0; 1024];
        for piece in body.chunks(packed.len() / 4 * 3) {
            let length = STANDARD.encode_slice(piece, &mut packed);
            let length = length.expect("four letters for three bytes have room");
            line.extend_from_slice(&packed[..length]);
        }
        line.extend_from_slice(br#""}"#);
    }
}

impl Recorded {
    /// The same as a line of JSON, without the line end.
    pub fn envelope(&self) -> Envelope<'_> {
        Envelope {
            schema_version: 1,
            kind: "delivery",
            received_at: self.received_at.as_deref(),
            method: self.method.as_deref(),
            target: self.target.as_deref(),
            headers: &self.headers,
            message: self.message.as_ref(),
            body: &self.body,
        }
    }
}
