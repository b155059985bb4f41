//! `vodcb key`

use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::check::{CAREFUL, is_signed, judge};
use crate::receiver::{Receiver, Reply};
use crate::sandbox::{Run, Sandbox};

const OLD: &str = "Old1Kq8Zt3Wm5Xc7";
const NEW: &str = "New2Lp9Yu4Vn6Bd8";

/// A receiver whose keys change while it runs.
struct Shop {
    keys: Arc<Mutex<Vec<String>>>,
    receiver: Receiver,
}

impl Shop {
    fn new() -> Self {
        let keys = Arc::new(Mutex::new(vec![OLD.to_owned()]));
        let held = keys.clone();
        let receiver = Receiver::judging(move |request, _| {
            let keys = held.lock().unwrap();
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            judge(request, &keys, CAREFUL)
        });
        Shop { keys, receiver }
    }

    fn accepts(&self, keys: &[&str]) {
        *self.keys.lock().unwrap() = keys.iter().map(|&key| key.to_owned()).collect();
    }

    fn world(&self, quirks: &[&str]) -> Sandbox {
        signing(&self.receiver, quirks)
    }
}

/// A callback of this receiver that is signed with the old key, and both keys in variables.
fn signing(receiver: &Receiver, quirks: &[&str]) -> Sandbox {
    let mut sandbox = Sandbox::with(&[], quirks);
    sandbox.set("OLD_KEY", OLD);
    sandbox.set("NEW_KEY", NEW);
    let url = receiver.url("/vod");
    sandbox
        .vodcb(["set", "--http-url", &url, "--auth-key-env", "OLD_KEY"])
        .ok();
    sandbox
}

fn rotate(sandbox: &Sandbox, more: &[&str]) -> Run {
    sandbox.vodcb([&["key", "rotate", "--yes"], more].concat())
}

fn configured(sandbox: &Sandbox) -> String {
    let run = sandbox.vodcb(["get", "--show-auth-key", "-o", "json"]).ok();
    run.json()["auth_key"].as_str().unwrap().to_owned()
}

fn results(run: &Run) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let document = run.json();
    let checks = document["checks"].as_array().unwrap().iter();
    checks
        .map(|check| (text(&check["name"]), text(&check["result"])))
        .collect()
}

fn state_files(sandbox: &Sandbox) -> Vec<std::path::PathBuf> {
    let folder = sandbox.home().join(".local/state/vodcb/rotations");
    std::fs::read_dir(folder)
        .map(|entries| entries.map(|entry| entry.unwrap().path()).collect())
        .unwrap_or_default()
}

#[test]
fn a_generated_key_is_one_that_vod_takes() {
    let sandbox = Sandbox::offline();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..5 {
        let key = sandbox.vodcb(["key", "generate"]).ok().stdout;
        let key = key.trim_end().to_owned();
        assert_eq!(key.len(), 32);
        assert!(key.chars().all(|c| c.is_ascii_alphanumeric()));
        assert!(key.chars().any(|c| c.is_ascii_uppercase()));
        assert!(key.chars().any(|c| c.is_ascii_lowercase()));
        assert!(key.chars().any(|c| c.is_ascii_digit()));
        seen.insert(key);
    }
    assert_eq!(seen.len(), 5);
    let document = sandbox.vodcb(["key", "generate", "-o", "json"]).ok().json();
    assert_eq!(document["schema_version"], 1);
    assert_eq!(document["auth_key"].as_str().unwrap().len(), 32);
}

