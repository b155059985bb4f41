//! `vodcb set --mns-queue`: the queue is looked up before anything is written.

use serde_json::json;

use crate::queue::forward::eventually;
use crate::sandbox::{Run, Sandbox};

fn wrote(sandbox: &Sandbox) -> bool {
    let actions = sandbox.actions();
    actions.iter().any(|action| action == "SetMessageCallback")
}

fn queues(sandbox: &Sandbox) -> serde_json::Value {
    sandbox.vodcb(["queue", "list", "-o", "json"]).ok().json()["queues"].clone()
}

#[test]
fn a_queue_that_is_not_there_is_refused_with_names_that_could_be_meant() {
    let sandbox = Sandbox::new();
    for name in ["vod-events", "vod-event-archive", "billing"] {
        sandbox.queue(name, 30);
    }
    let run = sandbox.vodcb(["set", "--mns-queue", "vod-evnets"]).exits(4);
    let run = run.says(&[
        "there is no queue vod-evnets",
        "looked for in cn-shanghai",
        "did you mean vod-events",
        "--create-queue",
        "--mns-region",
    ]);
    assert!(!run.stderr.contains("billing"), "{run:?}");
    let run = sandbox.vodcb(["set", "--mns-queue", "vod-evnets", "-o", "json"]);
    assert_eq!(run.exits(4).error()["code"], "QueueNotExist");
    assert!(!wrote(&sandbox));
    let silent = Sandbox::with(&["list-queues:deny"], &[]);
    silent.queue("vod-events", 30);
    let run = silent.vodcb(["set", "--mns-queue", "vod-evnets"]).exits(4);
    assert!(!run.stderr.contains("did you mean"), "{run:?}");
}

#[test]
fn a_queue_is_created_right_before_the_write_and_not_earlier() {
    let sandbox = Sandbox::new();
    let set = ["set", "--mns-queue", "new", "--create-queue"];
    let dry = set.into_iter().chain(["--dry-run"]);
    sandbox
        .vodcb(dry)
        .ok()
        .says(&["the queue new would be created"]);
    assert_eq!(queues(&sandbox), json!([]));
    sandbox
        .vodcb(["set", "--http-url", "https://example.com/vod"])
        .ok();
    let asked = ["--plain"].into_iter().chain(set);
    sandbox.vodcb_with_input(b"n\n", asked).exits(130);
    assert_eq!(queues(&sandbox), json!([]), "a no creates nothing");
    let stale = set.into_iter().chain(["--if-match", "00000000"]);
    sandbox.vodcb(stale).exits(6);
    assert_eq!(queues(&sandbox), json!([]), "nor does a conflict");
    sandbox.vodcb(set).ok().says(&["created the queue new"]);
    let status = sandbox
        .vodcb(["queue", "status", "new", "-o", "json"])
        .ok()
        .json();
    // What docs/queues.md promises.
    assert_eq!(status["message_retention_seconds"], 345_600);
    assert_eq!(status["maximum_message_bytes"], 65536);
    assert_eq!(status["visibility_timeout_seconds"], 60);
    assert_eq!(status["polling_wait_seconds"], 20);
    assert_eq!(status["callback_names_it"], true);
    let run = sandbox.vodcb(set).ok();
    assert!(!run.stderr.contains("created"), "{run:?}");
    let denied = Sandbox::with(&["create-queue:deny"], &[]);
    denied
        .vodcb(set)
        .exits(3)
        .says(&["mns:CreateQueue", "the callback was not changed"]);
    assert!(!wrote(&denied));
}

#[test]
fn without_the_right_to_look_the_action_and_the_way_around_are_named() {
    let sandbox = Sandbox::with(&["get-queue:deny"], &[]);
    let run = sandbox.vodcb(["set", "--mns-queue", "q"]).exits(3);
    run.says(&[
        "mns:GetQueueAttributes",
        "--no-queue-check",
        "nothing was changed",
    ]);
    assert!(!wrote(&sandbox));
    sandbox
        .vodcb(["set", "--mns-queue", "q", "--no-queue-check"])
        .ok();
    let document = sandbox.vodcb(["get", "-o", "json"]).json();
    assert_eq!(document["mns_queue"], "q");
}

#[test]
fn a_queue_service_that_makes_no_sense_is_no_reason_to_write() {
    for (fault, code) in [
        ("get-queue:garbage", 5),
        ("get-queue:html", 5),
        ("get-queue:truncate", 5),
        ("get-queue:error=QpsLimitExceeded", 5),
        ("get-queue:error=MalformedXML", 4),
    ] {
        let sandbox = Sandbox::with(&[fault], &[]);
        sandbox.queue_unread("q");
        let args = ["set", "--mns-queue", "q", "--retries", "0"];
        sandbox.vodcb(args).exits(code).says(&["--no-queue-check"]);
        assert!(!wrote(&sandbox), "{fault}");
    }
}

