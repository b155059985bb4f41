//! Many events at once.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use vodcb::delivery::load::Latency;

use crate::receiver::{Deaf, Receiver, Reply};
use crate::sandbox::{Run, Sandbox};

fn storm(receiver: &Receiver, args: &[&str]) -> Run {
    let url = receiver.url("/vod");
    let all = [
        &["send", "TranscodeComplete", "--to", &url, "-o", "json"],
        args,
    ]
    .concat();
    Sandbox::offline().vodcb(all)
}

#[test]
fn every_event_has_an_id_of_its_own_and_is_counted() {
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let document = storm(&receiver, &["--count", "100", "--concurrency", "8"])
        .ok()
        .json();
    assert_eq!(document["deliveries"], 100);
    assert_eq!(document["delivered"], 100);
    assert_eq!(document["not_delivered"], 0);
    assert_eq!(document["answers"], json!({"200": 100}));
    let latency = &document["latency_ms"];
    assert!(
        latency["p50"].as_f64() <= latency["p99"].as_f64(),
        "{latency}"
    );
    assert!(
        latency["p99"].as_f64() <= latency["max"].as_f64(),
        "{latency}"
    );
    let ids: BTreeSet<String> = receiver
        .requests()
        .iter()
        .map(|request| request.json()["VideoId"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), 100);
    assert!(ids.iter().all(|id| id.len() == 32));
}

#[test]
fn an_id_that_was_set_stays() {
    let receiver = Receiver::start(&[Reply::Status(200)]);
    storm(&receiver, &["--count", "5", "--set", "VideoId=mine"]).ok();
    assert!(
        receiver
            .requests()
            .iter()
            .all(|it| it.json()["VideoId"] == "mine")
    );
}

#[test]
fn what_is_dropped_is_counted_and_the_answer_is_no() {
    let refused = |request: &crate::receiver::Request, _| {
        let id = request.json()["VideoId"].as_str().unwrap().to_owned();
        Reply::Status(if id.as_bytes()[0].is_ascii_digit() {
            500
        } else {
            200
        })
    };
    let receiver = Receiver::judging(refused);
    let document = storm(&receiver, &["--count", "40", "--once"])
        .exits(1)
        .json();
    let count = |name: &str| document[name].as_u64().unwrap();
    assert_eq!(count("delivered") + count("not_delivered"), 40);
    assert_eq!(document["answers"]["500"], document["not_delivered"]);
    assert_eq!(document["answers"]["200"], document["delivered"]);
    assert_eq!(document["result"], "not delivered");
    assert_eq!(document["cause"], "500");
    let hint = document["hint"].as_str().unwrap();
    assert!(hint.contains("the receiver failed"), "{hint}");
}

#[test]
fn a_rate_spreads_the_events() {
    let receiver = Receiver::start(&[Reply::Status(200)]);
    storm(&receiver, &["--count", "6", "--rate", "10"]).ok();
    let requests = receiver.requests();
    let all = requests[5].at.duration_since(requests[0].at);
    // The sixth is due half a second after the first, which may itself have arrived late.
    assert!(all.as_millis() >= 300, "{all:?}");
}

#[test]
fn nobody_there_is_counted_by_name() {
    let deaf = Deaf::new();
    let url = format!("http://{}/vod", deaf.address());
    let args = [
        "send",
        "TranscodeComplete",
        "--to",
        &url,
        "--count",
        "3",
        "--once",
        "-o",
        "json",
    ];
    let document = Sandbox::offline().vodcb(args).exits(1).json();
    assert_eq!(document["answers"], json!({"no connection": 3}));
    assert_eq!(document["latency_ms"], Value::Null);
}

#[cfg(unix)]
#[test]
fn a_signal_ends_it_with_the_counts_so_far() {
    use crate::queue::forward::{eventually, signal};

    let receiver = Receiver::judging(|_, number| match number {
        0..3 => Reply::Status(200),
        _ => Reply::After(std::time::Duration::from_secs(60), 200),
    });
    let url = receiver.url("/vod");
    let sandbox = Sandbox::offline();
    for (args, requests, said) in [
        (
            &["--count", "9", "--concurrency", "1"][..],
            4,
            "3 of 9 deliveries came to an end, 1 more under way",
        ),
        (
            &[][..],
            5,
            "attempts without a 200: 0; another one may have",
        ),
        (&["--scenario", "all"][..], 6, "plain was under way"),
    ] {
        let child = sandbox
            .command([&["send", "TranscodeComplete", "--to", &url], args].concat())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        eventually(|| receiver.requests().len() == requests);
        signal(&child, "INT");
        let run = Run::of(child.wait_with_output().unwrap());
        run.exits(130).says(&["interrupted; ", said]);
    }
}

#[test]
fn a_dry_run_says_how_many_and_which() {
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let planned = storm(&receiver, &["--count", "5", "--dry-run"]).ok().json();
    assert_eq!(planned["count"], 5);
    let planned = storm(&receiver, &["--scenario", "large", "--dry-run"])
        .ok()
        .json();
    assert_eq!(planned["scenarios"], json!(["plain", "large"]));
    storm(&receiver, &["--concurrency", "5"])
        .exits(2)
        .says(&["--concurrency says how fast"]);
    assert!(receiver.requests().is_empty());
}

/// Nearest rank: of a hundred values the 50th, the 90th, the 99th and the last.
#[test]
fn percentiles_are_values_that_were_measured() {
    let hundred: Vec<u32> = (1..=100).map(|ms| ms * 1000).collect();
    let latency = Latency::of(&hundred).unwrap();
    assert_eq!(
        [latency.p50, latency.p90, latency.p99, latency.max],
        [50.0, 90.0, 99.0, 100.0]
    );
    let three = Latency::of(&[1000, 2000, 4000]).unwrap();
    assert_eq!(
        [three.p50, three.p90, three.p99, three.max],
        [2.0, 4.0, 4.0, 4.0]
    );
    let one = Latency::of(&[1500]).unwrap();
    assert_eq!([one.p50, one.p90, one.p99, one.max], [1.5; 4]);
    assert_eq!(Latency::of(&[]), None);
}
