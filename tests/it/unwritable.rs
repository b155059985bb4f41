//! Full disks and folders that take no files: told with a way out, and nothing is left half done.
#![cfg(target_os = "linux")] // its devices, limits and /proc

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use vodcb::change::turn::locked;

use crate::sandbox::{Run, Sandbox};
use crate::surroundings::{RUN, under};

const URL: &str = "https://example.com/vod";
/// A limit of file sizes behaves like a full disk.
const FULL: &str = "trap '' XFSZ; ulimit -f 0";

fn full(sandbox: &Sandbox, args: &[&str]) -> Run {
    under(sandbox, &format!("{FULL}; {RUN}"), args)
}

/// The names below a folder, with those of temporary files.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn with_key() -> Sandbox {
    let sandbox = Sandbox::new();
    let set = ["set", "--http-url", URL, "--generate-auth-key"];
    sandbox.vodcb(set).ok();
    sandbox
}

/// Nothing below /proc can be made, not even by root.
#[test]
fn a_rotation_that_cannot_be_kept_names_the_way_out_and_asks_nobody() {
    let mut sandbox = with_key();
    let rotate = ["key", "rotate", "--generate-auth-key", "--yes"];
    let told = [
        "the state of the rotation cannot be written",
        "make room there",
        "XDG_STATE_HOME",
    ];
    let run = full(&sandbox, &rotate).exits(2).says(&told);
    assert!(!run.stderr.contains("repair it"), "{run:?}");
    let rotations = sandbox.home().join(".local/state/vodcb/rotations");
    assert_eq!(names(&rotations), [""; 0]);
    sandbox.set("HOME", "/proc");
    sandbox.vodcb(rotate).exits(2).says(&told);
    let state = sandbox.home().join("elsewhere");
    sandbox.set("XDG_STATE_HOME", state.to_str().unwrap());
    sandbox.vodcb(rotate).ok();
}

#[test]
fn a_rotation_that_cannot_be_read_or_removed_says_which_file() {
    let sandbox = with_key();
    let rotate = |more: &[&str]| sandbox.vodcb([&["key", "rotate", "--yes"], more].concat());
    rotate(&["--generate-auth-key"]).ok();
    let rotations = sandbox.home().join(".local/state/vodcb/rotations");
    let file = rotations.join(&names(&rotations)[0]);
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    let path = file.to_str().unwrap();
    rotate(&[])
        .exits(2)
        .says(&["cannot be read", path, "make it readable"]);
}

#[test]
fn a_manifest_that_does_not_fit_leaves_the_old_one_and_nothing_beside_it() {
    let sandbox = with_key();
    let old = sandbox.file("vodcb.manifest.toml", "schema = 1\n");
    let export = ["export", "-f", "vodcb.manifest.toml", "--force"];
    full(&sandbox, &export)
        .exits(2)
        .says(&["vodcb.manifest.toml cannot be written", "hint: "]);
    assert_eq!(std::fs::read_to_string(old).unwrap(), "schema = 1\n");
    assert_eq!(names(sandbox.home()), [".local", "vodcb.manifest.toml"]);
    sandbox
        .vodcb(["export", "-f", "/proc/manifest.toml"])
        .exits(2)
        .says(&["/proc/manifest.toml cannot be written", "hint: "]);
}

#[test]
fn a_page_of_the_manual_is_there_whole_or_not_at_all() {
    let sandbox = Sandbox::offline();
    let old = sandbox.file("man/vodcb.1", "old\n");
    full(&sandbox, &["man", "--dir", "man"])
        .exits(2)
        .says(&["the pages cannot be written to man", "hint: "]);
    assert_eq!(std::fs::read_to_string(&old).unwrap(), "old\n");
    assert_eq!(names(old.parent().unwrap()), ["vodcb.1"]);
    sandbox.vodcb(["man", "--dir", "/proc/man"]).exits(2);
    sandbox.vodcb(["man", "--dir", "new"]).ok();
    // As readable as what any program of the user writes.
    let mode = |path: &Path| {
        use std::os::unix::fs::PermissionsExt;
        path.metadata().unwrap().permissions().mode()
    };
    File::create(sandbox.home().join("usual")).unwrap();
    assert_eq!(
        mode(&sandbox.home().join("new/vodcb.1")),
        mode(&sandbox.home().join("usual"))
    );
}

