//! Writes whose answer was lost: what reading back proves, what it does not, and where to look then.

use serde_json::json;
use vodcb::credential::Credential;
use vodcb::credential::session::Session;
use vodcb::error::Applied;
use vodcb::openapi::Parameters;
use vodcb::openapi::client::{Caller, Client, Effect};
use vodcb::secret::Secret;
use vodcb::settings::SignatureKind;
use vodcb::target::Endpoint;

use crate::mns::world::context;
use crate::odd_answers::{OddServer, reply};
use crate::sandbox::{Run, Sandbox};

const URL: &str = "https://example.com/new";
const SET: [&str; 7] = ["set", "--http-url", URL, "--retries", "0", "-o", "json"];
/// Three targets without a callback yet.
const MANIFEST: &str = r#"
schema = 1
[defaults]
region = "cn-beijing"
url = "https://example.com/new"
events = "ALL"
[[callback]]
app_id = "app-1000000"
[[callback]]
app_id = "app-1000001"
[[callback]]
app_id = "app-1000002"
"#;

fn apply(sandbox: &Sandbox, more: &[&str]) -> Run {
    sandbox.file("callbacks.toml", MANIFEST);
    let words = ["apply", "-f", "callbacks.toml", "--yes", "--retries", "0"];
    sandbox.vodcb([&words, more].concat())
}

/// A token that no header can hold keeps it from being sent; what was known of an earlier write stays.
#[tokio::test]
async fn a_write_that_cannot_be_sent_is_not_in_doubt() {
    let ctx = context();
    let endpoint = Endpoint::parse("https://127.0.0.1:9", false).unwrap();
    let session = Session::fixed(Credential {
        access_key_id: "LTAIexample".to_owned(),
        access_key_secret: Secret::new("secret"),
        security_token: Some(Secret::new("two\nlines")),
    });
    let caller = Caller::Somebody(Box::new(session));
    let mut client = Client::new("vod", "2017-03-21", endpoint, caller);
    client.signature = SignatureKind::Acs3;
    for before in [Applied::No, Applied::Yes] {
        ctx.applied.set(before);
        let action = "SetMessageCallback";
        let parameters = Parameters::default();
        let called = client.call(&ctx, action, &parameters, Effect::Writes);
        assert_eq!(called.await.err().unwrap().details.applied, Applied::No);
        assert_eq!(ctx.applied.get(), before);
    }
}

#[test]
fn the_old_state_proves_nothing_while_nobody_says_that_the_write_is_done_with() {
    for fault in [
        "set:reset-before",
        // A gateway's 502: whom it asked may be at work.
        "set:html",
        // The service had the same request before, whatever became of it.
        "set:error=SignatureNonceUsed",
    ] {
        let run = Sandbox::with(&[fault], &[]).vodcb(SET).exits(7);
        assert_eq!(run.error()["applied"], "unknown", "{fault}");
        run.says(&["the change may still be under way"]);
    }
}