#[test]
fn attributes_that_lose_events_are_warned_about() {
    let sandbox = Sandbox::new();
    sandbox
        .vodcb(["queue", "create", "short", "--retention", "60"])
        .ok();
    sandbox
        .vodcb(["set", "--mns-queue", "short"])
        .ok()
        .says(&["queue short: messages are kept for 60 s only"]);
}

#[test]
fn a_change_of_events_does_not_look_at_the_queue() {
    let sandbox = Sandbox::new();
    sandbox.queue("q", 30);
    sandbox.vodcb(["set", "--mns-queue", "q"]).ok();
    let looks = |sandbox: &Sandbox| {
        let actions = sandbox.actions();
        actions
            .iter()
            .filter(|it| *it == "GetQueueAttributes")
            .count()
    };
    let before = looks(&sandbox);
    sandbox
        .vodcb(["set", "--events", "FileUploadComplete"])
        .ok();
    assert_eq!(looks(&sandbox), before);
    sandbox.vodcb(["set", "--mns-queue", "q"]).ok();
    assert_eq!(looks(&sandbox), before + 1);
}

/// Once for the account and the look at the queue, once in its turn before the write, and once behind it.
#[test]
fn the_callback_is_read_no_more_often_than_needed() {
    let sandbox = Sandbox::new();
    sandbox.queue("q", 30);
    sandbox.vodcb(["set", "--mns-queue", "q"]).ok();
    let of_the_callback = |action: &String| action.ends_with("MessageCallback");
    let actions: Vec<String> = sandbox
        .actions()
        .into_iter()
        .filter(of_the_callback)
        .collect();
    let get = "GetMessageCallback";
    assert_eq!(actions, [get, get, "SetMessageCallback", get]);
}

#[test]
fn the_role_that_vod_writes_with_is_told_about_and_never_an_error() {
    let set = |faults: &[&str], quirks: &[&str]| -> Run {
        let sandbox = Sandbox::with(faults, quirks);
        sandbox.queue("q", 30);
        sandbox.vodcb(["set", "--mns-queue", "q"]).ok()
    };
    let run = set(&[], &["vod-role=absent"]);
    run.says(&[
        "warning: the account has no role AliyunVODDefaultRole",
        "https://ram.console",
    ]);
    let run = set(&[], &["vod-role=untrusting"]);
    run.says(&["does not trust vod.aliyuncs.com", "sts:AssumeRole"]);
    let run = set(&["get-role:deny"], &[]);
    run.says(&[
        "hint: VOD writes to queues with the role",
        "ram:GetRole",
        "https://ram.console",
    ]);
    let run = set(&[], &[]);
    assert!(!run.stderr.contains("AliyunVODDefaultRole"), "{run:?}");
}

#[test]
fn a_queue_that_is_gone_is_created_although_the_callback_names_it() {
    let sandbox = Sandbox::new();
    sandbox
        .vodcb(["set", "--mns-queue", "q", "--no-queue-check"])
        .ok();
    let before = sandbox.vodcb(["get", "-o", "json"]).ok().json()["fingerprint"].take();
    let repair = ["set", "--mns-queue", "q", "--create-queue"];
    let dry = repair.into_iter().chain(["--dry-run"]);
    sandbox
        .vodcb(dry)
        .ok()
        .says(&["the queue q would be created"]);
    assert_eq!(queues(&sandbox), json!([]));
    let run = sandbox.vodcb(repair).ok().says(&[
        "created the queue q",
        "the callback was already so; only the queue was created",
    ]);
    assert!(!run.stderr.contains("nothing was written"), "{run:?}");
    assert_eq!(queues(&sandbox), json!(["q"]));
    let run = sandbox.vodcb(repair).ok();
    assert!(!run.stderr.contains("created"), "{run:?}");
    let after = sandbox.vodcb(["get", "-o", "json"]).ok().json()["fingerprint"].take();
    assert_eq!(before, after);
}

