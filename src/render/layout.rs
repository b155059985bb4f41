//! Columns in the width of a terminal: lines are broken between words, and a table that would have to break
//! words is shown as a list.

use unicode_width::UnicodeWidthStr;

use super::escape;

/// Blanks between two columns.
const GAP: usize = 2;

/// A word of so many columns is one that somebody reads or copies, and no table breaks it. Longer ones are
/// broken behind a mark if they have any, as addresses do.
const WHOLE: usize = 20;

/// What is left of a long word on a line at least, and how narrow a list's values become at the most.
const PART: usize = 12;

/// Where a long word is broken without getting hard to read.
const MARKS: [char; 8] = ['/', '-', '.', ',', ':', '?', '&', '='];

/// A table with a heading line, at most `width` columns wide. Where its words do not fit beside each other each
/// row is a list of its own.
pub fn table(headings: &[&str], rows: &[Vec<String>], width: u16) -> String {
    let heading = headings.iter().map(|heading| heading.to_uppercase());
    let escaped = rows.iter().map(|row| row.iter().map(|cell| escape(cell)));
    let lines: Vec<Vec<String>> = std::iter::once(heading.collect())
        .chain(escaped.map(Iterator::collect))
        .collect();
    match widths(&lines, width.into()) {
        Some(widths) => lines.iter().map(|row| laid_out(row, &widths)).collect(),
        None => lists(headings, rows, width),
    }
}

/// Each row by itself, without the cells that are empty.
fn lists(headings: &[&str], rows: &[Vec<String>], width: u16) -> String {
    let list = |row: &Vec<String>| {
        let cells = headings.iter().zip(row.iter().cloned());
        let told: Vec<(&str, String)> = cells
            .map(|(heading, cell)| (*heading, cell))
            .filter(|(_, cell)| !cell.is_empty())
            .collect();
        pairs(&told, width)
    };
    rows.iter().map(list).collect::<Vec<_>>().join("\n")
}

/// Two columns, names and values, without a heading.
pub fn pairs(rows: &[(&str, String)], width: u16) -> String {
    let names = rows.iter().map(|(name, _)| columns(name));
    let column = names.max().unwrap_or_default();
    let room = usize::from(width).saturating_sub(column + GAP).max(PART);
    let line =
        |(name, value): &(&str, String)| laid_out(&[escape(name), escape(value)], &[column, room]);
    rows.iter().map(line).collect()
}

/// Lines of text, broken between words where they are too long. What begins with blanks goes on further to the
/// right, or below what stands behind a gap.
pub fn folded(text: &str, width: u16) -> String {
    let width = usize::from(width);
    let mut folded = String::with_capacity(text.len());
    for line in text.lines() {
        let (begin, rest) = line
            .split_at_checked(hanging(line, width * 2 / 3))
            .unwrap_or((line, ""));
        let indent = columns(begin);
        for (at, part) in wrapped(rest, width.saturating_sub(indent).max(PART))
            .iter()
            .enumerate()
        {
            let blanks = " ".repeat(indent);
            folded.extend([if at == 0 { begin } else { &blanks }, part, "\n"]);
        }
    }
    folded
}

/// Where the further lines of a line begin; text behind a gap has a third of the width at least.
fn hanging(line: &str, most: usize) -> usize {
    let indent = line.len() - line.trim_start().len();
    let behind_gap = line.rfind("  ").map(|at| at + GAP);
    match behind_gap.filter(|at| (indent + 1..most).contains(at)) {
        Some(column) => column,
        // Prose, and what goes on below a gap already.
        None if indent == 0 || indent > PART => indent,
        None => indent + GAP,
    }
}

/// How wide each column is; nothing when words would be broken.
fn widths(lines: &[Vec<String>], width: usize) -> Option<Vec<usize>> {
    let count = lines.iter().map(Vec::len).max()?;
    let of_column = |at: usize, measure: fn(&str) -> usize| {
        let cells = lines.iter().filter_map(move |line| line.get(at));
        cells.map(|cell| measure(cell)).collect::<Vec<_>>()
    };
    let width = width.checked_sub(GAP * count.saturating_sub(1))?;
    let cells: Vec<Vec<usize>> = (0..count).map(|at| of_column(at, longest)).collect();
    let widest = |cells: Vec<usize>| cells.into_iter().max().unwrap_or_default();
    let wanted: Vec<usize> = cells.iter().cloned().map(widest).collect();
    if wanted.iter().sum::<usize>() <= width {
        return Some(wanted);
    }
    let least = (0..count).map(|at| widest(of_column(at, least)));
    let mut widths: Vec<usize> = least.collect();
    let room = width.checked_sub(widths.iter().sum())?;
    // What is left goes where it saves lines.
    for _ in 0..room {
        let most = (0..count).max_by_key(|at| more_lines(&cells[*at], widths[*at]))?;
        widths[most] += 1;
    }
    Some(widths)
}