#[test]
fn a_ready_file_that_does_not_fit_ends_the_server_and_leaves_nothing() {
    let sandbox = Sandbox::offline();
    for server in [&["listen", "--port", "0"][..], &["emulator", "start"]] {
        let args = [server, &["--ready-file", "ready"]].concat();
        full(&sandbox, &args)
            .exits(2)
            .says(&["the ready file ready cannot be written", "hint: "]);
        let args = [server, &["--ready-file", "/proc/ready"]].concat();
        sandbox
            .vodcb(args)
            .exits(2)
            .says(&["the ready file /proc/ready cannot be written", "hint: "]);
    }
    assert!(!sandbox.home().join("ready").exists());
    let left = names(sandbox.home());
    assert!(left.iter().all(|name| !name.contains("tmp")), "{left:?}");
}

#[test]
fn a_state_of_the_emulator_that_cannot_be_used_is_told_at_the_start() {
    let sandbox = Sandbox::offline();
    let run = sandbox
        .vodcb(["emulator", "start", "--state", "/proc/state.json"])
        .exits(2)
        .says(&[
            "the emulator's state file /proc/state.json cannot be used",
            "hint: name another file",
        ]);
    assert!(
        !run.stderr.contains("emulator reset"),
        "there is no file: {run:?}"
    );
}

/// What a program shows first of an error is its first hint, which must be something to do.
#[test]
fn a_state_that_cannot_be_recorded_keeps_a_change_back_with_the_way_out_first() {
    let mut sandbox = Sandbox::new();
    sandbox.set("HOME", "/proc");
    let run = sandbox
        .vodcb(["set", "--http-url", URL, "-o", "json"])
        .exits(2);
    let error = run.error();
    let hint = error["hint"].as_str().unwrap();
    assert!(
        hint.starts_with("XDG_STATE_HOME names another folder"),
        "{hint}"
    );
    assert!(
        error["causes"]
            .to_string()
            .contains("nothing was written to the service")
    );
    assert!(!sandbox.actions().contains(&"SetMessageCallback".to_owned()));
    sandbox.set("VODCB_HISTORY", "off");
    sandbox.vodcb(["set", "--http-url", URL]).ok();
}

/// The system may know a home beside the variable, so nothing is written but what names its folder.
#[test]
fn without_the_variable_of_the_home_everything_works_that_needs_none() {
    let mut sandbox = Sandbox::new();
    let state = sandbox.home().join("state");
    sandbox.set("XDG_STATE_HOME", state.to_str().unwrap());
    for args in [
        &["get"][..],
        &["whoami"],
        &["events", "list"],
        &["set", "--http-url", URL, "--generate-auth-key"],
        &["history"],
        &["key", "status"],
        &["undo", "--yes"],
    ] {
        let mut command = sandbox.command(args.iter().copied());
        Run::of(command.env_remove("HOME").output().unwrap()).ok();
    }
    assert!(state.join("vodcb/history.ndjson").exists());
}

/// A file that is only a name has no locks, like every file of some network file systems.
#[tokio::test]
async fn a_file_system_without_locks_is_no_reason_to_wait() {
    const O_PATH: i32 = 0o10_000_000;
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("lock");
    File::create(&path).unwrap();
    let name = File::options()
        .read(true)
        .custom_flags(O_PATH)
        .open(&path)
        .unwrap();
    assert!(locked(name).await.unwrap().is_none());
    let real = File::open(&path).unwrap();
    assert!(locked(real).await.unwrap().is_some());
}
