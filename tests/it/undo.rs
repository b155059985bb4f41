//! Taking changes back: every kind of change, and what must not or cannot be taken back.

use serde_json::Value;

use crate::queue::forward::eventually;
use crate::sandbox::{ACCOUNT_ID, AUTH_KEY, Run, Sandbox};

const URL: &str = "https://example.com/vod";

/// Everything of the target that `get` tells but the request's id.
fn stored(sandbox: &Sandbox) -> Value {
    let args = ["get", "-o", "json", "--show-auth-key"];
    let mut document = sandbox.vodcb(args).ok().json();
    document["request_id"] = Value::Null;
    document
}

/// A signed HTTP callback with one event.
fn configured(faults: &[&str], quirks: &[&str]) -> Sandbox {
    let mut sandbox = Sandbox::with(faults, quirks);
    sandbox.set("VOD_KEY", AUTH_KEY);
    let set = ["set", "--http-url", URL, "--events", "TranscodeComplete"];
    sandbox
        .vodcb([&set[..], &["--auth-key-env", "VOD_KEY"]].concat())
        .ok();
    sandbox
}

fn undo(sandbox: &Sandbox, args: &[&str]) -> Run {
    sandbox.vodcb([&["undo", "--yes"], args].concat())
}

/// Writes to the service so far.
fn writes(sandbox: &Sandbox) -> usize {
    let actions = sandbox.actions();
    let writes = actions.iter().filter(|it| !it.starts_with("Get"));
    writes.count()
}

/// Whether the change with this number is recorded, so that it holds the turn and is about to be written.
fn begun(sandbox: &Sandbox, number: u64) -> bool {
    let file = sandbox.home().join(".local/state/vodcb/history.ndjson");
    std::fs::read_to_string(file)
        .unwrap()
        .contains(&format!("\"number\":{number},"))
}

#[test]
fn every_kind_of_change_is_taken_back_and_brought_back() {
    for change in [
        &["set", "--http-url", "https://example.com/other"][..],
        &["set", "--add-events", "SnapshotComplete"],
        &["set", "--events", "none"],
        &["set", "--events", "ALL"],
        &["set", "--auth", "off"],
        &["set", "--generate-auth-key"],
        &["set", "--mns-queue", "q1", "--no-queue-check"],
        &["delete", "--yes"],
    ] {
        let sandbox = configured(&[], &[]);
        sandbox.queue("q1", 30);
        let before = stored(&sandbox);
        sandbox.vodcb(change.iter().copied()).ok();
        let after = stored(&sandbox);
        assert_ne!(before, after, "{change:?}");
        let run = undo(&sandbox, &[]).ok().says(&["undoing change 2"]);
        assert!(!format!("{run:?}").contains(AUTH_KEY), "{run:?}");
        assert_eq!(stored(&sandbox), before, "{change:?}");
        undo(&sandbox, &[]).ok().says(&["undoing change 3: undo 2"]);
        assert_eq!(stored(&sandbox), after, "{change:?}");
        undo(&sandbox, &[]).ok().says(&["undoing change 4: undo 3"]);
        assert_eq!(stored(&sandbox), before, "{change:?}");
    }
}

/// A script learns from the document which change to name later, and which one was taken back.
#[test]
fn documents_of_changes_have_their_number_in_the_history() {
    let mut sandbox = configured(&[], &[]);
    let number = |sandbox: &Sandbox, args: &[&str]| {
        let document = sandbox.vodcb([args, &["-o", "json"]].concat()).ok().json();
        let member = |name| document.get(name).cloned();
        (member("number"), member("undone"))
    };
    let all = ["set", "--events", "ALL"];
    assert_eq!(number(&sandbox, &all), (Some(2.into()), None));
    assert_eq!(number(&sandbox, &all), (None, None));
    let undo = ["undo", "--yes"];
    let planned = ["undo", "--dry-run"];
    assert_eq!(number(&sandbox, &planned), (None, Some(2.into())));
    assert_eq!(number(&sandbox, &undo), (Some(3.into()), Some(2.into())));
    let first = ["undo", "1", "--yes"];
    assert_eq!(number(&sandbox, &first), (Some(4.into()), Some(1.into())));
    assert_eq!(number(&sandbox, &undo), (Some(5.into()), Some(4.into())));
    let delete = ["delete", "--yes"];
    assert_eq!(number(&sandbox, &delete), (Some(6.into()), None));
    sandbox.set("VODCB_HISTORY", "off");
    let set = ["set", "--http-url", URL];
    assert_eq!(number(&sandbox, &set), (None, None));
}

