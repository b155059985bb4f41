//! What the service says, and what is configured.

use super::{check, found, pairs};
use crate::sandbox::{Run, Sandbox};

fn checked(sandbox: &Sandbox, more: &[&str]) -> Run {
    sandbox.vodcb([&["check", "-o", "json", "--retries", "0"], more].concat())
}

const SET: [&str; 5] = [
    "set",
    "--http-url",
    "http://127.0.0.1:9/vod",
    "--events",
    "ALL",
];

#[test]
fn a_target_without_a_callback_fails_there() {
    let run = checked(&Sandbox::new(), &[]).exits(1);
    assert_eq!(found(&run), pairs(&[("configured", "fail")]), "{run:?}");
    let remedy = check(&run, "configured")["remedy"].to_string();
    assert!(remedy.contains("vodcb set --http-url"), "{remedy}");
    assert!(remedy.contains("vodcb get --all shows"), "{remedy}");
    let run = checked(&Sandbox::new(), &["--region", "ap-southeast-1"]).exits(1);
    let configured = check(&run, "configured");
    assert_eq!(
        configured["cause"],
        "app-1000000 in ap-southeast-1 has no callback, so nothing is ever sent"
    );
    let remedy = configured["remedy"].to_string();
    assert!(remedy.contains("vodcb get --all shows"), "{remedy}");
    let get = ["get", "--region", "ap-southeast-1"];
    let run = Sandbox::new().vodcb(get).ok();
    run.says(&["vodcb get --all shows every region and application"]);
}

/// What was looked at is told, and which events are selected.
#[test]
fn region_application_and_events_are_told() {
    let sandbox = Sandbox::new();
    let events = "SnapshotComplete,FileUploadComplete";
    let set = ["set", "--http-url", "http://127.0.0.1:9/vod"];
    sandbox
        .vodcb([&set[..], &["--events", events]].concat())
        .ok();
    let run = checked(&sandbox, &["--only", "events,configured"]).ok();
    let document = run.json();
    assert_eq!(document["region"], "cn-shanghai");
    assert_eq!(document["app_id"], "app-1000000");
    assert_eq!(
        check(&run, "configured")["cause"],
        "app-1000000 in cn-shanghai: HTTP to http://127.0.0.1:9/vod"
    );
    let cause = check(&run, "events")["cause"].to_string();
    assert!(cause.contains("2 selected: "), "{cause}");
    assert!(
        events.split(',').all(|name| cause.contains(name)),
        "{cause}"
    );
    let url = ["check", "http://127.0.0.1:9/vod", "-o", "json"];
    let alone = sandbox.vodcb(url).exits(1).json();
    assert!(alone["region"].is_null() && alone["app_id"].is_null());
}

/// The code of a refusal tells who refused: RAM, or the policy of the application.
#[test]
fn a_refusal_by_the_application_is_told_from_one_by_ram() {
    for (fault, words) in [
        ("get:denied-app", "VODAppFullAccess"),
        ("get:deny", "allow vod:GetMessageCallback"),
    ] {
        let sandbox = Sandbox::with(&[fault], &[]);
        let run = checked(&sandbox, &["--app-id", "app-0000001"]).exits(1);
        let remedy = check(&run, "permission")["remedy"].to_string();
        assert!(remedy.contains(words), "{fault}: {remedy}");
    }
}

#[test]
fn no_credentials_are_an_answer_and_not_an_error() {
    let run = checked(&Sandbox::offline(), &[]).exits(1);
    assert_eq!(found(&run), pairs(&[("credentials", "fail")]), "{run:?}");
    let mut sandbox = Sandbox::new();
    sandbox.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "wrong");
    let run = checked(&sandbox, &[]).exits(1);
    assert_eq!(found(&run), pairs(&[("credentials", "fail")]), "{run:?}");
}

