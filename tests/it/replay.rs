//! `vodcb replay`: recorded deliveries go out again, as they were or made new.

use serde_json::{Value, json};
use vodcb::delivery::record::Recorded;
use vodcb::delivery::signature::sign;
use vodcb::secret::Secret;

use crate::receiver::{Receiver, Reply, Request};
use crate::sandbox::{AUTH_KEY, Run, Sandbox};

fn sandbox() -> Sandbox {
    let mut sandbox = Sandbox::offline();
    sandbox.set("KEY", AUTH_KEY);
    sandbox
}

/// A delivery as it may have been recorded, at this second of a minute.
fn recorded(second: u32, body: &[u8]) -> String {
    let recorded = Recorded {
        received_at: Some(format!("2026-03-14T09:26:{second:02}.500Z")),
        method: Some("POST".to_owned()),
        target: Some("/old?path".to_owned()),
        headers: [
            ("Host", "old.example.com"),
            ("Content-Type", "application/json"),
            ("Content-Length", "1"),
            ("Connection", "keep-alive, X-Hop"),
            ("X-Hop", "for the next hop"),
            ("X-VOD-TIMESTAMP", "1767225600"),
            ("X-VOD-SIGNATURE", "5238a861e26e99d1991147180c53ad78"),
            ("X-Twice", "one"),
            ("X-Twice", "zwölf"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec(),
        body: body.to_vec(),
        ..Recorded::default()
    };
    format!("{}\n", serde_json::to_string(&recorded.envelope()).unwrap())
}

fn event(name: &str, id: &str) -> Vec<u8> {
    json!({"EventType": name, "VideoId": id, "Status": "success", "Size": 7})
        .to_string()
        .into_bytes()
}

fn three() -> String {
    [
        recorded(1, &event("FileUploadComplete", "a")),
        recorded(2, &event("StreamTranscodeComplete", "b")),
        recorded(3, &event("TranscodeComplete", "c")),
    ]
    .concat()
}

fn replay(sandbox: &Sandbox, receiver: &Receiver, file: &str, args: &[&str]) -> Run {
    let url = receiver.url("/new");
    sandbox.vodcb([&["replay", file, "--to", &url], args].concat())
}

fn lines(run: &Run) -> Vec<Value> {
    run.stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn ids(requests: &[Request]) -> Vec<String> {
    let id = |request: &Request| request.json()["VideoId"].as_str().unwrap().to_owned();
    requests.iter().map(id).collect()
}

#[test]
fn every_delivery_goes_out_in_its_order() {
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let sandbox = sandbox();
    sandbox.file("events.ndjson", &three());
    let run = replay(
        &sandbox,
        &receiver,
        "events.ndjson",
        &["--auth-key-env", "KEY"],
    )
    .ok();
    let requests = receiver.requests();
    assert_eq!(ids(&requests), ["a", "b", "c"]);
    for request in &requests {
        // Made new: nothing of the recorded headers but what VOD sends.
        let time = request.header("x-vod-timestamp").unwrap();
        assert!(time > "1767225600", "{time}");
        let wanted = sign(&receiver.url("/new"), time, &Secret::new(AUTH_KEY));
        assert_eq!(request.header("x-vod-signature"), Some(wanted.as_str()));
        assert_eq!(request.header("x-twice"), None);
        assert_eq!(request.target, "/new");
    }
    assert!(
        run.stdout
            .contains("events.ndjson:2  StreamTranscodeComplete  b  delivered  200 after"),
        "{run:?}"
    );
    assert!(
        run.stdout
            .ends_with("3 deliveries: 3 delivered, 0 not delivered, 0 left out, 0 damaged\n"),
        "{run:?}"
    );
}

#[test]
fn verbatim_is_byte_for_byte_but_for_what_belongs_to_the_connection() {
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let sandbox = sandbox();
    let body = b"{ \"EventType\":\"X\" }\n\x00\xff";
    sandbox.file("events.ndjson", &recorded(1, body));
    replay(&sandbox, &receiver, "events.ndjson", &["--verbatim"]).ok();
    let requests = receiver.requests();
    assert_eq!(requests[0].body, body);
    let kept: Vec<&str> = requests[0]
        .headers
        .iter()
        .filter(|(name, _)| name.to_ascii_lowercase().starts_with("x-"))
        .map(|(_, value)| value.as_str())
        .collect();
    assert_eq!(
        kept,
        [
            "1767225600",
            "5238a861e26e99d1991147180c53ad78",
            "one",
            "zwölf"
        ]
    );
    assert_eq!(requests[0].header("content-type"), Some("application/json"));
    let host = receiver.url("");
    assert_eq!(requests[0].header("host"), host.strip_prefix("http://"));
}

#[test]
fn signatures_that_get_lost_are_warned_about_once() {
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let sandbox = sandbox();
    sandbox.file("events.ndjson", &three());
    let run = replay(&sandbox, &receiver, "events.ndjson", &[]).ok();
    assert_eq!(
        run.stderr.matches("without a signature").count(),
        1,
        "{run:?}"
    );
    assert!(
        receiver
            .requests()
            .iter()
            .all(|it| it.header("x-vod-signature").is_none())
    );
}

#[test]
fn events_are_chosen_and_changed() {
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let sandbox = sandbox();
    sandbox.file("events.ndjson", &three());
    let args = [
        "--only",
        "transcodecomplete,FileUploadComplete",
        "--set",
        "Size=9",
        "--unset",
        "Status",
        "-o",
        "ndjson",
    ];
    let run = replay(&sandbox, &receiver, "events.ndjson", &args).ok();
    let requests = receiver.requests();
    assert_eq!(ids(&requests), ["a", "c"]);
    assert_eq!(
        requests[1].body,
        br#"{"EventType":"TranscodeComplete","VideoId":"c","Size":9}"#
    );
    let lines = lines(&run);
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[1]["kind"], "delivery");
    assert_eq!(lines[1]["line"], 3);
    assert_eq!(lines[1]["event_type"], "TranscodeComplete");
    assert_eq!(lines[1]["id"], "c");
    assert_eq!(lines[1]["attempts"][0]["status"], 200);
    assert_eq!(
        lines[2],
        json!({"schema_version": 1, "kind": "summary", "deliveries": 2, "delivered": 2, "not_delivered": 0,
               "left_out": 1, "damaged": 0})
    );
}

#[test]
fn a_line_that_an_edit_does_not_fit_is_named_and_the_others_go() {
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let sandbox = sandbox();
    let mixed = [
        recorded(1, b"no event at all"),
        recorded(2, &event("FileUploadComplete", "b")),
    ];
    sandbox.file("events.ndjson", &mixed.concat());
    let args = ["--set", "VideoId=abc", "--set", "Nope.x=1"];
    let run = replay(&sandbox, &receiver, "events.ndjson", &args)
        .exits(1)
        .says(&[
            "events.ndjson:1: ",
            "it was left out",
            "Nope.x is a new member",
        ]);
    // What is told is what was sent.
    assert!(
        run.stdout
            .contains("events.ndjson:2  FileUploadComplete  abc  delivered"),
        "{run:?}"
    );
    assert!(
        run.stdout.contains("1 delivered, 0 not delivered"),
        "{run:?}"
    );
    assert!(run.stdout.contains("1 damaged"), "{run:?}");
    assert_eq!(ids(&receiver.requests()), ["abc"]);
}

/// A body was taken for a recording, and its members for headers: many empty requests went out.
#[test]
fn a_body_is_no_recording_and_nothing_is_sent() {
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let sandbox = sandbox();
    let body = event("SnapshotComplete", "a");
    let line = String::from_utf8(body.clone()).unwrap();
    let value: Value = serde_json::from_slice(&body).unwrap();
    let pretty = serde_json::to_string_pretty(&value).unwrap();
    let brace_first = format!("{{{}", pretty[1..].trim_start());
    for (name, text) in [
        ("line.json", line.as_str()),
        ("pretty.json", &pretty),
        ("brace.json", &brace_first),
        ("members.txt", pretty.trim_start_matches("{\n")),
    ] {
        sandbox.file(name, text);
        replay(&sandbox, &receiver, name, &[]).exits(2).says(&[
            "this is no recorded delivery",
            &format!("vodcb send --data {name} --to URL"),
        ]);
    }
    // Among lines there are no requests as text.
    sandbox.file("mixed.ndjson", &(three() + "\"EventType\": \"X\",\n"));
    replay(&sandbox, &receiver, "mixed.ndjson", &[])
        .exits(1)
        .says(&["mixed.ndjson:4", "it was left out"]);
    assert_eq!(ids(&receiver.requests()), ["a", "b", "c"]);
}

#[cfg(unix)]
#[test]
fn a_signal_ends_it_with_the_counts_so_far() {
    use crate::queue::forward::{eventually, signal};

    let receiver = Receiver::judging(|request, _| {
        if request.json()["VideoId"] == "b" {
            Reply::After(std::time::Duration::from_secs(60), 200)
        } else {
            Reply::Status(200)
        }
    });
    let sandbox = sandbox();
    sandbox.file("events.ndjson", &three());
    let url = receiver.url("/");
    let args = ["replay", "events.ndjson", "--to", &url, "-o", "ndjson"];
    let child = sandbox
        .command(args)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    eventually(|| receiver.requests().len() == 2);
    signal(&child, "TERM");
    let run = Run::of(child.wait_with_output().unwrap());
    let summary = &lines(&run)[1];
    assert_eq!(summary["kind"], "summary");
    assert_eq!(summary["delivered"], 1);
    run.exits(143).says(&[
        "terminated; 1 delivery sent to the end",
        "events.ndjson:2 was under way",
    ]);
}

/// Like jq, which goes on with the next document.
#[test]
fn a_query_that_fails_on_a_delivery_does_not_keep_the_others() {
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let sandbox = sandbox();
    sandbox.file("events.ndjson", &three());
    // That of the other lines is false without looking at the second part.
    let query = ["-o", "ndjson", "--query", "id == 'b' && abs(kind)"];
    let run = replay(&sandbox, &receiver, "events.ndjson", &query).ok();
    assert_eq!(run.stdout, "false\nfalse\nfalse\n");
    run.says(&["a document was not shown", "--query failed"]);
    assert_eq!(ids(&receiver.requests()), ["a", "b", "c"]);
}

#[test]
fn a_torn_last_line_is_tolerated_and_a_damaged_one_is_not() {
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let sandbox = sandbox();
    let torn = &recorded(4, b"{}")[..40];
    sandbox.file("torn.ndjson", &(three() + torn));
    replay(&sandbox, &receiver, "torn.ndjson", &[])
        .ok()
        .says(&["torn.ndjson:4", "the last line is not complete"]);
    let whole = recorded(4, &event("TranscodeComplete", "d"));
    sandbox.file("unended.ndjson", whole.trim_end());
    replay(&sandbox, &receiver, "unended.ndjson", &[]).ok();
    assert_eq!(ids(&receiver.requests()), ["a", "b", "c", "d"]);

    sandbox.file(
        "damaged.ndjson",
        &format!("{torn}\n\n{}", recorded(4, &event("X", "e"))),
    );
    let run = replay(&sandbox, &receiver, "damaged.ndjson", &["-o", "ndjson"]).exits(1);
    assert!(run.stderr.contains("damaged.ndjson:1"), "{run:?}");
    let lines = lines(&run);
    assert_eq!(lines[0]["kind"], "damaged");
    assert_eq!(lines[0]["line"], 1);
    assert_eq!(lines[1]["line"], 3);
    assert_eq!(lines[2]["damaged"], 1);
    assert_eq!(ids(&receiver.requests()).last().unwrap(), "e");
}

#[test]
fn other_lines_of_a_stream_are_passed_over() {
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let sandbox = sandbox();
    let ready = "{\"schema_version\":1,\"kind\":\"ready\",\"url\":\"http://127.0.0.1:1\"}\n";
    let summary = "{\"schema_version\":1,\"kind\":\"summary\",\"deliveries\":3}\n";
    let stream = format!("{ready}{}{summary}", three());
    let url = receiver.url("/new");
    let run = sandbox
        .vodcb_with_input(stream.as_bytes(), ["replay", "-", "--to", &url])
        .ok();
    assert!(
        run.stdout.contains("standard input:2  FileUploadComplete"),
        "{run:?}"
    );
    assert_eq!(receiver.requests().len(), 3);
}

#[test]
fn a_folder_holds_one_request_a_file() {
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let sandbox = sandbox();
    let dump = |id: &str| {
        let body = String::from_utf8(event("TranscodeComplete", id)).unwrap();
        format!("POST /vod HTTP/1.1\r\nHost: x\r\nX-Kept: yes\r\n\r\n{body}")
    };
    sandbox.file("captured/02.txt", &dump("second"));
    sandbox.file("captured/01.txt", &dump("first"));
    sandbox.file("captured/.hidden", "nothing");
    sandbox.file("captured/03.ndjson", &recorded(1, &event("X", "third")));
    replay(&sandbox, &receiver, "captured", &["--verbatim"]).ok();
    let requests = receiver.requests();
    assert_eq!(ids(&requests), ["first", "second", "third"]);
    assert_eq!(requests[0].header("x-kept"), Some("yes"));
    sandbox.file("captured/04.txt", "this is a letter and no request");
    replay(&sandbox, &receiver, "captured", &[])
        .exits(1)
        .says(&["04.txt: this is no recorded delivery"]);
}

#[test]
fn distances_in_time_are_kept_and_divided() {
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let sandbox = sandbox();
    sandbox.file("events.ndjson", &three());
    replay(&sandbox, &receiver, "events.ndjson", &["--speed", "4"]).ok();
    let requests = receiver.requests();
    // Two seconds lay between the first and the last; the first may itself have arrived late.
    let all = requests[2].at.duration_since(requests[0].at);
    assert!(all.as_millis() >= 350, "{all:?}");
}

#[test]
fn one_that_is_not_delivered_makes_the_answer_no_and_the_others_still_go() {
    let receiver = Receiver::judging(|request, _| {
        Reply::Status(if request.json()["VideoId"] == "b" {
            500
        } else {
            200
        })
    });
    let sandbox = sandbox();
    sandbox.file("events.ndjson", &three());
    let run = replay(&sandbox, &receiver, "events.ndjson", &["--once"])
        .exits(1)
        .says(&["hint: the receiver failed"]);
    assert!(
        run.stdout.contains("b  not delivered  500 after"),
        "{run:?}"
    );
    assert!(
        run.stdout.contains("2 delivered, 1 not delivered"),
        "{run:?}"
    );
    assert_eq!(receiver.requests().len(), 3);
}

#[test]
fn nothing_to_send_is_said() {
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let sandbox = sandbox();
    sandbox.file("empty.ndjson", "");
    replay(&sandbox, &receiver, "empty.ndjson", &[])
        .exits(1)
        .says(&["nothing was sent"]);
    sandbox.file("events.ndjson", &three());
    replay(
        &sandbox,
        &receiver,
        "events.ndjson",
        &["--only", "DeleteMediaComplete"],
    )
    .exits(1)
    .says(&["--only leaves all of them out"]);
    replay(
        &sandbox,
        &receiver,
        "events.ndjson",
        &["--only", "TranscodeComplet"],
    )
    .exits(1)
    .says(&["TranscodeComplet is not", "did you mean TranscodeComplete"]);
    let run = replay(&sandbox, &receiver, "events.ndjson", &["--dry-run"]).ok();
    assert!(run.stdout.contains("3 deliveries would be sent"), "{run:?}");
    assert!(receiver.requests().is_empty());
}

#[test]
fn what_cannot_be_replayed_is_refused() {
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let sandbox = sandbox();
    sandbox.file("events.ndjson", &three());
    std::fs::create_dir(sandbox.home().join("nothing")).unwrap();
    for (file, args, words) in [
        (
            "missing.ndjson",
            &[][..],
            &["missing.ndjson cannot be read"][..],
        ),
        ("nothing", &[], &["there is no file in nothing"]),
        ("events.ndjson", &["-o", "json"], &["-o ndjson"]),
        ("events.ndjson", &["--speed", "0"], &["a number above 0"]),
        (
            "events.ndjson",
            &["--verbatim", "--set", "A=1"],
            &["cannot be used with"],
        ),
        (
            "events.ndjson",
            &["--verbatim", "--auth-key-env", "KEY"],
            &["cannot be used with"],
        ),
        ("events.ndjson", &["--set", "A"], &["sets nothing"]),
        (
            "-",
            &["--auth-key-stdin"],
            &["cannot both come from standard input"],
        ),
    ] {
        replay(&sandbox, &receiver, file, args).exits(2).says(words);
    }
    sandbox
        .vodcb(["replay", "events.ndjson"])
        .exits(2)
        .says(&["no receiver is named"]);
    assert!(receiver.requests().is_empty());
}

/// The memory of a process is a file whose first byte nobody can read.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_cannot_be_read_later_is_told_with_what_was_sent_before() {
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let sandbox = sandbox();
    sandbox.file("captured/1.ndjson", &three());
    let unread = sandbox.home().join("captured/2.ndjson");
    std::os::unix::fs::symlink("/proc/self/mem", unread).unwrap();
    let run = replay(&sandbox, &receiver, "captured", &[]).exits(8);
    assert!(run.stdout.contains("3 deliveries: 3 delivered"), "{run:?}");
    let run = run.says(&[
        "3 deliveries came to an end; the rest was not read",
        "captured/2.ndjson cannot be read",
    ]);
    assert!(!run.stderr.contains("could not be shown"), "{run:?}");
    assert_eq!(receiver.requests().len(), 3);
}

#[test]
fn an_envelope_with_a_header_that_is_none_is_damaged() {
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let sandbox = sandbox();
    for (whole, broken, why) in [
        (
            "Content-Type",
            "Content Type",
            "\"Content Type\" is not the name of a header",
        ),
        (
            "application/json",
            "application\\u0001json",
            "the value of Content-Type holds a control character",
        ),
    ] {
        let broken = three().replacen(whole, broken, 1);
        sandbox.file("events.ndjson", &broken);
        replay(&sandbox, &receiver, "events.ndjson", &["--verbatim"])
            .exits(1)
            .says(&["events.ndjson:1: ", why]);
    }
    assert_eq!(receiver.requests().len(), 4);
}

#[test]
fn what_listen_shows_has_no_headers_and_is_told_what_has() {
    let sandbox = sandbox();
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let shown = r#"{"schema_version":1,"kind":"delivery","number":1,"event":{"EventType":"A"}}"#;
    sandbox.file("events.ndjson", &format!("{shown}\n"));
    replay(&sandbox, &receiver, "events.ndjson", &[])
        .exits(1)
        .says(&["without headers", "--save FILE keeps it whole"]);
    let verify = [
        "verify",
        "--delivery",
        "events.ndjson",
        "--url",
        "http://a/",
    ];
    sandbox
        .vodcb([&verify[..], &["--auth-key-env", "KEY"]].concat())
        .says(&["--save FILE keeps it whole"]);
}
