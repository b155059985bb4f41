//! Many targets as one file: export, diff and apply, told as a user sees them.

use serde_json::{Value, json};

use crate::sandbox::{ACCOUNT_ID, AUTH_KEY, Run, Sandbox};

/// Three targets: signed HTTP, a queue, and one that does not say everything itself.
const MANIFEST: &str = r#"
schema = 1
account = "1234567890123456"

[defaults]
region = "cn-shanghai"
events = ["FileUploadComplete", "TranscodeComplete"]

[[callback]]
app_id = "app-1000000"
url = "https://example.com/vod"
auth_key = { env = "VOD_CALLBACK_KEY" }

[[callback]]
app_id = "app-1000001"
mns_queue = "vod-events"
events = "ALL"

[[callback]]
app_id = "app-1000002"
url = "https://example.com/other"
"#;

/// A sandbox with the manifest in `callbacks.toml` and its key in the environment.
fn sandbox(faults: &[&str]) -> Sandbox {
    let mut sandbox = Sandbox::with(faults, &[]);
    sandbox.queue("vod-events", 30);
    sandbox.set("VOD_CALLBACK_KEY", AUTH_KEY);
    sandbox.file("callbacks.toml", MANIFEST);
    sandbox
}

fn apply<'a>(sandbox: &Sandbox, more: &[&'a str]) -> Run {
    let words: Vec<&'a str> = ["apply", "-f", "callbacks.toml"]
        .into_iter()
        .chain(more.iter().copied())
        .collect();
    silent(sandbox.vodcb(words))
}

/// No run shows the key.
#[track_caller]
fn silent(run: Run) -> Run {
    assert!(
        !run.stdout.contains(AUTH_KEY) && !run.stderr.contains(AUTH_KEY),
        "{run:#?}"
    );
    run
}

fn writes(sandbox: &Sandbox) -> usize {
    let writing =
        |action: &&String| action.ends_with("MessageCallback") && !action.starts_with("Get");
    sandbox.actions().iter().filter(writing).count()
}

/// Application, destination and events of what is configured, by `get`.
fn configured(sandbox: &Sandbox) -> Vec<(String, String, String)> {
    let run = sandbox
        .vodcb(["get", "--all-apps", "-o", "json"])
        .ok()
        .json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let rows = run["callbacks"].as_array().unwrap().iter();
    rows.filter(|row| row["configured"] == true)
        .map(|row| {
            let events: Vec<String> = row["events"].as_array().unwrap().iter().map(text).collect();
            (
                text(&row["app_id"]),
                text(&row["url"]) + &text(&row["mns_queue"]),
                events.join(","),
            )
        })
        .collect()
}

#[test]
fn apply_makes_the_service_as_declared_and_a_second_time_writes_nothing() {
    let sandbox = sandbox(&[]);
    let run = apply(&sandbox, &["--yes"]).ok();
    assert_eq!(
        run.stdout,
        "+ app-1000000 in cn-shanghai: written\n+ app-1000001 in cn-shanghai: written\n+ app-1000002 in cn-shanghai: written\n3 written, 0 unchanged\n"
    );
    let two = "FileUploadComplete,TranscodeComplete";
    assert_eq!(
        configured(&sandbox),
        [
            (
                "app-1000000".into(),
                "https://example.com/vod".into(),
                two.into()
            ),
            ("app-1000001".into(), "vod-events".into(), "ALL".into()),
            (
                "app-1000002".into(),
                "https://example.com/other".into(),
                two.into()
            ),
        ]
    );
    let queue = sandbox
        .vodcb(["get", "--app-id", "app-1000001", "-o", "json"])
        .ok()
        .json();
    assert_eq!(
        queue["mns_endpoint"],
        format!("http://{ACCOUNT_ID}.mns.cn-shanghai.aliyuncs.com/")
    );
    assert_eq!(sandbox.shown_key().trim(), AUTH_KEY);

    assert_eq!(writes(&sandbox), 3);
    let again = apply(&sandbox, &[])
        .ok()
        .says(&["already so; nothing was written"]);
    assert_eq!(
        again.stdout,
        "0 to create, 0 to change, 0 to delete, 3 unchanged\n"
    );
    assert_eq!(writes(&sandbox), 3);
    silent(sandbox.vodcb(["diff", "-f", "callbacks.toml"])).ok();
    let other = ["--app-id", "app-1000001", "--events", "SnapshotComplete"];
    sandbox.vodcb(["set"].into_iter().chain(other)).ok();
    apply(&sandbox, &[])
        .exits(2)
        .says(&["apply would change 1 target, and nobody"]);
    let mended = apply(&sandbox, &["--yes", "-o", "json"]).ok().json();
    let targets = mended["targets"].as_array().unwrap();
    let numbers: Vec<_> = targets.iter().map(|it| it.get("number")).collect();
    // Three changes of the first run, one by set, and this one of the second target.
    assert_eq!(numbers, [None, Some(&5.into()), None]);
}

#[test]
fn nothing_is_written_without_a_confirmation() {
    let sandbox = sandbox(&[]);
    apply(&sandbox, &[]).exits(2).says(&[
        "+ app-1000002 in cn-shanghai\n  + method HTTP\n  + url https://example.com/other\n  + auth off\n  + events FileUploadComplete, TranscodeComplete\n",
        "error: apply would change 3 targets, and nobody is there to confirm it",
        "hint: add --yes, or --dry-run to see what would change",
    ]);
    let no = sandbox.vodcb_with_input(b"n\n", ["--plain", "apply", "-f", "callbacks.toml"]);
    let no = no.exits(130).says(&["not confirmed; nothing was changed"]);
    let dry = apply(&sandbox, &["--dry-run", "--yes"])
        .ok()
        .says(&["dry run; nothing was written"]);
    assert!(
        dry.stdout
            .contains("3 to create, 0 to change, 0 to delete, 0 unchanged\nplan "),
        "{dry:#?}"
    );
    assert_eq!(writes(&sandbox), 0);
    assert!(
        no.stderr.contains("  1.  Yes\n  2.  No\nNumber [2]: "),
        "{no:#?}"
    );
    let yes = sandbox.vodcb_with_input(b"1\n", ["--plain", "apply", "-f", "callbacks.toml"]);
    yes.ok();
    assert_eq!(writes(&sandbox), 3);
}

