//! A queue worked off: received in batches, worked on side by side, deleted or put back.
//!
//! [`consume`] is the one loop for everybody who reads a queue. A message is deleted only after its work
//! said so; one that is in work stays out of sight of others, however long that takes; one that was put
//! back does not hold up the next; what is in hand is bounded, however long the queue. When the command
//! shall end ([`Stop`](crate::stop::Stop)), work that has begun is finished, within [`GRACE`], and the
//! rest is put back. A process that is killed loses nothing either: what it held comes back by itself.

mod phase;
mod state;
mod terms;
mod work;

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::time::Duration;

use futures_util::future::{Fuse, FusedFuture, FutureExt};
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, sleep_until};

pub use phase::GRACE;
pub use terms::{PASSED_BY, Terms, Totals, Verdict, pause_after};

use super::message::Message;
use super::{MAX_BATCH, MAX_WAIT, Mns};
use crate::context::Context;
use crate::error::{Applied, Error, Result};
use crate::text::counted;
use phase::Phases;
use state::{Recent, Settling, State};

/// As many messages wait in hand at the most, beside those in work.
const AHEAD: usize = 2 * MAX_BATCH;
/// No more wait in hand than are worked off in this time, so that other readers get theirs.
const AHEAD_TIME: Duration = Duration::from_secs(1);
/// A deletion waits so long for others to go with it.
const GATHERING: Duration = Duration::from_millis(100);
/// Seconds an empty queue is listened to before it counts as drained.
const LAST_WAIT: u32 = 1;
/// Seconds after which a message that nobody began to work on is seen again.
const AT_ONCE: u32 = 1;
/// The longest pause before a queue that could not be reached is asked again.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Works a queue off, until its terms or a signal end it. `work` is called for one message after the
/// other, for up to `concurrency` at the same time, and says what is to become of it.
///
/// It ends with an error of receiving and deleting, after what is in work was finished; a queue that becomes
/// unreachable later is waited for. An error of `work` ends the loop; its message is put back. What was done
/// until then is told in every case.
pub async fn consume<W>(
    ctx: &Context,
    mns: &Mns,
    queue: &str,
    terms: &Terms,
    work: W,
) -> (Totals, Result<()>)
where
    W: AsyncFn(&Message) -> Result<Verdict>,
{
    let reader = Reader {
        ctx,
        mns,
        queue,
        terms,
        work,
        desks: Semaphore::new(terms.concurrency.max(1)),
        phases: Phases::new(),
        usual: Cell::default(),
        counted: Cell::default(),
        totals: Cell::default(),
        put_back: RefCell::default(),
        damaged: RefCell::default(),
        kept: RefCell::default(),
        warned: Cell::default(),
    };
    reader.run().await
}

struct Reader<'a, W> {
    ctx: &'a Context,
    mns: &'a Mns,
    queue: &'a str,
    terms: &'a Terms,
    work: W,
    desks: Semaphore,
    phases: Phases,
    /// How long the work on one message takes, on average.
    usual: Cell<Option<Duration>>,
    /// How many messages were deleted or kept, as far as `exit_after` is concerned.
    counted: Cell<u64>,
    totals: Cell<Totals>,
    put_back: RefCell<Recent>,
    /// The ids of those that came damaged and did not come again.
    damaged: RefCell<HashSet<String>>,
    /// The ids of those that were kept, each once however often it comes, and not done with since.
    kept: RefCell<HashSet<String>>,
    warned: Cell<bool>,
}