/// That a role cannot be taken on is an answer, too, with everything that STS said about it.
#[test]
fn a_role_that_cannot_be_taken_on_fails_with_its_reasons() {
    let mut sandbox = Sandbox::new();
    sandbox.unset("ALIBABA_CLOUD_ACCESS_KEY_ID");
    sandbox.unset("ALIBABA_CLOUD_ACCESS_KEY_SECRET");
    let arn = "acs:ram::1234567890123456:role/absent-x";
    let profile = serde_json::json!({"current": "shop", "profiles": [{
        "name": "shop", "mode": "RamRoleArn",
        "access_key_id": crate::sandbox::ACCESS_KEY_ID,
        "access_key_secret": crate::sandbox::ACCESS_KEY_SECRET,
        "ram_role_arn": arn, "ram_session_name": "ada", "region_id": "cn-shanghai",
    }]});
    sandbox.file(".aliyun/config.json", &profile.to_string());
    let run = checked(&sandbox, &[]).exits(1);
    assert_eq!(found(&run), pairs(&[("credentials", "fail")]), "{run:?}");
    let cause = check(&run, "credentials")["cause"].to_string();
    for told in ["EntityNotExist.Role", "request id ", arn, "profile shop"] {
        assert!(cause.contains(told), "no {told}: {cause}");
    }
}

#[test]
fn usage_errors_stay_errors() {
    let sandbox = Sandbox::new();
    checked(&sandbox, &["--region", "Shanghai!"]).exits(2);
    checked(&sandbox, &["--app-id", "a b"]).exits(2);
    assert!(sandbox.calls().is_empty());
}

#[test]
fn each_refusal_of_the_service_is_one_failure() {
    for (fault, name, words) in [
        ("get:deny", "permission", "vod:GetMessageCallback"),
        ("get:not-activated", "activated", "activate"),
        ("get:suspended", "activated", "bill"),
        ("get:unavailable", "service", "try again"),
        ("get:html", "service", "proxy"),
        ("get:reset-before", "service", "proxy"),
    ] {
        let sandbox = Sandbox::with(&[fault], &[]);
        let run = checked(&sandbox, &[]).exits(1);
        assert_eq!(found(&run), pairs(&[(name, "fail")]), "{fault}: {run:?}");
        let remedy = check(&run, name)["remedy"].to_string();
        assert!(remedy.contains(words), "{fault}: {remedy}");
    }
}

#[test]
fn the_clock_is_compared_with_the_services() {
    for (fault, result) in [
        ("skew=120", "warn"),
        ("skew=-120", "warn"),
        ("skew=7200", "fail"),
    ] {
        let sandbox = Sandbox::with(&[fault], &[]);
        sandbox.vodcb(SET).ok();
        let run = checked(&sandbox, &["--only", "clock,configured"]);
        assert_eq!(found(&run), pairs(&[("clock", result)]), "{fault}: {run:?}");
        assert_eq!(run.code, i32::from(result == "fail"));
    }
}

#[test]
fn a_selection_that_loses_events_is_named() {
    for (events, result, words) in [
        ("none", "fail", "nothing is ever sent"),
        ("StreamTranscodeComplete", "warn", "TranscodeComplete"),
        ("LiveRecordVideoComposeStart", "warn", "FileUploadComplete"),
        ("VideoFutureComplete", "warn", "VideoFutureComplete"),
        ("AIVideoCensorComplete", "warn", "AIMediaAuditComplete"),
    ] {
        let sandbox = Sandbox::new();
        let mut args = SET.to_vec();
        args[4] = events;
        sandbox
            .vodcb([&args, &["--allow-unknown-events"][..]].concat())
            .ok();
        let run = checked(&sandbox, &["--only", "events"]);
        assert_eq!(
            found(&run),
            pairs(&[("events", result)]),
            "{events}: {run:?}"
        );
        let cause = check(&run, "events")["cause"].to_string();
        assert!(cause.contains(words), "{events}: {cause}");
    }
    for events in [
        "ALL",
        "AIComplete",
        "StreamTranscodeComplete,TranscodeComplete",
    ] {
        let sandbox = Sandbox::new();
        let mut args = SET.to_vec();
        args[4] = events;
        sandbox.vodcb(args).ok();
        let run = checked(&sandbox, &["--only", "events"]).ok();
        assert_eq!(found(&run), [], "{events}: {run:?}");
    }
}

#[test]
fn secrets_are_in_no_document() {
    let mut sandbox = Sandbox::new();
    sandbox.set("VOD_KEY", super::KEY);
    sandbox
        .vodcb([&SET[..], &["--auth-key-env", "VOD_KEY"]].concat())
        .ok();
    let run = checked(&sandbox, &["--deliver", "--debug"]);
    let said = format!("{}{}", run.stdout, run.stderr);
    assert!(!said.contains(super::KEY), "{said}");
    assert!(!said.contains(crate::sandbox::ACCESS_KEY_SECRET), "{said}");
}
