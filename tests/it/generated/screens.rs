//! `docs/screens.md`: what commands show, captured from the program.

use std::fmt::Write;

use crate::sandbox::Sandbox;

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

#[test]
fn screens_are_those_of_the_program() {
    let mut sandbox = Sandbox::new();
    sandbox.set("COLUMNS", "80");
    let mut page = HEAD.to_owned();
    for (about, line) in LINES {
        let run = sandbox.vodcb(line.split(' '));
        let _ = write!(
            page,
            "\n{about}\n\n```text\n$ vodcb {line}\n{}{}```\n",
            run.stderr, run.stdout
        );
    }
    super::kept("docs/screens.md", &page);
}
