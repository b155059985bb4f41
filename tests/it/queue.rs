//! `vodcb queue` against the emulator's queues.

mod created;
pub mod forward;
mod set;
mod story;
mod tail;

use serde_json::json;

use crate::sandbox::Sandbox;

#[test]
fn queues_are_created_listed_and_shown() {
    let sandbox = Sandbox::new();
    assert_eq!(
        sandbox.vodcb(["queue", "list"]).ok().stdout,
        "There is no queue in cn-shanghai.\n"
    );
    let run = sandbox.vodcb(["queue", "create", "vod-events"]).ok();
    assert!(
        run.stderr.contains("created and read back")
            && run.stderr.contains("set --mns-queue vod-events"),
        "{run:?}"
    );
    sandbox
        .vodcb(["queue", "create", "vod-events"])
        .ok()
        .says(&["already so"]);
    sandbox.vodcb(["queue", "create", "other"]).ok();
    let prefixed = ["queue", "list", "--prefix", "x"];
    assert_eq!(
        sandbox.vodcb(prefixed).ok().stdout,
        "There is no such queue in cn-shanghai.\n"
    );
    assert_eq!(
        sandbox.vodcb(["queue", "list", "-o", "json"]).ok().json()["queues"],
        json!(["other", "vod-events"])
    );
    assert_eq!(
        sandbox
            .vodcb(["queue", "list", "--prefix", "vod", "-o", "json"])
            .ok()
            .json()["queues"],
        json!(["vod-events"])
    );
    let status = sandbox
        .vodcb(["queue", "status", "vod-events", "-o", "json"])
        .ok()
        .json();
    assert_eq!(status["message_retention_seconds"], 345_600);
    assert_eq!(status["maximum_message_bytes"], 65536);
    assert_eq!(status["polling_wait_seconds"], 20);
    assert_eq!(status["callback_names_it"], false);
    assert_eq!(status["warnings"], json!([]));
    sandbox.vodcb(["set", "--mns-queue", "vod-events"]).ok();
    assert_eq!(
        sandbox
            .vodcb(["queue", "status", "vod-events", "-o", "json"])
            .ok()
            .json()["callback_names_it"],
        true
    );
}

#[test]
fn a_namesake_elsewhere_that_the_callback_names_is_told() {
    let sandbox = Sandbox::new();
    sandbox.queue("q", 30);
    let status = |more: &[&str]| {
        let args = ["queue", "status", "q", "-o", "json"];
        sandbox.vodcb([&args, more].concat()).ok()
    };
    let set = ["set", "--mns-queue", "q", "--no-queue-check"];
    for elsewhere in [["--mns-region", "cn-beijing"], ["--account-id", "42"]] {
        sandbox.vodcb([&set[..], &elsewhere].concat()).ok();
        let run = status(&["--account-id", crate::sandbox::ACCOUNT_ID])
            .says(&["names a queue q elsewhere, at http://"]);
        assert_eq!(run.json()["callback_names_it"], false);
        let words = run.json()["warnings"][0].as_str().unwrap().to_owned();
        assert!(words.contains("its events do not come here"), "{words}");
        sandbox.vodcb(["delete", "--yes"]).ok();
    }
    sandbox
        .vodcb([&set[..], &["--account-id", "42"]].concat())
        .ok();
    let run = status(&["--account-id", "42"]);
    assert_eq!(run.json()["callback_names_it"], true);
    assert_eq!(run.json()["warnings"], json!([]));
}

/// VOD drops what goes to a queue that is not there, and says nothing.
#[test]
fn a_missing_queue_that_the_callback_names_is_told() {
    let sandbox = Sandbox::new();
    let account = crate::sandbox::ACCOUNT_ID;
    let set = [
        "set",
        "--mns-queue",
        "gone",
        "--no-queue-check",
        "--account-id",
    ];
    sandbox.vodcb([&set[..], &[account]].concat()).ok();
    let status = |name| sandbox.vodcb(["queue", "status", name, "--account-id", account]);
    status("gone").exits(4).says(&[
        "the callback of app-1000000 in cn-shanghai names it: VOD drops its events",
        "hint: bring it back: vodcb set --mns-queue gone --create-queue",
    ]);
    let elsewhere = ["--region", "cn-beijing"];
    sandbox.vodcb([&set[..], &["42"], &elsewhere].concat()).ok();
    let run = ["queue", "status", "gone", "--account-id", account];
    sandbox.vodcb([&run[..], &elsewhere].concat()).exits(4).says(&[
        "hint: this shows that one: vodcb --region cn-beijing queue status gone --mns-region cn-beijing --account-id 42",
    ]);
    let run = status("other").exits(4);
    assert!(!run.stderr.contains("the callback of"), "{run:?}");
}

