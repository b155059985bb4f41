//! Many targets: applications, scopes, order, pace, and what is said of those that cannot be read.

mod pace;

use serde_json::json;
use vodcb::error::Trouble;
use vodcb::http::Failure;
use vodcb::target::region::{Standing, centres};

use crate::sandbox::{Run, Sandbox};

const TWENTY: &str = "cn-shanghai,cn-beijing,cn-shenzhen,cn-hongkong,ap-southeast-1,ap-southeast-5,\
    ap-northeast-1,eu-central-1,us-west-1,me-central-1,na-north-1,na-north-2,na-north-3,na-north-4,\
    na-north-5,na-north-6,na-north-7,na-north-8,na-north-9,na-north-10";

/// Region and application of everything in the document.
fn targets(run: &Run) -> Vec<(String, String)> {
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let document = run.json();
    let callbacks = document["callbacks"].as_array().unwrap();
    let target = |one: &serde_json::Value| (text(&one["region"]), text(&one["app_id"]));
    callbacks.iter().map(target).collect()
}

#[test]
fn a_region_that_no_table_has_is_warned_of_among_others_too() {
    let sandbox = Sandbox::new();
    let warning = "cn-nowhere is not a VOD centre this version knows";
    for args in [
        ["--region", "cn-nowhere"],
        ["--regions", "cn-shanghai,cn-nowhere"],
    ] {
        let run = sandbox.vodcb([&["get"], &args[..]].concat());
        assert_eq!(run.stderr.matches(warning).count(), 1, "{run:?}");
    }
}

#[test]
fn apps_are_listed_with_the_default_one_first_and_marked() {
    let sandbox = Sandbox::with(&[], &["apps=2"]);
    let run = sandbox.vodcb(["apps"]).ok();
    assert_eq!(
        run.stdout,
        "\
APPLICATION  NAME                 STATUS  TYPE    NOTE
app-1000000  default              Normal  System  default
app-0000001  application 0000001  Normal  Custom
app-0000002  application 0000002  Normal  Custom
"
    );
    let document = sandbox.vodcb(["apps", "-o", "json"]).ok().json();
    assert_eq!(document["schema_version"], 1);
    assert_eq!(document["region"], "cn-shanghai");
    assert_eq!(
        document["apps"][1],
        json!({
            "app_id": "app-0000001",
            "name": "application 0000001",
            "description": "",
            "status": "Normal",
            "type": "Custom",
            "creation_time": "2024-01-01T00:00:00Z",
            "modification_time": "2024-01-01T00:00:00Z",
            "default": false,
        })
    );
}

#[test]
fn apps_fill_several_pages_and_none() {
    let sandbox = Sandbox::with(&[], &["apps=249"]);
    let document = sandbox.vodcb(["apps", "-o", "json"]).ok().json();
    let apps = document["apps"].as_array().unwrap();
    assert_eq!(apps.len(), 250);
    assert_eq!(apps[0]["app_id"], "app-1000000");
    assert_eq!(apps[249]["app_id"], "app-0000249");
    let pages: Vec<String> = sandbox
        .calls()
        .into_iter()
        .map(|call| call.parameters["PageNo"].clone())
        .collect();
    assert_eq!(pages, ["1", "2", "3"]);

    let none = sandbox.vodcb(["apps", "--status", "disabled"]).ok();
    assert_eq!(
        none.stdout,
        "No application is listed for this identity in cn-shanghai.\n"
    );
}

#[test]
fn an_application_that_is_chosen_and_not_listed_is_told() {
    let mut sandbox = Sandbox::new();
    sandbox.set("VODCB_APP_ID", "app-7654321");
    sandbox
        .vodcb(["apps"])
        .ok()
        .says(&["warning: app-7654321, which comes from VODCB_APP_ID, is not among them"]);
}

#[test]
fn a_list_that_is_refused_names_the_permission_and_the_way_without() {
    let sandbox = Sandbox::with(&["list-apps:deny"], &[]);
    sandbox.vodcb(["apps"]).exits(3).says(&[
        "ListAppInfo was refused",
        "vod:ListAppInfo",
        "--app-id ID",
    ]);
    sandbox
        .vodcb(["get", "--all-apps"])
        .exits(3)
        .says(&["vod:ListAppInfo", "--app-id"]);
}

