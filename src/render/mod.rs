//! Text for people, made by pure functions: data and a width in, lines out.
//!
//! Everything that did not come from this program passes [`escape`] on its way into a table, since
//! event bodies, URLs and messages are written by strangers.

pub mod callback;
pub mod check;
pub mod event;
pub mod history;
pub mod key;
pub mod listen;
pub mod plan;
pub mod queue;
pub mod setup;
pub mod targets;

pub use crate::text::escape;

use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};

/// A table with a heading line, at most `width` columns wide; long cells wrap.
pub fn table(headings: &[&str], rows: &[Vec<String>], width: u16) -> String {
    let mut table = plain(width);
    table.set_header(headings.iter().map(|heading| heading.to_uppercase()));
    for row in rows {
        table.add_row(row.iter().map(|cell| escape(cell)));
    }
    keep_names_whole(&mut table, rows, width);
    finish(&table)
}

/// Names in the first column are copied by hand, so they do not wrap while two thirds of the width are enough.
fn keep_names_whole(table: &mut Table, rows: &[Vec<String>], width: u16) {
    let names = rows.iter().filter_map(|row| row.first());
    let longest = names.map(|name| escape(name).chars().count()).max();
    if longest.unwrap_or_default() <= usize::from(width) * 2 / 3
        && let Some(column) = table.column_mut(0)
    {
        column.set_constraint(ColumnConstraint::ContentWidth);
    }
}

/// Two columns, names and values, without a heading.
pub fn pairs(rows: &[(&str, String)], width: u16) -> String {
    let rows = rows
        .iter()
        .map(|(name, value)| [escape(name), escape(value)]);
    let rows: Vec<[String; 2]> = rows.collect();
    // Usually nothing has to be wrapped. A table would measure every word all the same.
    unwrapped(&rows, width).unwrap_or_else(|| wrapped(rows, width))
}

fn wrapped(rows: Vec<[String; 2]>, width: u16) -> String {
    let mut table = plain(width);
    for row in rows {
        table.add_row(row);
    }
    finish(&table)
}

/// The same where each line fits and each letter takes one column.
fn unwrapped(rows: &[[String; 2]], width: u16) -> Option<String> {
    // A blank on each side of both cells.
    const PADDING: usize = 4;
    let column = rows.iter().map(|[name, _]| name.len()).max()?;
    let room = usize::from(width).checked_sub(column + PADDING)?;
    let fits = |text: &str| text.is_ascii() && text.lines().all(|line| line.len() <= room);
    let is_one_line = |name: &str| name.is_ascii() && !name.contains('\n');
    if !rows
        .iter()
        .all(|[name, value]| is_one_line(name) && fits(value))
    {
        return None;
    }
    let mut text = String::with_capacity(256);
    for [name, value] in rows {
        let names = std::iter::once(name.as_str()).chain(std::iter::repeat(""));
        let lines = value.split('\n').zip(names);
        for (line, name) in lines {
            let begin = text.len();
            text.push_str(name);
            text.extend(std::iter::repeat_n(' ', column - name.len() + PADDING / 2));
            text.push_str(line);
            text.truncate(begin + text[begin..].trim_end().len());
            text.push('\n');
        }
    }
    Some(text)
}

fn plain(width: u16) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width);
    table
}

fn finish(table: &Table) -> String {
    let mut text = String::new();
    for line in table.to_string().lines() {
        // One blank is the cell's padding; the others keep wrapped lines in their column.
        text.push_str(line.strip_prefix(' ').unwrap_or(line).trim_end());
        text.push('\n');
    }
    text
}
