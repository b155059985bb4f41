//! One write and the certainty about it.
//!
//! The old state is recorded, the whole configuration is written, and the target is read back. An
//! answer that is lost is settled by reading: the write took effect, or it did not and is sent again, or
//! nobody can tell and the user is told so.

use std::time::Duration;

use super::diff::{self, Difference, Verdict};
use super::history::{self, Entry};
use super::record::Ended;
use crate::callback::{Auth, Callback};
use crate::context::Context;
use crate::error::{Applied, Error, Kind, Result};
use crate::event::EventSelection;
use crate::http::backoff::LONGEST_WISH;
use crate::target::Target;
use crate::vod::client::Reading;
use crate::vod::{Vod, wire};

/// How often and how long a reading that still shows the old state is repeated: nothing documents
/// how soon a change can be seen.
const PATIENCE: [Duration; 3] = [
    Duration::from_millis(100),
    Duration::from_millis(300),
    Duration::from_millis(900),
];

/// One write, from the record of the old state to the certainty about the new one.
pub struct Writing<'a> {
    /// The surroundings.
    pub ctx: &'a Context,
    /// VOD at the target's centre.
    pub vod: &'a Vod,
    /// The target.
    pub target: &'a Target,
    /// What is configured.
    pub before: Option<&'a Callback>,
    /// What is wanted.
    pub after: Option<&'a Callback>,
}

/// A write that took effect.
pub struct Settled {
    /// What was read back.
    pub reading: Reading,
    /// Its number in the history; `None` when nothing is recorded.
    pub number: Option<u64>,
}

/// What a reading shows beside a write.
enum Seen {
    /// What was wanted; the text says what the service does not show of it.
    Wanted(Option<String>),
    /// What was there before.
    Old,
    /// Something else.
    Other,
}

