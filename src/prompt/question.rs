//! What can be asked, apart from how it is asked.

use crate::text::{escape, escape_line};

/// An answer, or the wish to go back a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply<T> {
    /// The answer.
    Answer(T),
    /// Back to the question before.
    Back,
}

/// One of several things.
#[derive(Debug, Clone)]
pub struct Choice {
    /// The question.
    pub title: String,
    /// What there is to choose from; at least one.
    pub items: Vec<String>,
    /// The one that is taken without a choice.
    pub default: usize,
    /// Whether there is a question before this one.
    pub back: bool,
}

impl Choice {
    /// As it may be shown: names and addresses in it may be anybody's.
    pub(super) fn escaped(mut self) -> Self {
        self.title = escape(&self.title);
        self.items = self.items.iter().map(|item| escape_line(item)).collect();
        self
    }
}

/// Any number of things.
#[derive(Debug, Clone)]
pub struct Several {
    /// The question.
    pub title: String,
    /// What there is to mark, and whether it is marked already.
    pub items: Vec<(String, bool)>,
}

impl Several {
    /// As it may be shown.
    pub(super) fn escaped(mut self) -> Self {
        self.title = escape(&self.title);
        for (item, _) in &mut self.items {
            *item = escape_line(item);
        }
        self
    }
}

/// What is thought of a text while it is typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// It can be used; the words are shown beside it.
    Good(String),
    /// It cannot be used, for this reason.
    Bad(String),
}

/// A text.
#[derive(Debug, Clone)]
pub struct Text {
    /// The question.
    pub title: String,
    /// What is taken when nothing is typed; empty for nothing.
    pub default: String,
    /// Judges what was typed.
    pub judge: fn(&str) -> Judgement,
}

impl Text {
    /// What is asked, with what an empty line means, as it may be shown.
    pub(super) fn asked(&self, between: &str) -> String {
        match self.default.as_str() {
            "" => format!("{}{between}", self.title),
            default => format!("{}{between} [{}]", self.title, escape_line(default)),
        }
    }

    /// The answer that a line means: the line itself, or the default for an empty one.
    pub(super) fn meant(&self, line: &str) -> String {
        let line = line.trim();
        if line.is_empty() {
            self.default.clone()
        } else {
            line.to_owned()
        }
    }
}

/// What a line must be in order to go back.
pub(super) const BACK: &str = "<";