#[test]
fn nothing_is_written_when_a_target_cannot_be_read() {
    let sandbox = sandbox(&["get@app-1000001:internal"]);
    apply(&sandbox, &["--yes", "--retries", "0"])
        .exits(5)
        .says(&[
            "error: 1 of 3 could not be read, so nothing was compared",
            "app-1000001 in cn-shanghai: ",
        ]);
    assert_eq!(writes(&sandbox), 0);
    sandbox
        .vodcb(["diff", "-f", "callbacks.toml", "--retries", "0"])
        .exits(5);
}

#[test]
fn the_first_failure_ends_it_and_the_next_run_goes_on() {
    let sandbox = sandbox(&["set@app-1000001:error=QuotaExceeded*1"]);
    let run = apply(&sandbox, &["--yes", "-o", "json"])
        .exits(8)
        .says(&["--keep-going goes on with the other targets when one fails"]);
    let results: Vec<Value> = run.json()["targets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|target| target["result"].clone())
        .collect();
    assert_eq!(
        results,
        [json!("written"), json!("failed"), json!("not tried")]
    );
    assert_eq!(run.json()["targets"][1]["error"]["code"], "QuotaExceeded");
    let error = run.error();
    assert_eq!(error["message"], "1 of 3 changes made, 1 failed");
    assert_eq!(
        (&error["exit_code"], &error["applied"]),
        (&json!(8), &json!("yes"))
    );

    let run = apply(&sandbox, &["--yes"]).ok();
    assert!(run.stdout.ends_with("2 written, 1 unchanged\n"), "{run:#?}");
}

/// What is copied from a hint reads the file as this run did.
#[test]
fn hints_name_the_syntax_that_was_named() {
    let sandbox = sandbox(&[]);
    std::fs::rename(
        sandbox.home().join("callbacks.toml"),
        sandbox.home().join("declared"),
    )
    .unwrap();
    sandbox
        .vodcb(["diff", "-f", "declared", "--format", "toml"])
        .exits(1)
        .says(&["hint: vodcb apply -f declared --format toml makes the service as declared"]);
}

#[test]
fn keep_going_tries_the_others() {
    let sandbox = sandbox(&["set@app-1000001:error=QuotaExceeded*1"]);
    let run = apply(&sandbox, &["--yes", "--keep-going"]).exits(8).says(&[
        "error: 2 of 3 changes made, 1 failed",
        "app-1000001 in cn-shanghai: ",
        "hint: run the same command again",
    ]);
    assert!(
        run.stdout.ends_with("2 written, 1 failed, 0 unchanged\n"),
        "{run:#?}"
    );
}

/// The words of a failure may begin with the target already.
#[test]
fn a_failure_names_its_target_once() {
    let sandbox = sandbox(&["set@app-1000001:drop-events"]);
    let run = apply(&sandbox, &["--yes", "--keep-going"]);
    let place = "app-1000001 in cn-shanghai";
    let line = run
        .stderr
        .lines()
        .find(|line| line.contains(place))
        .unwrap();
    assert_eq!(line.matches(place).count(), 1, "{run:?}");
}

/// What helps one target does not help another, so nothing of it is left out.
#[test]
fn every_failure_tells_what_helps() {
    let sandbox = sandbox(&["set@app-1000000:deny", "set@app-1000001:suspended"]);
    let run = apply(&sandbox, &["--yes", "--keep-going", "-o", "json"]).exits(8);
    let error = run.error();
    let hints: Vec<&str> = error["hints"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hint| hint.as_str().unwrap())
        .collect();
    let alone = |fault: &str| {
        let sandbox = Sandbox::with(&[fault], &[]);
        let set = ["set", "--http-url", "https://example.com/", "-o", "json"];
        let error = sandbox.vodcb(set).error();
        let hints = error["hints"].as_array().unwrap().clone();
        hints
            .iter()
            .map(|hint| hint.as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let (denied, suspended) = (alone("set:deny"), alone("set:suspended"));
    assert!(!denied.is_empty() && !suspended.is_empty());
    for remedy in denied.iter().chain(&suspended) {
        let told = hints.iter().filter(|hint| *hint == remedy).count();
        assert_eq!(told, 1, "{remedy} in {hints:#?}");
    }
    assert!(
        hints
            .last()
            .unwrap()
            .starts_with("run the same command again"),
        "{hints:#?}"
    );
}

#[test]
fn each_change_in_doubt_has_its_own_way_back() {
    let sandbox = sandbox(&[
        "set@app-1000000:reset-before",
        "set@app-1000002:reset-before",
    ]);
    let mut run = apply(&sandbox, &["--yes", "--keep-going", "--retries", "0"]).exits(8);
    // The queue was written between the two.
    for (app_id, number) in [("app-1000000", 1), ("app-1000002", 3)] {
        let at = format!("vodcb --region cn-shanghai --app-id {app_id}");
        run = run.says(&[
            &format!("{at} get"),
            &format!("vodcb history show {number} shows it"),
            &format!("{at} undo {number} restores it"),
        ]);
    }
}

/// After a part was done the plan is another one, and so is its fingerprint.
#[test]
fn a_reviewed_plan_that_ended_halfway_goes_on_by_a_new_fingerprint() {
    let sandbox = sandbox(&["set@app-1000001:error=QuotaExceeded*1"]);
    let fingerprint = || {
        let dry = ["--dry-run", "-o", "yaml", "--query", "fingerprint"];
        apply(&sandbox, &dry).ok().stdout.trim().to_owned()
    };
    let reviewed = ["--yes", "--if-match", &fingerprint()].map(str::to_owned);
    let reviewed: Vec<&str> = reviewed.iter().map(String::as_str).collect();
    let run = apply(&sandbox, &reviewed).exits(8);
    let run = run.says(&[
        "hint: --if-match takes the fingerprint of what is left, which is shown by vodcb apply -f callbacks.toml --dry-run",
    ]);
    assert!(
        !run.stderr.contains("run the same command again"),
        "{run:#?}"
    );
    apply(&sandbox, &reviewed).exits(6);
    apply(&sandbox, &["--yes", "--if-match", &fingerprint()]).ok();
}

#[test]
fn when_nothing_was_done_the_failure_itself_decides_the_exit() {
    let sandbox = sandbox(&["set:error=QuotaExceeded"]);
    let run = apply(&sandbox, &["--yes", "-o", "json"]).exits(4);
    assert_eq!(run.error()["applied"], "no");
    let run = apply(&sandbox, &["--yes"])
        .exits(4)
        .says(&["error: 0 of 3 changes made, 1 failed"]);
    assert!(
        run.stdout
            .ends_with("0 written, 1 failed, 2 not tried, 0 unchanged\n"),
        "{run:#?}"
    );
}

#[test]
fn another_account_is_refused_before_vod_is_asked() {
    let sandbox = sandbox(&[]);
    sandbox.file("callbacks.toml", &MANIFEST.replace(ACCOUNT_ID, "42"));
    for command in ["apply", "diff"] {
        sandbox
            .vodcb([command, "-f", "callbacks.toml"])
            .exits(6)
            .says(&[
                "error: the manifest is for account 42, but the caller belongs to 1234567890123456",
                "callbacks.toml:3:11 says so",
            ]);
    }
    assert_eq!(
        sandbox.actions()[2..],
        ["GetCallerIdentity", "GetCallerIdentity"],
        "after the queue was made"
    );
}

fn set_each(sandbox: &Sandbox, region: &str, apps: &[&str]) {
    for app_id in apps {
        let set = [
            "set",
            "--http-url",
            "https://example.com/x",
            "--region",
            region,
            "--app-id",
            app_id,
        ];
        sandbox.vodcb(set).ok();
    }
}

#[test]
fn prune_deletes_what_is_not_declared_and_never_what_is_protected() {
    let sandbox = sandbox(&[]);
    set_each(
        &sandbox,
        "cn-shanghai",
        &["app-1000001", "app-stray", "app-kept", "app-gone"],
    );
    set_each(&sandbox, "cn-beijing", &["app-elsewhere"]);
    let more = "[[callback]]\napp_id = \"app-kept\"\nprotected = true\n[[callback]]\napp_id = \"app-gone\"\nstate = \"absent\"\n";
    sandbox.file("callbacks.toml", &format!("{MANIFEST}\n{more}"));

    let diff = sandbox
        .vodcb(["diff", "-f", "callbacks.toml", "--prune"])
        .exits(1)
        .says(&["hint: vodcb apply -f callbacks.toml --prune makes the service as declared"]);
    assert!(
        diff.stdout
            .ends_with("2 to create, 1 to change, 2 to delete, 0 unchanged, 1 left as they are\n"),
        "{diff:#?}"
    );
    apply(&sandbox, &["--yes"]).ok();
    let names = |sandbox: &Sandbox| -> Vec<String> {
        configured(sandbox).into_iter().map(|row| row.0).collect()
    };
    assert_eq!(
        names(&sandbox),
        [
            "app-1000000",
            "app-1000001",
            "app-1000002",
            "app-kept",
            "app-stray"
        ]
    );
    let run = apply(&sandbox, &["--yes", "--prune"]).ok();
    assert!(
        run.stdout
            .starts_with("- app-stray in cn-shanghai: written\n"),
        "{run:#?}"
    );
    assert_eq!(
        names(&sandbox),
        ["app-1000000", "app-1000001", "app-1000002", "app-kept"]
    );
    // A region that no manifest speaks of is never touched.
    let other = [
        "get",
        "--region",
        "cn-beijing",
        "--app-id",
        "app-elsewhere",
        "--require-configured",
    ];
    sandbox.vodcb(other).ok();
}

#[test]
fn diff_says_what_differs_and_its_exit_code_says_whether() {
    let mut sandbox = sandbox(&[]);
    apply(&sandbox, &["--yes"]).ok();
    sandbox
        .vodcb([
            "set",
            "--remove-events",
            "TranscodeComplete",
            "--auth",
            "off",
        ])
        .ok();
    let run = silent(sandbox.vodcb(["diff", "-f", "callbacks.toml"])).exits(1);
    assert_eq!(
        run.stdout,
        "~ app-1000000 in cn-shanghai\n  ~ auth off -> on\n  + events TranscodeComplete\n0 to create, 1 to change, 0 to delete, 2 unchanged\n"
    );
    sandbox
        .vodcb(["diff", "-f", "callbacks.toml", "--exit-zero"])
        .ok();
    let document = sandbox
        .vodcb(["diff", "-f", "callbacks.toml", "-o", "json"])
        .exits(1)
        .json();
    assert_eq!(
        (&document["same"], &document["counts"]["change"]),
        (&json!(false), &json!(1))
    );
    assert_eq!(
        document["targets"][0]["changes"],
        json!([
            {"field": "auth", "before": "off", "after": "on"},
            {"field": "events", "before": ["FileUploadComplete"], "after": ["FileUploadComplete", "TranscodeComplete"]},
        ])
    );

    apply(&sandbox, &["--yes"]).ok();
    sandbox.set("VOD_CALLBACK_KEY", "Another1Key");
    // The beginning of a SHA-256 of each key, by sha256sum.
    let run = sandbox.vodcb(["diff", "-f", "callbacks.toml"]).exits(1);
    assert!(
        run.stdout.contains(
            "  ~ auth_key key a74a4081 -> key 9688d5eb\n  ! the callback key is replaced"
        ),
        "{run:#?}"
    );
    sandbox.unset("VOD_CALLBACK_KEY");
    sandbox
        .vodcb(["diff", "-f", "callbacks.toml"])
        .exits(2)
        .says(&[
            "error: the environment variable VOD_CALLBACK_KEY is not set",
            "callbacks.toml:12:1 refers to it",
        ]);
    sandbox
        .vodcb(["diff", "-f", "callbacks.toml", "--skip-keys"])
        .ok();
}

#[test]
fn a_service_that_hides_keys_is_not_written_again_and_again() {
    let mut sandbox = Sandbox::with(&[], &["key=masked", "all=expand"]);
    sandbox.queue("vod-events", 30);
    sandbox.set("VOD_CALLBACK_KEY", AUTH_KEY);
    sandbox.file("callbacks.toml", MANIFEST);
    apply(&sandbox, &["--yes"]).ok();
    let again = apply(&sandbox, &[]).ok();
    again.says(&["app-1000000 in cn-shanghai: the service does not show the key, so it could not be compared"]);
    assert_eq!(writes(&sandbox), 3);
}

#[test]
fn keys_come_from_files_and_programs_too() {
    let sandbox = sandbox(&[]);
    sandbox.file("team/keys/vod.txt", &format!("{AUTH_KEY}\n"));
    let manifest = |reference: &str| {
        let text = MANIFEST.replace("{ env = \"VOD_CALLBACK_KEY\" }", reference);
        sandbox.file("team/callbacks.toml", &text);
    };
    let diff = || silent(sandbox.vodcb(["diff", "-f", "team/callbacks.toml"]));
    apply(&sandbox, &["--yes"]).ok();
    // Both begin at the folder of the manifest.
    manifest("{ file = \"keys/vod.txt\" }");
    diff().ok();
    manifest("{ command = [\"/bin/cat\", \"keys/vod.txt\"] }");
    diff().ok();
    manifest("{ file = \"keys/none.txt\" }");
    diff().exits(2).says(&[
        "keys/none.txt cannot be read",
        "team/callbacks.toml:12:1 refers to it",
    ]);
    // No shell sees the words: the semicolon belongs to the name.
    manifest("{ command = [\"/bin/cat\", \"keys/vod.txt; true\"] }");
    diff().exits(2).says(&[
        "error: the command /bin/cat gives no key",
        "/bin/cat ended with exit status: 1",
        "No such file",
    ]);
    manifest("{ command = [\"no-such-program\"] }");
    diff().exits(2).says(&["no-such-program cannot be started"]);
    manifest("{ command = [\"/bin/echo\", \"short\"] }");
    diff().exits(2).says(&[
        "error: the callback key from the command /bin/echo cannot be used",
        "it has no upper-case letter",
    ]);
}

#[test]
fn a_reviewed_plan_is_carried_out_or_none() {
    let sandbox = sandbox(&[]);
    let dry = apply(&sandbox, &["--dry-run"]).ok();
    let plan = dry
        .stdout
        .lines()
        .last()
        .unwrap()
        .strip_prefix("plan ")
        .unwrap()
        .to_owned();
    let document = apply(&sandbox, &["--dry-run", "-o", "json"]).ok().json();
    assert_eq!(document["fingerprint"], plan.as_str());
    sandbox
        .vodcb([
            "set",
            "--app-id",
            "app-1000002",
            "--http-url",
            "https://example.com/faster",
        ])
        .ok();
    apply(&sandbox, &["--yes", "--if-match", &plan])
        .exits(6)
        .says(&["the plan is not the one that --if-match expects"]);
    assert_eq!(writes(&sandbox), 1);
    let now = apply(
        &sandbox,
        &["--dry-run", "-o", "yaml", "--query", "fingerprint"],
    )
    .ok();
    let again = ["--yes", "--if-match", now.stdout.trim()];
    apply(&sandbox, &again).ok();
    let written = writes(&sandbox);
    apply(&sandbox, &again).ok().says(&["already so"]);
    assert_eq!(writes(&sandbox), written);
    for no_plan in ["soon", "none"] {
        apply(&sandbox, &["--if-match", no_plan]).exits(2).says(&[
            "is not the fingerprint of a plan",
            "hint: it is shown by vodcb apply -f callbacks.toml --dry-run",
        ]);
    }
}

#[test]
fn several_files_and_standard_input_are_one_manifest() {
    let sandbox = sandbox(&[]);
    let more = "schema: 1\ndefaults: {region: cn-beijing, events: none}\ncallback:\n- url: https://example.com/b\n";
    let run = sandbox.vodcb_with_input(
        more.as_bytes(),
        ["apply", "-f", "callbacks.toml", "-", "--yes"],
    );
    assert!(
        run.ok()
            .stdout
            .ends_with("+ app-1000000 in cn-beijing: written\n4 written, 0 unchanged\n")
    );
    let broken = sandbox.vodcb_with_input(b"schema: 1\ncallbacks: []\n", ["diff", "-f", "-"]);
    broken.exits(2).says(&[
        "error: standard input:2:1: a manifest has no \"callbacks\"\n  2 | callbacks ••••\n    | ^^^^^^^^^\nhint: did you mean callback?\n",
        "hint: it was read as YAML by the look of it; --format says otherwise",
    ]);
    for flag in ["--region", "--app-id"] {
        sandbox
            .vodcb(["diff", "-f", "callbacks.toml", flag, "cn-shanghai"])
            .exits(2)
            .says(&["does not go with a manifest"]);
    }
    for form in ["raw", "ndjson"] {
        apply(&sandbox, &["--yes", "-o", form]).exits(2);
    }
    sandbox
        .vodcb(["diff", "-f", "nowhere.toml"])
        .exits(2)
        .says(&["error: nowhere.toml cannot be read"]);
}

/// The export of [`MANIFEST`] without its comment.
const EXPORTED: &str = r#"schema = 1
account = "1234567890123456"

[[callback]]
region = "cn-shanghai"
app_id = "app-1000000"
method = "HTTP"
url = "https://example.com/vod"
auth = "on"
auth_key = { env = "VOD_CALLBACK_KEY_CN_SHANGHAI_APP_1000000" }
events = ["FileUploadComplete", "TranscodeComplete"]

[[callback]]
region = "cn-shanghai"
app_id = "app-1000001"
method = "MNS"
mns_endpoint = "http://1234567890123456.mns.cn-shanghai.aliyuncs.com/"
mns_queue = "vod-events"
events = "ALL"

[[callback]]
region = "cn-shanghai"
app_id = "app-1000002"
method = "HTTP"
url = "https://example.com/other"
auth = "off"
events = ["FileUploadComplete", "TranscodeComplete"]
"#;

#[test]
fn export_writes_what_is_there_and_no_key() {
    let sandbox = sandbox(&[]);
    apply(&sandbox, &["--yes"]).ok();
    let run = silent(sandbox.vodcb(["export", "--all-apps", "-f", "out.toml"])).ok().says(&[
        "out.toml was written",
        "3 callbacks of 3 targets",
        "fill VOD_CALLBACK_KEY_CN_SHANGHAI_APP_1000000 with the callback key of app-1000000 in cn-shanghai",
    ]);
    assert_eq!(run.stdout, "");
    let file = sandbox.home().join("out.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let (comment, rest) = text.split_once("\n\n").unwrap();
    assert!(
        comment.lines().all(|line| line.starts_with("# ")),
        "{comment}"
    );
    assert_eq!(rest, EXPORTED);
}

/// The form of the result says nothing about the file, which a pipeline keeps under its own name.
#[test]
fn an_export_into_a_file_tells_what_was_written() {
    let sandbox = sandbox(&[]);
    apply(&sandbox, &["--yes"]).ok();
    let expected = |result: &str| {
        json!({
            "schema_version": 1, "result": result, "file": "out.toml", "format": "toml", "account": ACCOUNT_ID,
            "targets": 3, "callbacks": 3,
            "variables": [{
                "variable": "VOD_CALLBACK_KEY_CN_SHANGHAI_APP_1000000",
                "region": "cn-shanghai", "app_id": "app-1000000",
            }],
        })
    };
    let export = ["export", "--all-apps", "-f", "out.toml", "-o", "json"];
    let export = |more: &[&str]| silent(sandbox.vodcb([&export[..], more].concat()));
    let file = sandbox.home().join("out.toml");
    let refused = ["--query", "abs(file)"];
    export(&refused).exits(2).says(&["--query failed"]);
    for (form, why) in [
        ("raw", "no single answer of the service"),
        ("ndjson", "one document and no stream"),
    ] {
        let run = sandbox.vodcb(["export", "-f", "out.toml", "-o", form]);
        run.exits(2).says(&[why, "use -o "]);
    }
    assert_eq!(export(&["--dry-run"]).ok().json(), expected("planned"));
    assert!(!file.exists());
    assert_eq!(export(&[]).ok().json(), expected("written"));
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.ends_with(EXPORTED), "{text}");
    let count = ["--force", "--query", "callbacks"];
    assert_eq!(export(&count).ok().stdout, "3\n");
}

/// What may be lost stands in the plan, before anybody says yes to it.
#[test]
fn a_plan_tells_of_a_key_that_it_cannot_see_and_of_what_it_removes() {
    for quirk in ["key=masked", "key=absent"] {
        let mut sandbox = Sandbox::with(&[], &[quirk]);
        sandbox.set("K1", "Abcdefgh1234");
        sandbox.set("K2", "Zbcdefgh9876");
        sandbox
            .vodcb([
                "set",
                "--http-url",
                "https://example.com/x",
                "--auth-key-env",
                "K1",
            ])
            .ok();
        sandbox.file(
            "m.toml",
            "schema = 1\n[[callback]]\nregion = \"cn-shanghai\"\nurl = \"https://example.com/y\"\n\
             events = \"ALL\"\nauth_key = { env = \"K2\" }\n",
        );
        let plan = sandbox.vodcb(["apply", "-f", "m.toml", "--dry-run"]).ok();
        let risk = "! the callback key that is written may be another";
        assert!(plan.stdout.contains(risk), "{plan:?}");
        let diff = sandbox
            .vodcb(["diff", "-f", "m.toml", "-o", "json"])
            .exits(1);
        assert!(
            diff.json()["targets"][0]["not_compared"].is_string(),
            "{quirk}"
        );
        sandbox.file(
            "m.toml",
            "schema = 1\n[[callback]]\nregion = \"cn-shanghai\"\nstate = \"absent\"\n",
        );
        let plan = sandbox.vodcb(["apply", "-f", "m.toml", "--dry-run"]).ok();
        let risk = "! the callback is removed and no event is sent any more";
        assert!(plan.stdout.contains(risk), "{plan:?}");
    }
}

/// A file is replaced where a link leads to, and keeps who may read it; nothing else is replaced at all.
#[test]
#[cfg(unix)]
fn export_replaces_regular_files_only_and_keeps_links_and_modes() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let sandbox = sandbox(&[]);
    apply(&sandbox, &["--yes"]).ok();
    let real = sandbox.file("real.toml", "old\n");
    let private = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(&real, private).unwrap();
    let link = sandbox.home().join("link.toml");
    symlink("real.toml", &link).unwrap();
    sandbox.vodcb(["export", "-f", "link.toml", "--force"]).ok();
    assert!(link.is_symlink());
    assert!(
        std::fs::read_to_string(&real)
            .unwrap()
            .contains("schema = 1")
    );
    let mode = real.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let folder = sandbox.home().join("folder.toml");
    std::fs::create_dir(&folder).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(sandbox.home().join("pipe.toml"))
        .status();
    assert!(made.unwrap().success());
    for place in ["pipe.toml", "folder.toml"] {
        let run = sandbox.vodcb(["export", "-f", place, "--force"]);
        run.exits(2)
            .says(&[place, "it is no regular file", "hint: "]);
    }
    assert!(folder.is_dir());
}

#[test]
fn export_replaces_a_file_only_when_told_to_and_as_a_whole() {
    let sandbox = sandbox(&[]);
    apply(&sandbox, &["--yes"]).ok();
    sandbox
        .vodcb(["export", "--all-apps", "-f", "out.toml"])
        .ok();
    let file = sandbox.home().join("out.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let again = ["export", "--all-apps", "-f", "out.toml"];
    sandbox.vodcb(again).exits(2).says(&[
        "error: out.toml exists already",
        "hint: --force replaces it",
    ]);
    sandbox.vodcb(["export", "-f", "out.toml", "--force"]).ok();
    assert!(std::fs::read_to_string(&file).unwrap().len() < text.len());
    let left: Vec<_> = std::fs::read_dir(sandbox.home())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert!(
        left.iter()
            .all(|name| !name.to_string_lossy().starts_with(".tmp")),
        "{left:?}"
    );
    sandbox
        .vodcb(["export", "-f", "no/such/folder.toml"])
        .exits(2)
        .says(&[
            "no/such/folder.toml cannot be written",
            "there is no folder no/such",
            "mkdir -p no/such",
        ]);
    sandbox
        .vodcb(["export", "-f", "planned.toml", "--dry-run"])
        .ok()
        .says(&["dry run; planned.toml would be written"]);
    assert!(!sandbox.home().join("planned.toml").exists());
}

#[test]
fn an_export_that_lacks_a_target_is_none() {
    // The change reads twice; the export cannot read any more.
    let sandbox = Sandbox::with(&["get@app-1000001:pass*2", "get@app-1000001:internal"], &[]);
    for app_id in ["app-1000000", "app-1000001"] {
        sandbox
            .vodcb([
                "set",
                "--http-url",
                "https://example.com/",
                "--app-id",
                app_id,
            ])
            .ok();
    }
    let export = ["export", "--all-apps", "--retries", "0", "-f", "out.toml"];
    sandbox
        .vodcb(export)
        .exits(5)
        .says(&["1 of 2 could not be read, so nothing was written"]);
    assert!(!sandbox.home().join("out.toml").exists());
}

#[test]
fn what_others_stored_survives_an_export() {
    let sandbox = sandbox(&[]);
    let set = [
        "set",
        "--http-url",
        "https://example.com/",
        "--events",
        "BrandNewEvent,FileUploadComplete",
        "--allow-unknown-events",
    ];
    sandbox.vodcb(set).ok();
    for form in ["toml", "yaml", "json"] {
        let text = sandbox.vodcb(["export", "--format", form]).ok().stdout;
        assert!(text.contains("allow_unknown_events"), "{text}");
        let diff = sandbox.vodcb_with_input(text.as_bytes(), ["diff", "-f", "-", "--format", form]);
        diff.ok();
    }
    sandbox
        .vodcb(["export", "-o", "json", "--query", "callback"])
        .exits(2)
        .says(&["--query does not work on a manifest"]);
}

/// No event at all is a word, and never a list that may have come out empty.
#[test]
fn an_export_says_that_no_event_is_sent() {
    let sandbox = sandbox(&[]);
    let url = "https://example.com/";
    sandbox
        .vodcb(["set", "--http-url", url, "--events", "none"])
        .ok();
    for (form, line) in [
        ("toml", "\nevents = \"none\"\n"),
        ("yaml", "\n  events: none\n"),
        ("json", "\"events\": \"none\""),
    ] {
        let text = sandbox.vodcb(["export", "--format", form]).ok().stdout;
        assert!(text.contains(line), "{text}");
        let same = sandbox.vodcb_with_input(text.as_bytes(), ["diff", "-f", "-", "--format", form]);
        same.ok();
    }
}

#[test]
fn an_export_tells_of_a_password_that_it_holds() {
    let sandbox = sandbox(&[]);
    let url = "https://user:S3cretPw9@example.com/";
    sandbox.vodcb(["set", "--http-url", url]).ok();
    let run = sandbox.vodcb(["export"]).ok().says(&[
        "warning: app-1000000 in cn-shanghai: the URL holds a password, and so does the manifest",
    ]);
    assert!(
        run.stdout.contains(url) && !run.stderr.contains("S3cret"),
        "{run:#?}"
    );
}

#[test]
fn the_schema_is_printed_as_it_is() {
    let run = Sandbox::offline().vodcb(["schema", "manifest"]).ok();
    let schema: Value = serde_json::from_str(vodcb::manifest::SCHEMA).unwrap();
    assert_eq!(run.json(), schema);
}

#[test]
fn a_region_that_may_not_be_read_is_not_left_out_of_an_export() {
    let sandbox = Sandbox::with(&["get@cn-beijing:deny"], &[]);
    let export = [
        "export",
        "--regions",
        "cn-shanghai,cn-beijing",
        "-f",
        "out.toml",
    ];
    sandbox.vodcb(export).exits(3).says(&[
        "error: 1 of 2 could not be read, so nothing was written",
        "cn-beijing: ",
        "--regions names the regions that are meant",
    ]);
    assert!(!sandbox.home().join("out.toml").exists());
    let inactive = Sandbox::with(&["get@cn-beijing:not-activated"], &[]);
    inactive
        .vodcb(export)
        .ok()
        .says(&["not available: cn-beijing"]);
}

#[test]
fn every_queue_that_is_missing_is_told_before_anything_is_written() {
    let sandbox = Sandbox::new();
    sandbox.queue("there", 30);
    sandbox.file(
        "callbacks.toml",
        "schema = 1\ndefaults = { region = \"cn-shanghai\", events = \"ALL\" }\n\
         callback = [\n\
         { app_id = \"app-1000000\", url = \"https://example.com/vod\" },\n\
         { app_id = \"app-1000001\", mns_queue = \"there\" },\n\
         { app_id = \"app-1000002\", mns_queue = \"theer\" },\n\
         { app_id = \"app-1000003\", mns_queue = \"elsewhere\" },\n\
         { app_id = \"app-1000004\", mns_queue = \"elsewhere\" },\n]\n",
    );
    for more in [&["--dry-run"][..], &["--yes"]] {
        let run = apply(&sandbox, more).exits(4).says(&[
            "there is no queue elsewhere",
            "also there is no queue theer",
            "did you mean there?",
            "app-1000003 in cn-shanghai is declared at callbacks.toml:7:1",
            "app-1000004 in cn-shanghai is declared at callbacks.toml:8:1",
            "hint: vodcb queue create elsewhere --mns-region cn-shanghai --account-id 1234567890123456 creates",
            "hint: vodcb queue create theer --mns-region",
            "--no-queue-check",
        ]);
        assert_eq!(
            run.stderr.matches("no queue elsewhere").count(),
            1,
            "{run:#?}"
        );
    }
    assert_eq!(writes(&sandbox), 0);
    sandbox.queue("elsewhere", 30);
    apply(&sandbox, &["--yes", "--no-queue-check"]).ok();
    assert_eq!(writes(&sandbox), 5);
}

#[test]
fn without_the_right_to_look_at_a_queue_nothing_is_written_either() {
    let sandbox = sandbox(&["get-queue:pass*1", "get-queue:deny"]);
    apply(&sandbox, &["--yes"])
        .exits(3)
        .says(&["mns:GetQueueAttributes", "--no-queue-check"]);
    assert_eq!(writes(&sandbox), 0);
    apply(&sandbox, &["--yes", "--no-queue-check"]).ok();
}

/// A signal lets the change under way come to its end, leaves the others, and the result says which.
#[test]
#[cfg(unix)]
fn an_interrupted_apply_says_what_was_done() {
    use crate::queue::forward::{eventually, signal};
    for (name, code, word) in [("INT", 130, "interrupted"), ("TERM", 143, "terminated")] {
        let sandbox = sandbox(&["set:slow=1000"]);
        let mut command = sandbox.command(["apply", "-f", "callbacks.toml", "--yes", "-o", "json"]);
        let child = command
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        eventually(|| writes(&sandbox) == 1);
        signal(&child, name);
        let run = Run::of(child.wait_with_output().unwrap()).exits(code);
        let targets = run.json()["targets"].clone();
        let results: Vec<&Value> = targets
            .as_array()
            .unwrap()
            .iter()
            .map(|target| &target["result"])
            .collect();
        // The first change may have been done when the signal came.
        let written = results
            .iter()
            .filter(|result| **result == "written")
            .count();
        let expected = ["written", "written", "not tried", "not tried"];
        assert_eq!(results, expected[2 - written..][..3], "{run:#?}");
        let error = run.error();
        let left = 3 - written;
        assert_eq!(
            error["message"],
            format!("{word}: {written} of 3 changes made, {left} not tried")
        );
        assert_eq!(error["applied"], "yes");
        let hint = error["hint"].as_str().unwrap();
        assert!(hint.ends_with("vodcb diff -f callbacks.toml"), "{hint}");
        assert_eq!(configured(&sandbox).len(), written);
        apply(&sandbox, &["--yes"]).ok();
    }
}

/// Another process has its turn at the target, so nothing is under way yet when the signal comes.
#[cfg(unix)]
#[test]
fn what_waits_for_its_turn_is_not_tried_after_a_signal() {
    use crate::queue::forward::{eventually, signal};
    let sandbox = sandbox(&[]);
    apply(&sandbox, &["--yes"]).ok();
    sandbox.file("callbacks.toml", &MANIFEST.replace("/vod\"", "/changed\""));
    let turns = std::fs::read_dir(sandbox.home().join(".local/state/vodcb/turns")).unwrap();
    let held: Vec<std::fs::File> = turns
        .map(|turn| std::fs::File::open(turn.unwrap().path()).unwrap())
        .inspect(|file| file.try_lock().unwrap())
        .collect();
    let (read, so_far) = (sandbox.actions().len(), writes(&sandbox));
    let child = sandbox.begin(["apply", "-f", "callbacks.toml", "--yes"]);
    eventually(|| sandbox.actions().len() > read + 2);
    signal(&child, "INT");
    let run = Run::of(child.wait_with_output().unwrap()).exits(130);
    assert!(run.stderr.contains("interrupted"), "{run:?}");
    assert_eq!(writes(&sandbox), so_far);
    drop(held);
    apply(&sandbox, &["--yes"]).ok();
}

#[test]
fn regions_served_by_one_host_share_their_callbacks() {
    let entry = |region: &str, app: &str| {
        format!(
            "[[callback]]\nregion = \"{region}\"\napp_id = \"{app}\"\nurl = \"https://example.com/\"\nevents = \"ALL\"\n"
        )
    };
    let sandbox = Sandbox::new();
    let (one, other) = (entry("cn-shanghai", "app-1"), entry("cn-hangzhou", "app-1"));
    sandbox.file("callbacks.toml", &format!("schema = 1\n{one}{other}"));
    sandbox.file("one.toml", &format!("schema = 1\n{one}"));
    sandbox.file("other.toml", &format!("schema = 1\n{other}"));
    for files in [&["callbacks.toml"][..], &["one.toml", "other.toml"]] {
        let words = [&["diff", "-f"], files].concat();
        sandbox.vodcb(words).exits(2).says(&[
            "app-1 in cn-hangzhou is the callback of app-1 in cn-shanghai",
            "served by vod.cn-shanghai.aliyuncs.com",
            "first at ",
        ]);
    }
    // What stands under one name is not pruned under the other.
    let whole = entry("cn-hangzhou", "app-1000000") + &entry("cn-shanghai", "app-1");
    sandbox.file("callbacks.toml", &format!("schema = 1\n{whole}"));
    sandbox
        .vodcb(["set", "--http-url", "https://example.com/"])
        .ok();
    let run = sandbox
        .vodcb(["diff", "-f", "callbacks.toml", "--prune"])
        .exits(1);
    let run = run.says(&["warning: cn-hangzhou has no VOD centre of its own"]);
    assert!(run.stdout.contains("0 to delete"), "{run:#?}");
}

#[test]
fn an_export_has_a_callback_once_that_two_regions_share() {
    let sandbox = Sandbox::new();
    for region in ["cn-shanghai", "cn-hangzhou"] {
        let place = ["--region", region, "--http-url", "https://example.com/"];
        sandbox
            .vodcb([&["set"], &place[..], &["--events", "ALL"]].concat())
            .ok();
    }
    let regions = "cn-shanghai,cn-hangzhou";
    sandbox
        .vodcb(["export", "--regions", regions, "-f", "two.toml"])
        .ok()
        .says(&["app-1000000 in cn-hangzhou is left out: its callback is that of app-1000000 in cn-shanghai"]);
    sandbox.vodcb(["diff", "-f", "two.toml"]).ok();
}

#[test]
fn prune_says_where_it_does_not_look() {
    let sandbox = Sandbox::new();
    sandbox
        .vodcb(["set", "--http-url", "https://example.com/"])
        .ok();
    for (text, told) in [
        (
            "schema = 1\n[defaults]\nregion = \"cn-shanghai\"\n",
            "does not look at cn-shanghai",
        ),
        ("schema = 1\n", "does not look at any region"),
    ] {
        sandbox.file("callbacks.toml", text);
        let run = apply(&sandbox, &["--prune", "--yes"]).ok();
        run.says(&[told, "state = \"absent\" has its region looked at"]);
    }
    assert_eq!(
        configured(&sandbox).len(),
        1,
        "nothing is deleted for a file that says nothing"
    );
}

#[test]
fn every_file_and_every_key_that_is_wrong_is_told_at_once() {
    let sandbox = Sandbox::new();
    let entry = |app: &str, more: &str| {
        format!(
            "[[callback]]\nregion = \"cn-shanghai\"\napp_id = \"{app}\"\nevents = \"ALL\"\nurl = \"https://example.com/\"\n{more}\n"
        )
    };
    let key = |name: &str| format!("auth_key = {{ env = \"{name}\" }}");
    let (one, other) = (
        entry("app-1", &key("KEY_ONE")),
        entry("app-2", &key("KEY_TWO")),
    );
    sandbox.file("keys.toml", &format!("schema = 1\n{one}{other}"));
    sandbox.vodcb(["diff", "-f", "keys.toml"]).exits(2).says(&[
        "error: the environment variable KEY_ONE is not set",
        "keys.toml:7:1 refers to it",
        "also the environment variable KEY_TWO is not set",
        "keys.toml:13:1 refers to it",
        "export KEY_TWO=",
    ]);
    // Somebody took the place of the name for that of the key.
    let literal = entry("app-1", &key("Qx7Lm2Vt9Rb4"));
    sandbox.file("literal.toml", &format!("schema = 1\n{literal}"));
    let run = sandbox
        .vodcb(["diff", "-f", "literal.toml"])
        .exits(2)
        .says(&[
            "an environment variable is not set whose name may be the key itself",
            "literal.toml:7:1 refers to it",
        ]);
    assert!(!run.stderr.contains("Qx7"), "{run:#?}");
    let yes = entry("app-1", "auth_key = { command = [\"yes\"] }");
    sandbox.file("yes.toml", &format!("schema = 1\n{yes}"));
    sandbox.vodcb(["diff", "-f", "yes.toml"]).exits(2).says(&[
        "gives no key",
        "yes prints more than 64 KiB",
        "yes.toml:7:1 refers to it",
    ]);
    let latin = b"schema = 1\naccount = \"\xe9\"\n";
    std::fs::write(sandbox.home().join("latin.toml"), latin).unwrap();
    let run = sandbox.vodcb(["diff", "-f", "latin.toml"]).exits(2);
    run.says(&[
        "error: latin.toml:2:12: this is not UTF-8",
        "hint: save the file as UTF-8",
    ]);
    sandbox.file("a.toml", "schema = 1\nwrong = 1\n");
    sandbox.file("b.toml", "schema = 2\n");
    sandbox
        .vodcb(["diff", "-f", "a.toml", "b.toml", "c.toml"])
        .exits(2)
        .says(&[
            "error: a.toml:2:1: ",
            "also b.toml:1:10: ",
            "also c.toml cannot be read",
        ]);
}
