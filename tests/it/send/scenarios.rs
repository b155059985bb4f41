//! Receivers with one weakness each: the scenario made for it finds it, and no other does.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use serde_json::Value;
use vodcb::delivery::scenario::SCENARIOS;
use vodcb::delivery::signature::sign;
use vodcb::event::catalogue;
use vodcb::secret::Secret;

use crate::receiver::{Receiver, Reply, Request};
use crate::sandbox::{AUTH_KEY, Run, Sandbox};

const PUBLIC: &str = "https://example.com/vod";

/// All but the slow one, whose two seconds one test is enough for.
fn try_most(receiver: &Receiver) -> Run {
    let names = SCENARIOS
        .iter()
        .map(|it| it.name)
        .filter(|name| *name != "slow");
    let flags: Vec<&str> = names.flat_map(|name| ["--scenario", name]).collect();
    try_these(receiver, &flags)
}

fn try_these(receiver: &Receiver, scenarios: &[&str]) -> Run {
    let mut sandbox = Sandbox::offline();
    sandbox.set("KEY", AUTH_KEY);
    let url = receiver.url("/vod");
    let all = ["send", "--to", &url, "--count", "20"];
    let signed = [
        "--auth-key-env",
        "KEY",
        "--signed-url",
        PUBLIC,
        "-o",
        "json",
    ];
    sandbox.vodcb([&all[..], &signed, scenarios].concat())
}

/// 401 for what is not signed with the key within five minutes.
fn is_genuine(request: &Request, window: i64) -> bool {
    let (Some(time), Some(signature)) = (
        request.header("x-vod-timestamp"),
        request.header("x-vod-signature"),
    ) else {
        return false;
    };
    let age = now() - time.parse::<i64>().unwrap();
    age.abs() <= window && sign(PUBLIC, time, &Secret::new(AUTH_KEY)) == signature
}

#[allow(clippy::disallowed_methods)] // the receiver's own clock
fn now() -> i64 {
    Timestamp::now().as_second()
}

fn robust(request: &Request) -> u16 {
    match is_genuine(request, 300) {
        true => 200,
        false => 401,
    }
}

