//! Attempts as they are told: a document for programs, a line for people.

use serde::Serialize;

use super::rules::Answer;
use super::send::Attempt;
use crate::error::Error;
use crate::text::{counted, escape_line};

/// The characters of an answer that are shown; the rest helps nobody.
const MOST_SHOWN: usize = 200;

/// An attempt; the order of the members is the order in JSON.
#[derive(Debug, Serialize)]
pub struct AttemptReport {
    number: u32,
    at: String,
    took_ms: u64,
    /// `null` when no answer came.
    status: Option<u16>,
    /// What happened instead of an answer.
    error: Option<String>,
    delivered: bool,
    hint: Option<String>,
    /// The beginning of what the receiver said, when it was not 200.
    said: Option<String>,
}

impl From<&Attempt> for AttemptReport {
    fn from(attempt: &Attempt) -> Self {
        let (status, error) = match &attempt.answer {
            Answer::Status { status, .. } => (Some(*status), None),
            Answer::Nothing { message, .. } => (None, Some(message.clone())),
        };
        AttemptReport {
            number: attempt.number,
            at: attempt.at.to_string(),
            took_ms: u64::try_from(attempt.took.as_millis()).unwrap_or(u64::MAX),
            status,
            error,
            delivered: attempt.answer.is_delivered(),
            hint: attempt.hint(),
            said: said(attempt),
        }
    }
}

/// All attempts of a delivery.
pub fn attempts(attempts: &[Attempt]) -> Vec<AttemptReport> {
    attempts.iter().map(AttemptReport::from).collect()
}

/// For example `204 after 12 ms`.
pub fn line(attempt: &Attempt) -> String {
    let answer = escape_line(&attempt.answer.to_string());
    format!("{answer} after {} ms", attempt.took.as_millis())
}

/// What becomes of a queue's message after the last attempt, for example `204 after 3 attempts: kept,
/// tried again in 10 s`.
pub fn kept(last: &Attempt, seconds: u32) -> String {
    let answer = escape_line(&last.answer.to_string());
    let attempts = counted(last.number, "attempt", "attempts");
    format!("{answer} after {attempts}: kept, tried again in {seconds} s")
}

/// What is said of a message that holds no event: it is handed to nobody, and never deleted unread.
pub fn no_event(id: &str, why: &Error, seconds: u32) -> String {
    let why = &why.message;
    format!("message {id}: {why}: kept, looked at again in {seconds} s")
}

/// The beginning of an answer that was not 200, on one line.
pub fn said(attempt: &Attempt) -> Option<String> {
    if attempt.answer.is_delivered() {
        return None;
    }
    let text = String::from_utf8_lossy(&attempt.body);
    let words: Vec<&str> = text.split_whitespace().collect();
    let text: String = words.join(" ").chars().take(MOST_SHOWN).collect();
    (!text.is_empty()).then(|| escape_line(&text))
}