#[test]
fn undoing_the_first_change_removes_the_callback_and_says_so() {
    let sandbox = configured(&[], &[]);
    let run = undo(&sandbox, &["-o", "json"]).ok();
    assert!(
        run.stderr
            .contains("nothing was configured, so undoing it removes the callback")
    );
    assert_eq!(run.json()["result"], "written");
    assert_eq!(run.json()["configured"], false);
    assert_eq!(stored(&sandbox)["configured"], false);
    undo(&sandbox, &[]).ok();
    assert_eq!(stored(&sandbox)["url"], URL);
}

#[test]
fn an_older_change_is_taken_back_by_its_number_with_what_came_after() {
    let sandbox = configured(&[], &[]);
    let before = stored(&sandbox);
    sandbox.vodcb(["set", "--events", "ALL"]).ok();
    sandbox.vodcb(["set", "--auth", "off"]).ok();
    undo(&sandbox, &["2"]).ok().says(&[
        "not as change 2 left it",
        "events ALL -> a list",
        "auth off -> on",
    ]);
    assert_eq!(stored(&sandbox), before);
    let so_far = writes(&sandbox);
    let run = undo(&sandbox, &["2"]).ok().says(&["already so"]);
    assert!(!run.stderr.contains("not as change 2 left it"), "{run:?}");
    assert_eq!(writes(&sandbox), so_far);
}

#[test]
fn a_dry_run_shows_and_writes_nothing() {
    let sandbox = configured(&[], &[]);
    sandbox.vodcb(["set", "--auth", "off"]).ok();
    let (before, so_far) = (stored(&sandbox), writes(&sandbox));
    let run = sandbox.vodcb(["undo", "--dry-run", "-o", "json"]).ok();
    assert_eq!(run.json()["result"], "planned");
    assert_eq!(run.json()["auth"], "on");
    assert_eq!(stored(&sandbox), before);
    assert_eq!(writes(&sandbox), so_far);
}

#[test]
fn without_a_terminal_it_needs_yes_and_if_match_holds() {
    let sandbox = configured(&[], &[]);
    sandbox
        .vodcb(["undo"])
        .exits(2)
        .says(&["undo needs a confirmation", "--yes"]);
    assert_eq!(sandbox.actions().len(), 3, "nothing is sent");
    undo(&sandbox, &["--if-match", "00000000"]).exits(6);
    undo(&sandbox, &["--if-match", "nonsense"]).exits(2);
    let fingerprint = stored(&sandbox)["fingerprint"].as_str().unwrap().to_owned();
    undo(&sandbox, &["--if-match", &fingerprint]).ok();
}

#[test]
fn what_did_not_take_effect_is_passed_over() {
    let faults = ["set:pass*2", "set:deny*1", "set:foreign*1"];
    let sandbox = configured(&faults, &[]);
    sandbox.vodcb(["set", "--auth", "off"]).ok();
    sandbox.vodcb(["set", "--events", "ALL"]).exits(3);
    undo(&sandbox, &["--dry-run"])
        .ok()
        .says(&["undoing change 2"]);
    undo(&sandbox, &["3", "--dry-run"])
        .ok()
        .says(&["already so"]);
    sandbox.vodcb(["set", "--events", "ALL"]).exits(6);
    let so_far = writes(&sandbox);
    undo(&sandbox, &[]).exits(2).says(&[
        "nobody knows whether change 4",
        "neither what was there before it nor what it wrote",
        "vodcb history show 4",
    ]);
    assert_eq!(writes(&sandbox), so_far);
    undo(&sandbox, &["4"]).ok();
    assert_eq!(stored(&sandbox)["auth"], "off");
}

