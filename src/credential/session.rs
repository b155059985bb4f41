//! A key that stays valid over the time of a run.
//!
//! It is kept in memory only and renewed before it ends. While a renewal fails, the old key is used
//! as long as it is good, so that a long command has no gap.

use std::cell::RefCell;
use std::rc::Rc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use super::recipe::Recipe;
use super::{Credential, Issued};
use crate::context::Context;
use crate::error::Result;

/// A key with this much time left is renewed, as the SDKs do; one that lives shorter than four times
/// that, at three quarters of its life.
const MARGIN: SignedDuration = SignedDuration::from_secs(180);

/// The longest pause after a renewal that failed: a source that is out of order must not hold up call
/// after call while the key is good.
const BREATH: SignedDuration = SignedDuration::from_secs(10);

/// A caller over time; clones share the key.
#[derive(Debug, Clone)]
pub struct Session {
    recipe: Recipe,
    from: Option<Rc<str>>,
    held: Rc<RefCell<Held>>,
    /// Calls under way at the same time have the key renewed once.
    turn: Rc<Mutex<()>>,
}

#[derive(Debug, Clone)]
struct Held {
    issued: Issued,
    since: Timestamp,
    /// After a renewal that failed, the next one waits until then.
    not_before: Timestamp,
    /// How often the key was renewed.
    renewals: u32,
}

impl Session {
    /// A session that begins with this key, which the recipe gave just now.
    pub fn new(recipe: Recipe, issued: Issued, now: Timestamp) -> Self {
        Session {
            recipe,
            from: None,
            held: Rc::new(RefCell::new(Held {
                issued,
                since: now,
                not_before: now,
                renewals: 0,
            })),
            turn: Rc::default(),
        }
    }

    /// The same session, which tells where its keys come from when there is none.
    #[must_use]
    pub fn coming_from(self, from: &str) -> Self {
        Session {
            from: Some(from.into()),
            ..self
        }
    }

    /// A session whose key never changes.
    pub fn fixed(credential: Credential) -> Self {
        let issued = credential.clone().into();
        Session::new(Recipe::Static(credential), issued, Timestamp::UNIX_EPOCH)
    }

    /// The key as it is, without renewing it.
    pub fn held(&self) -> Issued {
        self.held.borrow().issued.clone()
    }

    /// The key to sign with now.
    ///
    /// # Errors
    /// When the key has ended and cannot be renewed.
    pub async fn current(&self, ctx: &Context) -> Result<Credential> {
        if !self.is_due(ctx) {
            return Ok(self.held().credential);
        }
        let _turn = self.turn.lock().await;
        if !self.is_due(ctx) {
            return Ok(self.held().credential);
        }
        let error = match self.fetch(ctx).await {
            Ok(credential) => return Ok(credential),
            Err(error) => error,
        };
        // The failure itself may have taken longer than the breath, or than the key had left.
        let now = ctx.service_time();
        let issued = self.held();
        if issued.has_ended(now) {
            return Err(error);
        }
        let left = issued
            .expires
            .map_or(BREATH, |time| time.duration_since(now) / 5);
        let breath = left.min(BREATH);
        self.held.borrow_mut().not_before = now.checked_add(breath).unwrap_or(now);
        ctx.out
            .warn(&format!("the key could not be renewed yet: {error}"));
        Ok(issued.credential)
    }

    fn is_due(&self, ctx: &Context) -> bool {
        let held = self.held.borrow();
        let now = ctx.service_time();
        let too_early = !held.issued.has_ended(now) && now < held.not_before;
        held.is_due(now) && self.recipe.renews() && !too_early
    }

    /// A fresh key, whatever time the held one has left; the one that another call fetches meanwhile
    /// is fresh, too.
    ///
    /// # Errors
    /// As [`Recipe::carry_out`].
    pub async fn renew(&self, ctx: &Context) -> Result<Credential> {
        let seen = self.held.borrow().renewals;
        let _turn = self.turn.lock().await;
        if self.held.borrow().renewals != seen {
            return Ok(self.held().credential);
        }
        self.fetch(ctx).await
    }

    async fn fetch(&self, ctx: &Context) -> Result<Credential> {
        let issued = self.recipe.next().carry_out(ctx).await;
        let issued = issued.map_err(|error| match &self.from {
            Some(from) => error.cause(format!("the key comes from {from}")),
            None => error,
        })?;
        let credential = issued.credential.clone();
        ctx.out.detail("the temporary key was renewed");
        let now = ctx.service_time();
        let mut held = self.held.borrow_mut();
        *held = Held {
            issued,
            since: now,
            not_before: now,
            renewals: held.renewals + 1,
        };
        Ok(credential)
    }

    /// The account of the key, where its source tells it without a call.
    pub fn account_id(&self) -> Option<&str> {
        self.recipe.account_id()
    }

    /// True when a fresh key can be had.
    pub fn renews(&self) -> bool {
        self.recipe.renews()
    }
}

impl Held {
    fn is_due(&self, now: Timestamp) -> bool {
        self.issued.expires.is_some_and(|expires| {
            let quarter = expires.duration_since(self.since) / 4;
            expires.duration_since(now) <= MARGIN.min(quarter)
        })
    }
}
