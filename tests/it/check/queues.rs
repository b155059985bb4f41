//! The queue behind a callback.

use vodcb::credential::Credential;
use vodcb::credential::session::Session;
use vodcb::mns::Mns;
use vodcb::mns::queue::Attributes;
use vodcb::probe::Verdict;
use vodcb::probe::queue::backlog;
use vodcb::secret::Secret;
use vodcb::target::Endpoint;

use super::{check, found, pairs};
use crate::sandbox::{ACCESS_KEY_ID, ACCESS_KEY_SECRET, Run, Sandbox};

fn world(faults: &[&str]) -> Sandbox {
    world_of(faults, &[])
}

fn world_of(faults: &[&str], quirks: &[&str]) -> Sandbox {
    let mut sandbox = Sandbox::with(faults, quirks);
    let url = sandbox.url().to_owned();
    sandbox.set("VODCB_MNS_ENDPOINT", &url);
    sandbox
}

/// Makes the queue without the command under test, which leaves some attributes as they are.
fn create(sandbox: &Sandbox, attributes: Attributes) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let ctx = crate::laws::context(sandbox.home());
        let session = Session::fixed(Credential {
            access_key_id: ACCESS_KEY_ID.into(),
            access_key_secret: Secret::new(ACCESS_KEY_SECRET),
            security_token: None,
        });
        let mns = Mns::new(Endpoint::parse(sandbox.url(), false).unwrap(), session, 0);
        mns.create_queue(&ctx, "q", &attributes).await.unwrap();
    });
}

fn checked(sandbox: &Sandbox) -> Run {
    sandbox.vodcb(["check", "-o", "json", "--retries", "0"])
}

#[test]
fn a_queue_in_order_passes_everything() {
    let sandbox = world(&[]);
    create(&sandbox, Attributes::default());
    sandbox.vodcb(["set", "--mns-queue", "q"]).ok();
    let run = checked(&sandbox).ok();
    assert_eq!(found(&run), [], "{run:?}");
    for name in [
        "public-endpoint",
        "region",
        "queue-permission",
        "queue-exists",
        "retention",
        "size",
        "backlog",
        "role",
    ] {
        assert_eq!(check(&run, name)["result"], "pass", "{run:?}");
    }
}

/// A message that was sent just now is not old since our clock is 14 minutes ahead.
#[test]
fn the_age_of_a_message_is_told_by_the_services_clock() {
    let sandbox = world(&["peek:skew=-840"]);
    create(&sandbox, Attributes::default());
    sandbox.vodcb(["set", "--mns-queue", "q"]).ok();
    sandbox.deliver("q", "{}");
    let run = checked(&sandbox).ok();
    assert_eq!(check(&run, "backlog")["result"], "pass", "{run:?}");
}

#[test]
fn each_attribute_that_loses_events_is_one_warning() {
    for (attributes, name, words) in [
        (
            Attributes {
                message_retention_period: Some(60),
                ..Attributes::default()
            },
            "retention",
            "60 s",
        ),
        (
            Attributes {
                maximum_message_size: Some(1024),
                ..Attributes::default()
            },
            "size",
            "1024 bytes",
        ),
    ] {
        let sandbox = world(&[]);
        create(&sandbox, attributes);
        sandbox.vodcb(["set", "--mns-queue", "q"]).ok();
        let run = checked(&sandbox).ok();
        assert_eq!(found(&run), pairs(&[(name, "warn")]), "{run:?}");
        let cause = check(&run, name)["cause"].to_string();
        assert!(cause.contains(words), "{cause}");
        sandbox.vodcb(["check", "--strict"]).exits(1);
    }
}

#[test]
fn a_queue_that_is_gone_is_one_failure() {
    let sandbox = world(&[]);
    sandbox
        .vodcb(["set", "--mns-queue", "q", "--no-queue-check"])
        .ok();
    let run = checked(&sandbox).exits(1);
    assert_eq!(found(&run), pairs(&[("queue-exists", "fail")]), "{run:?}");
    let remedy = check(&run, "queue-exists")["remedy"].to_string();
    let place = "--mns-region cn-shanghai --account-id 1234567890123456";
    for command in ["queue create q", "queue list"] {
        assert!(
            remedy.contains(&format!("vodcb {command} {place}")),
            "{remedy}"
        );
    }
}

