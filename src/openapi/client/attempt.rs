//! One attempt at a call: why it was not carried out, and whether another one helps.

use std::cell::Cell;
use std::time::Duration;

use jiff::SignedDuration;

use crate::context::Context;
use crate::credential::session::Session;
use crate::error::Result;
use crate::http::{self, Failure, backoff, clock};
use crate::openapi::refusal::{Cause, Refusal};

/// An attempt that was not carried out, as far as we know.
#[derive(Debug)]
pub enum Miss {
    /// The service says why.
    Refused(Refusal, Clues),
    /// The answer is none of the service's: its status, and what it is.
    Nonsense(u16, String),
    /// There is no answer.
    Lost(Failure),
}

/// What a refusal says beside its body, and what it was given to.
#[derive(Debug)]
pub struct Clues {
    /// After which time the service wishes to be asked again.
    pub retry_after: Option<Duration>,
    /// The service's time.
    pub date: Option<String>,
    /// What was signed.
    pub string_to_sign: String,
}

impl Miss {
    /// Why it was not carried out, in a few words; the message of a refusal may quote what was sent.
    fn why(&self) -> &str {
        match self {
            Miss::Refused(refusal, _) => &refusal.code,
            Miss::Nonsense(_, description) => description,
            Miss::Lost(failure) => &failure.message,
        }
    }

    /// A refusal proves that nothing happened, unless the server broke down over it, or says that it was
    /// handed the same request before.
    pub fn may_have_taken_effect(&self) -> bool {
        match self {
            Miss::Refused(refusal, _) => {
                matches!(refusal.cause(), Cause::ServerTrouble | Cause::SentTwice)
            }
            Miss::Nonsense(..) => true,
            Miss::Lost(failure) => failure.sent,
        }
    }

    /// Whether nobody says that the service is done with it, so that what is read back proves nothing yet.
    pub fn may_be_under_way(&self) -> bool {
        match self {
            Miss::Refused(refusal, _) => {
                refusal.cause() == Cause::SentTwice || http::is_lost_by_gateway(refusal.status)
            }
            Miss::Nonsense(status, _) => http::is_lost_by_gateway(*status),
            Miss::Lost(failure) => failure.sent,
        }
    }
}

/// A call that is tried again where that helps; each correction is made once.
pub struct Tries<'a> {
    ctx: &'a Context,
    what: &'a str,
    retries: u32,
    clock_offset: &'a Cell<SignedDuration>,
    session: Option<&'a Session>,
    again: u32,
    clock_corrected: bool,
    key_renewed: bool,
}

/// What to do about a miss.
enum Next {
    Again(Duration),
    AgainWithClock(SignedDuration),
    AgainWithFreshKey,
    GiveUp,
}

impl<'a> Tries<'a> {
    /// Of a call by this name. What a refusal tells of the clock is learnt for all calls.
    pub fn new(
        ctx: &'a Context,
        what: &'a str,
        retries: u32,
        clock_offset: &'a Cell<SignedDuration>,
        session: Option<&'a Session>,
    ) -> Self {
        Tries {
            ctx,
            what,
            retries,
            clock_offset,
            session: session.filter(|session| session.renews()),
            again: 0,
            clock_corrected: false,
            key_renewed: false,
        }
    }

    fn next(&self, miss: &Miss) -> Next {
        let wish = match miss {
            Miss::Refused(refusal, clues) => match refusal.cause() {
                Cause::ClockOff if !self.clock_corrected => {
                    return clock::offset(clues.date.as_deref(), (self.ctx.now)())
                        .map_or(Next::GiveUp, Next::AgainWithClock);
                }
                Cause::BadToken if !self.key_renewed && self.session.is_some() => {
                    return Next::AgainWithFreshKey;
                }
                cause if cause.passes() => clues.retry_after,
                _ => return Next::GiveUp,
            },
            Miss::Nonsense(status, _) if http::is_last_word(*status) => return Next::GiveUp,
            Miss::Nonsense(..) | Miss::Lost(_) => None,
        };
        if self.again >= self.retries {
            return Next::GiveUp;
        }
        Next::Again(wish.map_or_else(
            || backoff::pause(self.ctx.random, self.again),
            |wish| wish.min(backoff::LONGEST_WISH),
        ))
    }

    /// Corrects what kept the call back, or waits a while; false where there is no point in another attempt.
    ///
    /// # Errors
    /// Those of renewing the key.
    pub async fn prepare(&mut self, miss: &Miss) -> Result<bool> {
        match self.next(miss) {
            Next::GiveUp => return Ok(false),
            Next::AgainWithClock(offset) => {
                self.clock_corrected = true;
                if let Some(words) = clock::learn(self.clock_offset, offset) {
                    self.ctx.out.warn(&words);
                }
            }
            Next::AgainWithFreshKey => {
                self.key_renewed = true;
                if let Some(session) = self.session {
                    session.renew(self.ctx).await?;
                }
            }
            Next::Again(pause) => {
                self.again += 1;
                self.ctx.out.detail(&format!(
                    "{} failed, trying again in {} ms ({} of {}): {}",
                    self.what,
                    pause.as_millis(),
                    self.again,
                    self.retries,
                    miss.why()
                ));
                tokio::time::sleep(pause).await;
            }
        }
        Ok(true)
    }
}
