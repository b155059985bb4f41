//! The state file: it outlives the emulator, is shared, and is never spoilt.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use vodcb::emulator::{Config, Storage, start, state};
use vodcb::error::{Error, Kind};

use super::twin::{Twin, config};
use crate::sandbox::Sandbox;

fn kept_in(path: &Path) -> Config {
    let mut config = config();
    config.storage = Storage::File(path.to_owned());
    config
}

fn refused(path: &Path) -> Error {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(start(kept_in(path))).unwrap_err()
}

#[test]
fn a_callback_outlives_the_emulator() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/er/state.json");
    let twin = Twin::of(kept_in(&path));
    assert_eq!(twin.get().callback("CallbackType"), None);
    assert!(!path.exists(), "reading writes nothing");
    twin.set_http("ALL");
    drop(twin);
    let twin = Twin::of(kept_in(&path));
    assert_eq!(
        twin.get().callback("CallbackURL").as_deref(),
        Some("https://example.com/vod")
    );
    assert_eq!(twin.call("DeleteMessageCallback", &[]).code(), "OK");
    drop(twin);
    assert_eq!(
        Twin::of(kept_in(&path)).get().callback("CallbackType"),
        None
    );
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/state.json");
    let twin = Twin::of(kept_in(&path));
    twin.set_http("ALL");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(&folder.path().join("new/state.json.lock")), 0o600);
    assert_eq!(mode(&folder.path().join("new")), 0o700);
}

#[test]
fn several_emulators_share_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    let twins = [Twin::of(kept_in(&path)), Twin::of(kept_in(&path))];
    std::thread::scope(|scope| {
        for (which, twin) in twins.iter().enumerate() {
            for number in 0..10 {
                scope.spawn(move || {
                    let app = format!("app-{which}-{number}");
                    let url = ("CallbackURL", "https://example.com");
                    assert_eq!(
                        twin.set(&[("AppId", &app), ("CallbackType", "HTTP"), url])
                            .code(),
                        "OK"
                    );
                });
            }
        }
    });
    for which in 0..2 {
        for number in 0..10 {
            let app = format!("app-{which}-{number}");
            let other = &twins[1 - which];
            let reply = other.call("GetMessageCallback", &[("AppId", &app)]);
            assert!(reply.callback("CallbackURL").is_some(), "{app}");
        }
    }
    let names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[test]
fn a_corrupt_file_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    for text in ["{\"schema\":1,", "[]", "{\"schema\":2,\"callbacks\":[]}"] {
        fs::write(&path, text).unwrap();
        let error = refused(&path);
        assert_eq!(error.kind, Kind::Usage);
        assert!(error.message.contains("state.json"), "{error:?}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn a_file_that_breaks_later_fails_calls_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    let twin = Twin::of(kept_in(&path));
    fs::write(&path, "no").unwrap();
    assert_eq!(
        twin.set_http("ALL").verdict(),
        (500, "InternalError".into())
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), "no");
    fs::remove_file(&path).unwrap();
    assert_eq!(twin.set_http("ALL").code(), "OK");
}

#[test]
fn a_place_that_cannot_hold_a_file_is_a_usage_error() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    assert_eq!(
        refused(&folder.path().join("file/state.json")).kind,
        Kind::Usage
    );
    let inner = folder.path().join("folder");
    fs::create_dir(&inner).unwrap();
    assert_eq!(refused(&inner).kind, Kind::Usage);
}

#[test]
fn reset_removes_the_state() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    assert!(!state::reset(&path).unwrap());
    fs::write(&path, "broken").unwrap();
    assert!(state::reset(&path).unwrap());
    assert!(!state::reset(&path).unwrap());
    assert!(!state::reset(&folder.path().join("no/such/folder.json")).unwrap());
    assert_eq!(Twin::of(kept_in(&path)).get().status, 200);
}

#[test]
fn a_killed_writer_leaves_a_whole_state() {
    let sandbox = Sandbox::offline();
    sandbox
        .vodcb(["--emulator", "set", "--http-url", "https://example.com/0"])
        .ok();
    let mut before = "https://example.com/0".to_owned();
    for round in 1..=12 {
        let url = format!("https://example.com/{round}");
        let mut writer = sandbox
            .command(["--emulator", "set", "--http-url", &url])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(2 * round));
        writer.kill().unwrap();
        writer.wait().unwrap();
        let document = sandbox
            .vodcb(["--emulator", "get", "-o", "json"])
            .ok()
            .json();
        let stored = document["url"].as_str().unwrap().to_owned();
        assert!(stored == before || stored == url, "{stored} after {before}");
        before = stored;
    }
}

