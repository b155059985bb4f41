//! The lines of a stream. No command, but what those that go on show one after the other.
//!
//! Anybody can send an event that a query fails on. Such a document is left out and warned of, each reason
//! once, and the next one is tried; the exit code goes by what was done and not by what was shown.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde::Serialize;

use crate::error::Result;
use crate::output::Output;
use crate::render::listen::not_shown;

/// Shows documents on lines of their own.
pub struct Lines<'a> {
    out: &'a Output,
    warned: RefCell<BTreeSet<String>>,
}

impl<'a> Lines<'a> {
    /// None was shown so far.
    pub fn new(out: &'a Output) -> Self {
        Lines {
            out,
            warned: RefCell::default(),
        }
    }

    /// Shows one, as text or as a document.
    ///
    /// # Errors
    /// As [`Output::print`].
    pub fn show(&self, document: &impl Serialize, text: impl FnOnce(u16) -> String) -> Result<()> {
        match self.piece(document, text) {
            Some(text) => self.out.print(&text),
            None => Ok(()),
        }
    }

    /// What is shown of one; nothing when the query fails on it.
    pub fn piece(
        &self,
        document: &impl Serialize,
        text: impl FnOnce(u16) -> String,
    ) -> Option<String> {
        let piece = self.out.piece(document, text);
        piece
            .inspect_err(|error| self.warn_once(&not_shown(error)))
            .ok()
    }

    /// Warns of something that is wrong with many lines.
    pub fn warn_once(&self, words: &str) {
        if self.warned.borrow_mut().insert(words.to_owned()) {
            self.out.warn(words);
        }
    }
}
