//! The configured receiver, and `set --check`, which looks at one before it is configured.

use std::time::Duration;

use super::{CAREFUL, Care, HERE, KEY, check, found, judge, pairs};
use crate::queue::forward::eventually;
use crate::receiver::{Receiver, Reply};
use crate::sandbox::{Run, Sandbox};

fn sandbox() -> Sandbox {
    let mut sandbox = Sandbox::new();
    sandbox.set("VOD_KEY", KEY);
    sandbox
}

fn careful() -> Receiver {
    Receiver::judging(|request, _| judge(request, &[KEY], CAREFUL))
}

fn set(sandbox: &Sandbox, url: &str, more: &[&str]) -> Run {
    let args = ["set", "--http-url", url, "--auth-key-env", "VOD_KEY"];
    sandbox.vodcb([&args, more].concat())
}

#[test]
fn what_is_configured_is_proved_with_its_own_key() {
    let (sandbox, receiver) = (sandbox(), careful());
    set(
        &sandbox,
        &receiver.url("/vod"),
        &["--events", "SnapshotComplete"],
    )
    .ok();
    let run = sandbox.vodcb(["check", "--deliver", "-o", "json"]).ok();
    assert_eq!(found(&run), pairs(&[HERE]), "{run:?}");
    assert_eq!(check(&run, "unsigned")["result"], "pass");
    assert!(
        receiver
            .requests()
            .iter()
            .all(|it| it.json()["EventType"] == "SnapshotComplete")
    );
}

#[test]
fn a_key_that_differs_from_the_receivers_is_a_failed_delivery() {
    let (mut sandbox, receiver) = (sandbox(), careful());
    sandbox.set("VOD_KEY", "AnotherKey123456");
    set(&sandbox, &receiver.url("/vod"), &[]).ok();
    let run = sandbox.vodcb(["check", "--deliver", "-o", "json"]).exits(1);
    assert_eq!(found(&run), pairs(&[HERE, ("delivery", "fail")]), "{run:?}");
    // The receiver's own key, given by hand, shows that it is only that.
    sandbox.set("RIGHT_KEY", KEY);
    let args = [
        "check",
        "--deliver",
        "--auth-key-env",
        "RIGHT_KEY",
        "-o",
        "json",
    ];
    assert_eq!(found(&sandbox.vodcb(args).ok()), pairs(&[HERE]));
}

#[test]
fn without_authentication_one_delivery_is_made() {
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let sandbox = Sandbox::new();
    sandbox
        .vodcb(["set", "--http-url", &receiver.url("/vod")])
        .ok();
    let run = sandbox.vodcb(["check", "--deliver", "-o", "json"]).ok();
    assert_eq!(found(&run), pairs(&[HERE]), "{run:?}");
    assert_eq!(receiver.requests().len(), 1);
}

#[test]
fn a_key_that_the_service_hides_must_be_given() {
    let receiver = careful();
    let mut sandbox = Sandbox::with(&[], &["key=masked"]);
    sandbox.set("VOD_KEY", KEY);
    set(&sandbox, &receiver.url("/vod"), &[]).ok();
    let run = sandbox.vodcb(["check", "--deliver", "-o", "json"]).exits(1);
    assert_eq!(found(&run), pairs(&[HERE, ("delivery", "fail")]), "{run:?}");
    assert!(
        check(&run, "delivery")["remedy"]
            .to_string()
            .contains("--auth-key-env")
    );
    assert!(receiver.requests().is_empty());
    let args = [
        "check",
        "--deliver",
        "--auth-key-env",
        "VOD_KEY",
        "-o",
        "json",
    ];
    assert_eq!(
        check(&sandbox.vodcb(args).ok(), "delivery")["result"],
        "pass"
    );
}

