//! How a text that is not of its syntax is mended: what people and templates get wrong most.

use super::Syntax;

/// What the libraries say of a mistake, and what to do about it; the first that fits.
const TOML: [(&str, &str); 9] = [
    (
        "expected non-double-quote visible",
        "a control character is written as an escape, for example \\u0000",
    ),
    (
        "invalid basic string",
        "a text ends in its line: put the closing quote behind it",
    ),
    (
        "invalid literal string",
        "a text ends in its line: put the closing quote behind it",
    ),
    ("unclosed array", "put ] behind the last value of the list"),
    (
        "missing comma",
        "put a comma between the values of the list, and ] behind the last one",
    ),
    (
        "unclosed",
        "close what was opened: a heading is [defaults] or [[callback]]",
    ),
    (
        "duplicate key",
        "a name stands once in a table: leave one of the two out, or begin another [[callback]] before it",
    ),
    (
        "carriage return",
        "save the file with the usual ends of lines, LF or CRLF",
    ),
    ("must be quoted", "put the text in quotes"),
];

const YAML: [(&str, &str); 8] = [
    ("tab", "indent by blanks: YAML takes no tabs there"),
    ("unclosed quote", "put the closing quote behind the text"),
    (
        "unclosed bracket",
        "close the bracket behind the last value",
    ),
    (
        "mapping values are not allowed",
        "give each name a line of its own, and put a text that holds a colon before a blank in quotes",
    ),
    (
        "'-' indicator",
        "the names of one callback begin in the same column, the first behind the dash",
    ),
    (
        "expected key",
        "the names of one table begin in the same column",
    ),
    (
        "unknown anchor",
        "put a text that begins with * in quotes, or define &NAME before it is used",
    ),
    (
        "unknown alias",
        "put a text that begins with * in quotes, or define &NAME before it is used",
    ),
];

const JSON: [(&str, &str); 4] = [
    (
        "EOF",
        "close what was opened: a quote, ] or } is missing at the end",
    ),
    (
        "control character",
        "a text ends in its line: put the closing quote behind it",
    ),
    (
        "trailing characters",
        "a manifest is one object: put all callbacks into its list",
    ),
    (
        "expected `,`",
        "put a comma between the members, or close what was opened",
    ),
];

/// What helps with a mistake that begins there.
pub(super) fn hint(syntax: Syntax, why: &str, text: &str, at: usize) -> &'static str {
    let (usual, otherwise): (&[(&str, &str)], _) = match syntax {
        Syntax::Toml => (
            &TOML,
            "each line is a heading, or a name = and a value; texts stand in quotes",
        ),
        Syntax::Yaml => (
            &YAML,
            "each line is a name: and a value; those of one table begin in the same column",
        ),
        Syntax::Json => {
            if let Some(hint) = beyond_json(text, at) {
                return hint;
            }
            (
                &JSON,
                "names and texts stand in double quotes, with commas between them",
            )
        }
    };
    let found = usual.iter().find(|(said, _)| why.contains(said));
    found.map_or(otherwise, |(_, hint)| hint)
}

/// What other languages and their tools allow, and JSON does not.
fn beyond_json(text: &str, at: usize) -> Option<&'static str> {
    let (before, behind) = text.split_at_checked(at)?;
    if before.trim_end().ends_with(',') && behind.starts_with(['}', ']']) {
        return Some("take out the comma before it: JSON has none behind the last one");
    }
    match behind.chars().next()? {
        '/' | '#' => Some("take out the comment: JSON has none"),
        '\'' => Some("names and texts stand in double quotes"),
        _ => None,
    }
}
