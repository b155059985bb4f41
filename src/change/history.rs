//! What every target was before it was changed: the file that remembers it.
//!
//! A line is appended before a write and one after it, see [`lines`], to a file that
//! only its owner can read, since it holds callback keys: without them a change could not be taken
//! back. Writers of several processes take turns by a lock beside the file, and each line is on the
//! disk before its writer goes on.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::diff::Difference;
use super::lines::{self, Contents};
use super::record::{Ended, Ending, Record};
use super::turn::{locked, private_file, private_folder};
use crate::callback::Callback;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::settings::variable;
use crate::target::Target;

/// When the file is larger than this, its older half is dropped: some ten thousand writes are kept.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// As much is read for the newest writes alone: some dozens of them.
const RECENT_BYTES: u64 = 64 * 1024;

/// How many lines a warning names.
const NAMED_LINES: usize = 5;

/// What is recorded of a write before it happens.
#[derive(Debug)]
pub struct Entry<'a> {
    /// The command, for example `set`.
    pub command: &'a str,
    /// The service, as `Vod::place` tells it.
    pub endpoint: String,
    /// Whose callback it is, where that is known without a call.
    pub account_id: Option<String>,
    /// Who writes, shortened.
    pub access_key_id: Option<String>,
    /// The target.
    pub target: &'a Target,
    /// The state before; `None` when nothing was configured.
    pub before: Option<&'a Callback>,
    /// The wanted state; `None` for a deletion.
    pub after: Option<&'a Callback>,
}

/// A recorded write that waits for its end.
#[derive(Debug)]
#[must_use = "a record without its end looks like an interrupted write"]
pub struct Pending {
    kept: Option<(PathBuf, u64)>,
}

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Everything.
    Full,
    /// Everything but callback keys.
    NoSecrets,
    /// Nothing.
    Off,
}

impl Mode {
    /// The value of `VODCB_HISTORY`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Mode::Full => "on",
            Mode::NoSecrets => "no-secrets",
            Mode::Off => "off",
        }
    }
}

/// How much is kept, by `VODCB_HISTORY`.
///
/// # Errors
/// A usage error for a value that is none.
pub fn mode(ctx: &Context) -> Result<Mode> {
    let Some((name, word)) = variable(&ctx.env, &["VODCB_HISTORY"]) else {
        return Ok(Mode::Full);
    };
    let modes = [Mode::Full, Mode::NoSecrets, Mode::Off];
    let mode = modes.into_iter().find(|mode| mode.as_str() == word);
    mode.ok_or_else(|| {
        Error::usage(format!("{name} takes on, off or no-secrets, not {word:?}"))
            .hint("on keeps what was there before each change, with its key")
    })
}

/// Where the history is.
///
/// # Errors
/// A usage error without a home folder.
pub fn path(ctx: &Context) -> Result<PathBuf> {
    Ok(file(&ctx.state_folder()?))
}

/// The file in this folder.
pub fn file(folder: &Path) -> PathBuf {
    folder.join("history.ndjson")
}

/// The recorded writes, oldest first; none where there is no file. Lines that cannot be used are
/// warned about and left out.
///
/// # Errors
/// A usage error when the file cannot be read.
pub fn read(ctx: &Context) -> Result<Vec<Record>> {
    let path = path(ctx)?;
    let bytes = bytes_of(&path).map_err(|error| {
        Error::usage(format!("{} cannot be read", path.display())).cause(error.to_string())
    })?;
    let Contents {
        records,
        damaged,
        newer,
    } = lines::read(&bytes);
    for (lines, why) in [
        (damaged, "cannot be understood"),
        (newer, "was written by a newer vodcb"),
    ] {
        if !lines.is_empty() {
            let lines = named(&lines);
            ctx.out.warn(&format!(
                "{}: what {why} is left out: {lines}",
                path.display()
            ));
        }
    }
    Ok(records)
}

/// The newest of the writes in this file, oldest first, from a bounded part of it, so that a reader pays little for a
/// long history. What cannot be read or understood is left out without a word.
pub fn newest(path: &Path) -> Vec<Record> {
    let read = || {
        let mut file = File::open(path).ok()?;
        let size = file.metadata().ok()?.len();
        let start = size.saturating_sub(RECENT_BYTES);
        file.seek(SeekFrom::Start(start)).ok()?;
        let mut bytes = Vec::new();
        file.take(RECENT_BYTES).read_to_end(&mut bytes).ok()?;
        let whole = match start {
            0 => 0,
            _ => bytes.iter().position(|byte| *byte == b'\n')? + 1,
        };
        Some(lines::read(&bytes[whole..]).records)
    };
    read().unwrap_or_default()
}