#[test]
fn every_region_that_is_open_is_asked_in_the_order_of_the_table() {
    let sandbox = Sandbox::new();
    let run = sandbox
        .vodcb(["get", "--all-regions", "-o", "json", "-v"])
        .ok();
    let open: Vec<(String, String)> = centres()
        .iter()
        .filter(|centre| centre.standing == Standing::Open)
        .map(|centre| (centre.id.to_owned(), "app-1000000".to_owned()))
        .collect();
    assert_eq!(targets(&run), open);
    let run = run.says(&["ap-south-1 is left out: it was closed"]);
    run.says(&["cn-north-2-gov-1 is left out: it is an industry cloud"]);
}

#[test]
fn a_table_has_a_line_for_each_target() {
    let sandbox = Sandbox::with(&[], &["apps=1"]);
    sandbox.queue("vod-events", 30);
    sandbox
        .vodcb([
            "set",
            "--http-url",
            "https://example.com/vod",
            "--events",
            "FileUploadComplete,TranscodeComplete",
        ])
        .ok();
    sandbox
        .vodcb([
            "set",
            "--app-id",
            "app-0000001",
            "--region",
            "ap-southeast-1",
            "--mns-queue",
            "vod-events",
            "--account-id",
            "1234567890123456",
            "--events",
            "none",
        ])
        .ok();
    let run = sandbox
        .vodcb([
            "get",
            "--all-apps",
            "--regions",
            "ap-southeast-1,cn-shanghai",
        ])
        .ok();
    let lines: Vec<String> = run
        .stdout
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        lines[0],
        "REGION APPLICATION METHOD DESTINATION AUTH EVENTS FINGERPRINT"
    );
    assert!(
        lines[1].starts_with("cn-shanghai app-1000000 HTTP https://example.com/vod off 2 of 20 "),
        "{lines:?}"
    );
    assert_eq!(lines[2], "cn-shanghai app-0000001 not configured");
    assert_eq!(lines[3], "ap-southeast-1 app-1000000 not configured");
    let queue = "ap-southeast-1 app-0000001 MNS vod-events at \
        http://1234567890123456.mns.ap-southeast-1.aliyuncs.com/ none ";
    assert!(lines[4].starts_with(queue), "{lines:?}");
    assert_eq!(lines.len(), 5);
    // Nobody watches, so no progress is shown.
    assert_eq!(run.stderr, "");
}

#[test]
fn a_document_has_the_same_object_as_for_one_target() {
    let sandbox = Sandbox::new();
    sandbox
        .vodcb_with_input(
            b"Abcdefgh1",
            [
                "set",
                "--http-url",
                "https://example.com/vod",
                "--auth-key-stdin",
            ],
        )
        .ok();
    let one = sandbox.vodcb(["get", "-o", "json"]).ok().json();
    let mut many = sandbox
        .vodcb(["get", "--all-apps", "-o", "json"])
        .ok()
        .json();
    let members: Vec<&String> = many.as_object().unwrap().keys().collect();
    assert_eq!(
        members,
        ["schema_version", "callbacks", "unavailable", "failed"]
    );
    // Each call has an id of its own.
    many["callbacks"][0]["request_id"] = one["request_id"].clone();
    assert_eq!(many["callbacks"], json!([one]));
    assert_eq!(many["callbacks"][0]["auth_key"], "Ab••••");
    assert_eq!(many["failed"], json!([]));

    let shown = ["get", "--all-apps", "--show-auth-key"];
    assert!(sandbox.vodcb(shown).ok().stdout.contains("key Abcdefgh1"));
    let masked = sandbox.vodcb(["get", "--all-apps"]).ok();
    assert!(!masked.stdout.contains("Abcdefgh1"), "{masked:?}");
}

#[test]
fn require_configured_asks_every_target() {
    let sandbox = Sandbox::with(&[], &["apps=1"]);
    let all = ["get", "--all-apps", "--require-configured"];
    for app_id in ["app-1000000", "app-0000001"] {
        sandbox.vodcb(all).exits(1);
        sandbox
            .vodcb([
                "set",
                "--app-id",
                app_id,
                "--http-url",
                "https://example.com/vod",
            ])
            .ok();
    }
    sandbox.vodcb(all).ok();
}

