//! Command lines in hints are copied, so they are about what the run was about, and a shell takes them.

use crate::check::check;
use crate::floors::modules;
use crate::receiver::{Receiver, Reply};
use crate::sandbox::Sandbox;

/// Where a hint names such a command as such: there is no target yet, or the flags are not known.
const GENERAL: &[(&str, &str)] = &[
    ("output::forms", "set --http-url URL --events A,B -o json"),
    ("callback::auth_key", "key generate makes a good one"),
    ("commands::set", "set --help shows what can be set"),
];

#[test]
fn hints_that_change_a_callback_name_it() {
    for (module, code) in modules() {
        // The examples of a help text begin their lines.
        let lines = code.lines().filter(|line| {
            let line = line.trim_start().trim_start_matches("VOD_KEY=… ");
            !line.starts_with("vodcb ")
        });
        for line in lines {
            for (at, command) in ["set", "delete", "key"].iter().flat_map(|word| {
                line.match_indices(word)
                    .filter(|(at, _)| line[..*at].ends_with("vodcb "))
            }) {
                let rest = &line[at..];
                assert!(
                    GENERAL
                        .iter()
                        .any(|(own, words)| *own == module && rest.starts_with(words)),
                    "{module} names vodcb {command} without Context::again: {line}"
                );
            }
        }
    }
}

#[test]
fn remedies_of_a_check_are_for_the_target_that_was_checked() {
    let sandbox = Sandbox::new();
    let at = ["--region", "cn-beijing", "--app-id", "app-1000001"];
    let set = |more: &[&str]| sandbox.vodcb([&["set"], &at[..], more].concat()).ok();
    let remedy = |name: &str, more: &[&str]| {
        let run = sandbox.vodcb([&["check", "-o", "json"], &at[..], more].concat());
        check(&run, name)
    };
    let here = "vodcb --region cn-beijing --app-id app-1000001";
    let url = "https://example.com/vod?a=%";
    set(&["--http-url", url, "--events", "none"]);
    let events = remedy("events", &["--only", "events"]);
    assert_eq!(
        events["remedy"],
        format!("{here} set --events ALL, or the names that are needed")
    );
    let doubtful = remedy("url", &["--only", "url"]);
    assert_eq!(
        doubtful["remedy"],
        format!("mend the URL with {here} set --http-url URL, and in the receiver")
    );
    set(&[
        "--events",
        "StreamTranscodeComplete,Gone",
        "--allow-unknown-events",
    ]);
    let events = remedy("events", &["--only", "events"]);
    let words = events["remedy"].as_str().unwrap();
    for command in [
        "set --allow-unknown-events --remove-events Gone",
        "set --add-events TranscodeComplete",
    ] {
        assert!(words.contains(&format!("{here} {command}")), "{words}");
    }
}

/// What is not configured cannot be changed.
#[test]
fn a_receiver_that_is_not_configured_has_no_callback_to_set() {
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let sandbox = Sandbox::offline();
    let url = receiver.url("/vod?a=%");
    let run = sandbox.vodcb(["check", &url, "--deliver", "-o", "json"]);
    assert!(!run.stdout.contains("vodcb set"), "{run:?}");
    assert_eq!(
        check(&run, "forged")["cause"],
        "no key is given; give it with --auth-key-env NAME"
    );
}

#[test]
fn a_callback_without_authentication_is_told_by_all_that_verify() {
    let sandbox = Sandbox::new();
    let at = ["--region", "cn-beijing"];
    let set = ["set", "--http-url", "https://example.com/vod"];
    sandbox.vodcb([&set[..], &at].concat()).ok();
    let claim = ["--timestamp", "1519375990", "--signature", "c72b"];
    for command in [
        &["listen", "--configured", "--port", "0"][..],
        &[&["verify", "--configured"][..], &claim].concat(),
    ] {
        let run = sandbox.vodcb([command, &at].concat()).exits(2).says(&[
            "authentication of the configured callback is off, so VOD does not sign its deliveries",
            "hint: vodcb --region cn-beijing set --generate-auth-key switches it on",
        ]);
        assert!(!run.stderr.contains("give --url"), "{run:?}");
    }
}

#[test]
fn names_in_hints_are_written_for_a_shell() {
    let sandbox = Sandbox::offline();
    let event = r#"{"schema_version":1,"kind":"delivery","body":"e30="}"#;
    let two = format!("{event}\n{event}\n");
    sandbox.file("my two.ndjson", &two);
    sandbox
        .vodcb(["events", "decode", "my two.ndjson"])
        .exits(2)
        .says(&["sed -n 1p 'my two.ndjson' | vodcb events decode -"]);
    sandbox
        .vodcb_with_input(two.as_bytes(), ["events", "decode", "-"])
        .exits(2)
        .says(&["for example: sed -n 1p | vodcb events decode -"]);
    sandbox.file("no recording", "x");
    let replay = [
        "replay",
        "no recording",
        "--to",
        "http://127.0.0.1:9/",
        "--yes",
    ];
    sandbox
        .vodcb(replay)
        .exits(2)
        .says(&["vodcb send --data 'no recording' --to URL"]);
}
