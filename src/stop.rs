//! How a command that has work under way learns that it shall end.
//!
//! A signal ends most commands where they are. One that waits for [`Stop::asked`] is asked instead, and
//! ends by itself once its work is in order; a second signal ends it where it is.

use std::cell::Cell;

use tokio::sync::Notify;

/// The wish that a command ends.
#[derive(Debug, Default)]
pub struct Stop {
    heeded: Cell<bool>,
    asked: Cell<bool>,
    bell: Notify,
}

impl Stop {
    /// Resolves when the command shall end, at once when that was said before. From the first call on a
    /// signal asks and does not end the command.
    pub async fn asked(&self) {
        self.heeded.set(true);
        let rung = self.bell.notified();
        if !self.asked.get() {
            rung.await;
        }
    }

    /// Asks the command to end; false when it does not listen, or was asked already.
    pub fn ask(&self) -> bool {
        if !self.heeded.get() || self.asked.replace(true) {
            return false;
        }
        self.bell.notify_waiters();
        true
    }

    /// Whether the command was asked to end.
    pub fn is_asked(&self) -> bool {
        self.asked.get()
    }
}