#[test]
fn what_we_may_not_see_loses_no_event() {
    let sandbox = world(&["get-queue:pass*1", "get-queue:deny"]);
    create(&sandbox, Attributes::default());
    sandbox.vodcb(["set", "--mns-queue", "q"]);
    let run = checked(&sandbox);
    let run = if found(&run).is_empty() {
        checked(&sandbox)
    } else {
        run
    }
    .ok();
    assert_eq!(
        found(&run),
        pairs(&[("queue-permission", "warn")]),
        "{run:?}"
    );
    let remedy = check(&run, "queue-permission")["remedy"].to_string();
    assert!(remedy.contains("mns:GetQueueAttributes"), "{remedy}");
}

/// Attributes and oldest message are asked for at once, and both are refused.
#[test]
fn a_wrong_clock_is_warned_of_once() {
    let sandbox = world(&["get-queue:skew=7200", "peek:skew=7200"]);
    create(&sandbox, Attributes::default());
    let args = ["set", "--mns-queue", "q", "--no-queue-check"];
    sandbox.vodcb(args).ok();
    let run = checked(&sandbox).ok();
    let told = run.stderr.matches("clock is off by").count();
    assert_eq!(told, 1, "{run:?}");
}

/// What was to be found out is not known then, so it is no yes; what was found tells that from a missing queue.
#[test]
fn a_queue_that_cannot_be_asked_is_one_failure_in_the_words_of_the_trouble() {
    for (fault, words) in [
        ("get-queue:unavailable", "try again in a while"),
        ("get-queue:throttle", "raise --retries"),
    ] {
        let sandbox = world(&[fault]);
        create(&sandbox, Attributes::default());
        let args = ["set", "--mns-queue", "q", "--no-queue-check"];
        sandbox.vodcb(args).ok();
        let run = checked(&sandbox).exits(1);
        assert_eq!(found(&run), pairs(&[("queue-exists", "fail")]), "{run:?}");
        let remedy = check(&run, "queue-exists")["remedy"].to_string();
        assert!(remedy.contains(words), "{remedy}");
        assert_eq!(check(&run, "backlog")["result"], "skip", "{run:?}");
    }
}

/// The service takes any text for an endpoint, and finding out which is wrong is the check's job.
#[test]
fn an_endpoint_that_is_none_is_one_failure_in_its_own_words() {
    for (endpoint, words) in [
        (
            "http://1234567890123456.mns.cn_shanghai.aliyuncs.com/",
            "cn_shanghai",
        ),
        (
            "http://1234567890123456.mns.cn-shanghai.aliyuncs.com:8080/",
            "it names a port",
        ),
        (
            "http://1234567890123456.mns.cn-shanghai.aliyuncs.com/x",
            "something behind the host",
        ),
        ("http://somebody.mns.cn-shanghai.aliyuncs.com/", "somebody"),
        ("http://queues.example.com/", "ACCOUNT.mns.REGION"),
    ] {
        let (check, host) = vodcb::probe::config::endpoint(endpoint, &|rest| rest.to_owned());
        assert_eq!((check.result, host), (Verdict::Fail, None), "{endpoint}");
        assert!(check.cause.contains(words), "{check:?}");
        assert!(check.remedy.unwrap().contains("--mns-region"));
    }
    let right = "http://1234567890123456.mns.cn-shanghai.aliyuncs.com/";
    assert_eq!(
        vodcb::probe::config::endpoint(right, &|rest| rest.to_owned())
            .0
            .result,
        Verdict::Pass
    );
}

#[test]
fn places_that_vod_cannot_write_to_or_that_are_far_are_named() {
    let sandbox = world(&[]);
    create(&sandbox, Attributes::default());
    let endpoint = "http://1234567890123456.mns.cn-shanghai-internal.aliyuncs.com/";
    let args = [
        "set",
        "--mns-queue",
        "q",
        "--mns-endpoint",
        endpoint,
        "--allow-internal-endpoint",
    ];
    sandbox.vodcb(args).ok();
    let run = checked(&sandbox).exits(1);
    assert_eq!(
        found(&run),
        pairs(&[("public-endpoint", "fail")]),
        "{run:?}"
    );
    let remedy = check(&run, "public-endpoint")["remedy"].to_string();
    assert!(
        remedy.contains("http://1234567890123456.mns.cn-shanghai.aliyuncs.com/"),
        "{remedy}"
    );
    sandbox
        .vodcb(["set", "--mns-queue", "q", "--mns-region", "cn-beijing"])
        .ok();
    let run = checked(&sandbox).ok();
    assert_eq!(found(&run), pairs(&[("region", "warn")]), "{run:?}");
    assert!(
        check(&run, "region")["cause"]
            .to_string()
            .contains("advises cn-shanghai")
    );
}

