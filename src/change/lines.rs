//! The lines of the history: one JSON object each.
//!
//! A `write` stands before the service is asked to change anything, an `end` with the same number after
//! it. A line is never changed, so writers can only add, and what cannot be understood stands in nobody's
//! way.

use serde::{Deserialize, Serialize};

use super::record::{Ended, Ending, Record};
use crate::callback::{Auth, Callback, Destination, StoredKey};
use crate::event::EventSelection;
use crate::secret::Secret;
use crate::target::{AppId, Region, Target};

/// The version of the lines that this program writes.
const SCHEMA: u64 = 1;

/// The line of a write. Keys are left out unless `keys` says to keep them.
pub fn write(record: &Record, keys: bool) -> String {
    line(What::Write(Box::new(WriteLine {
        number: record.number,
        at: record.at.to_string(),
        command: record.command.clone(),
        endpoint: record.endpoint.clone(),
        account_id: record.account_id.clone(),
        access_key_id: record.access_key_id.clone(),
        region: record.target.region.to_string(),
        app_id: record.target.app_id.to_string(),
        changed: record.changed.clone(),
        before: record.before.as_ref().map(|callback| kept(callback, keys)),
        after: record.after.as_ref().map(|callback| kept(callback, keys)),
    })))
}

/// The line of the end of the write with this number.
pub fn end(number: u64, ending: &Ending) -> String {
    line(What::End(EndLine {
        number,
        at: ending.at.to_string(),
        result: ending.result,
        fingerprint: ending.fingerprint.clone(),
        error: ending.error.clone(),
    }))
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