#[test]
fn a_callback_that_goes_elsewhere_is_told() {
    let sandbox = Sandbox::new();
    sandbox.queue("q", 30);
    let status = ["queue", "status", "q", "-o", "json"];
    for (set, to) in [
        (
            &["--http-url", "https://example.com/vod"][..],
            "https://example.com/vod",
        ),
        (
            &["--mns-queue", "other", "--no-queue-check"],
            "the queue other at http://1234567890123456.mns.cn-shanghai.aliyuncs.com/",
        ),
    ] {
        sandbox.vodcb([&["set"], set].concat()).ok();
        let run = sandbox.vodcb(status).ok();
        assert_eq!(run.json()["callback_names_it"], false);
        assert_eq!(
            run.json()["warnings"],
            json!([format!(
                "the callback of app-1000000 in cn-shanghai sends to {to}; its events do not come here"
            )])
        );
    }
}

#[test]
fn what_is_known_of_a_queue_is_shown_before_a_refusal() {
    for (fault, unknown, action) in [
        ("get:deny", "callback_names_it", "vod:GetMessageCallback"),
        ("peek:deny", "oldest_message_age_seconds", "mns:PeekMessage"),
    ] {
        let sandbox = Sandbox::with(&[fault], &[]);
        sandbox.queue("q", 30);
        sandbox.deliver("q", "an event");
        let run = sandbox
            .vodcb(["queue", "status", "q", "-o", "json"])
            .exits(3)
            .says(&[action]);
        let document = run.json();
        assert!(document[unknown].is_null(), "{document}");
        assert_eq!(document["active_messages"], 1);
        let known = ["callback_names_it", "oldest_message_age_seconds"];
        let known = known.into_iter().find(|name| *name != unknown).unwrap();
        assert!(!document[known].is_null(), "{document}");
    }
}

#[test]
fn counts_that_lag_behind_are_told() {
    let sandbox = Sandbox::with(&[], &["counters=zero"]);
    sandbox.queue("q", 30);
    let status = ["queue", "status", "q", "-o", "json"];
    assert_eq!(sandbox.vodcb(status).ok().json()["warnings"], json!([]));
    sandbox.deliver("q", "an event");
    let run = sandbox.vodcb(status).ok().says(&["its counts lag behind"]);
    assert_eq!(run.json()["active_messages"], 0);
}

#[test]
fn what_would_lose_events_is_warned_about() {
    let sandbox = Sandbox::new();
    sandbox
        .vodcb(["queue", "create", "short", "--retention", "60"])
        .ok();
    sandbox
        .vodcb(["queue", "status", "short"])
        .ok()
        .says(&["kept for 60 s only"]);
}

#[test]
fn refusals_have_their_own_words_and_codes() {
    let sandbox = Sandbox::with(&["list-queues:internal"], &[]);
    let list = ["queue", "list", "--retries", "0"];
    sandbox.vodcb(list).exits(5).says(&["ListQueue failed"]);
    sandbox
        .vodcb(["queue", "status", "nobody"])
        .exits(4)
        .says(&["QueueNotExist"]);
    sandbox
        .vodcb(["queue", "peek", "nobody"])
        .exits(4)
        .says(&["QueueNotExist"]);
    sandbox
        .vodcb(["queue", "status", "bad_name"])
        .exits(2)
        .says(&["it holds '_'"]);
    sandbox
        .vodcb(["queue", "create", "q", "--retention", "1"])
        .exits(2)
        .says(&["--retention", "from 60 to 604800"]);
    sandbox
        .vodcb(["queue", "peek", "q", "--count", "17"])
        .exits(2);
    let denied = Sandbox::with(&["get-queue:deny"], &[]);
    denied
        .vodcb(["queue", "status", "q"])
        .exits(3)
        .says(&["mns:GetQueueAttributes"]);
}

#[test]
fn a_look_at_an_empty_queue_is_no_error_and_a_dry_run_creates_nothing() {
    let sandbox = Sandbox::new();
    sandbox
        .vodcb(["queue", "create", "q", "--dry-run"])
        .ok()
        .says(&["would be created"]);
    sandbox.vodcb(["queue", "peek", "q"]).exits(4);
    sandbox.vodcb(["queue", "create", "q"]).ok();
    sandbox
        .vodcb(["queue", "create", "q", "--dry-run"])
        .ok()
        .says(&["dry run; already so"]);
    sandbox
        .vodcb(["queue", "create", "q", "--dry-run", "--retention", "7200"])
        .exits(4)
        .says(&["MessageRetentionPeriod is 345600 there, not 7200"]);
    assert_eq!(
        sandbox.vodcb(["queue", "peek", "q"]).ok().stdout,
        "There is no message to look at.\n"
    );
}