#[test]
fn a_key_is_rotated_step_by_step_without_losing_an_event() {
    let shop = Shop::new();
    let sandbox = shop.world(&[]);
    // 1. A new key is kept; nothing is sent anywhere.
    let run = rotate(
        &sandbox,
        &["--generate-auth-key", "--show-auth-key", "-o", "json"],
    )
    .ok();
    let new = run.json()["rotation"]["new_key"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(run.json()["rotation"]["step"], "prepared");
    assert_eq!((new.len(), configured(&sandbox).as_str()), (32, OLD));
    assert!(shop.receiver.requests().is_empty());
    // 2. The receiver does not know it yet, so VOD is not given it.
    let run = rotate(&sandbox, &["-o", "json"]).exits(1);
    let expected = [
        ("accepts-old", "pass"),
        ("accepts-new", "fail"),
        ("refuses-other", "pass"),
    ];
    assert_eq!(results(&run), crate::check::pairs(&expected), "{run:?}");
    let told = run
        .stdout
        .contains("does not know this key yet: have it accept both keys");
    assert!(told && !run.stdout.contains("wants a login"), "{run:?}");
    assert_eq!(configured(&sandbox), OLD);
    rotate(&sandbox, &["--finish"])
        .exits(2)
        .says(&["still signs with the old key"]);
    // It accepts both: the switch.
    shop.accepts(&[OLD, &new]);
    let run = rotate(&sandbox, &[])
        .ok()
        .says(&["signs with the new key", "key rotate --finish"]);
    assert!(
        !run.stdout.contains(&new) && !run.stderr.contains(&new),
        "{run:?}"
    );
    assert_eq!(configured(&sandbox), new);
    rotate(&sandbox, &[]).ok().says(&["already so"]);
    let status = sandbox.vodcb(["key", "status", "-o", "json"]).ok().json();
    assert_eq!(status["rotation"]["step"], "switched");
    assert!(
        status["rotation"]["switched"]
            .as_str()
            .unwrap()
            .ends_with('Z')
    );
    assert_eq!(status["rotation"]["old_key"], "Ol••••");
    // 3. The old key must be gone before it is forgotten.
    let run = rotate(&sandbox, &["--finish", "-o", "json"]).exits(1);
    let expected = [("accepts-new", "pass"), ("refuses-old", "fail")];
    assert_eq!(results(&run), crate::check::pairs(&expected), "{run:?}");
    shop.accepts(&[&new]);
    rotate(&sandbox, &["--finish"]).ok().says(&["finished"]);
    let status = sandbox.vodcb(["key", "status", "-o", "json"]).ok().json();
    assert_eq!(status["rotation"], Value::Null);
    assert!(state_files(&sandbox).is_empty(), "the keys are forgotten");
    rotate(&sandbox, &["--finish"])
        .exits(2)
        .says(&["no rotation was begun"]);
}

#[test]
fn a_key_that_the_receiver_has_already_is_proved_and_switched_at_once() {
    let shop = Shop::new();
    shop.accepts(&[OLD, NEW]);
    let sandbox = shop.world(&[]);
    let run = rotate(&sandbox, &["--auth-key-env", "NEW_KEY", "-o", "json"]).ok();
    assert!(
        results(&run).iter().all(|(_, result)| result == "pass"),
        "{run:?}"
    );
    assert_eq!(run.json()["auth_key"], "Ne••••");
    // It is the second change, after the one that set the callback up.
    assert_eq!(run.json()["number"], 2);
    assert_eq!(configured(&sandbox), NEW);
    let signed = shop.receiver.requests();
    assert_eq!(signed.len(), 3);
    assert!(is_signed(&signed[0], OLD) && is_signed(&signed[1], NEW));
    assert!(!is_signed(&signed[2], OLD) && !is_signed(&signed[2], NEW));
}

#[test]
fn a_receiver_that_accepts_every_key_proves_nothing() {
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let sandbox = signing(&receiver, &[]);
    let run = rotate(&sandbox, &["--auth-key-env", "NEW_KEY", "-o", "json"]).exits(1);
    assert_eq!(results(&run).last().unwrap().1, "fail");
    assert_eq!(configured(&sandbox), OLD);
}

/// Of all statuses only a 4xx says that the client's request is at fault (RFC 9110, 15.5), and of these 408,
/// 425 and 429 say that it may be sent again as it is (RFC 9110, 15.5.9; RFC 8470, 5.2; RFC 6585, 4).
#[test]
fn a_receiver_that_breaks_down_or_redirects_has_refused_no_key() {
    let refusal = "refuse it with a status of 400 to 499";
    let later = "it asks to send the same later: do so, or have the receiver judge signatures before it counts calls";
    for (status, result, remedy) in [
        (500, "fail", refusal),
        (301, "fail", refusal),
        (204, "fail", refusal),
        (408, "fail", later),
        (425, "fail", later),
        (429, "fail", later),
        (403, "pass", ""),
    ] {
        let receiver = Receiver::judging(move |request, _| {
            Reply::Status(match is_signed(request, OLD) || is_signed(request, NEW) {
                true => 200,
                false => status,
            })
        });
        let mut sandbox = Sandbox::new();
        sandbox.set("OLD_KEY", OLD);
        sandbox.set("NEW_KEY", NEW);
        let url = receiver.url("/vod");
        sandbox
            .vodcb(["set", "--http-url", &url, "--auth-key-env", "OLD_KEY"])
            .ok();
        let run = rotate(&sandbox, &["--auth-key-env", "NEW_KEY", "-o", "json"]);
        let last = run.json()["checks"][2].clone();
        assert_eq!(last["name"], "refuses-other");
        assert_eq!(last["result"], result, "{status}: {run:?}");
        if result == "pass" {
            assert_eq!(configured(&sandbox), NEW);
            continue;
        }
        assert_eq!(run.code, 1, "{run:?}");
        let cause =
            format!("a signature by another key was answered {status}, which is no refusal");
        assert_eq!(last["cause"], cause);
        assert_eq!(last["remedy"], remedy);
        assert_eq!(configured(&sandbox), OLD);
    }
}

#[test]
fn a_receiver_out_of_reach_can_be_left_unasked_with_a_warning() {
    let mut sandbox = Sandbox::new();
    sandbox.set("OLD_KEY", OLD);
    sandbox.set("NEW_KEY", NEW);
    let url = "http://127.0.0.1:9/vod";
    sandbox
        .vodcb(["set", "--http-url", url, "--auth-key-env", "OLD_KEY"])
        .ok();
    let run = rotate(&sandbox, &["--auth-key-env", "NEW_KEY", "-o", "json"]).exits(1);
    assert_eq!(results(&run).len(), 1, "{run:?}");
    rotate(&sandbox, &[]).exits(1).says(&["--skip-proof"]);
    rotate(&sandbox, &["--skip-proof"])
        .ok()
        .says(&["the receiver is not asked"]);
    assert_eq!(configured(&sandbox), NEW);
    rotate(&sandbox, &["--finish"]).exits(1).says(&[
        "not finished",
        "and no other",
        "--skip-proof",
    ]);
    rotate(&sandbox, &["--finish", "--skip-proof"])
        .ok()
        .says(&["may still accept deliveries signed with the old key"]);
    assert!(state_files(&sandbox).is_empty());
}

#[test]
fn nothing_happens_without_consent() {
    let shop = Shop::new();
    let sandbox = shop.world(&[]);
    sandbox
        .vodcb(["key", "rotate", "--auth-key-env", "NEW_KEY"])
        .exits(2)
        .says(&["--yes"]);
    let args = ["key", "rotate", "--auth-key-env", "NEW_KEY", "--dry-run"];
    sandbox.vodcb(args).ok().says(&["dry run"]);
    sandbox
        .vodcb(["key", "rotate", "--generate-auth-key", "--dry-run"])
        .ok()
        .says(&["dry run"]);
    assert!(shop.receiver.requests().is_empty() && state_files(&sandbox).is_empty());
    assert_eq!(configured(&sandbox), OLD);
    // A form that shows no document is refused before a key is kept.
    rotate(&sandbox, &["--generate-auth-key", "-o", "raw"]).exits(2);
    assert!(state_files(&sandbox).is_empty());
}

#[test]
fn what_cannot_be_rotated_says_why() {
    let sandbox = Sandbox::new();
    rotate(&sandbox, &["--generate-auth-key"])
        .exits(2)
        .says(&["has no callback"]);
    sandbox
        .vodcb(["set", "--http-url", "https://example.com/vod"])
        .ok();
    rotate(&sandbox, &["--generate-auth-key"])
        .exits(2)
        .says(&["authentication is off"]);
    let shop = Shop::new();
    let sandbox = shop.world(&[]);
    rotate(&sandbox, &[])
        .exits(2)
        .says(&["no new key", "--generate-auth-key"]);
    rotate(&sandbox, &["--auth-key-env", "OLD_KEY"])
        .exits(2)
        .says(&["is the present one"]);
    rotate(&sandbox, &["--finish", "--abandon"]).exits(2);
    rotate(&sandbox, &["--abandon"]).ok().says(&["already so"]);
}

#[test]
fn a_rotation_can_be_dropped_until_vod_has_the_new_key() {
    let shop = Shop::new();
    let sandbox = shop.world(&[]);
    rotate(&sandbox, &["--generate-auth-key"])
        .ok()
        .says(&["key status --show-auth-key"]);
    rotate(&sandbox, &["--generate-auth-key"])
        .exits(2)
        .says(&["under way", "--abandon"]);
    rotate(&sandbox, &["--auth-key-env", "NEW_KEY"])
        .exits(2)
        .says(&["under way"]);
    rotate(&sandbox, &["--abandon"]).ok().says(&["forgotten"]);
    assert!(state_files(&sandbox).is_empty());
    shop.accepts(&[OLD, NEW]);
    rotate(&sandbox, &["--auth-key-env", "NEW_KEY"]).ok();
    rotate(&sandbox, &["--abandon"])
        .exits(2)
        .says(&["already", "--finish"]);
}

/// What was proved is what is changed; nobody gave `--if-match` here.
#[test]
fn a_change_by_somebody_else_during_the_proof_is_a_conflict() {
    let shop = Shop::new();
    let sandbox = shop.world(&[]);
    // The receiver does not know the new key yet; it is kept.
    rotate(&sandbox, &["--auth-key-env", "NEW_KEY"]).exits(1);
    shop.accepts(&[OLD, NEW]);
    let count = || {
        let actions = sandbox.actions();
        let gets = actions.iter().filter(|it| *it == "GetMessageCallback");
        gets.count()
    };
    let before = count();
    // The receiver answers nothing while its keys are held.
    let held = shop.keys.lock().unwrap();
    let mut command = sandbox.command(["key", "rotate", "--yes"]);
    let piped = std::process::Stdio::piped;
    let child = command.stdout(piped()).stderr(piped()).spawn().unwrap();
    crate::queue::forward::eventually(|| count() > before);
    sandbox.vodcb(["set", "--events", "none"]).ok();
    drop(held);
    let run = Run::of(child.wait_with_output().unwrap()).exits(6);
    let run = run.says(&[
        "was changed by somebody else meanwhile",
        "no longer the same: events",
    ]);
    assert!(!run.stderr.contains("--if-match"), "{run:#?}");
    assert_eq!(configured(&sandbox), OLD);
}

#[test]
fn somebody_elses_key_is_a_conflict() {
    let shop = Shop::new();
    let mut sandbox = shop.world(&[]);
    rotate(&sandbox, &["--generate-auth-key"]).ok();
    sandbox.set("THIRD_KEY", "Third3Mo1Xs5Rf7Gh");
    sandbox.vodcb(["set", "--auth-key-env", "THIRD_KEY"]).ok();
    rotate(&sandbox, &[])
        .exits(6)
        .says(&["neither the old nor the new", "--abandon"]);
    let run = rotate(&sandbox, &["--abandon"]).ok();
    assert!(run.says(&["VOD signs with neither"]).code == 0);
    // VOD had the new key for a while.
    shop.accepts(&["Third3Mo1Xs5Rf7Gh", NEW]);
    rotate(&sandbox, &["--auth-key-env", "NEW_KEY"]).ok();
    sandbox.vodcb(["set", "--auth-key-env", "THIRD_KEY"]).ok();
    sandbox.set("FOURTH_KEY", "Fourth4Np2Yt6Sg8Hi");
    sandbox.vodcb(["set", "--auth-key-env", "FOURTH_KEY"]).ok();
    let run = rotate(&sandbox, &["--abandon"]).ok();
    let run = run.says(&["VOD was given the new one, and signs with neither now"]);
    assert!(!run.stderr.contains("never given"), "{run:?}");
    assert!(state_files(&sandbox).is_empty());
}

#[test]
fn a_rotation_that_was_overtaken_is_told_and_can_be_dropped() {
    for change in [
        &[
            "set",
            "--mns-queue",
            "vod-events",
            "--mns-region",
            "cn-shanghai",
            "--no-queue-check",
        ][..],
        &["set", "--auth", "off"],
        &["set", "--auth-key-env", "THIRD_KEY"],
        &["delete", "--yes"],
    ] {
        let shop = Shop::new();
        let mut sandbox = shop.world(&[]);
        sandbox.set("THIRD_KEY", "Third3Mo1Xs5Rf7Gh");
        rotate(&sandbox, &["--generate-auth-key"]).ok();
        let before = sandbox.vodcb(["key", "status", "-o", "json"]).ok();
        assert_eq!(before.json()["rotation"]["step"], "prepared");
        sandbox.vodcb(change.iter().copied()).ok();
        let status = sandbox.vodcb(["key", "status", "-o", "json"]).ok();
        assert_eq!(status.json()["rotation"]["step"], "overtaken", "{change:?}");
        status.says(&["signs with neither key"]);
        sandbox
            .vodcb(["key", "status"])
            .ok()
            .says(&["key rotate --abandon"]);
        rotate(&sandbox, &["--abandon"])
            .ok()
            .says(&["both keys are forgotten"]);
        assert!(state_files(&sandbox).is_empty(), "{change:?}");
    }
}

#[test]
fn a_run_that_ended_after_the_write_goes_on_from_there() {
    let shop = Shop::new();
    let sandbox = shop.world(&[]);
    shop.accepts(&[OLD, NEW]);
    // The receiver refuses, so that the new key is kept and not written; then it is written otherwise.
    shop.accepts(&[OLD]);
    rotate(&sandbox, &["--auth-key-env", "NEW_KEY"]).exits(1);
    sandbox.vodcb(["set", "--auth-key-env", "NEW_KEY"]).ok();
    let before = shop.receiver.requests().len();
    rotate(&sandbox, &[]).ok().says(&["already so", "--finish"]);
    assert_eq!(shop.receiver.requests().len(), before);
}

#[test]
fn a_hidden_key_is_named_by_hand() {
    let shop = Shop::new();
    shop.accepts(&[OLD, NEW]);
    let sandbox = shop.world(&["key=masked"]);
    rotate(&sandbox, &["--auth-key-env", "NEW_KEY"])
        .exits(2)
        .says(&["--old-key-env"]);
    rotate(
        &sandbox,
        &["--auth-key-env", "NEW_KEY", "--old-key-env", "OLD_KEY"],
    )
    .ok();
    shop.accepts(&[NEW]);
    rotate(&sandbox, &["--finish"]).ok();
}

#[cfg(unix)]
#[test]
fn the_state_is_its_owners_alone_and_damage_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let shop = Shop::new();
    let sandbox = shop.world(&[]);
    rotate(&sandbox, &["--generate-auth-key"]).ok();
    let file = state_files(&sandbox).pop().unwrap();
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&file), 0o600);
    assert_eq!(mode(file.parent().unwrap()), 0o700);
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, &text[..text.len() / 2]).unwrap();
    let run = sandbox.vodcb(["key", "status"]).exits(2).says(&["damaged"]);
    assert!(!run.stderr.contains(OLD), "{run:?}");
}

