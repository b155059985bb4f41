//! From bytes to an event: what arrives by HTTP is JSON, what a queue holds may be Base64 of it.
//!
//! The rule comes from readers in production, since the official queue SDKs encode by default and
//! the console shows both forms: text that starts with `{` is JSON, everything else is Base64.
//! What the members mean is told by [`explain`].

use std::borrow::Cow;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Serialize;
use serde_json::Value;

pub use super::explain::{Explanation, FieldRow, IdField, Outcome, explain};
use crate::error::{Error, Result};

/// Queue tools differ in whether they pad.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// How the body was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// The JSON object itself.
    Json,
    /// Base64 of the JSON object.
    Base64,
}

/// The event in these bytes: a JSON object, or Base64 of one.
///
/// # Errors
/// A usage error that says what the bytes are instead, and how to get at the event.
pub fn unpack(bytes: &[u8]) -> Result<(Value, Encoding)> {
    let (event, inner) = open(bytes)?;
    let encoding = inner.map_or(Encoding::Json, |_| Encoding::Base64);
    Ok((event, encoding))
}

/// The event, and its own bytes where Base64 was taken off.
fn open(bytes: &[u8]) -> Result<(Value, Option<Vec<u8>>)> {
    let text = text_of(bytes)?;
    if text.trim().is_empty() {
        return Err(empty());
    }
    if text.trim_start().starts_with('{') {
        return Ok((object(text)?, None));
    }
    let packed: String = text.split_whitespace().collect();
    let Ok(inner) = BASE64.decode(&packed) else {
        return Err(unreadable(text));
    };
    let event = match text_of(&inner) {
        Ok(inner) if inner.trim_start().starts_with('{') => object(inner)
            .map_err(|error| error.cause("the place is in the text decoded from Base64")),
        // Words, numbers and lists can be Base64 by accident, so what they are as text counts first.
        inner => Err(plain_json(text)
            .or_else(|| inner.ok().and_then(base64_of_other_json))
            .unwrap_or_else(|| unreadable(text))),
    }?;
    Ok((event, Some(inner)))
}

/// The event's own bytes, as a receiver by HTTP would get them: Base64 is taken off.
///
/// # Errors
/// Those of [`unpack`].
pub fn own_bytes(bytes: &[u8]) -> Result<Cow<'_, [u8]>> {
    let (_, inner) = open(bytes)?;
    Ok(inner.map_or(Cow::Borrowed(bytes), Cow::Owned))
}

/// The same; what is no event stays as it is.
pub fn unwrapped(bytes: &[u8]) -> Cow<'_, [u8]> {
    own_bytes(bytes).unwrap_or(Cow::Borrowed(bytes))
}

/// The JSON that a body is, with or without the mark that some editors put before it.
pub fn json(body: &[u8]) -> Option<Value> {
    serde_json::from_str(text_of(body).ok()?).ok()
}

fn text_of(bytes: &[u8]) -> Result<&str> {
    let text = std::str::from_utf8(bytes).map_err(|error| not_utf8(bytes, error.valid_up_to()))?;
    Ok(text.strip_prefix('\u{FEFF}').unwrap_or(text))
}

/// The object in a text that starts with `{`; errors name the place in the whole text.
fn object(text: &str) -> Result<Value> {
    let json = text.trim();
    let before = &text[..text.len() - text.trim_start().len()];
    serde_json::from_str(json).map_err(|error| {
        let indent = before.rsplit('\n').next().map_or(0, str::len);
        let line = error.line() + before.matches('\n').count();
        let column = error.column() + if error.line() == 1 { indent } else { 0 };
        broken(line, column, &error.to_string())
    })
}

fn empty() -> Error {
    Error::usage("the event body is empty")
        .hint("hand over the JSON text of one event, or - and the text on standard input")
}

fn not_utf8(bytes: &[u8], valid: usize) -> Error {
    let error = Error::usage(format!(
        "the event body is not UTF-8 text: byte {} is wrong",
        valid + 1
    ));
    match bytes {
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => {
            error.hint("it looks like UTF-16; save the file as UTF-8")
        }
        [0x1F, 0x8B, ..] => error.hint("it looks like gzip; unpack it first"),
        _ => {
            error.hint("save the body as UTF-8, or hand over the Base64 text of the queue message")
        }
    }
}

fn broken(line: usize, column: usize, reason: &str) -> Error {
    let reason = reason.split(" at line ").next().unwrap_or(reason);
    Error::usage(format!(
        "the event body is not valid JSON: line {line}, column {column}"
    ))
    .cause(reason)
    .hint("hand over the body exactly as it was received, from the first { to the last }")
}

/// The refusal of a text that is JSON, but not an object.
fn plain_json(text: &str) -> Option<Error> {
    let value: Value = serde_json::from_str(text.trim()).ok()?;
    let error = match value {
        Value::Array(_) => {
            Error::usage("the event body is a JSON array; an event is a JSON object")
                .hint("hand over one element at a time")
        }
        Value::String(_) => {
            Error::usage("the event body is a JSON string; an event is a JSON object")
                .hint("hand over the text inside the quotes, with its escapes resolved")
        }
        _ => Error::usage("the event body is a single JSON value; an event is a JSON object")
            .hint("hand over the text from the first { to the last }"),
    };
    Some(error)
}

fn base64_of_other_json(inner: &str) -> Option<Error> {
    let value: Value = serde_json::from_str(inner.trim()).ok()?;
    // Short words decode to a digit or two by accident; nobody packs a number.
    (value.is_array() || value.is_string()).then(|| {
        Error::usage("the event body is Base64, but of JSON that is not an object")
            .hint("hand over the Base64 text of one event")
    })
}

fn unreadable(text: &str) -> Error {
    if let Some(error) = plain_json(text) {
        return error;
    }
    let error = Error::usage("the event body is neither a JSON object nor Base64 of one").cause(
        format!("it starts with {:?}", super::check::clip(text.trim(), 40)),
    );
    if text.trim_start().starts_with('<') {
        error.hint("it looks like XML; of a queue's answer hand over the text inside MessageBody")
    } else if text.contains('{') {
        error.hint("remove what stands before the first {, for example HTTP headers")
    } else {
        error.hint(
            "hand over the body as it was received; vodcb events show NAME --sample prints one",
        )
    }
}
