//! Every exit code that these commands can reach, and the table in the documentation.

use vodcb::exit::Exit;

use crate::sandbox::Sandbox;

const SET: [&str; 5] = [
    "set",
    "--http-url",
    "https://example.com/vod",
    "--events",
    "TranscodeComplete",
];

#[test]
fn the_documentation_has_the_table_of_the_program() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/exit-codes.md"))
        .unwrap();
    for exit in Exit::ALL {
        let row = format!("| {} | {} | {} |", exit.code(), exit.name(), exit.meaning());
        assert!(
            page.contains(&row),
            "docs/exit-codes.md lacks the row {row}"
        );
    }
    let rows = page
        .lines()
        .filter(|line| line.starts_with("| ") && line.as_bytes()[2].is_ascii_digit());
    assert_eq!(rows.count(), Exit::ALL.len());
}

#[test]
fn ok_and_negative() {
    let sandbox = Sandbox::new();
    sandbox.vodcb(["get", "--require-configured"]).exits(1);
    sandbox.vodcb(SET).exits(0);
    sandbox.vodcb(["get", "--require-configured"]).exits(0);
}

#[test]
fn usage_is_told_before_anything_is_sent() {
    let sandbox = Sandbox::new();
    sandbox.vodcb(["set", "--http-url", "not a url"]).exits(2);
    sandbox.vodcb(["set", "--no-such-flag"]).exits(2);
    sandbox.vodcb(["set"]).exits(2);
    sandbox.vodcb(["events"]).exits(2);
    assert!(sandbox.calls().is_empty());
}

#[test]
fn credentials_are_missing_wrong_or_lack_a_permission() {
    Sandbox::offline()
        .vodcb(["get"])
        .exits(3)
        .says(&["no credentials were found", "--emulator"]);
    let mut sandbox = Sandbox::new();
    sandbox.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "wrong");
    let run = sandbox.vodcb(["get"]).exits(3);
    assert!(
        run.stderr
            .contains("the access key secret does not belong to this access key id"),
        "{run:?}"
    );
    sandbox.set("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAInobody0000000000");
    sandbox
        .vodcb(["get"])
        .exits(3)
        .says(&["InvalidAccessKeyId.NotFound"]);
    let denied = Sandbox::with(&["get:deny"], &[]);
    denied
        .vodcb(["get"])
        .exits(3)
        .says(&["vod:GetMessageCallback", r#""Effect":"Allow""#]);
    let denied = Sandbox::with(&["set:deny"], &[]);
    denied.vodcb(SET).exits(3).says(&["vod:SetMessageCallback"]);
}

#[test]
fn rejected() {
    Sandbox::with(&["get:not-activated"], &[])
        .vodcb(["get"])
        .exits(4)
        .says(&["activate"]);
    Sandbox::with(&["get:suspended"], &[])
        .vodcb(["get"])
        .exits(4)
        .says(&["bill"]);
    Sandbox::with(&["set:error=InvalidParameter"], &[])
        .vodcb(SET)
        .exits(4)
        .says(&["InvalidParameter"]);
}

#[test]
fn unavailable() {
    for fault in [
        "get:throttle=1",
        "get:internal",
        "get:unavailable",
        "get:reset-before",
        "get:garbage",
        "get:html",
        "get:html-ok",
        "get:truncate",
    ] {
        let sandbox = Sandbox::with(&[fault], &[]);
        sandbox.vodcb(["get", "--retries", "1"]).exits(5);
        assert_eq!(sandbox.calls().len(), 2, "{fault} is tried again once");
    }
    Sandbox::with(&["get:slow=3000"], &[])
        .vodcb(["get", "--retries", "0", "--timeout", "0.3"])
        .exits(5)
        .says(&["no answer within 0.3 s"]);
    let mut nobody = Sandbox::new();
    nobody.set("VODCB_ENDPOINT", "http://127.0.0.1:1");
    nobody
        .vodcb(["get", "--retries", "0"])
        .exits(5)
        .says(&["no connection"]);
}

#[test]
fn conflict() {
    let sandbox = Sandbox::with(&["set:foreign"], &[]);
    let run = sandbox.vodcb([&SET[..], &["-o", "json"]].concat()).exits(6);
    assert_eq!(run.error()["applied"], "unknown");
    assert_eq!(run.error()["exit_code"], 6);
    Sandbox::with(&["set:drop-events"], &[])
        .vodcb(SET)
        .exits(6)
        .says(&["different from what was sent: events"]);
}

#[test]
fn unknown_outcome() {
    // The write is lost after its effect, and every reading after the first fails.
    let sandbox = Sandbox::with(&["set:reset-after", "get:pass*1", "get:unavailable"], &[]);
    let run = sandbox
        .vodcb([&SET[..], &["--retries", "0", "-o", "json"]].concat())
        .exits(7);
    assert_eq!(run.error()["applied"], "unknown");
    assert_eq!(
        run.error()["hint"],
        "look before doing anything else: vodcb --region cn-shanghai --app-id app-1000000 get"
    );
}

#[cfg(unix)]
#[test]
fn interrupted_and_terminated() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        // Takes the call and never answers it; once it has come, the handlers are installed.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let mut sandbox = Sandbox::new();
        let url = format!("http://{}", listener.local_addr().unwrap());
        sandbox.set("VODCB_ENDPOINT", &url);
        let mut child = sandbox
            .command(["get", "--timeout", "60"])
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let (mut stream, _) = listener.accept().unwrap();
        let mut first = [0];
        std::io::Read::read_exact(&mut stream, &mut first).unwrap();
        let pid = child.id().to_string();
        std::process::Command::new("kill")
            .args([signal, &pid])
            .status()
            .unwrap();
        let status = child.wait().unwrap();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut text).unwrap();
        assert_eq!(status.code(), Some(code), "{text}");
        assert!(text.contains("nothing was changed"), "{text}");
    }
}

/// Input that never comes must not keep the process from hearing a signal, be it standard input or a pipe that
/// nobody writes to.
#[cfg(target_os = "linux")]
#[test]
fn a_signal_is_heard_while_input_is_waited_for() {
    for args in [
        &["set", "--auth-key-stdin"][..],
        &["events", "decode", "-"],
        &["events", "decode", "pipe"],
        &["set", "--auth-key-file", "pipe"],
        &["send", "--to", "http://127.0.0.1:1", "--data", "@pipe"],
        &["diff", "-f", "pipe"],
    ] {
        let sandbox = Sandbox::new();
        let pipe = sandbox.home().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let mut child = sandbox
            .command(args.iter().copied())
            .stdin(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let pid = child.id().to_string();
        // Bit 1 of the signals with a handler is SIGINT.
        let hears = || {
            let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
            let mut lines = status.lines();
            let caught = lines.find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
            u64::from_str_radix(caught.trim(), 16).unwrap() & 2 != 0
        };
        crate::queue::forward::eventually(hears);
        std::process::Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap();
        let mut ended = None;
        crate::queue::forward::eventually(|| {
            ended = child.try_wait().unwrap();
            ended.is_some()
        });
        assert_eq!(ended.unwrap().code(), Some(130), "{args:?}");
    }
}
