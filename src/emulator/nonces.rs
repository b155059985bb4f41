//! Nonces that were used, so that a request cannot be sent twice.
//!
//! Half an hour is enough: an older request is refused for its timestamp.

use std::collections::{HashSet, VecDeque};

use jiff::{SignedDuration, Timestamp};

use crate::digest::sha256_hex;

const MEMORY: SignedDuration = SignedDuration::from_mins(30);
/// Beyond this the oldest is forgotten early.
const MAX: usize = 100_000;

/// The nonces of all keys.
#[derive(Default)]
pub(super) struct Nonces {
    used: HashSet<String>,
    by_age: VecDeque<(Timestamp, String)>,
}

impl Nonces {
    /// Uses the nonce up; false when it was used before.
    pub(super) fn burn(&mut self, access_key_id: &str, nonce: &str, now: Timestamp) -> bool {
        self.forget(now);
        // A hash has a length of its own, whatever a client sends.
        let entry = sha256_hex(format!("{access_key_id}\n{nonce}").as_bytes());
        if !self.used.insert(entry.clone()) {
            return false;
        }
        self.by_age.push_back((now, entry));
        true
    }

    fn forget(&mut self, now: Timestamp) {
        while let Some((since, _)) = self.by_age.front() {
            if self.by_age.len() < MAX && now.duration_since(*since) <= MEMORY {
                return;
            }
            if let Some((_, entry)) = self.by_age.pop_front() {
                self.used.remove(&entry);
            }
        }
    }
}
