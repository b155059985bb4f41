//! Many deliveries at once: how a receiver bears them.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use serde::Serialize;
use tokio::time::{Instant, sleep_until};

use super::rules::{Answer, Rules};
use super::send::{Delivery, Outcome, deliver};
use crate::error::Result;
use crate::http::Http;
use crate::order;

/// The most deliveries of one load: the time of each attempt is kept, which is twelve megabytes at most.
pub const MOST: u64 = 1_000_000;

/// How many deliveries, how fast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Load {
    /// In all, up to [`MOST`].
    pub count: u64,
    /// The most that are under way at a time.
    pub concurrency: usize,
    /// Deliveries begun in a second; without it as fast as the receiver answers.
    pub rate: Option<f64>,
}

/// What became of a load.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tally {
    /// Deliveries that were answered with 200 at last.
    pub delivered: u64,
    /// Deliveries that no attempt brought there.
    pub not_delivered: u64,
    /// Deliveries that had begun when the load was stopped: they may have arrived.
    pub unknown: u64,
    /// Attempts by their status, or by what happened instead.
    pub answers: BTreeMap<String, u64>,
    /// The first answer of each of these names that was no delivery.
    failures: BTreeMap<String, Answer>,
    /// From the first attempt to the last answer.
    pub elapsed: Duration,
    /// How long each answered attempt took, in microseconds.
    took: Vec<u32>,
}

/// How long answers took, in milliseconds: the value that so many percent do not exceed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Latency {
    /// Half of them.
    pub p50: f64,
    /// Nine of ten.
    pub p90: f64,
    /// 99 of a hundred.
    pub p99: f64,
    /// All of them.
    pub max: f64,
}

/// Makes the deliveries one by one and hands them over, until `stopped` resolves. `step` hears of each that
/// came to its end.
///
/// # Errors
/// As [`deliver`].
pub async fn run(
    http: &Http,
    now: fn() -> Timestamp,
    rules: Rules,
    load: Load,
    make: impl Fn(u64) -> Delivery,
    mut step: impl FnMut(),
    stopped: impl Future<Output = ()>,
) -> Result<Tally> {
    let begun = Instant::now();
    let due = |number: u64| match load.rate {
        Some(rate) => begun + Duration::from_secs_f64(number as f64 / rate),
        None => begun,
    };
    let sent = &Cell::new(0);
    let make = &make;
    // Made when its turn comes, so that memory does not grow with the count.
    let outcomes = stream::iter(0..load.count)
        .map(|number| async move {
            sleep_until(due(number)).await;
            sent.set(sent.get() + 1);
            deliver(http, now, rules, &make(number), |_| {}).await
        })
        .buffer_unordered(load.concurrency);
    let mut tally = Tally::default();
    let mut outcomes = std::pin::pin!(outcomes);
    let mut stopped = std::pin::pin!(stopped);
    loop {
        let outcome = tokio::select! {
            outcome = outcomes.try_next() => outcome?,
            () = &mut stopped => None,
        };
        let Some(outcome) = outcome else {
            break;
        };
        tally.add(outcome);
        step();
    }
    tally.unknown = sent.get() - tally.ended();
    tally.elapsed = begun.elapsed();
    tally.took = order::by(tally.took, Ord::cmp);
    Ok(tally)
}

impl Tally {
    fn add(&mut self, outcome: Outcome) {
        match outcome.is_delivered() {
            true => self.delivered += 1,
            false => self.not_delivered += 1,
        }
        for attempt in outcome.attempts {
            let name = match &attempt.answer {
                Answer::Status { status, .. } => {
                    let took = attempt.took.as_micros();
                    self.took.push(u32::try_from(took).unwrap_or(u32::MAX));
                    status.to_string()
                }
                Answer::Nothing { trouble, .. } => trouble.as_str().to_owned(),
            };
            if !attempt.answer.is_delivered() && !self.failures.contains_key(&name) {
                self.failures.insert(name.clone(), attempt.answer);
            }
            *self.answers.entry(name).or_default() += 1;
        }
    }

    /// Deliveries that came to their end.
    pub const fn ended(&self) -> u64 {
        self.delivered + self.not_delivered
    }

    /// An example of the failure that most attempts had; `None` when there was none.
    pub fn usual_failure(&self) -> Option<&Answer> {
        let failures = self.failures.iter();
        let usual = failures.max_by_key(|(name, _)| self.answers.get(*name));
        usual.map(|(_, answer)| answer)
    }

    /// Deliveries a second, as they were reached.
    pub fn rate(&self) -> f64 {
        let seconds = self.elapsed.as_secs_f64().max(f64::MIN_POSITIVE);
        self.ended() as f64 / seconds
    }

    /// How long answers took; `None` without any.
    pub fn latency(&self) -> Option<Latency> {
        Latency::of(&self.took)
    }
}

impl Latency {
    /// Of times in microseconds, the shortest first.
    pub fn of(sorted: &[u32]) -> Option<Self> {
        let last = sorted.len().checked_sub(1)?;
        // The nearest rank: the smallest value that so many percent do not exceed.
        let at = |percent: usize| {
            let rank = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
            f64::from(sorted[rank.min(last)]) / 1000.0
        };
        Some(Latency {
            p50: at(50),
            p90: at(90),
            p99: at(99),
            max: at(100),
        })
    }
}