#[test]
fn a_target_that_fails_leaves_the_others_and_ends_with_8() {
    let sandbox = Sandbox::with(&["get@app-0000002:internal"], &["apps=3"]);
    let run = sandbox
        .vodcb(["get", "--all-apps", "--retries", "1", "-o", "json"])
        .exits(8);
    let read: Vec<String> = targets(&run)
        .into_iter()
        .map(|(_, app_id)| app_id)
        .collect();
    assert_eq!(read, ["app-1000000", "app-0000001", "app-0000003"]);
    let failed = &run.json()["failed"];
    assert_eq!(failed[0]["region"], "cn-shanghai");
    assert_eq!(failed[0]["app_id"], "app-0000002");
    assert_eq!(failed[0]["code"], "InternalError");
    assert_eq!(failed[0]["exit_code"], 5);
    assert_eq!(failed[0]["retryable"], true);
    assert_eq!(failed[1], json!(null));
    let error = run.error();
    assert_eq!(error["exit_code"], 8);
    assert_eq!(error["message"], "1 of 4 targets could not be read");
    assert_eq!(error["retryable"], true);

    sandbox
        .vodcb(["get", "--all-apps", "--retries", "0"])
        .exits(8)
        .says(&[
            "error: 1 of 4 targets could not be read",
            "app-0000002 in cn-shanghai: GetMessageCallback failed",
        ]);
}

#[test]
fn when_every_target_fails_the_error_keeps_its_own_exit_code() {
    let sandbox = Sandbox::with(&["get:internal"], &["apps=3"]);
    sandbox
        .vodcb(["get", "--all-apps", "--retries", "0"])
        .exits(5)
        .says(&["nothing could be read; app-1000000 in cn-shanghai: GetMessageCallback failed"]);
    let sandbox = Sandbox::with(&["deny"], &[]);
    sandbox
        .vodcb(["get", "--all-regions"])
        .exits(3)
        .says(&["vod:GetMessageCallback"]);
}

#[test]
fn a_region_without_the_service_is_told_and_no_failure() {
    let sandbox = Sandbox::with(
        &["@cn-beijing:not-activated", "list-apps@us-west-1:deny"],
        &["apps=1"],
    );
    for scope in ["--all-regions", "--all"] {
        let run = sandbox.vodcb(["get", scope, "-o", "json"]).ok();
        let document = run.json();
        let unavailable = &document["unavailable"];
        assert_eq!(unavailable[0]["region"], "cn-beijing");
        assert_eq!(unavailable[0]["app_id"], json!(null));
        assert_eq!(unavailable[0]["code"], "OperationDenied");
        assert_eq!(document["failed"], json!([]));
        assert!(
            targets(&run)
                .iter()
                .all(|(region, _)| region != "cn-beijing")
        );
    }
    let run = sandbox.vodcb(["get", "--all"]).ok();
    assert!(!run.stdout.contains("us-west-1"), "{run:?}");
    run.says(&[
        "warning: not available: cn-beijing: ListAppInfo was refused; ",
        "warning: not available: us-west-1: ListAppInfo was refused; ",
    ]);
}

#[test]
fn a_list_that_breaks_down_is_a_failure() {
    let sandbox = Sandbox::with(&["list-apps@cn-beijing:unavailable"], &[]);
    let run = sandbox
        .vodcb(["get", "--all", "--retries", "0", "-o", "json"])
        .exits(8);
    let failed = &run.json()["failed"];
    assert_eq!(failed[0]["region"], "cn-beijing");
    assert_eq!(failed[0]["app_id"], json!(null));
    assert_eq!(failed[0]["code"], "ServiceUnAvailable");
}

#[test]
fn scopes_that_contradict_each_other_are_refused() {
    let sandbox = Sandbox::new();
    for (args, what) in [
        (
            &["get", "--all-regions", "--region", "cn-beijing"][..],
            "--region and --all-regions exclude each other",
        ),
        (
            &["get", "--all", "--app-id", "app-1000001"],
            "--app-id and --all exclude each other",
        ),
        (
            &["get", "--regions", "cn_beijing"],
            "it comes from --regions",
        ),
        (
            &["get", "--regions", "cn-beijing", "--all"],
            "cannot be used with",
        ),
        (
            &["get", "--all", "-o", "raw"],
            "no single answer of the service",
        ),
        (
            &["get", "--qps", "10001"],
            "'--qps <N>': a whole number from 0 to 10000",
        ),
        (
            &["get", "--retries", "101"],
            "'--retries <N>': a whole number from 0 to 100",
        ),
        (
            &["get", "--retries", "9999999999"],
            "'--retries <N>': a whole number from 0 to 100",
        ),
    ] {
        sandbox.vodcb(args.iter().copied()).exits(2).says(&[what]);
    }
    assert_eq!(sandbox.actions(), Vec::<String>::new());
}

