//! Events that come from a queue, so that no public address is needed.

use std::time::Duration;

use crate::receiver::{Receiver, Reply};
use crate::sandbox::Sandbox;

const FILE: &str = r#"{"EventType":"FileUploadComplete","VideoId":"a","Status":"success"}"#;
const TRANSCODE: &str = r#"{"EventType":"TranscodeComplete","VideoId":"b","Status":"success"}"#;

#[test]
fn messages_are_handed_on_saved_and_deleted_after_a_200() {
    let sandbox = Sandbox::new();
    sandbox.queue("vod-events", 30);
    sandbox.deliver("vod-events", FILE);
    sandbox.deliver("vod-events", TRANSCODE);
    let app = Receiver::start(&[Reply::Status(200)]);
    let to = app.url("/vod");
    let run = sandbox
        .vodcb([
            "listen",
            "--queue",
            "vod-events",
            "--forward-to",
            &to,
            "--save",
            "events.ndjson",
            "--expect",
            "EventType == 'TranscodeComplete'",
            "--timeout",
            "60",
            "-o",
            "ndjson",
        ])
        .ok();
    assert!(run.stdout.contains(r#""kind":"summary""#), "{run:#?}");
    let bodies: Vec<String> = app
        .requests()
        .iter()
        .map(|request| String::from_utf8_lossy(&request.body).into_owned())
        .collect();
    assert_eq!(bodies, [FILE, TRANSCODE]);
    let saved = std::fs::read_to_string(sandbox.home().join("events.ndjson")).unwrap();
    assert_eq!(saved.lines().count(), 2, "{saved}");
    assert_eq!(sandbox.backlog("vod-events"), (0, 0));
}

#[test]
fn what_the_application_refuses_or_nobody_asked_for_stays_in_the_queue() {
    let sandbox = Sandbox::new();
    sandbox.queue("vod-events", 30);
    sandbox.deliver("vod-events", FILE);
    sandbox.deliver("vod-events", TRANSCODE);
    let app = Receiver::start(&[Reply::Status(204)]);
    let to = app.url("/vod");
    // Three attempts, as VOD makes them, are one message.
    let args = [
        "--exit-after",
        "1",
        "--timeout",
        "60",
        "--events",
        "TranscodeComplete",
    ];
    let run = sandbox
        .vodcb(
            ["listen", "--queue", "vod-events", "--forward-to", &to]
                .into_iter()
                .chain(args),
        )
        .exits(1)
        .says(&[
            "204 after 3 attempts: kept, tried again in 10 s",
            "only status 200 counts",
        ]);
    assert!(
        run.stdout.ends_with("0 deliveries, 1 kept in the queue\n"),
        "{run:?}"
    );
    assert_eq!(app.requests().len(), 3);
    assert!(
        app.requests()
            .iter()
            .all(|request| request.body == TRANSCODE.as_bytes())
    );
    let (active, inactive) = sandbox.backlog("vod-events");
    assert_eq!(active + inactive, 2);
}

/// Vendor samples carry blanks behind names. What the feed hands over, the listener may not pass over,
/// since its 200 has the message deleted.
#[test]
fn an_event_is_chosen_by_the_name_that_is_shown() {
    let sandbox = Sandbox::new();
    sandbox.queue("vod-events", 30);
    let other = FILE.replace("\"EventType\"", "\"EventType \"");
    sandbox.deliver("vod-events", &other);
    sandbox.deliver("vod-events", TRANSCODE);
    let app = Receiver::start(&[Reply::Status(200)]);
    let to = app.url("/vod");
    let queue = ["listen", "--queue", "vod-events", "--forward-to", &to];
    let end = ["--exit-after", "1", "--timeout", "60"];
    let only = ["--events", "TranscodeComplete"];
    sandbox.vodcb([&queue[..], &end, &only].concat()).ok();
    let (active, inactive) = sandbox.backlog("vod-events");
    assert_eq!(
        active + inactive,
        1,
        "what was not asked for is still there"
    );
    assert_eq!(app.requests().len(), 1);
}

#[test]
fn what_holds_no_event_is_handed_to_nobody_and_stays() {
    let sandbox = Sandbox::new();
    sandbox.queue("vod-events", 30);
    sandbox.deliver("vod-events", "no event at all");
    sandbox.deliver("vod-events", FILE);
    let app = Receiver::start(&[Reply::Status(200)]);
    let to = app.url("/vod");
    let queue = ["listen", "--queue", "vod-events", "--forward-to", &to];
    let end = ["--exit-after", "2", "--timeout", "60"];
    let run = sandbox.vodcb([&queue[..], &end].concat());
    assert!(
        run.stdout.ends_with("1 delivery, 1 kept in the queue\n"),
        "{run:?}"
    );
    run.exits(1)
        .says(&["warning: message ", "kept, looked at again in 10 s"]);
    assert_eq!(app.requests().len(), 1);
    let (active, inactive) = sandbox.backlog("vod-events");
    assert_eq!(active + inactive, 1);
}

#[test]
fn messages_of_a_queue_cannot_be_verified() {
    let mut sandbox = Sandbox::offline();
    sandbox.set("KEY", crate::sandbox::AUTH_KEY);
    let queue = [
        "listen",
        "--queue",
        "q",
        "--forward-to",
        "http://127.0.0.1:9/",
    ];
    for flags in [
        &["--auth-key-env", "KEY"][..],
        &["--previous-key-env", "KEY"],
        &["--require-signature"],
        &["--url", "https://example.com/vod"],
        &["--configured"],
    ] {
        sandbox
            .vodcb([&queue[..], flags].concat())
            .exits(2)
            .says(&["carry no signature", "vodcb queue forward"]);
    }
}

#[test]
fn a_queue_needs_an_application_and_must_be_there() {
    let sandbox = Sandbox::new();
    sandbox
        .vodcb(["listen", "--queue", "vod-events"])
        .exits(2)
        .says(&["--forward-to"]);
    sandbox
        .vodcb([
            "listen",
            "--queue",
            "no-such",
            "--forward-to",
            "http://127.0.0.1:9/",
        ])
        .exits(4)
        .says(&["no-such"]);
}

/// Keys that end while the command goes on are replaced before they do.
#[test]
fn a_session_of_two_seconds_is_renewed_without_a_gap() {
    let mut sandbox = Sandbox::with(&[], &["session-seconds=2"]);
    sandbox.queue("vod-events", 30);
    let config = serde_json::json!({"current": "role", "profiles": [{
        "name": "role", "mode": "RamRoleArn",
        "access_key_id": crate::sandbox::ACCESS_KEY_ID,
        "access_key_secret": crate::sandbox::ACCESS_KEY_SECRET,
        "ram_role_arn": format!("acs:ram::{}:role/vod-admin", crate::sandbox::ACCOUNT_ID),
        "ram_session_name": "test",
    }]});
    sandbox.file(".aliyun/config.json", &config.to_string());
    sandbox.unset("ALIBABA_CLOUD_ACCESS_KEY_ID");
    sandbox.unset("ALIBABA_CLOUD_ACCESS_KEY_SECRET");
    let app = Receiver::start(&[Reply::Status(200)]);
    let to = app.url("/vod");
    let child = std::thread::scope(|scope| {
        let run = scope.spawn(|| {
            sandbox.vodcb([
                "listen",
                "--queue",
                "vod-events",
                "--forward-to",
                &to,
                "--exit-after",
                "4",
                "--timeout",
                "120",
            ])
        });
        for number in 0..4 {
            std::thread::sleep(Duration::from_millis(1700));
            sandbox.deliver(
                "vod-events",
                &FILE.replace("\"a\"", &format!("\"{number}\"")),
            );
        }
        run.join().unwrap()
    });
    child.ok();
    assert_eq!(app.requests().len(), 4);
    let actions = sandbox.actions();
    let renewals = actions
        .iter()
        .filter(|action| *action == "AssumeRole")
        .count();
    assert!(renewals >= 3, "{actions:?}");
    let calls = sandbox.calls();
    let refused: Vec<_> = calls
        .iter()
        .filter(|call| call.outcome.contains("Token"))
        .collect();
    assert!(refused.is_empty(), "{refused:?}");
}

/// However often it was received: others wait for it.
#[test]
fn what_nobody_asked_for_is_back_soon() {
    const MESSAGE: &str = "<Messages><Message><MessageId>1</MessageId><ReceiptHandle>h</ReceiptHandle><MessageBody>{&quot;EventType&quot;:&quot;FileUploadComplete&quot;}</MessageBody><NextVisibleTime>30001</NextVisibleTime><FirstDequeueTime>1</FirstDequeueTime><DequeueCount>9</DequeueCount></Message></Messages>";
    const NOTHING: &str = "<Error><Code>MessageNotExist</Code><Message>Message not exist.</Message><RequestId>R</RequestId><HostId>h</HostId></Error>";
    const CHANGED: &str = "<ChangeVisibility><ReceiptHandle>h</ReceiptHandle><NextVisibleTime>1</NextVisibleTime></ChangeVisibility>";
    let service = Receiver::judging(|request, count| match request.method.as_str() {
        "GET" if count == 0 => Reply::With(200, "", MESSAGE),
        "GET" => Reply::With(404, "", NOTHING),
        _ => Reply::With(200, "", CHANGED),
    });
    let mut sandbox = Sandbox::new();
    sandbox.set("VODCB_MNS_ENDPOINT", &service.url(""));
    let to = ["--forward-to", "http://127.0.0.1:9/"];
    let wanted = ["--events", "TranscodeComplete", "--timeout", "1"];
    sandbox
        .vodcb([&["listen", "--queue", "q"][..], &to, &wanted].concat())
        .ok();
    let requests = service.requests();
    let put_back = requests.iter().find(|request| request.method == "PUT");
    let target = &put_back.unwrap().target;
    assert!(target.contains("VisibilityTimeout=10"), "{target}");
}

/// The same event twice, and a second attempt for one of them.
#[test]
fn an_attempt_more_is_no_delivery_more() {
    let sandbox = Sandbox::new();
    sandbox.queue("q", 30);
    for body in [FILE, TRANSCODE, FILE] {
        sandbox.deliver("q", body);
    }
    let app = Receiver::judging(|_, count| Reply::Status(if count == 1 { 500 } else { 200 }));
    let to = app.url("/vod");
    let args = ["listen", "--queue", "q", "--forward-to", &to];
    let end = ["--exit-after", "3", "--timeout", "60"];
    let run = sandbox.vodcb([&args[..], &end].concat()).ok();
    assert!(run.stdout.ends_with("3 deliveries, 1 again\n"), "{run:?}");
    assert_eq!(app.requests().len(), 4);
    assert_eq!(sandbox.backlog("q"), (0, 0));
}

/// What was handed over is told, whatever ends it then.
#[test]
fn an_error_of_the_queue_is_told_behind_what_was_done() {
    let sandbox = Sandbox::with(
        &[
            "delete-message:pass*1",
            "batch-delete:pass*1",
            "batch-receive:pass*1",
            "batch-receive:deny",
        ],
        &[],
    );
    sandbox.queue("vod-events", 30);
    sandbox.deliver("vod-events", FILE);
    let app = Receiver::start(&[Reply::Status(200)]);
    let to = app.url("/vod");
    let args = [
        "listen",
        "--queue",
        "vod-events",
        "--forward-to",
        &to,
        "-o",
        "ndjson",
    ];
    let run = sandbox.vodcb(args).exits(3);
    let summary = run.stdout.lines().last().unwrap();
    let summary: serde_json::Value = serde_json::from_str(summary).unwrap();
    assert_eq!(summary["kind"], "summary");
    assert_eq!(summary["deliveries"], 1);
    assert_eq!(app.requests().len(), 1);
    assert_eq!(sandbox.backlog("vod-events"), (0, 0));
}
