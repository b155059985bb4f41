//! A change as the history remembers it: what was there, what was wanted, how it ended.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::callback::Callback;
use crate::target::Target;

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
    /// Whether the write was to the callback of this target at this endpoint, as far as their
    /// [keys](Target::key) tell.
    pub fn is_of(&self, target: &Target, endpoint: &str) -> bool {
        self.target
            .shares_callback(&self.endpoint, target, endpoint)
    }

    /// What became of the write; without a recorded end nobody knows.
    pub fn result(&self) -> Ended {
        self.ending
            .as_ref()
            .map_or(Ended::Unknown, |ending| ending.result)
    }
}
