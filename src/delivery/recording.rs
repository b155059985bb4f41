//! Reads what was recorded, a line at a time, so that memory does not grow with the file.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::IgnoredAny;
use tokio::sync::mpsc::{Receiver, channel};

use super::record::{self, Recorded};
use crate::error::{Error, Result};
use crate::order;

/// The longest line, or dump of a request: far more than any delivery.
const LONGEST: u64 = 32 * 1024 * 1024;
/// What a recording is, for those who gave something else.
pub const HINT: &str = "give an HTTP request as text, or the lines that vodcb listen --save writes";
/// The `kind` of an envelope.
const DELIVERY: &str = "delivery";
/// Read ahead while a delivery is under way.
const AHEAD: usize = 4;
/// Read from a file at once.
const BUFFER: usize = 64 * 1024;

/// Something that was found in a recording.
#[derive(Debug)]
pub struct Piece {
    /// The file, as it was named.
    pub file: String,
    /// The line, for files that have one a delivery.
    pub line: Option<u64>,
    /// What it is.
    pub found: Found,
}

/// What was found.
#[derive(Debug)]
pub enum Found {
    /// A delivery.
    Delivery(Box<Recorded>),
    /// A last line without its end.
    Torn,
    /// No delivery, and why.
    Damaged(String),
}

impl Piece {
    /// For example `events.ndjson:12`.
    pub fn place(&self) -> String {
        match self.line {
            Some(line) => format!("{}:{line}", self.file),
            None => self.file.clone(),
        }
    }
}

/// A line of a recording, or a whole dump, that nobody has looked into yet.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// The file, as it was named.
    pub file: &'a str,
    /// The line, for files that have one a delivery.
    pub line: Option<u64>,
    /// The bytes, without blanks around them and never empty in a file of lines.
    pub bytes: &'a [u8],
    end: End,
}

/// How an entry ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// As it should.
    Whole,
    /// The file ends within the line.
    Missing,
    /// After more bytes than any delivery has.
    TooLong,
}

impl Entry<'_> {
    /// Among lines there are no requests as text, which take several.
    fn read(&self) -> Result<Recorded> {
        match self.line {
            Some(_) => record::envelope(self.bytes),
            None => record::read(self.bytes),
        }
    }

    /// What it is; `None` for the lines that a stream of `listen` and `queue tail` has beside deliveries.
    pub fn piece(&self) -> Option<Piece> {
        let found = match self.end {
            End::TooLong => Found::Damaged("it is longer than any delivery".to_owned()),
            _ if self.line.is_some() && is_other_line(self.bytes) => return None,
            end => match self.read() {
                Ok(recorded) => Found::Delivery(Box::new(recorded)),
                Err(_) if end == End::Missing => Found::Torn,
                Err(error) => Found::Damaged(error.message),
            },
        };
        Some(Piece {
            file: self.file.to_owned(),
            line: self.line,
            found,
        })
    }
}

/// Reads on a thread of its own, so that Ctrl-C is heard while standard input has nothing to say.
pub fn open(from: &Path) -> Receiver<Result<Piece>> {
    let from = from.to_owned();
    let (sender, receiver) = channel(AHEAD);
    tokio::task::spawn_blocking(move || {
        let read = each(&from, |entry| {
            let sent = entry
                .piece()
                .map_or(Ok(()), |piece| sender.blocking_send(Ok(piece)));
            match sent {
                Ok(()) => ControlFlow::Continue(()),
                // Nobody listens any more.
                Err(_) => ControlFlow::Break(()),
            }
        });
        if let Err(error) = read {
            let _ = sender.blocking_send(Err(error));
        }
    });
    receiver
}

