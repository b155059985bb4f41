//! Printing from a thread of its own, so that whoever prints goes on although nobody reads.

use std::io::Write;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use tokio::sync::oneshot;

use super::{Output, written};
use crate::error::{Error, Result};

/// As many bytes wait to be read at the most; what comes meanwhile is left out.
const MOST_WAITING: usize = 16 * 1024 * 1024;

/// A pause behind each print. What comes meanwhile is printed together: waking this thread for each text
/// would cost whoever prints more than the text itself.
const BREATH: Duration = Duration::from_millis(5);

/// Where it prints to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Results: standard output.
    Results,
    /// Talk: standard error, which nothing can be said about where it cannot be written.
    Talk,
}

/// A thread that prints.
#[derive(Debug)]
pub struct Printer {
    queue: mpsc::Sender<String>,
    waiting: Arc<AtomicUsize>,
    unprinted: Arc<AtomicU64>,
    end: oneshot::Receiver<Result<()>>,
    /// What came of it, once that is known.
    told: Option<Result<()>>,
}

impl Printer {
    /// Starts it.
    ///
    /// # Errors
    /// A usage error when the system has no thread left.
    pub fn start(stream: Stream) -> Result<Self> {
        let (queue, texts) = mpsc::channel::<String>();
        let (ending, end) = oneshot::channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let unprinted = Arc::new(AtomicU64::new(0));
        let (left, lines_left) = (Arc::clone(&waiting), Arc::clone(&unprinted));
        let work = move || {
            let mut ending = Some(ending);
            while let Ok(mut text) = texts.recv() {
                text.extend(texts.try_iter());
                let put = put(stream, &text);
                left.fetch_sub(text.len(), Ordering::Relaxed);
                if put.is_ok() {
                    lines_left.fetch_sub(lines(&text), Ordering::Relaxed);
                    std::thread::sleep(BREATH);
                    continue;
                }
                let result = written(put);
                let is_over = result.is_err();
                let _ = ending.take().map(|ending| ending.send(result));
                // Where a reader went away, the rest is thrown away.
                if is_over {
                    break;
                }
            }
            let _ = ending.map(|ending| ending.send(Ok(())));
        };
        let thread = std::thread::Builder::new().spawn(work);
        thread.map_err(|error| {
            Error::usage("the system has no thread left to print from")
                .cause(error.to_string())
                .hint("end other programs, or raise the limit of processes: ulimit -u")
        })?;
        Ok(Printer {
            queue,
            waiting,
            unprinted,
            end,
            told: None,
        })
    }

    /// Hands a text over; false when it is left out, since too much waits to be read.
    pub fn print(&self, text: String) -> bool {
        let (length, count) = (text.len(), lines(&text));
        let waiting = self.waiting.fetch_add(length, Ordering::Relaxed);
        let taken = waiting == 0 || waiting.saturating_add(length) <= MOST_WAITING;
        self.unprinted.fetch_add(count, Ordering::Relaxed);
        let taken = taken && self.queue.send(text).is_ok();
        if !taken {
            self.unprinted.fetch_sub(count, Ordering::Relaxed);
            self.waiting.fetch_sub(length, Ordering::Relaxed);
        }
        taken
    }

    /// Whether nothing can be printed any more; [`close`](Printer::close) says why.
    pub fn has_ended(&self) -> bool {
        self.queue.send(String::new()).is_err()
    }

    /// Lines that were handed over and are not printed: those that are lost, once it has ended.
    pub fn unprinted(&self) -> u64 {
        self.unprinted.load(Ordering::Relaxed)
    }

    /// Resolves only when nothing can be printed any more, or nobody reads it.
    ///
    /// # Errors
    /// As [`written`].
    pub async fn ended(&mut self) -> Result<()> {
        if self.told.is_none() {
            self.told = Some((&mut self.end).await.unwrap_or(Ok(())));
        }
        self.told.clone().unwrap_or(Ok(()))
    }

    /// Prints this behind all that waits, and waits until it was read.
    ///
    /// # Errors
    /// As [`written`].
    pub async fn close(self, last: String) -> Result<()> {
        let _ = self.queue.send(last);
        drop(self.queue);
        match self.told {
            Some(result) => result,
            None => self.end.await.unwrap_or(Ok(())),
        }
    }
}

impl Output {
    /// Writes text to stdout from another thread and waits until it was read, so that everything else goes on
    /// meanwhile, and signals are heard.
    ///
    /// # Errors
    /// As [`print`](Output::print).
    pub async fn print_aside(&self, text: String) -> Result<()> {
        let work = tokio::task::spawn_blocking(move || put(Stream::Results, &text));
        let result = work.await;
        self.wrote(result.unwrap_or_else(|error| Err(std::io::Error::other(error))))
    }
}

fn lines(text: &str) -> u64 {
    text.matches('\n').count() as u64
}

fn put(stream: Stream, text: &str) -> std::io::Result<()> {
    match stream {
        Stream::Results => {
            let mut stdout = std::io::stdout().lock();
            stdout
                .write_all(text.as_bytes())
                .and_then(|()| stdout.flush())
        }
        Stream::Talk => {
            let mut stderr = std::io::stderr().lock();
            let _ = stderr
                .write_all(text.as_bytes())
                .and_then(|()| stderr.flush());
            Ok(())
        }
    }
}
