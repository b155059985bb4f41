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
fn a_write_that_is_answered_and_without_effect_is_unavailable_and_certainly_not_written() {
    for fault in ["set:internal", "set:unavailable", "set:html-ok"] {
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
    for told in ["(1 of 3): Throttling", "(2 of 3): Throttling"] {
        assert!(run.stderr.contains(told), "with the reason: {run:?}");
    }
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
    sandbox.queue("q1", 30);
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
        sandbox
            .vodcb(set(URL, &["--auth-key-env", "VOD_KEY"]))
            .ok()
            .says(&["could not be compared"]);
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
            .exits(2)
            .says(&["would lose it", "--auth-key-env NAME", "--auth off"]);
        assert_eq!(writes(&sandbox), before, "{quirk}");
        sandbox
            .vodcb(["set", "--add-events", "SnapshotComplete", "--auth", "off"])
            .ok();
    }
}

/// It is shown as it is, so nothing that is said of hidden keys is true of it.
#[test]
fn a_key_that_looks_like_a_mask_is_warned_of_and_compared() {
    let mut sandbox = Sandbox::new();
    sandbox.set("VOD_KEY", "Abcdef1x...");
    let unseen = "could not be compared";
    let with_key = |part: &[&'static str]| {
        let args = [&["set", "--auth-key-env", "VOD_KEY"], part].concat();
        let run = sandbox.vodcb(args).ok();
        let run = run.says(&["ends like a mask", "written and read back"]);
        assert!(!run.stderr.contains(unseen), "{run:?}");
    };
    with_key(&["--http-url", URL]);
    let remove = ["set", "--remove-events", "SnapshotComplete"];
    sandbox
        .vodcb(remove)
        .exits(2)
        .says(&["a key that ends like one", "--auth-key-env NAME"]);
    with_key(&remove[1..]);
    // A mask is not taken for the key that was sent.
    let mut masked = Sandbox::with(&[], &["key=masked"]);
    masked.set("VOD_KEY", "Abcdef1x...");
    masked
        .vodcb(set(URL, &["--auth-key-env", "VOD_KEY"]))
        .ok()
        .says(&["ends like a mask", unseen]);
}

/// With authentication off a key is not needed, but somebody stored it for later.
#[test]
fn a_hidden_key_is_not_lost_without_a_word() {
    let lost = "the stored callback key cannot be read";
    let gone = "the callback key is gone";
    let stored = |quirks: &[&str]| {
        let mut sandbox = Sandbox::with(&[], quirks);
        sandbox.set("VOD_KEY", AUTH_KEY);
        let entry = format!(
            "schema = 1\n[[callback]]\nregion = \"cn-shanghai\"\napp_id = \"app-1000000\"\nurl = \"{URL}\"\nauth = \"off\"\n"
        );
        let kept = format!("{entry}events = [\"ALL\"]\nauth_key = {{ env = \"VOD_KEY\" }}\n");
        sandbox.file("kept.toml", &kept);
        let silent = format!("{entry}events = [\"SnapshotComplete\"]\n");
        sandbox.file("silent.toml", &silent);
        sandbox.vodcb(["apply", "-f", "kept.toml", "--yes"]).ok();
        sandbox
    };
    let has_key = |sandbox: &Sandbox| {
        let document = sandbox.vodcb(["get", "-o", "json"]).ok().json();
        !document["auth_key"].is_null()
    };
    let events = ["set", "--events", "FileUploadComplete"];

    let sandbox = stored(&["key=masked"]);
    sandbox
        .vodcb_with_input(b"n\n", ["--plain"].into_iter().chain(events))
        .exits(130)
        .says(&[lost]);
    let plan = sandbox.vodcb(["apply", "-f", "silent.toml", "--dry-run"]);
    assert!(plan.ok().stdout.contains(&format!("! {lost}")));
    assert!(has_key(&sandbox));
    let run = sandbox.vodcb(events).ok().says(&[lost, gone]);
    assert!(run.stderr.find(lost) < run.stderr.find("written and read back"));
    assert!(!run.stderr.contains("the service keeps no key"), "{run:?}");
    assert!(!has_key(&sandbox));

    sandbox.vodcb(set(URL, &["--auth-key-env", "VOD_KEY"])).ok();
    let off = ["set", "--auth", "off"];
    sandbox.vodcb(off).ok().says(&[lost, gone]);

    // A service that merges keeps what it is not told.
    let sandbox = stored(&["key=masked", "set=merge"]);
    let run = sandbox.vodcb(events).ok().says(&[lost]);
    assert!(!run.stderr.contains(gone), "{run:?}");
    assert!(has_key(&sandbox));

    let sandbox = stored(&[]);
    let run = sandbox.vodcb(events).ok();
    assert!(!run.stderr.contains(lost), "{run:?}");
    assert!(has_key(&sandbox));
}

