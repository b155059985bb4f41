//! How a mistake is shown: the line with a mark below, and never a key that somebody wrote into the file.

use super::problem::{Problem, Shown};
use super::secrets::{behind_keys, has_key, tells_key};
use super::source::Source;
use super::tree::Span;
use crate::callback::url::without_passwords;

/// How much of a long line is shown.
const WIDTH: usize = 90;

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
    /// The line and a mark below the wrong part; `None` where it may hold a key.
    pub(super) fn excerpt(&self, problem: &Problem) -> Option<[String; 2]> {
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
        let known = self.secrets.on(begin, line);
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

    /// Whether a value that is quoted goes on in the next line, which more often was meant for itself.
    pub(super) fn goes_on(&self, problem: &Problem) -> bool {
        let (start, end) = (self.floor(problem.span.start), self.floor(problem.span.end));
        problem.quotes
            && self
                .text
                .get(start..end)
                .is_some_and(|text| text.contains('\n'))
    }

    /// Whether the value that begins there may be a key: where it stands, or behind the name of one that is
    /// something else there, such as an anchor of YAML.
    fn is_key(&self, offset: usize) -> bool {
        let offset = self.floor(offset);
        let begin = self.line_start(offset);
        let line = self.text[begin..].lines().next().unwrap_or_default();
        let named = |span: Span| span.contains(&(offset - begin));
        self.secrets.stands_at(offset) || behind_keys(line).any(named)
    }

    /// What is said of a mistake, without the key or the password that it may quote.
    pub(super) fn said(&self, problem: &Problem, text: &str) -> String {
        let shown = match quotation(text).filter(|_| problem.quotes) {
            Some((before, quoted, behind))
                if self.goes_on(problem)
                    || tells_key(quoted)
                    || self.is_key(problem.span.start) =>
            {
                &format!("{before}••••{behind}")
            }
            _ => text,
        };
        without_passwords(shown).into_owned()
    }
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
