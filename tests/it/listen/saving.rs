//! `--save`: what was answered 200 is in the file, whatever happens.

use std::collections::HashSet;
use std::io::Read;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use vodcb::delivery::record::{self, Recorded};
use vodcb::delivery::rules::Rules;
use vodcb::delivery::send::{Delivery, Proof, deliver};
use vodcb::delivery::signature::{NamedKey, NamedUrl, Verdict, verify};
use vodcb::event::catalogue;
use vodcb::event::compose::{Draft, Edit};
use vodcb::http::Http;
use vodcb::secret::Secret;

use super::world::{Client, EVENT, Inside, Listening, PATIENCE, post};
use crate::sandbox::{AUTH_KEY, Sandbox};

#[test]
fn deliveries_are_appended_one_a_line_for_the_owner_only() {
    let sandbox = Sandbox::offline();
    for _ in 0..2 {
        let listening =
            Listening::start(&sandbox, ["--save", "events.ndjson", "--exit-after", "2"]);
        post(
            listening.address,
            &[("x-vod-timestamp", "1767225600")],
            EVENT,
        );
        post(listening.address, &[], [0, 255, 10, 13]);
        listening.end().ok();
    }
    let path = sandbox.home().join("events.ndjson");
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[0]["kind"], "delivery");
    assert_eq!(lines[0]["method"], "POST");
    assert_eq!(lines[0]["target"], "/vod?tenant=blue");
    assert_eq!(
        lines[0]["headers"][1],
        serde_json::json!(["x-vod-timestamp", "1767225600"])
    );
    assert_eq!(lines[0]["body"], STANDARD.encode(EVENT));
    assert_eq!(lines[3]["body"], "AP8KDQ==");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn a_line_that_a_crash_left_open_does_not_spoil_the_next() {
    let sandbox = Sandbox::offline();
    let path = sandbox.file("events.ndjson", "{\"kind\":\"deliv");
    let listening = Listening::start(&sandbox, ["--save", "events.ndjson", "--exit-after", "1"]);
    post(listening.address, &[], EVENT);
    listening
        .end()
        .ok()
        .says(&["the last line of events.ndjson was not complete"]);
    let text = std::fs::read_to_string(path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "{\"kind\":\"deliv");
    assert_eq!(
        record::read(lines[1].as_bytes()).unwrap().body,
        EVENT.as_bytes()
    );
    assert_eq!(lines.len(), 2);
}

#[test]
fn one_process_at_a_time_saves_to_a_file() {
    let sandbox = Sandbox::offline();
    let listening = Listening::start(&sandbox, ["--save", "events.ndjson"]);
    sandbox
        .vodcb(["listen", "--port", "0", "--save", "events.ndjson"])
        .exits(2)
        .says(&["another process is saving to events.ndjson", "its own file"]);
    listening.stop().ok();
}

/// A file that must not grow beyond a block of the shell's is as a disk that is full.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_a_500_and_told_loudly() {
    let sandbox = Sandbox::offline();
    for extra in [&[][..], &["--no-fsync"]] {
        let path = sandbox.file("events.ndjson", "");
        let args = ["--save", "events.ndjson"].into_iter();
        let listening = Listening::under(
            &sandbox,
            "trap '' XFSZ; ulimit -f 2",
            args.chain(extra.iter().copied()),
        );
        let large = "x".repeat(4096);
        assert_eq!(post(listening.address, &[], EVENT), 200);
        assert_eq!(post(listening.address, &[], &large), 500);
        assert_eq!(post(listening.address, &[], &large), 500);
        let run = listening
            .stop()
            .exits(1)
            .says(&["delivery #2 was answered 500", "File too large"]);
        assert!(run.stdout.contains("NOT SAVED"), "{run:?}");
        assert!(run.stdout.ends_with("1 delivery, 2 not saved\n"), "{run:?}");
        let kept = std::fs::read_to_string(&path).unwrap();
        assert_eq!(kept.matches('\n').count(), 1, "no half of a line: {kept}");
        assert!(kept.ends_with('\n'));
    }
}