/// The old key and the new one look alike where the service hides them, so a reading proves nothing.
#[test]
fn a_lost_write_that_cannot_be_seen_is_never_called_written() {
    let mut sandbox = Sandbox::with(&["set:pass*1", "set:reset-before"], &["key=masked"]);
    sandbox.set("VOD_KEY", AUTH_KEY);
    sandbox.vodcb(set(URL, &["--auth-key-env", "VOD_KEY"])).ok();
    sandbox.set("VOD_KEY", "Another1Key");
    let run = sandbox
        .vodcb([
            "set",
            "--auth-key-env",
            "VOD_KEY",
            "--retries",
            "1",
            "-o",
            "json",
        ])
        .exits(7);
    assert_eq!(run.error()["applied"], "unknown");
    let sandbox = Sandbox::with(&["set:pass*1", "set:reset-before"], &["all=expand"]);
    sandbox
        .vodcb(["set", "--http-url", URL, "--events", "ALL"])
        .ok();
    sandbox
        .vodcb(["set", "--events", "ALL", "--retries", "0"])
        .exits(7);
}

/// A request that timed out may still take effect later.
#[test]
fn a_write_that_timed_out_is_not_called_unwritten() {
    let sandbox = Sandbox::with(&["set:slow=60000"], &[]);
    let run = sandbox
        .vodcb(set(
            URL,
            &["--retries", "0", "--timeout", "1", "-o", "json"],
        ))
        .exits(7);
    assert_eq!(run.error()["applied"], "unknown");
    let sandbox = Sandbox::with(&["set:slow=60000*1", "set:pass*1", "set:deny"], &[]);
    let run = sandbox.vodcb(set(URL, &["--timeout", "1", "-o", "json"]));
    assert!(matches!(run.code, 0 | 7), "{run:?}");
}

#[test]
fn processes_of_one_machine_take_turns() {
    take_turns(&Sandbox::new());
}

/// Each process has an emulator of its own then, and a port, but all share one state.
#[test]
fn processes_with_an_emulator_inside_take_turns() {
    let mut sandbox = Sandbox::offline();
    sandbox.set("VODCB_EMULATOR", "1");
    take_turns(&sandbox);
}

fn take_turns(sandbox: &Sandbox) {
    sandbox.vodcb(set(URL, &[])).ok();
    let events = [
        "FileUploadComplete",
        "SnapshotComplete",
        "DynamicImageComplete",
        "ImageUploadComplete",
        "CreateAuditComplete",
        "DeleteMediaComplete",
    ];
    std::thread::scope(|scope| {
        for event in events {
            scope.spawn(|| sandbox.vodcb(["set", "--add-events", event]).ok());
        }
    });
    let stored = sandbox.vodcb(["get", "-o", "json"]).json();
    let stored = stored["events"].as_array().unwrap().clone();
    for event in events.iter().chain(&["TranscodeComplete"]) {
        assert!(
            stored.contains(&json!(event)),
            "{event} is lost: {stored:?}"
        );
    }
}

#[test]
fn an_umbrella_takes_its_events_with_it_and_they_never_go_alone() {
    let sandbox = Sandbox::new();
    sandbox
        .vodcb([
            "set",
            "--http-url",
            URL,
            "--events",
            "AIComplete,SnapshotComplete",
        ])
        .ok();
    sandbox
        .vodcb(["set", "--remove-events", "AIMediaAuditComplete"])
        .exits(2)
        .says(&["cannot be switched off alone", "take AIComplete off"]);
    sandbox.vodcb(["set", "--remove-events", "AIComplete"]).ok();
    assert_eq!(
        sandbox.vodcb(["get", "-o", "json"]).json()["events"],
        json!(["SnapshotComplete"])
    );
}

#[test]
fn a_generated_key_is_never_lost() {
    let mut sandbox = Sandbox::with(&[], &["key=masked"]);
    sandbox.set("VODCB_HISTORY", "no-secrets");
    sandbox
        .vodcb(["set", "--http-url", URL, "--generate-auth-key"])
        .exits(2)
        .says(&["--show-auth-key"]);
    let run = sandbox
        .vodcb([
            "set",
            "--http-url",
            URL,
            "--generate-auth-key",
            "--show-auth-key",
            "-o",
            "json",
        ])
        .ok();
    assert_eq!(run.json()["auth_key"].as_str().unwrap().len(), 32);
}
