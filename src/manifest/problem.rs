//! A mistake in a manifest, and all of them as one error: file, line and column, what is wrong and how to
//! mend it.

use super::source::Source;
use super::tree::Span;
use crate::error::Error;
use crate::order;

/// How many further mistakes are told.
const TOLD: usize = 9;

/// A mistake.
#[derive(Debug, Clone)]
pub struct Problem {
    /// The part of the text that is wrong.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// Why, if there is more to say.
    pub notes: Vec<String>,
    /// How to mend it.
    pub hints: Vec<String>,
    /// How much of the line may be shown.
    pub shown: Shown,
    /// Whether the message quotes what stands there.
    pub quotes: bool,
}

/// How much of a line may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// All of it, up to where a key may stand.
    Line,
    /// Nothing behind the marked part, where a key may stand.
    ToMark,
    /// Only a name, and nothing at all near a key: the text could not be understood, so nobody knows where
    /// one begins.
    Unparsed,
}

impl Problem {
    /// A mistake at a place.
    pub fn at(span: &Span, message: impl Into<String>) -> Self {
        Problem {
            span: span.clone(),
            message: message.into(),
            notes: Vec::new(),
            hints: Vec::new(),
            shown: Shown::Line,
            quotes: false,
        }
    }

    /// A mistake at a place, with the first quotation being of what stands there.
    pub fn quoting(span: &Span, message: impl Into<String>) -> Self {
        Problem {
            quotes: true,
            ..Problem::at(span, message)
        }
    }

    /// A value that the words of the program refuse.
    pub fn of(span: &Span, error: Error) -> Self {
        Problem {
            notes: error.causes,
            hints: error.hints,
            ..Problem::quoting(span, error.message)
        }
    }

    /// What keeps a text from being taken apart, so that nobody knows what stands where.
    pub fn unread(span: &Span, message: impl Into<String>) -> Self {
        Problem {
            shown: Shown::Unparsed,
            ..Problem::at(span, message)
        }
    }

    /// Adds a reason.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Adds a remedy.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Shows nothing behind the mark.
    #[must_use]
    pub fn hiding_the_rest(mut self) -> Self {
        self.shown = Shown::ToMark;
        self
    }
}

/// The first mistake with its place, and below it where the others are.
pub fn error(source: &Source<'_>, problems: Vec<Problem>) -> Error {
    let mut problems = order::by(problems, |one, other| one.span.start.cmp(&other.span.start));
    // A default that is wrong is wrong for every target.
    problems.dedup_by(|a, b| a.span == b.span && a.message == b.message);
    let told = |problem: &Problem| {
        let said = source.said(problem, &problem.message);
        format!("{}: {said}", source.place(problem.span.start))
    };
    let Some(first) = problems.first() else {
        return Error::usage(format!("{} cannot be used", source.name));
    };
    let mut error = Error::usage(told(first));
    match source.excerpt(first) {
        Some(lines) => {
            error.causes.extend(lines);
            let notes = first.notes.iter().map(|note| source.said(first, note));
            error.causes.extend(notes);
        }
        None => error = error.cause("the line is not shown, since it may hold a key"),
    }
    let hints = |problem: &Problem| {
        let hints = problem.hints.iter();
        hints
            .map(|hint| source.syntax.example(hint))
            .collect::<Vec<_>>()
    };
    // What helps is said once.
    let mut said = hints(first);
    for other in problems.iter().skip(1).take(TOLD) {
        let hint = hints(other).into_iter().next();
        let hint = hint.filter(|hint| !said.contains(hint));
        error = error.cause(match &hint {
            Some(hint) => format!("also {}; {hint}", told(other)),
            None => format!("also {}", told(other)),
        });
        said.extend(hint);
    }
    if problems.len() > TOLD + 1 {
        error = error.cause(format!("and {} more", problems.len() - TOLD - 1));
    }
    if source.goes_on(first) {
        error = error.hint("the value goes on in the next line; give each line of a table the same indentation, and each value one line");
    }
    error.hints.extend(hints(first));
    error
}
