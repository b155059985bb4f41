//! Places where it is hard to work: each is told about, and nothing is left half done.
#![cfg(target_os = "linux")] // its devices, limits and bytes

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Stdio};

use crate::sandbox::{Run, Sandbox};

const URL: &str = "https://example.com/vod";
const SET: &[&str] = &["set", "--http-url", URL];
/// What whoever runs the tests left open counts against no limit.
const ONLY_STANDARD: &str = "exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-";
/// The command of the sandbox, within a shell's words.
pub const RUN: &str = r#"exec "$0" "$@""#;

/// The shell, ready to run these words around the command.
fn shell(sandbox: &Sandbox, words: &str, args: &[&str]) -> Command {
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", words, env!("CARGO_BIN_EXE_vodcb")])
        .args(args)
        .env_clear()
        .env("HOME", sandbox.home())
        .envs(sandbox.environment().iter().cloned())
        .current_dir(sandbox.home())
        .stdin(Stdio::null());
    command
}

pub fn under(sandbox: &Sandbox, words: &str, args: &[&str]) -> Run {
    Run::of(shell(sandbox, words, args).output().unwrap())
}

fn stored(sandbox: &Sandbox) -> serde_json::Value {
    sandbox.vodcb(["get", "-o", "json"]).ok().json()["url"].take()
}

fn writes(sandbox: &Sandbox) -> usize {
    let actions = sandbox.actions();
    actions.iter().filter(|it| it.starts_with("Set")).count()
}

/// No command counts as done whose result nobody got.
#[test]
fn a_full_disk_below_standard_output_is_told_by_every_command() {
    let sandbox = Sandbox::new();
    for args in [
        &["get"][..],
        &["get", "-o", "json"],
        &["history"],
        &["events", "list"],
        &["regions"],
        &["whoami"],
        &["completions", "bash"],
        &["help", "environment"],
        &["help"],
        &["set", "--help"],
        &["-h"],
        &["--version"],
    ] {
        let run = under(&sandbox, &format!("{RUN} >/dev/full"), args).exits(8);
        run.says(&[
            "standard output cannot be written",
            "No space left",
            "make room where it goes",
        ]);
    }
}

#[test]
fn a_full_disk_below_standard_output_is_told_after_a_write_as_partly_done() {
    let sandbox = Sandbox::new();
    under(&sandbox, &format!("{RUN} >/dev/full"), SET)
        .exits(8)
        .says(&[
            "the change was written",
            "vodcb --region cn-shanghai --app-id app-1000000 get",
        ]);
    assert_eq!(stored(&sandbox), URL);
    // For a script the code is the same and the member tells.
    let json = format!("{RUN} -o json >/dev/full");
    let applied = |args: &[&str]| {
        let run = under(&sandbox, &json, args).exits(8);
        run.error()["applied"].as_str().unwrap().to_owned()
    };
    assert_eq!(applied(&["get"]), "no");
    assert_eq!(applied(SET), "no", "it is already so");
    assert_eq!(applied(&["set", "--events", "none"]), "yes");
}

#[test]
fn a_full_disk_below_standard_output_hides_no_change_of_a_manifest_and_no_new_queue() {
    let sandbox = Sandbox::new();
    let manifest = format!(
        "schema = 1\n[[callback]]\nregion = \"cn-shanghai\"\nurl = {URL:?}\nevents = \"ALL\"\n"
    );
    sandbox.file("my callbacks.toml", &manifest);
    let full = format!("{RUN} >/dev/full");
    let apply = ["apply", "-f", "my callbacks.toml", "--yes"];
    under(&sandbox, &full, &apply).exits(8).says(&[
        "the changes were written and read back, but",
        "this shows it: vodcb diff -f 'my callbacks.toml'",
    ]);
    assert_eq!(stored(&sandbox), URL);
    under(&sandbox, &full, &apply).exits(8);
    let create = ["queue", "create", "q", "--mns-region", "cn-beijing"];
    under(&sandbox, &full, &create).exits(8).says(&[
        "the queue was created, but",
        "this shows it: vodcb queue status q --mns-region cn-beijing",
    ]);
    sandbox.vodcb(["queue", "status", "q"]).ok();
    let run = sandbox.vodcb([&create[..], &["-o", "raw"]].concat());
    run.exits(2);
}

