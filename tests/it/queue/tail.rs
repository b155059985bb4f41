//! `vodcb queue tail`: looking on, and deleting what was seen.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::forward::{event, eventually, signal};
use crate::sandbox::{Run, Sandbox};

fn world() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.queue("q", 30);
    sandbox
}

#[test]
fn events_are_shown_once_and_stay() {
    let sandbox = world();
    for id in ["v1", "v2", "v3"] {
        sandbox.deliver("q", &event(id));
    }
    sandbox.deliver("q", "hello\u{9b}31m, no event");
    let run = sandbox.vodcb(["queue", "tail", "q", "--for", "1"]).ok();
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines.len(), 4, "{run:?}");
    assert!(
        lines[0].ends_with("Z  FileUploadComplete  v1  success"),
        "{run:?}"
    );
    assert!(lines[3].contains("unreadable  hello\\u{9b}31m"), "{run:?}");
    assert!(
        run.stderr
            .contains("messages stay in q: each is back 10 s after"),
        "{run:?}"
    );
    let (visible, hidden) = sandbox.backlog("q");
    assert_eq!(visible + hidden, 4, "nothing is deleted");
}

#[test]
fn what_was_shown_is_deleted_on_demand_and_the_rest_is_not() {
    let sandbox = world();
    let other = r#"{"EventType":"TranscodeComplete","VideoId":"t1","Status":"success"}"#;
    sandbox.deliver("q", other);
    sandbox.deliver("q", "no event");
    sandbox.deliver("q", &STANDARD.encode(event("v1")));
    let args = [
        "queue",
        "tail",
        "q",
        "--ack",
        "--events",
        "FileUploadComplete",
    ];
    let args = args
        .into_iter()
        .chain(["--exit-after", "1", "-o", "ndjson"]);
    let run = sandbox.vodcb(args).ok();
    let line: Value = serde_json::from_str(run.stdout.trim_end()).unwrap();
    assert_eq!(line["kind"], "delivery");
    assert_eq!(line["message"]["queue"], "q");
    assert_eq!(line["message"]["dequeue_count"], 1);
    let body = STANDARD.decode(line["body"].as_str().unwrap()).unwrap();
    assert_eq!(body, event("v1").as_bytes(), "the event's own bytes");
    let decoded: Value = serde_json::from_str(&event("v1")).unwrap();
    assert_eq!(line["event"], decoded);
    let (visible, hidden) = sandbox.backlog("q");
    assert_eq!(visible + hidden, 2);
    let recorded = vodcb::delivery::record::read(run.stdout.as_bytes()).unwrap();
    assert_eq!(recorded.body, event("v1").as_bytes());
}

/// Like jq, which goes on with the next document; and what nobody saw is no event to delete.
#[test]
fn a_message_that_the_query_fails_on_is_warned_of_and_stays() {
    let sandbox = world();
    let odd = STANDARD.encode(event("v2"));
    for id in ["v1", "v2", "v3", "v2"] {
        sandbox.deliver("q", &event(id));
    }
    // That of the others is false without looking at the second part.
    let query = format!("body == '{odd}' && abs(kind)");
    let tail = ["queue", "tail", "q", "--ack", "--for", "1", "-o", "ndjson"];
    let run = sandbox
        .vodcb(tail.into_iter().chain(["--query", &query]))
        .ok()
        .says(&["a document was not shown", "--query failed"]);
    assert_eq!(run.stdout, "false\nfalse\n");
    assert_eq!(run.stderr.matches("was not shown").count(), 1, "{run:?}");
    let (visible, hidden) = sandbox.backlog("q");
    assert_eq!(visible + hidden, 2);
}

#[test]
fn it_ends_with_its_time_and_says_whether_enough_came() {
    let sandbox = world();
    let args = ["queue", "tail", "q", "--for", "0.3"];
    assert_eq!(sandbox.vodcb(args).ok().stdout, "");
    let short = ["--exit-after", "1"];
    sandbox
        .vodcb(args.into_iter().chain(short))
        .exits(1)
        .says(&["the time was up after 0 of 1 messages"]);
    sandbox.vodcb(["queue", "tail", "nobody"]).exits(4);
    sandbox
        .vodcb(["queue", "tail", "q", "-o", "yaml"])
        .exits(2)
        .says(&["-o ndjson"]);
    sandbox
        .vodcb(["queue", "tail", "q", "--events", "a b"])
        .exits(2);
    sandbox
        .vodcb(args.into_iter().chain(["--events", "SnapshotComplet"]))
        .ok()
        .says(&["did you mean SnapshotComplete"]);
}