impl<W> Reader<'_, W>
where
    W: AsyncFn(&Message) -> Result<Verdict>,
{
    async fn run(self) -> (Totals, Result<()>) {
        let mut held = FuturesUnordered::new();
        let mut settling = FuturesUnordered::new();
        let received = Fuse::terminated();
        let next_phase = self.phases.next(&self.ctx.stop, self.terms.limit).fuse();
        tokio::pin!(received, next_phase);
        let mut state = State::default();
        loop {
            if state.is_over {
                received.set(Fuse::terminated());
            } else if received.is_terminated()
                && let Some(count) = self.room(held.len())
            {
                received.set(self.receive(count, state.troubles).fuse());
            }
            let is_due = state.done.len() >= MAX_BATCH
                || state.flush_at.is_some_and(|time| time <= Instant::now());
            if is_due || held.is_empty() && !state.done.is_empty() {
                settling.push(self.settle(state.batch()));
            }
            if held.is_empty() && settling.is_empty() && received.is_terminated() {
                self.add(Totals {
                    damaged: self.damaged.borrow().len() as u64,
                    kept: self.kept.borrow().len() as u64,
                    ..Totals::default()
                });
                return self.ended(state.failure);
            }
            let flush_at = state.flush_at.unwrap_or_else(Instant::now);
            tokio::select! {
                phase = &mut next_phase => {
                    state.is_over = true;
                    self.phases.begin(phase);
                    next_phase.set(self.phases.next(&self.ctx.stop, self.terms.limit).fuse());
                }
                batch = &mut received, if !received.is_terminated() => {
                    let messages = self.sort(batch, &mut state).into_iter();
                    held.extend(messages.map(|message| self.handle(message)));
                }
                Some(end) = held.next() => {
                    let next = self.after(end, &mut state);
                    settling.extend(next.map(|next| self.settle(next)));
                }
                Some(settled) = settling.next() => if let Err(error) = settled {
                    self.fail(error, &mut state);
                },
                () = sleep_until(flush_at), if state.flush_at.is_some() => {}
            }
        }
    }

    fn ended(&self, failure: Option<Error>) -> (Totals, Result<()>) {
        let totals = self.totals.get();
        let ended = failure.map_or(Ok(()), |error| Err(totals.told_with(error)));
        (totals, ended)
    }

    fn fail(&self, error: Error, state: &mut State) {
        state.is_over = true;
        state.failure.get_or_insert(error);
        self.phases.close();
    }

    /// How many messages to receive now. Full batches, unless nobody would have anything to do.
    fn room(&self, held: usize) -> Option<usize> {
        let desks = self.terms.concurrency.max(1);
        let wanted = self.terms.exit_after.map_or(usize::MAX, |all| {
            let left = all.saturating_sub(self.counted.get());
            usize::try_from(left).unwrap_or(usize::MAX)
        });
        let room = wanted.min(desks + self.ahead(desks)).saturating_sub(held);
        let is_idle = held < desks;
        (room >= MAX_BATCH || is_idle && room > 0).then_some(room.min(MAX_BATCH))
    }

    /// How many messages may wait beside those in work.
    fn ahead(&self, desks: usize) -> usize {
        let Some(usual) = self.usual.get().filter(|usual| !usual.is_zero()) else {
            return AHEAD;
        };
        let rounds = AHEAD_TIME.as_nanos() / usual.as_nanos();
        let rounds = usize::try_from(rounds).unwrap_or(AHEAD);
        rounds.saturating_mul(desks).min(AHEAD)
    }

    /// Receives, after a pause that grows with the receipts that failed in a row.
    async fn receive(&self, count: usize, troubles: u32) -> Result<Vec<Message>> {
        if troubles > 0 {
            let seconds = 1 << (troubles - 1).min(5);
            sleep(Duration::from_secs(seconds).min(LONGEST_PAUSE)).await;
        }
        let wait = if self.terms.drain {
            LAST_WAIT
        } else {
            MAX_WAIT
        };
        let received = self
            .mns
            .batch_receive(self.ctx, self.queue, count, Some(wait));
        received.await
    }

    /// Looks at what was received, and decides whether to go on.
    fn sort(&self, batch: Result<Vec<Message>>, state: &mut State) -> Vec<Message> {
        match batch {
            Ok(messages) => {
                state.is_reached = true;
                state.troubles = 0;
                // A batch of what was put back proves nothing: it may hide all that is behind it.
                state.is_over |= self.terms.drain && messages.is_empty();
                messages
            }
            Err(error) if state.is_reached && error.details.retryable => {
                if state.troubles == 0 {
                    let why = error.told(": ");
                    self.ctx
                        .out
                        .warn(&format!("the queue cannot be reached, trying on: {why}"));
                }
                state.troubles += 1;
                Vec::new()
            }
            Err(error) => {
                self.fail(error, state);
                Vec::new()
            }
        }
    }

    /// Says what is to be asked of the queue now.
    fn after(&self, end: (String, Result<Verdict>), state: &mut State) -> Option<Settling> {
        let (handle, verdict) = end;
        match verdict {
            Ok(Verdict::Delete) => {
                state.done.push(handle);
                let at = Instant::now() + GATHERING;
                state.flush_at.get_or_insert(at);
                None
            }
            Ok(Verdict::Keep(seconds) | Verdict::Pass(seconds)) => {
                Some(Settling::PutBack(handle, seconds))
            }
            Err(error) => {
                self.fail(error, state);
                Some(Settling::PutBack(handle, AT_ONCE))
            }
        }
    }

    /// Deletes, or puts back. A message that cannot be put back comes back by itself, only later.
    async fn settle(&self, what: Settling) -> Result<()> {
        let (ctx, queue) = (self.ctx, self.queue);
        let handles = match what {
            Settling::PutBack(handle, seconds) => {
                let changed = self
                    .mns
                    .change_visibility(ctx, queue, &handle, seconds)
                    .await;
                if let Err(error) = changed {
                    self.warn_once("a message cannot be put back and comes back later", &error);
                }
                return Ok(());
            }
            Settling::Delete(handles) => handles,
        };
        let all = handles.len() as u64;
        let handles: Vec<&str> = handles.iter().map(String::as_str).collect();
        let deleted = self.mns.batch_delete(ctx, queue, &handles).await;
        let failed = deleted.as_ref().map_or(all, |codes| codes.len() as u64);
        self.add(Totals {
            deleted: all - failed,
            again: failed,
            ..Totals::default()
        });
        match deleted {
            Ok(codes) => {
                if let Some(code) = codes.first() {
                    let words = format!(
                        "done with, but not deleted in time: {failed} of {}, which will come once more: {code}",
                        counted(all, "message", "messages"),
                    );
                    ctx.out.warn(&words);
                }
                Ok(())
            }
            Err(error) if error.details.retryable => {
                // Where the answer was lost they may be gone.
                let come = match error.details.applied {
                    Applied::No => "will come",
                    Applied::Yes | Applied::Unknown => "may come",
                };
                let words = format!(
                    "done with, but cannot be deleted: {}, which {come} once more: {}",
                    counted(all, "message", "messages"),
                    error.told(": ")
                );
                ctx.out.warn(&words);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    fn add(&self, more: Totals) {
        let now = self.totals.get();
        self.totals.set(Totals {
            deleted: now.deleted + more.deleted,
            kept: now.kept + more.kept,
            again: now.again + more.again,
            damaged: now.damaged + more.damaged,
        });
    }

    fn warn_once(&self, what: &str, error: &Error) {
        let words = format!("{what}: {error}");
        if self.warned.replace(true) {
            self.ctx.out.detail(&words);
        } else {
            self.ctx.out.warn(&words);
        }
    }
}
