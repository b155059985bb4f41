//! Events that the emulator delivers as the service would.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc;

use crate::sandbox::{AUTH_KEY, Sandbox};

/// Answers each request with the next status, and hands out what came.
fn receiver(statuses: &'static [u16]) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/vod?tenant=blue", listener.local_addr().unwrap());
    let (sender, received) = mpsc::channel();
    std::thread::spawn(move || {
        for status in statuses {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut chunk = [0; 65536];
            loop {
                let count = stream.read(&mut chunk).unwrap();
                request.extend_from_slice(&chunk[..count]);
                let text = String::from_utf8_lossy(&request);
                let whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
                    let length = head.lines().find_map(|line| {
                        line.to_ascii_lowercase()
                            .strip_prefix("content-length: ")
                            .map(str::to_owned)
                    });
                    length.is_none_or(|length| body.len() >= length.parse::<usize>().unwrap())
                });
                if whole || count == 0 {
                    break;
                }
            }
            let answer =
                format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).unwrap();
            sender
                .send(String::from_utf8_lossy(&request).into_owned())
                .unwrap();
        }
    });
    (url, received)
}

fn header<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    request.lines().find_map(|line| {
        let (key, value) = line.split_once(": ")?;
        key.eq_ignore_ascii_case(name).then_some(value)
    })
}

#[test]
fn an_event_reaches_the_receiver_signed_and_with_its_changes() {
    let mut sandbox = Sandbox::new();
    sandbox.set("KEY", AUTH_KEY);
    let (url, received) = receiver(&[200]);
    sandbox
        .vodcb(["set", "--http-url", &url, "--auth-key-env", "KEY"])
        .ok();
    let run = sandbox
        .vodcb([
            "emulator",
            "fire",
            "FileUploadComplete",
            "--set",
            "VideoId=abc",
            "--set",
            "Size=12",
            "--unset",
            "FileUrl",
            "-o",
            "json",
        ])
        .ok();
    let document = run.json();
    assert_eq!(document["state"], "delivered");
    assert_eq!(document["attempts"].as_array().unwrap().len(), 1);
    assert_eq!(document["attempts"][0]["answer"], "200");
    let request = received.recv().unwrap();
    assert!(
        request.starts_with("POST /vod?tenant=blue HTTP/1.1\r\n"),
        "{request}"
    );
    let body: serde_json::Value =
        serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(body["VideoId"], "abc");
    assert_eq!(body["Size"], 12);
    assert_eq!(body.get("FileUrl"), None);
    assert_eq!(header(&request, "content-type"), Some("application/json"));
    sandbox
        .vodcb([
            "verify",
            "--url",
            &url,
            "--auth-key-env",
            "KEY",
            "--timestamp",
            header(&request, "x-vod-timestamp").unwrap(),
            "--signature",
            header(&request, "x-vod-signature").unwrap(),
            "--max-age",
            "60",
        ])
        .ok();
}

#[test]
fn what_three_attempts_do_not_deliver_is_dropped_and_the_reason_is_told() {
    let sandbox = Sandbox::new();
    let (url, received) = receiver(&[204, 500, 302]);
    sandbox.vodcb(["set", "--http-url", &url]).ok();
    let run = sandbox
        .vodcb(["emulator", "fire", "TranscodeComplete", "--fail"])
        .exits(1)
        .says(&["hint: redirects are not followed"]);
    assert!(run.stdout.contains("dropped"), "{run:?}");
    for number in 0..3 {
        let request = received.recv().unwrap();
        assert_eq!(header(&request, "x-vod-signature"), None, "{number}");
        assert!(request.contains("\"Status\":\"fail\""), "{request}");
    }
}

