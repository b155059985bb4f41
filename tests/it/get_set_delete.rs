//! The main job as stories: what a person types and sees.

use serde_json::json;

use crate::sandbox::{AUTH_KEY, Sandbox};

const URL: &str = "https://example.com/vod/callback";

#[test]
fn a_newcomer_sets_and_reads_back_without_an_account() {
    let sandbox = Sandbox::offline();
    let events = "FileUploadComplete,TranscodeComplete";
    let set = sandbox
        .vodcb(["--emulator", "set", "--http-url", URL, "--events", events])
        .ok();
    assert!(set.stdout.contains(URL), "{set:?}");
    assert!(set.stderr.contains("written and read back"), "{set:?}");
    let get = sandbox
        .vodcb(["--emulator", "get", "-o", "json"])
        .ok()
        .json();
    assert_eq!(get["url"], URL);
    assert_eq!(
        get["events"],
        json!(["FileUploadComplete", "TranscodeComplete"])
    );
}

#[test]
fn get_reports_a_target_without_callback() {
    let sandbox = Sandbox::new();
    let run = sandbox.vodcb(["get"]).ok();
    assert_eq!(
        run.stdout,
        "No callback is configured for app-1000000 in cn-shanghai.\n"
    );
    assert!(
        run.stderr
            .contains("hint: configure one: vodcb set --http-url URL")
    );
    let document = sandbox.vodcb(["get", "-o", "json"]).ok().json();
    assert_eq!(document["configured"], false);
    assert_eq!(document["events"], json!([]));
    assert_eq!(document["fingerprint"], json!(null));
    sandbox.vodcb(["get", "--require-configured"]).exits(1);
}

#[test]
fn the_document_has_the_promised_members_in_order() {
    let sandbox = Sandbox::new();
    sandbox
        .vodcb(["set", "--http-url", URL, "--events", "TranscodeComplete"])
        .ok();
    let document = sandbox.vodcb(["get", "-o", "json"]).ok().json();
    let names: Vec<&String> = document.as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        [
            "schema_version",
            "region",
            "app_id",
            "configured",
            "method",
            "url",
            "auth",
            "auth_key",
            "mns_endpoint",
            "mns_queue",
            "mns_region",
            "events",
            "fingerprint",
            "request_id"
        ]
    );
    assert_eq!(document["schema_version"], 1);
    assert_eq!(document["method"], "HTTP");
    assert_eq!(document["auth"], "off");
}

#[test]
fn a_target_that_was_never_configured_gets_all_events_and_is_told_so() {
    let sandbox = Sandbox::new();
    sandbox
        .vodcb(["set", "--http-url", URL])
        .ok()
        .says(&["every event type is switched on"]);
    assert_eq!(
        sandbox.vodcb(["get", "-o", "json"]).json()["events"],
        json!(["ALL"])
    );
}

#[test]
fn any_single_part_can_be_changed_and_nothing_else_changes() {
    let mut sandbox = Sandbox::new();
    sandbox.set("VOD_KEY", AUTH_KEY);
    sandbox
        .vodcb([
            "set",
            "--http-url",
            URL,
            "--events",
            "TranscodeComplete",
            "--auth-key-env",
            "VOD_KEY",
        ])
        .ok();
    let full = |sandbox: &Sandbox| {
        let mut document = sandbox
            .vodcb(["get", "--show-auth-key", "-o", "json"])
            .ok()
            .json();
        for volatile in ["request_id", "fingerprint"] {
            document.as_object_mut().unwrap().remove(volatile);
        }
        document
    };
    let mut expected = full(&sandbox);
    assert_eq!(expected["auth_key"], AUTH_KEY);
    for (change, field, value) in [
        (
            vec!["--add-events", "SnapshotComplete"],
            "events",
            json!(["SnapshotComplete", "TranscodeComplete"]),
        ),
        (
            vec!["--remove-events", "TranscodeComplete"],
            "events",
            json!(["SnapshotComplete"]),
        ),
        (
            vec!["--http-url", "https://example.com/other?a=1&b=%20"],
            "url",
            json!("https://example.com/other?a=1&b=%20"),
        ),
        (vec!["--auth", "off"], "auth", json!("off")),
        (vec!["--auth", "on"], "auth", json!("on")),
        (vec!["--events", "ALL"], "events", json!(["ALL"])),
        (vec!["--events", "none"], "events", json!([])),
    ] {
        sandbox.vodcb([&["set"], change.as_slice()].concat()).ok();
        expected[field] = value;
        assert_eq!(full(&sandbox), expected, "{change:?}");
    }
}

