//! How far long work has come: one line on stderr that is drawn over and erased at the end.

use std::cell::Cell;
use std::pin::pin;
use std::time::{Duration, Instant};

use super::Output;

/// More often no eye can follow.
const REDRAWN: Duration = Duration::from_millis(100);

/// After this time somebody at a terminal wonders whether anything happens.
const PATIENCE: Duration = Duration::from_millis(1500);

impl Output {
    /// Tells how far work has come that takes long, at a terminal only and not in json.
    pub fn progress(&self, what: &'static str) -> Progress<'_> {
        Progress::new(self, what)
    }

    /// Waits for an answer and, where it is long in coming, tells for whose: at a terminal only, not in json, and
    /// not where it stands already how far the work has come.
    pub async fn waiting<T>(&self, host: &str, answer: impl Future<Output = T>) -> T {
        let mut answer = pin!(answer);
        if !self.draws() {
            return answer.await;
        }
        if let Ok(answer) = tokio::time::timeout(PATIENCE, &mut answer).await {
            return answer;
        }
        if !self.drawn.get() {
            self.draw(&format!("waiting for {host}"));
        }
        let answer = answer.await;
        self.erase();
        answer
    }
}

/// A line that tells how much is done; it vanishes when all is, or when it is dropped.
#[derive(Debug)]
pub struct Progress<'a> {
    out: &'a Output,
    what: &'static str,
    all: Cell<usize>,
    done: Cell<usize>,
    drawn: Cell<Option<Instant>>,
}

impl<'a> Progress<'a> {
    fn new(out: &'a Output, what: &'static str) -> Self {
        Progress {
            out,
            what,
            all: Cell::default(),
            done: Cell::new(0),
            drawn: Cell::new(None),
        }
    }

    /// So many more are to be done.
    pub fn expect(&self, more: usize) {
        self.all.set(self.all.get() + more);
    }

    /// One more is done.
    pub fn step(&self) {
        self.done.set(self.done.get() + 1);
        if self.done.get() >= self.all.get() {
            self.out.erase();
        } else if self.drawn.get().is_none_or(|at| at.elapsed() >= REDRAWN) {
            let line = format!("{}/{} {}", self.done.get(), self.all.get(), self.what);
            self.out.draw(&line);
            self.drawn.set(Some(Instant::now()));
        }
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        self.out.erase();
    }
}
