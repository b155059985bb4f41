//! A recorded write and its end, as lines of the history.
//!
//! The file holds one JSON object a line: a `write` before the service is asked to change anything,
//! an `end` with the same number after it. A line is never changed, so writers can only add, and what
//! cannot be understood stands in nobody's way.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::callback::{Auth, Callback, Destination, StoredKey};
use crate::event::EventSelection;
use crate::secret::Secret;
use crate::target::{AppId, Region, Target};

/// The version of the lines that this program writes.
const SCHEMA: u64 = 1;

/// A write as it was recorded before it happened, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Grows by one with each write of the same history, whoever writes.
    pub number: u64,
    /// When it was recorded.
    pub at: Timestamp,
    /// The command, for example `set` or `undo 3`.
    pub command: String,
    /// The endpoint, or `emulator` for the one inside the process.
    pub endpoint: String,
    /// Whose callback it is, where the source of the key tells it without a call.
    pub account_id: Option<String>,
    /// The access key's id, shortened as it is shown.
    pub access_key_id: Option<String>,
    /// The target.
    pub target: Target,
    /// The names of the fields that differ, in the order of the document.
    pub changed: Vec<String>,
    /// The state before; `None` when nothing was configured. A key that was not kept is hidden.
    pub before: Option<Callback>,
    /// The wanted state; `None` for a deletion.
    pub after: Option<Callback>,
    /// How it ended; `None` when nobody recorded it.
    pub ending: Option<Ending>,
}

/// The end of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// When it was recorded.
    pub at: Timestamp,
    /// What became of the write.
    pub result: Ended,
    /// The fingerprint of what was read back; `None` when nothing was, or nothing is configured.
    pub fingerprint: Option<String>,
    /// What went wrong.
    pub error: Option<String>,
}

/// What became of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ended {
    /// Written and read back.
    #[serde(rename = "written")]
    Written,
    /// Certainly not written.
    #[serde(rename = "not written")]
    NotWritten,
    /// Nobody knows.
    #[serde(rename = "unknown")]
    Unknown,
}

impl Ended {
    /// The word in the file, in documents and in tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Ended::Written => "written",
            Ended::NotWritten => "not written",
            Ended::Unknown => "unknown",
        }
    }
}

impl Record {
    /// What became of the write; without a recorded end nobody knows.
    pub fn result(&self) -> Ended {
        self.ending
            .as_ref()
            .map_or(Ended::Unknown, |ending| ending.result)
    }

    /// The line of the write. Keys are left out unless `keys` says to keep them.
    pub fn line(&self, keys: bool) -> String {
        line(What::Write(Box::new(WriteLine {
            number: self.number,
            at: self.at.to_string(),
            command: self.command.clone(),
            endpoint: self.endpoint.clone(),
            account_id: self.account_id.clone(),
            access_key_id: self.access_key_id.clone(),
            region: self.target.region.to_string(),
            app_id: self.target.app_id.to_string(),
            changed: self.changed.clone(),
            before: self.before.as_ref().map(|callback| kept(callback, keys)),
            after: self.after.as_ref().map(|callback| kept(callback, keys)),
        })))
    }
}

impl Ending {
    /// The line of the end of this write.
    pub fn line(&self, number: u64) -> String {
        line(What::End(EndLine {
            number,
            at: self.at.to_string(),
            result: self.result,
            fingerprint: self.fingerprint.clone(),
            error: self.error.clone(),
        }))
    }
}

