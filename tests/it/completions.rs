//! Completion: what is suggested where, and the scripts in the real shells.

use crate::sandbox::{AUTH_KEY, Sandbox};

/// The words suggested for the last of these, without what they mean.
fn suggested(sandbox: &Sandbox, words: &[&str]) -> Vec<String> {
    let run = sandbox
        .vodcb([&["__complete", "words"], words].concat())
        .ok();
    assert_eq!(run.stderr, "");
    let words = run.stdout.lines().skip(1);
    words
        .map(|line| line.split('\t').next().unwrap().to_owned())
        .collect()
}

fn kind(sandbox: &Sandbox, words: &[&str]) -> String {
    let run = sandbox
        .vodcb([&["__complete", "words"], words].concat())
        .ok();
    run.stdout.lines().next().unwrap().to_owned()
}

#[test]
fn commands_and_flags_complete() {
    let sandbox = Sandbox::offline();
    let first = suggested(&sandbox, &[""]);
    for command in ["get", "set", "events", "completions", "help"] {
        assert!(first.contains(&command.to_owned()), "{first:?}");
    }
    assert_eq!(suggested(&sandbox, &["ev"]), ["events"]);
    assert_eq!(
        suggested(&sandbox, &["events", ""]),
        ["list", "show", "decode"]
    );
    assert_eq!(
        suggested(&sandbox, &["--region", "cn-shanghai", "events", "d"]),
        ["decode"]
    );
    assert_eq!(
        suggested(&sandbox, &["-o", "json", "events", "l"]),
        ["list"]
    );
    assert_eq!(suggested(&sandbox, &["-vojson", "events", "l"]), ["list"]);
    assert_eq!(suggested(&sandbox, &["set", "--add"]), ["--add-events"]);
    assert_eq!(suggested(&sandbox, &["set", "--pro"]), ["--profile"]);
    // A flag that is refused is not offered.
    assert!(!suggested(&sandbox, &["set", "--auth-key"]).contains(&"--auth-key".to_owned()));
    // Behind -- no flag is meant.
    assert_eq!(suggested(&sandbox, &["get", "--", "--"]), [""; 0]);
    assert_eq!(suggested(&sandbox, &["help", "exit"]), ["exit-codes"]);
    assert_eq!(suggested(&sandbox, &["help", "events", "s"]), ["show"]);
}

#[test]
fn values_complete() {
    let sandbox = Sandbox::offline();
    for (words, expected) in [
        (
            vec!["get", "--region", "cn-sh"],
            vec!["cn-shanghai", "cn-shenzhen"],
        ),
        (vec!["get", "--region=cn-sha"], vec!["--region=cn-shanghai"]),
        (
            vec!["get", "--regions", "cn-shanghai,cn-sh"],
            vec!["cn-shanghai,cn-shenzhen"],
        ),
        (vec!["set", "--mns-region", "eu"], vec!["eu-central-1"]),
        (vec!["set", "--auth", ""], vec!["on", "off"]),
        (vec!["set", "--method", "h"], vec!["HTTP"]),
        (vec!["get", "-o", "j"], vec!["json"]),
        (vec!["--color", "a"], vec!["auto", "always"]),
        (vec!["--signature", ""], vec!["rpc", "acs3"]),
        // The same word means a value of a header there.
        (vec!["verify", "--signature", ""], vec![]),
        (
            vec!["events", "show", "transcodec"],
            vec!["TranscodeComplete"],
        ),
        (
            vec!["events", "list", "--group", "Trans"],
            vec!["Transcode"],
        ),
        (vec!["completions", "z"], vec!["zsh"]),
    ] {
        assert_eq!(suggested(&sandbox, &words), expected, "{words:?}");
    }
    assert_eq!(kind(&sandbox, &["set", "--auth-key-file", ""]), "files");
    assert_eq!(kind(&sandbox, &["events", "decode", ""]), "files");
}

