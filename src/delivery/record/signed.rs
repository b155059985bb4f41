//! The signature in an envelope, found without reading the rest.

use base64::{Engine, engine::general_purpose::STANDARD};

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
/// [`read`](super::read()). The body is not decoded, since no signature covers it, but it is sure that it can be. `None` says only that
/// `read` must look.
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
        if !is_usual_name(name) {
            return None;
        }
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
    let head = &line[..line.len() - rest.0.len()];
    let body = rest.text()?;
    // Where nothing is escaped, every quote is the begin or the end of a text.
    if rest.0 != b"}" || !is_plain(head) || !is_base64(body) {
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

/// Whether all are letters, digits and signs of ASCII, and none escapes another: a text of JSON as it is.
fn is_plain(bytes: &[u8]) -> bool {
    each(bytes, b' ', |eight| {
        between(eight, b' ', b'~') & !between(eight, b'\\', b'\\')
    })
}

/// Whether a header has this name as nearly all have one.
fn is_usual_name(name: &[u8]) -> bool {
    let is_fit = |eight| letters(eight) | between(eight, b'0', b'9') | between(eight, b'-', b'-');
    !name.is_empty() && each(name, b'-', is_fit)
}

/// Whether this can be decoded. What is filled up stands in the last four letters.
fn is_base64(text: &[u8]) -> bool {
    let (whole, last) = text.split_at(text.len().saturating_sub(4));
    // The slash stands right before the digits.
    let is_fit = |eight| letters(eight) | between(eight, b'/', b'9') | between(eight, b'+', b'+');
    text.len().is_multiple_of(4)
        && each(whole, b'A', is_fit)
        && STANDARD.decode_slice(last, &mut [0; 3]).is_ok()
}

/// Whether each byte is fit, eight at a time: `is_fit` sets the highest bit of those that are, and is asked for
/// ASCII only. The last eight are filled up.
fn each(bytes: &[u8], fill: u8, is_fit: impl Fn(u64) -> u64) -> bool {
    let unfit = |eight: &[u8; 8]| {
        let eight = u64::from_ne_bytes(*eight);
        eight | !is_fit(eight & !all(0x80))
    };
    let (eights, rest) = bytes.as_chunks();
    let mut last = [fill; 8];
    last[..rest.len()].copy_from_slice(rest);
    let found = eights
        .iter()
        .fold(unfit(&last), |found, eight| found | unfit(eight));
    found & all(0x80) == 0
}

/// Sets the highest bit of the letters among bytes of ASCII.
const fn letters(eight: u64) -> u64 {
    between(eight | all(b' '), b'a', b'z')
}

/// Sets the highest bit of those bytes, all of ASCII, from the first to the last.
const fn between(eight: u64, first: u8, last: u8) -> u64 {
    from(eight, first) & !from(eight, last + 1)
}

/// Sets the highest bit of those bytes, all of ASCII, that are not below this one.
const fn from(eight: u64, least: u8) -> u64 {
    eight + all(0x80 - least)
}

/// This byte eight times.
const fn all(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}
