//! The text of a manifest, and where in it something stands.

use super::secrets::Secrets;
use super::{Place, Syntax};

/// A file's name and its text.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// What the user calls it.
    pub name: &'a str,
    /// Its text.
    pub text: &'a str,
    /// What may be a key, as far as the text could be read.
    pub secrets: &'a Secrets,
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
    pub(super) fn floor(&self, offset: usize) -> usize {
        let mut at = offset.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    pub(super) fn line_start(&self, offset: usize) -> usize {
        self.text[..self.floor(offset)]
            .rfind('\n')
            .map_or(0, |at| at + 1)
    }
}
