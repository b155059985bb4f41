//! A delivery that somebody kept: an HTTP request as text, or one line of JSON.
//!
//! The line of JSON is an envelope, see [`Envelope`]. The body is Base64, so that it comes back byte for
//! byte whatever it was; of headers it keeps order, case and repetition.

use base64::display::Base64Display;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Serialize;
use serde_json::Value;

use super::rules::{SIGNATURE, TIMESTAMP};
use super::signature::Claim;
use crate::error::{Error, Result};

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
        let mut packed = [0; 4096];
        for piece in body.chunks(packed.len() / 4 * 3) {
            let length = STANDARD.encode_slice(piece, &mut packed);
            let length = length.expect("four letters for three bytes have room");
            line.extend_from_slice(&packed[..length]);
        }
        line.extend_from_slice(br#""}"#);
    }
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

/// What a signature is checked with, where it stands in an envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signed<'a> {
    /// `X-VOD-TIMESTAMP`.
    pub timestamp: &'a str,
    /// `X-VOD-SIGNATURE`.
    pub signature: &'a str,
}

/// Looks at a line that is just as [`Recorded::envelope`] writes the usual delivery, many times faster than
/// [`read`]. The body is not decoded: no signature covers it. `None` says only that [`read`] must look.
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

/// Reads a delivery.
///
/// # Errors
/// A usage error for what is neither an HTTP request nor an envelope.
pub fn read(bytes: &[u8]) -> Result<Recorded> {
    let trimmed = bytes.trim_ascii_start();
    if trimmed.starts_with(b"{") {
        envelope(trimmed)
    } else {
        dump(bytes)
    }
}

/// Reads a delivery from a line of JSON.
///
/// # Errors
/// A usage error for what is no envelope.
pub fn envelope(bytes: &[u8]) -> Result<Recorded> {
    let line = bytes
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let refuse = |why: &str| {
        Error::usage(format!("this is no recorded delivery: {why}")).hint(
            "an envelope is one line: {\"kind\":\"delivery\",\"headers\":{…},\"body\":\"Base64\"}",
        )
    };
    let value: Value = serde_json::from_slice(line)
        .or_else(|_| serde_json::from_slice(bytes))
        .map_err(|error| {
            refuse(&format!(
                "it is not JSON (line {}, column {})",
                error.line(),
                error.column()
            ))
        })?;
    let headers = value
        .get("headers")
        .ok_or_else(|| refuse("it has no headers, as the body of an event alone"))?;
    let headers = pairs(headers)
        .ok_or_else(|| refuse("its headers are neither an object nor a list of pairs"))?;
    if let Some(name) = no_header(&headers) {
        return Err(refuse(&format!("{name:?} is not the name of a header")));
    }
    let body = value
        .get("body")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let body = STANDARD
        .decode(body)
        .map_err(|_| refuse("its body is not Base64"))?;
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let message = value.get("message").filter(|message| !message.is_null());
    let message = message
        .map(|message| serde_json::from_value(message.clone()))
        .transpose()
        .map_err(|_| refuse("its message is not a message of a queue"))?;
    Ok(Recorded {
        received_at: text("received_at"),
        method: text("method"),
        target: text("target"),
        headers,
        message,
        body,
    })
}

/// Headers as a list of pairs, or as an object.
fn pairs(headers: &Value) -> Option<Vec<(String, String)>> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match headers {
        Value::Object(members) => {
            let members = members.iter();
            Some(
                members
                    .map(|(name, value)| (name.clone(), text(value)))
                    .collect(),
            )
        }
        Value::Array(pairs) => {
            let pairs = pairs.iter();
            Some(
                pairs
                    .filter_map(|pair| Some((text(pair.get(0)?), text(pair.get(1)?))))
                    .collect(),
            )
        }
        _ => None,
    }
}

/// A request line, headers, an empty line, the body; line ends with or without a carriage return.
fn dump(bytes: &[u8]) -> Result<Recorded> {
    let (head, body) = split_head(bytes);
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines().map(str::trim_end).peekable();
    let request_line = lines
        .next_if(|line| !line.contains(": ") && line.contains(' '))
        .unwrap_or_default();
    let mut words = request_line.split(' ').map(str::to_owned);
    let refuse = |why: String| {
        Error::usage(format!("this is no recorded delivery: {why}"))
            .hint("give an HTTP request as text: headers, an empty line, the body")
    };
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .collect();
    if headers.is_empty() {
        return Err(refuse("there is no header in it".to_owned()));
    }
    if let Some(name) = no_header(&headers) {
        return Err(refuse(format!("{name:?} is not the name of a header")));
    }
    Ok(Recorded {
        method: words.next().filter(|word| !word.is_empty()),
        target: words.next(),
        headers,
        body: body.to_vec(),
        ..Recorded::default()
    })
}

/// The first name that no header has.
fn no_header(headers: &[(String, String)]) -> Option<&str> {
    let mut names = headers.iter().map(|(name, _)| name.as_str());
    names.find(|name| !is_token(name))
}

/// What the name of a header may be (RFC 9110, section 5.6.2).
fn is_token(name: &str) -> bool {
    let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_fit)
}

fn split_head(bytes: &[u8]) -> (&[u8], &[u8]) {
    let at = |mark: &[u8]| bytes.windows(mark.len()).position(|window| window == mark);
    match (at(b"\r\n\r\n"), at(b"\n\n")) {
        (Some(crlf), lf) if lf.is_none_or(|lf| crlf < lf) => (&bytes[..crlf], &bytes[crlf + 4..]),
        (_, Some(lf)) => (&bytes[..lf], &bytes[lf + 2..]),
        _ => (bytes, &[]),
    }
}
