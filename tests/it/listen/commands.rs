//! Stories of the command: what a person types and sees.

use std::time::{Duration, Instant};

use super::world::{Client, EVENT, Listening, post};
use crate::sandbox::Sandbox;

#[test]
fn a_delivery_is_shown_and_answered() {
    let sandbox = Sandbox::offline();
    let listening = Listening::start(&sandbox, ["--exit-after", "3"]);
    assert_eq!(post(listening.address, &[], EVENT), 200);
    assert_eq!(post(listening.address, &[], EVENT), 200);
    assert_eq!(post(listening.address, &[], "<html>"), 200);
    let url = listening.url.clone();
    let run = listening.end().ok().says(&[
        &format!("listening at {url}, at any path"),
        &format!("vodcb send TranscodeComplete --to {url}/vod"),
        "vodcb set --http-url https://YOUR-HOST/vod",
    ]);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines.len(), 4, "{run:?}");
    for (line, texts) in lines.iter().zip([
        [
            "#1",
            "TranscodeComplete",
            "success",
            "VideoId=v1",
            "not verified",
            "102 bytes",
            "-> 200",
        ],
        [
            "#2",
            "TranscodeComplete",
            "success",
            "VideoId=v1",
            "not verified",
            "-> 200",
            "again",
        ],
        [
            "#3", "no event", "not JSON", "line 1", "column 1", "6 bytes", "-> 200",
        ],
    ]) {
        for text in texts {
            assert!(line.contains(text), "no {text:?} in {line}");
        }
    }
    assert_eq!(lines[3], "3 deliveries, 1 again");
}

/// The line that is offered works as it stands, whatever is verified.
#[test]
fn what_is_offered_to_try_is_taken() {
    let mut sandbox = Sandbox::offline();
    sandbox.set("VOD_KEY", crate::sandbox::AUTH_KEY);
    sandbox.file("the key", crate::sandbox::AUTH_KEY);
    let url = ["--url", "https://example.com/vod?a=b&c=d"];
    let (env, file) = (
        ["--auth-key-env", "VOD_KEY"],
        ["--auth-key-file", "the key"],
    );
    for (flags, vod) in [
        (
            &env[..],
            "set --http-url https://YOUR-HOST/vod --auth-key-env VOD_KEY",
        ),
        (
            &file,
            "set --http-url https://YOUR-HOST/vod --auth-key-file 'the key'",
        ),
        (
            &[&env[..], &url].concat(),
            "set --http-url 'https://example.com/vod?a=b&c=d' --auth-key-env VOD_KEY",
        ),
        (
            &[&env[..], &["--path", "/in"]].concat(),
            "set --http-url https://YOUR-HOST/in --auth-key-env VOD_KEY",
        ),
    ] {
        let args = flags.iter().copied();
        let args = args.chain(["--require-signature", "--exit-after", "1"]);
        let listening = Listening::start(&sandbox, args);
        let local = listening.url.clone();
        let path = if local.ends_with("/in") { "" } else { "/vod" };
        let signed_url = match flags.contains(&"--url") {
            true => " --signed-url 'https://example.com/vod?a=b&c=d'",
            false => "",
        };
        let key = match flags.contains(&"--auth-key-file") {
            true => "--auth-key-file 'the key'",
            false => "--auth-key-env VOD_KEY",
        };
        let line = format!("send TranscodeComplete --to {local}{path} {key}{signed_url}");
        let words = line.replace('\'', "").replace("the key", "the\u{0}key");
        let words: Vec<String> = words
            .split(' ')
            .map(|word| word.replace('\u{0}', " "))
            .collect();
        sandbox.vodcb(words.iter().map(String::as_str)).ok();
        listening
            .end()
            .ok()
            .says(&[&format!("vodcb {line}\n"), vod]);
    }
}