/// A folder in the place of the file is as a disk that is full.
#[cfg(unix)]
#[test]
fn the_first_copy_that_is_kept_is_no_duplicate() {
    let sandbox = Sandbox::offline();
    let args = [
        "--save",
        "events.ndjson",
        "-o",
        "ndjson",
        "--exit-after",
        "2",
    ];
    let listening = Listening::start(&sandbox, args);
    let path = sandbox.home().join("events.ndjson");
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    assert_eq!(post(listening.address, &[], EVENT), 500);
    std::fs::remove_dir(&path).unwrap();
    assert_eq!(post(listening.address, &[], EVENT), 200);
    assert_eq!(post(listening.address, &[], EVENT), 200);
    let lines = listening.end().exits(1).lines();
    let marks: Vec<_> = lines[1..4]
        .iter()
        .map(|line| (line["saved"].clone(), line["duplicate"].clone()))
        .collect();
    assert_eq!(
        marks,
        [(false, false), (true, false), (true, true)]
            .map(|(saved, again)| (saved.into(), again.into()))
    );
    assert_eq!(bodies(&path).len(), 1);
}

/// As `logrotate` does it, and `rm`: what is answered 200 is under the name that was given.
#[cfg(unix)]
#[test]
fn a_file_that_is_moved_or_removed_is_made_again() {
    use std::os::unix::fs::PermissionsExt;

    let sandbox = Sandbox::offline();
    for extra in [&[][..], &["--no-fsync"]] {
        let args = ["--save", "events.ndjson"].into_iter();
        let listening = Listening::start(&sandbox, args.chain(extra.iter().copied()));
        let path = sandbox.home().join("events.ndjson");
        let rotated = sandbox.home().join("events.1");
        assert_eq!(post(listening.address, &[], "one"), 200);
        std::fs::rename(&path, &rotated).unwrap();
        assert_eq!(post(listening.address, &[], "two"), 200);
        assert_eq!(bodies(&rotated), HashSet::from(["one".to_owned()]));
        assert_eq!(bodies(&path), HashSet::from(["two".to_owned()]));
        std::fs::remove_file(&path).unwrap();
        assert_eq!(post(listening.address, &[], "three"), 200);
        assert_eq!(bodies(&path), HashSet::from(["three".to_owned()]));
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        listening.stop().ok();
        std::fs::remove_file(&path).unwrap();
    }
}

/// A pipe has what nobody may ever read, so that a 200 would be untrue.
#[cfg(unix)]
#[test]
fn what_is_no_file_is_not_saved_to() {
    let sandbox = Sandbox::offline();
    let made = std::process::Command::new("mkfifo")
        .arg(sandbox.home().join("pipe"))
        .status();
    assert!(made.unwrap().success());
    for (path, extra) in [
        ("pipe", &[][..]),
        ("pipe", &["--no-fsync"]),
        ("/dev/null", &[]),
    ] {
        let listen = ["listen", "--port", "0", "--save", path];
        sandbox
            .vodcb([&listen[..], extra].concat())
            .exits(2)
            .says(&[&format!("{path} is no file that keeps"), "-o ndjson"]);
    }
}

/// 64 connections send as fast as they can when the process is killed: whatever was answered 200 is in the
/// file, and a receiver that starts again appends whole lines.
#[test]
fn what_was_answered_outlives_a_kill() {
    let sandbox = Sandbox::offline();
    for extra in [&[][..], &["--no-fsync"]] {
        let path = sandbox.home().join("load.ndjson");
        let _ = std::fs::remove_file(&path);
        let args = ["--save", "load.ndjson", "-q"]
            .into_iter()
            .chain(extra.iter().copied());
        let listening = Listening::start(&sandbox, args.chain(["--events", "ALL"]));
        let answered = load(listening.address, || {
            std::thread::sleep(Duration::from_millis(1200));
            listening.signal("KILL");
        });
        drop(listening);
        assert!(answered.len() > 64, "only {} were answered", answered.len());
        let saved = bodies(&path);
        let lost: Vec<_> = answered.difference(&saved).collect();
        assert!(
            lost.is_empty(),
            "{extra:?}: lost {} of {}",
            lost.len(),
            answered.len()
        );

        let listening = Listening::start(&sandbox, ["--save", "load.ndjson", "--exit-after", "1"]);
        assert_eq!(post(listening.address, &[], "after the crash"), 200);
        listening.end().ok();
        assert!(bodies(&path).contains("after the crash"));
    }
}

/// Sends distinct bodies on 64 connections until they break; those that were answered 200.
fn load(address: std::net::SocketAddr, end: impl FnOnce()) -> HashSet<String> {
    let answered = Mutex::new(HashSet::new());
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for connection in 0..64 {
            let (answered, over) = (&answered, &over);
            scope.spawn(move || {
                let mut client = Client::to(address);
                for number in 0.. {
                    let body =
                        format!("{{\"EventType\":\"Load\",\"VideoId\":\"{connection}-{number}\"}}");
                    let request = format!(
                        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n{body}",
                        body.len()
                    );
                    if over.load(Ordering::Relaxed) || client.write(request.as_bytes()).is_err() {
                        break;
                    }
                    match client.answer() {
                        Some(answer) if answer.status == 200 => {
                            answered.lock().unwrap().insert(body)
                        }
                        _ => break,
                    };
                }
            });
        }
        end();
        over.store(true, Ordering::Relaxed);
    });
    answered.into_inner().unwrap()
}

