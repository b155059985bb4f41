//! A document whose every part knows where it stands, whatever syntax it was written in.

use std::ops::Range;

/// Bytes of the text.
pub type Span = Range<usize>;

/// A value and its place.
#[derive(Debug, Clone)]
pub struct Node {
    /// Where it stands.
    pub span: Span,
    /// Where the alias that stands there takes it from.
    pub origin: Option<usize>,
    /// What it is.
    pub value: Value,
}

/// What a value is, as far as a manifest cares.
#[derive(Debug, Clone)]
pub enum Value {
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// True or false.
    Bool(bool),
    /// A list.
    List(Vec<Node>),
    /// Names and values, in the order of the text where the syntax tells it.
    Table(Vec<Pair>),
    /// Nothing, a fraction, a date: what no manifest has use for.
    Other(&'static str),
}

/// A name and its value.
#[derive(Debug, Clone)]
pub struct Pair {
    /// The name.
    pub name: String,
    /// Where the name stands.
    pub span: Span,
    /// Where the alias that stands there takes it from.
    pub origin: Option<usize>,
    /// The value.
    pub node: Node,
}

impl Value {
    /// What it is, in words.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Text(_) => "a text",
            Value::Integer(_) => "a number",
            Value::Bool(_) => "true or false",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
            Value::Other(kind) => kind,
        }
    }
}
