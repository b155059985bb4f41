//! JSON: its library hands out pieces of the text as they stand, and where a piece begins is its place.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Syntax, too_deep};
use crate::manifest::problem::Problem;
use crate::manifest::tree::{Node, Pair, Span, Value};

/// A manifest is four deep; more is no manifest, and not worth a stack.
const DEPTH: usize = 16;

/// An empty text is a manifest without anything, as in TOML.
pub(super) fn parse(text: &str) -> Result<Node, Problem> {
    if text.trim().is_empty() {
        return Ok(Node {
            span: 0..0,
            origin: None,
            value: Value::Table(Vec::new()),
        });
    }
    let whole: &RawValue = serde_json::from_str(text).map_err(|error| syntax(text, 0, &error))?;
    node(text, whole, DEPTH)
}

/// The members of an object in their order, twins included.
struct Members<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;

        impl<'de> Visitor<'de> for Pairs {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(pair) = pairs.next_entry()? {
                    members.push(pair);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Pairs)
    }
}

fn node(text: &str, raw: &RawValue, depth: usize) -> Result<Node, Problem> {
    let (span, piece) = (span(text, raw), raw.get());
    let wrong = |error: serde_json::Error| syntax(text, span.start, &error);
    if depth == 0 {
        return Err(too_deep(&span));
    }
    let value = match piece.as_bytes().first() {
        Some(b'{') => {
            let Members(members) = serde_json::from_str(piece).map_err(wrong)?;
            let pairs = members.into_iter().map(|(name, value)| {
                Ok(Pair {
                    span: self::span(text, name),
                    origin: None,
                    name: serde_json::from_str(name.get()).map_err(wrong)?,
                    node: node(text, value, depth - 1)?,
                })
            });
            Value::Table(pairs.collect::<Result<_, Problem>>()?)
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(piece).map_err(wrong)?;
            let items = items.into_iter().map(|item| node(text, item, depth - 1));
            Value::List(items.collect::<Result<_, Problem>>()?)
        }
        _ => match serde_json::from_str(piece).map_err(wrong)? {
            serde_json::Value::String(text) => Value::Text(text),
            serde_json::Value::Bool(value) => Value::Bool(value),
            serde_json::Value::Number(number) => number.as_i64().map_or(
                Value::Other("a fraction or a number that is too large"),
                Value::Integer,
            ),
            _ => Value::Other("null"),
        },
    };
    Ok(Node {
        span,
        origin: None,
        value,
    })
}

/// A piece is borrowed from the text, so its address tells its place.
fn span(text: &str, piece: &RawValue) -> Span {
    let start = piece.get().as_ptr() as usize - text.as_ptr() as usize;
    start..start + piece.get().len()
}

/// The library counts lines and bytes of the piece that it was given.
fn syntax(text: &str, from: usize, error: &serde_json::Error) -> Problem {
    let piece = &text[from..];
    let lines = error.line().saturating_sub(1);
    let start: usize = piece.split_inclusive('\n').take(lines).map(str::len).sum();
    let at = from + start + error.column().saturating_sub(1);
    Syntax::Json.refusal(text, &(at..at + 1), &error.to_string())
}
