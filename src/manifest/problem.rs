//! A mistake in a manifest and how it is shown: file, line and column, the line with a mark below, and
//! never a key that somebody wrote into the file.

use super::Place;
use super::tree::Span;
use crate::error::Error;
use crate::order;

/// How much of a long line is shown.
const WIDTH: usize = 90;

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
        }
    }

    /// A value that the words of the program refuse.
    pub fn of(span: &Span, error: Error) -> Self {
        Problem {
            notes: error.causes,
            hints: error.hints,
            ..Problem::at(span, error.message)
        }
    }

    /// A text that is not of its syntax.
    pub fn syntax(span: &Span, language: &str, why: &str) -> Self {
        let why = why.lines().next().unwrap_or_default();
        let why = why.split_once(" at line ").map_or(why, |(why, _)| why);
        let problem = Problem::unread(span, format!("this is not {language}"));
        problem.note(why)
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

/// A file's name and its text.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// What the user calls it.
    pub name: &'a str,
    /// Its text.
    pub text: &'a str,
    /// Behind which bytes a key may stand, as far as the text could be read.
    pub secrets: &'a [usize],
}

impl Source<'_> {
    /// Where a byte stands.
    pub fn place(&self, offset: usize) -> Place {
        let start = self.line_start(offset);
        Place {
            file: self.name.to_owned(),
            line: 1 + self.text[..start].matches('\n').count(),
            column: 1 + self.text[start..self.floor(offset)].chars().count(),
        }
    }

    /// The offset, no further than the end and at the beginning of a character.
    fn floor(&self, offset: usize) -> usize {
        let mut at = offset.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    fn line_start(&self, offset: usize) -> usize {
        self.text[..self.floor(offset)]
            .rfind('\n')
            .map_or(0, |at| at + 1)
    }

    /// The line and a mark below the wrong part; `None` where it may hold a key.
    fn excerpt(&self, problem: &Problem) -> Option<[String; 2]> {
        let begin = self.line_start(problem.span.start);
        let line = self.text[begin..].lines().next().unwrap_or_default();
        let from = (self.floor(problem.span.start) - begin).min(line.len());
        let to = (self.floor(problem.span.end).max(begin) - begin).clamp(from, line.len());
        if problem.shown == Shown::Unparsed && self.is_near_key(begin) {
            return None;
        }
        let end = self.secret_on(begin, line, problem.shown);
        let (first, last) = match end {
            // Nobody knows where a key begins, so the mark may be on one.
            Some(end) if from >= end && problem.shown != Shown::Unparsed => (from, to),
            Some(end) => (0, end),
            None if problem.shown == Shown::ToMark => (0, to),
            None => (0, line.len()),
        };
        let from = from.min(last);
        let number = self.place(problem.span.start).line.to_string();
        let columns = |part: &str| part.chars().count();
        let before = columns(&line[first..from]);
        let marked = columns(&line[from..to.min(last).max(from)]);
        // A long line is cut on the left until the mark is near its middle.
        let skipped = before.saturating_sub(WIDTH / 2);
        let cut: String = line[first..last]
            .chars()
            .skip(skipped)
            .take(WIDTH)
            .collect();
        let left = if first > 0 || skipped > 0 { "…" } else { "" };
        let is_hidden = end == Some(last) || problem.shown == Shown::ToMark;
        let right = match last < line.len() {
            true if is_hidden => " ••••",
            true => "…",
            false if columns(&line[first..last]) > skipped + WIDTH => "…",
            false => "",
        };
        let indent = before - skipped + columns(left);
        let marks = marked.clamp(1, WIDTH.saturating_sub(indent).max(1));
        Some([
            format!("{number} | {left}{}{right}", cut.replace('\t', " ")),
            format!(
                "{} | {}{}",
                " ".repeat(number.len()),
                " ".repeat(indent),
                "^".repeat(marks)
            ),
        ])
    }

    /// Where on this line a key may begin, so that nothing from there on is shown.
    fn secret_on(&self, begin: usize, line: &str, shown: Shown) -> Option<usize> {
        let here = begin..=begin + line.len();
        let known = self.secrets.iter().filter(|at| here.contains(at));
        let assigned = || line.find(['=', ':']).map(|at| at + 1);
        known
            .map(|at| at - begin)
            .chain(key_ends(line))
            .chain((shown == Shown::Unparsed).then(assigned).flatten())
            .min()
    }

    /// Whether this line or one of the three above speaks of a key.
    fn is_near_key(&self, begin: usize) -> bool {
        let line = self.text[begin..].lines().next().unwrap_or_default();
        let above = self.text[..begin].lines().rev().take(3);
        above
            .chain([line])
            .any(|line| line.to_ascii_lowercase().contains("key"))
    }
}

/// Where the name of a key ends on this line; what follows may be the key.
fn key_ends(line: &str) -> Option<usize> {
    line.find("auth_key").map(|at| at + "auth_key".len())
}

/// The first mistake with its place, and below it where the others are.
pub fn error(source: &Source<'_>, problems: Vec<Problem>) -> Error {
    let mut problems = order::by(problems, |one, other| one.span.start.cmp(&other.span.start));
    // A default that is wrong is wrong for every target.
    problems.dedup_by(|a, b| a.span == b.span && a.message == b.message);
    let told =
        |problem: &Problem| format!("{}: {}", source.place(problem.span.start), problem.message);
    let Some(first) = problems.first() else {
        return Error::usage(format!("{} cannot be used", source.name));
    };
    let mut error = Error::usage(told(first));
    match source.excerpt(first) {
        Some(lines) => {
            error.causes.extend(lines);
            error.causes.extend(first.notes.iter().cloned());
        }
        None => error = error.cause("the line is not shown, since it may hold a key"),
    }
    for other in problems.iter().skip(1).take(TOLD) {
        error = error.cause(format!("also {}", told(other)));
    }
    if problems.len() > TOLD + 1 {
        error = error.cause(format!("and {} more", problems.len() - TOLD - 1));
    }
    error.hints.extend(first.hints.iter().cloned());
    error
}