#[test]
fn messages_that_nobody_reads_are_a_warning() {
    let sandbox = world(&[]);
    create(&sandbox, Attributes::default());
    sandbox.vodcb(["set", "--mns-queue", "q"]).ok();
    sandbox.deliver("q", r#"{"EventType":"SnapshotComplete"}"#);
    let run = checked(&sandbox).ok();
    let cause = check(&run, "backlog")["cause"].to_string();
    assert!(cause.contains("the next message waits since"), "{cause}");
    // Ten minutes are a reader's pause, more is none any more.
    let attributes = Attributes {
        message_retention_period: Some(3600),
        ..Attributes::default()
    };
    assert_eq!(backlog(600, &attributes).result, Verdict::Pass);
    let old = backlog(601, &attributes);
    assert_eq!(old.result, Verdict::Warn);
    assert!(
        old.cause.contains("of 3600 s after which it is gone"),
        "{old:?}"
    );
}

#[test]
fn set_refuses_a_queue_that_is_not_there() {
    let sandbox = world(&[]);
    sandbox
        .vodcb(["set", "--http-url", "https://example.com/vod"])
        .ok();
    let run = sandbox.vodcb(["set", "--mns-queue", "q", "--check", "-o", "json"]);
    assert_ne!(run.code, 0, "{run:?}");
    let now = sandbox.vodcb(["get", "-o", "json"]).ok().json();
    assert_eq!(now["method"], "HTTP");
}

#[test]
fn the_role_that_vod_writes_with_is_looked_at() {
    for (standing, words) in [("absent", "has no role"), ("untrusting", "does not trust")] {
        let sandbox = world_of(&[], &[&format!("vod-role={standing}")]);
        create(&sandbox, Attributes::default());
        sandbox.vodcb(["set", "--mns-queue", "q"]).ok();
        let run = checked(&sandbox).exits(1);
        assert_eq!(found(&run), pairs(&[("role", "fail")]), "{run:?}");
        let cause = check(&run, "role")["cause"].to_string();
        assert!(cause.contains(words), "{cause}");
    }
    let sandbox = world(&["get-role:deny"]);
    create(&sandbox, Attributes::default());
    sandbox.vodcb(["set", "--mns-queue", "q"]).ok();
    let run = checked(&sandbox).ok();
    assert_eq!(found(&run), [], "{run:?}");
    let cause = check(&run, "role")["cause"].to_string();
    assert!(cause.contains("ram:GetRole"), "{cause}");
}

/// What is to be created cannot be there; the rest is checked all the same.
#[test]
fn a_queue_that_set_creates_does_not_fail_its_check() {
    let create = ["set", "--mns-queue", "new", "--create-queue", "--check"];
    let names = |sandbox: &Sandbox| {
        let list = sandbox.vodcb(["queue", "list", "-o", "json"]).ok();
        list.json()["queues"].clone()
    };
    let sandbox = Sandbox::new();
    let dry = create.into_iter().chain(["--dry-run"]);
    sandbox
        .vodcb(dry)
        .ok()
        .says(&["the queue new would be created"]);
    assert_eq!(names(&sandbox), serde_json::json!([]));
    sandbox.vodcb(create).ok().says(&[
        "the queue new is created with the change",
        "created the queue new",
        "written and read back",
    ]);
    assert_eq!(names(&sandbox), serde_json::json!(["new"]));
    let now = sandbox.vodcb(["get", "-o", "json"]).ok().json();
    assert_eq!(now["mns_queue"], "new");
    let run = sandbox.vodcb(create).ok();
    assert!(!run.stderr.contains("created"), "{run:?}");

    let unconsented = Sandbox::with(&[], &["vod-role=absent"]);
    let args = create.into_iter().chain(["-o", "json"]);
    let run = unconsented.vodcb(args).exits(1);
    assert_eq!(check(&run, "role")["result"], "fail");
    assert_eq!(check(&run, "queue-exists")["result"], "skip");
    assert_eq!(names(&unconsented), serde_json::json!([]));
    let missing = ["set", "--mns-queue", "new", "--check"];
    unconsented.vodcb(missing).exits(1);
}