#[derive(Serialize, Deserialize)]
struct Line {
    schema_version: u64,
    #[serde(flatten)]
    what: What,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum What {
    Write(Box<WriteLine>),
    End(EndLine),
}

#[derive(Serialize, Deserialize)]
struct WriteLine {
    number: u64,
    at: String,
    command: String,
    endpoint: String,
    account_id: Option<String>,
    access_key_id: Option<String>,
    region: String,
    app_id: String,
    changed: Vec<String>,
    before: Option<Kept>,
    after: Option<Kept>,
}

#[derive(Serialize, Deserialize)]
struct EndLine {
    number: u64,
    at: String,
    result: Ended,
    fingerprint: Option<String>,
    error: Option<String>,
}

/// A callback as it is kept, in the words of the document of `get`.
#[derive(Serialize, Deserialize)]
#[serde(tag = "method")]
enum Kept {
    #[serde(rename = "HTTP")]
    Http {
        url: String,
        auth: Switch,
        auth_key: Option<String>,
        /// False when there was a key that is not here.
        auth_key_kept: bool,
        events: Vec<String>,
    },
    #[serde(rename = "MNS")]
    Mns {
        mns_endpoint: String,
        mns_queue: String,
        events: Vec<String>,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Switch {
    On,
    Off,
}

fn line(what: What) -> String {
    let line = Line {
        schema_version: SCHEMA,
        what,
    };
    serde_json::to_string(&line).expect("names and texts are always JSON")
}

fn kept(callback: &Callback, keys: bool) -> Kept {
    let events = callback.events.names();
    match &callback.destination {
        Destination::Http { url, auth } => Kept::Http {
            url: url.clone(),
            auth: if auth.on { Switch::On } else { Switch::Off },
            auth_key: auth
                .known_key()
                .filter(|_| keys)
                .map(|key| key.expose().to_owned()),
            auth_key_kept: match auth.key {
                StoredKey::Absent => true,
                StoredKey::Known(_) => keys,
                StoredKey::Hidden => false,
            },
            events,
        },
        Destination::Mns { endpoint, queue } => Kept::Mns {
            mns_endpoint: endpoint.clone(),
            mns_queue: queue.clone(),
            events,
        },
    }
}

fn restored(kept: Kept) -> Callback {
    let selection = |events: Vec<String>| EventSelection::from_wire(&events.join(","));
    match kept {
        Kept::Http {
            url,
            auth,
            auth_key,
            auth_key_kept,
            events,
        } => Callback {
            destination: Destination::Http {
                url,
                auth: Auth {
                    on: auth == Switch::On,
                    key: match auth_key {
                        Some(key) => StoredKey::Known(Secret::new(key)),
                        None if auth_key_kept => StoredKey::Absent,
                        None => StoredKey::Hidden,
                    },
                },
            },
            events: selection(events),
        },
        Kept::Mns {
            mns_endpoint,
            mns_queue,
            events,
        } => Callback {
            destination: Destination::Mns {
                endpoint: mns_endpoint,
                queue: mns_queue,
            },
            events: selection(events),
        },
    }
}

/// What a history holds, and the lines of it that cannot be used.
#[derive(Debug, Default)]
pub struct Contents {
    /// The writes, oldest first.
    pub records: Vec<Record>,
    /// The numbers of lines that are damaged.
    pub damaged: Vec<usize>,
    /// The numbers of lines that a newer version wrote.
    pub newer: Vec<usize>,
}

/// Reads a history. A last line without its end is one that is being written, or whose writer was
/// killed before it wrote to the service; it is passed over.
pub fn read(bytes: &[u8]) -> Contents {
    let mut contents = Contents::default();
    let mut lines = bytes.split(|byte| *byte == b'\n').zip(1..).peekable();
    while let Some((text, at)) = lines.next() {
        let torn = lines.peek().is_none();
        if text.trim_ascii().is_empty() {
            continue;
        }
        match understand(text) {
            Understood::Write(record) => contents.records.push(*record),
            Understood::End(number, ending) => {
                let mut records = contents.records.iter_mut().rev();
                if let Some(record) = records.find(|record| record.number == number) {
                    record.ending = Some(ending);
                }
            }
            Understood::Newer => contents.newer.push(at),
            Understood::Not if torn => {}
            Understood::Not => contents.damaged.push(at),
        }
    }
    contents
}

enum Understood {
    Write(Box<Record>),
    End(u64, Ending),
    Newer,
    Not,
}

fn understand(text: &[u8]) -> Understood {
    #[derive(Deserialize)]
    struct Version {
        schema_version: u64,
    }
    match serde_json::from_slice(text) {
        Ok(Version { schema_version }) if schema_version > SCHEMA => return Understood::Newer,
        _ => {}
    }
    let understood = match serde_json::from_slice(text) {
        Ok(Line {
            what: What::Write(line),
            ..
        }) => record(*line).map(|record| Understood::Write(Box::new(record))),
        Ok(Line {
            what: What::End(line),
            ..
        }) => ending(line).map(|(number, ending)| Understood::End(number, ending)),
        Err(_) => None,
    };
    understood.unwrap_or(Understood::Not)
}

fn record(line: WriteLine) -> Option<Record> {
    Some(Record {
        number: line.number,
        at: line.at.parse().ok()?,
        command: line.command,
        endpoint: line.endpoint,
        account_id: line.account_id,
        access_key_id: line.access_key_id,
        target: Target {
            region: Region::parse(&line.region).ok()?,
            app_id: AppId::parse(&line.app_id).ok()?,
        },
        changed: line.changed,
        before: line.before.map(restored),
        after: line.after.map(restored),
        ending: None,
    })
}

fn ending(line: EndLine) -> Option<(u64, Ending)> {
    let ending = Ending {
        at: line.at.parse().ok()?,
        result: line.result,
        fingerprint: line.fingerprint,
        error: line.error,
    };
    Some((line.number, ending))
}

/// The number of the next write: one more than that of the last one, whichever version wrote it.
pub fn next_number(bytes: &[u8]) -> u64 {
    #[derive(Deserialize)]
    struct Numbered {
        kind: String,
        number: u64,
    }
    let mut lines = bytes.rsplit(|byte| *byte == b'\n');
    let last = lines.find_map(|line| {
        let line: Numbered = serde_json::from_slice(line).ok()?;
        (line.kind == "write").then_some(line.number)
    });
    last.unwrap_or_default().saturating_add(1)
}

/// The newest whole lines that fit into so many bytes.
pub fn newest(bytes: &[u8], limit: usize) -> &[u8] {
    let Some(start) = bytes.len().checked_sub(limit) else {
        return bytes;
    };
    match bytes[start..].iter().position(|byte| *byte == b'\n') {
        Some(end) => &bytes[start + end + 1..],
        None => &[],
    }
}
