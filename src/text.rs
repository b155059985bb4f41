//! Foreign text made fit to be seen.
//!
//! Event bodies, URLs and messages are written by strangers; a control character could move the
//! cursor, and a line end could forge a line of ours.

use std::borrow::Cow;
use std::fmt::Display;

/// Shows control, direction-changing and invisible characters as escapes; keeps line ends and all
/// letters of all languages.
pub fn escape(text: &str) -> String {
    escaped(text, |c| c == '\n')
}

/// The same for text that must stay on one line.
pub fn escape_line(text: &str) -> String {
    escaped(text, |_| false)
}

/// A word as a shell takes it, for lines that are copied.
pub fn quoted(word: &str) -> Cow<'_, str> {
    // Nothing that a command line named holds a zero byte.
    shlex::try_quote(word).unwrap_or(Cow::Borrowed(word))
}

/// Text of more characters is cut where it is only quoted.
const LONG: usize = 1000;

/// A long text by its beginning and its end, so that a mistake of a megabyte can still be told about.
pub fn shortened(text: &str) -> Cow<'_, str> {
    let count = text.chars().count();
    let Some(left_out) = count.checked_sub(LONG).filter(|more| *more > 0) else {
        return Cow::Borrowed(text);
    };
    let head: String = text.chars().take(LONG * 3 / 4).collect();
    let tail: String = text.chars().skip(LONG * 3 / 4 + left_out).collect();
    Cow::Owned(format!(
        "{head} … ({left_out} characters left out) … {tail}"
    ))
}

fn escaped(text: &str, spared: impl Fn(char) -> bool) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if spared(c) || !is_invisible(c) {
            shown.push(c);
        } else {
            shown.extend(c.escape_default());
        }
    }
    shown
}

/// Whether a text is as it may be shown, without a look at each letter: the usual one is.
pub fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// A number with the word for so many: `1 line`, `2 lines`.
pub fn counted<N: PartialEq + From<u8> + Display>(number: N, one: &str, several: &str) -> String {
    let word = if number == N::from(1) { one } else { several };
    format!("{number} {word}")
}

/// The beginning of a text, with an ellipsis where it was cut.
pub fn clip(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// True for characters that nobody sees, or that change how others are seen.
pub fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{00AD}'
                | '\u{061C}'
                | '\u{115F}'..='\u{1160}'
                | '\u{180E}'
                | '\u{200B}'..='\u{200F}'
                | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}'
                | '\u{3164}'
                | '\u{FEFF}'
                | '\u{FFA0}'
                | '\u{FFF9}'..='\u{FFFB}'
                | '\u{E0000}'..='\u{E007F}'
        )
}

/// The commas of Chinese and Japanese text, which separate nothing here.
pub const WIDE_COMMAS: [char; 2] = ['，', '、'];
/// What helps where one was typed.
pub const WIDE_COMMA_HINT: &str = "type an ASCII comma between them: , and not ， or 、";