/// `vodcb emulator reset --state notes.txt` is a slip of the finger.
#[test]
fn a_reset_removes_states_and_asks_about_anything_else() {
    let sandbox = Sandbox::offline();
    let reset = |more: &[&str]| {
        let args = ["emulator", "reset", "--state", "file", "-o", "json"];
        sandbox.vodcb([&args, more].concat())
    };
    let here = || {
        let names = std::fs::read_dir(sandbox.home()).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect::<Vec<_>>()
    };
    // A manifest in JSON begins much like a state.
    for text in [
        "my notes",
        "{\"schema\": 1}",
        "{\"schema\": 1, \"callback\": [",
        "[1, {\"schema\": 1, \"callbacks\": [",
    ] {
        sandbox.file("file", text);
        for more in [&[][..], &["--dry-run"], &["--yes"]] {
            reset(more).exits(2).says(&[
                "file holds no state of an emulator",
                "name the file of emulator start --state",
            ]);
        }
        let start = ["emulator", "start", "--state", "file"];
        let run = sandbox.vodcb(start).exits(2);
        run.says(&["hint: it is no state of an emulator"]);
        assert_eq!(here(), ["file"], "{text}");
        assert_eq!(
            std::fs::read_to_string(sandbox.home().join("file")).unwrap(),
            text
        );
    }
    for text in [
        "{\n  \"schema\": 1,\n  \"callbacks\": [\n    {",
        "{\"schema\": 9, \"callbacks\": []}",
    ] {
        sandbox.file("file", text);
        for more in [&[][..], &["--dry-run"]] {
            reset(more)
                .exits(2)
                .says(&["file holds no state of an emulator", "--yes"]);
        }
        assert_eq!(here(), ["file"], "{text}");
        assert_eq!(reset(&["--yes"]).ok().json()["removed"], true);
        assert!(here().is_empty(), "{:?}", here());
    }
    for text in ["", "{\"schema\": 1, \"callbacks\": []}"] {
        sandbox.file("file", text);
        assert_eq!(reset(&[]).ok().json()["removed"], true);
        assert!(here().is_empty(), "{:?}", here());
    }
    assert_eq!(reset(&[]).ok().json()["removed"], false);
}

/// Scripts wait for the file, so it is never that of a server that is gone.
#[test]
fn a_ready_file_is_there_only_while_the_server_is() {
    let sandbox = Sandbox::offline();
    let gone = |run: crate::sandbox::Run, code| {
        run.exits(code);
        assert!(!sandbox.home().join("ready").exists());
    };
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for server in [&["listen"][..], &["emulator", "start"]] {
        for left in [
            "http://127.0.0.1:1\n",
            "export VODCB_ENDPOINT=http://127.0.0.1:1\n",
            "",
        ] {
            sandbox.file("ready", left);
            let args = ["--ready-file", "ready", "--port", &port];
            gone(sandbox.vodcb([server, &args].concat()), 2);
        }
    }
    let args = ["listen", "--ready-file", "ready", "--port", "0"];
    let end = ["--timeout", "0.1"];
    gone(sandbox.vodcb([&args[..], &end].concat()), 0);
}

/// Neither a wrong argument beside it, nor a slip of the finger in it, costs a file.
#[test]
fn a_ready_file_replaces_nothing_else() {
    let sandbox = Sandbox::offline();
    let listen = ["listen", "--port", "0", "--timeout", "0.1"];
    let start = ["emulator", "start", "--port", "0"];
    for (text, server) in [
        ("years of work\n", &listen[..]),
        ("http://a.example/\nhttp://b.example/\n", &listen),
        ("export PATH=/opt/bin\n", &start),
    ] {
        let path = sandbox.file("precious.txt", text);
        sandbox
            .vodcb([server, &["--ready-file", "precious.txt"]].concat())
            .exits(2)
            .says(&[
                "precious.txt is no file that an earlier run left",
                "name a file",
            ]);
        assert_eq!(std::fs::read_to_string(path).unwrap(), text);
    }
    sandbox
        .vodcb([&listen[..], &["--ready-file", "."]].concat())
        .exits(2);
    let mine = "http://127.0.0.1:1\n";
    let path = sandbox.file("ready", mine);
    for wrong in [
        [&listen[..], &["--expect", "((("]].concat(),
        [&listen[..], &["--events", "a b"]].concat(),
        [&start[..], &["--fault", "x"]].concat(),
        [&start[..], &["-o", "ndjson"]].concat(),
    ] {
        sandbox
            .vodcb([&wrong[..], &["--ready-file", "ready"]].concat())
            .exits(2);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), mine);
    }
}