#[test]
fn words_of_the_emulator_complete() {
    let sandbox = Sandbox::offline();
    let start = |flag: &str, typed: &str| suggested(&sandbox, &["emulator", "start", flag, typed]);
    assert_eq!(
        start("--quirk", "key="),
        ["key=clear", "key=masked", "key=absent"]
    );
    assert_eq!(start("--fault", "html"), ["html", "html-ok"]);
    assert_eq!(start("--fault", "batch-d"), ["batch-delete:"]);
    assert_eq!(start("--fault", "set:thr"), ["set:throttle"]);
    assert_eq!(
        start("--fault", "set@cn-beijing:er"),
        ["set@cn-beijing:error="]
    );
    // What is not over yet has no blank behind it.
    assert_eq!(
        kind(&sandbox, &["emulator", "start", "--fault", "s"]),
        "open"
    );
}

/// What is offered is accepted.
#[test]
fn every_fault_and_quirk_that_is_offered_exists() {
    let sandbox = Sandbox::offline();
    for (flag, value) in [("--fault", "1"), ("--quirk", "9")] {
        let words = suggested(&sandbox, &["emulator", "start", flag, ""]);
        assert!(words.len() > 20, "{words:?}");
        for word in words {
            let spec = match word.chars().last() {
                Some('=') => word + value,
                Some(':') => word + "internal",
                _ => word,
            };
            // The port is taken from no one: what is wrong with the words is told first.
            sandbox
                .vodcb([
                    "emulator",
                    "start",
                    flag,
                    &spec,
                    "--ready-file",
                    "no/such/folder",
                ])
                .exits(2)
                .says(&["no/such/folder"]);
        }
    }
}

#[test]
fn routes_changes_documents_and_variables_complete() {
    let mut sandbox = Sandbox::new();
    let url = "https://example.com/vod";
    sandbox.vodcb(["set", "--http-url", url]).ok();
    sandbox.vodcb(["delete", "--yes"]).ok();
    for words in [&["undo", ""][..], &["history", "show", ""]] {
        assert_eq!(suggested(&sandbox, words), ["2", "1"]);
    }
    assert_eq!(
        suggested(&sandbox, &["listen", "--route", "Transc"]),
        ["TranscodeComplete="]
    );
    assert_eq!(
        suggested(&sandbox, &["listen", "--route", "TranscodeComplete="]),
        [""; 0]
    );
    let documents = suggested(&sandbox, &["schema", "output", ""]);
    assert!(documents.contains(&"get".to_owned()), "{documents:?}");
    assert!(
        !documents.contains(&"completions".to_owned()),
        "{documents:?}"
    );
    assert_eq!(
        suggested(&sandbox, &["schema", "output", "queue", "st"]),
        ["status"]
    );
    sandbox.set("VOD_CALLBACK_KEY", AUTH_KEY);
    assert_eq!(
        suggested(&sandbox, &["set", "--auth-key-env", "VOD_C"]),
        ["VOD_CALLBACK_KEY"]
    );
}

#[test]
fn lists_of_events_complete_name_by_name() {
    let sandbox = Sandbox::offline();
    let list = |typed: &str| suggested(&sandbox, &["set", "--events", typed]);
    assert_eq!(list("File"), ["FileUploadComplete"]);
    assert_eq!(list("file"), ["FileUploadComplete"]);
    assert_eq!(list("AL"), ["ALL"]);
    assert_eq!(list("AI"), ["AIComplete"]);
    assert_eq!(
        list("FileUploadComplete,Transc"),
        ["FileUploadComplete,TranscodeComplete"]
    );
    // Neither what is there already nor what stands alone.
    assert_eq!(list("FileUploadComplete,File"), [""; 0]);
    assert_eq!(list("FileUploadComplete,AL"), [""; 0]);
    assert_eq!(kind(&sandbox, &["set", "--events", "File"]), "list");
    // A single AI event cannot be subscribed, but received and explained.
    assert_eq!(list("AIMedia"), [""; 0]);
    assert_eq!(
        suggested(&sandbox, &["events", "show", "AIMediaA"]),
        ["AIMediaAuditComplete"]
    );
    for flag in ["--add-events", "--remove-events"] {
        assert_eq!(
            suggested(&sandbox, &["set", flag, "Snap"]),
            ["SnapshotComplete"]
        );
        assert_eq!(suggested(&sandbox, &["set", flag, "AL"]), [""; 0]);
    }
}

