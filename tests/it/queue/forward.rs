//! `vodcb queue forward` between the emulator's queues and a receiver.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use serde_json::Value;

use crate::receiver::{Receiver, Reply};
use crate::sandbox::{AUTH_KEY, Run, Sandbox};

pub fn event(id: &str) -> String {
    format!(r#"{{"EventType":"FileUploadComplete","VideoId":"{id}","Status":"success"}}"#)
}

/// With a queue `q`.
fn world(faults: &[&str]) -> Sandbox {
    let sandbox = Sandbox::with(faults, &[]);
    sandbox.queue("q", 30);
    sandbox
}

fn lines(text: &str) -> Vec<Value> {
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// After such a pause a signal is another one than the one before it.
#[cfg(unix)]
pub const ANEW: Duration = Duration::from_millis(600);

#[cfg(unix)]
pub fn signal(child: &Child, name: &str) {
    let id = child.id().to_string();
    let sent = std::process::Command::new("kill")
        .args(["-s", name, &id])
        .status();
    assert!(sent.unwrap().success());
}

/// Waits until something is so.
#[track_caller]
pub fn eventually(mut what: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !what() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it never came");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// What was handed over is deleted, whatever becomes of its line.
#[test]
fn a_message_whose_line_cannot_be_shown_is_not_handed_over_again() {
    let sandbox = world(&[]);
    let receiver = Receiver::start(&[Reply::Status(200), Reply::Status(200)]);
    let to = receiver.url("/vod");
    let forward = ["queue", "forward", "q", "--to", &to, "--drain"];
    sandbox.deliver("q", &event("v1"));
    // That of the first line is false without looking at the second part.
    let query = ["-o", "ndjson", "--query", "kind == 'forward' && abs(kind)"];
    sandbox
        .vodcb(forward.into_iter().chain(query))
        .ok()
        .says(&["a document was not shown"]);
    assert_eq!(sandbox.backlog("q"), (0, 0));
    #[cfg(target_os = "linux")]
    {
        sandbox.deliver("q", &event("v2"));
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
        let mut command = sandbox.command(forward);
        let run = Run::of(command.stdout(full.unwrap()).output().unwrap());
        run.exits(8)
            .says(&["deliveries were made, but their result could not be shown"]);
        assert_eq!(sandbox.backlog("q"), (0, 0));
    }
    assert_eq!(
        receiver.requests().len(),
        2 - usize::from(cfg!(not(target_os = "linux")))
    );
}

/// Lines of 6 KB in a pipe that takes 64 KiB.
#[cfg(unix)]
#[test]
fn a_stdout_that_nobody_reads_holds_up_no_delivery() {
    let sandbox = world(&[]);
    for _ in 0..40 {
        sandbox.deliver("q", &event(&"v".repeat(6_000)));
    }
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let to = receiver.url("/vod");
    let child = sandbox.begin(["queue", "forward", "q", "--to", &to, "-o", "ndjson"]);
    eventually(|| sandbox.backlog("q") == (0, 0));
    assert_eq!(receiver.requests().len(), 40);
    signal(&child, "INT");
    let run = Run::of(child.wait_with_output().unwrap()).ok();
    let lines = lines(&run.stdout);
    assert_eq!(lines.len(), 42);
    assert_eq!(lines[41]["forwarded"], 40);
    assert_eq!(lines[41]["not_shown"], 0);
}

/// A message that was kept is out of sight, and no end of what there is.
#[test]
fn what_is_out_of_sight_is_told_where_nothing_is_found() {
    let sandbox = world(&[]);
    sandbox.deliver("q", &event("v1"));
    let receiver = Receiver::start(&[Reply::Status(500)]);
    let to = receiver.url("/vod");
    let forward = ["queue", "forward", "q", "--to", &to, "--drain"];
    let words =
        "1 message is out of sight now, in work or kept for a later try; vodcb queue status q";
    let run = sandbox.vodcb(forward).exits(1);
    assert!(!run.stderr.contains("out of sight"), "{run:?}");
    sandbox.vodcb(forward).ok().says(&[words]);
    sandbox.vodcb(["queue", "peek", "q"]).ok().says(&[words]);
    sandbox.queue("empty", 30);
    let run = sandbox.vodcb(["queue", "peek", "empty"]).ok();
    assert!(!run.stderr.contains("out of sight"), "{run:?}");
}

#[test]
fn a_message_arrives_as_vod_would_send_it_and_is_deleted() {
    let mut sandbox = world(&[]);
    sandbox.set("VOD_KEY", AUTH_KEY);
    let body = event("v1");
    sandbox.deliver("q", &STANDARD.encode(&body));
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let to = receiver.url("/vod?x=1");
    let run = sandbox.vodcb([
        "queue",
        "forward",
        "q",
        "--to",
        &to,
        "--drain",
        "--auth-key-env",
        "VOD_KEY",
        "--signed-url",
        "https://example.com/vod",
    ]);
    let run = run.ok().says(&["1 handed over and deleted, 0 kept"]);
    assert!(
        run.stdout
            .contains("FileUploadComplete  v1  success  200 in "),
        "{run:?}"
    );
    let [request] = &receiver.requests()[..] else {
        panic!("one request")
    };
    assert_eq!(
        (request.method.as_str(), request.target.as_str()),
        ("POST", "/vod?x=1")
    );
    assert_eq!(request.body, body.as_bytes(), "Base64 is taken off");
    let time = request.header("x-vod-timestamp").unwrap();
    // MD5 of URL, time stamp and key joined by bars, as the vendor's page says.
    let signed = format!("https://example.com/vod|{time}|{AUTH_KEY}");
    let digest: String = Md5::digest(signed)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(request.header("x-vod-signature"), Some(digest.as_str()));
    assert_eq!(sandbox.backlog("q"), (0, 0));
}

#[test]
fn what_is_refused_stays_with_its_reason_and_does_not_block_the_rest() {
    let sandbox = world(&[]);
    for id in ["good-1", "poison", "good-2"] {
        sandbox.deliver("q", &event(id));
    }
    let receiver = Receiver::judging(|request, _| {
        let is_poison = request.json()["VideoId"] == "poison";
        Reply::Status(if is_poison { 500 } else { 200 })
    });
    let to = receiver.url("/vod");
    let args = [
        "queue",
        "forward",
        "q",
        "--to",
        &to,
        "--drain",
        "--concurrency",
        "1",
    ];
    let run = sandbox.vodcb(args).exits(1);
    let run = run.says(&["2 handed over and deleted, 1 kept", "the receiver failed"]);
    assert!(
        run.stdout
            .contains("500 after 3 attempts: kept, tried again in 10 s"),
        "{run:?}"
    );
    assert_eq!(receiver.requests().len(), 5, "three attempts, as VOD makes");
    assert_eq!(sandbox.backlog("q"), (0, 1));
}

#[test]
fn the_stream_has_a_line_for_the_beginning_each_message_and_the_end() {
    let sandbox = world(&[]);
    sandbox.deliver("q", &event("v1"));
    sandbox.deliver("q", "no event at all");
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let to = receiver.url("/vod");
    let args = ["queue", "forward", "q", "--to", &to, "--drain"];
    let run = sandbox.vodcb([&args[..], &["-o", "ndjson"]].concat());
    let run = run.exits(1).says(&["the event body is ", "kept"]);
    let lines = lines(&run.stdout);
    let kinds: Vec<&str> = lines
        .iter()
        .map(|line| line["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["ready", "forward", "forward", "summary"]);
    assert!(lines.iter().all(|line| line["schema_version"] == 1));
    assert_eq!(lines[0]["to"], to);
    let event = lines.iter().find(|line| line["id"] == "v1").unwrap();
    assert_eq!(event["event_type"], "FileUploadComplete");
    assert_eq!(event["delivered"], true);
    assert_eq!(event["dequeue_count"], 1);
    assert_eq!(event["attempts"][0]["status"], 200);
    let other = lines
        .iter()
        .find(|line| line["kind"] == "forward" && line["id"].is_null());
    let other = other.unwrap();
    assert_eq!(
        (&other["delivered"], &other["back_in_seconds"]),
        (&false.into(), &10.into()),
        "what is no event is handed to nobody, and never deleted unread"
    );
    assert_eq!(receiver.requests().len(), 1);
    assert_eq!(
        (&lines[3]["forwarded"], &lines[3]["kept"]),
        (&1.into(), &1.into())
    );
    assert_eq!(sandbox.backlog("q"), (0, 1));
}

#[test]
fn an_end_that_comes_before_all_were_there_is_a_no() {
    let sandbox = world(&[]);
    sandbox.deliver("q", &event("v1"));
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let to = receiver.url("/vod");
    let args = [
        "queue",
        "forward",
        "q",
        "--to",
        &to,
        "--exit-after",
        "2",
        "--for",
        "0.5",
    ];
    sandbox.vodcb(args).exits(1);
    let args = ["queue", "forward", "q", "--to", &to, "--for", "0.2"];
    sandbox.vodcb(args).ok();
}

/// VOD, its network and its proxies have no part in what goes from a queue to an application.
#[test]
fn hints_are_about_the_application() {
    let sandbox = world(&[]);
    sandbox.deliver("q", &event("v1"));
    let app = Receiver::start(&[Reply::Status(401)]);
    let (dead, refusing) = ("http://127.0.0.1:9/vod".to_owned(), app.url("/vod"));
    for (to, hint) in [
        (
            &dead,
            "hint: nothing listens there, or a firewall is in the way\n",
        ),
        (
            &refusing,
            "vodcb queue forward signs with --auth-key-env NAME",
        ),
    ] {
        let forward = ["queue", "forward", "q", "--to", to, "--exit-after", "1"];
        let run = sandbox.vodcb(forward).exits(1).says(&[hint]);
        assert!(!run.stderr.contains("VOD calls"), "{run:?}");
    }
    let listen = [
        "listen",
        "--queue",
        "q",
        "--forward-to",
        &dead,
        "--exit-after",
        "1",
    ];
    let run = sandbox.vodcb(listen).exits(1);
    let run = run.says(&["the application, or what stands before it, could not be reached"]);
    assert!(
        !run.stderr.contains("a proxy before the receiver"),
        "{run:?}"
    );
}

#[test]
fn refusals_come_before_anything_is_received() {
    let sandbox = world(&[]);
    let to = ["--to", "http://127.0.0.1:9/vod"];
    let run = |args: &[&str]| {
        let all = ["queue", "forward"].iter().chain(args).copied();
        sandbox.vodcb(all.collect::<Vec<_>>())
    };
    run(&["nobody", to[0], to[1]])
        .exits(4)
        .says(&["there is no queue nobody"]);
    run(&["bad_name", to[0], to[1]])
        .exits(2)
        .says(&["it holds '_'"]);
    run(&["q", "--to", "localhost:1"]).exits(2).says(&["http"]);
    run(&["q", to[0], to[1], "-o", "json"])
        .exits(2)
        .says(&["-o ndjson"]);
    run(&["q", to[0], to[1], "--concurrency", "0"]).exits(2);
    run(&["q", to[0], to[1], "--for", "0"])
        .exits(2)
        .says(&["0.1 to 31536000"]);
    run(&["q", to[0], to[1], "--signed-url", "https://example.com/"]).exits(2);
    run(&["q", to[0], to[1], "--auth-key-env", "NOT_SET"])
        .exits(2)
        .says(&["NOT_SET"]);
    assert_eq!(sandbox.backlog("q"), (0, 0));
    for (fault, action) in [
        ("batch-receive:deny", "mns:BatchReceiveMessage"),
        ("batch-delete:deny", "mns:BatchDeleteMessage"),
    ] {
        let receiver = Receiver::start(&[Reply::Status(200)]);
        let sandbox = world(&[fault]);
        sandbox.deliver("q", &event("v1"));
        let to = receiver.url("/vod");
        let args = ["queue", "forward", "q", "--to", &to, "--drain"];
        sandbox.vodcb(args).exits(3).says(&[action]);
    }
}

/// It was handed over and comes again, which the receiver's owner has to know.
#[test]
fn an_end_by_a_refusal_accounts_for_what_was_done() {
    let sandbox = world(&["batch-delete:deny"]);
    sandbox.deliver("q", &event("v1"));
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let to = receiver.url("/vod");
    let forward = |queue| {
        let args = [
            "queue", "forward", queue, "--to", &to, "--drain", "-o", "ndjson",
        ];
        sandbox.vodcb(args)
    };
    let run = forward("q").exits(3);
    let told = lines(&run.stdout);
    let kinds: Vec<_> = told.iter().map(|line| &line["kind"]).collect();
    assert_eq!(kinds, ["ready", "forward", "summary"]);
    assert_eq!(
        (&told[2]["forwarded"], &told[2]["not_deleted"]),
        (&0.into(), &1.into())
    );
    let causes = run.error()["causes"].to_string();
    assert!(
        causes.contains(
            "1 message done with, but not deleted as far as is known: they may come once more"
        ),
        "{causes}"
    );
    // Where nothing was done there is nothing to tell.
    let run = forward("nobody").exits(4);
    assert_eq!(lines(&run.stdout).len(), 1);
}

#[cfg(unix)]
#[test]
fn a_signal_ends_it_when_what_is_under_way_is_finished() {
    for name in ["INT", "TERM"] {
        let sandbox = world(&[]);
        for number in 0..20 {
            sandbox.deliver("q", &event(&number.to_string()));
        }
        let receiver = Receiver::start(&[Reply::After(Duration::from_millis(300), 200)]);
        let to = receiver.url("/vod");
        let child = sandbox.begin(["queue", "forward", "q", "--to", &to, "--concurrency", "2"]);
        eventually(|| receiver.requests().len() >= 2);
        signal(&child, name);
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{said}");
        let handed = receiver.requests().len() as u64;
        let told = format!("{handed} handed over and deleted, 0 kept");
        assert!(said.contains(&told), "{said}");
        eventually(|| sandbox.backlog("q") == (20 - handed, 0));
    }
}

#[cfg(unix)]
#[test]
fn a_second_signal_ends_it_at_once() {
    let sandbox = world(&[]);
    sandbox.deliver("q", &event("v1"));
    let receiver = Receiver::start(&[Reply::After(Duration::from_secs(4), 200)]);
    let to = receiver.url("/vod");
    let child = sandbox
        .command(["queue", "forward", "q", "--to", &to, "-o", "ndjson"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    eventually(|| sandbox.backlog("q") == (0, 1));
    signal(&child, "INT");
    std::thread::sleep(ANEW);
    signal(&child, "INT");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("ended at once"), "{said}");
}

/// Keys of two seconds, messages for six: each receipt and deletion is signed by a good key.
#[test]
fn a_role_session_is_renewed_while_it_forwards() {
    let mut sandbox = Sandbox::with(&[], &["session-seconds=2"]);
    sandbox.queue("q", 30);
    sandbox.set("ALIBABA_CLOUD_ROLE_ARN", "");
    sandbox.unset("ALIBABA_CLOUD_ACCESS_KEY_ID");
    sandbox.unset("ALIBABA_CLOUD_ACCESS_KEY_SECRET");
    let profile = serde_json::json!({"current": "default", "profiles": [{
        "name": "default", "mode": "RamRoleArn",
        "access_key_id": crate::sandbox::ACCESS_KEY_ID,
        "access_key_secret": crate::sandbox::ACCESS_KEY_SECRET,
        "ram_role_arn": "acs:ram::1234567890123456:role/vod-admin",
        "ram_session_name": "ada", "region_id": "cn-shanghai",
    }]});
    sandbox.file(".aliyun/config.json", &profile.to_string());
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let to = receiver.url("/vod");
    let child = sandbox
        .command(["queue", "forward", "q", "--to", &to, "--exit-after", "24"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    for number in 0..24 {
        sandbox.deliver("q", &event(&number.to_string()));
        std::thread::sleep(Duration::from_millis(250));
    }
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let calls = sandbox.calls();
    let of = |action: &str| calls.iter().filter(|call| call.action == action).count();
    assert!(of("AssumeRole") >= 3, "{calls:?}");
    let is_bad = |outcome: &str| !matches!(outcome, "OK" | "MessageNotExist");
    assert!(!calls.iter().any(|call| is_bad(&call.outcome)), "{calls:?}");
    assert_eq!(receiver.requests().len(), 24);
    assert!(!said.contains("warning"), "{said}");
}

#[test]
fn what_could_not_be_deleted_makes_the_answer_no() {
    let sandbox = world(&["batch-delete:internal"]);
    sandbox.deliver("q", &STANDARD.encode(event("v1")));
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let to = receiver.url("/");
    let args = [
        "queue",
        "forward",
        "q",
        "--to",
        &to,
        "--exit-after",
        "1",
        "--retries",
        "0",
    ];
    sandbox.vodcb(args).exits(1).says(&[
        "cannot be deleted",
        "InternalError",
        "1 handed over but not deleted",
    ]);
}

/// What docs/exit-codes.md says of `applied`: a write took effect.
#[test]
fn an_error_after_messages_were_deleted_tells_of_them() {
    let sandbox = world(&["batch-receive:pass*1", "batch-receive:deny"]);
    sandbox.deliver("q", &event("v1"));
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let to = receiver.url("/");
    let args = ["queue", "forward", "q", "--to", &to, "-o", "ndjson"];
    let run = sandbox.vodcb(args).exits(3);
    assert_eq!(run.error()["applied"], "yes");
    run.says(&["messages deleted before: 1"]);
    assert_eq!(sandbox.backlog("q"), (0, 0));
}
