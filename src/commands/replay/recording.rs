//! Reads what was recorded, a line at a time, so that memory does not grow with the file.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::delivery::record::{self, Recorded};
use crate::error::{Error, Result};

/// The longest line, or dump of a request: far more than any delivery.
const LONGEST: u64 = 32 * 1024 * 1024;
/// Read ahead while a delivery is under way.
const AHEAD: usize = 4;

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

/// Reads on a thread of its own, so that Ctrl-C is heard while standard input has nothing to say.
///
/// # Errors
/// A usage error when there is nothing to read.
pub fn open(from: &Path) -> Result<Receiver<Result<Piece>>> {
    let files = files(from)?;
    let (sender, receiver) = channel(AHEAD);
    tokio::task::spawn_blocking(move || {
        for file in files {
            // Nobody listens any more when the receiver is gone.
            if let Err(error) = read(&file, &sender)
                && sender.blocking_send(Err(error)).is_err()
            {
                return;
            }
        }
    });
    Ok(receiver)
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
    files.sort();
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

fn read(path: &Path, sender: &Sender<Result<Piece>>) -> Result<()> {
    let unreadable = |error: std::io::Error| unreadable(path, &error);
    let mut input: Box<dyn BufRead> = if path.as_os_str() == "-" {
        Box::new(BufReader::new(std::io::stdin()))
    } else {
        Box::new(BufReader::new(File::open(path).map_err(unreadable)?))
    };
    let file = if path.as_os_str() == "-" {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    };
    let first = input.fill_buf().map_err(unreadable)?;
    let lines = first
        .trim_ascii_start()
        .first()
        .is_none_or(|byte| *byte == b'{');
    if lines {
        return read_lines(input, &file, sender).map_err(unreadable);
    }
    let mut bytes = Vec::new();
    input
        .take(LONGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    let found = match bytes.len() as u64 {
        ..=LONGEST => found(&bytes),
        _ => Found::Damaged("it is larger than any delivery".to_owned()),
    };
    let line = None;
    let _ = sender.blocking_send(Ok(Piece { file, line, found }));
    Ok(())
}

fn read_lines(
    mut input: impl BufRead,
    file: &str,
    sender: &Sender<Result<Piece>>,
) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    for line in 1.. {
        bytes.clear();
        let count = input.by_ref().take(LONGEST).read_until(b'\n', &mut bytes)?;
        if count == 0 {
            break;
        }
        let whole = bytes.ends_with(b"\n");
        let too_long = !whole && count as u64 == LONGEST;
        let text = bytes.trim_ascii();
        if text.is_empty() || !too_long && is_other_line(text) {
            continue;
        }
        let found = match found(text) {
            _ if too_long => Found::Damaged("the line is longer than any delivery".to_owned()),
            Found::Damaged(_) if !whole => Found::Torn,
            found => found,
        };
        let piece = Piece {
            file: file.to_owned(),
            line: Some(line),
            found,
        };
        if sender.blocking_send(Ok(piece)).is_err() {
            break;
        }
        if too_long {
            input.skip_until(b'\n')?;
        }
    }
    Ok(())
}

/// The stream of `listen` and `queue tail` has lines beside deliveries.
fn is_other_line(text: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Kind {
        kind: String,
    }
    serde_json::from_slice::<Kind>(text).is_ok_and(|line| line.kind != "delivery")
}

fn found(bytes: &[u8]) -> Found {
    match record::read(bytes) {
        Ok(recorded) => Found::Delivery(Box::new(recorded)),
        Err(error) => Found::Damaged(error.message),
    }
}