#[test]
fn a_full_disk_below_standard_error_holds_nothing_up() {
    let sandbox = Sandbox::new();
    under(&sandbox, &format!("{RUN} 2>/dev/full"), SET).ok();
    assert_eq!(stored(&sandbox), URL);
    under(&sandbox, &format!("{RUN} 2>/dev/full"), &["set"]).exits(2);
}

/// A limit of file sizes behaves like a full disk. What cannot be recorded is not written.
#[test]
fn a_full_disk_below_the_history_keeps_the_target_as_it_is() {
    let sandbox = Sandbox::new();
    under(&sandbox, &format!("trap '' XFSZ; ulimit -f 0; {RUN}"), SET)
        .exits(2)
        .says(&["history.ndjson cannot be written", "nothing was written"]);
    assert_eq!(writes(&sandbox), 0);
    sandbox.vodcb(SET.iter().copied()).ok();
    assert_eq!(stored(&sandbox), URL);
    sandbox.vodcb(["undo", "--yes"]).ok();
}

#[test]
fn a_full_disk_below_the_state_of_the_emulator_keeps_it_as_it_was() {
    let sandbox = Sandbox::offline();
    let with = |args: &[&'static str]| [&["--emulator"], args].concat();
    sandbox.vodcb(with(SET)).ok();
    let change = with(&[
        "set",
        "--events",
        "ALL",
        "--http-url",
        "https://example.com/2",
    ]);
    // Larger than the change of the history, smaller than the state.
    let words =
        format!("trap '' XFSZ; ulimit -f 0; VODCB_HISTORY=off; export VODCB_HISTORY; {RUN}");
    let run = under(
        &sandbox,
        &words,
        &[&change[..], &["--retries", "0"]].concat(),
    )
    .exits(5);
    run.says(&["InternalError"]);
    let get = with(&["get", "-o", "json", "--query", "url"]);
    assert_eq!(sandbox.vodcb(get).ok().stdout.trim(), format!("{URL:?}"));
}

/// Root may write everywhere, so the home is a file.
#[test]
fn a_home_that_takes_no_files_is_told_before_a_write() {
    let mut sandbox = Sandbox::new();
    let home = sandbox.file("home", "");
    sandbox.set("HOME", home.to_str().unwrap());
    for args in [
        &["get"][..],
        &["whoami"],
        &["events", "list"],
        &["completions", "bash"],
    ] {
        sandbox.vodcb(args.iter().copied()).ok();
    }
    sandbox
        .vodcb(SET.iter().copied())
        .exits(2)
        .says(&["nothing was written", "hint: "]);
    sandbox
        .vodcb(["--emulator", "get"])
        .exits(2)
        .says(&["hint: "]);
    assert_eq!(writes(&sandbox), 0);
    sandbox.set("VODCB_HISTORY", "off");
    sandbox.vodcb(SET.iter().copied()).ok();
}

#[test]
fn without_a_home_what_needs_none_works() {
    let mut sandbox = Sandbox::new();
    sandbox.set("HOME", "");
    for args in [&["get"][..], &["whoami"], &["events", "list"], &["regions"]] {
        sandbox.vodcb(args.iter().copied()).ok();
    }
    // The system may know a home beside the variable.
    let mut ctx = crate::laws::context(sandbox.home());
    ctx.home = None;
    let error = ctx.state_folder().unwrap_err();
    assert!(error.message.contains("neither HOME nor XDG_STATE_HOME"));
    assert!(error.hints[0].contains("set XDG_STATE_HOME"));
    let state = sandbox.home().join("state");
    sandbox.set("XDG_STATE_HOME", state.to_str().unwrap());
    sandbox.vodcb(SET.iter().copied()).ok();
}

/// Opening it lasts until somebody opens it for writing.
#[cfg(unix)]
#[test]
fn a_pipe_that_nobody_writes_to_does_not_hold_up_a_signal() {
    let sandbox = Sandbox::offline();
    let pipe = sandbox.home().join("pipe.toml");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    for args in [
        &["diff", "-f", "pipe.toml"][..],
        &["events", "decode", "pipe.toml"],
    ] {
        let words = format!("{RUN} & sleep 1; kill -TERM $!; wait $!");
        let run = under(&sandbox, &words, args).exits(143);
        run.says(&["terminated; nothing was changed"]);
    }
}

#[test]
fn a_working_directory_that_is_gone_is_told() {
    let sandbox = Sandbox::new();
    let words = format!("mkdir gone; cd gone; rmdir ../gone; {RUN}");
    under(&sandbox, &words, &["get"])
        .exits(2)
        .says(&["there is no working directory", "hint: "]);
}

#[test]
fn a_clock_that_is_decades_off_is_corrected() {
    for seconds in ["-1600000000", "2000000000"] {
        let sandbox = Sandbox::with(&[&format!("skew={seconds}")], &[]);
        sandbox
            .vodcb(SET.iter().copied())
            .ok()
            .says(&["this machine's clock is off by"]);
        assert_eq!(stored(&sandbox), URL);
    }
}

#[test]
fn sixteen_open_files_are_enough() {
    let sandbox = Sandbox::with(&[], &["apps=20"]);
    for args in [
        SET,
        &["get", "-o", "json"],
        &["queue", "create", "q"],
        &["whoami", "--explain"],
        &["--emulator", "set", "--http-url", URL],
        &["--emulator", "get"],
    ] {
        let mut sandbox_args = args.to_vec();
        sandbox_args.extend(["--retries", "2"]);
        let run = under(
            &sandbox,
            &format!("{ONLY_STANDARD}; ulimit -n 16; {RUN}"),
            &sandbox_args,
        );
        run.ok();
    }
}

/// Twenty connections at once do not fit; what did not is named with the reason.
#[test]
fn too_few_open_files_for_many_targets_are_told() {
    let sandbox = Sandbox::with(&["get:slow=200"], &["apps=20"]);
    let words = format!("{ONLY_STANDARD}; ulimit -n 16; {RUN}");
    let run = under(&sandbox, &words, &["get", "--all-apps", "--retries", "0"]).exits(8);
    run.says(&["Too many open files", "ulimit -n"]);
}

/// The limit of this machine is no fault of the receiver.
#[test]
fn a_storm_that_runs_out_of_files_does_not_blame_the_receiver() {
    let receiver = crate::receiver::Receiver::start(&[crate::receiver::Reply::Status(200)]);
    let words = format!("{ONLY_STANDARD}; ulimit -n 32; {RUN}");
    let url = receiver.url("/vod");
    let send = [
        "send",
        "TranscodeComplete",
        "--to",
        &url,
        "--once",
        "-o",
        "json",
    ];
    let storm = ["--count", "100", "--concurrency", "100"];
    let run = under(&Sandbox::offline(), &words, &[&send[..], &storm].concat());
    let document = run.exits(1).json();
    let hint = document["hint"].as_str().unwrap();
    assert!(hint.contains("says nothing of the receiver"), "{document}");
    let failed = document["answers"]["no file left for a connection"].as_u64();
    assert!(failed > Some(0), "{document}");
    let others = document["answers"].as_object().unwrap().keys();
    let others: Vec<_> = others.filter(|name| *name != "200").collect();
    assert_eq!(others, ["no file left for a connection"], "{document}");
}

/// What 4 KB unpack to does not fit into so much memory.
#[test]
fn a_bomb_is_not_unpacked() {
    let sandbox = Sandbox::with(&["get:gzip-bomb"], &[]);
    let words = format!("ulimit -v 2000000; {RUN}");
    let run = under(&sandbox, &words, &["get", "--retries", "0"]).exits(5);
    run.says(&["gave an answer that is none of the service's"]);
}

#[test]
fn too_few_open_files_are_told() {
    let sandbox = Sandbox::new();
    /// What the system says that cannot even load the program.
    const NOT_BEGUN: i32 = 127;
    for count in 3..=9 {
        let run = under(
            &sandbox,
            &format!("{ONLY_STANDARD}; ulimit -n {count}; {RUN}"),
            &[SET, &["--retries", "0"]].concat(),
        );
        if run.code == NOT_BEGUN {
            continue;
        }
        assert!(matches!(run.code, 0 | 2 | 5), "{count}: {run:#?}");
        if run.code != 0 {
            assert_eq!(
                stored(&sandbox),
                serde_json::Value::Null,
                "{count}: {run:#?}"
            );
            run.says(&["error: ", "hint: "]);
        }
    }
}

#[test]
fn closed_streams_keep_nothing_from_being_done() {
    for closed in ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"] {
        let sandbox = Sandbox::new();
        under(&sandbox, &format!("{RUN} {closed}"), SET).ok();
        assert_eq!(stored(&sandbox), URL, "{closed}");
        under(&sandbox, &format!("{RUN} {closed}"), &["delete"]).exits(2);
        under(&sandbox, &format!("{RUN} {closed}"), &["nonsense"]).exits(2);
        assert_eq!(stored(&sandbox), URL, "{closed}");
        under(&sandbox, &format!("{RUN} {closed}"), &["events", "list"]).ok();
    }
}