#[test]
fn the_same_again_is_already_so_and_writes_nothing() {
    let sandbox = Sandbox::new();
    let order = ["set", "--http-url", URL, "--events", "TranscodeComplete"];
    sandbox.vodcb(order).ok();
    let before = sandbox.actions().len();
    let again = sandbox.vodcb(order).ok().says(&["already so"]);
    assert!(again.stdout.contains(URL));
    assert_eq!(sandbox.actions()[before..], ["GetMessageCallback"]);
}

#[test]
fn a_change_reads_writes_and_reads_back() {
    let sandbox = Sandbox::new();
    sandbox.vodcb(["set", "--http-url", URL]).ok();
    assert_eq!(
        sandbox.actions(),
        [
            "GetMessageCallback",
            "SetMessageCallback",
            "GetMessageCallback"
        ]
    );
}

#[test]
fn a_dry_run_shows_the_difference_and_writes_nothing() {
    let sandbox = Sandbox::new();
    let run = sandbox
        .vodcb(["set", "--http-url", URL, "--events", "ALL", "--dry-run"])
        .ok();
    assert!(
        run.stderr
            .contains("  + url https://example.com/vod/callback"),
        "{run:?}"
    );
    assert!(
        run.stderr.contains("dry run; nothing was written"),
        "{run:?}"
    );
    assert_eq!(sandbox.actions(), ["GetMessageCallback"]);
    let run = sandbox
        .vodcb(["set", "--http-url", URL, "--dry-run", "-o", "json"])
        .ok();
    assert_eq!(run.json()["result"], "planned");
    assert_eq!(
        run.json()["changes"][0],
        json!({"field": "method", "before": null, "after": "HTTP"})
    );
}

#[test]
fn a_queue_is_set_by_account_or_endpoint_and_moved_alone() {
    let sandbox = Sandbox::new();
    for name in ["vod-events", "other-queue", "third"] {
        sandbox.queue(name, 30);
    }
    sandbox
        .vodcb([
            "set",
            "--mns-queue",
            "vod-events",
            "--account-id",
            "1234567890123456",
        ])
        .ok();
    let document = sandbox.vodcb(["get", "-o", "json"]).json();
    assert_eq!(document["method"], "MNS");
    assert_eq!(
        document["mns_endpoint"],
        "http://1234567890123456.mns.cn-shanghai.aliyuncs.com/"
    );
    assert_eq!(document["mns_queue"], "vod-events");
    assert_eq!(document["mns_region"], "cn-shanghai");
    assert_eq!(document["auth"], json!(null));
    sandbox.vodcb(["set", "--mns-queue", "other-queue"]).ok();
    sandbox
        .vodcb(["set", "--mns-region", "cn-beijing"])
        .ok()
        .says(&["the documentation advises a queue in cn-shanghai"]);
    let document = sandbox.vodcb(["get", "-o", "json"]).json();
    assert_eq!(
        document["mns_endpoint"],
        "http://1234567890123456.mns.cn-beijing.aliyuncs.com/"
    );
    assert_eq!(document["mns_queue"], "other-queue");
    sandbox
        .vodcb([
            "set",
            "--mns-queue",
            "third",
            "--mns-endpoint",
            "https://1234567890123456.mns.cn-shanghai.aliyuncs.com",
        ])
        .ok();
    sandbox
        .vodcb(["set", "--auth", "on"])
        .exits(2)
        .says(&["authentication belongs to HTTP callbacks"]);
}

#[test]
fn the_account_of_a_queue_is_the_callers_own_unless_it_is_named() {
    let mut sandbox = Sandbox::new();
    sandbox.queue("q", 30);
    sandbox.queue("other", 30);
    sandbox
        .vodcb(["set", "--mns-queue", "q", "--mns-region", "cn-beijing"])
        .ok();
    let document = sandbox.vodcb(["get", "-o", "json"]).json();
    assert_eq!(
        document["mns_endpoint"],
        "http://1234567890123456.mns.cn-beijing.aliyuncs.com/"
    );
    assert!(sandbox.actions().contains(&"GetCallerIdentity".to_owned()));
    sandbox.set("VODCB_STS_ENDPOINT", "http://127.0.0.1:9");
    sandbox.vodcb(["set", "--mns-queue", "other"]).ok();
    sandbox.vodcb(["delete", "--yes"]).ok();
    sandbox
        .vodcb(["set", "--mns-queue", "q", "--retries", "0"])
        .exits(5)
        .says(&["--account-id ID"]);
}

