//! A change that the history here does not know of: it is told where the callback is read, and taken back.

use crate::sandbox::{AUTH_KEY, Run, Sandbox};

/// Change 1 was made here.
fn sandbox() -> Sandbox {
    let mut sandbox = Sandbox::new();
    sandbox.set("VOD_KEY", AUTH_KEY);
    let key = ["--auth-key-env", "VOD_KEY"];
    let set = ["set", "--http-url", "http://127.0.0.1:9/vod"];
    let events = ["--events", "TranscodeComplete"];
    sandbox.vodcb([&set[..], &key, &events].concat()).ok();
    sandbox
}

/// Runs a command as on another machine, with a history of its own.
fn elsewhere(sandbox: &mut Sandbox, args: &[&str]) {
    let folder = sandbox.home().join("elsewhere").display().to_string();
    sandbox.set("XDG_STATE_HOME", &folder);
    sandbox.vodcb(args.iter().copied()).ok();
    sandbox.unset("XDG_STATE_HOME");
}

fn get(sandbox: &Sandbox) -> Run {
    sandbox.vodcb(["get"]).ok()
}

const TOLD: [&str; 2] = [
    "the callback is not as change 1 (set, 20",
    "vodcb --region cn-shanghai --app-id app-1000000 undo 1 --since restores it",
];

#[test]
fn it_is_told_where_the_callback_is_read_and_taken_back() {
    for change in [&["set", "--events", "none"][..], &["delete", "--yes"]] {
        let mut sandbox = sandbox();
        let left = get(&sandbox);
        assert_eq!(left.stderr, "");
        elsewhere(&mut sandbox, change);
        get(&sandbox).says(&TOLD);
        sandbox.vodcb(["check"]).exits(1).says(&TOLD);
        // A program has the fingerprint, and the history is not read for it.
        assert_eq!(sandbox.vodcb(["get", "-o", "json"]).ok().stderr, "");
        let undo = ["undo", "1", "--since"];
        sandbox.vodcb([&undo[..], &["--dry-run"]].concat()).ok();
        get(&sandbox).says(&TOLD);
        let run = sandbox.vodcb([&undo[..], &["--yes"]].concat()).ok();
        run.says(&["undoing what came after change 1", "written and read back"]);
        assert_eq!(get(&sandbox).stdout, left.stdout);
        assert_eq!(get(&sandbox).stderr, "");
        let history = sandbox.vodcb(["history"]).ok();
        assert!(history.stdout.contains("undo 1 --since"), "{history:?}");
    }
}

/// Where nothing is recorded, a change that is not in the history may well have been made here.
#[test]
fn nothing_is_told_where_changes_are_not_recorded() {
    let mut sandbox = sandbox();
    sandbox.set("VODCB_HISTORY", "off");
    sandbox.vodcb(["set", "--events", "none"]).ok();
    assert_eq!(get(&sandbox).stderr, "");
}

/// Without a number it is the last change that took effect. The key is restored with the rest.
#[test]
fn the_last_change_is_the_one_that_is_left() {
    let mut sandbox = sandbox();
    sandbox
        .vodcb(["set", "--events", "TranscodeComplete,SnapshotComplete"])
        .ok();
    let left = get(&sandbox);
    elsewhere(&mut sandbox, &["set", "--generate-auth-key", "--yes"]);
    get(&sandbox).says(&["not as change 2"]);
    let undo = sandbox.vodcb(["undo", "--dry-run"]).ok();
    undo.says(&["is taken back, too, and with --since nothing else"]);
    sandbox.vodcb(["undo", "--since", "--yes"]).ok();
    assert_eq!(get(&sandbox).stdout, left.stdout);
    assert!(sandbox.shown_key().contains(AUTH_KEY));
}

#[test]
fn what_was_not_carried_out_left_nothing() {
    let sandbox = sandbox();
    sandbox.afflict(&["set:deny".to_owned()]);
    sandbox.vodcb(["set", "--events", "ALL"]).exits(3);
    sandbox.afflict(&[]);
    assert_eq!(get(&sandbox).stderr, "");
    sandbox
        .vodcb(["undo", "2", "--since", "--yes"])
        .exits(2)
        .says(&["change 2 was not carried out, so it left nothing"]);
}

/// Of a long history the end is looked at.
#[test]
fn a_long_history_is_told_of_too() {
    let mut sandbox = sandbox();
    let file = sandbox.home().join(".local/state/vodcb/history.ndjson");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{}\n{text}", "\n".repeat(70_000))).unwrap();
    elsewhere(&mut sandbox, &["set", "--events", "none"]);
    get(&sandbox).says(&TOLD);
    std::fs::write(&file, format!("{text}{}", "\n".repeat(70_000))).unwrap();
    assert_eq!(get(&sandbox).stderr, "");
}