/// The bodies in a file; only a line without an end may be broken.
fn bodies(path: &Path) -> HashSet<String> {
    let mut text = String::new();
    std::fs::File::open(path)
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    let mut whole: Vec<&str> = text.split('\n').collect();
    whole.pop();
    let read = whole
        .iter()
        .filter_map(|line| record::read(line.as_bytes()).ok());
    let found: HashSet<String> = read
        .map(|record| String::from_utf8(record.body).unwrap())
        .collect();
    assert!(
        whole.len() - found.len() <= 1,
        "more than the line at the crash is broken"
    );
    found
}

/// Every sample, changed in any way, and every other body goes from the sender into the file of the
/// receiver and comes back out of it, to the last byte and still rightly signed.
#[test]
fn what_is_sent_is_in_the_file_byte_for_byte() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("events.ndjson");
    let inside = Inside::saving(&path);
    let url = format!("http://{}/vod?tenant=blue&v=%2F", inside.address);
    let http = Http::new(PATIENCE, "vodcb/test".to_owned(), None);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut runner = TestRunner::new(Config::with_cases(80));
    let checked = runner.run(&some_body(), |body| {
        let delivery = Delivery {
            url: url.clone(),
            proof: Proof::Signed {
                url: url.clone(),
                key: Secret::new(AUTH_KEY),
                shift: SignedDuration::ZERO,
            },
            body,
        };
        let rules = Rules {
            attempts: 1,
            pause: Duration::ZERO,
            limit: PATIENCE,
        };
        let outcome = runtime.block_on(deliver(
            &http,
            || Timestamp::from_second(1_767_225_600).unwrap(),
            rules,
            &delivery,
            |_| {},
        ));
        prop_assert!(outcome.unwrap().is_delivered());
        let kept = last(&path);
        prop_assert_eq!(&kept.body, &delivery.body);
        prop_assert_eq!(kept.target.as_deref(), Some("/vod?tenant=blue&v=%2F"));
        let urls = [NamedUrl {
            name: "url".to_owned(),
            url: url.clone(),
        }];
        let keys = [NamedKey {
            name: "key".to_owned(),
            key: Secret::new(AUTH_KEY),
        }];
        let verdict = verify(&kept.claim().unwrap(), &urls, &[], &keys);
        let is_valid = matches!(verdict, Verdict::Valid { .. });
        prop_assert!(is_valid, "{:?}", verdict);
        Ok(())
    });
    checked.unwrap();
    inside.stop();
}

fn some_body() -> impl Strategy<Value = Vec<u8>> {
    let samples: Vec<&str> = catalogue::catalogue()
        .events
        .iter()
        .flat_map(|event| catalogue::samples(&event.name))
        .map(|(name, _)| name)
        .collect();
    let edits = prop::collection::vec(("[A-Za-z\"\\.]{1,6}", any::<String>()), 0..4);
    let composed = (prop::sample::select(samples), edits).prop_map(|(sample, edits)| {
        let mut draft = Draft::sample(sample, false).unwrap();
        for (name, text) in edits {
            let edit = Edit::set(&format!("[{name:?}]={text}")).unwrap();
            let _ = draft.edit(&edit);
        }
        draft.to_bytes()
    });
    prop_oneof![3 => composed, 1 => prop::collection::vec(any::<u8>(), 0..5000)]
}

fn last(path: &Path) -> Recorded {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.ends_with('\n'));
    record::read(text.lines().last().unwrap().as_bytes()).unwrap()
}

/// Deliveries that wait for the disk together are written together, and all are answered.
#[test]
fn many_deliveries_at_once_share_the_file() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("events.ndjson");
    let inside = Inside::saving(&path);
    let mut clients: Vec<Client> = (0..40).map(|_| Client::to(inside.address)).collect();
    for (number, client) in clients.iter_mut().enumerate() {
        client.post("/", &[], format!("body {number}").as_bytes());
    }
    for client in &mut clients {
        assert_eq!(client.answer().unwrap().status, 200);
    }
    assert_eq!(bodies(&path).len(), 40);
    assert_eq!(inside.stop().len(), 40);
}
