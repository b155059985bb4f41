//! What in a manifest may be a key or a password, and is never shown.

use std::collections::BTreeSet;

use super::fields::{is_name, is_switch};
use super::read::is_known;
use super::tree::{Node, Pair, Span, Value};
use crate::callback::auth_key;
use crate::callback::url::without_password;
use crate::secret::Secret;

/// Where keys may stand, as far as the text could be read.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    /// The parts of the text. Where nothing is named but a beginning, it may be all that follows on the line.
    spans: Vec<Span>,
    /// Where each value begins that may be a key, an alias of one included, whatever name it stands under.
    values: BTreeSet<usize>,
}

impl Secrets {
    /// All that may be a key: what stands behind the name of the reference, of the switch next to it where
    /// that is none, and of names that are none of a manifest's; and texts that tell a key or a password.
    pub fn of(tree: &Node) -> Self {
        let (mut spans, mut origins) = (Vec::new(), BTreeSet::new());
        gather(tree, &mut spans, &mut origins);
        let mut values = BTreeSet::new();
        places(tree, &mut |span, origin| {
            let is_one = |at| origins.contains(&at);
            if is_one(span.start) || origin.is_some_and(is_one) {
                values.insert(span.start);
                spans.push(span.clone());
            }
        });
        Secrets { spans, values }
    }

    /// The parts of a line that begins there, counted from its beginning.
    pub fn on(&self, begin: usize, line: &str) -> impl Iterator<Item = Span> {
        let end = begin + line.len();
        let here = self
            .spans
            .iter()
            .filter(move |span| span.start <= end && span.end >= begin);
        let within = move |at: usize| at.saturating_sub(begin).min(end - begin);
        here.map(move |span| within(span.start)..within(span.end))
    }

    /// Whether the value that begins there may be a key.
    pub fn stands_at(&self, offset: usize) -> bool {
        self.values.contains(&offset)
    }
}

/// Gathers the parts of the text, and where the values among them begin, be it behind an alias.
fn gather(tree: &Node, spans: &mut Vec<Span>, origins: &mut BTreeSet<usize>) {
    match &tree.value {
        Value::List(items) => items.iter().for_each(|item| gather(item, spans, origins)),
        Value::Table(pairs) => pairs
            .iter()
            .for_each(|pair| gather_of(pair, spans, origins)),
        Value::Text(text) if tells_key(text) || without_password(text) != *text => {
            spans.push(tree.span.clone());
        }
        _ => {}
    }
}

fn gather_of(pair: &Pair, spans: &mut Vec<Span>, origins: &mut BTreeSet<usize>) {
    let name = pair.name.as_str();
    let may_be_key = match name {
        "auth_key" => true,
        "auth" => !is_switch(&pair.node.value),
        _ => !is_known(name),
    };
    if !may_be_key {
        return gather(&pair.node, spans, origins);
    }
    let begin = if is_name(name) {
        pair.span.end
    } else {
        pair.span.start
    };
    spans.push(begin..pair.span.end);
    values(&pair.node, &mut |span, origin| {
        spans.push(span.clone());
        origins.insert(span.start);
        origins.extend(origin);
    });
}

/// Every value in a tree, and where the alias that stands there takes it from.
fn values(tree: &Node, visit: &mut impl FnMut(&Span, Option<usize>)) {
    match &tree.value {
        Value::List(items) => items.iter().for_each(|item| values(item, visit)),
        Value::Table(pairs) => pairs.iter().for_each(|pair| values(&pair.node, visit)),
        _ => visit(&tree.span, tree.origin),
    }
}

/// The same with the names.
fn places(tree: &Node, visit: &mut impl FnMut(&Span, Option<usize>)) {
    match &tree.value {
        Value::List(items) => items.iter().for_each(|item| places(item, visit)),
        Value::Table(pairs) => pairs.iter().for_each(|pair| {
            visit(&pair.span, pair.origin);
            places(&pair.node, visit);
        }),
        _ => visit(&tree.span, tree.origin),
    }
}

/// What follows the name of a key on this line, and may be the key.
pub fn behind_keys(line: &str) -> impl Iterator<Item = Span> {
    line.match_indices("auth_key").map(|(at, name)| {
        let begin = at + name.len();
        let word = line[begin..].trim_start_matches([' ', '"', '\'', '=', ':']);
        let end = word.find(|c: char| !c.is_alphanumeric());
        begin..line.len() - word.len() + end.unwrap_or(word.len())
    })
}

/// Whether a text says what a key is, and not only that there is one.
pub fn tells_key(text: &str) -> bool {
    let plain = text.to_lowercase().replace(['_', '-'], "");
    let names_key = ["authkey", "secret", "password"]
        .iter()
        .any(|name| plain.contains(name));
    names_key && text.contains(|c: char| c.is_whitespace() || matches!(c, '=' | ':'))
}

/// Whether a word would do for a key.
pub fn has_key(text: &str) -> bool {
    let mut words = text.split(|c: char| !c.is_alphanumeric());
    words.any(|word| auth_key::problems(&Secret::new(word)).is_empty())
}