/// Why it waits is said with the code and the request; at the first receipt it ends, since the address may be wrong.
#[test]
fn trouble_of_the_queue_is_told_with_its_cause() {
    let sandbox = world();
    let args = ["queue", "tail", "q", "--retries", "0", "--exit-after", "3"];
    let trouble = ["batch-receive:throttle*1".to_owned()];
    sandbox.afflict(&trouble);
    sandbox.vodcb(args).exits(5);

    sandbox.deliver("q", &event("v1"));
    let before = sandbox.actions().len();
    let child = sandbox
        .command(args)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let listens = || sandbox.backlog("q") == (0, 1) && sandbox.actions().len() > before;
    eventually(listens);
    // Whichever receipt comes behind that of v2 is refused, so v3 comes with one behind it.
    sandbox.afflict(&trouble);
    sandbox.deliver("q", &event("v2"));
    eventually(|| sandbox.backlog("q") == (0, 2));
    sandbox.deliver("q", &event("v3"));
    let run = Run::of(child.wait_with_output().unwrap()).ok();
    let told = "warning: the queue cannot be reached, trying on: BatchReceiveMessage of the queue q failed: ";
    let line = run.stderr.lines().find(|line| line.starts_with(told));
    let line = line.unwrap_or_else(|| panic!("{run:?}"));
    assert!(line.contains(" request id "), "{line}");
}

#[cfg(unix)]
#[test]
fn events_come_as_they_are_sent_until_a_signal() {
    let sandbox = world();
    let mut child = sandbox
        .command(["queue", "tail", "q", "--ack"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for id in ["v1", "v2"] {
        sandbox.deliver("q", &event(id));
        let line = lines.next().unwrap().unwrap();
        assert!(line.contains(id), "{line}");
    }
    eventually(|| sandbox.backlog("q") == (0, 0));
    signal(&child, "INT");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

/// A pipe takes 64 KiB, so that of such lines the second is not printed whole unless it is read.
#[cfg(unix)]
fn large(id: &str) -> String {
    event(&id.repeat(20_000))
}

/// `vodcb queue tail --ack > fifo` whose reader is slow.
#[cfg(unix)]
#[test]
fn what_nobody_has_read_yet_stays_out_of_sight_and_is_deleted_afterwards() {
    let sandbox = Sandbox::new();
    sandbox.queue("q", 3);
    let mut child = sandbox
        .command(["queue", "tail", "q", "--ack", "-o", "ndjson"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    for id in ["a", "bb", "ccc"] {
        sandbox.deliver("q", &large(id));
    }
    // None comes back while the reader takes its time: each is kept out of sight again.
    let kept = |call: &String| call == "ChangeMessageVisibility";
    eventually(|| sandbox.actions().iter().filter(|call| kept(call)).count() >= 2);
    let (visible, hidden) = sandbox.backlog("q");
    assert!(visible == 0 && hidden >= 2, "{visible} {hidden}");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for id in ["a", "bb", "ccc"] {
        let line = lines.next().unwrap().unwrap();
        let read = vodcb::delivery::record::read(line.as_bytes()).unwrap();
        assert_eq!(read.body, large(id).as_bytes());
    }
    eventually(|| sandbox.backlog("q") == (0, 0));
    signal(&child, "INT");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[cfg(unix)]
#[test]
fn signals_are_heard_while_nobody_reads() {
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let sandbox = world();
        sandbox.deliver("q", &large("bb"));
        sandbox.deliver("q", &large("bb"));
        let mut child = sandbox
            .command(["queue", "tail", "q", "-o", "ndjson"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        eventually(|| sandbox.backlog("q") == (0, 2));
        for _ in 0..2 {
            std::thread::sleep(super::forward::ANEW);
            signal(&child, name);
        }
        assert_eq!(child.wait().unwrap().code(), Some(code));
    }
}

/// `vodcb queue tail --ack | head -1` must not delete what nobody saw.
#[cfg(unix)]
#[test]
fn a_reader_that_goes_ends_it_and_nothing_more_is_deleted() {
    let sandbox = world();
    let mut child = sandbox
        .command(["queue", "tail", "q", "--ack"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    sandbox.deliver("q", &event("v1"));
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    drop(reader);
    eventually(|| sandbox.backlog("q") == (0, 0));
    sandbox.deliver("q", &event("v2"));
    assert_eq!(child.wait().unwrap().code(), Some(0));
    eventually(|| sandbox.backlog("q") == (1, 0));
}
