//! One queue: what is visible, what is not, and until when.
//!
//! Messages are kept by a number that grows; ordered sets of numbers say which is next to be
//! received, to become visible and to be forgotten, so that no call looks at every message.

use std::collections::{BTreeSet, HashMap};

use base64::{Engine, engine::general_purpose::STANDARD};

use super::store::Lease;
use super::terms::Outgoing;
use crate::mns::message::body_md5;
use crate::mns::queue::{Attributes, RANGES};

const DEFAULT_PRIORITY: u32 = 8;

/// The number of a message within its queue.
type Number = u64;
/// Milliseconds since 1970.
pub(super) type Millis = i64;

/// A queue with its messages.
#[derive(Debug)]
pub(super) struct Queue {
    /// Every attribute is set.
    pub(super) attributes: Attributes,
    pub(super) created: Millis,
    pub(super) modified: Millis,
    /// Tells this queue from an older one of the same name.
    birth: u64,
    messages: HashMap<Number, Stored>,
    /// By priority, then age: the next one to receive is the first.
    visible: BTreeSet<(u32, Number)>,
    /// By the time they become visible.
    hidden: BTreeSet<(Millis, Number)>,
    /// By the time they were sent.
    by_age: BTreeSet<(Millis, Number)>,
    delayed: u64,
    last_number: Number,
    last_receipt: u64,
}

#[derive(Debug)]
struct Stored {
    id: String,
    body: String,
    body_md5: String,
    priority: u32,
    enqueued: Millis,
    first_dequeued: Option<Millis>,
    dequeue_count: u32,
    /// Present while it is out of sight.
    away: Option<Away>,
    _lease: Lease,
}

/// Out of sight, and how to get at it.
#[derive(Debug, Clone, Copy)]
struct Away {
    until: Millis,
    receipt: u64,
    is_delay: bool,
}

/// A message as it is shown.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) id: String,
    pub(super) body: String,
    pub(super) body_md5: String,
    pub(super) priority: u32,
    pub(super) enqueued: Millis,
    pub(super) first_dequeued: Option<Millis>,
    pub(super) dequeue_count: u32,
    /// Absent after a mere look.
    pub(super) receipt: Option<Receipt>,
}

/// What a message can be deleted with, and until when.
#[derive(Debug)]
pub(super) struct Receipt {
    pub(super) handle: String,
    pub(super) next_visible: Millis,
}

/// What became of a message that was sent.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) id: String,
    pub(super) body_md5: String,
    /// For a delayed one.
    pub(super) receipt: Option<Receipt>,
}

/// The handle is none, or no longer one.
#[derive(Debug)]
pub(super) struct BadHandle;

/// How many messages are in which state.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) active: u64,
    pub(super) inactive: u64,
    pub(super) delayed: u64,
}

impl Queue {
    /// An empty queue; attributes that are not given have their defaults.
    pub(super) fn new(given: &Attributes, birth: u64, now: Millis) -> Self {
        Queue {
            attributes: completed(given),
            created: now,
            modified: now,
            birth,
            messages: HashMap::new(),
            visible: BTreeSet::new(),
            hidden: BTreeSet::new(),
            by_age: BTreeSet::new(),
            delayed: 0,
            last_number: 0,
            last_receipt: 0,
        }
    }

    /// Changes the attributes that are given.
    pub(super) fn change(&mut self, given: &Attributes, now: Millis) {
        overlay(&mut self.attributes, given);
        self.modified = now;
    }

    /// The most bytes of a message.
    pub(super) fn largest(&self) -> usize {
        self.attributes
            .maximum_message_size
            .map_or(usize::MAX, |bytes| bytes as usize)
    }

    /// Takes a message.
    pub(super) fn send(&mut self, message: Outgoing, lease: Lease, now: Millis) -> Taken {
        self.refresh(now);
        self.last_number += 1;
        let number = self.last_number;
        let delay = message.delay_seconds.or(self.attributes.delay_seconds);
        let delay = Millis::from(delay.unwrap_or_default()) * 1000;
        let stored = Stored {
            id: format!("{:016X}-1-{now:X}-{number}", self.birth),
            body_md5: body_md5(&message.body),
            body: message.body,
            priority: message.priority.unwrap_or(DEFAULT_PRIORITY),
            enqueued: now,
            first_dequeued: None,
            dequeue_count: 0,
            away: None,
            _lease: lease,
        };
        let (id, body_md5) = (stored.id.clone(), stored.body_md5.clone());
        self.by_age.insert((now, number));
        let priority = stored.priority;
        self.messages.insert(number, stored);
        let receipt = if delay > 0 {
            self.hide(number, now + delay, true)
        } else {
            self.visible.insert((priority, number));
            None
        };
        Taken {
            id,
            body_md5,
            receipt,
        }
    }

    /// Hands over up to `count` messages and takes them out of sight.
    pub(super) fn receive(&mut self, count: usize, now: Millis) -> Vec<Shown> {
        self.refresh(now);
        let timeout = Millis::from(self.attributes.visibility_timeout.unwrap_or_default()) * 1000;
        let mut received = Vec::new();
        while received.len() < count {
            let Some((_, number)) = self.visible.pop_first() else {
                break;
            };
            if let Some(stored) = self.messages.get_mut(&number) {
                stored.dequeue_count += 1;
                stored.first_dequeued.get_or_insert(now);
            }
            let receipt = self.hide(number, now + timeout, false);
            received.extend(self.shown(number, receipt));
        }
        received
    }