#[test]
fn a_look_shows_events_in_either_form_and_what_is_none() {
    let sandbox = Sandbox::new();
    sandbox.vodcb(["queue", "create", "q"]).ok();
    // {"EventType":"SnapshotComplete"} as it is, as Base64, and something that is no event.
    for body in [
        r#"{"EventType":"SnapshotComplete"}"#,
        "eyJFdmVudFR5cGUiOiJTbmFwc2hvdENvbXBsZXRlIn0=",
        "hello",
    ] {
        sandbox.deliver("q", body);
    }
    for _ in 0..2 {
        let run = sandbox
            .vodcb(["queue", "peek", "q", "--count", "16", "-o", "json"])
            .ok();
        let messages = run.json()["messages"].as_array().unwrap().clone();
        assert_eq!(messages.len(), 3, "a look takes nothing");
        let events: Vec<_> = messages
            .iter()
            .filter(|message| message["event_type"] == "SnapshotComplete")
            .collect();
        assert_eq!(events.len(), 2);
        assert!(messages.iter().any(|message| message["body"] == "hello"));
        assert!(messages.iter().all(|message| message["intact"] == true));
    }
    let status = sandbox
        .vodcb(["queue", "status", "q", "-o", "json"])
        .ok()
        .json();
    assert_eq!(status["active_messages"], 3);
    assert!(status["oldest_message_age_seconds"].as_i64().unwrap() >= 0);
}

#[test]
fn creating_names_the_flag_the_difference_and_the_end() {
    let sandbox = Sandbox::new();
    sandbox.queue("q", 60);
    sandbox
        .vodcb(["queue", "create", "q", "--retention", "7200"])
        .exits(4)
        .says(&[
            "MessageRetentionPeriod is 345600 there, not 7200",
            "choose another name",
        ]);
    sandbox
        .vodcb(["queue", "create", "q2", "--retention", "10"])
        .exits(2)
        .says(&["--retention", "from 60 to 604800"]);
    let mut inside = Sandbox::offline();
    inside.set("VODCB_EMULATOR", "1");
    let create = ["queue", "create", "x"];
    for run in [
        inside.vodcb(create),
        Sandbox::offline().vodcb(["--emulator"].into_iter().chain(create)),
    ] {
        run.ok()
            .says(&["the queue with it", "vodcb emulator start"]);
    }
}

#[test]
fn a_mistyped_queue_is_told_with_names_that_could_be_meant() {
    let to = "http://127.0.0.1:9/";
    let commands = [
        &["queue", "status", "vod-evnets"][..],
        &["queue", "peek", "vod-evnets"],
        &["queue", "tail", "vod-evnets"],
        &["queue", "forward", "vod-evnets", "--to", to],
        &[
            "listen",
            "--port",
            "0",
            "--queue",
            "vod-evnets",
            "--forward-to",
            to,
        ],
    ];
    let sandbox = Sandbox::new();
    let silent = Sandbox::with(&["list-queues:deny"], &[]);
    for name in ["vod-events", "billing"] {
        sandbox.queue(name, 30);
        silent.queue(name, 30);
    }
    for args in commands {
        let words = ["there is no queue vod-evnets", "did you mean vod-events?"];
        let run = sandbox.vodcb(args.iter().copied()).exits(4).says(&words);
        assert!(!run.stderr.contains("billing"), "{run:?}");
        // Without the right to list, the error stands as it is.
        let run = silent.vodcb(args.iter().copied()).exits(4);
        let run = run.says(&["there is no queue vod-evnets", "check the name"]);
        assert!(!run.stderr.contains("did you mean"), "{run:?}");
        assert!(!run.stderr.contains("ListQueue"), "{run:?}");
    }
}

/// The queue that is looked at is the one that is written.
#[test]
fn a_variable_that_names_other_queues_than_were_asked_for_is_refused() {
    let mut sandbox = Sandbox::new();
    let named = "https://1234567890123456.mns.cn-shanghai.aliyuncs.com";
    sandbox.set("VODCB_MNS_ENDPOINT", named);
    // Nobody is there, so that nothing leaves this machine.
    sandbox.set("HTTPS_PROXY", "http://127.0.0.1:9");
    let run = |args: &[&str], region, account| {
        let place = ["--mns-region", region, "--account-id", account];
        let args = [args, &place, &["--retries", "0"]].concat();
        sandbox.vodcb(args)
    };
    for args in [
        &["set", "--mns-queue", "q"][..],
        &["queue", "create", "q"],
        &["queue", "status", "q"],
        &["queue", "list"],
    ] {
        run(args, "cn-beijing", "9999999999999999").exits(2).says(&[
            "VODCB_MNS_ENDPOINT names the queues of 1234567890123456 in cn-shanghai, not those of 9999999999999999 in cn-beijing",
            "leave VODCB_MNS_ENDPOINT out",
        ]);
        run(args, "cn-shanghai", "1234567890123456")
            .exits(5)
            .says(&["no connection through the proxy"]);
    }
    let list = ["queue", "list", "--retries", "0"];
    sandbox.vodcb(list).exits(5);
    let actions = sandbox.actions();
    assert!(!actions.contains(&"SetMessageCallback".to_owned()));
}
