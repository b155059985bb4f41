//! How a queue is worked off, and what came of it.

use std::time::Duration;

use crate::error::{Applied, Error, Kind};
use crate::text::counted;

/// How a queue is worked off.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// How many messages are in work at the same time, at least 1.
    pub concurrency: usize,
    /// Whether a message that was put back is left alone when it comes again. The last 10,000 are known.
    pub once: bool,
    /// Whether it ends when nothing can be received, instead of waiting for more. What was put back is left
    /// alone, so `once` is implied, and stays away longer each time that it comes again.
    pub drain: bool,
    /// Ends when so many messages were deleted or kept.
    pub exit_after: Option<u64>,
    /// Ends after so long.
    pub limit: Option<Duration>,
}

/// What is to become of a message that was worked on. The seconds say how soon it is seen again, 1 to
/// 43,200.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is done with: delete it.
    Delete,
    /// It is not: put it back.
    Keep(u32),
    /// It is no affair of this reader's: put it back, and do not count it.
    Pass(u32),
}

/// What became of the messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Done with and deleted.
    pub deleted: u64,
    /// Messages that were put back and are not done with, each once.
    pub kept: u64,
    /// Came damaged and were put back without a look, and not received anew since.
    pub damaged: u64,
    /// Done with, but not deleted in time, as far as is known: they will come once more.
    pub again: u64,
}

/// Seconds after which a message that was only passed by is seen again: short for its other readers, and long
/// enough to get past the head of a long queue.
pub const PASSED_BY: u32 = 10;

impl Totals {
    /// The error that ends it, which undoes no deletion.
    pub(super) fn told_with(self, mut error: Error) -> Error {
        if self.again > 0 {
            let messages = counted(self.again, "message", "messages");
            error = error.cause(format!(
                "{messages} done with, but not deleted as far as is known: they may come once more"
            ));
        }
        if self.deleted == 0 {
            return error;
        }
        // The one code that says that nothing was changed.
        if error.kind == Kind::Usage {
            error.kind = Kind::Partial;
        }
        error.details.applied = error.details.applied.and(Applied::Yes);
        error.cause(format!("messages deleted before: {}", self.deleted))
    }
}

/// Seconds before a message that could not be handed over is tried again: 10, twice as many after each
/// receipt, at most ten minutes.
pub const fn pause_after(dequeue_count: u32) -> u32 {
    let doublings = dequeue_count.saturating_sub(1);
    if doublings < 6 { 10 << doublings } else { 600 }
}
