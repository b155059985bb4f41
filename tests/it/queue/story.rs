//! From an empty account to events that arrive, with everything going wrong on the way.

use std::collections::BTreeSet;
use std::process::{Child, Stdio};
use std::time::Duration;

use super::forward::{event, eventually};
use crate::receiver::{Receiver, Reply};
use crate::sandbox::Sandbox;

const EVENTS: usize = 1000;

fn reply(count: usize) -> Reply {
    match count {
        400..430 => Reply::Close,
        _ if count % 5 == 4 => Reply::Status(500),
        _ => Reply::Status(200),
    }
}

fn forwarder(sandbox: &Sandbox, to: &str) -> Child {
    sandbox
        .command(["queue", "forward", "q", "--to", to, "--concurrency", "24"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Three processes share the queue, and one of them is killed. The receiver fails one request in five, and is
/// gone for a while.
#[test]
fn a_thousand_events_arrive_whatever_happens() {
    let sandbox = Sandbox::new();
    sandbox.queue("q", 3);
    sandbox
        .vodcb(["set", "--mns-queue", "q", "--region", "cn-shanghai"])
        .ok();
    let receiver = Receiver::judging(|_, count| reply(count));
    let to = receiver.url("/vod");
    let mut processes = [(); 3].map(|()| forwarder(&sandbox, &to));
    sandbox
        .vodcb([
            "emulator",
            "fire",
            "FileUploadComplete",
            "--set",
            "VideoId=fired",
        ])
        .ok();
    for number in 1..EVENTS {
        sandbox.deliver("q", &event(&format!("v{number}")));
        if number == EVENTS / 2 {
            processes[0].kill().unwrap();
            processes[0].wait().unwrap();
            processes[0] = forwarder(&sandbox, &to);
        }
    }
    eventually(|| {
        std::thread::sleep(Duration::from_millis(200));
        sandbox.backlog("q") == (0, 0)
    });
    for process in &mut processes {
        process.kill().unwrap();
        process.wait().unwrap();
    }
    let requests = receiver.requests();
    let arrived: BTreeSet<String> = requests
        .iter()
        .enumerate()
        .filter(|(count, _)| matches!(reply(*count), Reply::Status(200)))
        .map(|(_, request)| request.json()["VideoId"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        arrived.len(),
        EVENTS,
        "every event was answered 200 once at least"
    );
}
