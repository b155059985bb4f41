//! What is shown of a receiver's notices, and when there is enough.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::mpsc::Receiver;

use crate::context::Context;
use crate::delivery::expect::Expectation;
use crate::delivery::notice::{Delivery, Notice, Verdict};
use crate::error::Result;
use crate::exit::Exit;
use crate::render::listen::{self, Summing};

/// Different warnings that are given; strangers can make up more.
const MOST_WARNINGS: usize = 100;

/// One run of the receiver, as its user sees it.
pub(super) struct Session<'a> {
    ctx: &'a Context,
    told: Receiver<Notice>,
    exit_after: Option<u64>,
    expected: bool,
    /// The expectations that nothing met so far.
    missing: Vec<Expectation>,
    warned: HashSet<String>,
    sum: Summing,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        ctx: &'a Context,
        told: Receiver<Notice>,
        exit_after: Option<u64>,
        expectations: Vec<Expectation>,
    ) -> Self {
        Session {
            ctx,
            told,
            exit_after,
            expected: !expectations.is_empty(),
            missing: expectations,
            warned: HashSet::new(),
            sum: Summing::new(),
        }
    }

    /// Shows what comes until there is enough, the time is up, or a signal came.
    ///
    /// # Errors
    /// When it cannot be shown.
    pub(super) async fn until_done(&mut self, time: Option<Duration>) -> Result<()> {
        let ctx = self.ctx;
        let mut end = std::pin::pin!(async {
            match time {
                Some(time) => tokio::time::sleep(time).await,
                None => std::future::pending().await,
            }
        });
        let mut asked = std::pin::pin!(ctx.stop.asked());
        while !self.is_done() {
            tokio::select! {
                Some(notice) = self.told.recv() => self.take(notice)?,
                () = &mut end => break,
                () = &mut asked => break,
            }
        }
        Ok(())
    }

    /// Shows the rest, until nothing is under way any more.
    ///
    /// # Errors
    /// When it cannot be shown.
    pub(super) async fn until_quiet(&mut self) -> Result<()> {
        while let Some(notice) = self.told.recv().await {
            self.take(notice)?;
        }
        Ok(())
    }

    /// Sums up.
    ///
    /// # Errors
    /// When it cannot be shown.
    pub(super) fn close(mut self) -> Result<Exit> {
        let met = if self.expected {
            self.missing.is_empty()
        } else {
            self.exit_after
                .is_none_or(|most| self.sum.deliveries >= most)
        };
        let texts = self.missing.into_iter().map(|missing| missing.text);
        self.sum.missing = texts.collect();
        self.ctx.out.line(&self.sum, |_| self.sum.text())?;
        Ok(if met { Exit::Ok } else { Exit::Negative })
    }

    fn is_done(&self) -> bool {
        let enough = |most| self.sum.deliveries >= most;
        self.exit_after.is_some_and(enough) || self.expected && self.missing.is_empty()
    }

    fn take(&mut self, notice: Notice) -> Result<()> {
        let out = &self.ctx.out;
        match notice {
            Notice::Delivery(delivery) => {
                out.line(&listen::delivery(&delivery), |_| {
                    listen::delivery_line(&delivery)
                })?;
                self.count(&delivery);
            }
            Notice::Forwarded(forwarded) => out.line(&listen::forwarded(&forwarded), |_| {
                listen::forwarded_line(&forwarded)
            })?,
            Notice::NotAccepted(why) => {
                self.warn_once(format!("connections cannot be accepted: {why}"));
            }
        }
        Ok(())
    }

    fn count(&mut self, delivery: &Delivery) {
        if let Verdict::Wrong(reasons) = &delivery.verdict {
            for reason in reasons {
                self.warn_once(format!("a signature is wrong: {reason}"));
            }
        }
        match &delivery.saved {
            Some(Err(why)) => {
                self.sum.not_saved += 1;
                self.ctx.out.warn(&format!(
                    "delivery #{} was answered 500, since it could not be saved: {why}",
                    delivery.number
                ));
            }
            _ if delivery.refused => self.sum.refused += 1,
            _ => {
                self.sum.deliveries += 1;
                self.sum.duplicates += u64::from(delivery.duplicate);
                self.meet(delivery);
            }
        }
    }

    fn meet(&mut self, delivery: &Delivery) {
        if self.missing.is_empty() {
            return;
        }
        if let Ok(event) = serde_json::from_slice::<Value>(&delivery.body) {
            self.missing.retain(|expected| !expected.is_met(&event));
        }
    }

    /// Once for each text: what is wrong with one delivery is usually wrong with all.
    fn warn_once(&mut self, warning: String) {
        if self.warned.len() < MOST_WARNINGS && !self.warned.contains(&warning) {
            self.ctx.out.warn(&warning);
            self.warned.insert(warning);
        }
    }
}
