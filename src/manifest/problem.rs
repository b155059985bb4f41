//! A mistake in a manifest and how it is shown: file, line and column, the line with a mark below, and
//! never a key that somebody wrote into the file.

use super::tree::Span;
use super::{Place, Syntax};
use crate::callback::auth_key;
use crate::callback::url::without_passwords;
use crate::error::Error;
use crate::order;
use crate::secret::Secret;

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
    /// What may be a key, as far as the text could be read. Where nothing is named but a beginning, it may
    /// be all that follows on the line.
    pub secrets: &'a [Span],
    /// How it is written.
    pub syntax: Syntax,
    /// Where its lines begin, see [`marks`].
    pub marks: &'a [Mark],
}

/// A place in a text: its byte, and the line and the column there.
pub type Mark = (usize, usize, usize);

/// The places from which others are counted: the beginnings of lines, and more of them in long ones.
pub fn marks(text: &str) -> Vec<Mark> {
    const APART: usize = 256;
    let (mut line, mut column) = (1, 1);
    let mut marks = vec![(0, line, column)];
    for (at, c) in text.char_indices() {
        column += 1;
        if c == '\n' {
            (line, column) = (line + 1, 1);
        }
        if column % APART == 1 {
            marks.push((at + c.len_utf8(), line, column));
        }
    }
    marks
}

/// What of a line may be seen.
struct View {
    /// The part that is shown.
    shown: Span,
    /// The part of it that is marked.
    mark: Span,
    /// Whether what follows may be a key.
    hides: bool,
}