#[test]
fn an_edit_without_callback_is_refused() {
    let sandbox = Sandbox::new();
    sandbox
        .vodcb(["set", "--add-events", "SnapshotComplete"])
        .exits(2)
        .says(&[
            "no callback is configured for app-1000000 in cn-shanghai",
            "--http-url URL",
        ]);
    assert!(!sandbox.actions().contains(&"SetMessageCallback".to_owned()));
}

#[test]
fn regions_and_applications_are_targets_of_their_own() {
    let sandbox = Sandbox::new();
    sandbox.vodcb(["set", "--http-url", URL]).ok();
    for other in [["--region", "cn-beijing"], ["--app-id", "app-1000001"]] {
        let document = sandbox
            .vodcb([&["get", "-o", "json"], other.as_slice()].concat())
            .json();
        assert_eq!(document["configured"], false, "{other:?}");
    }
}

#[test]
fn delete_needs_a_yes_in_a_script_and_removes() {
    let sandbox = Sandbox::new();
    sandbox.vodcb(["set", "--http-url", URL]).ok();
    let before = sandbox.actions().len();
    sandbox
        .vodcb(["delete"])
        .exits(2)
        .says(&["--yes", "--dry-run"]);
    assert_eq!(sandbox.actions().len(), before, "something was sent");
    sandbox
        .vodcb(["delete", "--dry-run"])
        .ok()
        .says(&["  - url https://example.com/vod/callback"]);
    sandbox.vodcb(["delete", "--yes"]).ok();
    sandbox.vodcb(["get", "--require-configured"]).exits(1);
    sandbox
        .vodcb(["delete", "--yes"])
        .ok()
        .says(&["already so"]);
}

#[test]
fn a_fingerprint_guards_against_a_target_that_changed() {
    let sandbox = Sandbox::new();
    sandbox
        .vodcb(["set", "--http-url", URL, "--if-match", "none"])
        .ok();
    let document = sandbox.vodcb(["get", "-o", "json"]).json();
    let fingerprint = document["fingerprint"].as_str().unwrap().to_owned();
    assert_eq!(fingerprint.len(), 8);
    let other = [
        "set",
        "--http-url",
        "https://example.com/2",
        "--if-match",
        &fingerprint,
    ];
    sandbox.vodcb(other).ok();
    sandbox
        .vodcb(other)
        .exits(6)
        .says(&["not as --if-match expects", &fingerprint]);
    sandbox
        .vodcb(["delete", "--yes", "--if-match", &fingerprint])
        .exits(6);
    sandbox
        .vodcb(["set", "--http-url", URL, "--if-match", "zzz"])
        .exits(2);
}

/// A command that failed leaves nothing in a variable, which must not mean that anything goes. What a query of
/// the fingerprint prints where nothing is configured means none.
#[test]
fn an_empty_fingerprint_is_refused_and_null_is_none() {
    let sandbox = Sandbox::new();
    let set = |fingerprint: &str| {
        let args = ["set", "--http-url", URL, "--if-match", fingerprint];
        sandbox.vodcb(args)
    };
    set("").exits(2).says(&["\"\" is not a fingerprint"]);
    assert!(sandbox.calls().is_empty());
    let query = ["get", "-o", "yaml", "--query", "fingerprint"];
    let printed = sandbox.vodcb(query).ok().stdout;
    assert_eq!(printed, "null\n");
    set(printed.trim_end()).ok();
    set("null").exits(6);
}

#[test]
fn keys_come_from_variable_file_stdin_and_generator() {
    let mut sandbox = Sandbox::new();
    let shown = |sandbox: &Sandbox| {
        let document = sandbox
            .vodcb(["get", "--show-auth-key", "-o", "json"])
            .json();
        assert_eq!(document["auth"], "on");
        document["auth_key"].as_str().unwrap().to_owned()
    };
    sandbox.set("VOD_KEY", "Abcdefgh1");
    sandbox
        .vodcb(["set", "--http-url", URL, "--auth-key-env", "VOD_KEY"])
        .ok();
    assert_eq!(shown(&sandbox), "Abcdefgh1");
    let file = sandbox.file("key", "Bcdefghi2\n");
    sandbox
        .vodcb(["set", "--auth-key-file", file.to_str().unwrap()])
        .ok();
    assert_eq!(shown(&sandbox), "Bcdefghi2");
    sandbox
        .vodcb_with_input(b"Cdefghij3\r\n", ["set", "--auth-key-stdin"])
        .ok();
    assert_eq!(shown(&sandbox), "Cdefghij3");
    sandbox
        .vodcb(["set", "--generate-auth-key"])
        .ok()
        .says(&["vodcb get --show-auth-key"]);
    let generated = shown(&sandbox);
    assert_eq!(generated.len(), 32);
    assert!(generated.chars().all(|c| c.is_ascii_alphanumeric()));
    sandbox.vodcb(["set", "--generate-auth-key"]).ok();
    assert_ne!(shown(&sandbox), generated);
}

