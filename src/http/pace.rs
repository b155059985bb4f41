//! How fast calls go out: never more of one operation in any second than the account is allowed.
//!
//! The service counts calls as they arrive, which is somewhere between sending and answering. So a
//! call keeps its place until a second after its answer: whatever the way there took, no second as
//! the service sees it holds more calls than there are places. A full set of places goes out at once.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::{Mutex, Notify};
use tokio::time::Instant;

/// What the limit counts in.
const SECOND: Duration = Duration::from_secs(1);

/// A call without an answer for this long is taken to have arrived, so that one that hangs does not
/// hold up the others.
const PATIENCE: Duration = Duration::from_secs(1);

/// The calls of one account, each operation at a pace of its own.
#[derive(Debug, Default)]
pub struct Pace {
    /// Calls in a second; 0 for no limit.
    per_second: u32,
    lanes: RefCell<BTreeMap<String, Rc<Lane>>>,
}

/// The calls of one operation.
#[derive(Debug)]
struct Lane {
    since: Instant,
    window: RefCell<Window>,
    /// Whoever comes first goes first.
    turn: Mutex<()>,
    answered: Notify,
}

/// The permission to make one call; dropped when its answer is there.
#[derive(Debug)]
pub struct Pass(Option<(Rc<Lane>, u64)>);

impl Pace {
    /// At most so many calls of each operation in a second; 0 sets no limit.
    pub fn new(per_second: u32) -> Self {
        Pace {
            per_second,
            lanes: RefCell::default(),
        }
    }

    /// Waits until a call of this operation may be made.
    pub async fn pass(&self, operation: &str) -> Pass {
        if self.per_second == 0 {
            return Pass(None);
        }
        let lane = self.lane(operation);
        let ticket = lane.enter().await;
        Pass(Some((lane, ticket)))
    }

    fn lane(&self, operation: &str) -> Rc<Lane> {
        let mut lanes = self.lanes.borrow_mut();
        let lane = lanes.entry(operation.to_owned()).or_insert_with(|| {
            Rc::new(Lane {
                since: Instant::now(),
                window: RefCell::new(Window::new(self.per_second)),
                turn: Mutex::default(),
                answered: Notify::new(),
            })
        });
        Rc::clone(lane)
    }
}

impl Lane {
    async fn enter(&self) -> u64 {
        let _turn = self.turn.lock().await;
        loop {
            let entered = self.window.borrow_mut().enter(self.since.elapsed());
            match entered {
                Ok(ticket) => return ticket,
                Err(until) => tokio::select! {
                    () = tokio::time::sleep_until(self.since + until) => {}
                    // An answer may free a place earlier than was thought.
                    () = self.answered.notified() => {}
                },
            }
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if let Some((lane, ticket)) = &self.0 {
            let now = lane.since.elapsed();
            lane.window.borrow_mut().answered(*ticket, now);
            lane.answered.notify_one();
        }
    }
}

/// The arithmetic of one operation's pace; the clock is a parameter, since any fixed moment.
#[derive(Debug)]
pub struct Window {
    places: usize,
    next_ticket: u64,
    /// The calls that hold a place, each with the moment from which it no longer does.
    taken: BTreeMap<u64, Duration>,
}

impl Window {
    /// A window of one second with so many places.
    pub fn new(places: u32) -> Self {
        Window {
            places: places as usize,
            next_ticket: 0,
            taken: BTreeMap::new(),
        }
    }

    /// Takes a place for a call that is sent now.
    ///
    /// # Errors
    /// The earliest moment at which it is worth asking again, when every place is taken.
    pub fn enter(&mut self, now: Duration) -> Result<u64, Duration> {
        self.taken.retain(|_, until| *until > now);
        if self.taken.len() >= self.places {
            return Err(self.taken.values().min().copied().unwrap_or(now));
        }
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.taken.insert(ticket, now + PATIENCE + SECOND);
        Ok(ticket)
    }

    /// The call has its answer, so it arrived at the latest now.
    pub fn answered(&mut self, ticket: u64, now: Duration) {
        if let Some(until) = self.taken.get_mut(&ticket) {
            *until = (*until).min(now + SECOND);
        }
    }
}
