//! YAML: plain `on` and `off` are texts, as in YAML 1.2, and a name that stands twice reaches the reader.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{DuplicateKeyPolicy, Location, Spanned};

use super::Syntax;
use crate::manifest::problem::Problem;
use crate::manifest::tree::{Node, Pair, Span, Value};

pub(super) fn parse(text: &str) -> Result<Node, Problem> {
    let options = serde_saphyr::options! {
        strict_booleans: true,
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
    };
    serde_saphyr::from_str_with_options::<Spanned<Parsed>>(text, options)
        .map(node)
        .map(|tree| match tree.value {
            // An empty text is a manifest without anything, as in TOML.
            Value::Other(_) if is_empty(text) => Node {
                span: 0..0,
                value: Value::Table(Vec::new()),
                ..tree
            },
            _ => tree,
        })
        .map_err(|error| {
            let at = error.location().map_or(0..0, |at| span(text, &at));
            if matches!(
                error.without_snippet(),
                serde_saphyr::Error::MultipleDocuments { .. }
            ) {
                return Problem::unread(&at, "a second document begins, and a manifest is one")
                    .hint("give each document a file of its own: -f ONE -f OTHER");
            }
            let why = error.without_snippet().to_string();
            let at = if why.contains("tab") {
                tab(text, at)
            } else {
                at
            };
            Syntax::Yaml.refusal(text, &at, &why)
        })
}

fn is_empty(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim);
    lines.all(|line| line.is_empty() || line.starts_with('#'))
}

/// The tab that indents this line or the next one. The library tells where it began to read, in part.
fn tab(text: &str, told: Span) -> Span {
    let before = text.get(..told.start).unwrap_or(text);
    let begin = before.rfind('\n').map_or(0, |at| at + 1);
    let mut start = begin;
    for line in text[begin..].split_inclusive('\n').take(2) {
        let indented = line.len() - line.trim_start_matches([' ', '\t']).len();
        if let Some(at) = line[..indented].find('\t') {
            return start + at..start + at + 1;
        }
        start += line.len();
    }
    told
}

/// A value whose parts have places.
struct Parsed(Content);

enum Content {
    Plain(Value),
    List(Vec<Spanned<Parsed>>),
    Table(Vec<(Spanned<String>, Spanned<Parsed>)>),
}

fn node(parsed: Spanned<Parsed>) -> Node {
    Node {
        span: bytes(&parsed.referenced),
        origin: origin(&parsed.referenced, &parsed.defined),
        value: match parsed.value.0 {
            Content::Plain(value) => value,
            Content::List(items) => Value::List(items.into_iter().map(node).collect()),
            Content::Table(pairs) => Value::Table(pairs.into_iter().map(pair).collect()),
        },
    }
}

fn pair((name, value): (Spanned<String>, Spanned<Parsed>)) -> Pair {
    Pair {
        span: bytes(&name.referenced),
        origin: origin(&name.referenced, &name.defined),
        name: name.value,
        node: node(value),
    }
}

fn origin(here: &Location, there: &Location) -> Option<usize> {
    (here != there).then(|| bytes(there).start)
}

/// Bytes, which are always told of a text.
fn bytes(at: &Location) -> Span {
    let number = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    let start = number(at.span().byte_offset().unwrap_or_default());
    start..start.saturating_add(number(at.span().byte_len().unwrap_or_default()))
}

/// The bytes of an error, which may tell line and column only.
fn span(text: &str, at: &Location) -> Span {
    if at.span().byte_offset().is_some_and(|offset| offset > 0) {
        return bytes(at);
    }
    let line = usize::try_from(at.line()).unwrap_or(1).saturating_sub(1);
    let column = usize::try_from(at.column()).unwrap_or(1).saturating_sub(1);
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let within: usize = text[start..].chars().take(column).map(char::len_utf8).sum();
    start + within..start + within
}

impl<'de> Deserialize<'de> for Parsed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything)
    }
}

struct Anything;

impl<'de> Visitor<'de> for Anything {
    type Value = Parsed;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Parsed, E> {
        Ok(Parsed(Content::Plain(Value::Bool(value))))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Parsed, E> {
        Ok(Parsed(Content::Plain(Value::Integer(value))))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Parsed, E> {
        let value = i64::try_from(value);
        let value = value.map_or(Value::Other("a number that is too large"), Value::Integer);
        Ok(Parsed(Content::Plain(value)))
    }

    fn visit_i128<E>(self, _: i128) -> Result<Parsed, E> {
        Ok(Parsed(Content::Plain(Value::Other(
            "a number that is too large",
        ))))
    }

    fn visit_u128<E>(self, _: u128) -> Result<Parsed, E> {
        Ok(Parsed(Content::Plain(Value::Other(
            "a number that is too large",
        ))))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Parsed, E> {
        Ok(Parsed(Content::Plain(Value::Other("a fraction"))))
    }

    fn visit_str<E>(self, text: &str) -> Result<Parsed, E> {
        Ok(Parsed(Content::Plain(Value::Text(text.to_owned()))))
    }

    fn visit_unit<E>(self) -> Result<Parsed, E> {
        Ok(Parsed(Content::Plain(Value::Other("nothing"))))
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<Parsed, E> {
        self.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Parsed, D::Error> {
        Parsed::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Parsed, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Parsed(Content::List(list)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<Parsed, A::Error> {
        let mut table = Vec::new();
        while let Some(pair) = pairs.next_entry()? {
            table.push(pair);
        }
        Ok(Parsed(Content::Table(table)))
    }
}
