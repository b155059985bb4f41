//! Which events a callback sends.

use std::collections::BTreeSet;

use super::{Layers, Reader, first};
use crate::error::Result;
use crate::event::{EventSelection, EventType};
use crate::manifest::fields::{switch, texts};
use crate::manifest::problem::Problem;
use crate::manifest::tree::{Pair, Span, Value};

impl Reader<'_> {
    pub(super) fn events(&mut self, span: &Span, layers: Layers<'_>) -> Option<EventSelection> {
        let Some(pair) = layers.get("events") else {
            let problem = Problem::at(
                &first(span),
                "a callback does not say which events it sends",
            );
            self.problems.push(problem.hint("name them here or in defaults: events = [\"FileUploadComplete\"], \"ALL\" or \"none\""));
            return None;
        };
        let unknown = match layers.get("allow_unknown_events") {
            Some(pair) => switch(pair, &mut self.problems)?,
            None => false,
        };
        self.selection(pair, unknown)
    }

    /// What this names, of which a new name passes where `unknown` ones do.
    pub(super) fn selection(&mut self, pair: &Pair, unknown: bool) -> Option<EventSelection> {
        let names = match &pair.node.value {
            Value::List(_) => texts(pair, &mut self.problems)?,
            Value::Text(word) if EventSelection::of_word(word).is_some() => {
                return EventSelection::of_word(word);
            }
            other => {
                self.problems.push(no_selection(&pair.node.span, other));
                return None;
            }
        };
        // An empty list is what is left when a template finds nothing, and silence has to be meant.
        if names.is_empty() {
            let problem = Problem::at(&pair.node.span, "events is an empty list");
            self.problems
                .push(problem.hint("to switch every notification off say: events = \"none\""));
            return None;
        }
        if let [(one, _)] = names[..]
            && let Some(selection) = EventSelection::of_word(one)
        {
            return Some(selection);
        }
        let mut events = BTreeSet::new();
        let count = names.len();
        let before = self.problems.len();
        for (name, at) in names {
            if count > 1 && EventSelection::of_word(name).is_some() {
                let problem = Problem::at(at, format!("{name} stands among other events"));
                self.problems
                    .push(problem.hint(format!("{name} stands alone: events = \"{name}\"")));
            } else {
                events.extend(self.of(at, event(name, unknown)));
            }
        }
        (self.problems.len() == before).then(|| EventSelection::only(events))
    }
}

/// What is neither a list nor one of the two words.
fn no_selection(span: &Span, value: &Value) -> Problem {
    let given = match value {
        Value::Text(word) => format!("{word:?}"),
        other => other.kind().to_owned(),
    };
    let message = format!("events is {given}, and has to be a list, \"ALL\" or \"none\"");
    let problem = match value {
        Value::Text(_) => Problem::quoting(span, message),
        _ => Problem::at(span, message),
    };
    problem.hint("a list is written as events = [\"FileUploadComplete\", \"TranscodeComplete\"]")
}

/// With `allow_unknown` also a name that stands on a stored list although it cannot be subscribed.
fn event(name: &str, allow_unknown: bool) -> Result<EventType> {
    EventType::parse(name, false).or_else(|mut error| {
        let well_formed = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric());
        if allow_unknown && well_formed {
            return Ok(EventType::from_service(name));
        }
        if well_formed && error.hints.len() > 1 {
            error.hints.truncate(1);
            error.hints.push("vodcb events list shows all of them; allow_unknown_events = true lets a new name pass".to_owned());
        }
        Err(error)
    })
}