#[test]
fn status_without_a_callback_is_an_answer() {
    let sandbox = Sandbox::new();
    let run = sandbox.vodcb(["key", "status"]).ok();
    assert!(run.stdout.contains("no HTTP callback"), "{run:?}");
    let shop = Shop::new();
    let sandbox = shop.world(&[]);
    let status = sandbox.vodcb(["key", "status", "-o", "json"]).ok().json();
    assert_eq!(status["auth_key"], "Ol••••");
    assert_eq!(status["rotation"], Value::Null);
    // Written a moment ago, by the same clock.
    let since: jiff::Timestamp = status["auth_key_since"].as_str().unwrap().parse().unwrap();
    #[allow(clippy::disallowed_methods)] // the clock of the test
    let age = jiff::Timestamp::now().duration_since(since).as_secs();
    assert!((0..300).contains(&age), "{since}");
    // A key that this machine did not write has no known age.
    std::fs::remove_file(sandbox.home().join(".local/state/vodcb/history.ndjson")).unwrap();
    let status = sandbox.vodcb(["key", "status", "-o", "json"]).ok().json();
    assert_eq!(status["auth_key_since"], Value::Null);
}

#[test]
fn of_rotations_that_are_begun_at_once_one_is_kept_and_the_others_say_so() {
    let receiver = Receiver::start(&[]);
    let sandbox = signing(&receiver, &[]);
    sandbox.afflict(&["get:slow=300".to_owned()]);
    let more = ["--generate-auth-key", "--show-auth-key", "-o", "json"];
    let runs: Vec<Run> = std::thread::scope(|scope| {
        let begun: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| rotate(&sandbox, &more)))
            .collect();
        begun.into_iter().map(|run| run.join().unwrap()).collect()
    });
    let (won, lost): (Vec<Run>, Vec<Run>) = runs.into_iter().partition(|run| run.code == 0);
    assert_eq!((won.len(), lost.len()), (1, 3));
    for run in lost {
        assert_eq!(run.error()["exit_code"], 2, "{run:?}");
        assert!(
            run.error()["message"]
                .as_str()
                .unwrap()
                .contains("another rotation")
        );
    }
    let kept = std::fs::read_to_string(&state_files(&sandbox)[0]).unwrap();
    let key = won[0].json()["rotation"]["new_key"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(kept.contains(&key));
}

/// The new key is kept before the receiver is asked, so that the next run goes on with it.
#[cfg(unix)]
#[test]
fn an_interrupted_proof_says_what_is_kept_and_what_goes_on() {
    use crate::queue::forward::{eventually, signal};
    let receiver = Receiver::start(&[Reply::After(std::time::Duration::from_secs(4), 200)]);
    let sandbox = signing(&receiver, &[]);
    let child = sandbox.begin(["key", "rotate", "--yes", "--auth-key-env", "NEW_KEY"]);
    eventually(|| receiver.requests().len() == 1);
    signal(&child, "INT");
    let run = Run::of(child.wait_with_output().unwrap()).exits(130);
    let file = state_files(&sandbox).remove(0);
    let run = run.says(&[
        "interrupted; VOD signs with the old key, and the new one is kept in",
        file.to_str().unwrap(),
        "go on with it: vodcb key rotate",
        "or forget it: vodcb key rotate --abandon",
    ]);
    assert!(!run.stderr.contains("nothing was changed"), "{run:?}");
    assert!(!run.stderr.contains(NEW), "{run:?}");
    assert_eq!(configured(&sandbox), OLD);
    rotate(&sandbox, &["--abandon"]).ok();
    assert!(state_files(&sandbox).is_empty());
}
