//! What is remembered of changes: whole whoever writes, whenever somebody is killed, and shown in full.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use vodcb::change::lines;

use crate::sandbox::{AUTH_KEY, Sandbox};

const URL: &str = "https://example.com/vod";
const EVENTS: [&str; 10] = [
    "FileUploadComplete",
    "ImageUploadComplete",
    "StreamTranscodeComplete",
    "SnapshotComplete",
    "DynamicImageComplete",
    "AddLiveRecordVideoComplete",
    "LiveRecordVideoComposeStart",
    "UploadByURLComplete",
    "CreateAuditComplete",
    "DeleteMediaComplete",
];

fn file(sandbox: &Sandbox) -> PathBuf {
    sandbox.home().join(".local/state/vodcb/history.ndjson")
}

/// Every line of the file; each one is whole.
fn lines(sandbox: &Sandbox) -> Vec<Value> {
    let text = std::fs::read_to_string(file(sandbox)).unwrap();
    assert!(text.ends_with('\n'), "{text}");
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// What `history -o json` tells, newest first.
fn records(sandbox: &Sandbox) -> Vec<Value> {
    let run = sandbox.vodcb(["history", "-o", "json", "--limit", "1000"]);
    let document = run.ok().json();
    document["records"].as_array().unwrap().clone()
}

fn set(sandbox: &Sandbox) {
    sandbox
        .vodcb(["set", "--http-url", URL, "--events", "TranscodeComplete"])
        .ok();
}

/// Waits for a sign that something happened in another process.
fn until(what: &str, mut happened: impl FnMut() -> bool) {
    let since = Instant::now();
    while !happened() {
        assert!(since.elapsed() < Duration::from_secs(60), "never: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn ten_processes_at_one_target_lose_no_record_and_no_change() {
    let sandbox = Sandbox::new();
    set(&sandbox);
    std::thread::scope(|scope| {
        for event in EVENTS {
            scope.spawn(|| sandbox.vodcb(["set", "--add-events", event]).ok());
        }
    });
    let mut records = records(&sandbox);
    records.reverse();
    let numbers: Vec<u64> = records
        .iter()
        .map(|record| record["number"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, (1..=11).collect::<Vec<_>>());
    assert!(records.iter().all(|record| record["result"] == "written"));
    let lines = lines(&sandbox);
    assert_eq!(lines.len(), 22);
    // Each change begins where the one before it ended.
    let writes: Vec<&Value> = lines
        .iter()
        .filter(|line| line["kind"] == "write")
        .collect();
    for pair in writes.windows(2) {
        assert_eq!(pair[0]["after"], pair[1]["before"]);
    }
    let actions = sandbox.actions();
    let sets = actions.iter().filter(|it| *it == "SetMessageCallback");
    assert_eq!(sets.count(), 11);
    for (at, action) in actions.iter().enumerate() {
        if action == "SetMessageCallback" {
            let read_back = actions[at + 1..]
                .iter()
                .any(|it| it == "GetMessageCallback");
            assert!(read_back, "{actions:?}");
        }
    }
    let stored = sandbox.vodcb(["get", "-o", "json"]).json();
    assert_eq!(stored["events"].as_array().unwrap().len(), 11);
}

/// They do not wait for each other at the target, only at the file.
#[test]
fn ten_processes_at_ten_targets_share_one_history() {
    let sandbox = Sandbox::new();
    let apps: Vec<String> = (0..10).map(|n| format!("app-100000{n}")).collect();
    std::thread::scope(|scope| {
        for app in &apps {
            scope.spawn(|| {
                let args = ["set", "--http-url", URL, "--app-id", app.as_str()];
                sandbox.vodcb(args).ok()
            });
        }
    });
    let records = records(&sandbox);
    let all = |name: &str| -> BTreeSet<String> {
        records.iter().map(|it| it[name].to_string()).collect()
    };
    assert_eq!(all("number").len(), 10);
    assert_eq!(all("app_id").len(), 10);
    assert_eq!(all("result"), ["\"written\"".to_owned()].into());
    assert_eq!(lines(&sandbox).len(), 20);
}

fn killed(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_process_killed_before_its_write_leaves_an_unknown_that_undo_sees_through() {
    let sandbox = Sandbox::with(&["delete:slow=60000"], &[]);
    set(&sandbox);
    sandbox
        .vodcb(["set", "--http-url", "https://example.com/2"])
        .ok();
    let mut command = sandbox.command(["delete", "--yes", "--timeout", "100"]);
    let child = command.stderr(Stdio::null()).spawn().unwrap();
    until("the record", || {
        std::fs::read_to_string(file(&sandbox))
            .unwrap()
            .contains("\"number\":3")
    });
    killed(child);
    let newest = &records(&sandbox)[0];
    assert_eq!(newest["result"], "unknown");
    assert_eq!(newest["ended"], Value::Null);
    let shown = sandbox.vodcb(["history", "show", "3"]).ok().stdout;
    assert!(
        shown.contains("the process ended, or still runs"),
        "{shown}"
    );
    sandbox
        .vodcb(["undo", "--yes"])
        .ok()
        .says(&["undoing change 2"]);
    let stored = sandbox.vodcb(["get", "-o", "json"]).json();
    assert_eq!(stored["url"], URL);
}

#[test]
fn a_process_killed_after_its_write_leaves_an_unknown_that_can_be_undone() {
    let sandbox = Sandbox::with(&["delete:slow-after=60000"], &[]);
    set(&sandbox);
    let mut command = sandbox.command(["delete", "--yes", "--timeout", "100"]);
    let child = command.stderr(Stdio::null()).spawn().unwrap();
    until("the effect", || {
        sandbox.vodcb(["get", "--require-configured"]).code == 1
    });
    killed(child);
    assert_eq!(records(&sandbox)[0]["result"], "unknown");
    sandbox
        .vodcb(["undo", "--yes"])
        .ok()
        .says(&["undoing change 2"]);
    let stored = sandbox.vodcb(["get", "-o", "json"]).json();
    assert_eq!(stored["url"], URL);
}

#[test]
fn how_a_write_ended_is_recorded() {
    for (fault, code, result) in [
        ("set:unavailable", 5, "not written"),
        ("set:reset-before", 7, "unknown"),
        ("set:deny", 3, "not written"),
        ("set:foreign", 6, "unknown"),
        ("set:reset-after", 0, "written"),
    ] {
        let sandbox = Sandbox::with(&[fault], &[]);
        sandbox
            .vodcb(["set", "--http-url", URL, "--retries", "0"])
            .exits(code);
        let record = records(&sandbox).remove(0);
        assert_eq!(record["result"], result, "{fault}");
        assert_eq!(record["error"].is_null(), code == 0, "{fault}: {record}");
        if code == 0 {
            let stored = sandbox.vodcb(["get", "-o", "json"]).json();
            assert_eq!(record["fingerprint"], stored["fingerprint"]);
        }
    }
}

#[test]
fn the_table_has_the_newest_change_first() {
    let sandbox = Sandbox::new();
    set(&sandbox);
    sandbox
        .vodcb(["set", "--add-events", "SnapshotComplete"])
        .ok();
    sandbox.vodcb(["delete", "--yes"]).ok();
    let table = sandbox.vodcb(["history"]).ok().stdout;
    let rows: Vec<&str> = table.lines().collect();
    assert_eq!(rows.len(), 4, "{table}");
    for (row, words) in rows.iter().zip([
        &["NO.", "TIME (UTC)", "TARGET", "COMMAND", "CHANGE", "RESULT"][..],
        &["3 ", "delete", "removed", "written"],
        &["2 ", "set", "events +SnapshotComplete", "written"],
        &[
            "1 ",
            "cn-shanghai app-1000000 at http://127.0.0.1",
            "set up: https://example.com/vod",
        ],
    ]) {
        for word in words {
            assert!(row.contains(word), "no {word:?} in {row:?}");
        }
    }
}

#[test]
fn the_table_names_accounts_where_there_are_several() {
    let mut sandbox = Sandbox::new();
    let line = |number: u64, key: &str| {
        format!(
            r#"{{"schema_version":1,"kind":"write","number":{number},"at":"2026-07-01T00:00:00Z","account_id":null,"access_key_id":"{key}","endpoint":"emulator","region":"cn-shanghai","app_id":"app-1000000","command":"delete","changed":["method"],"before":null,"after":null}}"#
        ) + "\n"
    };
    set(&sandbox);
    let file = sandbox.vodcb(["history", "-o", "json"]).json()["file"].clone();
    let file = file.as_str().unwrap();
    sandbox.set("COLUMNS", "200");
    for (keys, shown) in [
        (["LTAI…0001", "LTAI…0001"], false),
        (["LTAI…0001", "LTAI…0002"], true),
    ] {
        let lines = line(1, keys[0]) + &line(2, keys[1]);
        std::fs::write(file, lines).unwrap();
        let table = sandbox.vodcb(["history"]).ok().stdout;
        assert_eq!(table.contains("ACCOUNT"), shown, "{table}");
        assert_eq!(keys.iter().all(|key| table.contains(key)), shown, "{table}");
    }
}

#[test]
fn flags_choose_what_is_shown_and_settings_do_not() {
    let mut sandbox = Sandbox::new();
    for app in ["app-1000000", "app-2", "app-3"] {
        sandbox
            .vodcb(["set", "--http-url", URL, "--app-id", app])
            .ok();
    }
    let count = |sandbox: &Sandbox, args: &[&str]| {
        let run = sandbox.vodcb([&["history", "-o", "json"], args].concat());
        let document = run.ok().json();
        let shown = document["records"].as_array().unwrap().len();
        (shown, document["total"].as_u64().unwrap())
    };
    assert_eq!(count(&sandbox, &[]), (3, 3));
    assert_eq!(count(&sandbox, &["--limit", "2"]), (2, 3));
    assert_eq!(count(&sandbox, &["--app-id", "app-2"]), (1, 1));
    assert_eq!(count(&sandbox, &["--region", "cn-beijing"]), (0, 0));
    assert_eq!(count(&sandbox, &["--emulator"]), (0, 0));
    let url = sandbox.url().to_owned();
    assert_eq!(count(&sandbox, &["--endpoint", &url]), (3, 3));
    sandbox.set("VODCB_APP_ID", "app-2");
    assert_eq!(count(&sandbox, &[]), (3, 3));
    sandbox
        .vodcb(["history", "--limit", "1"])
        .ok()
        .says(&["left out: 2 older changes; --limit 3 shows all"]);
    sandbox.vodcb(["history", "--limit", "0"]).exits(2);
    sandbox
        .vodcb(["history", "--limit", "1", "show", "1"])
        .exits(2)
        .says(&["--limit is about the list"]);
    sandbox.vodcb(["history", "-o", "json", "show", "1"]).ok();
    sandbox.vodcb(["history", "-o", "raw"]).exits(2);
    let unknown = ["--query", "records[?result=='unknown'].number"];
    let run = sandbox.vodcb([&["history", "-o", "json"][..], &unknown].concat());
    assert_eq!(run.ok().json(), json!([]));
    assert_eq!(sandbox.actions().len(), 9, "history asks nobody");
}

#[test]
fn an_empty_history_says_where_it_would_be() {
    let mut sandbox = Sandbox::offline();
    let path = file(&sandbox).display().to_string();
    let run = sandbox.vodcb(["history"]).ok();
    assert_eq!(
        run.stdout,
        format!("There is no change to show in {path}.\n")
    );
    sandbox
        .vodcb(["history", "show", "1"])
        .exits(2)
        .says(&["the history has no change 1", "it is empty"]);
    for (mode, recording, said) in [
        ("off", "off", "changes are not recorded"),
        ("no-secrets", "no-secrets", "without callback keys"),
    ] {
        sandbox.set("VODCB_HISTORY", mode);
        sandbox.vodcb(["history"]).ok().says(&[said]);
        let document = sandbox.vodcb(["history", "-o", "json"]).ok().json();
        assert_eq!(
            document,
            json!({"schema_version": 1, "file": path, "recording": recording, "total": 0, "records": []})
        );
    }
    sandbox.set("VODCB_HISTORY", "sometimes");
    sandbox
        .vodcb(["history"])
        .exits(2)
        .says(&["VODCB_HISTORY takes on, off or no-secrets"]);
}

#[test]
fn one_change_is_shown_whole_and_its_key_only_on_demand() {
    let mut sandbox = Sandbox::new();
    sandbox.set("VOD_KEY", AUTH_KEY);
    set(&sandbox);
    sandbox.vodcb(["set", "--auth-key-env", "VOD_KEY"]).ok();
    sandbox.vodcb(["delete", "--yes"]).ok();
    for number in ["2", "3"] {
        for form in ["table", "json", "yaml"] {
            let args = ["history", "show", number, "-o", form];
            let hidden = sandbox.vodcb([&args[..], &["--debug"]].concat()).ok();
            assert!(!format!("{hidden:?}").contains(&AUTH_KEY[4..16]));
            assert!(hidden.stdout.contains("Qx••••"), "{hidden:?}");
            let shown = sandbox
                .vodcb([&args[..], &["--show-auth-key"]].concat())
                .ok();
            assert!(shown.stdout.contains(AUTH_KEY), "{shown:?}");
        }
    }
    let list = sandbox.vodcb(["history", "-o", "json", "--debug"]).ok();
    assert!(!format!("{list:?}").contains(&AUTH_KEY[4..16]));
    let document = sandbox
        .vodcb(["history", "show", "2", "-o", "json"])
        .ok()
        .json();
    assert_eq!(document["changed"], json!(["auth", "auth_key"]));
    let changes = json!([
        {"field": "auth", "before": "off", "after": "on"},
        {"field": "auth_key", "before": null, "after": "Qx••••"},
    ]);
    assert_eq!(document["changes"], changes);
    assert_eq!(list.json()["records"][1]["changes"], changes);
    assert_eq!(document["before"]["auth"], "off");
    assert_eq!(document["after"]["auth"], "on");
    assert_eq!(document["after"]["events"], json!(["TranscodeComplete"]));
    let document = sandbox
        .vodcb(["history", "show", "3", "-o", "json"])
        .ok()
        .json();
    assert_eq!(document["after"]["configured"], false);
    sandbox
        .vodcb(["history", "show", "4"])
        .exits(2)
        .says(&["no change 4", "from 1 to 3"]);
}

/// Both keys are hidden then, and that the one replaced the other is known all the same.
#[test]
fn a_change_of_a_key_that_was_not_kept_is_listed_without_it() {
    let mut sandbox = Sandbox::new();
    sandbox.set("VODCB_HISTORY", "no-secrets");
    sandbox.set("VOD_KEY", AUTH_KEY);
    set(&sandbox);
    sandbox.vodcb(["set", "--auth-key-env", "VOD_KEY"]).ok();
    sandbox.set("VOD_KEY", "Another1KeyOfTheTarget");
    sandbox.vodcb(["set", "--auth-key-env", "VOD_KEY"]).ok();
    assert_eq!(
        records(&sandbox)[0]["changes"],
        json!([{"field": "auth_key", "before": "••••", "after": "••••"}])
    );
    sandbox.set("VODCB_HISTORY", "on");
    sandbox
        .vodcb(["set", "--generate-auth-key"])
        .ok()
        .says(&["vodcb history show 4 --show-auth-key"]);
}

#[test]
fn damaged_and_newer_lines_are_named_and_left_out() {
    let sandbox = Sandbox::new();
    set(&sandbox);
    let mut text = std::fs::read_to_string(file(&sandbox)).unwrap();
    text.push_str("{\"schema_version\":1,\"kind\":\"write\",\"num\n");
    text.push_str("{\"schema_version\":2,\"kind\":\"write\",\"number\":7}\n\n\u{FFFD}\n");
    text.push_str("{\"schema_version\":1,\"kind\":\"wri");
    std::fs::write(file(&sandbox), &text).unwrap();
    let run = sandbox.vodcb(["history", "-o", "json"]).ok().says(&[
        "history.ndjson: what cannot be understood is left out: line 3, line 6",
        "history.ndjson: what was written by a newer vodcb is left out: line 4",
    ]);
    assert_eq!(run.json()["total"], 1, "the torn last line is passed over");
    sandbox
        .vodcb(["set", "--add-events", "SnapshotComplete"])
        .ok();
    let run = sandbox.vodcb(["history", "-o", "json"]).ok();
    assert!(run.stderr.contains("line 3, line 6, line 7"), "{run:?}");
    let newest = &run.json()["records"][0];
    assert_eq!(
        (&newest["number"], &newest["result"]),
        (&json!(8), &json!("written"))
    );
    sandbox.vodcb(["undo", "--yes"]).ok();
}

#[test]
fn what_cannot_be_read_is_an_error_and_nothing_is_written() {
    let sandbox = Sandbox::new();
    std::fs::create_dir_all(file(&sandbox)).unwrap();
    for args in [&["history"][..], &["undo", "--yes"]] {
        let run = sandbox.vodcb(args.iter().copied()).exits(2);
        assert!(
            run.stderr.contains("history.ndjson cannot be read"),
            "{run:?}"
        );
    }
    sandbox
        .vodcb(["set", "--http-url", URL])
        .exits(2)
        .says(&["nothing was written to the service"]);
}

#[test]
fn a_history_of_eight_megabytes_loses_its_older_half() {
    let sandbox = Sandbox::new();
    set(&sandbox);
    let text = std::fs::read_to_string(file(&sandbox)).unwrap();
    let pair = |number: u64| text.replace("\"number\":1,", &format!("\"number\":{number},"));
    let mut long = String::new();
    let mut last = 0;
    while long.len() <= 8 * 1024 * 1024 {
        last += 1;
        long.push_str(&pair(last));
    }
    std::fs::write(file(&sandbox), &long).unwrap();
    sandbox
        .vodcb(["set", "--add-events", "SnapshotComplete"])
        .ok();
    let kept = std::fs::read(file(&sandbox)).unwrap();
    assert!(
        kept.len() <= 4 * 1024 * 1024 + 2 * text.len(),
        "{}",
        kept.len()
    );
    let contents = lines::read(&kept);
    assert!(contents.damaged.is_empty() && contents.newer.is_empty());
    let numbers: Vec<u64> = contents.records.iter().map(|it| it.number).collect();
    let first = numbers[0];
    assert_eq!(numbers, (first..=last + 1).collect::<Vec<_>>());
    let folder = file(&sandbox).parent().unwrap().to_owned();
    let leftovers = std::fs::read_dir(folder).unwrap().filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        name.to_string_lossy().starts_with(".history")
    });
    assert_eq!(leftovers.count(), 0);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = file(&sandbox).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn the_newest_lines_that_fit_are_whole() {
    assert_eq!(lines::newest(b"a\nbb\nccc\n", 100), b"a\nbb\nccc\n");
    assert_eq!(lines::newest(b"a\nbb\nccc\n", 5), b"ccc\n");
    assert_eq!(lines::newest(b"a\nbb\nccc\n", 4), b"");
    assert_eq!(lines::next_number(b""), 1);
    assert_eq!(
        lines::next_number(b"garbage\n{\"kind\":\"end\",\"number\":9}\n"),
        1
    );
    let two = b"{\"kind\":\"write\",\"number\":6}\n{\"kind\":\"end\",\"number\":5}\n{\"kin";
    assert_eq!(lines::next_number(two), 7);
}

/// Eighteen names that went say less than the two that are left, and make a row that no terminal holds.
#[test]
fn a_row_tells_what_is_left_of_all_events_or_what_went_whichever_is_shorter() {
    let sandbox = Sandbox::new();
    let url = "https://example.com/vod";
    sandbox
        .vodcb(["set", "--http-url", url, "--events", "ALL"])
        .ok();
    sandbox
        .vodcb(["set", "--remove-events", "SnapshotComplete"])
        .ok();
    sandbox.vodcb(["set", "--events", "ALL"]).ok();
    let two = "TranscodeComplete,FileUploadComplete";
    sandbox.vodcb(["set", "--events", two]).ok();
    let rows = sandbox.vodcb(["history"]).ok().stdout;
    for told in [
        "events -SnapshotComplete ",
        "events only FileUploadComplete TranscodeComplete ",
    ] {
        assert!(rows.contains(told), "no {told:?} in {rows}");
    }
    let longest = rows.lines().map(str::len).max();
    assert!(longest < Some(200), "{longest:?}: {rows}");
}