/// Which change is taken back was decided by a state that is gone by the time of the turn.
#[test]
fn a_change_that_is_made_meanwhile_is_not_taken_back_unseen() {
    let sandbox = configured(&[], &[]);
    sandbox.vodcb(["set", "--events", "ALL"]).ok();
    sandbox.afflict(&["set:slow=2500".to_owned()]);
    let before = writes(&sandbox);
    let other = ["set", "--http-url", "https://example.com/two"];
    std::thread::scope(|scope| {
        scope.spawn(|| sandbox.vodcb(other).ok());
        eventually(|| begun(&sandbox, 3));
        undo(&sandbox, &[]).exits(6).says(&[
            "undoing change 2",
            "changed by somebody else meanwhile",
            "no longer the same: url",
            "run the command again",
        ]);
    });
    assert_eq!(writes(&sandbox), before + 1);
    let now = stored(&sandbox);
    assert_eq!(now["url"], "https://example.com/two");
    assert_eq!(now["events"], serde_json::json!(["ALL"]));
    sandbox.afflict(&[]);
    undo(&sandbox, &[]).ok().says(&["undoing change 3"]);
    assert_eq!(stored(&sandbox)["url"], URL);
}

#[test]
fn there_may_be_nothing_to_undo() {
    let mut sandbox = configured(&[], &[]);
    for args in [&["--app-id", "app-2"][..], &["--region", "cn-beijing"]] {
        undo(&sandbox, args)
            .exits(2)
            .says(&["there is nothing to undo for app-", "vodcb history lists"]);
    }
    undo(&sandbox, &["9"])
        .exits(2)
        .says(&["the history has no change 9"]);
    sandbox.set("VODCB_HISTORY", "off");
    undo(&sandbox, &[])
        .ok()
        .says(&["VODCB_HISTORY=off: changes are not recorded, and neither is this undo"]);
}

#[test]
fn a_change_of_another_target_or_service_is_refused_before_anything_is_asked() {
    let mut sandbox = configured(&[], &[]);
    let so_far = sandbox.actions().len();
    undo(&sandbox, &["1", "--region", "cn-beijing"])
        .exits(2)
        .says(&[
            "change 1 was made to app-1000000 in cn-shanghai",
            "vodcb --region cn-shanghai --app-id app-1000000 undo 1",
        ]);
    let url = sandbox.url().to_owned();
    undo(&sandbox, &["1", "--endpoint", "http://127.0.0.1:9"])
        .exits(2)
        .says(&[
            "change 1 was made at",
            "asks http://127.0.0.1:9",
            &format!("add --endpoint {url}"),
        ]);
    undo(&sandbox, &["1", "--emulator"])
        .exits(2)
        .says(&["asks emulator", "leave --emulator out"]);
    sandbox.vodcb(["--emulator", "set", "--http-url", URL]).ok();
    undo(&sandbox, &["2"])
        .exits(2)
        .says(&["was made at emulator", "add --emulator"]);
    undo(&sandbox, &["2", "--emulator"]).ok();
    assert_eq!(sandbox.actions().len(), so_far);
    sandbox.set("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI5tAnotherKeyId02");
    undo(&sandbox, &["1"]).exits(2).says(&[
        "another access key: LTAI…Id01, not LTAI…Id02",
        "--allow-other-key",
    ]);
    assert_eq!(sandbox.actions().len(), so_far);
    undo(&sandbox, &["1", "--allow-other-key"]).exits(3);
}

