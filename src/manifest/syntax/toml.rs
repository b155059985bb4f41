//! TOML, whose library tells the place of everything.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Syntax;
use crate::manifest::problem::Problem;
use crate::manifest::tree::{Node, Pair, Value};
use crate::order;

pub(super) fn parse(text: &str) -> Result<Node, Problem> {
    let table = DeTable::parse(text).map_err(|error| {
        let span = error.span().unwrap_or_default();
        Syntax::Toml.refusal(text, &span, error.message())
    })?;
    Ok(Node {
        span: 0..0,
        origin: None,
        value: Value::Table(pairs(table.into_inner())),
    })
}

fn pairs(table: DeTable<'_>) -> Vec<Pair> {
    let pairs = table.into_iter().map(|(name, value)| Pair {
        span: name.span(),
        origin: None,
        name: name.into_inner().into_owned(),
        node: node(value),
    });
    order::by(pairs, |one, other| one.span.start.cmp(&other.span.start))
}

fn node(value: Spanned<DeValue<'_>>) -> Node {
    let span = value.span();
    let value = match value.into_inner() {
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or(Value::Other("a number that is too large"), Value::Integer),
        DeValue::Float(_) => Value::Other("a fraction"),
        DeValue::Boolean(value) => Value::Bool(value),
        DeValue::Datetime(_) => Value::Other("a date"),
        DeValue::Array(items) => Value::List(items.into_iter().map(node).collect()),
        DeValue::Table(table) => Value::Table(pairs(table)),
    };
    Node {
        span,
        origin: None,
        value,
    }
}
