//! How many at once, and how long to wait.

use std::time::Duration;

use crate::context::Context;
use crate::error::{Error, Result};
use crate::mns::{MAX_BATCH, MAX_WAIT};

pub(super) fn check_batch(count: usize) -> Result<()> {
    if (1..=MAX_BATCH).contains(&count) {
        return Ok(());
    }
    Err(Error::usage(format!(
        "a batch has 1 to {MAX_BATCH} messages, not {count}"
    )))
}

pub(super) fn check_wait(wait: Option<u32>) -> Result<()> {
    match wait {
        Some(seconds) if seconds > MAX_WAIT => Err(Error::usage(format!(
            "a receipt waits {MAX_WAIT} seconds at most, not {seconds}"
        ))),
        _ => Ok(()),
    }
}

pub(super) fn wait_query(wait: Option<u32>) -> String {
    wait.map_or_else(String::new, |seconds| format!("waitseconds={seconds}"))
}

/// The wait and the usual time on top; without a wait of its own the queue's may be the longest.
pub(super) fn patience(ctx: &Context, wait: Option<u32>) -> Duration {
    let wait = Duration::from_secs(u64::from(wait.unwrap_or(MAX_WAIT)));
    wait + ctx.http.timeout()
}
