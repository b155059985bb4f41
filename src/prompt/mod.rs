//! Questions at a terminal, and nowhere else.
//!
//! A question is asked only when stdin and stderr are terminals, `CI` is unset and neither `--no-input`
//! nor a form for programs was asked for. With `--plain` questions are numbered lines, answered by lines of
//! standard input, which need not be a terminal: for screen readers, simple terminals and tests. Questions
//! run on a thread of their own, so that Ctrl-C is heard meanwhile.

mod editor;
mod lines;
mod question;
mod terminal;

pub use question::{Choice, Judgement, Reply, Several, Text};

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, Kind, Result};
use crate::text::escape;

/// Whether questions may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prompt {
    /// True when somebody is there to answer.
    pub interactive: bool,
    /// True when questions are plain lines.
    pub plain: bool,
    /// Whether colours may be used.
    pub color: bool,
    /// The columns of the terminal.
    pub width: u16,
}

impl Prompt {
    /// Has one of several things chosen.
    ///
    /// # Errors
    /// An interruption when the question is left, or the terminal fails.
    pub async fn choose(self, choice: Choice) -> Result<Reply<usize>> {
        let choice = choice.escaped();
        if self.plain {
            return ask(move || lines::choose(&choice)).await?;
        }
        remember_terminal();
        ask(move || terminal::choose(self, &choice)).await?
    }

    /// Has any number of things marked.
    ///
    /// # Errors
    /// As [`Prompt::choose`].
    pub async fn mark(self, several: Several) -> Result<Reply<Vec<usize>>> {
        let several = several.escaped();
        if self.plain {
            return ask(move || lines::mark(&several)).await?;
        }
        remember_terminal();
        ask(move || terminal::mark(self, &several)).await?
    }

    /// Asks for a text, judged while it is typed.
    ///
    /// # Errors
    /// As [`Prompt::choose`].
    pub async fn text(self, text: Text) -> Result<Reply<String>> {
        if self.plain {
            return ask(move || lines::text(&text)).await?;
        }
        remember_terminal();
        ask(move || editor::text(self, &text)).await?
    }

    /// Asks a yes-or-no question. Only a line that says `y` or `yes` is a yes, or the number of it where
    /// questions are plain lines; the end of the input is a no. What was typed before the question is not an answer to it.
    ///
    /// # Errors
    /// As [`Prompt::choose`].
    pub async fn confirm(self, question: String) -> Result<bool> {
        let question = escape(&question);
        if self.plain {
            return ask(move || lines::confirm(&question)).await;
        }
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
    /// As [`Prompt::choose`].
    pub async fn hidden(self, question: String) -> Result<String> {
        if self.plain && !std::io::stdin().is_terminal() {
            return ask(move || lines::read(&question)).await??.ok_or_else(left);
        }
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

/// The end of a run whose questions were left without an answer.
pub fn left() -> Error {
    Error::new(Kind::Interrupted, "cancelled; nothing was changed")
}

#[cfg(unix)]
fn forget_typed_ahead() {
    let _ = rustix::termios::tcflush(std::io::stdin(), rustix::termios::QueueSelector::IFlush);
}

#[cfg(not(unix))]
fn forget_typed_ahead() {}

/// What the terminal was like before the first question that changes it.
#[cfg(unix)]
static BEFORE: std::sync::Mutex<Option<rustix::termios::Termios>> = std::sync::Mutex::new(None);

/// Remembers the terminal, since lists, texts and hidden questions switch echo and line editing off.
#[cfg(unix)]
fn remember_terminal() {
    if let (Ok(mut before), Ok(now)) = (BEFORE.lock(), rustix::termios::tcgetattr(std::io::stdin()))
    {
        before.get_or_insert(now);
    }
}

#[cfg(not(unix))]
fn remember_terminal() {}

/// Keeps the terminal from editing and showing lines by itself, until it is dropped.
#[cfg(unix)]
struct Unedited(Option<rustix::termios::Termios>);

#[cfg(unix)]
impl Unedited {
    fn begin() -> Self {
        use rustix::termios::{
            LocalModes, OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr,
        };
        let Ok(before) = tcgetattr(std::io::stdin()) else {
            return Unedited(None);
        };
        let mut now = before.clone();
        now.local_modes
            .remove(LocalModes::ICANON | LocalModes::ECHO);
        now.special_codes[SpecialCodeIndex::VMIN] = 1;
        now.special_codes[SpecialCodeIndex::VTIME] = 0;
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &now);
        Unedited(Some(before))
    }
}

#[cfg(unix)]
impl Drop for Unedited {
    fn drop(&mut self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        if let Some(before) = &self.0 {
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, before);
        }
    }
}

#[cfg(not(unix))]
struct Unedited;

#[cfg(not(unix))]
impl Unedited {
    fn begin() -> Self {
        Unedited
    }
}

/// True while a question waits for its answer.
static STANDING: AtomicBool = AtomicBool::new(false);

/// Puts the terminal back as it was before a question that was never answered; does nothing when none
/// is standing.
pub fn restore_terminal() {
    if STANDING.swap(false, Ordering::Relaxed) {
        // Lists hide the cursor.
        let hidden = std::io::stderr().is_terminal();
        let _ = writeln!(
            std::io::stderr(),
            "{}",
            if hidden { "\u{1b}[?25h" } else { "" }
        );
    }
    #[cfg(unix)]
    if let Ok(mut before) = BEFORE.lock()
        && let Some(before) = before.take()
    {
        use rustix::termios::{OptionalActions, tcsetattr};
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &before);
    }
}
