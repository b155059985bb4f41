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
    let mut table = plain(width);
    for (name, value) in rows {
        table.add_row([escape(name), escape(value)]);
    }
    finish(&table)
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
