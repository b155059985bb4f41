//! The only door to the terminal: results on stdout, talk on stderr.
//!
//! A closed pipe is no error: the rest is dropped, since a write to the service must be finished
//! and read back even when nobody watches any more.

mod forms;
mod printer;
mod progress;
mod results;
mod talk;

pub use forms::Forms;
pub use printer::{Printer, Stream};
pub use progress::Progress;
pub use results::Made;
pub use talk::error_document;

use std::cell::Cell;
use std::io::{BufWriter, IsTerminal, Write};

use crate::error::{Error, Kind, Result};

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
        let query = query
            .map(|text| results::compile(text, format))
            .transpose()?;
        let color = match color {
            ColorWhen::Always => true,
            ColorWhen::Never => false,
            ColorWhen::Auto if around.no_color => false,
            ColorWhen::Auto => around.force_color || std::io::stderr().is_terminal(),
        };
        Ok(Output {
            format,
            query,
            talk,
            width: width(around.columns),
            color,
            live: std::io::stderr().is_terminal(),
            drawn: Cell::default(),
            closed: Cell::default(),
        })
    }

    /// The columns of text for people.
    pub const fn width(&self) -> u16 {
        self.width
    }

    /// Whether colours are used.
    pub const fn color(&self) -> bool {
        self.color
    }

    fn draws(&self) -> bool {
        self.live && self.talk >= Talk::Normal && self.format != Format::Json
    }

    /// Draws a line over the one that was drawn before, cut where the terminal ends.
    fn draw(&self, line: &str) {
        if self.draws() {
            let stderr = std::io::stderr();
            let width = terminal_size::terminal_size_of(&stderr).map_or(80, |(width, _)| width.0);
            let line: String = line.chars().take(usize::from(width.max(1)) - 1).collect();
            let mut stderr = stderr.lock();
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
    /// As [`written`].
    pub fn print(&self, text: &str) -> Result<()> {
        self.write(|stdout| stdout.write_all(text.as_bytes()))
    }

    fn write(&self, what: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<()> {
        self.erase();
        let mut stdout = BufWriter::new(std::io::stdout().lock());
        let result = what(&mut stdout).and_then(|()| stdout.flush());
        self.wrote(result)
    }

    fn wrote(&self, result: std::io::Result<()>) -> Result<()> {
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
}

/// The columns of text for people: those that were asked for, or those of the terminal that stdout is.
pub fn width(asked: Option<u16>) -> u16 {
    let stdout = std::io::stdout();
    let terminal = || terminal_size::terminal_size_of(&stdout).map(|(width, _)| width.0);
    asked.or_else(terminal).unwrap_or(UNBOUND).max(20)
}

/// What became of writing to stdout. A reader that went away has what it wanted.
///
/// # Errors
/// [`Kind::Partial`] when stdout cannot be written, for example because the disk is full: everything was done but
/// this, and nothing was wrong with how it was asked for.
pub fn written(result: std::io::Result<()>) -> Result<()> {
    match result {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Error::new(
            Kind::Partial,
            "standard output cannot be written",
        )
        .cause(error.to_string())
        .hint("make room where it goes, or send it elsewhere")),
        _ => Ok(()),
    }
}