impl Source<'_> {
    /// Where a byte stands.
    pub fn place(&self, offset: usize) -> Place {
        let offset = self.floor(offset);
        let before = self.marks.partition_point(|(at, ..)| *at <= offset) - 1;
        let (start, line, column) = self.marks[before];
        Place {
            file: self.name.to_owned(),
            line,
            column: column + self.text[start..offset].chars().count(),
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
        let View { shown, mark, hides } = self.view(problem, begin, line)?;
        let number = self.place(problem.span.start).line.to_string();
        let columns = |part: &str| part.chars().count();
        let before = columns(&line[shown.start..mark.start]);
        let marked = columns(&line[mark]);
        // A long line is cut on the left until the mark is near its middle.
        let skipped = before.saturating_sub(WIDTH / 2);
        let cut: String = line[shown.clone()]
            .chars()
            .skip(skipped)
            .take(WIDTH)
            .collect();
        let left = if shown.start > 0 || skipped > 0 {
            "…"
        } else {
            ""
        };
        let right = match shown.end < line.len() {
            true if hides => " ••••",
            true => "…",
            false if columns(&line[shown]) > skipped + WIDTH => "…",
            false => "",
        };
        let indent = before - skipped + columns(left);
        let marks = marked.clamp(1, WIDTH.saturating_sub(indent).max(1));
        Some([
            format!(
                "{number} | {left}{}{right}",
                cut.trim_end().replace('\t', " ")
            ),
            format!(
                "{} | {}{}",
                " ".repeat(number.len()),
                " ".repeat(indent),
                "^".repeat(marks)
            ),
        ])
    }

    /// How much of a line may be shown; `None` where nothing is.
    fn view(&self, problem: &Problem, begin: usize, line: &str) -> Option<View> {
        if problem.shown == Shown::Unparsed && self.is_near_key(begin) {
            return None;
        }
        let from = (self.floor(problem.span.start) - begin).min(line.len());
        let to = (self.floor(problem.span.end).max(begin) - begin).clamp(from, line.len());
        // A comment may stand within a value of several lines.
        let is_whole = problem.span.end <= begin + line.len();
        let comments = if is_whole { to } else { from };
        let secrets = self.secrets_on(begin, line, comments, problem.shown);
        let touched = secrets
            .iter()
            .filter(|secret| secret.start < to && secret.end > from);
        let to = touched
            .map(|secret| secret.start.max(from))
            .min()
            .unwrap_or(to);
        let shown = match secrets.iter().map(|secret| secret.start).min() {
            // Nobody knows where a key begins, so the mark may be on one.
            Some(end) if from > end && problem.shown != Shown::Unparsed => from..to,
            Some(end) => 0..end,
            None if problem.shown == Shown::ToMark => 0..to,
            None => 0..line.len(),
        };
        if problem.shown == Shown::Unparsed && has_key(&line[..shown.end]) {
            return None;
        }
        let from = from.min(shown.end);
        let hides = |secret: &Span| secret.start <= shown.end && secret.end >= shown.end;
        Some(View {
            mark: from..to.min(shown.end).max(from),
            hides: secrets.iter().any(hides) || problem.shown == Shown::ToMark,
            shown,
        })
    }

    /// What may be a key on this line; of comments nobody knows what they tell.
    fn secrets_on(&self, begin: usize, line: &str, comments: usize, shown: Shown) -> Vec<Span> {
        let known = self
            .secrets
            .iter()
            .filter(|secret| secret.start <= begin + line.len() && secret.end >= begin);
        let known = known.map(|secret| {
            let within = |at: usize| at.saturating_sub(begin).min(line.len());
            within(secret.start)..within(secret.end)
        });
        let assigned = || line.find(['=', ':', '#']).map(|at| at + 1);
        let comment = line[comments..].find('#').map(|at| comments + at);
        // One may stand where the tree has no text, for example in a tag of YAML.
        let has_password = without_passwords(line) != line;
        let urls = line.match_indices(":/").map(|(at, _)| at);
        let rest = comment
            .into_iter()
            .chain(urls.filter(|_| has_password))
            .chain((shown == Shown::Unparsed).then(assigned).flatten());
        known
            .chain(behind_keys(line))
            .chain(rest.map(|at| at..at))
            .collect()
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

/// What follows the name of a key on this line, and may be the key.
fn behind_keys(line: &str) -> impl Iterator<Item = Span> {
    line.match_indices("auth_key").map(|(at, name)| {
        let begin = at + name.len();
        let word = line[begin..].trim_start_matches([' ', '"', '\'', '=', ':']);
        let end = word.find(|c: char| !c.is_alphanumeric());
        begin..line.len() - word.len() + end.unwrap_or(word.len())
    })
}

/// Whether a text says what a key is, and not only that there is one.
pub fn tells_key(text: &str) -> bool {
    let plain = text.to_lowercase().replace(['_', '-'], "");
    let names_key = ["authkey", "secret", "password"]
        .iter()
        .any(|name| plain.contains(name));
    names_key && text.contains(|c: char| c.is_whitespace() || matches!(c, '=' | ':'))
}

/// A text before its first quotation, the quotation and what is behind it.
fn quotation(said: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = said.split_once('"')?;
    let mut is_escaped = false;
    let end = rest.find(|c| {
        let is_end = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        is_end
    })?;
    Some((before, &rest[..end], &rest[end + 1..]))
}

impl Source<'_> {
    /// Whether a value that is quoted goes on in the next line, which more often was meant for itself.
    fn goes_on(&self, problem: &Problem) -> bool {
        let (start, end) = (self.floor(problem.span.start), self.floor(problem.span.end));
        problem.quotes
            && self
                .text
                .get(start..end)
                .is_some_and(|text| text.contains('\n'))
    }

    /// What is said of a mistake, without the key or the password that it may quote.
    fn said(&self, problem: &Problem, text: &str) -> String {
        let shown = match quotation(text).filter(|_| problem.quotes) {
            Some((before, quoted, behind)) if self.goes_on(problem) || tells_key(quoted) => {
                &format!("{before}••••{behind}")
            }
            _ => text,
        };
        without_passwords(shown).into_owned()
    }
}

/// Whether a word would do for a key.
fn has_key(text: &str) -> bool {
    let mut words = text.split(|c: char| !c.is_alphanumeric());
    words.any(|word| auth_key::problems(&Secret::new(word)).is_empty())
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
    for other in problems.iter().skip(1).take(TOLD) {
        error = error.cause(format!("also {}", told(other)));
    }
    if problems.len() > TOLD + 1 {
        error = error.cause(format!("and {} more", problems.len() - TOLD - 1));
    }
    if source.goes_on(first) {
        error = error.hint("the value goes on in the next line; give each line of a table the same indentation, and each value one line");
    }
    let hints = first.hints.iter().map(|hint| source.syntax.example(hint));
    error.hints.extend(hints);
    error
}
