//! What `send` emits, `listen` takes and keeps, `verify` finds right, and `replay` sends as it was.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use vodcb::delivery::record::{Recorded, read};
use vodcb::event::catalogue;
use vodcb::event::compose::{Draft, Edit};

use crate::receiver::{Receiver, Reply};
use crate::sandbox::{AUTH_KEY, Sandbox};

/// Texts that something on the way might change.
const ODD: [&str; 6] = [
    "\u{1b}[31mred\u{7}",
    "line\r\nend\u{2028}",
    "\"quoted\" \\ {\"json\":[1]}",
    "汉字 🎬 e\u{301}",
    "\u{feff}\u{202e}",
    "",
];

/// Every sample, each with an odd text and a member that nobody documented.
fn bodies() -> Vec<Vec<u8>> {
    let samples = catalogue::catalogue().events.iter();
    let samples = samples.flat_map(|event| catalogue::samples(&event.name));
    let bodies = samples.enumerate().map(|(number, (name, _))| {
        let mut draft = Draft::sample(name, false).unwrap();
        let odd = ODD[number % ODD.len()];
        for edit in [
            format!("Extend={odd}"),
            "Extra:={\"n\":[1.50,null,true]}".to_owned(),
        ] {
            draft.edit(&Edit::set(&edit).unwrap()).unwrap();
        }
        draft.to_bytes()
    });
    bodies.collect()
}

/// A listener that ends after so many deliveries, and its URL.
fn listener(sandbox: &Sandbox, deliveries: usize) -> (Child, String) {
    let count = deliveries.to_string();
    let flags = [
        "listen",
        "--port",
        "0",
        "--ready-file",
        "ready",
        "--save",
        "events.ndjson",
        "--auth-key-env",
        "KEY",
        "--require-signature",
        "--timeout",
        "120",
        "--exit-after",
        &count,
    ];
    let mut command = sandbox.command(flags);
    let child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let ready = sandbox.home().join("ready");
    let patience = Instant::now() + Duration::from_secs(60);
    while !ready.exists() {
        assert!(Instant::now() < patience, "the listener is not ready");
        std::thread::sleep(Duration::from_millis(10));
    }
    let url = std::fs::read_to_string(ready).unwrap();
    (
        child,
        format!("{}/vod?tenant=blue", url.trim().trim_end_matches('/')),
    )
}

fn saved(sandbox: &Sandbox) -> Vec<Recorded> {
    let text = std::fs::read_to_string(sandbox.home().join("events.ndjson")).unwrap();
    text.lines()
        .map(|line| read(line.as_bytes()).unwrap())
        .collect()
}

#[test]
fn every_sample_comes_through_byte_for_byte() {
    let mut sandbox = Sandbox::offline();
    sandbox.set("KEY", AUTH_KEY);
    let bodies = bodies();
    let (mut child, url) = listener(&sandbox, bodies.len());
    for body in &bodies {
        let send = [
            "send",
            "--data",
            "-",
            "--once",
            "--to",
            &url,
            "--auth-key-env",
            "KEY",
        ];
        sandbox.vodcb_with_input(body, send).ok();
    }
    assert!(child.wait().unwrap().success());

    let saved = saved(&sandbox);
    let kept: Vec<&Vec<u8>> = saved.iter().map(|recorded| &recorded.body).collect();
    assert_eq!(kept, bodies.iter().collect::<Vec<_>>());
    for recorded in saved.iter().step_by(8) {
        let line = serde_json::to_vec(&recorded.envelope()).unwrap();
        let verify = [
            "verify",
            "--delivery",
            "-",
            "--url",
            &url,
            "--auth-key-env",
            "KEY",
        ];
        sandbox.vodcb_with_input(&line, verify).ok();
    }

    let receiver = Receiver::start(&[Reply::Status(200)]);
    let to = receiver.url("/again");
    sandbox
        .vodcb(["replay", "events.ndjson", "--verbatim", "--to", &to])
        .ok();
    let again = receiver.requests();
    assert_eq!(again.len(), saved.len());
    for (again, recorded) in again.iter().zip(&saved) {
        assert_eq!(again.body, recorded.body);
        for name in [
            "x-vod-timestamp",
            "x-vod-signature",
            "content-type",
            "user-agent",
        ] {
            assert!(recorded.header(name).is_some(), "{name}");
            assert_eq!(again.header(name), recorded.header(name), "{name}");
        }
    }
}
