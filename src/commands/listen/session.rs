//! What is shown of a receiver's notices, and when there is enough.

use std::collections::HashSet;
use std::time::Duration;

use tokio::sync::mpsc::Receiver;

use super::feed::Fed;
use crate::context::Context;
use crate::delivery::expect::Expectation;
use crate::delivery::notice::{Delivery, Notice, Verdict};
use crate::error::{Error, Kind, Result};
use crate::event::decode;
use crate::exit::Exit;
use crate::output::{Printer, Stream};
use crate::render::listen::{self, Summing};
use crate::text::counted;

/// Notices that are shown together, when so many wait.
const BATCH: usize = 64;

/// Different warnings of a kind that are given; strangers can make up more.
const MOST_WARNINGS: usize = 100;

const NOT_READ: &str = "standard output is not read, so lines are left out; receiving goes on";

/// One run of the receiver, as its user sees it.
pub(super) struct Session<'a> {
    ctx: &'a Context,
    told: Receiver<Notice>,
    exit_after: Option<u64>,
    /// Whether deliveries go elsewhere than to standard output, too.
    kept: bool,
    expected: bool,
    /// The expectations that nothing met so far.
    missing: Vec<Expectation>,
    /// What was warned of, apart for what was turned away: any path is a new one.
    warned: HashSet<String>,
    warned_of_paths: HashSet<String>,
    sum: Summing,
    /// Warnings about what is being shown.
    warnings: Vec<String>,
    /// Whether nothing that is shown arrives any more.
    is_blind: bool,
    /// What prints, so that nobody who reads slowly holds an answer up.
    lines: Printer,
    talk: Printer,
}