#[test]
fn profiles_are_those_of_the_file_and_a_broken_file_is_none() {
    let mut sandbox = Sandbox::offline();
    let asked = ["get", "--profile", "pro"];
    assert_eq!(suggested(&sandbox, &asked), [""; 0]);
    sandbox.file(
        ".aliyun/config.json",
        r#"{"current":"prod","profiles":[{"name":"prod","mode":"AK"},{"name":"staging"},{"name":"prod eu"}]}"#,
    );
    assert_eq!(suggested(&sandbox, &asked), ["prod", "prod eu"]);
    let other = sandbox.file("other.json", r#"{"profiles":[{"name":"proof"}]}"#);
    sandbox.set("ALIBABA_CLOUD_CONFIG_FILE", other.to_str().unwrap());
    assert_eq!(suggested(&sandbox, &asked), ["proof"]);
    sandbox.file("other.json", "{");
    assert_eq!(suggested(&sandbox, &asked), [""; 0]);
}

/// Bash hands over its line, and replaces only what is behind the last `=` or `:`.
#[test]
fn a_line_is_read_like_a_shell_reads_it() {
    let sandbox = Sandbox::offline();
    for (line, replaced, expected) in [
        (
            "vodcb set --events File",
            "File",
            vec!["FileUploadComplete"],
        ),
        (
            "vodcb set --events=File",
            "File",
            vec!["FileUploadComplete"],
        ),
        ("vodcb set --events=", "", vec!["AIComplete"]),
        (
            "vodcb set --http-url https://example.com/vod --auth ",
            "",
            vec!["off"],
        ),
        (
            "vodcb set --auth-key-file 'my key' --auth o",
            "o",
            vec!["off"],
        ),
        ("vodcb set --http-url \"https://exa", "https://exa", vec![]),
        ("/opt/my\\ tools/vodcb ev", "ev", vec!["events"]),
    ] {
        let run = sandbox.vodcb(["__complete", "line", line, replaced]).ok();
        let words: Vec<&str> = run
            .stdout
            .lines()
            .skip(1)
            .map(|line| line.split('\t').next().unwrap())
            .collect();
        for word in &expected {
            assert!(words.contains(word), "{line}: {words:?}");
        }
        assert!(
            !expected.is_empty() || words.is_empty(),
            "{line}: {words:?}"
        );
    }
}

#[test]
fn every_shell_has_a_script() {
    let sandbox = Sandbox::offline();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("completions");
    for (shell, file) in [
        ("bash", "vodcb.bash"),
        ("zsh", "_vodcb"),
        ("fish", "vodcb.fish"),
        ("powershell", "_vodcb.ps1"),
        ("elvish", "vodcb.elv"),
    ] {
        let printed = sandbox.vodcb(["completions", shell]).ok().stdout;
        assert_eq!(printed, std::fs::read_to_string(folder.join(file)).unwrap());
        assert!(printed.contains("__complete"), "{printed}");
    }
}

#[cfg(unix)]
mod shells {
    use std::path::Path;
    use std::process::{Command, Stdio};
    use std::time::Duration;

    use expectrl::session::OsSession;
    use expectrl::{Expect, Session};

    use crate::sandbox::Sandbox;
    use crate::tools::installed;

    /// The shell at a terminal, with the completions loaded and nothing else.
    fn loaded(sandbox: &Sandbox, shell: &str, args: &[&str], load: &str) -> OsSession {
        let bin = Path::new(env!("CARGO_BIN_EXE_vodcb")).parent().unwrap();
        let mut command = Command::new(shell);
        command
            .args(args)
            .env_clear()
            .env("HOME", sandbox.home())
            .envs(sandbox.environment().iter().cloned())
            .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
            .env("TERM", "xterm")
            .env("LC_ALL", "C.UTF-8")
            .current_dir(sandbox.home())
            .stdin(Stdio::inherit());
        let mut session = Session::spawn(command).unwrap();
        session.get_process_mut().set_window_size(200, 40).unwrap();
        session.set_expect_timeout(Some(Duration::from_secs(60)));
        session.send_line(load).unwrap();
        session.expect("ready> ").unwrap();
        session
    }

    /// Types, presses the key, and waits for the rest of the word.
    fn types(session: &mut OsSession, typed: &str, rest: &str) {
        session.send(typed).unwrap();
        session.send("\t").unwrap();
        if let Err(error) = session.expect(rest) {
            panic!("{typed:?} does not complete to {rest:?}: {error}");
        }
    }

    /// Ctrl-U: nothing is run.
    const KILL_LINE: &str = "\x15";

    fn story(session: &mut OsSession, again: &str) {
        types(session, "vodcb set --events File", "UploadComplete");
        session.send(again).unwrap();
        types(session, "Transc", "odeComplete");
        session.send(KILL_LINE).unwrap();
        types(session, "vodcb get --region eu-c", "entral-1");
        types(session, " --profile sta", "ging");
        session.send(KILL_LINE).unwrap();
        types(session, "vodcb comp", "letions");
        session.send(KILL_LINE).unwrap();
        types(session, "vodcb events decode bod", "y.json");
        session.send(KILL_LINE).unwrap();
        types(session, "vodcb set --add-events=Snapshot", "Complete");
        session.send(KILL_LINE).unwrap();
        types(session, "vodcb emulator start --fault set:thr", "ottle");
        types(session, " --quirk key=mas", "ked");
        session.send(KILL_LINE).unwrap();
        types(session, "vodcb listen --route Transc", "odeComplete=");
        session.send("http").unwrap();
        session.expect("http").unwrap();
    }

    fn world() -> Sandbox {
        let sandbox = Sandbox::offline();
        sandbox.file(
            ".aliyun/config.json",
            r#"{"profiles":[{"name":"staging"}]}"#,
        );
        sandbox.file("body.json", "{}");
        sandbox
    }

    /// Bash shows what is typed only where the terminal would, which it does not here.
    #[test]
    fn bash_completes() {
        if !installed("bash") {
            return;
        }
        let sandbox = world();
        let args = ["--noprofile", "--norc", "-i"];
        let mut session = loaded(
            &sandbox,
            "bash",
            &args,
            "stty echo; source <(vodcb completions bash); PS1='rea''dy> '",
        );
        story(&mut session, ",");
        session.send(KILL_LINE).unwrap();
        types(&mut session, "vodcb events list --group Med", r"ia\ ");
    }

    #[test]
    fn zsh_completes() {
        if !installed("zsh") {
            return;
        }
        let sandbox = world();
        let load = "autoload -U compinit && compinit -u -D; source <(vodcb completions zsh); PS1='rea''dy> '";
        let mut session = loaded(&sandbox, "zsh", &["-f", "-i"], load);
        story(&mut session, ",");
    }

    #[test]
    fn fish_completes() {
        if !installed("fish") {
            return;
        }
        let sandbox = world();
        let mut session = loaded(
            &sandbox,
            "fish",
            &["--no-config"],
            "vodcb completions fish | source; function fish_prompt; echo 'rea''dy> '; end",
        );
        // Fish sets a blank behind a word that is complete.
        story(&mut session, "\x08,");
    }
}
