//! What the loop knows of the messages in hand, and of those it put back.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};

use tokio::time::Instant;

use crate::error::Error;
use crate::mns::MAX_BATCH;
use crate::mns::message::Message;

/// As many messages that were put back are remembered.
const MEMORY: usize = 10_000;

/// A message in hand: its newest handle, and until when nobody else sees it.
pub(super) struct Hold {
    pub(super) handle: RefCell<String>,
    pub(super) until: Cell<Instant>,
}

/// What is asked of the queue when the work on a message ended.
pub(super) enum Settling {
    Delete(Vec<String>),
    PutBack(String, u32),
}

/// The state of the loop.
#[derive(Default)]
pub(super) struct State {
    /// Nothing more is received.
    pub(super) is_over: bool,
    /// Handles to delete, and when that happens at the latest.
    pub(super) done: Vec<String>,
    pub(super) flush_at: Option<Instant>,
    /// Whether the queue was ever reached, and how many receipts failed in a row since.
    pub(super) is_reached: bool,
    pub(super) troubles: u32,
    pub(super) failure: Option<Error>,
}

impl State {
    /// The next batch of handles to delete.
    pub(super) fn batch(&mut self) -> Settling {
        let count = self.done.len().min(MAX_BATCH);
        let batch = self.done.drain(..count).collect();
        if self.done.is_empty() {
            self.flush_at = None;
        }
        Settling::Delete(batch)
    }
}

impl Hold {
    pub(super) fn new(message: &Message) -> Self {
        Hold {
            handle: RefCell::new(message.receipt_handle.clone().unwrap_or_default()),
            until: Cell::new(Instant::now() + message.hidden_for()),
        }
    }
}

/// The ids of messages that were put back lately, with the seconds they stay out of sight.
#[derive(Default)]
pub(super) struct Recent {
    seconds: HashMap<String, u32>,
    order: VecDeque<String>,
}

impl Recent {
    pub(super) fn get(&self, id: &str) -> Option<u32> {
        self.seconds.get(id).copied()
    }

    pub(super) fn insert(&mut self, id: String, seconds: u32) {
        if self.seconds.insert(id.clone(), seconds).is_none() {
            self.order.push_back(id);
        }
        if self.order.len() > MEMORY
            && let Some(oldest) = self.order.pop_front()
        {
            self.seconds.remove(&oldest);
        }
    }
}