/// `line 3, line 8 and 4 more`.
fn named(lines: &[usize]) -> String {
    let first = lines.iter().take(NAMED_LINES);
    let first: Vec<String> = first.map(|line| format!("line {line}")).collect();
    match lines.len().saturating_sub(NAMED_LINES) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

/// Records what is about to be written. Without a record there is no write.
///
/// # Errors
/// A usage error when the file cannot be written.
pub async fn record(ctx: &Context, entry: &Entry<'_>) -> Result<Pending> {
    let mode = mode(ctx)?;
    if mode == Mode::Off {
        return Ok(Pending { kept: None });
    }
    let path = path(ctx).map_err(without)?;
    let difference = Difference::between(entry.before, entry.after);
    let changed = difference.fields.iter().map(|field| field.field.to_owned());
    let mut record = Record {
        number: 0,
        at: (ctx.now)(),
        command: entry.command.to_owned(),
        endpoint: entry.endpoint.clone(),
        account_id: entry.account_id.clone(),
        access_key_id: entry.access_key_id.clone(),
        target: entry.target.clone(),
        changed: changed.collect(),
        before: entry.before.cloned(),
        after: entry.after.cloned(),
        ending: None,
    };
    let numbered = |number| {
        record.number = number;
        lines::write(&record, mode == Mode::Full)
    };
    let number = append(&path, numbered).await.map_err(|error| {
        without(
            Error::usage(format!("{} cannot be written", path.display())).cause(error.to_string()),
        )
    })?;
    Ok(Pending {
        kept: Some((path, number)),
    })
}

impl Pending {
    /// The number of the record; none where nothing is recorded.
    pub fn number(&self) -> Option<u64> {
        self.kept.as_ref().map(|(_, number)| *number)
    }

    /// Adds how the write ended: what was read back, or the error. A failure here changes nothing at
    /// the service, so it is a warning.
    pub async fn end(
        self,
        ctx: &Context,
        result: Ended,
        settled: std::result::Result<Option<&Callback>, &Error>,
    ) {
        let Some((path, number)) = self.kept else {
            return;
        };
        let ending = Ending {
            at: (ctx.now)(),
            result,
            fingerprint: settled.ok().flatten().map(Callback::fingerprint),
            error: settled.err().map(|error| error.told("; ")),
        };
        if let Err(error) = append(&path, |_| lines::end(number, &ending)).await {
            ctx.out.warn(&format!(
                "the end of this write is not in the history: {}: {error}",
                path.display()
            ));
        }
    }
}

fn without(error: Error) -> Error {
    error
        .cause("nothing was written to the service, since the present state could not be recorded first")
        .hint("XDG_STATE_HOME names another folder; VODCB_HISTORY=off writes without a record, so that nothing can be undone")
}

/// Appends one line in one write, under a lock, on the disk before it returns. The line is told the
/// number of the next write, which is returned too.
async fn append(path: &Path, line: impl FnOnce(u64) -> String) -> std::io::Result<u64> {
    let folder = path.parent().unwrap_or(Path::new("."));
    private_folder(folder)?;
    // Where locks do not work, which was said when the turn began, it goes on without.
    let _lock = locked(private_file(&path.with_extension("lock"))?).await?;
    let before = bytes_of(path)?;
    if before.len() > MAX_BYTES {
        replace(path, folder, lines::newest(&before, MAX_BYTES / 2))?;
    }
    let number = lines::next_number(&before);
    // What a killed process left without its end must not swallow this line.
    let torn = before.last().is_some_and(|byte| *byte != b'\n');
    let text = format!("{}{}\n", if torn { "\n" } else { "" }, line(number));
    let mut file = private_file(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_data()?;
    if before.is_empty() {
        sync_folder(folder)?;
    }
    Ok(number)
}

/// No file holds nothing.
fn bytes_of(path: &Path) -> std::io::Result<Vec<u8>> {
    match std::fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        result => result,
    }
}

/// Replaces the file whole, so that a reader sees it before or after. Temporary files of this kind
/// are readable by their owner only.
fn replace(path: &Path, folder: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = tempfile::Builder::new()
        .prefix(".history-")
        .tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    sync_folder(folder)
}

/// Puts a new name on the disk; elsewhere than on Unix folders cannot be opened for that.
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}
