//! Questions in a real pseudo-terminal.
#![cfg(unix)]

use std::process::Stdio;
use std::time::Duration;

use expectrl::process::unix::WaitStatus;
use expectrl::session::OsSession;
use expectrl::{Eof, Expect, Session};

use crate::sandbox::Sandbox;

const URL: &str = "https://example.com/vod";
const OTHER: &str = "https://example.com/other";

fn configured() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox
        .vodcb(["set", "--http-url", URL, "--events", "TranscodeComplete"])
        .ok();
    sandbox
}

fn stored(sandbox: &Sandbox) -> String {
    let document = sandbox.vodcb(["get", "-o", "json"]).ok().json();
    document["url"].as_str().unwrap_or_default().to_owned()
}

fn in_terminal(sandbox: &Sandbox, args: &[&str]) -> OsSession {
    let mut command = sandbox.command(args.iter().copied());
    command.stdin(Stdio::inherit());
    let mut session = Session::spawn(command).unwrap();
    session.set_expect_timeout(Some(Duration::from_secs(30)));
    session
}

/// The same in a terminal that echoes from the first moment on.
fn in_echoing_terminal(sandbox: &Sandbox, args: &[&str]) -> OsSession {
    let plain = sandbox.command(args.iter().copied());
    let environment = plain.get_envs();
    let mut command = std::process::Command::new("sh");
    command
        .args(["-c", "stty echo; exec \"$0\" \"$@\""])
        .arg(plain.get_program())
        .args(plain.get_args())
        .env_clear()
        .envs(environment.filter_map(|(name, value)| Some((name, value?))))
        .env("PATH", "/usr/bin:/bin")
        .current_dir(sandbox.home());
    let mut session = Session::spawn(command).unwrap();
    session.set_expect_timeout(Some(Duration::from_secs(30)));
    session
}

/// Runs in a terminal, waits for the question, answers, and returns the exit code with what followed.
fn answered(sandbox: &Sandbox, args: &[&str], answer: &str) -> (i32, String) {
    let mut session = in_terminal(sandbox, args);
    session
        .expect("app-1000000 in cn-shanghai? [y/N] ")
        .unwrap();
    session.send(answer).unwrap();
    let rest = session.expect(Eof).unwrap();
    let text = String::from_utf8_lossy(rest.as_bytes()).into_owned();
    match session.get_process().wait().unwrap() {
        WaitStatus::Exited(_, code) => (code, text),
        other => panic!("{other:?}: {text}"),
    }
}

#[test]
fn only_a_line_that_says_yes_is_a_yes() {
    let sandbox = configured();
    for answer in ["n\n", "\n", "why\n", "maybe\n", "yy\n", "\x04"] {
        let (code, text) = answered(&sandbox, &["set", "--http-url", OTHER], answer);
        assert_eq!(code, 130, "{answer:?}: {text}");
        assert!(
            text.contains("not confirmed; nothing was changed"),
            "{text}"
        );
        assert_eq!(stored(&sandbox), URL);
    }
}

#[test]
fn a_yes_writes() {
    for answer in ["y\n", "YES\n", " yes \n"] {
        let sandbox = configured();
        let (code, text) = answered(&sandbox, &["set", "--http-url", OTHER], answer);
        assert_eq!(code, 0, "{text}");
        assert!(text.contains("written and read back"), "{text}");
        assert_eq!(stored(&sandbox), OTHER);
    }
}

#[test]
fn ctrl_c_changes_nothing_and_says_so_on_a_line_of_its_own() {
    let sandbox = configured();
    let (code, text) = answered(&sandbox, &["delete"], "\x03");
    assert_eq!(code, 130, "{text}");
    assert!(text.contains("nothing was changed"), "{text}");
    assert!(text.contains("\n\u{1b}[1m"), "{text:?}");
    assert_eq!(stored(&sandbox), URL);
}

#[test]
fn a_deletion_is_asked_for_by_its_name_and_done() {
    let sandbox = configured();
    let mut session = in_terminal(&sandbox, &["delete"]);
    session
        .expect("Delete the callback of app-1000000")
        .unwrap();
    session.expect("[y/N] ").unwrap();
    session.send("y\n").unwrap();
    session
        .expect("deleted; reading back shows nothing")
        .unwrap();
    session.expect(Eof).unwrap();
    assert_eq!(stored(&sandbox), "");
}