#[test]
fn paths_of_any_bytes_are_used_as_they_are() {
    let sandbox = Sandbox::new();
    let folder = sandbox.home().join(OsStr::from_bytes(b"h\xffme"));
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(
        folder.join(OsStr::from_bytes(b"k\xfey")),
        "Abcdefgh12345678\n",
    )
    .unwrap();
    let run = |command: &mut Command| {
        Run::of(
            command
                .current_dir(&folder)
                .env("HOME", &folder)
                .output()
                .unwrap(),
        )
    };
    run(sandbox
        .command(SET.iter().copied())
        .arg("--auth-key-file")
        .arg(OsStr::from_bytes(b"k\xfey")))
    .ok();
    run(&mut sandbox.command(["undo", "--yes"])).ok();
    assert!(folder.join(".local/state/vodcb/history.ndjson").exists());
    assert_eq!(std::fs::read_dir(sandbox.home()).unwrap().count(), 1);
}

/// Replaced characters would name another folder.
#[test]
fn a_state_folder_that_is_no_text_is_refused() {
    let sandbox = Sandbox::new();
    let folder = sandbox.home().join(OsStr::from_bytes(b"st\xffte"));
    let output = sandbox
        .command(SET.iter().copied())
        .env("XDG_STATE_HOME", folder)
        .output();
    Run::of(output.unwrap())
        .exits(2)
        .says(&["XDG_STATE_HOME", "UTF-8", "hint: "]);
    assert_eq!(std::fs::read_dir(sandbox.home()).unwrap().count(), 0);
    assert_eq!(writes(&sandbox), 0);
}