/// How many lines a column takes beyond one for each cell.
fn more_lines(cells: &[usize], width: usize) -> usize {
    let lines = cells
        .iter()
        .map(|cell| cell.saturating_sub(1) / width.max(1));
    lines.sum()
}

/// The columns of the longest line.
fn longest(cell: &str) -> usize {
    cell.lines().map(columns).max().unwrap_or_default()
}

/// The columns without which words would be broken.
fn least(cell: &str) -> usize {
    let words = cell.lines().flat_map(|line| {
        let indent = line.len() - line.trim_start().len();
        line.split_whitespace().map(move |word| (indent, word))
    });
    let least = |(indent, word): (usize, &str)| match columns(word) {
        long if long > WHOLE && is_breakable(word) => indent + PART,
        long => indent + long,
    };
    words.map(least).max().unwrap_or_default()
}

/// Addresses, and text whose letters are words, which take two columns each.
fn is_breakable(word: &str) -> bool {
    word.contains(MARKS) || columns(word) > word.chars().count()
}

fn columns(text: &str) -> usize {
    match text.is_ascii() {
        true => text.len(),
        false => text.width(),
    }
}

/// One row, on as many lines as its highest cell takes.
fn laid_out(row: &[String], widths: &[usize]) -> String {
    let cells = row.iter().zip(widths);
    let mut cells: Vec<_> = cells
        .map(|(cell, width)| (wrapped(cell, *width).into_iter(), *width))
        .collect();
    let height = cells.iter().map(|(lines, _)| lines.len()).max();
    let mut text = String::new();
    for _ in 0..height.unwrap_or_default() {
        // Blanks stand before what comes behind them only, however wide the last column is.
        let mut blanks = 0;
        for (lines, width) in &mut cells {
            let part = lines.next().unwrap_or_default();
            let part = part.trim_end();
            if !part.is_empty() {
                text.extend(std::iter::repeat_n(' ', blanks));
                text.push_str(part);
                blanks = 0;
            }
            blanks += width.saturating_sub(columns(part)) + GAP;
        }
        text.push('\n');
    }
    text
}

/// The lines of a cell. A line that begins with blanks goes on behind as many.
fn wrapped(cell: &str, room: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for line in cell.split('\n') {
        if columns(line) <= room {
            lines.push(line.to_owned());
            continue;
        }
        let text = line.trim_start();
        let indent = &line[..line.len() - text.len()];
        let room = room.saturating_sub(indent.len()).max(1);
        lines.extend(
            broken(text, room)
                .iter()
                .map(|part| format!("{indent}{part}")),
        );
    }
    lines
}

/// A line broken between words, and inside a word only where it alone is too long.
fn broken(line: &str, room: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut now = String::new();
    for mut word in line.split_whitespace() {
        if !now.is_empty() && columns(&now) + 1 + columns(word) <= room {
            now.push(' ');
        } else if !now.is_empty() {
            lines.push(std::mem::take(&mut now));
        }
        if now.is_empty() {
            while let Some((part, rest)) = word.split_at_checked(end_of_part(word, room)) {
                if rest.is_empty() {
                    break;
                }
                lines.push(part.to_owned());
                word = rest;
            }
        }
        now.push_str(word);
    }
    lines.push(now);
    lines
}

/// How much of a word stands on a line that has room for no other: all of it, what ends with a mark, or what
/// fits. At least one letter does.
fn end_of_part(word: &str, room: usize) -> usize {
    let ends = word
        .char_indices()
        .map(|(at, letter)| at + letter.len_utf8());
    let fitting = ends.take_while(|end| columns(&word[..*end]) <= room).last();
    let most = fitting.unwrap_or_else(|| word.chars().next().map_or(0, char::len_utf8));
    if most == word.len() {
        return most;
    }
    let mark = word[..most].rfind(MARKS).map(|at| at + 1);
    mark.filter(|at| at * 2 >= most).unwrap_or(most)
}