/// Temporary keys differ from run to run; the role tells whose they are.
#[test]
fn keys_of_a_role_are_known_by_its_account() {
    let mut sandbox = Sandbox::new();
    sandbox.unset("ALIBABA_CLOUD_ACCESS_KEY_ID");
    sandbox.unset("ALIBABA_CLOUD_ACCESS_KEY_SECRET");
    let token = sandbox.file("token", "a token");
    sandbox.set("ALIBABA_CLOUD_OIDC_TOKEN_FILE", token.to_str().unwrap());
    let arn = |account: &str, what: &str| format!("acs:ram::{account}:{what}");
    sandbox.set(
        "ALIBABA_CLOUD_OIDC_PROVIDER_ARN",
        &arn(ACCOUNT_ID, "oidc-provider/ci"),
    );
    sandbox.set("ALIBABA_CLOUD_ROLE_ARN", &arn(ACCOUNT_ID, "role/ci"));
    sandbox.vodcb(["set", "--http-url", URL]).ok();
    let document = sandbox.vodcb(["history", "-o", "json"]).ok().json();
    assert_eq!(document["records"][0]["account_id"], ACCOUNT_ID);
    undo(&sandbox, &["--dry-run"]).ok();
    sandbox.set("ALIBABA_CLOUD_ROLE_ARN", &arn("42", "role/ci"));
    undo(&sandbox, &["1", "--allow-other-key"])
        .exits(2)
        .says(&[&format!(
            "for the account {ACCOUNT_ID}, and this run is for 42"
        )]);
    // What another account changed is none of ours, although its target has the same name.
    sandbox.vodcb(["set", "--http-url", URL]).ok();
    sandbox.set("ALIBABA_CLOUD_ROLE_ARN", &arn(ACCOUNT_ID, "role/ci"));
    undo(&sandbox, &["--dry-run"])
        .ok()
        .says(&["undoing change 1: "]);
}

/// A signed callback whose key no history has.
fn without_kept_keys() -> Sandbox {
    let mut sandbox = Sandbox::new();
    sandbox.set("VODCB_HISTORY", "no-secrets");
    sandbox.set("VOD_KEY", AUTH_KEY);
    sandbox
        .vodcb(["set", "--http-url", URL, "--auth-key-env", "VOD_KEY"])
        .ok();
    sandbox
}

#[test]
fn a_key_that_was_not_kept_has_to_be_given() {
    let mut sandbox = without_kept_keys();
    let before = stored(&sandbox);
    sandbox.set("NEW_KEY", "Another1Key");
    sandbox.vodcb(["set", "--auth-key-env", "NEW_KEY"]).ok();
    sandbox
        .vodcb(["set", "--auth", "off", "--events", "none"])
        .ok();
    let so_far = writes(&sandbox);
    undo(&sandbox, &["2"]).exits(2).says(&[
        "change 2 cannot be undone without the callback key",
        "VODCB_HISTORY=no-secrets kept it out",
        "--auth-key-env NAME",
    ]);
    assert_eq!(writes(&sandbox), so_far);
    undo(&sandbox, &["2", "--auth-key-env", "VOD_KEY"]).ok();
    assert_eq!(stored(&sandbox), before);
    undo(&sandbox, &["1", "--auth-key-env", "VOD_KEY"])
        .exits(2)
        .says(&["no callback key is needed to undo change 1"]);
}

/// What the service shows, and the history proves to be the same, need not be given.
#[test]
fn a_key_that_the_change_did_not_touch_stays() {
    let sandbox = without_kept_keys();
    let signed = stored(&sandbox);
    sandbox.vodcb(["set", "--auth", "off"]).ok();
    let unsigned = stored(&sandbox);
    assert_eq!(unsigned["auth_key"], signed["auth_key"]);
    sandbox.vodcb(["set", "--events", "none"]).ok();
    undo(&sandbox, &[]).ok();
    assert_eq!(stored(&sandbox), unsigned);
    undo(&sandbox, &["2"]).ok();
    assert_eq!(stored(&sandbox), signed);
    sandbox.vodcb(["set", "--auth", "off"]).ok();
    sandbox.vodcb(["delete", "--yes"]).ok();
    undo(&sandbox, &["--dry-run"])
        .ok()
        .says(&["the history does not have it, and it is not restored"]);
}

