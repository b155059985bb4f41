//! What every target was before it was changed.
//!
//! One line of JSON is appended before a write and one after it, to a file that only its owner can
//! read, since it holds callback keys: without them a change could not be taken back. Writers of
//! several processes take turns by a lock on the file; a kill leaves at most one torn last line.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::turn::{locked, private_file, private_folder};
use crate::callback::{Callback, Destination, StoredKey};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::settings::variable;

/// When the file is larger than this, it becomes `history.1.ndjson` and a new one is begun.
const MAX_BYTES: u64 = 8 * 1024 * 1024;

/// What is recorded of a write before it happens.
#[derive(Debug)]
pub struct Entry<'a> {
    /// The command, for example `set`.
    pub command: &'a str,
    /// The API's address, which tells an emulator from the service.
    pub endpoint: String,
    /// Who wrote.
    pub access_key_id: &'a str,
    /// The region.
    pub region: &'a str,
    /// The application.
    pub app_id: &'a str,
    /// The state before; `None` when nothing was configured.
    pub before: Option<&'a Callback>,
    /// The wanted state; `None` for a deletion.
    pub after: Option<&'a Callback>,
}

/// How a recorded write ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Written and read back.
    Written,
    /// Certainly not written.
    NotWritten,
    /// Nobody knows.
    Unknown,
}

/// A record that waits for its end.
#[derive(Debug)]
#[must_use = "a record without its end looks like an interrupted write"]
pub struct Record {
    kept: Option<(PathBuf, String)>,
}

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Full,
    NoSecrets,
    Off,
}

/// True when a key that is written now can be found in the history later.
///
/// # Errors
/// A usage error for a value of `VODCB_HISTORY` that is none.
pub fn keeps_keys(ctx: &Context) -> Result<bool> {
    Ok(mode(ctx)? == Mode::Full)
}

/// Where the history is.
///
/// # Errors
/// A usage error without a home folder.
pub fn path(ctx: &Context) -> Result<PathBuf> {
    Ok(ctx.state_folder()?.join("history.ndjson"))
}

/// Records what is about to be written. Without a record there is no write.
///
/// # Errors
/// A usage error when the file cannot be written.
pub async fn record(ctx: &Context, entry: &Entry<'_>) -> Result<Record> {
    let mode = mode(ctx)?;
    if mode == Mode::Off {
        return Ok(Record { kept: None });
    }
    let path = path(ctx).map_err(without)?;
    let id = (ctx.nonce)();
    let line = json!({
        "schema_version": 1,
        "kind": "write",
        "id": id,
        "at": (ctx.now)().to_string(),
        "command": entry.command,
        "endpoint": entry.endpoint,
        "access_key_id": entry.access_key_id,
        "region": entry.region,
        "app_id": entry.app_id,
        "before": entry.before.map(|callback| stored(callback, mode)),
        "after": entry.after.map(|callback| stored(callback, mode)),
    });
    append(&path, &line).await.map_err(|error| {
        without(
            Error::usage(format!("{} cannot be written", path.display())).cause(error.to_string()),
        )
    })?;
    Ok(Record {
        kept: Some((path, id)),
    })
}

impl Record {
    /// Adds how the write ended. A failure here changes nothing at the service, so it is a warning.
    pub async fn end(self, ctx: &Context, ended: Ended) {
        let Some((path, id)) = self.kept else { return };
        let result = match ended {
            Ended::Written => "written",
            Ended::NotWritten => "not written",
            Ended::Unknown => "unknown",
        };
        let line = json!({
            "schema_version": 1,
            "kind": "end",
            "id": id,
            "at": (ctx.now)().to_string(),
            "result": result,
        });
        if let Err(error) = append(&path, &line).await {
            ctx.out.warn(&format!(
                "the end of this write is not in the history: {}: {error}",
                path.display()
            ));
        }
    }
}

fn without(error: Error) -> Error {
    error
        .hint("nothing was written to the service, since the present state could not be recorded first")
        .hint("VODCB_HISTORY=off writes without a record; XDG_STATE_HOME names another folder")
}

fn mode(ctx: &Context) -> Result<Mode> {
    match variable(&ctx.env, &["VODCB_HISTORY"]) {
        None | Some((_, "on")) => Ok(Mode::Full),
        Some((_, "no-secrets")) => Ok(Mode::NoSecrets),
        Some((_, "off")) => Ok(Mode::Off),
        Some((name, other)) => Err(Error::usage(format!(
            "{name} takes on, off or no-secrets, not {other:?}"
        ))
        .hint("on keeps what was there before each change, with its key")),
    }
}

fn stored(callback: &Callback, mode: Mode) -> Value {
    let events = callback.events.names();
    match &callback.destination {
        Destination::Http { url, auth } => json!({
            "method": "HTTP",
            "url": url,
            "auth": if auth.on { "on" } else { "off" },
            "auth_key": match (&auth.key, mode) {
                (StoredKey::Known(key), Mode::Full) => Some(key.expose()),
                _ => None,
            },
            "auth_key_kept": matches!((&auth.key, mode), (StoredKey::Known(_), Mode::Full) | (StoredKey::Absent, _)),
            "events": events,
        }),
        Destination::Mns { endpoint, queue } => json!({
            "method": "MNS",
            "mns_endpoint": endpoint,
            "mns_queue": queue,
            "events": events,
        }),
    }
}

/// One line in one write, under a lock, on the disk before it returns.
async fn append(path: &Path, line: &Value) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        private_folder(folder)?;
    }
    let _lock = locked(private_file(&path.with_extension("lock"))?).await?;
    if path.metadata().is_ok_and(|file| file.len() > MAX_BYTES) {
        std::fs::rename(path, path.with_extension("1.ndjson"))?;
    }
    let mut file = private_file(path)?;
    let torn = torn_end(path)?;
    let text = format!("{}{line}\n", if torn { "\n" } else { "" });
    file.write_all(text.as_bytes())?;
    file.sync_data()
}

/// True when a killed process left a line without its end.
fn torn_end(path: &Path) -> std::io::Result<bool> {
    use std::io::{Read, Seek, SeekFrom};
    let mut file = File::open(path)?;
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last[0] != b'\n')
}
