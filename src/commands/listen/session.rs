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

/// Notices that are shown together, when so many wait.
const BATCH: usize = 64;

/// Different warnings of a kind that are given; strangers can make up more.
const MOST_WARNINGS: usize = 100;

/// One run of the receiver, as its user sees it.
pub(super) struct Session<'a> {
    ctx: &'a Context,
    told: Receiver<Notice>,
    exit_after: Option<u64>,
    expected: bool,
    /// The expectations that nothing met so far.
    missing: Vec<Expectation>,
    /// What was warned of, apart for what was turned away: any path is a new one.
    warned: HashSet<String>,
    warned_of_paths: HashSet<String>,
    sum: Summing,
    /// Warnings about what is being shown.
    warnings: Vec<String>,
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
            warned_of_paths: HashSet::new(),
            sum: Summing::new(),
            warnings: Vec::new(),
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
        let mut notices = Vec::new();
        while !self.is_done() {
            tokio::select! {
                _ = self.told.recv_many(&mut notices, BATCH) => self.show(&mut notices)?,
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
        let mut notices = Vec::new();
        while self.told.recv_many(&mut notices, BATCH).await > 0 {
            self.show(&mut notices)?;
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
        Ok(if met && self.sum.not_saved == 0 {
            Exit::Ok
        } else {
            Exit::Negative
        })
    }

    fn is_done(&self) -> bool {
        let enough = |most| self.sum.deliveries >= most;
        self.exit_after.is_some_and(enough) || self.expected && self.missing.is_empty()
    }

    /// Shows notices at once, and then what is to be warned of.
    fn show(&mut self, notices: &mut Vec<Notice>) -> Result<()> {
        let out = &self.ctx.out;
        let mut shown = String::new();
        for notice in notices.drain(..) {
            match notice {
                Notice::Delivery(delivery) => {
                    let line = |_| listen::delivery_line(&delivery);
                    shown += &out.piece(&listen::delivery(&delivery), line)?;
                    self.count(&delivery);
                }
                Notice::Forwarded(forwarded) => {
                    let line = |_| listen::forwarded_line(&forwarded);
                    shown += &out.piece(&listen::forwarded(&forwarded), line)?;
                }
                Notice::TurnedAway(told) => {
                    self.sum.turned_away += 1;
                    let warning = listen::turned_away(&told);
                    self.warnings
                        .extend(once(&mut self.warned_of_paths, warning));
                }
                Notice::NotAccepted(why) => {
                    let warning = format!("connections cannot be accepted: {why}");
                    self.warnings.extend(once(&mut self.warned, warning));
                }
            }
        }
        out.print(&shown)?;
        for warning in self.warnings.drain(..) {
            out.warn(&warning);
        }
        Ok(())
    }

    fn count(&mut self, delivery: &Delivery) {
        if let Verdict::Wrong(reasons) = &delivery.verdict {
            for reason in reasons {
                let warning = format!("a signature is wrong: {reason}");
                self.warnings.extend(once(&mut self.warned, warning));
            }
        }
        match &delivery.saved {
            Some(Err(why)) => {
                self.sum.not_saved += 1;
                self.warnings.push(format!(
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
}

/// A warning that was not given yet: what is wrong with one delivery is usually wrong with all.
fn once(given: &mut HashSet<String>, warning: String) -> Option<String> {
    let is_new = given.len() < MOST_WARNINGS && given.insert(warning.clone());
    is_new.then_some(warning)
}