/// Hands out the entries of a file, of the files of a folder, or of standard input for `-`, until told
/// to stop.
///
/// # Errors
/// A usage error for what cannot be read.
pub fn each(from: &Path, mut take: impl FnMut(Entry<'_>) -> ControlFlow<()>) -> Result<()> {
    for file in files(from)? {
        let read = read(&file, &mut take).map_err(|error| unreadable(&file, &error))?;
        if read.is_break() {
            break;
        }
    }
    Ok(())
}

/// The file itself, or the files of a folder by name; hidden ones are left alone.
fn files(from: &Path) -> Result<Vec<PathBuf>> {
    if from.as_os_str() == "-" || !from.is_dir() {
        return Ok(vec![from.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(from).map_err(|error| unreadable(from, &error))? {
        let path = entry.map_err(|error| unreadable(from, &error))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_file() && !name.starts_with('.') {
            files.push(path);
        }
    }
    let files = order::by(files, Ord::cmp);
    if files.is_empty() {
        return Err(
            Error::usage(format!("there is no file in {}", from.display()))
                .hint("name a folder with one recorded request a file, or a file of lines"),
        );
    }
    Ok(files)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    Error::usage(format!("{} cannot be read", path.display()))
        .cause(error.to_string())
        .hint("give a file or folder of recorded deliveries, or - for standard input")
}

fn read(
    path: &Path,
    take: &mut impl FnMut(Entry<'_>) -> ControlFlow<()>,
) -> std::io::Result<ControlFlow<()>> {
    if path.as_os_str() == "-" {
        return read_from(std::io::stdin().lock(), "standard input", take);
    }
    let input = BufReader::with_capacity(BUFFER, File::open(path)?);
    read_from(input, &path.display().to_string(), take)
}

/// Hands out the entries of one file, until told to stop.
///
/// # Errors
/// What reading fails with.
pub fn read_from(
    mut input: impl BufRead,
    file: &str,
    take: &mut impl FnMut(Entry<'_>) -> ControlFlow<()>,
) -> std::io::Result<ControlFlow<()>> {
    // Blank lines are counted and not kept, since a stream may have nothing else.
    let (mut begin, mut blank) = (Vec::new(), 0);
    while input.by_ref().take(LONGEST).read_until(b'\n', &mut begin)? > 0
        && begin.trim_ascii().is_empty()
    {
        blank += u64::from(begin.ends_with(b"\n"));
        begin.clear();
    }
    let has_lines = has_lines(&mut begin, &mut input)?;
    let begin = begin.as_slice();
    let input = begin.chain(input);
    if has_lines {
        return read_lines(input, file, blank + 1, take);
    }
    let mut bytes = Vec::new();
    input.take(LONGEST + 1).read_to_end(&mut bytes)?;
    let end = match bytes.len() as u64 {
        ..=LONGEST => End::Whole,
        _ => End::TooLong,
    };
    Ok(take(Entry {
        file,
        line: None,
        bytes: &bytes,
        end,
    }))
}

/// Whether a file with this first line has a delivery a line. A brace alone is one that somebody made readable.
/// The body of an event is no delivery, also where it is made readable, which is found out by reading on.
fn has_lines(begin: &mut Vec<u8>, input: &mut impl BufRead) -> std::io::Result<bool> {
    let line = begin.trim_ascii();
    if !line.starts_with(b"{") || line == b"{" {
        return Ok(line.is_empty());
    }
    if is_body(line) || serde_json::from_slice::<IgnoredAny>(line).is_err() {
        input.take(BUFFER as u64).read_to_end(begin)?;
    }
    Ok(!is_body(begin))
}

/// Whether these bytes are the body of an event, and nothing else.
fn is_body(bytes: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Body {
        #[serde(rename = "EventType")]
        _event_type: String,
    }
    serde_json::from_slice::<Body>(bytes).is_ok()
}

fn read_lines(
    mut input: impl BufRead,
    file: &str,
    first: u64,
    take: &mut impl FnMut(Entry<'_>) -> ControlFlow<()>,
) -> std::io::Result<ControlFlow<()>> {
    let mut bytes = Vec::new();
    for line in first.. {
        bytes.clear();
        let count = input.by_ref().take(LONGEST).read_until(b'\n', &mut bytes)?;
        if count == 0 {
            break;
        }
        let end = match bytes.last() {
            Some(b'\n') => End::Whole,
            _ if count as u64 == LONGEST => End::TooLong,
            _ => End::Missing,
        };
        let text = bytes.trim_ascii();
        let entry = Entry {
            file,
            line: Some(line),
            bytes: text,
            end,
        };
        if !text.is_empty() && take(entry).is_break() {
            return Ok(ControlFlow::Break(()));
        }
        if end == End::TooLong {
            input.skip_until(b'\n')?;
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// The stream of `listen` and `queue tail` has lines beside deliveries.
fn is_other_line(text: &[u8]) -> bool {
    kind(text).is_some_and(|kind| kind != DELIVERY)
}

/// Whether a line is an envelope, as far as it says so itself.
pub fn is_delivery(text: &[u8]) -> bool {
    kind(text).is_some_and(|kind| kind == DELIVERY)
}

fn kind(text: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Kind {
        kind: String,
    }
    let line = serde_json::from_slice::<Kind>(text);
    line.ok().map(|line| line.kind)
}