/// Progress is drawn over and gone at the end; results come after it.
#[cfg(unix)]
#[test]
fn progress_is_shown_at_a_terminal_and_erased() {
    use expectrl::{Eof, Expect, Session};
    let sandbox = Sandbox::with(&[], &["apps=5"]);
    let mut command = sandbox.command(["get", "--all-apps", "--qps", "3"]);
    command.stdin(std::process::Stdio::inherit());
    let mut session = Session::spawn(command).unwrap();
    session.set_expect_timeout(Some(std::time::Duration::from_secs(30)));
    let shown = session.expect(Eof).unwrap();
    let text = String::from_utf8_lossy(shown.as_bytes()).into_owned();
    assert!(text.starts_with("\r\x1b[K1/6 targets"), "{text:?}");
    let end = text.rfind("\r\x1b[K").unwrap();
    assert!(text[end..].starts_with("\r\x1b[KREGION"), "{text:?}");

    let mut command = sandbox.command(["get", "--all-apps", "--qps", "3", "-q"]);
    command.stdin(std::process::Stdio::inherit());
    let mut session = Session::spawn(command).unwrap();
    session.set_expect_timeout(Some(std::time::Duration::from_secs(30)));
    let shown = session.expect(Eof).unwrap();
    let text = String::from_utf8_lossy(shown.as_bytes()).into_owned();
    assert!(text.starts_with("REGION"), "{text:?}");
}

#[test]
fn a_host_that_does_not_exist_offers_no_service_and_one_that_breaks_off_fails() {
    let failure = |trouble| Failure {
        trouble,
        sent: false,
        message: "no connection".to_owned(),
        hint: None,
    };
    for (trouble, no_service) in [
        (Trouble::Name, true),
        (Trouble::Lookup, false),
        (Trouble::Connect, false),
    ] {
        let error = failure(trouble).explain("vod.cn-nowhere.aliyuncs.com");
        assert_eq!(error.details.no_service, no_service);
    }
}

#[test]
fn a_thousand_targets_come_in_their_order() {
    let sandbox = Sandbox::with(&[], &["apps=49"]);
    let args = [
        "get",
        "--all-apps",
        "--regions",
        TWENTY,
        "--qps",
        "0",
        "-o",
        "json",
    ];
    let read = targets(&sandbox.vodcb(args).ok());
    let expected: Vec<(String, String)> = TWENTY
        .split(',')
        .flat_map(|region| {
            let others = (1..50).map(|number| format!("app-{number:07}"));
            let ids = ["app-1000000".to_owned()].into_iter().chain(others);
            ids.map(|id| (region.trim().to_owned(), id))
        })
        .collect();
    assert_eq!(read, expected);
    assert_eq!(sandbox.calls().len(), 20 + 1000);
}

/// What getaddrinfo, or its like, says on Linux with glibc and musl, FreeBSD, macOS and Windows.
#[test]
fn only_a_name_that_a_resolver_denies_does_not_exist() {
    use vodcb::http::failure::denies_the_name;
    for denial in [
        "failed to lookup address information: Name or service not known",
        "failed to lookup address information: No address associated with hostname",
        "failed to lookup address information: Name does not resolve",
        "failed to lookup address information: Name has no usable address",
        "failed to lookup address information: nodename nor servname provided, or not known",
        "No such host is known. (os error 11001)",
    ] {
        assert!(denies_the_name(denial), "{denial}");
    }
    for trouble in [
        "failed to lookup address information: Temporary failure in name resolution",
        "failed to lookup address information: Non-recoverable failure in name resolution",
        "failed to lookup address information: Try again",
        "This is usually a temporary error during hostname resolution. (os error 11002)",
    ] {
        assert!(!denies_the_name(trouble), "{trouble}");
    }
}

#[test]
fn a_named_region_without_the_service_counts_as_not_configured() {
    let sandbox = Sandbox::with(
        &["@cn-beijing:not-activated", "@us-west-1:deny"],
        &["apps=1"],
    );
    let set = ["set", "--http-url", "https://example.com/vod"];
    sandbox.vodcb(set).ok();
    let get = |regions: &str, more: &[&str]| {
        let args = ["get", "--regions", regions, "--retries", "0"];
        sandbox.vodcb([&args[..], more].concat())
    };
    let required = ["--require-configured"];
    get("cn-shanghai", &required).ok();
    get("cn-shanghai,cn-beijing,us-west-1", &[]).ok();
    get("cn-shanghai,cn-beijing", &required).exits(1);
    let run = get("cn-shanghai,us-west-1", &required).exits(3);
    run.says(&[
        "1 of 2 could not be read, so it is not known whether all are configured",
        "vod:GetMessageCallback",
    ]);
}