#[test]
fn both_signatures_do_the_same_job() {
    let sandbox = Sandbox::with_token(&[], &[]);
    for kind in ["rpc", "acs3"] {
        let url = format!("https://example.com/{kind}?a=b%20c");
        sandbox
            .vodcb([
                "--signature",
                kind,
                "set",
                "--http-url",
                &url,
                "--events",
                "none",
            ])
            .ok();
        let document = sandbox
            .vodcb(["--signature", kind, "get", "-o", "json"])
            .ok()
            .json();
        assert_eq!(document["url"], url.as_str());
        assert_eq!(document["events"], json!([]));
    }
}

#[test]
fn switching_the_method_and_back_is_said_in_the_difference() {
    let sandbox = Sandbox::new();
    sandbox
        .vodcb(["set", "--http-url", URL, "--events", "TranscodeComplete"])
        .ok();
    sandbox.queue("q1", 30);
    let run = sandbox
        .vodcb([
            "set",
            "--method",
            "Simple Message Queue (formerly MNS)",
            "--mns-queue",
            "q1",
            "--account-id",
            "1",
        ])
        .ok();
    assert!(run.stderr.contains("  ~ method HTTP -> MNS"), "{run:?}");
    let document = sandbox.vodcb(["get", "-o", "json"]).json();
    assert_eq!(
        document["events"],
        json!(["TranscodeComplete"]),
        "events survive a change of the method"
    );
    assert_eq!(document["url"], json!(null));
    sandbox.vodcb(["set", "--http-url", URL]).ok();
    assert_eq!(
        sandbox.vodcb(["get", "-o", "json"]).json()["mns_queue"],
        json!(null)
    );
}

#[test]
fn the_old_state_is_recorded_before_a_write_for_its_owner_only() {
    let mut sandbox = Sandbox::new();
    sandbox
        .vodcb(["set", "--http-url", URL, "--events", "TranscodeComplete"])
        .ok();
    sandbox
        .vodcb(["set", "--http-url", "https://example.com/2"])
        .ok();
    let path = sandbox.home().join(".local/state/vodcb/history.ndjson");
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[0]["before"], json!(null));
    assert_eq!(lines[2]["before"]["url"], URL);
    assert_eq!(lines[2]["before"]["events"], json!(["TranscodeComplete"]));
    assert_eq!(lines[3]["result"], "written");
    assert_eq!(lines[3]["number"], lines[2]["number"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(
            path.parent()
                .unwrap()
                .metadata()
                .unwrap()
                .permissions()
                .mode()
                & 0o777,
            0o700
        );
    }
    sandbox.set("VODCB_HISTORY", "off");
    sandbox.vodcb(["set", "--http-url", URL]).ok();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn without_a_record_there_is_no_write() {
    let mut sandbox = Sandbox::new();
    sandbox.file("blocked", "a file where a folder is needed");
    sandbox.set(
        "XDG_STATE_HOME",
        sandbox
            .home()
            .join("blocked")
            .to_str()
            .unwrap()
            .to_owned()
            .as_str(),
    );
    sandbox.vodcb(["set", "--http-url", URL]).exits(2).says(&[
        "cannot be written",
        "nothing was written to the service",
        "VODCB_HISTORY=off",
    ]);
    assert_eq!(sandbox.actions(), ["GetMessageCallback"]);
}

/// The key of a dry run is another one each time, so nobody is to use it.
#[test]
fn a_dry_run_shows_no_key_that_it_generates() {
    let sandbox = Sandbox::new();
    let set = ["set", "--http-url", URL, "--generate-auth-key", "--dry-run"];
    let run = sandbox
        .vodcb([&set[..], &["--show-auth-key", "-o", "json"]].concat())
        .ok();
    let key = run.json()["auth_key"].as_str().unwrap().to_owned();
    assert!(key.ends_with("••••") && key.chars().count() == 6, "{key}");
}
