//! The tables of a manifest: which names each takes, and values of the right kind out of them.

use super::problem::Problem;
use super::tree::{Node, Pair, Span, Value};

/// A table whose names were checked.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'t>(&'t [Pair]);

impl<'t> Fields<'t> {
    /// No table at all.
    pub const NONE: Fields<'static> = Fields(&[]);

    /// Takes a table apart; `what` is what its names belong to.
    pub fn of(
        node: &'t Node,
        what: &str,
        names: &[&str],
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        let Value::Table(pairs) = &node.value else {
            problems.push(Problem::at(
                &node.span,
                format!("{what} is {}, and has to be a table", node.value.kind()),
            ));
            return None;
        };
        for (index, pair) in pairs.iter().enumerate() {
            if !names.contains(&pair.name.as_str()) {
                problems.push(unknown(pair, what, names));
            } else if pairs[..index].iter().any(|first| first.name == pair.name) {
                let message = format!("{} stands twice in {what}", pair.name);
                let problem = Problem::at(&pair.span, message).hiding_the_rest();
                problems.push(problem.hint("leave one of the two out"));
            }
        }
        Some(Fields(pairs))
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&'t Pair> {
        self.0.iter().find(|pair| pair.name == name)
    }

    /// Names and values in the order of the text.
    pub fn pairs(&self) -> impl Iterator<Item = &'t Pair> {
        self.0.iter()
    }

    /// The names in the order of the text.
    pub fn names(&self) -> impl Iterator<Item = &'t str> {
        self.0.iter().map(|pair| pair.name.as_str())
    }
}

/// What stands behind an unknown name is not shown: it may be a key under a wrong name.
fn unknown(pair: &Pair, what: &str, names: &[&str]) -> Problem {
    let plain = |text: &str| text.to_lowercase().replace(['-', '_'], "");
    let near = names
        .iter()
        .map(|name| (strsim::jaro_winkler(&plain(name), &plain(&pair.name)), name))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(score, _)| *score >= 0.8);
    let message = match is_name(&pair.name) {
        true => format!("{what} has no {:?}", pair.name),
        false => format!("{what} has no such name"),
    };
    let problem = Problem::quoting(&pair.span, message).hiding_the_rest();
    match near {
        Some((_, name)) => problem.hint(format!("did you mean {name}?")),
        None => problem.hint(format!("{what} takes {}", names.join(", "))),
    }
}

/// Whether this may be a name of any manifest; what else stands in place of one may hold a key.
pub fn is_name(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '$'))
}

/// A text, or a problem.
pub fn text<'t>(pair: &'t Pair, problems: &mut Vec<Problem>) -> Option<&'t str> {
    match &pair.node.value {
        Value::Text(text) => Some(text),
        other => {
            let message = format!("{} is {}, and has to be a text", pair.name, other.kind());
            let problem = Problem::at(&pair.node.span, message);
            problems.push(match other {
                Value::Integer(_) => problem.hint("put it in quotes"),
                _ => problem,
            });
            None
        }
    }
}

/// True or false, or a problem.
pub fn switch(pair: &Pair, problems: &mut Vec<Problem>) -> Option<bool> {
    match &pair.node.value {
        Value::Bool(value) => Some(*value),
        other => {
            let message = format!(
                "{} is {}, and has to be true or false",
                pair.name,
                other.kind()
            );
            problems.push(Problem::at(&pair.node.span, message));
            None
        }
    }
}

/// One of two words, or a problem.
pub fn word<'t>(pair: &'t Pair, words: [&str; 2], problems: &mut Vec<Problem>) -> Option<&'t str> {
    let [one, other] = words;
    let (given, quotes) = match &pair.node.value {
        Value::Text(text) if words.contains(&text.as_str()) => return Some(text),
        Value::Text(text) => (format!("{text:?}"), true),
        value => (value.kind().to_owned(), false),
    };
    let message = format!(
        "{} is {given}, and has to be {one:?} or {other:?}",
        pair.name
    );
    problems.push(Problem {
        quotes,
        ..Problem::at(&pair.node.span, message)
    });
    None
}

/// Whether this is on or off, or what is obviously meant to be.
pub fn is_switch(value: &Value) -> bool {
    match value {
        Value::Text(text) => matches!(text.as_str(), "on" | "off"),
        other => matches!(other, Value::Bool(_)),
    }
}

/// On or off, or a problem; what else stands there is not shown, since it may be a key.
pub fn on_or_off(pair: &Pair, problems: &mut Vec<Problem>) -> Option<bool> {
    let value = &pair.node.value;
    let (given, is_shown) = match value {
        Value::Text(text) if is_switch(value) => return Some(text == "on"),
        Value::Text(_) => ("another text", false),
        value => (value.kind(), is_switch(value)),
    };
    let name = &pair.name;
    let message = format!("{name} is {given}, and has to be \"on\" or \"off\"");
    problems.push(if is_shown {
        Problem::at(&pair.node.span, message)
    } else {
        Problem::at(&pair.span, message).hiding_the_rest()
    });
    None
}

/// A list of texts with their places, or a problem.
pub fn texts<'t>(pair: &'t Pair, problems: &mut Vec<Problem>) -> Option<Vec<(&'t str, &'t Span)>> {
    let Value::List(items) = &pair.node.value else {
        let message = format!(
            "{} is {}, and has to be a list of texts",
            pair.name,
            pair.node.value.kind()
        );
        problems.push(Problem::at(&pair.node.span, message));
        return None;
    };
    let mut found = Vec::new();
    for item in items {
        match &item.value {
            Value::Text(text) => found.push((text.as_str(), &item.span)),
            other => {
                let message = format!(
                    "{} holds {}, and has to hold texts",
                    pair.name,
                    other.kind()
                );
                problems.push(Problem::at(&item.span, message));
            }
        }
    }
    (found.len() == items.len()).then_some(found)
}
