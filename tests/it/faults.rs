//! Writes under every fault: no false success, no false failure, nothing lost.

use serde_json::json;

use crate::sandbox::{AUTH_KEY, Sandbox};

const URL: &str = "https://example.com/vod";

fn set<'a>(url: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [
        &["set", "--http-url", url, "--events", "TranscodeComplete"],
        more,
    ]
    .concat()
}

#[test]
fn a_write_whose_answer_is_lost_after_its_effect_is_a_success() {
    for fault in [
        "set:reset-after",
        "set:internal-after",
        "set:truncate",
        "set:slow-after=3000",
    ] {
        let sandbox = Sandbox::with(&[fault], &[]);
        let run = sandbox
            .vodcb(set(URL, &["--retries", "0", "--timeout", "1"]))
            .ok();
        assert!(
            run.stderr
                .contains("reading back shows that it was written"),
            "{fault}: {run:?}"
        );
        assert!(run.stdout.contains(URL), "{fault}: {run:?}");
        let writes = sandbox
            .actions()
            .iter()
            .filter(|action| *action == "SetMessageCallback")
            .count();
        // A call that is still being answered is not in the log yet.
        assert!(
            writes <= 1,
            "{fault}: a write that took effect is not sent again"
        );
    }
}

#[test]
fn a_write_that_is_lost_before_its_effect_is_sent_again() {
    for fault in [
        "set:reset-before*1",
        "set:unavailable*1",
        "set:internal*1",
        "set:garbage*1",
        "set:throttle=1*2",
    ] {
        let sandbox = Sandbox::with(&[fault], &[]);
        sandbox.vodcb(set(URL, &[])).ok();
        assert_eq!(
            sandbox.vodcb(["get", "-o", "json"]).json()["url"],
            URL,
            "{fault}"
        );
    }
}

#[test]
fn a_write_that_never_arrives_is_unavailable_and_certainly_not_written() {
    for fault in ["set:reset-before", "set:unavailable", "set:html"] {
        let sandbox = Sandbox::with(&[fault], &[]);
        let run = sandbox
            .vodcb(set(URL, &["--retries", "0", "-o", "json"]))
            .exits(5);
        assert_eq!(run.error()["applied"], "no", "{fault}");
        sandbox.vodcb(["get", "--require-configured"]).exits(1);
    }
}

#[test]
fn a_lost_deletion_is_settled_by_reading_back() {
    let sandbox = Sandbox::with(&["delete:reset-after"], &[]);
    sandbox.vodcb(set(URL, &[])).ok();
    sandbox
        .vodcb(["delete", "--yes", "--retries", "0"])
        .ok()
        .says(&["reading back shows that it was written"]);
    sandbox.vodcb(["get", "--require-configured"]).exits(1);
}

#[test]
fn the_service_says_how_long_to_wait() {
    let sandbox = Sandbox::with(&["get:throttle=40*2"], &[]);
    let run = sandbox.vodcb(["get", "-v"]).ok();
    assert_eq!(
        run.stderr.matches("trying again in 40 ms").count(),
        2,
        "{run:?}"
    );
}

#[test]
fn a_wrong_clock_is_corrected_once_with_a_warning() {
    for seconds in ["3600", "-86400"] {
        let sandbox = Sandbox::with(&[&format!("skew={seconds}")], &[]);
        let run = sandbox.vodcb(set(URL, &[])).ok();
        assert_eq!(
            run.stderr.matches("this machine's clock is off by").count(),
            1,
            "{run:?}"
        );
        assert_eq!(sandbox.vodcb(["get", "-o", "json"]).json()["url"], URL);
    }
}

#[test]
fn a_service_that_ignores_form_bodies_gets_the_parameters_in_the_query() {
    let sandbox = Sandbox::with(&[], &["form=refuse"]);
    sandbox.vodcb(set(URL, &[])).ok();
    assert_eq!(sandbox.vodcb(["get", "-o", "json"]).ok().json()["url"], URL);
}

#[test]
fn every_way_of_not_being_configured_is_understood() {
    for quirk in [
        "unconfigured=absent",
        "unconfigured=empty",
        "unconfigured=blank",
        "unconfigured=error",
    ] {
        for case in ["case=keep", "case=lower"] {
            let sandbox = Sandbox::with(&[], &[quirk, case]);
            let document = sandbox.vodcb(["get", "-o", "json"]).ok().json();
            assert_eq!(document["configured"], false, "{quirk}");
            sandbox.vodcb(set(URL, &[])).ok();
            assert_eq!(
                sandbox.vodcb(["get", "-o", "json"]).json()["url"],
                URL,
                "{quirk} {case}"
            );
            sandbox.vodcb(["delete", "--yes"]).ok();
            sandbox.vodcb(["delete", "--yes"]).ok();
        }
    }
}

#[test]
fn all_events_are_accepted_echoed_or_expanded() {
    let sandbox = Sandbox::with(&[], &["all=expand"]);
    sandbox
        .vodcb(["set", "--http-url", URL, "--events", "ALL"])
        .ok();
    let listed = sandbox.vodcb(["get", "-o", "json"]).json()["events"]
        .as_array()
        .unwrap()
        .len();
    assert!(listed >= 20, "{listed}");
    sandbox
        .vodcb(["set", "--http-url", "https://example.com/2"])
        .ok()
        .says(&["say --events ALL"]);
    let again = sandbox.vodcb(["get", "-o", "json"]).json()["events"]
        .as_array()
        .unwrap()
        .len();
    assert_eq!(again, listed, "an unrelated change keeps every event");
}

#[test]
fn members_of_the_other_method_may_linger() {
    let sandbox = Sandbox::with(&[], &["linger=yes"]);
    sandbox.vodcb(set(URL, &[])).ok();
    sandbox
        .vodcb([
            "set",
            "--mns-queue",
            "q1",
            "--account-id",
            "1234567890123456",
        ])
        .ok();
    let document = sandbox.vodcb(["get", "-o", "json"]).json();
    assert_eq!(
        (&document["method"], &document["url"]),
        (&json!("MNS"), &json!(null))
    );
    assert_eq!(document["events"], json!(["TranscodeComplete"]));
}

#[test]
fn a_key_that_cannot_be_read_is_not_lost_by_a_write() {
    for quirk in ["key=masked", "key=absent"] {
        let mut sandbox = Sandbox::with(&[], &[quirk]);
        sandbox.set("VOD_KEY", AUTH_KEY);
        let first = sandbox.vodcb(set(URL, &["--auth-key-env", "VOD_KEY"]));
        assert!(
            first.code == 0 || quirk == "key=absent" && first.code == 6,
            "{first:?}"
        );
        let writes = |sandbox: &Sandbox| {
            sandbox
                .actions()
                .iter()
                .filter(|action| *action == "SetMessageCallback")
                .count()
        };
        let before = writes(&sandbox);
        sandbox
            .vodcb(["set", "--add-events", "SnapshotComplete"])
            .exits(6)
            .says(&["would lose it", "--auth-key-env NAME", "--auth off"]);
        assert_eq!(writes(&sandbox), before, "{quirk}");
        sandbox
            .vodcb(["set", "--add-events", "SnapshotComplete", "--auth", "off"])
            .ok();
    }
}
