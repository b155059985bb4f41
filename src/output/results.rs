//! Results: one document, or a stream of them, in the form that was asked for.

use serde::Serialize;
use serde_json::Value;

use super::{Format, Forms, Output};
use crate::error::{Error, Result};
use crate::query;

/// A document that is made only where it is shown.
pub struct Made<F>(pub F);

impl<D: Serialize, F: Fn() -> D> Serialize for Made<F> {
    fn serialize<S: serde::Serializer>(
        &self,
        serializer: S,
    ) -> std::result::Result<S::Ok, S::Error> {
        (self.0)().serialize(serializer)
    }
}

impl Output {
    /// Shows a result: the document in json and yaml, otherwise the text made for this width.
    ///
    /// # Errors
    /// A usage error when the query fails; as [`written`](super::written) when stdout cannot be written.
    pub fn show(&self, document: &impl Serialize, text: impl FnOnce(u16) -> String) -> Result<()> {
        match self.format {
            Format::Table => self.print(&text(self.width)),
            Format::Raw | Format::Ndjson => Forms::Document.check(self.format),
            Format::Json if self.query.is_some() => self.print_json(&self.queried(document)?),
            Format::Json => self.print_json(document),
            // One text needs no quotes, so that a script can use it.
            Format::Yaml => match self.queried(document)? {
                Value::String(text) if self.query.is_some() => self.print(&format!("{text}\n")),
                value => self.print_yaml(&value),
            },
        }
    }

    /// One piece of a stream, to be printed: the document on a line of its own, or the text.
    ///
    /// # Errors
    /// A usage error when the query fails.
    pub fn piece(
        &self,
        document: &impl Serialize,
        text: impl FnOnce(u16) -> String,
    ) -> Result<String> {
        if !self.format.is_json() {
            return Ok(text(self.width));
        }
        Ok(format!("{}\n", self.queried(document)?))
    }

    /// Written piece by piece, since a document of many targets is large.
    fn print_json(&self, document: &impl Serialize) -> Result<()> {
        self.write(|stdout| {
            serde_json::to_writer_pretty(&mut *stdout, document)?;
            stdout.write_all(b"\n")
        })
    }

    fn print_yaml(&self, value: &Value) -> Result<()> {
        let unshown = |error: String| Error::usage("the result cannot be shown").cause(error);
        let text = serde_saphyr::to_string(value).map_err(|error| unshown(error.to_string()))?;
        self.print(&format!("{}\n", text.trim_end()))
    }

    /// Makes sure that the query works on a document before anything is done for it.
    ///
    /// # Errors
    /// A usage error when it does not.
    pub fn check(&self, document: &impl Serialize) -> Result<()> {
        match self.query {
            Some(_) => self.queried(document).map(|_| ()),
            None => Ok(()),
        }
    }

    /// What the query makes of a document, or all of it. Only the first step is made anew for each kind of
    /// document.
    fn queried(&self, document: &impl Serialize) -> Result<Value> {
        self.found(serde_json::to_value(document))
    }

    fn found(&self, document: serde_json::Result<Value>) -> Result<Value> {
        let broken = |error: String| {
            Error::usage("--query failed")
                .cause(error)
                .hint("without --query the whole document is shown; vodcb help output has examples")
        };
        let value = document.map_err(|error| broken(error.to_string()))?;
        let Some(query) = &self.query else {
            return Ok(value);
        };
        let found = query
            .search(&value)
            .map_err(|error| broken(query::reason(&error)))?;
        serde_json::to_value(&*found).map_err(|error| broken(error.to_string()))
    }
}

pub(super) fn compile(text: &str, format: Format) -> Result<jmespath::Expression<'static>> {
    if !matches!(format, Format::Json | Format::Yaml | Format::Ndjson) {
        return Err(Error::usage("--query works on documents")
            .hint("add -o json or -o yaml; to a stream, -o ndjson"));
    }
    query::compile("--query", text, "events[0]")
}
