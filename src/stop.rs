//! How a command that has work under way learns that it shall end.
//!
//! A signal ends most commands where they are. One that waits for [`Stop::asked`], or said
//! [`Stop::heed`] and looks at [`Stop::is_asked`], is asked instead, and ends by itself once its work is in
//! order; a second signal ends it where it is.

use std::cell::{Cell, RefCell};

use tokio::sync::Notify;

use crate::error::{Error, Kind, Result};

/// The wish that a command ends.
#[derive(Debug, Default)]
pub struct Stop {
    heeded: Cell<bool>,
    asked: Cell<bool>,
    signal: Cell<Option<Kind>>,
    look: RefCell<Option<String>>,
    kept: RefCell<Option<Kept>>,
    bell: Notify,
}

/// What stays on this machine of a command that changed nothing at the service.
#[derive(Debug, Clone)]
pub struct Kept {
    /// What it is and where.
    pub told: String,
    /// The commands that go on from there.
    pub hints: Vec<String>,
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

    /// From now on a signal asks and does not end the command. `look` is the hint for one that is ended all
    /// the same, where it is.
    pub fn heed(&self, look: String) {
        self.heeded.set(true);
        self.leave(look);
    }

    /// The hint of a command that a signal ends where it is, from now on.
    pub fn leave(&self, look: String) {
        self.look.replace(Some(look));
    }

    /// Carries out what a signal is to let come to its end, and heeds signals meanwhile as [`Stop::heed`], unless
    /// the command does so anyway.
    pub async fn heeding<T>(&self, look: String, work: impl Future<Output = T>) -> T {
        if self.heeded.get() {
            return work.await;
        }
        self.heed(look);
        let done = work.await;
        self.heeded.set(false);
        self.look.replace(None);
        done
    }

    /// What is told of a command that a signal ends from now on, before it changes anything at the service.
    pub fn keep(&self, kept: Kept) {
        self.kept.replace(Some(kept));
    }

    /// What stays of a command that was ended where it is.
    pub fn kept(&self) -> Option<Kept> {
        self.kept.borrow().clone()
    }

    /// The hint of a command that was ended where it is.
    pub fn look(&self) -> Option<String> {
        self.look.borrow().clone()
    }

    /// Asks the command to end because of a signal; false as for [`Stop::ask`].
    pub fn ask_for(&self, signal: Kind) -> bool {
        let heard = self.ask();
        if heard {
            self.signal.set(Some(signal));
        }
        heard
    }

    /// The signal that asked.
    pub fn signal(&self) -> Option<Kind> {
        self.signal.get()
    }

    /// The error that ends a command whose work a signal cut short; it says what was done until then.
    pub fn cut_short(&self, done: &str) -> Error {
        let signal = self.signal.get().unwrap_or(Kind::Interrupted);
        Error::new(signal, format!("{}; {done}", signal.name()))
    }

    /// Asks the command to end; false when it does not listen, or was asked already.
    pub fn ask(&self) -> bool {
        if !self.heeded.get() || self.asked.replace(true) {
            return false;
        }
        self.bell.notify_waiters();
        true
    }

    /// Waits for something that may never come; one signal more than came until now ends the waiting.
    ///
    /// # Errors
    /// What it ends with.
    pub async fn unless_asked(&self, waiting: impl Future<Output = Result<()>>) -> Result<()> {
        let was_asked = self.is_asked();
        tokio::select! {
            done = waiting => done,
            () = self.asked(), if !was_asked => Ok(()),
        }
    }

    /// Carries out what changes nothing yet: a signal ends it also where it asks and does not end the command.
    ///
    /// # Errors
    /// Its own, and the interruption.
    pub async fn before_change<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        if !self.heeded.get() {
            return work.await;
        }
        tokio::select! {
            biased;
            () = self.asked() => Err(self.cut_short("nothing was changed")),
            done = work => done,
        }
    }

    /// Whether the command was asked to end.
    pub fn is_asked(&self) -> bool {
        self.asked.get()
    }
}