/// The history of an interrupted write without its key: the rest of the callback tells whether it took effect.
#[test]
fn a_key_that_was_not_kept_does_not_hide_what_an_interrupted_change_did() {
    let sandbox = without_kept_keys();
    sandbox.vodcb(["set", "--events", "none"]).ok();
    let path = sandbox.home().join(".local/state/vodcb/history.ndjson");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut ends = text
        .lines()
        .filter(|line| line.contains("\"kind\":\"end\""));
    let last = ends.next_back().unwrap();
    std::fs::write(&path, text.replace(&format!("{last}\n"), "")).unwrap();
    let run = undo(&sandbox, &["--dry-run", "--auth-key-env", "VOD_KEY"]).ok();
    run.says(&["undoing change 2"]);
}

#[test]
fn a_key_that_the_service_hides_has_to_be_given() {
    let sandbox = configured(&[], &["key=masked"]);
    sandbox.vodcb(["delete", "--yes"]).ok();
    undo(&sandbox, &[]).exits(2).says(&[
        "cannot be undone without the callback key",
        "the service did not show it",
    ]);
    undo(&sandbox, &["--auth-key-env", "VOD_KEY"]).ok();
    let stored = stored(&sandbox);
    assert_eq!(
        (&stored["url"], &stored["auth"]),
        (&URL.into(), &"on".into())
    );
}

/// Authentication is on, so there is a key, whatever Get leaves out.
#[test]
fn a_key_that_the_service_does_not_mention_has_to_be_given() {
    let mut sandbox = configured(&[], &["key=absent"]);
    sandbox.set("NEW_KEY", "Another1Key");
    let wanted_key = |number: u64| {
        let number = number.to_string();
        let show = ["history", "show", &number, "--show-auth-key", "-o", "json"];
        sandbox.vodcb(show).ok().json()["after"]["auth_key"].clone()
    };
    let replaced = ["set", "--auth-key-env", "NEW_KEY"];
    let moved = ["--http-url", "https://example.com/other"];
    for (number, change) in [(2, &replaced[..]), (4, &[&replaced[..], &moved].concat())] {
        sandbox.vodcb(change.iter().copied()).ok();
        let so_far = writes(&sandbox);
        undo(&sandbox, &[]).exits(2).says(&[
            &format!("change {number} cannot be undone without the callback key"),
            "the service did not show it",
            "--auth-key-env NAME",
        ]);
        assert_eq!(writes(&sandbox), so_far);
        undo(&sandbox, &["--auth-key-env", "VOD_KEY"]).ok();
        assert_eq!(wanted_key(number + 1), AUTH_KEY);
        assert_eq!(stored(&sandbox)["url"], URL);
    }
}

#[test]
fn the_public_address_and_the_one_inside_a_vpc_are_one_service() {
    use vodcb::change::{lines, undo};
    let line = r#"{"schema_version":1,"kind":"write","number":1,"at":"2026-01-02T03:04:05Z","command":"set",
        "endpoint":"https://vod-vpc.cn-beijing.aliyuncs.com","account_id":null,"access_key_id":"LTAI…0001",
        "region":"cn-beijing","app_id":"app-1","changed":[],"before":null,"after":null}"#;
    let contents = lines::read(line.replace('\n', " ").as_bytes());
    let record = &contents.records[0];
    let check = |place| undo::check_place(record, &record.target, place, "vodcb undo 1");
    assert!(check("https://vod.cn-beijing.aliyuncs.com").is_ok());
    assert!(check("https://vod.cn-shanghai.aliyuncs.com").is_err());
    assert!(check("https://proxy.example.com").is_err());
}

#[test]
fn a_queue_that_is_gone_is_not_restored() {
    let sandbox = Sandbox::new();
    sandbox
        .vodcb(["set", "--mns-queue", "gone", "--no-queue-check"])
        .ok();
    sandbox.vodcb(["set", "--http-url", URL]).ok();
    undo(&sandbox, &[])
        .exits(4)
        .says(&["there is no queue gone", "--no-queue-check"]);
    assert_eq!(stored(&sandbox)["url"], URL);
    undo(&sandbox, &["--no-queue-check"]).ok();
    assert_eq!(stored(&sandbox)["mns_queue"], "gone");
}
