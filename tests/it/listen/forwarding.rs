//! Deliveries handed on to an application, and its answer handed back.

use super::world::{Client, EVENT, Listening, post};
use crate::receiver::{Deaf, Receiver, Reply};
use crate::sandbox::Sandbox;

#[test]
fn headers_and_body_go_on_and_the_answer_comes_back() {
    let sandbox = Sandbox::offline();
    let app = Receiver::start(&[Reply::With(
        503,
        "content-type: application/problem+json\r\n",
        "{\"busy\":true}",
    )]);
    let to = app.url("/hook");
    let listening = Listening::start(
        &sandbox,
        ["--forward-to", &to, "-o", "ndjson", "--exit-after", "1"],
    );
    let mut client = Client::to(listening.address);
    let headers = [
        ("Content-Type", "application/json"),
        ("X-VOD-TIMESTAMP", "1767225600"),
        ("X-VOD-SIGNATURE", "5238a861e26e99d1991147180c53ad78"),
        ("User-Agent", "Apache-HttpClient/4.4.1 (Java/1.8.0_152)"),
        ("X-Odd", "caf\u{e9}"),
        ("Connection", "keep-alive, X-Hop"),
        ("X-Hop", "1"),
        ("Keep-Alive", "timeout=5"),
    ];
    client.post("/vod?tenant=blue", &headers, EVENT.as_bytes());
    let answer = client.answer().unwrap();
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (503, "{\"busy\":true}")
    );
    assert!(
        answer
            .head
            .contains("content-type: application/problem+json"),
        "{answer:?}"
    );

    let request = app.requests().pop().unwrap();
    assert_eq!(request.method, "POST");
    assert_eq!(request.target, "/hook?tenant=blue");
    assert_eq!(request.body, EVENT.as_bytes());
    for (name, value) in &headers[..4] {
        assert_eq!(request.header(name), Some(*value));
    }
    assert_eq!(request.header("x-forwarded-host"), Some("receiver.test"));
    assert!(request.header("x-hop").is_none() && request.header("keep-alive").is_none());

    let lines = listening.end().ok().lines();
    assert_eq!(lines[1]["forwarded_to"], to);
    assert_eq!(lines[2]["kind"], "forward");
    assert_eq!(lines[2]["number"], 1);
    assert_eq!(lines[2]["status"], 503);
    assert_eq!(lines[2]["in_time"], true);
}

/// Who asks for a compressed answer gets it with the name of its compression.
#[test]
fn a_compressed_answer_is_passed_back_as_one() {
    let sandbox = Sandbox::offline();
    let app = Receiver::start(&[Reply::With(200, "content-encoding: gzip\r\n", "packed")]);
    let to = app.url("/");
    let listening = Listening::start(&sandbox, ["--forward-to", &to, "--exit-after", "1"]);
    let mut client = Client::to(listening.address);
    client.post(
        "/",
        &[("Accept-Encoding", "gzip,deflate")],
        EVENT.as_bytes(),
    );
    let answer = client.answer().unwrap();
    assert!(answer.head.contains("content-encoding: gzip"), "{answer:?}");
    assert_eq!(answer.body, "packed");
    listening.end().ok();
}

#[test]
fn an_application_that_switches_protocols_is_a_502() {
    let sandbox = Sandbox::offline();
    let headers = "connection: upgrade\r\nupgrade: h2c\r\n";
    let app = Receiver::start(&[Reply::With(101, headers, "")]);
    let to = app.url("/");
    let listening = Listening::start(&sandbox, ["--forward-to", &to, "--exit-after", "1"]);
    assert_eq!(post(listening.address, &[], EVENT), 502);
    let run = listening.end().ok();
    assert!(run.stdout.contains("status 101 is no answer"), "{run:?}");
}

#[test]
fn events_have_routes_of_their_own() {
    let sandbox = Sandbox::offline();
    let (one, other) = (
        Receiver::start(&[Reply::Status(200)]),
        Receiver::start(&[Reply::Status(201)]),
    );
    let transcode = format!("TranscodeComplete,AIComplete={}", one.url("/t"));
    let rest = other.url("/rest?own=query");
    let args = [
        "--route",
        &transcode,
        "--forward-to",
        &rest,
        "--exit-after",
        "3",
    ];
    let listening = Listening::start(&sandbox, args);
    let named = |name: &str| format!(r#"{{"EventType":"{name}"}}"#);
    assert_eq!(
        post(listening.address, &[], named("TranscodeComplete")),
        200
    );
    assert_eq!(
        post(listening.address, &[], named("AIMediaDNAComplete")),
        200
    );
    assert_eq!(post(listening.address, &[], named("SnapshotComplete")), 201);
    let targets: Vec<String> = one
        .requests()
        .into_iter()
        .map(|request| request.target)
        .collect();
    assert_eq!(targets, ["/t?tenant=blue", "/t?tenant=blue"]);
    assert_eq!(other.requests()[0].target, "/rest?own=query");
    let run = listening.end().ok();
    assert!(run.stdout.contains("-> 201 from "), "{run:?}");

    // What has no route is answered here.
    let listening = Listening::start(&sandbox, ["--route", &transcode, "--respond", "202"]);
    assert_eq!(post(listening.address, &[], named("SnapshotComplete")), 202);
    assert_eq!(
        post(listening.address, &[], named("TranscodeComplete")),
        200
    );
    listening.stop().ok();
}

#[test]
fn an_application_that_is_down_is_a_502() {
    let sandbox = Sandbox::offline();
    let deaf = Deaf::new();
    let to = format!("http://{}/", deaf.address());
    let listening = Listening::start(&sandbox, ["--forward-to", &to, "--exit-after", "1"]);
    assert_eq!(post(listening.address, &[], EVENT), 502);
    let run = listening.end().ok();
    assert!(
        run.stdout
            .contains("-> 502: no answer from http://127.0.0.1"),
        "{run:?}"
    );
}

#[test]
fn a_sender_that_hangs_up_is_told() {
    let sandbox = Sandbox::offline();
    let app = Receiver::start(&[Reply::After(std::time::Duration::from_millis(800), 200)]);
    let to = app.url("/");
    let listening = Listening::start(&sandbox, ["--forward-to", &to]);
    let mut client = Client::to(listening.address);
    client.post("/", &[], EVENT.as_bytes());
    while app.requests().is_empty() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    drop(client);
    std::thread::sleep(std::time::Duration::from_millis(200));
    let run = listening.stop().ok();
    assert!(run.stdout.contains("the sender hung up after"), "{run:?}");
}
