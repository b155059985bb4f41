//! Clocks that are set back or forward between two looks at them: nothing panics, nothing is made up.

use std::path::PathBuf;

use serde_json::Value;
use vodcb::change::history::{self, Entry};
use vodcb::change::record::Ended;
use vodcb::target::Target;

use crate::sandbox::Sandbox;

const URL: &str = "https://example.com/vod";
const FUTURE: &str = "2099-01-01T00:00:00Z";

fn set(sandbox: &Sandbox) {
    let set = ["set", "--http-url", URL, "--generate-auth-key"];
    sandbox.vodcb(set).ok();
}

/// The file of a kind below the state folder.
fn state(sandbox: &Sandbox, name: &str) -> PathBuf {
    sandbox.home().join(".local/state/vodcb").join(name)
}

/// Members of this name become a time in the future.
fn postpone(path: &PathBuf, member: &str, only: fn(&Value) -> bool) {
    let text = std::fs::read_to_string(path).unwrap();
    let documents = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
    let changed: Vec<String> = documents
        .map(|document| {
            let mut document = document.unwrap();
            if only(&document) {
                assert!(document[member].is_string(), "{document}");
                document[member] = FUTURE.into();
            }
            format!("{document}\n")
        })
        .collect();
    std::fs::write(path, changed.concat()).unwrap();
}

#[test]
fn a_clock_set_back_during_a_write_leaves_a_record_that_is_shown_as_it_is() {
    let home = tempfile::tempdir().unwrap();
    let mut ctx = crate::laws::context(home.path());
    ctx.env.remove("VODCB_HISTORY");
    let target = Target {
        region: vodcb::target::Region::default(),
        app_id: vodcb::target::AppId::default(),
    };
    let entry = Entry {
        command: "set",
        endpoint: "emulator".into(),
        account_id: None,
        access_key_id: None,
        target: &target,
        before: None,
        after: None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        ctx.now = || "2026-03-01T08:00:00Z".parse().unwrap();
        let pending = history::record(&ctx, &entry).await.unwrap();
        ctx.now = || "2001-01-01T00:00:00Z".parse().unwrap();
        pending.end(&ctx, Ended::Written, Ok(None)).await;
    });
    let records = history::read(&ctx).unwrap();
    let ending = records[0].ending.as_ref().unwrap();
    assert_eq!(records[0].at.to_string(), "2026-03-01T08:00:00Z");
    assert_eq!(ending.at.to_string(), "2001-01-01T00:00:00Z");
}

#[test]
fn a_history_that_ends_before_it_begins_is_shown_and_undone() {
    let sandbox = Sandbox::new();
    set(&sandbox);
    postpone(&state(&sandbox, "history.ndjson"), "at", |line| {
        line["kind"] == "write"
    });
    let run = sandbox.vodcb(["history"]).ok();
    assert!(run.stdout.contains("2099-01-01"), "{run:?}");
    let document = sandbox
        .vodcb(["history", "show", "1", "-o", "json"])
        .ok()
        .json();
    assert_eq!(document["at"], FUTURE);
    assert!(document["ended"].as_str().unwrap() < FUTURE, "{document}");
    sandbox.vodcb(["key", "status"]).ok();
    sandbox
        .vodcb(["undo", "--yes"])
        .ok()
        .says(&["undoing change 1: set at 2099-01-01"]);
    let records = sandbox.vodcb(["history", "-o", "json"]).ok().json();
    assert_eq!(records["records"][0]["number"], 2, "{records}");
}

#[test]
fn a_rotation_that_was_begun_in_the_future_goes_on() {
    let mut sandbox = Sandbox::new();
    sandbox.set("NEW_KEY", "New2Lp9Yu4Vn6Bd8");
    set(&sandbox);
    let rotate = |more: &[&str]| sandbox.vodcb([&["key", "rotate", "--yes"], more].concat());
    rotate(&["--generate-auth-key"]).ok();
    let mut files = std::fs::read_dir(state(&sandbox, "rotations")).unwrap();
    let file = files.next().unwrap().unwrap().path();
    postpone(&file, "begun", |_| true);
    let status = || {
        let run = sandbox.vodcb(["key", "status", "-o", "json"]).ok();
        run.json()["rotation"].take()
    };
    assert_eq!(status()["begun"], FUTURE);
    rotate(&["--skip-proof"]).ok();
    let now = status();
    assert_eq!(
        (&now["step"], &now["begun"]),
        (&"switched".into(), &FUTURE.into())
    );
    assert!(now["switched"].as_str().unwrap() < FUTURE, "{now}");
    rotate(&["--finish", "--skip-proof"]).ok();
    assert_eq!(status(), Value::Null);
}