#[test]
fn a_receiver_that_recovers_gets_the_event_in_a_later_attempt() {
    let sandbox = Sandbox::new();
    let (url, _received) = receiver(&[500, 200]);
    sandbox.vodcb(["set", "--http-url", &url]).ok();
    let document = sandbox
        .vodcb(["emulator", "fire", "SnapshotComplete", "-o", "json"])
        .ok()
        .json();
    assert_eq!(document["state"], "delivered");
    let answers: Vec<&str> = document["attempts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|attempt| attempt["answer"].as_str().unwrap())
        .collect();
    assert_eq!(answers, ["500", "200"]);
}

#[test]
fn only_a_callback_that_is_on_for_the_event_sends_it() {
    let sandbox = Sandbox::new();
    let fire = |event| sandbox.vodcb(["emulator", "fire", event, "-o", "json"]);
    let reason = |run: crate::sandbox::Run| run.exits(1).json()["reason"].clone();
    assert_eq!(
        reason(fire("TranscodeComplete")),
        "no callback is configured there"
    );
    let (url, _received) = receiver(&[200]);
    sandbox
        .vodcb(["set", "--http-url", &url, "--events", "AIComplete"])
        .ok();
    assert_eq!(
        reason(fire("TranscodeComplete")),
        "the callback is not on for this event type"
    );
    fire("AIMediaAuditComplete").ok();
}

/// VOD writes to public endpoints only, and with its role; what it cannot write is dropped.
#[test]
fn an_event_for_a_queue_that_vod_cannot_write_to_is_dropped() {
    const PUBLIC: &str = "http://1234567890123456.mns.cn-shanghai.aliyuncs.com/";
    const INTERNAL: &str = "http://1234567890123456.mns.cn-shanghai-internal.aliyuncs.com/";
    for (role, endpoint, why) in [
        ("absent", PUBLIC, "has no role AliyunVODDefaultRole"),
        ("untrusting", PUBLIC, "does not trust vod.aliyuncs.com"),
        ("present", INTERNAL, "public endpoints only"),
    ] {
        let sandbox = Sandbox::with(&[], &[&format!("vod-role={role}")]);
        sandbox.queue("q", 30);
        let set = ["set", "--mns-queue", "q", "--mns-endpoint", endpoint];
        sandbox
            .vodcb(set.into_iter().chain(["--allow-internal-endpoint"]))
            .ok();
        let fire = ["emulator", "fire", "FileUploadComplete", "-o", "json"];
        let document = sandbox.vodcb(fire).exits(1).json();
        assert_eq!(document["state"], "dropped");
        let attempts = document["attempts"].as_array().unwrap();
        assert_eq!(attempts.len(), 3);
        for attempt in attempts {
            let answer = attempt["answer"].as_str().unwrap();
            assert!(answer.contains(why), "{answer}");
        }
        assert_eq!(sandbox.backlog("q"), (0, 0));
    }
}

#[test]
fn an_event_that_cannot_be_made_is_refused_before_anything_is_sent() {
    let sandbox = Sandbox::new();
    for (args, words) in [
        (
            &["FileUpload"][..],
            &["not an event type", "did you mean"][..],
        ),
        (&["AIComplete"], &["never sent by itself"]),
        (
            &["FileUploadComplete", "--set", "Size=big"],
            &["Size is a number", "Size:=JSON"],
        ),
        (
            &["FileUploadComplete", "--set", "Size.Here=1"],
            &["there is no Size.Here", "Size is no object"],
        ),
        (&["FileUploadComplete", "--set", "Size"], &["sets nothing"]),
        (
            &["FileUploadComplete", "--unset", "Nothing"],
            &["there is no Nothing", "VideoId"],
        ),
        (&["--data", "missing.json"], &["cannot be read"]),
    ] {
        let all: Vec<&str> = ["emulator", "fire"].iter().chain(args).copied().collect();
        sandbox.vodcb(all).exits(2).says(words);
    }
    assert!(sandbox.actions().is_empty());
    let mut elsewhere = Sandbox::new();
    elsewhere.set("VODCB_ENDPOINT", "https://vod.example.com");
    elsewhere
        .vodcb(["emulator", "fire", "FileUploadComplete"])
        .exits(2)
        .says(&["is no emulator"]);
}

#[test]
fn an_event_that_is_not_sent_has_a_next_step() {
    Sandbox::new()
        .vodcb(["emulator", "fire", "SnapshotComplete"])
        .exits(1)
        .says(&[
            "vodcb set --add-events SnapshotComplete",
            "vodcb set --http-url URL",
        ]);
}

#[test]
fn a_state_below_a_folder_that_is_not_there_is_refused() {
    let sandbox = Sandbox::offline();
    sandbox
        .vodcb(["emulator", "start", "--state", "nowhere/state.json"])
        .exits(2)
        .says(&["there is no folder nowhere"]);
    assert!(!sandbox.home().join("nowhere").exists());
}

#[test]
fn the_password_of_a_receiver_is_shown_nowhere() {
    let sandbox = Sandbox::new();
    let (url, _received) = receiver(&[200]);
    let url = url.replace("http://", "http://me:Pass4Receiver@");
    sandbox.vodcb(["set", "--http-url", &url]).ok();
    for form in ["table", "json"] {
        let run = sandbox.vodcb(["emulator", "fire", "SnapshotComplete", "-o", form]);
        assert!(run.stdout.contains("http://me:"), "{run:?}");
        let said = run.stdout + &run.stderr;
        assert!(!said.contains("Pass4Receiver"), "{said}");
    }
}

#[test]
fn an_event_whose_answer_is_lost_is_not_fired_twice() {
    for fault in ["fire:reset-after*1", "fire:internal-after*1"] {
        let sandbox = Sandbox::with(&[fault], &[]);
        sandbox
            .vodcb(["emulator", "fire", "SnapshotComplete"])
            .exits(7)
            .says(&["the event may have been fired"]);
        let fired = sandbox.actions();
        let fired = fired.iter().filter(|name| *name == "EmulatorFireEvent");
        assert_eq!(fired.count(), 1, "{fault}");
    }
    // What certainly did not happen is tried again.
    let sandbox = Sandbox::with(&["fire:throttle=1*1"], &[]);
    let run = sandbox.vodcb(["emulator", "fire", "SnapshotComplete", "-o", "json"]);
    assert_eq!(run.exits(1).json()["state"], "unsent");
}

/// An emulator inside the process takes its deliveries with it.
#[test]
fn an_emulator_that_ends_with_the_command_is_waited_for() {
    let mut sandbox = Sandbox::offline();
    let fire = ["emulator", "fire", "SnapshotComplete", "--no-wait"];
    let words = ["ends with the command", "vodcb emulator start"];
    sandbox
        .vodcb(["--emulator"].into_iter().chain(fire))
        .exits(2)
        .says(&words);
    sandbox.set("VODCB_EMULATOR", "1");
    sandbox.vodcb(fire).exits(2).says(&words);
}