#[test]
fn an_undo_is_asked_for_even_where_nothing_is_lost() {
    let sandbox = configured();
    sandbox
        .vodcb(["set", "--events", "TranscodeComplete,SnapshotComplete"])
        .ok();
    sandbox.vodcb(["set", "--events", "TranscodeComplete"]).ok();
    let changes = |sandbox: &Sandbox| {
        let document = sandbox.vodcb(["history", "-o", "json"]).ok().json();
        document["total"].as_u64().unwrap()
    };
    let (code, text) = answered(&sandbox, &["undo"], "n\n");
    assert_eq!(code, 130, "{text}");
    assert_eq!(changes(&sandbox), 3);
    let (code, text) = answered(&sandbox, &["undo"], "y\n");
    assert_eq!(code, 0, "{text}");
    assert_eq!(changes(&sandbox), 4);
}

#[test]
fn a_missing_key_is_asked_for_and_not_shown() {
    let sandbox = configured();
    for args in [
        &["set", "--auth", "on"][..],
        &["set", "--auth-key-stdin", "--yes"],
    ] {
        let mut session = in_echoing_terminal(&sandbox, args);
        session.expect("Callback key (not shown)").unwrap();
        // Switching echo off throws away what was typed before.
        let waiting = std::time::Instant::now();
        while session.get_process().get_echo().unwrap() {
            assert!(waiting.elapsed() < Duration::from_secs(30), "echo stays on");
            std::thread::sleep(Duration::from_millis(2));
        }
        session.send("Abcdefgh12345\n").unwrap();
        if args.contains(&"--auth") {
            session.expect("The same key again").unwrap();
            session.send("Abcdefgh12345\n").unwrap();
        }
        let rest = session.expect(Eof).unwrap();
        let text = String::from_utf8_lossy(rest.as_bytes()).into_owned();
        assert!(!text.contains("Abcdefgh"), "{text}");
        let document = sandbox
            .vodcb(["get", "--show-auth-key", "-o", "json"])
            .ok()
            .json();
        assert_eq!(document["auth_key"], "Abcdefgh12345", "{text}");
    }
}

#[test]
fn a_signal_at_a_hidden_question_puts_the_terminal_back() {
    let sandbox = configured();
    let script = "stty -g >before; vodcb set --auth on </dev/tty & echo $! >pid; wait $!; stty -g >after; echo end";
    let mut command = sandbox.command([]);
    let bin = std::path::Path::new(command.get_program())
        .parent()
        .unwrap()
        .to_owned();
    let environment: Vec<_> = command
        .get_envs()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
        .collect();
    command = std::process::Command::new("sh");
    command
        .args(["-c", script])
        .env_clear()
        .envs(environment)
        .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
        .current_dir(sandbox.home());
    let mut session = Session::spawn(command).unwrap();
    session.set_expect_timeout(Some(Duration::from_secs(30)));
    session.expect("Callback key (not shown)").unwrap();
    let file = |name: &str| std::fs::read_to_string(sandbox.home().join(name)).unwrap();
    let killed = std::process::Command::new("kill")
        .args(["-TERM", file("pid").trim()])
        .status()
        .unwrap();
    assert!(killed.success());
    session.expect("end").unwrap();
    assert_eq!(file("before"), file("after"));
}

/// Ends without a question, which would make this wait for ever otherwise.
fn unasked(sandbox: &Sandbox, args: &[&str]) -> String {
    let mut session = in_terminal(sandbox, args);
    let text = session.expect(Eof).unwrap();
    String::from_utf8_lossy(text.as_bytes()).into_owned()
}

#[test]
fn harmless_changes_and_scripts_are_not_asked() {
    let mut sandbox = configured();
    unasked(&sandbox, &["set", "--add-events", "SnapshotComplete"]);
    unasked(&sandbox, &["set", "--http-url", OTHER, "--no-input"]);
    assert_eq!(stored(&sandbox), OTHER);
    unasked(&sandbox, &["set", "--http-url", URL, "--yes"]);
    assert_eq!(stored(&sandbox), URL);
    unasked(&sandbox, &["set", "--http-url", OTHER, "-o", "json"]);
    assert_eq!(stored(&sandbox), OTHER);
    unasked(&sandbox, &["set", "--http-url", URL, "-q"]);
    assert_eq!(stored(&sandbox), URL);
    sandbox.set("CI", "true");
    unasked(&sandbox, &["set", "--http-url", OTHER]);
    assert_eq!(stored(&sandbox), OTHER);
    assert!(unasked(&sandbox, &["delete"]).contains("--yes"));
}