/// Which statuses are a gateway's word about somebody else is told by RFC 9110, sections 15.6.3 to 15.6.5.
#[test]
fn a_gateway_that_lost_the_service_answers_for_nobody() {
    let page = ("text/html", "<title>nothing</title>");
    let words = (
        "application/json",
        r#"{"RequestId":"R-2","Code":"ServiceUnavailable","Message":"later"}"#,
    );
    for (status, code, applied) in [
        ("502 Bad Gateway", 7, "unknown"),
        ("503 Service Unavailable", 5, "no"),
        ("504 Gateway Timeout", 7, "unknown"),
    ] {
        for (kind, body) in [page, words] {
            let server = OddServer::new(move |request| {
                if request.contains("GetMessageCallback") {
                    return reply("200 OK", "application/json", r#"{"RequestId":"R-1"}"#);
                }
                reply(status, kind, body)
            });
            let run = server.sandbox().vodcb(SET).exits(code);
            assert_eq!(run.error()["applied"], applied, "{status} {kind}");
        }
    }
}

#[test]
fn a_request_that_was_seen_before_points_at_what_doubles_it() {
    Sandbox::with(&["get:error=SignatureNonceUsed"], &[])
        .vodcb(["get"])
        .exits(4)
        .says(&["sends requests a second time"]);
}

/// The service said yes and stores something else: what is lost by that, and how it is brought back.
#[test]
fn what_is_stored_otherwise_has_a_way_back() {
    let sandbox = Sandbox::new();
    let set = ["set", "--http-url", "https://example.com/vod"];
    let events = ["--events", "TranscodeComplete"];
    sandbox.vodcb([&set[..], &events].concat()).ok();
    sandbox.afflict(&["set:drop-events*1".to_owned()]);
    let undo = "vodcb --region cn-shanghai --app-id app-1000000 undo 2 restores it";
    sandbox
        .vodcb(["set", "--add-events", "SnapshotComplete"])
        .exits(6)
        .says(&["every event is off now, so nothing is sent", undo]);
    let shown = sandbox.vodcb(["history", "show", "2"]).ok().stdout;
    assert!(shown.contains("every event is off"), "{shown}");
    sandbox.vodcb(["undo", "--yes"]).exits(2).says(&[
        "nobody knows whether change 2",
        "vodcb undo 2 restores what was there before it",
    ]);
    sandbox.vodcb(["undo", "2", "--yes"]).ok();
    let now = sandbox.vodcb(["get", "-o", "json"]).ok().json();
    assert_eq!(now["events"], serde_json::json!(["TranscodeComplete"]));
}

#[test]
fn the_hints_lead_to_the_target_of_the_write() {
    let mut sandbox = Sandbox::with(&["set@app-1000001:reset-before"], &[]);
    let target = "vodcb --region cn-beijing --app-id app-1000001";
    apply(&sandbox, &[]).exits(8).says(&[
        &format!("look before doing anything else: {target} get"),
        "the state before is in the history: vodcb history show 2 shows it",
        &format!("{target} undo 2 restores it"),
    ]);
    sandbox.set("VODCB_HISTORY", "off");
    let run = apply(&sandbox, &[]).exits(7);
    assert!(!run.stderr.contains("in the history"), "{run:?}");
}

#[test]
fn one_change_in_doubt_is_never_told_as_certainly_not_made() {
    let faults = [
        "set@app-1000000:unavailable",
        "set@app-1000001:reset-before",
    ];
    for (last, code, applied) in [
        ("set@app-1000002:deny", 7, "unknown"),
        ("set@app-1000002:pass", 8, "unknown"),
    ] {
        let sandbox = Sandbox::with(&[faults[0], faults[1], last], &[]);
        let run = apply(&sandbox, &["--keep-going", "-o", "json"]).exits(code);
        assert_eq!(run.error()["applied"], applied, "{last}");
    }
    let sandbox = Sandbox::with(&[faults[0], "set@app-1000001:deny", "set:internal"], &[]);
    let run = apply(&sandbox, &["--keep-going", "-o", "json"]).exits(5);
    assert_eq!(run.error()["applied"], "no");
}

#[test]
fn a_queue_whose_creation_was_not_answered_is_looked_for() {
    let create = ["queue", "create", "q", "--retries", "0", "-o", "json"];
    let there = |sandbox: &Sandbox| {
        let run = sandbox.vodcb(["queue", "list", "-o", "json"]).ok();
        run.json()["queues"] == json!(["q"])
    };
    for (faults, code, is_there) in [
        (&["create-queue:reset-after"][..], 0, true),
        (&["create-queue:internal-after"], 0, true),
        (&["create-queue:internal"], 5, false),
        (&["create-queue:reset-before"], 7, false),
        (&["create-queue:reset-after", "get-queue:deny"], 7, true),
    ] {
        let sandbox = Sandbox::with(faults, &[]);
        let run = sandbox.vodcb(create).exits(code);
        assert_eq!(there(&sandbox), is_there, "{faults:?}");
        match code {
            0 => {
                let unclear = "whether this run made it is not known";
                run.says(&["reading back shows the queue", unclear]);
            }
            5 => assert_eq!(run.error()["applied"], "no"),
            _ => {
                assert_eq!(run.error()["applied"], "unknown");
                run.says(&["run the same command again"]);
            }
        }
    }
    let sandbox = Sandbox::new();
    sandbox.queue("q", 30);
    sandbox.afflict(&["create-queue:reset-before".to_owned()]);
    sandbox.vodcb(create).exits(4).says(&[
        "the queue q is there with other attributes",
        "VisibilityTimeout is 30 there, not 60",
        "\"applied\":\"no\"",
    ]);
}

/// MNS answers 204 to a queue that is there with these attributes, whether the first attempt made it or
/// somebody else did a moment ago.
#[test]
fn whose_a_queue_is_that_is_there_after_an_attempt_in_doubt_is_not_claimed() {
    let create = ["queue", "create", "q"];
    for (fault, is_there) in [
        ("create-queue:reset-after*1", false),
        ("create-queue:internal-after*1", false),
        ("create-queue:internal*1", true),
    ] {
        let sandbox = Sandbox::new();
        if is_there {
            sandbox.vodcb(create).ok();
        }
        sandbox.afflict(&[fault.to_owned()]);
        let run = sandbox.vodcb(create).ok();
        for claim in ["already so", "created and read back", "lost"] {
            assert!(!run.stderr.contains(claim), "{run:?}");
        }
        run.says(&["the queue q is there; whether this run made it is not known"]);
        let puts = sandbox.actions();
        let puts = puts.iter().filter(|action| *action == "CreateQueue");
        assert_eq!(puts.count(), 2 + usize::from(is_there), "{fault}");
        let again = sandbox.vodcb(create).ok();
        again.says(&["already so; nothing was created"]);
    }
    // A refusal says that nothing was made, so what is there afterwards was there before.
    let sandbox = Sandbox::new();
    sandbox.vodcb(create).ok();
    sandbox.afflict(&["create-queue:throttle*1".to_owned()]);
    let run = sandbox.vodcb(create).ok();
    run.says(&["already so; nothing was created"]);
}

#[test]
fn a_callback_goes_to_the_queue_whose_creation_was_not_answered() {
    let set = [
        "set",
        "--mns-queue",
        "q",
        "--create-queue",
        "--retries",
        "0",
    ];
    let sandbox = Sandbox::with(&["create-queue:reset-after"], &[]);
    let run = sandbox.vodcb([&set[..], &["-o", "json"]].concat()).ok();
    assert_eq!(run.json()["created_queue"], json!(null));
    let sandbox = Sandbox::with(&["create-queue:reset-after", "set:deny"], &[]);
    let run = sandbox.vodcb([&set[..], &["-o", "json"]].concat()).exits(8);
    assert_eq!(run.error()["applied"], "unknown");
    run.says(&["the queue q may have been created, and stays"]);
    let sandbox = Sandbox::with(&["create-queue:internal"], &[]);
    sandbox
        .vodcb(set)
        .exits(5)
        .says(&["it was not created", "the callback was not changed"]);
    assert!(!sandbox.actions().contains(&"SetMessageCallback".to_owned()));
    // For programs, too, which see no progress.
    let sandbox = Sandbox::with(&["set:internal"], &[]);
    let run = sandbox.vodcb([&set[..], &["-o", "json"]].concat());
    let causes = run.exits(8).error()["causes"].to_string();
    assert!(causes.contains("the queue q was created before, and stays"));
}

/// What was sent is read back, and then told as if there had been no signal; a second one ends it at once.
#[test]
#[cfg(unix)]
fn a_signal_lets_a_write_be_read_back() {
    use std::io::{BufRead, BufReader, Read};

    use crate::queue::forward::{eventually, signal};
    let set = &["set", "--http-url", "https://example.com/new"][..];
    for (args, again) in [(set, false), (&["delete", "--yes"], false), (set, true)] {
        let sandbox = Sandbox::new();
        let old = ["set", "--http-url", "https://example.com/old"];
        sandbox.vodcb(old).ok();
        sandbox.afflict(&[
            "set:slow-after=3000".to_owned(),
            "delete:slow-after=3000".to_owned(),
        ]);
        let mut child = sandbox.begin(args.iter().copied());
        let url = || sandbox.vodcb(["get", "-o", "json"]).ok().json()["url"].take();
        eventually(|| url() != "https://example.com/old");
        signal(&child, "INT");
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        while !said.contains("finishing the change under way") {
            assert_ne!(stderr.read_line(&mut said).unwrap(), 0, "{said}");
        }
        if again {
            std::thread::sleep(crate::queue::forward::ANEW);
            signal(&child, "INT");
        }
        stderr.read_to_string(&mut said).unwrap();
        let code = child.wait().unwrap().code();
        if again {
            assert_eq!(code, Some(130), "{said}");
            assert!(said.contains("may have been written"), "{said}");
            assert!(said.contains("look before doing anything else"), "{said}");
        } else {
            assert_eq!(code, Some(0), "{said}");
            assert!(
                said.contains("reading back") || said.contains("read back"),
                "{said}"
            );
        }
    }
}

/// A second signal that comes when the write is confirmed and only looked after: what was done is told as done.
#[test]
#[cfg(unix)]
fn a_second_signal_after_a_confirmed_write_does_not_take_it_back() {
    use std::io::{BufRead, BufReader, Read};

    use crate::queue::forward::{eventually, signal};
    let sandbox = Sandbox::new();
    sandbox.afflict(&[
        "set:slow-after=4000".to_owned(),
        "get-role:slow=20000".to_owned(),
    ]);
    let set = ["set", "--mns-queue", "q1", "--no-queue-check", "--yes"];
    let mut child = sandbox.begin(set);
    let stored = || sandbox.vodcb(["get", "-o", "json"]).ok().json();
    eventually(|| stored()["mns_queue"] == "q1");
    signal(&child, "TERM");
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    // The role is looked at once that is said.
    let mut until = |words: &str| {
        while !said.contains(words) {
            assert_ne!(stderr.read_line(&mut said).unwrap(), 0, "{said}");
        }
    };
    until("finishing the change under way");
    until("written and read back");
    signal(&child, "TERM");
    stderr.read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(143), "{said}");
    assert!(
        said.contains("what was changed so far was confirmed"),
        "{said}"
    );
}
