//! Which deliveries came before: VOD sends an event again when its answer was late or lost.

use std::collections::{HashSet, VecDeque};
use std::hash::BuildHasher;

use foldhash::quality::RandomState;

/// The bodies of the last deliveries, by their hashes.
///
/// The whole body counts, not only event, media, status and time: a media that is transcoded into
/// two definitions brings two events that agree in all of these.
#[derive(Debug)]
pub struct Seen {
    // Keyed anew in each process, so that nobody can make up bodies that collide.
    hasher: RandomState,
    order: VecDeque<u64>,
    known: HashSet<u64>,
    most: usize,
}

impl Seen {
    /// Remembers this many.
    pub fn new(most: usize) -> Self {
        Seen {
            hasher: RandomState::default(),
            order: VecDeque::new(),
            known: HashSet::new(),
            most,
        }
    }

    /// Whether the same body came before; it has from now on.
    pub fn again(&mut self, body: &[u8]) -> bool {
        let hash = self.hasher.hash_one(body);
        if !self.known.insert(hash) {
            return true;
        }
        self.order.push_back(hash);
        if self.order.len() > self.most
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        false
    }

    /// Takes a body for new again, which came and was not kept.
    pub fn forget(&mut self, body: &[u8]) {
        let hash = self.hasher.hash_one(body);
        if self.known.remove(&hash) {
            self.order.retain(|other| *other != hash);
        }
    }
}
