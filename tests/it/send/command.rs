//! The command as it is typed.

use serde_json::{Value, json};
use vodcb::delivery::signature::sign;
use vodcb::secret::Secret;

use crate::receiver::{Receiver, Reply, Request};
use crate::sandbox::{AUTH_KEY, Run, Sandbox};

fn sandbox() -> Sandbox {
    let mut sandbox = Sandbox::offline();
    sandbox.set("KEY", AUTH_KEY);
    sandbox
}

fn send(sandbox: &Sandbox, receiver: &Receiver, args: &[&str]) -> Run {
    let url = receiver.url("/vod?tenant=blue");
    sandbox.vodcb([&["send", "--to", &url], args].concat())
}

#[track_caller]
fn only(receiver: &Receiver) -> Request {
    let mut requests = receiver.requests();
    assert_eq!(requests.len(), 1, "{requests:#?}");
    requests.pop().unwrap()
}

/// The vendor's formula, written down once more.
#[track_caller]
fn assert_signed(request: &Request, url: &str) {
    let time = request.header("x-vod-timestamp").unwrap();
    assert_eq!(time.len(), 10, "{time}");
    let wanted = sign(url, time, &Secret::new(AUTH_KEY));
    assert_eq!(request.header("x-vod-signature"), Some(wanted.as_str()));
}

#[test]
fn a_sample_goes_out_as_the_service_sends_it() {
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let run = send(&sandbox(), &receiver, &["TranscodeComplete"]).ok();
    assert!(run.stdout.starts_with("attempt 1: 200 after "), "{run:?}");
    assert!(run.stdout.ends_with("\ndelivered\n"), "{run:?}");
    let request = only(&receiver);
    assert_eq!(request.method, "POST");
    assert_eq!(request.target, "/vod?tenant=blue");
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("x-vod-signature"), None);
    assert_eq!(request.header("transfer-encoding"), None);
    assert_eq!(request.json()["EventType"], "TranscodeComplete");
    assert!(!request.body.contains(&b'\n'));
}

#[test]
fn edits_reach_the_receiver_with_their_types() {
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let edits = [
        "StreamTranscodeComplete",
        "--fail",
        "--set",
        "VideoId=007",
        "--set",
        "Encrypted:=[1,\"x\"]",
        "--set",
        "Extend.lesson=9",
        "--unset",
        "WatermarkId",
    ];
    send(&sandbox(), &receiver, &edits).ok().says(&[
        "warning: Encrypted is a new member",
        "did you mean Encrypt?",
    ]);
    let body = only(&receiver).json();
    assert_eq!(body["VideoId"], "007");
    assert_eq!(body["Encrypted"], json!([1, "x"]));
    assert_eq!(body["Extend"], "{\"courseId\":\"geo-204\",\"lesson\":9}");
    assert_eq!(body["Status"], "fail");
    assert_eq!(body.get("WatermarkId"), None);
    assert_eq!(body.get("FileUrl"), None);
}