impl<'a> Session<'a> {
    /// # Errors
    /// A usage error when the system has no thread left.
    pub(super) fn new(
        ctx: &'a Context,
        told: Receiver<Notice>,
        exit_after: Option<u64>,
        expectations: Vec<Expectation>,
        kept: bool,
    ) -> Result<Self> {
        Ok(Session {
            ctx,
            told,
            exit_after,
            kept,
            expected: !expectations.is_empty(),
            missing: expectations,
            warned: HashSet::new(),
            warned_of_paths: HashSet::new(),
            sum: Summing::new(),
            warnings: Vec::new(),
            is_blind: false,
            lines: Printer::start(Stream::Results)?,
            talk: Printer::start(Stream::Talk)?,
        })
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
                _ = self.told.recv_many(&mut notices, BATCH) => self.show(&mut notices),
                ended = self.lines.ended(), if !self.is_blind => self.go_blind(ended)?,
                () = &mut end => break,
                () = &mut asked => break,
            }
        }
        Ok(())
    }

    /// Goes on where deliveries are kept elsewhere; those that nobody sees or keeps are for VOD to try again.
    fn go_blind(&mut self, ended: Result<()>) -> Result<()> {
        let error = ended.err().unwrap_or_else(|| {
            Error::new(Kind::Partial, "nobody reads standard output any more")
                .hint("to keep deliveries, whoever reads: --save FILE")
        });
        if !self.kept {
            return Err(error);
        }
        self.is_blind = true;
        let why = error.told(": ");
        let warning = format!("{why}, so lines are left out; receiving goes on");
        self.warnings.push(warning);
        self.warn();
        Ok(())
    }

    /// Shows the rest, until nothing is under way any more.
    pub(super) async fn until_quiet(&mut self) {
        let mut notices = Vec::new();
        while self.told.recv_many(&mut notices, BATCH).await > 0 {
            self.show(&mut notices);
        }
    }

    /// Counts messages of a queue in place of attempts: each was handed over once, or kept.
    pub(super) fn account(&mut self, fed: &Fed, exit_after: Option<u64>) {
        self.exit_after = exit_after.filter(|_| fed.ended.is_ok());
        self.sum.deliveries = fed.totals.deleted + fed.totals.again;
        self.sum.duplicates = fed.duplicates;
        self.sum.kept = Some(fed.totals.kept + fed.totals.damaged);
    }

    /// Sums up.
    ///
    /// # Errors
    /// When it cannot be shown.
    pub(super) async fn close(mut self) -> Result<Exit> {
        let met = if self.expected {
            self.missing.is_empty()
        } else {
            self.exit_after
                .is_none_or(|most| self.sum.deliveries >= most)
        };
        let texts = self.missing.drain(..).map(|missing| missing.text);
        self.sum.missing = texts.collect();
        let is_signalled = self.ctx.stop.signal().is_some();
        if self.is_blind {
            self.sum.not_shown += self.lines.unprinted();
            let lines = counted(self.sum.not_shown, "line was", "lines were");
            self.warnings.push(format!("{lines} not shown"));
        }
        let text = self.sum.text();
        if let Some(short) = self.short() {
            if !is_signalled {
                self.warnings.push(format!("the time was up after {short}"));
            }
            self.sum.missing.push(format!("--exit-after: {short}"));
        }
        let is_kept = self.sum.kept.is_some_and(|kept| kept > 0);
        let exit = if met && self.sum.not_saved == 0 && (!is_kept || is_signalled) {
            Exit::Ok
        } else {
            Exit::Negative
        };
        let summary = self.ctx.out.piece(&self.sum, |_| text);
        let summary = self.shown(summary);
        self.warn();
        self.end(summary).await?;
        Ok(exit)
    }

    /// How many came of those that were waited for, where they are too few.
    fn short(&self) -> Option<String> {
        let came = self.sum.deliveries + self.sum.kept.unwrap_or_default();
        let most = self
            .exit_after
            .filter(|most| !self.expected && came < *most)?;
        Some(format!(
            "{came} of {}",
            counted(most, "delivery", "deliveries")
        ))
    }

    /// Waits until all that was shown is read, and this behind it; one signal more ends the waiting.
    ///
    /// # Errors
    /// When it cannot be shown.
    pub(super) async fn end(self, last: String) -> Result<()> {
        let read = async {
            let shown = self.lines.close(last).await;
            self.talk.close(String::new()).await?;
            shown
        };
        self.ctx.stop.unless_asked(read).await
    }

    fn is_done(&self) -> bool {
        let enough = |most| self.sum.deliveries >= most;
        self.exit_after.is_some_and(enough) || self.expected && self.missing.is_empty()
    }

    /// Shows notices at once, and then what is to be warned of. What is shown is left out where nobody
    /// reads; what is counted is not.
    fn show(&mut self, notices: &mut Vec<Notice>) {
        let out = &self.ctx.out;
        let mut shown = String::new();
        for notice in notices.drain(..) {
            match notice {
                Notice::Delivery(delivery) => {
                    let line = |_| listen::delivery_line(&delivery);
                    shown += &self.shown(out.piece(&listen::delivery(&delivery), line));
                    self.count(&delivery);
                }
                Notice::Forwarded(forwarded) => {
                    let line = |_| listen::forwarded_line(&forwarded);
                    shown += &self.shown(out.piece(&listen::forwarded(&forwarded), line));
                }
                Notice::TurnedAway(told) => {
                    self.sum.turned_away += 1;
                    let warning = listen::turned_away(&told);
                    self.warnings
                        .extend(once(&mut self.warned_of_paths, warning));
                }
                Notice::NoRequest(why) => {
                    self.sum.turned_away += 1;
                    let warning = listen::no_request(&why);
                    self.warnings.extend(once(&mut self.warned, warning));
                }
                Notice::NotAccepted(why) => {
                    let warning = format!("connections cannot be accepted: {why}");
                    self.warnings.extend(once(&mut self.warned, warning));
                }
            }
        }
        let lines = shown.matches('\n').count() as u64;
        if !self.lines.print(shown) {
            if self.sum.not_shown == 0 && !self.is_blind {
                self.warnings.push(NOT_READ.to_owned());
            }
            self.sum.not_shown += lines;
        }
        self.warn();
    }

    /// What is shown of a document that the query may fail on, which is no reason to end.
    fn shown(&mut self, piece: Result<String>) -> String {
        piece.unwrap_or_else(|error| {
            let warning = listen::not_shown(&error);
            self.warnings.extend(once(&mut self.warned, warning));
            String::new()
        })
    }

    fn warn(&mut self) {
        for warning in self.warnings.drain(..) {
            self.talk.print(self.ctx.out.warning_line(&warning));
        }
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
        let body = delivery.body.as_deref().unwrap_or_default();
        if let Some(event) = decode::json(body) {
            let mut failures = Vec::new();
            self.missing
                .retain(|expected| match expected.is_met(&event) {
                    Ok(is_met) => !is_met,
                    Err(why) => {
                        failures.push(why);
                        true
                    }
                });
            let new = failures
                .into_iter()
                .filter_map(|why| once(&mut self.warned, why));
            self.warnings.extend(new);
        }
    }
}

/// A warning that was not given yet: what is wrong with one delivery is usually wrong with all.
fn once(given: &mut HashSet<String>, warning: String) -> Option<String> {
    let is_new = given.len() < MOST_WARNINGS && given.insert(warning.clone());
    is_new.then_some(warning)
}