/// The queue that was looked up is not the callback's any more, and the one that is was never looked up.
#[test]
fn no_queue_is_created_for_a_callback_that_names_another_one_by_now() {
    let sandbox = Sandbox::new();
    let to = |name| ["set", "--mns-queue", name, "--no-queue-check"];
    sandbox.vodcb(to("one")).ok();
    sandbox.afflict(&["get-queue:slow=2000".to_owned()]);
    let reads = || {
        let actions = sandbox.actions();
        let reads = actions.iter().filter(|it| it.starts_with("GetMessage"));
        reads.count()
    };
    let before = reads();
    let args = ["set", "--events", "SnapshotComplete", "--create-queue"];
    std::thread::scope(|scope| {
        let create = scope.spawn(|| sandbox.vodcb(args));
        eventually(|| reads() > before);
        sandbox.vodcb(to("two")).ok();
        create.join().unwrap().exits(6).says(&[
            "changed by somebody else meanwhile",
            "no longer the same: mns_queue",
        ]);
    });
    assert_eq!(queues(&sandbox), json!([]));
    let now = sandbox.vodcb(["get", "-o", "json"]).ok().json();
    assert_eq!(
        (&now["mns_queue"], &now["events"]),
        (&json!("two"), &json!(["ALL"]))
    );
}

#[test]
fn a_queue_that_was_created_stands_in_the_document_of_the_change() {
    let sandbox = Sandbox::new();
    sandbox
        .vodcb(["set", "--mns-queue", "q", "--no-queue-check"])
        .ok();
    let repair = ["set", "--mns-queue", "q", "--create-queue", "-o", "json"];
    let shown = |flags: &[&str]| sandbox.vodcb([&repair, flags].concat()).ok().json();
    let of = |document: &serde_json::Value| {
        let members = ["result", "created_queue"];
        members.map(|member| document[member].clone())
    };
    assert_eq!(
        of(&shown(&["--dry-run"])),
        [json!("already so"), json!(null)]
    );
    assert_eq!(of(&shown(&[])), [json!("already so"), json!("q")]);
    assert_eq!(of(&shown(&[])), [json!("already so"), json!(null)]);
}

/// The queue is there then, whatever becomes of the result: no matter of usage.
#[cfg(target_os = "linux")]
#[test]
fn a_created_queue_that_cannot_be_told_of_is_no_error_before_the_change() {
    let sandbox = Sandbox::new();
    sandbox
        .vodcb(["set", "--mns-queue", "q", "--no-queue-check"])
        .ok();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
    let mut command = sandbox.command(["set", "--mns-queue", "q", "--create-queue"]);
    let run = Run::of(command.stdout(full.unwrap()).output().unwrap());
    run.exits(8)
        .says(&["the queue was created, but its result could not be shown"]);
    assert_eq!(queues(&sandbox), json!(["q"]));
}

#[test]
fn the_configured_queue_is_created_with_a_change_of_something_else() {
    let sandbox = Sandbox::new();
    let change = ["set", "--events", "SnapshotComplete", "--create-queue"];
    sandbox
        .vodcb(["set", "--http-url", "https://example.com/vod"])
        .ok();
    sandbox
        .vodcb(change)
        .exits(2)
        .says(&["there is no queue to create", "--mns-queue NAME"]);
    sandbox
        .vodcb(["set", "--mns-queue", "q", "--no-queue-check"])
        .ok();
    sandbox
        .vodcb(change)
        .ok()
        .says(&["created the queue q", "written and read back"]);
    assert_eq!(queues(&sandbox), json!(["q"]));
}

/// A queue in Shanghai for a centre in Beijing is what the documentation advises.
#[test]
fn a_configured_queue_stays_where_it_is_but_for_what_is_named() {
    let mut sandbox = Sandbox::new();
    let set = |sandbox: &Sandbox, more: &[&str]| {
        let always = ["set", "--region", "cn-beijing", "--no-queue-check"];
        sandbox.vodcb([&always, more].concat()).ok();
        let get = ["get", "--region", "cn-beijing", "-o", "json"];
        let document = sandbox.vodcb(get).ok().json();
        let text = |name: &str| document[name].as_str().unwrap().to_owned();
        (text("mns_endpoint"), text("mns_queue"))
    };
    let place = |endpoint: &str, queue: &str| (endpoint.to_owned(), queue.to_owned());
    sandbox.set("VODCB_ACCOUNT_ID", "99");
    let first = set(&sandbox, &["--mns-queue", "q"]);
    assert_eq!(first, place("http://99.mns.cn-beijing.aliyuncs.com/", "q"));
    let shanghai = "https://1234567890123456.mns.cn-shanghai.aliyuncs.com/";
    set(&sandbox, &["--mns-endpoint", shanghai]);
    let named = set(&sandbox, &["--mns-queue", "other"]);
    assert_eq!(named, place(shanghai, "other"));
    let owned = set(&sandbox, &["--account-id", "42"]);
    let expected = "https://42.mns.cn-shanghai.aliyuncs.com/";
    assert_eq!(owned, place(expected, "other"));
    let moved = set(&sandbox, &["--mns-region", "cn-beijing"]);
    let expected = "https://42.mns.cn-beijing.aliyuncs.com/";
    assert_eq!(moved, place(expected, "other"));
}