    /// Shows up to `count` messages and leaves them.
    pub(super) fn peek(&mut self, count: usize, now: Millis) -> Vec<Shown> {
        self.refresh(now);
        let next = self.visible.iter().take(count);
        next.filter_map(|(_, number)| self.shown(*number, None))
            .collect()
    }

    /// Deletes a message that is out of sight.
    pub(super) fn delete(&mut self, handle: &str, now: Millis) -> Result<(), BadHandle> {
        let number = self.find(handle, now)?;
        self.forget(number);
        Ok(())
    }

    /// Lets a message come back at another time.
    pub(super) fn change_visibility(
        &mut self,
        handle: &str,
        seconds: u32,
        now: Millis,
    ) -> Result<Receipt, BadHandle> {
        let number = self.find(handle, now)?;
        let until = now + Millis::from(seconds) * 1000;
        let is_delay = self.unhide(number).is_some_and(|away| away.is_delay);
        self.hide(number, until, is_delay).ok_or(BadHandle)
    }

    /// How many messages are in which state.
    pub(super) fn counts(&mut self, now: Millis) -> Counts {
        self.refresh(now);
        Counts {
            active: self.visible.len() as u64,
            inactive: self.hidden.len() as u64 - self.delayed,
            delayed: self.delayed,
        }
    }

    /// When the next message becomes visible.
    pub(super) fn next_visible(&self) -> Option<Millis> {
        self.hidden.first().map(|(until, _)| *until)
    }

    /// Forgets what is too old, and brings back what was out of sight long enough.
    fn refresh(&mut self, now: Millis) {
        let retention = self.attributes.message_retention_period.unwrap_or_default();
        let oldest = now - Millis::from(retention) * 1000;
        while let Some(&(sent, number)) = self.by_age.first()
            && sent <= oldest
        {
            self.forget(number);
        }
        while let Some(&(until, number)) = self.hidden.first()
            && until <= now
        {
            self.unhide(number);
            if let Some(stored) = self.messages.get(&number) {
                self.visible.insert((stored.priority, number));
            }
        }
    }

    /// Takes a message that is in neither set out of sight, with a new receipt.
    fn hide(&mut self, number: Number, until: Millis, is_delay: bool) -> Option<Receipt> {
        self.last_receipt += 1;
        let receipt = self.last_receipt;
        self.messages.get_mut(&number)?.away = Some(Away {
            until,
            receipt,
            is_delay,
        });
        self.hidden.insert((until, number));
        self.delayed += u64::from(is_delay);
        Some(Receipt {
            handle: self.handle(number, receipt),
            next_visible: until,
        })
    }

    /// Undoes [`Queue::hide`]; the message is in neither set then.
    fn unhide(&mut self, number: Number) -> Option<Away> {
        let away = self.messages.get_mut(&number)?.away.take()?;
        self.hidden.remove(&(away.until, number));
        if away.is_delay {
            self.delayed -= 1;
        }
        Some(away)
    }

    fn forget(&mut self, number: Number) {
        self.unhide(number);
        if let Some(stored) = self.messages.remove(&number) {
            self.by_age.remove(&(stored.enqueued, number));
            self.visible.remove(&(stored.priority, number));
        }
    }

    fn shown(&self, number: Number, receipt: Option<Receipt>) -> Option<Shown> {
        let stored = self.messages.get(&number)?;
        Some(Shown {
            id: stored.id.clone(),
            body: stored.body.clone(),
            body_md5: stored.body_md5.clone(),
            priority: stored.priority,
            enqueued: stored.enqueued,
            first_dequeued: stored.first_dequeued,
            dequeue_count: stored.dequeue_count,
            receipt,
        })
    }

    /// Opaque, with characters that need care in a query, as the service's have.
    fn handle(&self, number: Number, receipt: u64) -> String {
        let inside = format!("{}-{number}-{receipt}", self.birth);
        format!("1-{}", STANDARD.encode(inside))
    }

    /// The message whose present receipt this is.
    fn find(&mut self, handle: &str, now: Millis) -> Result<Number, BadHandle> {
        self.refresh(now);
        let inside = handle
            .strip_prefix("1-")
            .and_then(|coded| STANDARD.decode(coded).ok())
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .ok_or(BadHandle)?;
        let number = inside.split('-').nth(1).and_then(|text| text.parse().ok());
        let number: Number = number.ok_or(BadHandle)?;
        let away = self.messages.get(&number).and_then(|stored| stored.away);
        match away {
            Some(away) if self.handle(number, away.receipt) == handle => Ok(number),
            _ => Err(BadHandle),
        }
    }
}

/// The attributes of a new queue.
pub(super) fn completed(given: &Attributes) -> Attributes {
    let mut all = Attributes {
        logging_enabled: Some(false),
        ..Attributes::default()
    };
    for (range, place) in RANGES.iter().zip(all.numbers_mut()) {
        *place = Some(range.default);
    }
    overlay(&mut all, given);
    all
}

fn overlay(all: &mut Attributes, given: &Attributes) {
    for (place, number) in all.numbers_mut().into_iter().zip(given.numbers()) {
        *place = number.or(*place);
    }
    all.logging_enabled = given.logging_enabled.or(all.logging_enabled);
}
