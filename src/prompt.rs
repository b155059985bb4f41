//! Questions at a terminal, and nowhere else.
//!
//! A question is asked only when stdin and stderr are terminals, `CI` is unset and neither `--no-input`
//! nor a form for programs was asked for. Questions run on a thread of their own, so that Ctrl-C is
//! heard meanwhile.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, Kind, Result};

/// Whether questions may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prompt {
    /// True when somebody is there to answer.
    pub interactive: bool,
}

impl Prompt {
    /// Asks a yes-or-no question. Only a line that says `y` or `yes` is a yes; the end of the input is
    /// a no. What was typed before the question is not an answer to it.
    ///
    /// # Errors
    /// When the terminal fails.
    pub async fn confirm(self, question: String) -> Result<bool> {
        ask(move || {
            forget_typed_ahead();
            let mut stderr = std::io::stderr();
            write!(stderr, "{question} [y/N] ")?;
            stderr.flush()?;
            let mut answer = String::new();
            if std::io::stdin().read_line(&mut answer)? == 0 {
                writeln!(stderr)?;
            }
            let answer = answer.trim();
            Ok(answer.eq_ignore_ascii_case("y") || answer.eq_ignore_ascii_case("yes"))
        })
        .await
    }

    /// Asks for a text that is not shown.
    ///
    /// # Errors
    /// When the terminal fails.
    pub async fn hidden(self, question: String) -> Result<String> {
        remember_terminal();
        ask(move || {
            let asked = dialoguer::Password::new().with_prompt(question).interact();
            asked.map_err(|dialoguer::Error::IO(error)| error)
        })
        .await
    }
}

async fn ask<T: Send + 'static>(
    question: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T> {
    STANDING.store(true, Ordering::Relaxed);
    let answer = tokio::task::spawn_blocking(question).await;
    STANDING.store(false, Ordering::Relaxed);
    match answer {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::Interrupted => Err(Error::new(
            Kind::Interrupted,
            "interrupted; nothing was changed",
        )),
        Ok(Err(error)) => Err(Error::usage("the question could not be asked")
            .cause(error.to_string())
            .hint("--yes answers confirmations, --no-input asks nothing")),
        Err(error) => {
            Err(Error::new(Kind::Internal, "the question broke").cause(error.to_string()))
        }
    }
}

#[cfg(unix)]
fn forget_typed_ahead() {
    let _ = rustix::termios::tcflush(std::io::stdin(), rustix::termios::QueueSelector::IFlush);
}

#[cfg(not(unix))]
fn forget_typed_ahead() {}

/// What the terminal was like before a hidden question.
#[cfg(unix)]
static BEFORE: std::sync::Mutex<Option<rustix::termios::Termios>> = std::sync::Mutex::new(None);

/// Remembers the terminal, since a hidden question switches echo and line editing off.
#[cfg(unix)]
fn remember_terminal() {
    if let (Ok(mut before), Ok(now)) = (BEFORE.lock(), rustix::termios::tcgetattr(std::io::stdin()))
    {
        before.get_or_insert(now);
    }
}

#[cfg(not(unix))]
fn remember_terminal() {}

/// True while a question waits for its answer.
static STANDING: AtomicBool = AtomicBool::new(false);

/// Puts the terminal back as it was before a question that was never answered; does nothing when none
/// is standing.
pub fn restore_terminal() {
    if STANDING.swap(false, Ordering::Relaxed) {
        let _ = writeln!(std::io::stderr());
    }
    #[cfg(unix)]
    if let Ok(mut before) = BEFORE.lock()
        && let Some(before) = before.take()
    {
        use rustix::termios::{OptionalActions, tcsetattr};
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &before);
    }
}
