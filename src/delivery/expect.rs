//! What a run of the receiver is expected to bring: JMESPath expressions on the body of an event.

use serde_json::Value;

use crate::error::Result;
use crate::query;

const EXAMPLE: &str = "\"EventType == 'TranscodeComplete' && Status == 'success'\"";

/// One expression, and whether a body made it true.
#[derive(Debug, Clone)]
pub struct Expectation {
    /// As it was typed.
    pub text: String,
    expression: jmespath::Expression<'static>,
}

impl Expectation {
    /// Reads an expression. A text that is compared may stand in double quotes, too, where JMESPath
    /// itself wants single ones and would silently compare with a member of that name.
    ///
    /// # Errors
    /// As [`query::compile`].
    pub fn parse(text: &str) -> Result<Self> {
        let expression = query::compile("--expect", &with_single_quotes(text), EXAMPLE)?;
        let text = text.to_owned();
        Ok(Expectation { text, expression })
    }

    /// Whether this event is what was expected: whether the expression gives anything but nothing.
    ///
    /// # Errors
    /// Why the expression fails on it, in words.
    pub fn is_met(&self, event: &Value) -> std::result::Result<bool, String> {
        match self.expression.search(event) {
            Ok(found) => Ok(found.is_truthy()),
            Err(error) => Err(format!(
                "--expect {:?} fails on an event, which does not count: {}",
                self.text,
                query::reason(&error)
            )),
        }
    }
}

/// The expression with `"…"` behind `==` or `!=` written as `'…'`; other quotes are left alone.
fn with_single_quotes(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['\'', '"', '`']) {
        let quote = &rest[at..=at];
        written.push_str(&rest[..at]);
        let Some(length) = closing(&rest[at + 1..], quote) else {
            return written + &rest[at..];
        };
        let inner = &rest[at + 1..at + 1 + length];
        let before = written.trim_end();
        let compared = before.ends_with("==") || before.ends_with("!=");
        if quote == "\"" && compared {
            written.push_str(&format!(
                "'{}'",
                inner.replace("\\\"", "\"").replace('\'', "\\'")
            ));
        } else {
            written.push_str(&rest[at..at + length + 2]);
        }
        rest = &rest[at + length + 2..];
    }
    written + rest
}

/// Where the quote that closes a text is.
fn closing(text: &str, quote: &str) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, c)| {
        let ends = !escaped && quote.starts_with(c);
        escaped = c == '\\' && !escaped;
        ends.then_some(at)
    })
}
