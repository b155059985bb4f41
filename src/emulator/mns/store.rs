//! All queues of all accounts and regions, bounded in memory, and the wait for a message.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use super::Undelivered;
use super::queue::{Millis, Queue, Shown};
use super::terms::Outgoing;
use crate::emulator::held;
use crate::xml;

/// What a message costs beside its body, roughly.
const OVERHEAD: usize = 512;
/// A queue can be made again so long after its name was freed.
const MOURNING: Millis = 10_000;
/// No shorter pause between two looks at a queue.
const BREATH: Duration = Duration::from_millis(5);

/// Where queues belong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::emulator) struct Place {
    pub(in crate::emulator) account_id: String,
    pub(in crate::emulator) region: String,
}

/// The queues of one place, and the names that were freed a moment ago.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) queues: BTreeMap<String, Queue>,
    deleted: BTreeMap<String, Millis>,
}

impl Names {
    /// Removes a queue and its messages.
    pub(super) fn remove(&mut self, queue: &str, now: Millis) {
        if self.queues.remove(queue).is_some() {
            self.deleted.insert(queue.to_owned(), now);
        }
    }

    /// Whether the name was freed a moment ago.
    pub(super) fn mourns(&mut self, queue: &str, now: Millis) -> bool {
        self.deleted.retain(|_, since| now - *since < MOURNING);
        self.deleted.contains_key(queue)
    }
}

/// All queues.
pub(in crate::emulator) struct Queues {
    places: Mutex<BTreeMap<Place, Names>>,
    births: AtomicUsize,
    used: Arc<AtomicUsize>,
    memory: usize,
    /// Wakes everybody who waits for a message.
    changed: Notify,
    closed: AtomicBool,
    now: fn() -> jiff::Timestamp,
}

/// A part of the memory; given back when the message goes.
#[derive(Debug)]
pub(super) struct Lease {
    used: Arc<AtomicUsize>,
    bytes: usize,
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Queues {
    /// No queues, room for so many bytes, and this clock.
    pub(in crate::emulator) fn new(memory: usize, now: fn() -> jiff::Timestamp) -> Self {
        Queues {
            places: Mutex::default(),
            births: AtomicUsize::new(1),
            used: Arc::default(),
            memory,
            changed: Notify::new(),
            closed: AtomicBool::new(false),
            now,
        }
    }

    /// The present time.
    pub(super) fn now(&self) -> Millis {
        (self.now)().as_millisecond()
    }

    /// A number for a new queue.
    pub(super) fn birth(&self) -> u64 {
        self.births.fetch_add(1, Ordering::Relaxed) as u64
    }

    /// Works on the queues of a place.
    pub(super) fn with<T>(&self, place: &Place, work: impl FnOnce(&mut Names) -> T) -> T {
        let mut places = held(&self.places);
        let names = places.entry(place.clone()).or_default();
        let result = work(names);
        if names.queues.is_empty() && names.deleted.is_empty() {
            places.remove(place);
        }
        result
    }

    /// Memory for a body, if there is any left.
    pub(super) fn lease(&self, body: &str) -> Option<Lease> {
        let bytes = body.len() + OVERHEAD;
        let fits = |used: usize| Some(used + bytes).filter(|used| *used <= self.memory);
        self.used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits)
            .ok()?;
        Some(Lease {
            used: Arc::clone(&self.used),
            bytes,
        })
    }

    /// Tells those who wait to look again.
    pub(super) fn wake(&self) {
        self.changed.notify_waiters();
    }

    /// Ends every wait, now and from now on.
    pub(in crate::emulator) fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        self.wake();
    }

    /// Puts a message into a queue as the service itself would.
    pub(in crate::emulator) fn deliver(
        &self,
        place: &Place,
        queue: &str,
        body: &str,
    ) -> Result<(), Undelivered> {
        let message = Outgoing {
            body: body.to_owned(),
            ..Outgoing::default()
        };
        let now = self.now();
        self.with(place, |names| {
            let queue = names.queues.get_mut(queue);
            let queue = queue.ok_or(Undelivered::NoSuchQueue)?;
            if body.len() > queue.largest() {
                return Err(Undelivered::TooLarge);
            }
            if body.is_empty() || !body.chars().all(xml::is_allowed) {
                return Err(Undelivered::Unspeakable);
            }
            let lease = self.lease(body).ok_or(Undelivered::Full)?;
            queue.send(message, lease, now);
            Ok(())
        })?;
        self.wake();
        Ok(())
    }

    /// Up to `count` messages, as soon as there is one; `None` when the queue does not exist. A
    /// wait that nobody waits for any more takes nothing.
    pub(super) async fn receive(
        &self,
        place: &Place,
        queue: &str,
        count: usize,
        wait: Option<Duration>,
        mut hung_up: oneshot::Receiver<()>,
    ) -> Option<Vec<Shown>> {
        let begin = Instant::now();
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // From here on no change is missed.
            changed.as_mut().enable();
            let now = self.now();
            let (found, next, own_wait) = self.with(place, |names| {
                let queue = names.queues.get_mut(queue)?;
                let found = queue.receive(count, now);
                let own_wait = queue.attributes.polling_wait_seconds.unwrap_or_default();
                Some((found, queue.next_visible(), own_wait))
            })?;
            let wait = wait.unwrap_or(Duration::from_secs(u64::from(own_wait)));
            let left = wait.saturating_sub(begin.elapsed());
            if !found.is_empty() || left.is_zero() || self.closed.load(Ordering::Relaxed) {
                return Some(found);
            }
            let until_next = next.map_or(left, |next| {
                Duration::from_millis(u64::try_from(next - now).unwrap_or_default())
            });
            tokio::select! {
                () = changed => {}
                () = tokio::time::sleep(until_next.clamp(BREATH.min(left), left)) => {}
                _ = &mut hung_up => return Some(Vec::new()),
            }
        }
    }
}
