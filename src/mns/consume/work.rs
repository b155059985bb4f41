//! One message, from its receipt to its verdict.

use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::phase::Phase;
use super::state::Hold;
use super::{AT_ONCE, Reader, Verdict, pause_after};
use crate::error::Result;
use crate::mns::message::Message;

/// Seconds that a message in work is kept out of sight longer, again and again.
const EXTENSION: u32 = 60;
/// No earlier than this before a message comes back it is kept out of sight longer.
const MARGIN: Duration = Duration::from_secs(10);

impl<W> Reader<'_, W>
where
    W: AsyncFn(&Message) -> Result<Verdict>,
{
    /// From receipt to verdict.
    pub(super) async fn handle(&self, message: Message) -> (String, Result<Verdict>) {
        let hold = Hold::new(&message);
        let known = self.put_back.borrow().get(&message.id);
        let verdict = match known {
            // Whoever drains gets past it in the end, however many there are.
            Some(seconds) if self.terms.drain => Ok(Verdict::Pass(
                pause_after(message.dequeue_count).max(seconds),
            )),
            Some(seconds) => Ok(Verdict::Pass(seconds)),
            None if self.is_damaged(&message) => {
                // Not put to those that are left alone: what comes again is worked on.
                let verdict = Verdict::Pass(pause_after(message.dequeue_count));
                self.damaged.borrow_mut().insert(message.id);
                return (hold.handle.take(), Ok(verdict));
            }
            None => {
                self.damaged.borrow_mut().remove(&message.id);
                let done = Notify::new();
                let worked = async {
                    let verdict = self.work_on(&message).await;
                    done.notify_one();
                    verdict
                };
                tokio::join!(worked, self.keep_hidden(&hold, &done)).0
            }
        };
        self.count(&message.id, &verdict);
        if let Ok(Verdict::Keep(seconds) | Verdict::Pass(seconds)) = verdict
            && (self.terms.once || self.terms.drain)
        {
            self.put_back.borrow_mut().insert(message.id, seconds);
        }
        (hold.handle.take(), verdict)
    }

    /// Counts a message at its first verdict, so that one that comes again and again counts once.
    fn count(&self, id: &str, verdict: &Result<Verdict>) {
        let mut kept = self.kept.borrow_mut();
        let is_new = match verdict {
            Ok(Verdict::Delete) => !kept.remove(id),
            Ok(Verdict::Keep(_)) => kept.insert(id.to_owned()),
            Ok(Verdict::Pass(_)) | Err(_) => false,
        };
        self.counted.set(self.counted.get() + u64::from(is_new));
    }

    /// Whether a message is to be received anew since it differs from its checksum. A difference that comes
    /// again is no accident on the way, and must not hold the message back until the queue drops it.
    fn is_damaged(&self, message: &Message) -> bool {
        if message.is_intact() {
            return false;
        }
        let (is_first, id) = (message.dequeue_count <= 1, &message.id);
        self.ctx.out.warn(&match is_first {
            true => format!("message {id} came damaged and is received anew"),
            false => format!("message {id} differs from its checksum again and is taken as it is"),
        });
        is_first
    }

    async fn work_on(&self, message: &Message) -> Result<Verdict> {
        let _desk = tokio::select! {
            biased;
            () = self.phases.reaches(Phase::Closing) => return Ok(Verdict::Pass(AT_ONCE)),
            desk = self.desks.acquire() => desk,
        };
        let begun = Instant::now();
        let verdict = tokio::select! {
            () = self.phases.reaches(Phase::Cut) => return Ok(Verdict::Pass(AT_ONCE)),
            verdict = (self.work)(message) => verdict,
        };
        let took = begun.elapsed();
        let usual = self
            .usual
            .get()
            .map_or(took, |usual| (usual * 3 + took) / 4);
        self.usual.set(Some(usual));
        verdict
    }

    /// Keeps a message out of sight of others until it is done with, or lost.
    async fn keep_hidden(&self, hold: &Hold, done: &Notify) {
        loop {
            let now = Instant::now();
            let left = hold.until.get().saturating_duration_since(now);
            if left.is_zero() {
                return;
            }
            tokio::select! {
                () = done.notified() => return,
                () = sleep_until(now + left - MARGIN.min(left / 3)) => {}
            }
            let handle = hold.handle.borrow().clone();
            let (ctx, mns) = (self.ctx, self.mns);
            match mns
                .change_visibility(ctx, self.queue, &handle, EXTENSION)
                .await
            {
                Ok(handle) => {
                    hold.handle.replace(handle);
                    let until = Instant::now() + Duration::from_secs(EXTENSION.into());
                    hold.until.set(until);
                }
                Err(error) => {
                    self.warn_once("a message in work cannot be kept out of sight", &error)
                }
            }
        }
    }
}
