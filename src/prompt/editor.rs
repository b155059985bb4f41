//! One line of text at a terminal, judged with each key.
//!
//! dialoguer's own input judges at the end only, does not hear Esc and leaves halves of wide letters
//! behind, so this one draws anew with each key.

use dialoguer::console::{Key, Term, measure_text_width, style, truncate_str};

use super::question::{BACK, Judgement, Reply, Text};
use super::{Prompt, left};
use crate::error::Result;
use crate::text::escape_line;

pub(super) fn text(prompt: Prompt, text: &Text) -> std::io::Result<Result<Reply<String>>> {
    let term = Term::stderr();
    // Between two keys the terminal must not edit or show the line by itself, as it would a pasted one.
    let _unedited = super::Unedited::begin();
    let mut typed = String::new();
    draw(&term, prompt, text, &typed)?;
    loop {
        match term.read_key()? {
            Key::Enter if typed.trim() == BACK => {
                term.write_line("")?;
                return Ok(Ok(Reply::Back));
            }
            Key::Enter => {
                let meant = text.meant(&typed);
                if let Judgement::Good(_) = (text.judge)(&meant) {
                    term.clear_line()?;
                    term.clear_last_lines(1)?;
                    term.write_line(&format!("{}: {}", text.title, escape_line(&meant)))?;
                    return Ok(Ok(Reply::Answer(meant)));
                }
            }
            Key::Escape => return Ok(Err(left())),
            Key::Backspace => {
                typed.pop();
            }
            // What Ctrl-U has always meant: the line anew.
            Key::Char('\u{15}') => typed.clear(),
            Key::Char(letter) if !letter.is_control() => typed.push(letter),
            _ => continue,
        }
        term.clear_last_lines(1)?;
        draw(&term, prompt, text, &typed)?;
    }
}

/// A line with what is thought of the text, above the line that is typed.
fn draw(term: &Term, prompt: Prompt, text: &Text, typed: &str) -> std::io::Result<()> {
    let width = usize::from(prompt.width);
    let (words, good) = match (text.judge)(&text.meant(typed)) {
        Judgement::Good(words) => (words, true),
        // Nobody has typed anything wrong yet.
        Judgement::Bad(_) if typed.is_empty() => {
            ("Enter accepts, < goes back, Esc cancels".to_owned(), true)
        }
        Judgement::Bad(words) => (words, false),
    };
    let words = truncate_str(&escape_line(&words), width.saturating_sub(3), "…").into_owned();
    let words = match (prompt.color, good) {
        (false, true) => words,
        (false, false) => format!("! {words}"),
        (true, true) => style(words).force_styling(true).dim().to_string(),
        (true, false) => style(words).force_styling(true).red().to_string(),
    };
    term.write_line(&words)?;
    let title = format!("{}: ", text.asked(""));
    let title = truncate_str(&title, width / 2, "…: ").into_owned();
    let room = width.saturating_sub(measure_text_width(&title) + 1);
    term.clear_line()?;
    term.write_str(&format!("{title}{}", end_of(typed, room)))
}

/// As much of the end of a text as fits.
fn end_of(text: &str, room: usize) -> &str {
    let mut start = text.len();
    for (at, _) in text.char_indices().rev() {
        if measure_text_width(&text[at..]) > room {
            break;
        }
        start = at;
    }
    &text[start..]
}
