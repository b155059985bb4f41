//! The only door to the terminal: results on stdout, talk on stderr.
//!
//! A closed pipe is no error: the rest is dropped, since a write to the service must be finished
//! and read back even when nobody watches any more.

mod printer;
mod progress;

pub use printer::{Printer, Stream};
pub use progress::Progress;

use std::cell::Cell;
use std::io::{BufWriter, IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use serde::Serialize;
use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::query;
use crate::text::{escape_line, shortened};

/// A line in a pipe is not wrapped, so that grep finds names and values together.
const UNBOUND: u16 = 10_000;

/// The form of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Table,
    /// Exactly one JSON document.
    Json,
    /// The same document as YAML.
    Yaml,
    /// The service's answer untouched, but for the callback key.
    Raw,
    /// One JSON document a line, for commands that go on.
    Ndjson,
}

impl Format {
    /// Whether errors and talk are documents, too.
    pub const fn is_json(self) -> bool {
        matches!(self, Format::Json | Format::Ndjson)
    }
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum ColorWhen {
    /// At a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How much is said on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Talk {
    /// Errors only.
    Quiet,
    /// Warnings and notes too.
    #[default]
    Normal,
    /// Also what was decided and why.
    Verbose,
    /// Also each call.
    Debug,
}

/// Where results and talk go, and in which form.
#[derive(Debug)]
pub struct Output {
    /// The form of results.
    pub format: Format,
    query: Option<jmespath::Expression<'static>>,
    talk: Talk,
    width: u16,
    color: bool,
    /// Stderr is a terminal, where a line can be drawn over.
    live: bool,
    /// A line of progress stands on the terminal.
    drawn: Cell<bool>,
    /// Nobody reads stdout any more.
    closed: Cell<bool>,
}

/// What decides about colours and width beside the flags.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// `NO_COLOR` is set and not empty.
    pub no_color: bool,
    /// `CLICOLOR_FORCE` is set and not `0`.
    pub force_color: bool,
    /// `COLUMNS`, where it is a number.
    pub columns: Option<u16>,
}

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
    /// Prepares the door.
    ///
    /// # Errors
    /// A usage error for a `--query` that is no JMESPath or goes with a form that is no document.
    pub fn new(
        format: Format,
        query: Option<&str>,
        color: ColorWhen,
        talk: Talk,
        around: &Surroundings,
    ) -> Result<Self> {
        let query = query.map(|text| compile(text, format)).transpose()?;
        let color = match color {
            ColorWhen::Always => true,
            ColorWhen::Never => false,
            ColorWhen::Auto if around.no_color => false,
            ColorWhen::Auto => around.force_color || std::io::stderr().is_terminal(),
        };
        let stdout = std::io::stdout();
        let terminal = terminal_size::terminal_size_of(&stdout).map(|(width, _)| width.0);
        Ok(Output {
            format,
            query,
            talk,
            width: around.columns.or(terminal).unwrap_or(UNBOUND).max(20),
            color,
            live: std::io::stderr().is_terminal(),
            drawn: Cell::default(),
            closed: Cell::default(),
        })
    }

    /// Whether colours are used.
    pub const fn color(&self) -> bool {
        self.color
    }

    /// Shows a result: the document in json and yaml, otherwise the text made for this width.
    ///
    /// # Errors
    /// A usage error when the query fails or stdout cannot be written.
    pub fn show(&self, document: &impl Serialize, text: impl FnOnce(u16) -> String) -> Result<()> {
        match self.format {
            Format::Table => self.print(&text(self.width)),
            Format::Raw => Err(Error::usage(
                "this command has no answer of the service to show raw",
            )
            .hint("use -o table, json or yaml")),
            Format::Ndjson => Err(Error::usage(
                "this command shows one document and no stream of them",
            )
            .hint("use -o json, whose document fits on a line with: jq -c")),
            Format::Json if self.query.is_some() => self.print_json(&self.queried(document)?),
            Format::Json => self.print_json(document),
            // One text needs no quotes, so that a script can use it.
            Format::Yaml if self.query.is_some() => match self.queried(document)? {
                Value::String(text) => self.print(&format!("{text}\n")),
                value => self.print_yaml(&value),
            },
            Format::Yaml => self.print_yaml(document),
        }
    }

    /// Shows one piece of a stream: the document on a line of its own, or the text.
    ///
    /// # Errors
    /// A usage error when the query fails or stdout cannot be written.
    pub fn line(&self, document: &impl Serialize, text: impl FnOnce(u16) -> String) -> Result<()> {
        self.print(&self.piece(document, text)?)
    }

    /// What [`line`](Output::line) would show, for pieces that are printed together.
    ///
    /// # Errors
    /// A usage error when the query fails.
    pub fn piece(
        &self,
        document: &impl Serialize,
        text: impl FnOnce(u16) -> String,
    ) -> Result<String> {
        if self.format != Format::Ndjson {
            return Ok(text(self.width));
        }
        Ok(format!("{}\n", self.queried(document)?))
    }

    /// Makes sure that a stream can be shown in the form that was asked for.
    ///
    /// # Errors
    /// A usage error for a form that is one document.
    pub fn check_stream(&self) -> Result<()> {
        match self.format {
            Format::Table | Format::Ndjson => Ok(()),
            Format::Json | Format::Yaml | Format::Raw => Err(Error::usage(
                "this command shows a stream, which is no single document",
            )
            .hint("use -o ndjson, one JSON document a line")),
        }
    }

    /// Makes sure that one document can be shown in the form that was asked for.
    ///
    /// # Errors
    /// A usage error for a form that is none, or no document of ours.
    pub fn check_document(&self) -> Result<()> {
        match self.format {
            Format::Table | Format::Json | Format::Yaml => Ok(()),
            Format::Raw | Format::Ndjson => self.show(&(), |_| String::new()),
        }
    }

    /// Written piece by piece, since a document of many targets is large.
    fn print_json(&self, document: &impl Serialize) -> Result<()> {
        self.write(|stdout| {
            serde_json::to_writer_pretty(&mut *stdout, document)?;
            stdout.write_all(b"\n")
        })
    }

    fn print_yaml(&self, document: &impl Serialize) -> Result<()> {
        let unshown = |error: String| Error::usage("the result cannot be shown").cause(error);
        let text = serde_saphyr::to_string(document).map_err(|error| unshown(error.to_string()))?;
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

    fn queried(&self, document: &impl Serialize) -> Result<Value> {
        let broken = |error: String| Error::usage("--query failed").cause(error);
        let value = serde_json::to_value(document).map_err(|error| broken(error.to_string()))?;
        let Some(query) = &self.query else {
            return Ok(value);
        };
        let found = query
            .search(&value)
            .map_err(|error| broken(error.to_string()))?;
        serde_json::to_value(&*found).map_err(|error| broken(error.to_string()))
    }

    /// Tells how far work has come that takes long, at a terminal only and not in json.
    pub fn progress(&self, what: &'static str) -> Progress<'_> {
        Progress::new(self, what)
    }

    fn draw(&self, line: &str) {
        if self.live && self.talk >= Talk::Normal && self.format != Format::Json {
            let mut stderr = std::io::stderr().lock();
            let _ = write!(stderr, "\r\x1b[K{line}").and_then(|()| stderr.flush());
            self.drawn.set(true);
        }
    }

    fn erase(&self) {
        if self.drawn.replace(false) {
            let mut stderr = std::io::stderr().lock();
            let _ = write!(stderr, "\r\x1b[K").and_then(|()| stderr.flush());
        }
    }

    /// Writes text to stdout as it is.
    ///
    /// # Errors
    /// A usage error when stdout cannot be written, for example because the disk is full.
    pub fn print(&self, text: &str) -> Result<()> {
        self.write(|stdout| stdout.write_all(text.as_bytes()))
    }

    fn write(&self, what: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<()> {
        self.erase();
        let mut stdout = BufWriter::new(std::io::stdout().lock());
        let result = what(&mut stdout).and_then(|()| stdout.flush());
        let is_gone = |error: &std::io::Error| error.kind() == std::io::ErrorKind::BrokenPipe;
        if result.as_ref().is_err_and(is_gone) {
            self.closed.set(true);
        }
        written(result)
    }

    /// Whether nobody reads standard output any more.
    pub fn is_closed(&self) -> bool {
        self.closed.get()
    }

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
        if self.talk >= Talk::Normal && !self.format.is_json() {
            self.labelled("hint", text, AnsiColor::Cyan);
        }
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

/// What became of writing to stdout. A reader that went away has what it wanted.
///
/// # Errors
/// A usage error when stdout cannot be written, for example because the disk is full.
pub fn written(result: std::io::Result<()>) -> Result<()> {
    match result {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::usage("standard output cannot be written").cause(error.to_string()))
        }
        _ => Ok(()),
    }
}

fn compile(text: &str, format: Format) -> Result<jmespath::Expression<'static>> {
    if !matches!(format, Format::Json | Format::Yaml | Format::Ndjson) {
        return Err(Error::usage("--query works on documents")
            .hint("add -o json or -o yaml; to a stream, -o ndjson"));
    }
    query::compile("--query", text, "events[0]")
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