impl Writing<'_> {
    /// Records the old state, does what has to be done before the write, writes, and does not rest before it
    /// is known how that ended. The record comes first: without it nothing at all is done.
    ///
    /// # Errors
    /// Those of `prepare`; the service's refusal; a conflict when something else is stored; an unknown outcome.
    pub async fn record_and_settle(
        &self,
        command: &str,
        prepare: impl AsyncFnOnce() -> Result<()>,
    ) -> Result<Settled> {
        let Writing {
            ctx, vod, target, ..
        } = self;
        let caller = &vod.client.caller;
        let pending = history::record(
            ctx,
            &Entry {
                command,
                endpoint: vod.place(),
                account_id: caller.account_id(),
                access_key_id: caller.shown_id(),
                target,
                before: self.before,
                after: self.after,
            },
        )
        .await?;
        if let Err(error) = prepare().await {
            pending.end(ctx, Ended::NotWritten, Err(&error)).await;
            return Err(error);
        }
        let so_far = ctx.applied.get();
        let mut result = self.settle().await;
        let number = pending.number();
        if let (Err(error), Some(number)) = (&mut result, number)
            && matches!(error.kind, Kind::UnknownOutcome | Kind::Conflict)
        {
            error.hints.push(self.way_back(number));
        }
        let (applied, ended) = match &result {
            Ok(_) => (Applied::Yes, Ended::Written),
            Err(error) if error.details.applied == Applied::No => (Applied::No, Ended::NotWritten),
            Err(_) => (Applied::Unknown, Ended::Unknown),
        };
        ctx.applied.set(so_far.and(applied));
        let settled = result.as_ref().map(|reading| reading.callback.as_ref());
        pending.end(ctx, ended, settled).await;
        result.map(|reading| Settled { reading, number })
    }

    /// Writes until the target is as wanted, or certainly is not, or nobody can tell.
    async fn settle(&self) -> Result<Reading> {
        let mut resent = 0;
        let mut in_flight = false;
        loop {
            let lost = self.send().await.err();
            in_flight |= lost.as_ref().is_some_and(|error| error.details.in_flight);
            if let Some(error) = lost
                .as_ref()
                .filter(|error| error.details.applied == Applied::No && !in_flight)
            {
                return Err(error.clone());
            }
            let reading = match self.read_back().await {
                Ok(reading) => reading,
                Err(why) => return Err(self.unread(lost.as_ref(), &why)),
            };
            let seen = self.seen(&reading, lost.is_some());
            match (seen, lost) {
                (Seen::Wanted(unseen), lost) => {
                    self.tell(lost.as_ref(), unseen.as_deref());
                    return Ok(reading);
                }
                (Seen::Old, Some(error))
                    if error.details.retryable && resent < self.vod.client.retries =>
                {
                    resent += 1;
                    self.pause(&error, resent).await;
                }
                (Seen::Old, Some(error)) if !in_flight && !self.looks_alike() => {
                    let error = error.cause("reading back shows that nothing was written");
                    return Err(error.applied(Applied::No));
                }
                (Seen::Old, Some(error)) => return Err(self.unsettled(&error)),
                (Seen::Old | Seen::Other, lost) => {
                    return Err(self.otherwise(lost.as_ref(), reading.callback.as_ref()));
                }
            }
        }
    }

    async fn send(&self) -> Result<()> {
        let Writing {
            ctx, vod, target, ..
        } = self;
        match self.after {
            Some(callback) => vod.set(ctx, &target.app_id, callback).await?,
            None => vod.delete(ctx, &target.app_id).await?,
        };
        Ok(())
    }

    /// Reads until the target is no longer as it was before, within patience.
    async fn read_back(&self) -> Result<Reading> {
        let mut pauses = PATIENCE.iter();
        loop {
            let reading = self.vod.get(self.ctx, &self.target.app_id).await?;
            let old = matches!(self.seen(&reading, true), Seen::Old);
            match pauses.next() {
                Some(pause) if old && !self.looks_alike() => tokio::time::sleep(*pause).await,
                _ => return Ok(reading),
            }
        }
    }

    /// After a lost answer the old state proves nothing, even where it passes for the new one: a
    /// hidden key, or a full list for `ALL`.
    fn seen(&self, reading: &Reading, answer_lost: bool) -> Seen {
        let stored = reading.callback.as_ref();
        let old = Difference::between(self.before, stored).is_empty();
        match diff::judge(self.after, stored) {
            _ if old && answer_lost => Seen::Old,
            Verdict::Same => Seen::Wanted(None),
            Verdict::SameButUnseen(_) if self.shows_key(reading) => Seen::Wanted(None),
            Verdict::SameButUnseen(what) => Seen::Wanted(Some(what)),
            Verdict::Different if old => Seen::Old,
            Verdict::Different => Seen::Other,
        }
    }

    /// Whether a key that passes for a mask is the one that was sent.
    fn shows_key(&self, reading: &Reading) -> bool {
        let sent = self.after.and_then(Callback::auth);
        let sent = sent.and_then(Auth::known_key);
        sent.is_some_and(|key| wire::shows_key(&reading.text, key))
    }

    /// True when the old and the new state cannot be told apart by reading.
    fn looks_alike(&self) -> bool {
        diff::judge(self.after, self.before) != Verdict::Different
    }

    async fn pause(&self, error: &Error, resent: u32) {
        let out = &self.ctx.out;
        out.detail(&format!(
            "{error}; the old state is read back, sending again ({resent} of {})",
            self.vod.client.retries
        ));
        if let Some(wish) = error.details.retry_after {
            tokio::time::sleep(wish.min(LONGEST_WISH)).await;
        }
    }

    fn tell(&self, lost: Option<&Error>, unseen: Option<&str>) {
        let (out, target) = (&self.ctx.out, self.target);
        if let Some(error) = lost {
            out.warn(&format!(
                "{target}: {error}, but reading back shows that it was written"
            ));
        }
        if let Some(unseen) = unseen {
            out.warn(&format!("{target}: {unseen}"));
        }
    }

    /// The write was sent, and reading back failed.
    fn unread(&self, lost: Option<&Error>, why: &Error) -> Error {
        let said = lost.map_or_else(
            || "the service accepted it".to_owned(),
            |error| format!("its answer was lost: {error}"),
        );
        self.unknown(
            format!(
                "the change of {} was sent, but could not be read back",
                self.target
            ),
            lost,
        )
        .cause(said)
        .cause(format!("reading back: {why}"))
    }

    /// The write may still be under way, or cannot be seen.
    fn unsettled(&self, lost: &Error) -> Error {
        self.unknown(
            format!(
                "the change of {} was sent, and nobody can tell whether it took effect",
                self.target
            ),
            Some(lost),
        )
        .cause(lost.message.clone())
        .cause("reading back shows the old state, but the change may still be under way")
    }

    fn way_back(&self, number: u64) -> String {
        let undo = self.ctx.again_at(self.target, &format!("undo {number}"));
        format!(
            "the state before is in the history: vodcb history show {number} shows it, {undo} restores it"
        )
    }

    fn unknown(&self, message: String, lost: Option<&Error>) -> Error {
        let mut error = Error::new(Kind::UnknownOutcome, message)
            .hint(format!(
                "look before doing anything else: {}",
                self.ctx.again_at(self.target, "get")
            ))
            .applied(Applied::Unknown);
        error.details.request_id = lost.and_then(|error| error.details.request_id.clone());
        error
    }

    /// The write was sent, and the target is not as wanted.
    fn otherwise(&self, lost: Option<&Error>, stored: Option<&Callback>) -> Error {
        let fields: Vec<String> = Difference::between(self.after, stored)
            .fields
            .iter()
            .map(|change| {
                format!(
                    "{} is {}, not {}",
                    change.field, change.after, change.before
                )
            })
            .collect();
        let (kind, what) = match lost {
            Some(_) => (
                Kind::UnknownOutcome,
                "the answer to the change was lost, and what is stored is neither the old nor the new state",
            ),
            None => (
                Kind::Conflict,
                "the service accepted the change, but stores something else; perhaps somebody else wrote at the same time",
            ),
        };
        let mut error = Error::new(kind, format!("{}: {what}", self.target)).cause(format!(
            "different from what was sent: {}",
            fields.join("; ")
        ));
        let sends = |callback: Option<&Callback>| {
            callback.is_some_and(|callback| callback.events != EventSelection::None)
        };
        if sends(self.after) && !sends(stored) {
            error = error.cause(match stored {
                Some(_) => "every event is off now, so nothing is sent",
                None => "no callback is configured now, so nothing is sent",
            });
        }
        error
            .hint(format!(
                "look at it, then decide anew: {}",
                self.ctx.again_at(self.target, "get")
            ))
            .applied(Applied::Unknown)
    }
}
