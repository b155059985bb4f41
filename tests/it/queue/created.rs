//! A queue that was created, or may have been: told with whatever comes after it.

use serde_json::json;

use crate::sandbox::{Run, Sandbox};

const CREATE: [&str; 5] = ["queue", "create", "q", "-o", "json"];
const SET: [&str; 6] = ["set", "--mns-queue", "q", "--create-queue", "-o", "json"];

fn is_there(sandbox: &Sandbox) -> bool {
    let run = sandbox.vodcb(["queue", "list", "-o", "json"]).ok();
    run.json()["queues"] == json!(["q"])
}

/// What docs/exit-codes.md says of `applied`: whether a write took effect.
#[cfg(unix)]
#[test]
fn an_interruption_never_says_that_nothing_was_changed_once_a_queue_may_be_there() {
    use super::forward::{eventually, signal};
    for (fault, args, known) in [
        (
            "create-queue:slow-after=60000",
            &CREATE[..],
            &["unknown"][..],
        ),
        ("create-queue:slow-after=60000", &SET, &["unknown"]),
        ("set:slow=60000", &SET, &["unknown", "yes"]),
    ] {
        let sandbox = Sandbox::with(&[fault], &[]);
        let mut child = sandbox
            .command(args.iter().copied().chain(["--timeout", "100"]))
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        eventually(|| is_there(&sandbox));
        // The first lets a change come to its end, so there is one more.
        while child.try_wait().unwrap().is_none() {
            signal(&child, "INT");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let run = Run::of(child.wait_with_output().unwrap()).exits(130);
        let error = run.error();
        let applied = error["applied"].as_str().unwrap();
        assert!(known.contains(&applied), "{fault} {args:?}: {applied}");
        let hint = error["hint"].as_str().unwrap();
        assert!(hint.contains("vodcb queue status q"), "{hint}");
        assert!(!run.stderr.contains("nothing was changed"), "{run:?}");
    }
}

/// Of the codes in docs/exit-codes.md only that of a part lets something be done beside what failed.
#[test]
fn a_change_that_fails_after_the_queue_was_created_is_done_in_part() {
    for (fault, applied) in [
        ("set:deny", "yes"),
        ("set:internal", "yes"),
        ("set:error=InvalidParameter", "yes"),
        ("set:reset-before", "unknown"),
    ] {
        let sandbox = Sandbox::with(&[fault], &[]);
        let run = sandbox.vodcb([&SET[..], &["--retries", "0"]].concat());
        let error = run.exits(8).error();
        assert_eq!(error["applied"], applied, "{fault}");
        let causes = error["causes"].to_string();
        assert!(causes.contains("the queue q was created before, and stays"));
        assert!(is_there(&sandbox), "{fault}");
    }
}

#[test]
fn no_queue_is_created_for_a_change_that_cannot_be_recorded() {
    let sandbox = Sandbox::new();
    let history = sandbox.home().join(".local/state/vodcb/history.ndjson");
    std::fs::create_dir_all(history).unwrap();
    let run = sandbox.vodcb(SET).exits(2);
    assert_eq!(run.error()["applied"], "no");
    run.says(&["nothing was written to the service"]);
    assert!(!is_there(&sandbox));
}

#[test]
fn a_change_whose_queue_could_not_be_created_is_recorded_as_not_written() {
    for (fault, code) in [
        ("create-queue:deny", 3),
        ("create-queue:internal", 5),
        ("create-queue:reset-before", 7),
    ] {
        let sandbox = Sandbox::with(&[fault], &[]);
        let run = sandbox.vodcb([&SET[..], &["--retries", "0"]].concat());
        let run = run.exits(code).says(&["the callback was not changed"]);
        assert!(!run.stderr.contains("vodcb undo"), "{run:?}");
        let history = sandbox.vodcb(["history", "-o", "json"]).ok().json();
        assert_eq!(history["records"][0]["result"], "not written", "{fault}");
    }
}

/// That the last attempt was refused says nothing of the one before it.
#[test]
fn a_refusal_after_an_attempt_in_doubt_leaves_the_doubt() {
    let faults = [
        "create-queue:internal-after*1",
        "create-queue:deny",
        "get-queue:deny",
    ];
    let sandbox = Sandbox::with(&faults, &[]);
    let run = sandbox.vodcb(CREATE).exits(7);
    assert_eq!(run.error()["applied"], "unknown");
    run.says(&["run the same command again"]);
    assert!(is_there(&sandbox));
}

/// Has somebody else create the queue between the look at it and its creation, while the callback is read.
fn overtaken(more: &[&str], words: &[&str]) -> Run {
    let faults = [&["get:slow=3000"], more].concat();
    let sandbox = Sandbox::with(&faults, &[]);
    let child = sandbox
        .command(words.iter().copied())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    super::forward::eventually(|| {
        let actions = sandbox.actions();
        actions.iter().any(|it| it == "GetQueueAttributes")
    });
    sandbox.queue("q", 60);
    Run::of(child.wait_with_output().unwrap())
}

#[test]
fn a_queue_that_somebody_else_created_meanwhile_is_not_told_as_created() {
    let (denied, written) = std::thread::scope(|scope| {
        let written = scope.spawn(|| overtaken(&[], &SET));
        (overtaken(&["set:deny"], &SET[..4]), written.join().unwrap())
    });
    let document = written.ok().json();
    assert_eq!(document["result"], "written");
    assert_eq!(document["created_queue"], json!(null));
    // Nothing was changed by this run then.
    let run = denied.exits(3);
    let run = run.says(&["the queue q is there by now; somebody else created it"]);
    assert!(!run.stderr.contains("created the queue"), "{run:?}");
    assert!(!run.stderr.contains("stays"), "{run:?}");
}
