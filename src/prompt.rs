//! Questions at a terminal, and nowhere else.
//!
//! A question is asked only when stdin and stderr are terminals, `CI` is unset and `--no-input` was
//! not given. Questions run on a thread of their own, so that Ctrl-C is heard meanwhile.

use dialoguer::{Confirm, Password};

use crate::error::{Error, Kind, Result};

/// Whether questions may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prompt {
    /// True when somebody is there to answer.
    pub interactive: bool,
}

impl Prompt {
    /// Asks a yes-or-no question whose default is no. Esc means no.
    ///
    /// # Errors
    /// When the terminal fails.
    pub async fn confirm(self, question: String) -> Result<bool> {
        ask(move || {
            let asked = Confirm::new().with_prompt(question).default(false);
            asked.interact_opt().map(|answer| answer.unwrap_or(false))
        })
        .await
    }

    /// Asks for a text that is not shown.
    ///
    /// # Errors
    /// When the terminal fails.
    pub async fn hidden(self, question: String) -> Result<String> {
        ask(move || Password::new().with_prompt(question).interact()).await
    }
}

async fn ask<T: Send + 'static>(
    question: impl FnOnce() -> dialoguer::Result<T> + Send + 'static,
) -> Result<T> {
    remember_terminal();
    match tokio::task::spawn_blocking(question).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(dialoguer::Error::IO(error))) if error.kind() == std::io::ErrorKind::Interrupted => {
            Err(Error::new(
                Kind::Interrupted,
                "interrupted; nothing was changed",
            ))
        }
        Ok(Err(error)) => {
            Err(Error::usage("the question could not be asked").cause(error.to_string()))
        }
        Err(error) => {
            Err(Error::new(Kind::Internal, "the question broke").cause(error.to_string()))
        }
    }
}

/// What the terminal was like before the first question.
#[cfg(unix)]
static BEFORE: std::sync::Mutex<Option<rustix::termios::Termios>> = std::sync::Mutex::new(None);

/// Remembers the terminal, since a question switches echo and line editing off while it stands.
#[cfg(unix)]
fn remember_terminal() {
    if let (Ok(mut before), Ok(now)) = (BEFORE.lock(), rustix::termios::tcgetattr(std::io::stdin()))
    {
        before.get_or_insert(now);
    }
}

#[cfg(not(unix))]
fn remember_terminal() {}

/// Puts the terminal back as it was before the first question; does nothing when there was none.
pub fn restore_terminal() {
    #[cfg(unix)]
    if let Ok(mut before) = BEFORE.lock()
        && let Some(before) = before.take()
    {
        use rustix::termios::{OptionalActions, tcsetattr};
        use std::io::Write;
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &before);
        let mut stderr = std::io::stderr();
        let _ = stderr.write_all(b"\x1b[?25h").and_then(|()| stderr.flush());
    }
}
