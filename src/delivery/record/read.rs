//! Reading a delivery that was kept, in either form.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::Recorded;
use crate::error::{Error, Result};

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
        .ok_or_else(|| match value.get("event") {
            Some(_) => refuse(
                "vodcb listen -o ndjson shows it without headers, and --save FILE keeps it whole",
            ),
            None => refuse("it has no headers, as the body of an event alone"),
        })?;
    let headers = pairs(headers).ok_or_else(|| {
        refuse("its headers are neither an object nor a list of pairs, of texts or lists of texts")
    })?;
    if let Some(why) = no_header(&headers) {
        return Err(refuse(&why));
    }
    let body = match value.get("body") {
        None | Some(Value::Null) => "",
        Some(Value::String(body)) => body,
        Some(_) => return Err(refuse("its body is no text, which would be Base64")),
    };
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

/// Headers as a list of pairs, or as an object. Several values of a name are headers of their own.
fn pairs(headers: &Value) -> Option<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    let mut add = |name: &str, value: &Value| {
        let values = value.as_array();
        for value in values.map_or(std::slice::from_ref(value), Vec::as_slice) {
            pairs.push((name.to_owned(), value.as_str()?.to_owned()));
        }
        Some(())
    };
    match headers {
        Value::Object(members) => members
            .iter()
            .try_for_each(|(name, value)| add(name, value))?,
        Value::Array(list) => list.iter().try_for_each(|pair| {
            let [name, value] = pair.as_array()?.as_slice() else {
                return None;
            };
            add(name.as_str()?, value)
        })?,
        _ => return None,
    }
    Some(pairs)
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
    if let Some(why) = no_header(&headers) {
        return Err(refuse(why));
    }
    let mut recorded = Recorded {
        method: words.next().filter(|word| !word.is_empty()),
        target: words.next(),
        headers,
        body: body.to_vec(),
        ..Recorded::default()
    };
    let coding = recorded.header("transfer-encoding").unwrap_or_default();
    // What recorded it may have put the pieces together, and left the header.
    if coding.to_ascii_lowercase().ends_with("chunked") && chunk(body).is_some() {
        recorded.body = joined(body)
            .ok_or_else(|| refuse("its body is cut, or no longer as long as it says".to_owned()))?;
    }
    Ok(recorded)
}

/// The body of a chunked request (RFC 9112, section 7.1); `None` where a piece or the end is missing.
fn joined(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let (length, line_end, after) = chunk(rest)?;
        if length == 0 {
            return Some(body);
        }
        let (piece, after) = after.split_at_checked(length)?;
        body.extend_from_slice(piece);
        rest = after.strip_prefix(line_end)?;
    }
}

/// How long the piece is that begins here, how its line ends, and what comes behind.
fn chunk(bytes: &[u8]) -> Option<(usize, &[u8], &[u8])> {
    let (line, rest) = bytes.split_at(memchr::memchr(b'\n', bytes)? + 1);
    let line_end = if line.ends_with(b"\r\n") {
        &b"\r\n"[..]
    } else {
        b"\n"
    };
    // What a semicolon begins says more about the piece.
    let digits = line.split(|byte| *byte == b';').next()?.trim_ascii();
    let digits = std::str::from_utf8(digits).ok()?;
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let length = usize::from_str_radix(digits, 16).ok()?;
    is_hex.then_some((length, line_end, rest))
}

/// Why one of these is no header: its name, or a character that no value holds (RFC 9110, section 5.5).
fn no_header(headers: &[(String, String)]) -> Option<String> {
    let is_odd = |c: char| c.is_ascii_control() && c != '\t';
    headers.iter().find_map(|(name, value)| {
        if !is_token(name.as_bytes()) {
            return Some(format!("{name:?} is not the name of a header"));
        }
        let holds_odd = value.contains(is_odd);
        holds_odd.then(|| format!("the value of {name} holds a control character"))
    })
}

/// What the name of a header may be (RFC 9110, section 5.6.2).
fn is_token(name: &[u8]) -> bool {
    let is_fit = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !name.is_empty() && name.iter().all(is_fit)
}

fn split_head(bytes: &[u8]) -> (&[u8], &[u8]) {
    let at = |mark: &[u8]| bytes.windows(mark.len()).position(|window| window == mark);
    match (at(b"\r\n\r\n"), at(b"\n\n")) {
        (Some(crlf), lf) if lf.is_none_or(|lf| crlf < lf) => (&bytes[..crlf], &bytes[crlf + 4..]),
        (_, Some(lf)) => (&bytes[..lf], &bytes[lf + 2..]),
        _ => (bytes, &[]),
    }
}