#[test]
fn a_file_whose_name_is_no_text_is_not_taken_for_another_one() {
    let sandbox = Sandbox::offline();
    for name in [
        "ALIBABA_CLOUD_CONFIG_FILE",
        "ALIBABA_CLOUD_CREDENTIALS_FILE",
        "ALIBABA_CLOUD_OIDC_TOKEN_FILE",
        "ALIBABACLOUD_OIDC_TOKEN_FILE",
    ] {
        let mut command = sandbox.command(["whoami", "--offline"]);
        let output = command.env(name, OsStr::from_bytes(b"/k\xfey")).output();
        let run = Run::of(output.unwrap()).exits(2);
        run.says(&[&format!("{name} is not UTF-8"), "hint: "]);
    }
}

#[test]
fn words_that_are_no_text_are_refused_wherever_they_stand() {
    let sandbox = Sandbox::new();
    let odd = OsStr::from_bytes(b"a\xff");
    for args in [
        &["set", "--http-url"][..],
        &["get", "--region"],
        &["get", "-o", "json", "--query"],
        &["events", "show"],
        &["events", "decode"],
        &["queue", "status"],
        &["verify", "--delivery"],
        &[],
    ] {
        let output = sandbox.command(args.iter().copied()).arg(odd).output();
        Run::of(output.unwrap()).exits(2).says(&["error"]);
    }
    assert!(sandbox.calls().is_empty());
}

