//! The command line is understood in two ways, one of them fast; they have to agree.

use std::ffi::OsString;

use proptest::prelude::*;
use vodcb::commands::grammar::{by_the_whole, understood};

/// Both ways: `None` where it is left to the whole.
fn both(words: &[String]) -> (Option<String>, Option<String>) {
    let words: Vec<OsString> = words.iter().map(OsString::from).collect();
    let whole = by_the_whole(words.clone(), 100).ok();
    let fast = understood(&words);
    (
        fast.map(|cli| format!("{cli:?}")),
        whole.map(|cli| format!("{cli:?}")),
    )
}

fn typed(line: &str) -> Vec<String> {
    let words = line.split(' ').map(str::to_owned);
    std::iter::once("vodcb".to_owned()).chain(words).collect()
}

#[test]
fn what_is_usually_typed_is_understood_fast_and_rightly() {
    for line in [
        "get",
        "-q get",
        "--emulator get",
        "--region cn-shanghai -o json get --app-id app-1000000",
        "set --http-url https://example.com/vod --events ALL --yes",
        "delete -y --dry-run",
        "send TranscodeComplete --to http://127.0.0.1:1/vod",
        "apply -f a.toml -v",
        "events list --query x",
        "queue list --retries 0",
        "-q queue peek vod-events --emulator",
        "queue --mns-region cn-beijing create q",
        "key status",
        "emulator start --port 0",
        "completions bash",
        "help setup",
    ] {
        let (fast, whole) = both(&typed(line));
        assert!(whole.is_some(), "{line}");
        assert_eq!(fast, whole, "{line}");
    }
}

#[test]
fn the_name_of_the_program_is_no_command() {
    for name in ["get", "vodcb", "-q", ""] {
        let words = [name, "apps", "-q"].map(str::to_owned);
        let (fast, whole) = both(&words);
        assert!(
            fast.as_ref().is_some_and(|cli| cli.contains("Apps")),
            "{name:?}: {fast:?}"
        );
        assert_eq!(fast, whole, "{name:?}");
    }
}

#[test]
fn flags_that_contradict_each_other_are_refused_wherever_they_stand() {
    for line in [
        "-q get -v",
        "get -q -v",
        "-v -q get",
        "--plain get --no-input",
        "get --debug -q",
    ] {
        let (fast, whole) = both(&typed(line));
        assert_eq!((fast, whole), (None, None), "{line}");
    }
}

#[test]
fn what_is_not_plain_is_left_to_the_whole() {
    for line in [
        "",
        "-qy get",
        "--region=cn-beijing get",
        "gte",
        "--help",
        "get --help",
        "-- get",
        "get --no-such-flag",
        "--timeout",
        "get get",
        "--app-id set get",
        "--region get get",
        "--timeout 5 listen --port 0",
        "listen --timeout 5",
        "verify --url https://example.com --timestamp 1 --signature 2",
    ] {
        let (fast, _) = both(&typed(line));
        assert_eq!(fast, None, "{line}");
    }
}

/// What stands behind a command or before it, and may be wrong there.
const PIECES: &[&str] = &[
    "--region cn-shanghai",
    "--region get",
    "--app-id set",
    "--timeout 5",
    "--signature rpc",
    "--timestamp 1",
    "-o json",
    "--output raw",
    "-ojson",
    "-q",
    "-v",
    "-vy",
    "--yes",
    "--quiet",
    "--debug",
    "--emulator",
    "--plain",
    "--no-input",
    "--query -x",
    "--qps 0",
    "--color never",
    "--dry-run",
    "--events ALL",
    "--http-url https://example.com",
    "--port 0",
    "-f x.toml",
    "--mns-region cn-beijing",
    "-h",
    "--",
    "-",
    "list",
    "create",
    "get",
];

const COMMANDS: &[&str] = &[
    "get",
    "set",
    "apply",
    "verify",
    "listen",
    "queue list",
    "queue create q",
    "events list",
    "delete",
    "key status",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn whatever_is_understood_fast_is_what_the_whole_says(
        before in prop::collection::vec(prop::sample::select(PIECES), 0..3),
        command in prop::sample::select(COMMANDS),
        behind in prop::collection::vec(prop::sample::select(PIECES), 0..3),
    ) {
        let words = typed(&[&before[..], &[command], &behind[..]].concat().join(" "));
        let (fast, whole) = both(&words);
        if fast.is_some() {
            prop_assert_eq!(fast, whole, "{:?}", words);
        }
    }
}
