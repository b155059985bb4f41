//! `docs/screens.md`: what commands show, captured from the program.

use std::fmt::Write;

use crate::sandbox::Sandbox;
use crate::surroundings::{RUN, under};

const HEAD: &str = "\
# Screens

What commands show, captured from the program against its emulator, 80 columns wide.
";

/// Command lines in their order, each with a word about it. The first prepare, and are shown as well.
const LINES: &[(&str, &str)] = &[
    ("Nothing is configured yet.", "get"),
    (
        "A first callback. What would be changed is shown before it is asked or written.",
        "set --http-url https://example.com/vod/callback --events FileUploadComplete,TranscodeComplete",
    ),
    (
        "One part is changed, and nothing else.",
        "set --add-events SnapshotComplete --dry-run",
    ),
    ("What is configured now.", "get"),
    (
        "The event types and how they are subscribed.",
        "events list",
    ),
    ("The VOD centres.", "regions"),
    (
        "A mistake, and how to mend it.",
        "set --events FileUploadComplet",
    ),
];

/// The questions of `vodcb wizard --plain` and what answers them.
const ANSWERS: &[(&str, &str)] = &[
    ("Number [1]: ", "1"),
    ("Number, < to go back [1]: ", "1"),
    ("Number, < to go back [1]: ", "1"),
    (
        "URL, < to go back [https://example.com/vod/callback]: ",
        "https://example.com/vod/events",
    ),
    ("Number, < to go back [1]: ", "1"),
    ("Number, < to go back [1]: ", "1"),
    ("Number, < to go back [1]: ", "4"),
    ("Number, < to go back [2]: ", "1"),
    ("Number [1]: ", "1"),
];

/// What the wizard asks, with the answers where they were typed.
fn conversation(sandbox: &Sandbox) -> String {
    let input: String = ANSWERS
        .iter()
        .map(|(_, answer)| format!("{answer}\n"))
        .collect();
    let run = sandbox
        .vodcb_with_input(input.as_bytes(), ["wizard", "--plain"])
        .ok();
    let mut screen = String::new();
    let mut rest = run.stderr.as_str();
    for (question, answer) in ANSWERS {
        let (before, after) = rest
            .split_once(question)
            .unwrap_or_else(|| panic!("{question} is not asked in {rest}"));
        let _ = writeln!(screen, "{before}{question}{answer}");
        rest = after;
    }
    format!("{screen}{rest}{}", run.stdout)
}

#[test]
fn screens_are_those_of_the_program() {
    let mut sandbox = Sandbox::new();
    sandbox.set("COLUMNS", "80");
    let mut page = HEAD.to_owned();
    for (about, line) in LINES {
        // Both streams as one, in the order in which a terminal shows them.
        let args: Vec<&str> = line.split(' ').collect();
        let run = under(&sandbox, &format!("{RUN} 2>&1"), &args);
        let _ = write!(
            page,
            "\n{about}\n\n```text\n$ vodcb {line}\n{}```\n",
            run.stdout
        );
    }
    let _ = write!(
        page,
        "\nThe wizard, by plain lines; at a terminal the same questions are lists.\n\n\
         ```text\n$ vodcb wizard --plain\n{}```\n",
        conversation(&sandbox)
    );
    super::kept("docs/screens.md", &page);
}