/// Letters beyond ASCII come percent-encoded, in either case; what a shell would take apart is quoted.
#[test]
fn a_path_may_be_written_in_any_letters() {
    let sandbox = Sandbox::offline();
    let listening = Listening::start(&sandbox, ["--path", "/回&调", "--exit-after", "3"]);
    for target in ["/%E5%9B%9E&%E8%B0%83", "/%e5%9b%9e&%e8%b0%83?a=b"] {
        let mut client = Client::to(listening.address);
        client.post(target, &[], EVENT.as_bytes());
        assert_eq!(client.answer().unwrap().status, 200, "{target}");
    }
    let mut client = Client::to(listening.address);
    client.post("/%E5%9B%9E", &[], EVENT.as_bytes());
    assert_eq!(client.answer().unwrap().status, 404);
    let to = listening.url.clone();
    assert!(to.ends_with("/回&调"), "{to}");
    sandbox
        .vodcb(["send", "TranscodeComplete", "--to", &to])
        .ok();
    listening.end().ok().says(&[
        &format!("vodcb send TranscodeComplete --to '{to}'\n"),
        "vodcb set --http-url 'https://YOUR-HOST/回&调'",
    ]);
}

#[test]
fn the_stream_has_a_document_for_everything() {
    let sandbox = Sandbox::offline();
    let listening = Listening::start(
        &sandbox,
        ["-o", "ndjson", "--path", "/vod", "--exit-after", "1"],
    );
    let url = listening.url.clone();
    assert!(url.ends_with("/vod"));
    post(listening.address, &[], EVENT);
    let run = listening.end().ok();
    let lines = run.lines();
    let kinds: Vec<&str> = lines
        .iter()
        .map(|line| line["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["ready", "delivery", "summary"]);
    assert_eq!(lines[0]["url"], url);
    let delivery = &lines[1];
    for (name, value) in [
        ("number", serde_json::json!(1)),
        ("target", "/vod?tenant=blue".into()),
        ("event_type", "TranscodeComplete".into()),
        ("id", serde_json::json!({"field": "VideoId", "value": "v1"})),
        ("status", "success".into()),
        ("result", "success".into()),
        ("event_time", "2026-01-01T00:00:00Z".into()),
        ("signature", "unchecked".into()),
        ("duplicate", false.into()),
        ("bytes", EVENT.len().into()),
        ("answer", 200.into()),
        ("event", serde_json::from_str(EVENT).unwrap()),
    ] {
        assert_eq!(delivery[name], value, "{name}");
    }
    assert_eq!(lines[2]["deliveries"], 1);
    assert_eq!(run.stderr, "");
}

#[test]
fn answers_follow_the_script_and_the_last_one_stays() {
    let sandbox = Sandbox::offline();
    let listening = Listening::start(&sandbox, ["--respond", "500,close,slow:50ms:204,200"]);
    let mut statuses = Vec::new();
    for _ in 0..5 {
        let mut client = Client::to(listening.address);
        client.post("/", &[], EVENT.as_bytes());
        statuses.push(client.answer().map(|answer| answer.status));
    }
    assert_eq!(statuses, [Some(500), None, Some(204), Some(200), Some(200)]);
    let run = listening.stop().ok();
    assert!(run.stdout.contains("-> 204 after 0.05 s"), "{run:?}");
    assert!(run.stdout.contains("closed without an answer"), "{run:?}");
    assert!(run.stdout.contains("5 deliveries, 4 again"), "{run:?}");
}

#[test]
fn other_verbs_and_paths_are_told_where_deliveries_go() {
    let sandbox = Sandbox::offline();
    let listening = Listening::start(&sandbox, ["--path", "/vod"]);
    for (request, status) in [
        ("GET /vod", 200),
        ("PUT /vod", 405),
        ("OPTIONS /vod", 405),
        ("GET /other", 404),
        ("POST /other", 404),
        ("POST /vod/", 404),
    ] {
        let mut client = Client::to(listening.address);
        client
            .write(format!("{request} HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n").as_bytes())
            .unwrap();
        let answer = client.answer().unwrap();
        assert_eq!(answer.status, status, "{request}");
        assert_eq!(
            answer.head.contains("allow: POST, GET, HEAD"),
            status == 405
        );
    }
    let run = listening.stop().ok().says(&[
        "a PUT to /vod was answered 405: deliveries come by POST",
        "a POST to /vod/ was answered 404: no receiver is at this path",
    ]);
    assert_eq!(run.stdout, "0 deliveries, 4 turned away\n");
}

/// Where did my events go? A slash too much is the usual answer.
#[test]
fn what_is_turned_away_is_told_once_and_counted() {
    let sandbox = Sandbox::offline();
    let listening = Listening::start(&sandbox, ["--path", "/vod", "-o", "ndjson"]);
    let mut client = Client::to(listening.address);
    let elsewhere = (0..150).map(|number| format!("/other/{number}"));
    let slashes = std::iter::repeat_n("/vod/".to_owned(), 3);
    for target in slashes.chain(elsewhere) {
        client.post(&target, &[], EVENT.as_bytes());
        assert_eq!(client.answer().unwrap().status, 404);
    }
    client.post("/vod", &[], &vec![b' '; 1024 * 1024 + 1]);
    assert_eq!(client.answer().unwrap().status, 413);
    let run = listening.stop().ok();
    assert_eq!(run.lines().last().unwrap()["turned_away"], 154);
    assert_eq!(run.stderr.matches("a POST to /vod/ was").count(), 1);
    // Strangers can make up any number of paths.
    assert_eq!(run.stderr.lines().count(), 100, "{run:?}");
}

#[test]
fn a_slip_in_an_event_type_is_told_and_what_nothing_fits_is_refused() {
    let sandbox = Sandbox::offline();
    let filters = [
        "--events",
        "SnapshotComplet",
        "--route",
        "Nope=http://127.0.0.1:9/",
    ];
    let listen = ["listen", "--port", "0", "--timeout", "0.1"];
    sandbox.vodcb([&listen[..], &filters].concat()).ok().says(&[
        "SnapshotComplet is not an event type of the catalogue; did you mean SnapshotComplete",
        "Nope is not an event type",
    ]);
    for nothing in ["none", "", ","] {
        sandbox
            .vodcb(["listen", "--events", nothing])
            .exits(2)
            .says(&["names no event type", "vodcb events list"]);
    }
}

#[test]
fn only_the_events_that_were_asked_for_are_shown() {
    let sandbox = Sandbox::offline();
    let args = [
        "--events",
        "SnapshotComplete,AIComplete",
        "--exit-after",
        "2",
        "-o",
        "ndjson",
    ];
    let listening = Listening::start(&sandbox, args);
    for name in [
        "TranscodeComplete",
        "SnapshotComplete",
        "BrandNew",
        "AIMediaDNAComplete",
    ] {
        assert_eq!(
            post(
                listening.address,
                &[],
                format!(r#"{{"EventType":"{name}"}}"#)
            ),
            200
        );
    }
    let shown: Vec<_> = listening.end().ok().lines()[1..3]
        .iter()
        .map(|line| line["event_type"].clone())
        .collect();
    assert_eq!(shown, ["SnapshotComplete", "AIMediaDNAComplete"]);
}

/// Nobody subscribes to a single AI event, but messages carry its name.
#[test]
fn a_single_ai_event_can_be_asked_for() {
    let sandbox = Sandbox::offline();
    let args = ["--events", "aivideotagcomplete", "-o", "ndjson"];
    let listening = Listening::start(&sandbox, args.into_iter().chain(["--exit-after", "1"]));
    for name in ["AIMediaDNAComplete", "AIVideoTagComplete"] {
        let body = format!(r#"{{"EventType":"{name}"}}"#);
        assert_eq!(post(listening.address, &[], body), 200);
    }
    let run = listening.end().ok();
    assert_eq!(run.lines()[1]["event_type"], "AIVideoTagComplete");
    assert_eq!(run.stderr.matches("warning").count(), 0, "{run:?}");
    sandbox
        .vodcb(["listen", "--events", "ALL,AIVideoTagComplete"])
        .exits(2)
        .says(&["mixes ALL or none with event types"]);
}

#[test]
fn expectations_end_the_run_when_all_are_met() {
    let sandbox = Sandbox::offline();
    let args = [
        "--expect",
        "EventType == 'TranscodeComplete' && Status == 'success'",
        // Double quotes, which JMESPath would take for the name of a member.
        "--expect",
        r#"EventType == "SnapshotComplete""#,
    ];
    let listening = Listening::start(&sandbox, args);
    post(
        listening.address,
        &[],
        r#"{"EventType":"TranscodeComplete","Status":"fail"}"#,
    );
    post(
        listening.address,
        &[],
        r#"{"EventType":"SnapshotComplete"}"#,
    );
    post(listening.address, &[], EVENT);
    let run = listening.end().ok();
    assert!(run.stdout.ends_with("3 deliveries\n"), "{run:?}");
}

#[test]
fn an_expectation_that_fails_on_events_is_warned_of_once() {
    let sandbox = Sandbox::offline();
    let expect = ["--expect", "starts_with(Title, 'a')", "--exit-after", "2"];
    let listening = Listening::start(&sandbox, expect);
    for _ in 0..2 {
        assert_eq!(post(listening.address, &[], EVENT), 200);
    }
    let run = listening.end().exits(1);
    let warnings = run.stderr.matches("fails on an event").count();
    assert_eq!(warnings, 1, "{run:?}");
}

#[test]
fn what_did_not_come_is_told_with_exit_1() {
    let sandbox = Sandbox::offline();
    let expect = [
        "--expect",
        "EventType == 'A'",
        "--expect",
        "EventType == 'B'",
    ];
    let args = expect.into_iter().chain(["--timeout", "30"]);
    let listening = Listening::start(&sandbox, args);
    post(listening.address, &[], r#"{"EventType":"A"}"#);
    let run = listening.stop().exits(1);
    assert!(
        run.stdout
            .ends_with("1 delivery\nmissing: EventType == 'B'\n"),
        "{run:?}"
    );

    let listen = ["listen", "--port", "0", "--timeout", "0.2"];
    let run = sandbox.vodcb([&listen[..], &["--exit-after", "2"]].concat());
    let run = run
        .exits(1)
        .says(&["warning: the time was up after 0 of 2 deliveries"]);
    assert_eq!(run.stdout, "0 deliveries\n");
    let run = sandbox.vodcb([&listen[..], &["--exit-after", "2", "-o", "ndjson"]].concat());
    let summary = run.exits(1).lines().pop().unwrap();
    assert_eq!(summary["missing"][0], "--exit-after: 0 of 2 deliveries");
    sandbox.vodcb(listen).ok();
}

/// A listener that answers this way, and the sender of a delivery that it has not answered yet.
fn with_one_under_way(sandbox: &Sandbox, reply: &str) -> (Listening, Client) {
    let listening = Listening::start(sandbox, ["--respond", reply]);
    let mut client = Client::to(listening.address);
    client.post("/", &[], EVENT.as_bytes());
    std::thread::sleep(Duration::from_millis(300));
    (listening, client)
}

/// As `timeout` of coreutils sends it, to the command and to its group.
#[test]
fn a_signal_that_comes_twice_at_once_is_one() {
    let sandbox = Sandbox::offline();
    for pause in ["0", "0.05"] {
        let (listening, mut client) = with_one_under_way(&sandbox, "slow:2s");
        listening.signal_twice("TERM", pause);
        assert_eq!(client.answer().unwrap().status, 200);
        let run = listening.end().ok();
        assert!(run.stdout.ends_with("1 delivery\n"), "{run:?}");
    }
}

#[test]
fn the_first_signal_lets_deliveries_finish_and_the_second_does_not() {
    let sandbox = Sandbox::offline();
    for name in ["INT", "TERM"] {
        let (listening, mut client) = with_one_under_way(&sandbox, "slow:1s");
        listening.signal(name);
        assert_eq!(client.answer().unwrap().status, 200);
        let run = listening.end().ok();
        assert!(run.stdout.ends_with("1 delivery\n"), "{run:?}");
    }

    let (listening, mut client) = with_one_under_way(&sandbox, "slow:300s");
    let begun = Instant::now();
    listening.signal("INT");
    std::thread::sleep(crate::queue::forward::ANEW);
    listening.signal("INT");
    assert_eq!(listening.end().code, 130);
    assert!(client.answer().is_none());
    assert!(
        begun.elapsed() < Duration::from_secs(8),
        "before the farewell is over"
    );
}

/// The flag of the same name that every command has is about calls, and takes an hour at most.
#[test]
fn its_time_is_not_that_of_a_call() {
    let sandbox = Sandbox::with(&["get:slow=400"], &[]);
    let set = ["set", "--http-url", "https://example.com/vod"];
    let key = ["--auth-key-file", "key"];
    sandbox.file("key", crate::sandbox::AUTH_KEY);
    sandbox.vodcb([&set[..], &key].concat()).ok();
    let args = ["listen", "--port", "0", "--configured"];
    let end = ["--timeout", "0.1", "--retries", "0"];
    sandbox.vodcb([&args[..], &end].concat()).ok();
    let listening = Listening::start(&sandbox, ["--timeout", "7200"]);
    assert_eq!(listening.stop().ok().stdout, "0 deliveries\n");
}

#[test]
fn bad_words_are_refused_before_anything_is_opened() {
    let sandbox = Sandbox::offline();
    for (args, texts) in [
        ("--respond 99", ["99", "--respond 500,500,200"]),
        ("--respond slow:x", ["slow:x", "slow:6s"]),
        ("--respond 200,", ["\"\"", "--respond"]),
        (
            "--forward-to localhost:3000",
            ["--forward-to", "http://localhost:3000/vod"],
        ),
        (
            "--forward-to http://a/ --respond 200",
            ["--forward-to", "--respond"],
        ),
        ("--route X", ["--route", "TranscodeComplete=http://"]),
        ("--path vod", ["--path", "begins with /"]),
        ("--expect a==", ["JMESPath", "--expect"]),
        ("--timeout 0", ["--timeout", "for example 60"]),
        ("--exit-after 0", ["--exit-after", "from 1 on"]),
        ("--url http://a/", ["key is needed", "--auth-key-env"]),
        ("--require-signature", ["key is needed", "--configured"]),
        ("--no-fsync", ["--save", ""]),
        ("--events Nonsense!", ["Nonsense!", "events list"]),
        ("--save .", ["nothing can be saved to .", "hint"]),
        (
            "--save no/such/folder/file",
            ["no/such/folder/file", "folder that exists"],
        ),
        ("-o json", ["stream", "ndjson"]),
    ] {
        let words = ["listen", "--port", "0"].into_iter().chain(args.split(' '));
        let run = sandbox.vodcb(words).exits(2).says(&texts);
        assert_eq!(run.stdout, "", "{args}");
    }
}

#[test]
fn a_port_in_use_is_told_with_a_way_out() {
    let sandbox = Sandbox::offline();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    sandbox
        .vodcb(["listen", "--port", &port])
        .exits(2)
        .says(&[&format!("127.0.0.1:{port} is in use"), "--port 0"]);
}

#[test]
fn an_open_door_without_a_key_is_warned_of() {
    let sandbox = Sandbox::offline();
    let listening = Listening::start(&sandbox, ["--bind", "0.0.0.0"]);
    assert!(
        listening.url.starts_with("http://127.0.0.1:"),
        "{}",
        listening.url
    );
    listening
        .stop()
        .ok()
        .says(&["warning: anybody who reaches this port"]);
}