/// As long as the system allows one word to be.
#[test]
fn very_long_words_are_refused_in_a_few_lines() {
    let sandbox = Sandbox::new();
    let long = "a".repeat(120_000);
    let url = format!("https://example.com/{long}");
    for args in [
        &["set", "--http-url", &url][..],
        &["set", "--http-url", URL, "--events", &long],
        &["set", "--mns-queue", &long],
        &["get", "--region", &long],
        &["get", "--app-id", &long],
        &["get", "--endpoint", &url],
        &["get", "--endpoint", &long],
        &["get", "-o", "json", "--query", &format!("({long}")],
        &["get", "--profile", &long],
        &["queue", "status", &long],
        &["events", "show", &long],
        &[
            "verify",
            "--url",
            &url,
            "--timestamp",
            &long,
            "--signature",
            &long,
        ],
        &["emulator", "start", "--fault", &long],
        &["emulator", "start", "--quirk", &long],
        &["emulator", "fire", "FileUploadComplete", "--set", &long],
    ] {
        let run = sandbox.vodcb(args.iter().copied());
        let (flag, said) = (&args[..2], run.stdout.len() + run.stderr.len());
        assert!(matches!(run.code, 1..=3), "{flag:.40?}: {}", run.code);
        assert!(said < 6000, "{flag:.40?}: {said} bytes");
    }
    assert!(sandbox.calls().is_empty());
}

/// As many brackets as there is room for; a parser that calls itself must not run out of stack.
#[test]
fn deep_queries_are_refused() {
    let sandbox = Sandbox::new();
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("!", "a"),
        ("a.", "a"),
        ("a|", "a"),
        ("&", "a"),
        ("{a:", "a}"),
    ] {
        let query = open.repeat(50_000) + &close.repeat(if close == "a" { 1 } else { 50_000 });
        let run = sandbox.vodcb([
            "regions",
            "-o",
            "json",
            "--query",
            &query[..query.len().min(120_000)],
        ]);
        assert!(
            matches!(run.code, 0 | 2),
            "{open}: {}: {:.300}",
            run.code,
            run.stderr
        );
    }
}

#[test]
fn odd_terminals_and_locales_change_nothing() {
    let sandbox = Sandbox::new();
    sandbox.vodcb(SET.iter().copied()).ok();
    let usual = sandbox
        .vodcb(["get", "-o", "json", "--query", "url"])
        .ok()
        .stdout;
    for (name, value) in [
        ("TERM", "no-such-terminal"),
        ("TERM", ""),
        ("LC_ALL", "xx_YY.broken"),
        ("LANG", "zh_CN.GBK"),
        ("TZ", "No/Such"),
        ("COLUMNS", "0"),
        ("COLUMNS", "-1"),
        ("COLUMNS", "99999999999999999999"),
        ("COLUMNS", "wide"),
    ] {
        let mut command = sandbox.command(["get", "-o", "json", "--query", "url"]);
        let run = Run::of(command.env(name, value).output().unwrap()).ok();
        assert_eq!(run.stdout, usual, "{name}={value}");
        let mut command = sandbox.command(["history"]);
        Run::of(command.env(name, value).output().unwrap()).ok();
        let mut command = sandbox.command(["set", "--help"]);
        Run::of(command.env(name, value).output().unwrap()).ok();
    }
}

#[test]
fn a_terminal_of_one_column_shows_every_word() {
    let sandbox = Sandbox::new();
    sandbox.vodcb(SET.iter().copied()).ok();
    for args in [
        &["get"][..],
        &["history"],
        &["events", "list"],
        &["events", "show", "TranscodeComplete"],
        &["whoami"],
        &["regions"],
        &["get", "--help"],
        &["check"],
    ] {
        let mut command = sandbox.command(args.iter().copied());
        let run = Run::of(command.env("COLUMNS", "1").output().unwrap());
        assert!(matches!(run.code, 0 | 1), "{args:?}: {run:#?}");
        assert!(!run.stdout.is_empty(), "{args:?}");
    }
}