/// The verdicts that are not `pass`, by scenario.
fn faults(run: &Run) -> Vec<(String, String)> {
    let document = run.json();
    let rows = document["scenarios"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    rows.map(|row| (text(&row["name"]), text(&row["result"])))
        .filter(|(_, verdict)| verdict != "pass")
        .collect()
}

#[track_caller]
fn finds(judge: impl Fn(&Request) -> u16 + Send + Sync + 'static, fault: &str, verdict: &str) {
    let receiver = Receiver::judging(move |request, _| Reply::Status(judge(request)));
    let run = try_most(&receiver);
    let run = run.exits(if verdict == "fail" { 1 } else { 0 });
    assert_eq!(faults(&run), [(fault.to_owned(), verdict.to_owned())]);
    let document = run.json();
    assert_eq!(document["result"], verdict);
    let rows = document["scenarios"].as_array().unwrap().iter();
    let row = rows.into_iter().find(|row| row["name"] == fault).unwrap();
    assert!(
        row["remedy"].is_string() && row["cause"].is_string(),
        "{row:#}"
    );
}

#[test]
fn a_robust_receiver_passes_all() {
    let receiver = Receiver::judging(|request, _| Reply::Status(robust(request)));
    let run = try_these(&receiver, &["--scenario", "all"]).ok();
    assert_eq!(faults(&run), []);
    let document = run.json();
    assert_eq!(document["result"], "pass");
    assert_eq!(
        document["scenarios"].as_array().unwrap().len(),
        SCENARIOS.len()
    );
}

#[test]
fn a_receiver_that_is_careless_with_signatures_is_found() {
    // Accepts whatever has the headers, right or wrong.
    finds(
        |request| match request.header("x-vod-timestamp") {
            Some(time) if now() - time.parse::<i64>().unwrap() < 300 => 200,
            _ => 401,
        },
        "bad-signature",
        "fail",
    );
    // Verifies what is signed, and lets pass what is not.
    finds(
        |request| match request.header("x-vod-signature") {
            Some(_) => robust(request),
            None => 200,
        },
        "no-signature",
        "fail",
    );
    finds(
        |request| {
            if is_genuine(request, i64::MAX) {
                200
            } else {
                401
            }
        },
        "stale-timestamp",
        "warn",
    );
}

#[test]
fn a_receiver_that_is_strict_with_bodies_is_found() {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    finds(
        move |request| match catalogue::find(&text(&request.json()["EventType"])) {
            Some(_) => robust(request),
            None => 400,
        },
        "unknown-event",
        "fail",
    );
    finds(
        |request| {
            if request.json().as_object().unwrap().len() < 3 {
                422
            } else {
                robust(request)
            }
        },
        "missing-fields",
        "warn",
    );
    finds(
        |request| {
            if request.json().get("AnotherOne").is_some() {
                400
            } else {
                robust(request)
            }
        },
        "extra-fields",
        "fail",
    );
    finds(
        |request| {
            if request.json()["Width"].is_string() {
                500
            } else {
                robust(request)
            }
        },
        "alternative-shapes",
        "fail",
    );
    finds(
        |request| {
            if request.body.len() > 60_000 {
                413
            } else {
                robust(request)
            }
        },
        "large",
        "fail",
    );
}

#[test]
fn a_receiver_that_refuses_what_it_knows_fails_duplicates_only() {
    let known = Arc::new(Mutex::new(BTreeSet::new()));
    let judge = move |request: &Request| {
        let is_new = known.lock().unwrap().insert(request.body.clone());
        if robust(request) == 200 && !is_new {
            409
        } else {
            robust(request)
        }
    };
    finds(judge, "duplicates", "fail");
}

#[test]
fn a_receiver_that_wants_the_upload_first_fails_reordered_only() {
    let uploaded = Arc::new(Mutex::new(BTreeSet::new()));
    let judge = move |request: &Request| {
        let body = request.json();
        let id = body["VideoId"].to_string();
        match body["EventType"].as_str() {
            Some("FileUploadComplete") => drop(uploaded.lock().unwrap().insert(id)),
            Some("SnapshotComplete") if !uploaded.lock().unwrap().contains(&id) => return 404,
            _ => {}
        }
        robust(request)
    };
    finds(judge, "reordered", "fail");
}

#[test]
fn a_receiver_that_takes_no_ordinary_event_is_tried_no_further() {
    let receiver = Receiver::start(&[Reply::Status(500)]);
    let run = try_most(&receiver).exits(1);
    assert_eq!(faults(&run), [("plain".to_owned(), "fail".to_owned())]);
    assert_eq!(receiver.requests().len(), 1);
    assert!(run.stderr.contains("nothing else was tried"), "{run:?}");
}

#[test]
fn without_a_key_nothing_is_said_about_signatures() {
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let url = receiver.url("/vod");
    let names = ["--scenario", "bad-signature", "--scenario", "unknown-event"];
    let run = Sandbox::offline()
        .vodcb([&["send", "--to", &url, "-o", "json"], &names[..]].concat())
        .ok();
    assert_eq!(
        faults(&run),
        [("bad-signature".to_owned(), "skip".to_owned())]
    );
    assert_eq!(receiver.requests().len(), 2);
}

#[test]
fn a_slow_body_has_its_length_and_arrives_whole() {
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let url = receiver.url("/vod");
    Sandbox::offline()
        .vodcb([
            "send",
            "DeleteMediaComplete",
            "--to",
            &url,
            "--scenario",
            "slow",
        ])
        .ok();
    let requests = receiver.requests();
    let [plain, slow] = &requests[..] else {
        panic!("{requests:#?}");
    };
    let length = slow.header("content-length").unwrap();
    assert_eq!(length.parse::<usize>().unwrap(), slow.body.len());
    assert_eq!(slow.header("transfer-encoding"), None);
    assert_eq!(slow.json()["EventType"], plain.json()["EventType"]);
    assert!(slow.at.duration_since(plain.at).as_secs() >= 1);
}

#[test]
fn a_large_event_is_as_large_as_a_queue_allows() {
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let url = receiver.url("/vod");
    Sandbox::offline()
        .vodcb(["send", "--to", &url, "--scenario", "large"])
        .ok();
    let requests = receiver.requests();
    assert_eq!(requests[1].body.len(), 65536);
    assert_eq!(requests[1].json()["EventType"], "AIVideoTagComplete");
}

#[test]
fn the_list_tells_what_each_is_for() {
    let run = Sandbox::offline()
        .vodcb(["send", "--list-scenarios", "-o", "json"])
        .ok();
    let rows = run.json()["scenarios"].as_array().unwrap().clone();
    assert_eq!(rows.len(), SCENARIOS.len());
    for row in rows {
        assert!(
            row["sends"].is_string() && row["expects"].is_string(),
            "{row}"
        );
    }
    let table = Sandbox::offline()
        .vodcb(["send", "--list-scenarios"])
        .ok()
        .stdout;
    assert!(table.contains("stale-timestamp"), "{table}");
}

#[test]
fn people_see_each_finding_with_its_remedy() {
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let mut sandbox = Sandbox::offline();
    sandbox.set("KEY", AUTH_KEY);
    let url = receiver.url("/vod");
    let args = [
        "send",
        "--to",
        &url,
        "--scenario",
        "no-signature",
        "--auth-key-env",
        "KEY",
    ];
    let run = sandbox.vodcb(args).exits(1);
    for text in [
        "pass  plain",
        "fail  no-signature",
        "found        not signed: 200",
        "remedy       refuse what is not signed",
        "1 pass, 0 warn, 1 fail, 0 skip",
    ] {
        assert!(run.stdout.contains(text), "no {text:?} in {run:#?}");
    }
}
