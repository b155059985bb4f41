//! The signature in an envelope, found without reading the rest.

use crate::delivery::rules::{SIGNATURE, TIMESTAMP};

/// What a signature is checked with, where it stands in an envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signed<'a> {
    /// `X-VOD-TIMESTAMP`.
    pub timestamp: &'a str,
    /// `X-VOD-SIGNATURE`.
    pub signature: &'a str,
}

/// Looks at a line that is just as [`Recorded::envelope`](super::Recorded::envelope) writes the usual delivery, many times faster than
/// [`read`](super::read). The body is not decoded: no signature covers it. `None` says only that `read` must look.
pub fn signed(line: &[u8]) -> Option<Signed<'_>> {
    let mut rest = Rest(line);
    rest.skip(r#"{"schema_version":1,"kind":"delivery","received_at":""#)?;
    for next in [r#","method":""#, r#","target":""#, r#","headers":[[""#] {
        rest.text()?;
        rest.skip(next)?;
    }
    let (mut timestamp, mut signature) = (None, None);
    loop {
        let name = rest.text()?;
        rest.skip(r#",""#)?;
        let value = rest.text()?;
        if name.eq_ignore_ascii_case(TIMESTAMP.as_bytes()) {
            timestamp.get_or_insert(value);
        } else if name.eq_ignore_ascii_case(SIGNATURE.as_bytes()) {
            signature.get_or_insert(value);
        }
        if rest.skip(r#"],[""#).is_none() {
            break;
        }
    }
    rest.skip(r#"]],"body":""#)?;
    rest.text()?;
    // Where nothing is escaped, every quote is the begin or the end of a text.
    if rest.0 != b"}" || memchr::memchr(b'\\', line).is_some() {
        return None;
    }
    let text = |bytes| std::str::from_utf8(bytes).ok();
    Some(Signed {
        timestamp: text(timestamp?)?,
        signature: text(signature?)?,
    })
}

/// What is left of a line.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn skip(&mut self, expected: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(expected.as_bytes())?;
        Some(())
    }

    /// All up to the next quote, which is skipped.
    fn text(&mut self) -> Option<&'a [u8]> {
        let (text, rest) = self.0.split_at(memchr::memchr(b'"', self.0)?);
        self.0 = &rest[1..];
        Some(text)
    }
}
