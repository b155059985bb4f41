//! Talk: what is said on stderr beside the result, as lines or as documents.

use std::io::Write;

use anstyle::{AnsiColor, Style};
use serde_json::{Value, json};

use super::{Output, Talk};
use crate::error::Error;
use crate::text::{escape_line, shortened};

impl Output {
    /// Says something that is neither result nor warning; silent in json, where the document says it.
    pub fn note(&self, text: &str) {
        if self.talk >= Talk::Normal && !self.format.is_json() {
            self.say(text.trim_end());
        }
    }

    /// Says what was decided and why, with `-v`.
    pub fn detail(&self, text: &str) {
        if self.talk >= Talk::Verbose {
            self.labelled("detail", text, AnsiColor::BrightBlack);
        }
    }

    /// Tells of a call, with `--debug`.
    pub fn debug(&self, text: &str) {
        if self.talk >= Talk::Debug {
            self.labelled("debug", text, AnsiColor::BrightBlack);
        }
    }

    /// Says what the user should know although it works.
    pub fn warn(&self, text: &str) {
        if self.talk >= Talk::Normal {
            self.say(&self.warning(text));
        }
    }

    /// What [`warn`](Output::warn) would say, with its end, for a thread that prints; nothing where it
    /// would be silent.
    pub fn warning_line(&self, text: &str) -> String {
        if self.talk < Talk::Normal {
            return String::new();
        }
        self.warning(text) + "\n"
    }

    fn warning(&self, text: &str) -> String {
        self.label("warning", text, AnsiColor::Yellow)
    }

    /// Says what to do next.
    pub fn hint(&self, text: &str) {
        if self.hints() {
            self.labelled("hint", text, AnsiColor::Cyan);
        }
    }

    /// Whether a hint would be said, for those that cost something to find.
    pub fn hints(&self) -> bool {
        self.talk >= Talk::Normal && !self.format.is_json()
    }

    /// Tells an error with its causes and remedies; one object in json.
    pub fn error(&self, error: &Error) {
        if self.format.is_json() {
            self.say(&error_document(error).to_string());
            return;
        }
        self.labelled("error", &error.message, AnsiColor::Red);
        for cause in &error.causes {
            self.say(&format!("  {}", escape_line(&shortened(cause))));
        }
        for hint in &error.hints {
            self.labelled("hint", hint, AnsiColor::Cyan);
        }
    }

    fn labelled(&self, label: &str, text: &str, color: AnsiColor) {
        self.say(&self.label(label, text, color));
    }

    fn label(&self, label: &str, text: &str, color: AnsiColor) -> String {
        if self.format.is_json() {
            return json!({"schema_version": 1, "kind": label, "message": shortened(text)})
                .to_string();
        }
        let style = Style::new().bold().fg_color(Some(color.into()));
        let label = if self.color {
            format!("{style}{label}:{style:#}")
        } else {
            format!("{label}:")
        };
        format!("{label} {}", escape_line(&shortened(text)))
    }

    /// Nothing can be said about a stderr that cannot be written.
    fn say(&self, text: &str) {
        self.erase();
        let mut stderr = std::io::stderr().lock();
        let _ = writeln!(stderr, "{text}").and_then(|()| stderr.flush());
    }
}

/// The error as a program reads it.
pub fn error_document(error: &Error) -> Value {
    let all = |texts: &[String]| -> Vec<String> {
        let texts = texts.iter();
        texts.map(|text| shortened(text).into_owned()).collect()
    };
    json!({
        "schema_version": 1,
        "kind": "error",
        "code": error.code(),
        "exit_code": error.kind.code(),
        "message": shortened(&error.message),
        "causes": all(&error.causes),
        "hint": error.hints.first().map(|hint| shortened(hint)),
        "hints": all(&error.hints),
        "request_id": error.details.request_id,
        "retryable": error.details.retryable,
        "applied": error.details.applied.as_str(),
    })
}
