//! A delivery that somebody kept: an HTTP request as text, or one line of JSON.
//!
//! The line of JSON is an envelope: `{"schema_version":1,"kind":"delivery","headers":{…},"body":"Base64"}`
//! with `method`, `target` (path and query) and `received_at` beside it.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::signature::Claim;
use crate::error::{Error, Result};

/// What was read of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// What it says about itself; `None` when it is not signed.
    pub claim: Option<Claim>,
    /// The body, empty when there is none.
    pub body: Vec<u8>,
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

fn envelope(bytes: &[u8]) -> Result<Recorded> {
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
        .ok_or_else(|| refuse("it has no headers"))?;
    let pairs: Vec<(String, String)> = match headers {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
            .collect(),
        Value::Array(pairs) => pairs
            .iter()
            .filter_map(|pair| {
                Some((
                    pair.get(0)?.as_str()?.to_owned(),
                    pair.get(1)?.as_str()?.to_owned(),
                ))
            })
            .collect(),
        _ => {
            return Err(refuse(
                "its headers are neither an object nor a list of pairs",
            ));
        }
    };
    let body = value
        .get("body")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let body = STANDARD
        .decode(body)
        .map_err(|_| refuse("its body is not Base64"))?;
    Ok(Recorded {
        claim: claim(&pairs, &body),
        body,
    })
}

/// A request line, headers, an empty line, the body; line ends with or without a carriage return.
fn dump(bytes: &[u8]) -> Result<Recorded> {
    let (head, body) = split_head(bytes);
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines().map(str::trim_end).peekable();
    if lines
        .peek()
        .is_some_and(|line| !line.contains(": ") && line.contains(' '))
    {
        lines.next();
    }
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .collect();
    if headers.is_empty() {
        return Err(
            Error::usage("this is no recorded delivery: there is no header in it")
                .hint("give an HTTP request as text: headers, an empty line, the body"),
        );
    }
    Ok(Recorded {
        claim: claim(&headers, body),
        body: body.to_vec(),
    })
}

fn split_head(bytes: &[u8]) -> (&[u8], &[u8]) {
    let at = |mark: &[u8]| bytes.windows(mark.len()).position(|window| window == mark);
    match (at(b"\r\n\r\n"), at(b"\n\n")) {
        (Some(crlf), lf) if lf.is_none_or(|lf| crlf < lf) => (&bytes[..crlf], &bytes[crlf + 4..]),
        (_, Some(lf)) => (&bytes[..lf], &bytes[lf + 2..]),
        _ => (bytes, &[]),
    }
}

fn claim(headers: &[(String, String)], body: &[u8]) -> Option<Claim> {
    let header = |name: &str| {
        let found = headers
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.clone())
    };
    Some(Claim {
        timestamp: header("X-VOD-TIMESTAMP")?,
        signature: header("X-VOD-SIGNATURE")?,
        body: Some(body.to_vec()),
    })
}
