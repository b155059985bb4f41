//! What a receiver answers of its own accord: `200`, `500,500,200`, `slow:6s`, `close`.

use std::time::Duration;

use crate::error::{Error, Result};

/// No receiver needs longer to show what a slow one does to VOD, which waits five seconds.
const LONGEST: f64 = 300.0;

/// One answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// A status after a pause.
    Status {
        /// The HTTP status, 200 to 599.
        status: u16,
        /// How long to wait before it.
        after: Duration,
    },
    /// The connection is closed without an answer.
    Close,
}

/// The answers to the first, second … delivery; the last one stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script(Vec<Reply>);

impl Default for Script {
    /// Always 200 at once.
    fn default() -> Self {
        Script(vec![Reply::Status {
            status: 200,
            after: Duration::ZERO,
        }])
    }
}

impl Script {
    /// Reads answers joined by commas: `STATUS`, `slow:SECONDSs`, `slow:SECONDSs:STATUS`, `close`.
    ///
    /// # Errors
    /// A usage error for anything else.
    pub fn parse(text: &str) -> Result<Self> {
        let replies = text.split(',').map(|word| {
            reply(word.trim()).ok_or_else(|| {
                Error::usage(format!("{word:?} is not an answer"))
                    .hint("for example: --respond 500,500,200, --respond slow:6s, --respond slow:6s:500, --respond close")
            })
        });
        Ok(Script(replies.collect::<Result<_>>()?))
    }

    /// The answer to the delivery of this number, counted from 0.
    pub fn at(&self, number: u64) -> Reply {
        let last = self.0.len() - 1;
        self.0[usize::try_from(number).map_or(last, |number| number.min(last))]
    }
}

fn reply(word: &str) -> Option<Reply> {
    if word == "close" {
        return Some(Reply::Close);
    }
    let (after, status) = match word.strip_prefix("slow:") {
        Some(rest) => {
            let (after, status) = rest.split_once(':').unwrap_or((rest, "200"));
            (seconds(after)?, status)
        }
        None => (Duration::ZERO, word),
    };
    let status: u16 = status.parse().ok()?;
    // Those below 200 are not the end of an answer.
    let complete = (200..600).contains(&status);
    complete.then_some(Reply::Status { status, after })
}

/// `6s`, `2.5s` or `800ms`.
fn seconds(text: &str) -> Option<Duration> {
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 0.001),
        None => (text.strip_suffix('s').unwrap_or(text), 1.0),
    };
    let seconds = number.parse::<f64>().ok()? * unit;
    let fits = (0.0..=LONGEST).contains(&seconds);
    fits.then(|| Duration::from_secs_f64(seconds))
}
