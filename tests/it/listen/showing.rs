//! Showing comes after receiving: nothing that is shown, or is not, costs a delivery.

use std::io::{BufRead, Read};

use super::world::{EVENT, Listening, post};
use crate::sandbox::Sandbox;

/// An event of about a million bytes.
fn large(number: usize) -> String {
    let filler = "x".repeat(1_000_000);
    format!(r#"{{"EventType":"TranscodeComplete","VideoId":"{number}","Extend":"{filler}"}}"#)
}

/// `vodcb listen --save f | sleep 30`: the pipe takes 64 KiB, and VOD waits for five seconds.
#[test]
fn a_stdout_that_nobody_reads_costs_lines_and_no_delivery() {
    let sandbox = Sandbox::offline();
    let args = ["--save", "f", "--exit-after", "40", "-o", "ndjson"];
    let listening = Listening::start(&sandbox, args);
    for number in 0..40 {
        assert_eq!(post(listening.address, &[], large(number)), 200);
    }
    let run = listening.end().ok();
    assert_eq!(
        run.stderr.matches("is not read").count(),
        1,
        "{}",
        run.stderr
    );
    let lines = run.lines();
    let summary = lines.last().unwrap();
    assert_eq!(
        (&summary["kind"], &summary["deliveries"]),
        (&"summary".into(), &40.into())
    );
    // Of `ready`, deliveries and the summary.
    let shown = lines.len() as u64 - 2;
    assert_eq!(summary["not_shown"].as_u64().unwrap(), 40 - shown);
    assert!((16..40).contains(&shown), "{shown} were shown");
    let saved = std::fs::read_to_string(sandbox.home().join("f")).unwrap();
    assert_eq!(saved.lines().count(), 40);
}

#[cfg(unix)]
#[test]
fn signals_are_heard_while_nobody_reads() {
    let sandbox = Sandbox::offline();
    let listening = Listening::start(&sandbox, ["-o", "ndjson"]);
    for number in 0..3 {
        assert_eq!(post(listening.address, &[], large(number)), 200);
    }
    // Two signals that come before the first is heard are one.
    let is_over = |listening: &Listening| std::net::TcpStream::connect(listening.address).is_err();
    listening.signal("INT");
    crate::queue::forward::eventually(|| is_over(&listening));
    std::thread::sleep(crate::queue::forward::ANEW);
    listening.signal("INT");
    assert_eq!(listening.end_unread(), 130);

    // One is enough where it came to its end by itself.
    let listening = Listening::start(&sandbox, ["-o", "ndjson", "--exit-after", "1"]);
    assert_eq!(post(listening.address, &[], large(0)), 200);
    crate::queue::forward::eventually(|| is_over(&listening));
    listening.signal("TERM");
    assert_eq!(listening.end_unread(), 0);
}

/// Anybody can send a body that a query fails on.
#[test]
fn a_query_that_fails_on_a_document_is_warned_of_once_and_ends_nothing() {
    let sandbox = Sandbox::offline();
    let query = "starts_with(event.VideoId, 'v')";
    let args = ["-o", "ndjson", "--query", query, "--exit-after", "4"];
    let listening = Listening::start(&sandbox, args);
    for body in [EVENT, r#"{"VideoId":7}"#, r#"{"VideoId":8}"#, EVENT] {
        assert_eq!(post(listening.address, &[], body), 200);
    }
    let run = listening
        .end()
        .ok()
        .says(&["a document was not shown", "--query failed"]);
    assert_eq!(run.stdout, "true\ntrue\n");
    assert_eq!(run.stderr.matches("given number").count(), 1, "{run:?}");
}

/// Some editors put a mark before what they save.
#[test]
fn an_event_behind_a_byte_order_mark_is_shown_and_expected() {
    let sandbox = Sandbox::offline();
    let args = [
        "-o",
        "ndjson",
        "--expect",
        "EventType == 'TranscodeComplete'",
    ];
    let listening = Listening::start(&sandbox, args);
    assert_eq!(
        post(listening.address, &[], format!("\u{FEFF}{EVENT}")),
        200
    );
    let lines = listening.end().ok().lines();
    assert_eq!(lines[1]["event_type"], "TranscodeComplete");
    assert_eq!(lines[1]["event"]["VideoId"], "v1");
}

/// What cannot be shown ends it with the delivery that shows it, and as an error and no bug.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_below_what_is_shown_ends_it_at_once() {
    let sandbox = Sandbox::offline();
    let listening = Listening::under(&sandbox, "exec >/dev/full", []);
    assert_eq!(post(listening.address, &[], EVENT), 200);
    let run = listening.end().exits(8);
    run.says(&["standard output cannot be written"]);
    assert!(!sandbox.home().join("ready").exists());
}

/// `vodcb listen | consumer`: what nobody sees or keeps is for VOD to try again.
#[test]
fn a_reader_that_goes_away_ends_it() {
    let sandbox = Sandbox::offline();
    let mut listening = Listening::start(&sandbox, ["-o", "ndjson"]);
    listening.deafen();
    assert_eq!(post(listening.address, &[], EVENT), 200);
    listening
        .end()
        .exits(8)
        .says(&["nobody reads standard output any more", "--save FILE"]);
}

/// What is kept elsewhere is received all the same; it is warned of once, and the end tells how many lines.
#[cfg(unix)]
#[test]
fn a_receiver_that_saves_outlives_its_reader() {
    let full = match cfg!(target_os = "linux") {
        true => &[("exec >/dev/full", "No space left", 8)][..],
        false => &[],
    };
    let gone = [("", "nobody reads standard output any more", 0)];
    for (words, why, code) in gone.iter().chain(full) {
        let sandbox = Sandbox::offline();
        let mut listening = Listening::under(&sandbox, words, ["--save", "f"]);
        listening.deafen();
        let mut talk = listening.talk();
        assert_eq!(post(listening.address, &[], EVENT), 200);
        let mut said = String::new();
        while !said.contains("receiving goes on") {
            assert!(talk.read_line(&mut said).unwrap() > 0, "{said}");
        }
        assert!(said.contains(why), "{said}");
        for _ in 0..2 {
            assert_eq!(post(listening.address, &[], EVENT), 200);
        }
        listening.signal("INT");
        let mut rest = String::new();
        talk.read_to_string(&mut rest).unwrap();
        assert!(rest.contains("warning: 3 lines were not shown"), "{rest}");
        assert!(!rest.contains("receiving goes on"), "{rest}");
        assert_eq!(listening.end_unread(), *code);
        let saved = std::fs::read_to_string(sandbox.home().join("f")).unwrap();
        assert_eq!(saved.lines().count(), 3);
    }
}
