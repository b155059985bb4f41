//! Which forms the result of a command has.
//!
//! A form that a flag asks for and a command does not have is refused before anything is done. A usual one, of
//! the environment or the project, is a wish for all commands, and gives way where it does not fit.

use super::Format;
use crate::error::{Error, Result};

/// The forms that a result has beside a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forms {
    /// One document.
    Document,
    /// One document, and an answer of the service.
    Answer,
    /// Documents, one a line.
    Stream,
    /// One document or several, which shows only when the input is read.
    DocumentOrStream,
    /// A conversation at a terminal, whose end has every form but JSON.
    Talk,
    /// The command itself says what becomes of a form.
    Own,
}

impl Forms {
    /// Makes sure that a form that was asked for is one of these.
    ///
    /// # Errors
    /// A usage error with those that there are.
    pub fn check(self, format: Format) -> Result<()> {
        let error = match (self, format) {
            _ if self.has(format) => return Ok(()),
            (Forms::Talk, _) => Error::usage("the wizard talks to people, so it has no JSON").hint(
                "vodcb set --http-url URL --events A,B -o json does the same without questions",
            ),
            (Forms::Stream, _) => {
                Error::usage("this command shows a stream, which is no single document")
                    .hint("use -o ndjson, one JSON document a line")
            }
            (_, Format::Ndjson) => {
                Error::usage("this command shows one document and no stream of them")
                    .hint("use -o json, whose document fits on a line with: jq -c")
            }
            _ => Error::usage("there is no single answer of the service to show raw")
                .hint("use -o table, json or yaml"),
        };
        Err(error)
    }

    /// The usual form, or the one nearest to it.
    pub fn fit(self, usual: Format) -> Format {
        match self {
            _ if self.has(usual) => usual,
            Forms::Stream if usual.is_json() => Format::Ndjson,
            Forms::Document | Forms::Answer if usual.is_json() => Format::Json,
            _ => Format::Table,
        }
    }

    fn has(self, format: Format) -> bool {
        match format {
            Format::Table => true,
            Format::Json => !matches!(self, Forms::Stream | Forms::Talk),
            Format::Yaml => self != Forms::Stream,
            Format::Raw => matches!(self, Forms::Answer | Forms::Talk | Forms::Own),
            Format::Ndjson => matches!(self, Forms::Stream | Forms::DocumentOrStream | Forms::Own),
        }
    }
}