#[test]
fn set_writes_only_what_passes() {
    let (sandbox, receiver) = (sandbox(), careful());
    let broken = Receiver::start(&[Reply::Status(500)]);
    let run = set(&sandbox, &receiver.url("/vod"), &["--check"]).ok();
    assert!(run.stderr.contains("unsigned") && run.stderr.contains("written and read back"));
    assert_eq!(receiver.requests().len(), 4);
    let run = set(&sandbox, &broken.url("/vod"), &["--check"])
        .exits(1)
        .says(&["nothing was written"]);
    assert!(run.stdout.contains("answered 500"), "{run:?}");
    let run = set(&sandbox, &broken.url("/vod"), &["--check", "-o", "json"]).exits(1);
    assert_eq!(found(&run), pairs(&[HERE, ("delivery", "fail")]), "{run:?}");
    let now = sandbox.vodcb(["get", "-o", "json"]).ok().json();
    assert_eq!(now["url"], receiver.url("/vod"));
    let writes = sandbox
        .actions()
        .iter()
        .filter(|name| *name == "SetMessageCallback")
        .count();
    assert_eq!(writes, 1);
}

/// The events would go to a destination that was never asked.
#[test]
fn set_does_not_write_to_a_destination_that_came_after_the_check() {
    let sandbox = sandbox();
    let slow = Receiver::start(&[Reply::After(Duration::from_millis(1500), 200)]);
    let events = ["--events", "FileUploadComplete"];
    let first = slow.url("/vod");
    sandbox
        .vodcb([&["set", "--http-url", &first][..], &events].concat())
        .ok();
    let args = ["set", "--add-events", "SnapshotComplete", "--check"];
    std::thread::scope(|scope| {
        let checked = scope.spawn(|| sandbox.vodcb(args));
        eventually(|| !slow.requests().is_empty());
        let dead = ["set", "--http-url", "http://localhost:9/vod"];
        sandbox.vodcb(dead).ok();
        checked.join().unwrap().exits(6).says(&[
            "changed by somebody else meanwhile",
            "run the command again",
        ]);
    });
    let now = sandbox.vodcb(["get", "-o", "json"]).ok().json();
    assert_eq!(now["url"], "http://localhost:9/vod");
    assert_eq!(now["events"], serde_json::json!(["FileUploadComplete"]));
}

#[test]
fn a_conflict_that_is_known_sends_no_test_delivery() {
    let (sandbox, receiver) = (sandbox(), Receiver::start(&[Reply::Status(500)]));
    sandbox
        .vodcb(["set", "--http-url", &receiver.url("/vod")])
        .ok();
    let set = ["set", "--add-events", "SnapshotComplete"];
    let stale = ["--check", "--if-match", "deadbeef"];
    sandbox
        .vodcb([&set[..], &stale].concat())
        .exits(6)
        .says(&["is not as --if-match expects"]);
    assert!(receiver.requests().is_empty());
}

#[test]
fn set_signs_its_tests_with_the_new_key() {
    let (sandbox, receiver) = (sandbox(), careful());
    sandbox
        .vodcb([
            "set",
            "--http-url",
            &receiver.url("/vod"),
            "--generate-auth-key",
            "--check",
        ])
        .exits(1);
    set(&sandbox, &receiver.url("/vod"), &["--check"]).ok();
}

#[test]
fn a_warning_does_not_keep_set_from_writing_and_a_dry_run_delivers_nothing() {
    let sandbox = sandbox();
    let lax = Receiver::judging(|request, _| {
        judge(
            request,
            &[KEY],
            Care {
                age: false,
                ..CAREFUL
            },
        )
    });
    set(&sandbox, &lax.url("/vod"), &["--check", "--dry-run"]).ok();
    assert!(lax.requests().is_empty());
    set(&sandbox, &lax.url("/vod"), &["--check"])
        .ok()
        .says(&["! warn"]);
}

/// The emulator may call this machine; the service cannot.
#[test]
fn deliveries_follow_the_services_clock() {
    let mut sandbox = Sandbox::with(&["skew=3600"], &[]);
    sandbox.set("VOD_KEY", KEY);
    let receiver = Receiver::judging(|request, _| {
        #[allow(clippy::disallowed_methods)] // a receiver has a clock of its own
        let now = jiff::Timestamp::now().as_second();
        let time: i64 = request.header("x-vod-timestamp").unwrap().parse().unwrap();
        Reply::Status(if (time - now - 3600).abs() < 300 {
            200
        } else {
            401
        })
    });
    set(&sandbox, &receiver.url("/vod"), &[]).ok();
    let run = sandbox
        .vodcb(["check", "--deliver", "--only", "delivery", "-o", "json"])
        .ok();
    assert_eq!(check(&run, "delivery")["result"], "pass", "{run:?}");
}