#[test]
fn a_body_of_ones_own_tells_its_event() {
    let receiver = Receiver::start(&[Reply::Status(200)]);
    for (body, name) in [
        (r#"{"EventType":"BrandNew","Any":1}"#, json!("BrandNew")),
        (r#"{"Any":1}"#, Value::Null),
    ] {
        for more in [&[][..], &["--count", "2"]] {
            let args = ["--data", body, "-o", "json"];
            let run = send(&sandbox(), &receiver, &[&args, more].concat());
            assert_eq!(run.ok().json()["event_type"], name, "{body}");
        }
        let args = ["--data", body, "--count", "2", "--dry-run"];
        let run = send(&sandbox(), &receiver, &args).ok();
        let run = run.says(&["2 of these would be sent:"]);
        assert!(!run.stderr.contains("id of its own"), "{run:?}");
    }
    let requests = receiver.requests();
    assert!(
        requests
            .iter()
            .all(|request| request.body.starts_with(b"{\""))
    );
}

#[test]
fn three_attempts_are_made_and_each_is_signed() {
    let receiver = Receiver::start(&[Reply::Status(500), Reply::Status(204), Reply::Status(200)]);
    let run = send(
        &sandbox(),
        &receiver,
        &["TranscodeComplete", "--auth-key-env", "KEY", "-o", "json"],
    );
    let document = run.ok().json();
    assert_eq!(document["result"], "delivered");
    assert_eq!(document["signed"], true);
    let statuses: Vec<&Value> = document["attempts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|attempt| &attempt["status"])
        .collect();
    assert_eq!(statuses, [500, 204, 200]);
    let requests = receiver.requests();
    let url = receiver.url("/vod?tenant=blue");
    requests
        .iter()
        .for_each(|request| assert_signed(request, &url));
    // A second lies between two attempts.
    let first = requests[0].header("x-vod-timestamp");
    assert_ne!(first, requests[2].header("x-vod-timestamp"));
}

#[test]
fn a_third_refusal_drops_the_event() {
    let receiver = Receiver::start(&[Reply::Status(503)]);
    let run = send(&sandbox(), &receiver, &["TranscodeComplete"]).exits(1);
    assert!(
        run.stdout
            .ends_with("dropped: VOD gives up after 3 attempts\n"),
        "{run:?}"
    );
    assert_eq!(run.stderr.matches("hint:").count(), 1, "{run:?}");
    assert_eq!(receiver.requests().len(), 3);
}

#[test]
fn a_receiver_behind_a_proxy_is_signed_for_its_public_url() {
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let public = "https://example.com/vod";
    let args = [
        "TranscodeComplete",
        "--auth-key-env",
        "KEY",
        "--signed-url",
        public,
    ];
    send(&sandbox(), &receiver, &args).ok();
    assert_signed(&only(&receiver), public);
}

#[test]
fn the_document_has_its_members_in_order() {
    let receiver = Receiver::start(&[Reply::With(400, "", "no")]);
    let run = send(
        &sandbox(),
        &receiver,
        &["TranscodeComplete", "--once", "-o", "json"],
    );
    let document = run.exits(1).json();
    let names = |value: &Value| {
        value
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(
        names(&document),
        [
            "schema_version",
            "url",
            "signed",
            "event_type",
            "size",
            "result",
            "attempts"
        ]
    );
    assert_eq!(
        names(&document["attempts"][0]),
        [
            "number",
            "at",
            "took_ms",
            "status",
            "error",
            "delivered",
            "hint",
            "said"
        ]
    );
    assert_eq!(document["attempts"][0]["said"], "no");
}

#[test]
fn a_body_of_ones_own_keeps_its_bytes() {
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let sandbox = sandbox();
    let body = "{ \"EventType\" : \"TranscodeComplete\",\n \"Duration\": 73.480 }\n";
    sandbox.file("body.json", body);
    for data in ["body.json", "@body.json", body] {
        send(&sandbox, &receiver, &["--data", data]).ok();
    }
    let url = receiver.url("/vod");
    sandbox
        .vodcb_with_input(
            b"no event at all \xff",
            ["send", "--to", &url, "--data", "-"],
        )
        .ok()
        .says(&["warning:", "sent as it is"]);
    let bodies: Vec<Vec<u8>> = receiver.requests().into_iter().map(|it| it.body).collect();
    let own = body.as_bytes().to_vec();
    assert_eq!(
        bodies,
        [
            own.clone(),
            own.clone(),
            own,
            b"no event at all \xff".to_vec()
        ]
    );
    // A change writes it anew.
    send(
        &sandbox,
        &receiver,
        &["--data", "body.json", "--set", "Duration=1"],
    )
    .ok();
    assert_eq!(
        receiver.requests().last().unwrap().body,
        br#"{"EventType":"TranscodeComplete","Duration":1}"#
    );
}

#[test]
fn what_cannot_be_sent_is_refused_before_anything_is() {
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let sandbox = sandbox();
    for (args, words) in [
        (&[][..], &["no event is named", "--data FILE"][..]),
        (&["Transcode"], &["not an event type", "did you mean"]),
        (
            &["AIComplete"],
            &["never sent by itself", "AIMediaAuditComplete"],
        ),
        (
            &["FileUploadComplete", "--fail"],
            &["reports no failure", "--set Status=fail"],
        ),
        (
            &["TranscodeComplete", "--set", "StreamInfos[7].Height=1"],
            &["there are 2 elements"],
        ),
        (
            &["TranscodeComplete", "--set", "StreamInfos[0].Height=tall"],
            &["is a number"],
        ),
        (
            &["TranscodeComplete", "--unset", "Sttus"],
            &["there is no Sttus", "Status"],
        ),
        (&["TranscodeComplete", "--rate", "5"], &["--count N"]),
        (
            &["TranscodeComplete", "--rate", "0", "--count", "5"],
            &["events in a second"],
        ),
        (&["TranscodeComplete", "--count", "0"], &["--count"]),
        (
            &["TranscodeComplete", "--signed-url", "https://example.com"],
            &["no key to sign with"],
        ),
        (
            &["TranscodeComplete", "--auth-key", "secret"],
            &["not taken on the command line"],
        ),
        (
            &["--data", "missing.json"],
            &["missing.json cannot be read"],
        ),
        (
            &["--data", "-", "--auth-key-stdin"],
            &["cannot both come from standard input"],
        ),
        (&["--scenario", "rain"], &["not a scenario", "storm"]),
        (&["TranscodeComplete", "-o", "raw"], &["raw"]),
        (&["TranscodeComplete", "-o", "ndjson"], &["-o json"]),
        (&["--scenario", "plain", "-o", "ndjson"], &["-o json"]),
        (
            &["TranscodeComplete", "-o", "json", "--query", "nothing("],
            &["JMESPath"],
        ),
    ] {
        send(&sandbox, &receiver, args).exits(2).says(words);
    }
    assert!(receiver.requests().is_empty());
}

#[test]
fn what_is_no_receiver_is_refused() {
    let sandbox = sandbox();
    for (url, words) in [
        ("localhost:8080/vod", "the callback URL cannot be used"),
        ("ftp://localhost/", "http and https only"),
        ("http://localhost/#top", "fragment"),
    ] {
        sandbox
            .vodcb(["send", "TranscodeComplete", "--to", url])
            .exits(2)
            .says(&[words]);
    }
    sandbox
        .vodcb(["send", "TranscodeComplete"])
        .exits(2)
        .says(&["no receiver is named", "--to configured"]);
}

#[test]
fn the_configured_receiver_is_asked_for_and_confirmed() {
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let mut sandbox = Sandbox::new();
    sandbox.set("KEY", AUTH_KEY);
    let url = receiver.url("/vod");
    let to = ["send", "TranscodeComplete", "--to", "configured"];
    sandbox
        .vodcb([&to[..], &["--yes"]].concat())
        .exits(2)
        .says(&["no HTTP callback is configured"]);
    sandbox
        .vodcb(["set", "--http-url", &url, "--auth-key-env", "KEY"])
        .ok();
    sandbox
        .vodcb(to)
        .exits(2)
        .says(&["needs a confirmation", "--yes"]);
    assert!(receiver.requests().is_empty());
    let run = sandbox.vodcb([&to[..], &["--yes"]].concat()).ok();
    assert!(!format!("{run:?}").contains(AUTH_KEY));
    assert_signed(&only(&receiver), &url);
}

#[test]
fn a_dry_run_shows_the_request_and_sends_nothing() {
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let args = ["TranscodeComplete", "--auth-key-env", "KEY", "--dry-run"];
    let run = send(&sandbox(), &receiver, &args).ok();
    assert!(run.stdout.starts_with("POST http://localhost:"), "{run:?}");
    assert!(run.stdout.contains("\nX-VOD-SIGNATURE: "), "{run:?}");
    assert!(run.stdout.contains("\n\n{\"EventTime\":"), "{run:?}");
    assert!(receiver.requests().is_empty());
}

#[cfg(unix)]
#[test]
fn the_editor_of_the_user_changes_the_body() {
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let mut sandbox = sandbox();
    sandbox.set("PATH", "/usr/bin:/bin");
    let edit = |sandbox: &Sandbox| send(sandbox, &receiver, &["FileUploadComplete", "--edit"]);
    edit(&sandbox).exits(2).says(&["neither VISUAL nor EDITOR"]);
    sandbox.set("EDITOR", "false");
    edit(&sandbox)
        .exits(2)
        .says(&["the editor false ended with"]);
    sandbox.set("EDITOR", "there-is-no-such-editor -w");
    edit(&sandbox)
        .exits(2)
        .says(&["there-is-no-such-editor cannot be started"]);
    sandbox.set("EDITOR", "truncate -s 0");
    edit(&sandbox).exits(130).says(&["nothing was sent"]);
    sandbox.set("EDITOR", "sed -i 's/a/b/");
    edit(&sandbox).exits(2).says(&["no command line"]);
    sandbox.set("EDITOR", "sed -i '1s/{/[/'");
    edit(&sandbox).exits(2);
    assert!(receiver.requests().is_empty());
    // VISUAL wins, and its words are split as a shell would.
    sandbox.set(
        "VISUAL",
        "sed -i 's/\"VideoId\": \"[^\"]*\"/\"VideoId\": \"by hand\"/'",
    );
    edit(&sandbox).ok();
    assert_eq!(only(&receiver).json()["VideoId"], "by hand");
    sandbox.set("VISUAL", "true");
    edit(&sandbox).ok();
    assert_eq!(
        receiver.requests()[1].json()["EventType"],
        "FileUploadComplete"
    );
}

#[test]
fn the_failure_of_a_body_of_ones_own_is_refused() {
    let receiver = Receiver::start(&[Reply::Status(200)]);
    send(&sandbox(), &receiver, &["--data", "{}", "--fail"])
        .exits(2)
        .says(&["--fail", "cannot be used with"]);
    assert!(receiver.requests().is_empty());
}

#[test]
fn https_where_plain_http_is_served_is_named() {
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let url = receiver.url("/vod").replace("http:", "https:");
    let run = sandbox()
        .vodcb(["send", "TranscodeComplete", "--once", "--to", &url])
        .exits(1)
        .says(&["serve https at this port, or configure the http URL"]);
    assert!(run.stdout.contains("no TLS connection"), "{run:?}");
}

#[test]
fn a_whole_selection_is_no_event() {
    let run = Sandbox::offline().vodcb(["send", "ALL", "--to", "http://127.0.0.1:9/"]);
    let run = run
        .exits(2)
        .says(&["ALL is not an event type", "vodcb events list"]);
    assert!(!run.stderr.contains("--events ALL"), "{run:?}");
}

/// With a single event as with many, a delivery that was made is no usage error.
#[cfg(target_os = "linux")]
#[test]
fn a_result_that_cannot_be_written_leaves_the_delivery_made() {
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let url = receiver.url("/vod");
    let sandbox = sandbox();
    for args in [&["-o", "json"][..], &["--count", "2"]] {
        let full = std::fs::File::options()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let run = sandbox
            .command([&["send", "TranscodeComplete", "--to", &url], args].concat())
            .stdout(full)
            .output()
            .unwrap();
        Run::of(run)
            .exits(8)
            .says(&["deliveries were made", "No space left"]);
    }
    assert_eq!(receiver.requests().len(), 3);
}