#[test]
fn what_makes_a_question_is_said_with_it() {
    let sandbox = configured();
    let (_, text) = {
        let mut session = in_terminal(&sandbox, &["set", "--remove-events", "TranscodeComplete"]);
        let before = session.expect("[y/N] ").unwrap();
        session.send("n\n").unwrap();
        session.expect(Eof).unwrap();
        (0, String::from_utf8_lossy(before.before()).into_owned())
    };
    assert!(
        text.contains("events are dropped: TranscodeComplete"),
        "{text}"
    );
    assert!(text.contains("  - events TranscodeComplete"), "{text}");
}

#[test]
fn a_change_by_somebody_else_while_the_question_stands_is_a_conflict() {
    let sandbox = configured();
    let mut session = in_terminal(&sandbox, &["set", "--http-url", OTHER]);
    session.expect("[y/N] ").unwrap();
    sandbox
        .vodcb(["set", "--add-events", "SnapshotComplete"])
        .ok();
    session.send("y\n").unwrap();
    let text = session.expect(Eof).unwrap();
    let text = String::from_utf8_lossy(text.as_bytes()).into_owned();
    assert!(text.contains("changed by somebody else"), "{text}");
    assert!(matches!(
        session.get_process().wait().unwrap(),
        WaitStatus::Exited(_, 6)
    ));
    assert_eq!(stored(&sandbox), URL);
}

#[test]
fn test_deliveries_are_sent_after_a_yes_only() {
    use crate::receiver::{Receiver, Reply};
    let sandbox = Sandbox::offline();
    let receiver = Receiver::start(&[Reply::Status(200)]);
    for (answer, words, requests) in [("n\n", "answered with no", 0), ("y\n", "answered 200", 1)] {
        let url = receiver.url("/vod");
        let mut session = in_terminal(&sandbox, &["check", &url, "--only", "delivery"]);
        session
            .expect("Send up to four test deliveries of FileUploadComplete")
            .unwrap();
        session.expect("[y/N] ").unwrap();
        session.send(answer).unwrap();
        let rest = session.expect(Eof).unwrap();
        let text = String::from_utf8_lossy(rest.as_bytes()).into_owned();
        assert!(text.contains(words), "{text}");
        assert_eq!(receiver.requests().len(), requests);
    }
}

#[test]
fn a_key_is_rotated_after_a_yes_only() {
    use crate::receiver::{Receiver, Reply};
    let mut sandbox = Sandbox::new();
    sandbox.set("OLD_KEY", "Abcdefgh12345");
    sandbox.set("NEW_KEY", "Zyxwvuts54321");
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let url = receiver.url("/vod");
    let args = ["set", "--http-url", &url, "--auth-key-env", "OLD_KEY"];
    sandbox.vodcb(args).ok();
    let mut session = in_terminal(&sandbox, &["key", "rotate", "--auth-key-env", "NEW_KEY"]);
    session.expect("[y/N] ").unwrap();
    session.send("n\n").unwrap();
    let rest = session.expect(Eof).unwrap();
    let text = String::from_utf8_lossy(rest.as_bytes()).into_owned();
    assert!(
        text.contains("not confirmed; nothing was changed"),
        "{text}"
    );
    assert!(matches!(
        session.get_process().wait().unwrap(),
        WaitStatus::Exited(_, 130)
    ));
    assert!(receiver.requests().is_empty());
    let status = sandbox.vodcb(["key", "status", "-o", "json"]).ok().json();
    assert!(status["rotation"].is_null(), "no key is kept either");
    let args = ["key", "rotate", "--auth-key-env", "NEW_KEY", "--skip-proof"];
    let mut session = in_terminal(&sandbox, &args);
    session
        .expect("to the new key without asking the receiver? [y/N] ")
        .unwrap();
    session.send("y\n").unwrap();
    session.expect("VOD signs with the new key").unwrap();
    session.expect(Eof).unwrap();
    assert!(receiver.requests().is_empty());
}

#[test]
fn who_waits_is_told_for_whom_and_the_line_goes_with_the_answer() {
    let sandbox = Sandbox::with(&["get:slow=2500"], &[]);
    let mut session = in_terminal(&sandbox, &["get"]);
    session.expect("waiting for 127.0.0.1:").unwrap();
    session.expect("\r\u{1b}[K").unwrap();
    session.expect("No callback is configured").unwrap();
    session.expect(Eof).unwrap();
}
