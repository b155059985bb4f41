//! A request as the line that is saved and shown.

use hyper::header::HeaderMap;
use hyper::http::request::Parts;
use jiff::Timestamp;
use serde::Serialize;

use crate::delivery::record::Envelope;

/// Headers as a list of pairs; bytes that are no UTF-8 are replaced.
struct Pairs<'a>(&'a HeaderMap);

impl Serialize for Pairs<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let pairs = self.0.iter();
        serializer.collect_seq(
            pairs.map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes()))),
        )
    }
}

/// Writes the line that keeps a request.
pub(super) fn write_envelope(
    line: &mut Vec<u8>,
    received_at: &Timestamp,
    head: &Parts,
    body: &[u8],
) {
    let target = head.uri.path_and_query();
    let received_at = received_at.to_string();
    let envelope = Envelope::of_request(
        &received_at,
        head.method.as_str(),
        target.map_or("/", |target| target.as_str()),
        Pairs(&head.headers),
        body,
    );
    envelope.write(line);
}
