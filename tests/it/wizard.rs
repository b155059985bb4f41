//! The wizard: its stories as plain lines, and in a real pseudo-terminal.

use std::io::Write;
use std::process::Stdio;

use serde_json::json;

use crate::sandbox::{Run, Sandbox};

const URL: &str = "https://example.com/vod";

/// Answers the plain questions with these lines.
fn answered(sandbox: &Sandbox, lines: &[&str]) -> Run {
    let input = lines.join("\n") + "\n";
    sandbox.vodcb_with_input(input.as_bytes(), ["wizard", "--plain"])
}

fn stored(sandbox: &Sandbox) -> serde_json::Value {
    let mut document = sandbox.vodcb(["get", "-o", "json"]).ok().json();
    let members = document.as_object_mut().unwrap();
    members.retain(|name, value| {
        !value.is_null() && !matches!(name.as_str(), "request_id" | "fingerprint" | "auth_key")
    });
    document
}

fn written(sandbox: &Sandbox) -> bool {
    sandbox
        .actions()
        .iter()
        .any(|action| action == "SetMessageCallback" || action == "CreateQueue")
}

#[test]
fn an_http_callback_is_set_up_after_a_url_was_corrected() {
    let sandbox = Sandbox::new();
    // Region, application, HTTP, two URLs, no look at it, a new key, transcoding, yes, no test event.
    let run = answered(
        &sandbox,
        &[
            "1",
            "1",
            "1",
            "https://exa mple",
            URL,
            "1",
            "1",
            "3",
            "1",
            "1",
        ],
    )
    .ok()
    .says(&[
        "16 of 256 bytes: the callback URL cannot be used",
        "written and read back",
        "auth_key = { env = \"VOD_CALLBACK_KEY_CN_SHANGHAI_APP_1000000\" }",
        "set --http-url https://example.com/vod --auth-key-env VOD_CALLBACK_KEY \
         --events StreamTranscodeComplete,TranscodeComplete",
    ]);
    assert_eq!(run.stderr.matches("+ url").count(), 1, "{run:#?}");
    assert_eq!(
        stored(&sandbox),
        json!({
            "schema_version": 1, "region": "cn-shanghai", "app_id": "app-1000000", "configured": true,
            "method": "HTTP", "url": URL, "auth": "on",
            "events": ["StreamTranscodeComplete", "TranscodeComplete"],
        })
    );
}

/// A file that only the test event at the end needs is missed before the first question.
#[test]
fn certificate_authorities_that_are_missing_are_told_before_any_question() {
    let sandbox = Sandbox::new();
    let input = ["1", "1", "1", URL, "1", "1", "3", "1", "2"].join("\n") + "\n";
    let args = ["wizard", "--plain", "--ca-bundle", "nowhere.pem"];
    let run = sandbox.vodcb_with_input(input.as_bytes(), args).exits(2);
    let run = run.says(&["nowhere.pem", "PEM file"]);
    assert!(!run.stderr.contains("Region"), "{run:#?}");
    assert_eq!(sandbox.actions(), Vec::<String>::new());
}

#[test]
fn what_is_set_now_is_offered_first_and_a_second_run_writes_nothing() {
    let sandbox = Sandbox::new();
    sandbox
        .vodcb(["set", "--http-url", URL, "--events", "SnapshotComplete"])
        .ok();
    let before = sandbox.calls().len();
    answered(&sandbox, &["", "", "", "", "", "", ""])
        .ok()
        .says(&[
            "As now: SnapshotComplete",
            "already so; nothing was written",
        ]);
    let calls = &sandbox.calls()[before..];
    assert!(calls.iter().all(|call| call.action != "SetMessageCallback"));
}

#[test]
fn events_are_marked_one_by_one_and_unknown_ones_are_kept() {
    let sandbox = Sandbox::new();
    let set = [
        "set",
        "--http-url",
        URL,
        "--allow-unknown-events",
        "--events",
    ];
    sandbox
        .vodcb(set.into_iter().chain(["FileUploadComplete,BrandNewEvent"]))
        .ok();
    // One by one: back once, then keep what is marked.
    let run = answered(
        &sandbox,
        &["", "", "", "", "", "", "5", "<", "5", "", "1", "1"],
    );
    run.ok().says(&["already so", "Other · BrandNewEvent"]);
    // The first and the umbrella for AI.
    let run = answered(&sandbox, &["", "", "", "", "", "", "5", "1,20", "1", "1"]).ok();
    let row = |number: &str| {
        let mut lines = run.stderr.lines().map(str::trim_start);
        lines
            .find(|line| line.starts_with(number) && line.contains('·'))
            .unwrap_or_default()
    };
    assert!(row("1.").contains("FileUploadComplete"), "{run:#?}");
    assert!(row("20.").contains("AIComplete"), "{run:#?}");
    assert_eq!(
        stored(&sandbox)["events"],
        json!(["AIComplete", "FileUploadComplete"])
    );
}

#[test]
fn every_question_can_be_gone_back_from() {
    let sandbox = Sandbox::new();
    let lines = [
        "1", "<", // application, back to the region
        "1", "1", "<", // method, back to the place
        "1", "1", "1", "<", // URL, back to the method
        "1", URL, "<", // the look, back to the URL
        URL, "1", "<", // authentication, back to the URL
        URL, "1", "3", "<", // events, back to authentication
        "3", "1", "<", // confirmation, back to the events
        "1", "1", "1",
    ];
    answered(&sandbox, &lines).ok();
    assert_eq!(stored(&sandbox)["events"], json!(["ALL"]));
    assert_eq!(stored(&sandbox)["auth"], "off");
}

#[test]
fn the_end_of_the_answers_changes_nothing_wherever_it_comes() {
    let lines = ["1", "1", "1", URL, "1", "1", "1"];
    for count in 0..=lines.len() {
        let sandbox = Sandbox::new();
        let input: String = lines[..count]
            .iter()
            .map(|line| format!("{line}\n"))
            .collect();
        sandbox
            .vodcb_with_input(input.as_bytes(), ["wizard", "--plain"])
            .exits(130)
            .says(&["cancelled; nothing was changed"]);
        assert!(!written(&sandbox), "after {count} answers");
    }
    let sandbox = Sandbox::new();
    answered(&sandbox, &["1", "1", "1", URL, "1", "1", "1", "2"]).exits(130);
    assert!(!written(&sandbox));
}

#[test]
fn without_anybody_to_answer_the_flags_are_named() {
    let sandbox = Sandbox::new();
    sandbox.vodcb(["wizard"]).exits(2).says(&[
        "nobody is there to answer",
        "vodcb set --http-url",
        "--plain",
    ]);
    sandbox.vodcb(["wizard", "--plain", "--no-input"]).exits(2);
    sandbox
        .vodcb(["wizard", "--plain", "-o", "json"])
        .exits(2)
        .says(&["the wizard talks to people", "vodcb set --http-url"]);
    assert!(sandbox.actions().is_empty());
}

#[test]
fn a_profile_is_offered_where_there_are_several() {
    let mut sandbox = Sandbox::new();
    let profile = |name: &str| {
        json!({"name": name, "mode": "AK", "access_key_id": crate::sandbox::ACCESS_KEY_ID,
               "access_key_secret": crate::sandbox::ACCESS_KEY_SECRET})
    };
    let config = json!({"current": "one", "profiles": [profile("one"), profile("two")]});
    sandbox.file(".aliyun/config.json", &config.to_string());
    sandbox.unset("ALIBABA_CLOUD_ACCESS_KEY_ID");
    sandbox.unset("ALIBABA_CLOUD_ACCESS_KEY_SECRET");
    answered(
        &sandbox,
        &["3", "1", "1", "1", URL, "1", "3", "1", "1", "1"],
    )
    .ok()
    .says(&[
        "profile two",
        "vodcb --region cn-shanghai --app-id app-1000000 --profile two set",
    ]);
}

#[test]
fn an_application_is_typed_in_where_listing_is_not_allowed() {
    let sandbox = Sandbox::with(&["list-apps:deny"], &[]);
    answered(
        &sandbox,
        &[
            "1",
            "no app",
            "app-0000007",
            "1",
            URL,
            "1",
            "3",
            "1",
            "1",
            "1",
        ],
    )
    .ok()
    .says(&["the applications cannot be listed", "\"no app\""]);
    sandbox
        .vodcb(["get", "--app-id", "app-0000007", "--require-configured"])
        .ok();
}

#[test]
fn a_new_queue_is_created_only_with_the_change() {
    let mut sandbox = Sandbox::new();
    let url = sandbox.url().to_owned();
    sandbox.set("VODCB_MNS_ENDPOINT", &url);
    let lines = ["1", "1", "2", "", "1", "vod-events", "1"];
    answered(&sandbox, &lines).exits(130);
    assert!(!written(&sandbox));
    let all: Vec<&str> = lines.into_iter().chain(["1"]).collect();
    answered(&sandbox, &all).ok().says(&[
        "The queue vod-events will be created with the change",
        "created the queue vod-events",
        "set --mns-queue vod-events --mns-endpoint http://",
    ]);
    assert_eq!(stored(&sandbox)["mns_queue"], "vod-events");
    // Now it is the present one, and on the list.
    answered(&sandbox, &["1", "1", "", "2", "1", "", "1"])
        .ok()
        .says(&[
            "As now: vod-events at http://",
            "1.  vod-events",
            "already so",
        ]);
}

#[test]
fn the_account_of_the_queues_is_the_one_that_is_set() {
    let mut sandbox = Sandbox::new();
    let url = sandbox.url().to_owned();
    sandbox.set("VODCB_MNS_ENDPOINT", &url);
    sandbox.set("VODCB_ACCOUNT_ID", "9999999999999999");
    let lines = ["1", "1", "2", "", "1", "vod-events", "1", "2"];
    let run = answered(&sandbox, &lines).exits(130);
    run.says(&["Queue of 9999999999999999 in cn-shanghai"]);
}

/// Anybody who may write a callback can put anything into it.
#[test]
fn what_others_wrote_is_escaped_in_questions() {
    let mut sandbox = Sandbox::offline();
    sandbox.set("VODCB_EMULATOR", "1");
    sandbox
        .vodcb(["set", "--http-url", "https://example.com/HERE"])
        .ok();
    let state = sandbox.home().join(".local/state/vodcb/emulator.json");
    let text = std::fs::read_to_string(&state).unwrap();
    assert!(text.contains("HERE"), "{text}");
    std::fs::write(&state, text.replace("HERE", r"\u001b[31m\u202e")).unwrap();
    let run = answered(&sandbox, &["1", "1", ""]);
    assert!(run.stderr.contains("\\u{1b}[31m\\u{202e}"), "{run:#?}");
    assert!(!run.stderr.contains(['\u{1b}', '\u{202e}']), "{run:#?}");
}

#[test]
fn a_configured_queue_can_stay_where_it_is_and_is_created_where_it_is_gone() {
    let sandbox = Sandbox::new();
    let endpoint = "https://42.mns.cn-beijing.aliyuncs.com/";
    let set = ["set", "--mns-queue", "q", "--mns-endpoint", endpoint];
    sandbox
        .vodcb(set.into_iter().chain(["--no-queue-check"]))
        .ok();
    // Region, application, method and queue as now, transcoding, no.
    let lines = ["1", "1", "", "", "4", "2"];
    answered(&sandbox, &lines).exits(130);
    assert!(!written_queue(&sandbox));
    // All as now; only the queue is missing. No, then yes.
    let lines = ["1", "1", "", "", "", "2"];
    answered(&sandbox, &lines).exits(130);
    assert!(!written_queue(&sandbox));
    let lines = ["1", "1", "", "", "", "1"];
    answered(&sandbox, &lines).ok().says(&[
        "As now: q at https://42.mns.cn-beijing.aliyuncs.com/",
        "The queue q will be created with the change",
        "Create the queue q?",
        "created the queue q",
    ]);
    let lines = ["1", "1", "", "", "4", "1"];
    answered(&sandbox, &lines).ok().says(&[
        "written and read back",
        "set --mns-queue q --mns-endpoint https://42.mns.cn-beijing.aliyuncs.com/",
    ]);
    let document = stored(&sandbox);
    assert_eq!(document["mns_endpoint"], endpoint);
    assert_eq!(
        document["events"],
        json!(["StreamTranscodeComplete", "TranscodeComplete"])
    );
}

fn written_queue(sandbox: &Sandbox) -> bool {
    let actions = sandbox.actions();
    actions.iter().any(|action| action == "CreateQueue")
}

/// As `vodcb set --generate-auth-key` refuses without `--show-auth-key`.
#[test]
fn a_generated_key_that_nothing_keeps_is_printed_or_not_made() {
    let mut sandbox = Sandbox::new();
    sandbox.set("VODCB_HISTORY", "no-secrets");
    // A new key, not to be printed; then a new key, to be printed.
    let mut lines = FIRST.to_vec();
    lines.splice(5..6, ["1", "2", "1", "1"]);
    let lines = [lines, vec!["1", "1"]].concat();
    let run = answered(&sandbox, &lines).ok();
    let run = run.says(&["VODCB_HISTORY keeps no keys"]);
    let shown = ["get", "--show-auth-key", "-o", "json"];
    let document = sandbox.vodcb(shown).ok().json();
    let key = document["auth_key"].as_str().unwrap();
    assert!(run.stdout.contains(key), "{run:#?}");
}

#[test]
fn a_test_event_is_sent_on_demand_and_judged_by_the_rules_of_the_service() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/vod", listener.local_addr().unwrap());
    let receiver = std::thread::spawn(move || {
        // The look only connects.
        drop(listener.accept().unwrap());
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = [0; 4096];
        let count = std::io::Read::read(&mut stream, &mut head).unwrap();
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            .unwrap();
        String::from_utf8_lossy(&head[..count]).to_ascii_lowercase()
    });
    let sandbox = Sandbox::new();
    answered(&sandbox, &["1", "1", "1", &url, "2", "1", "1", "1", "2"])
        .ok()
        .says(&["connect", "delivered: the receiver answered 200 in time"]);
    let request = receiver.join().unwrap();
    assert!(request.contains("x-vod-signature: "), "{request}");
}

#[cfg(unix)]
mod terminal {
    use std::time::Duration;

    use expectrl::process::unix::WaitStatus;
    use expectrl::session::OsSession;
    use expectrl::{Eof, Expect, Session};

    use super::*;

    const ENTER: &str = "\r";
    const DOWN: &str = "\x1b[B";
    const ESCAPE: &str = "\x1b";
    const CTRL_C: &str = "\x03";

    /// The questions of the HTTP path with what answers them.
    const STORY: [(&str, &str); 8] = [
        ("Region of the VOD centre", ENTER),
        ("Application", ENTER),
        ("How should events arrive?", ENTER),
        ("URL: ", "https://example.com/vod\r"),
        ("Look now whether", ENTER),
        ("Are deliveries signed?", ENTER),
        ("Which events?", ENTER),
        ("Write this to", "\x1b[A\r"),
    ];

    /// A shell in a terminal of that width, which shows its settings before and after the command.
    fn in_terminal(sandbox: &Sandbox, columns: u16, command: &str) -> OsSession {
        let program = env!("CARGO_BIN_EXE_vodcb");
        let script = format!(
            "stty cols {columns} rows 24; before=$(stty -g); {program} {command}; code=$?; \
             test \"$before\" = \"$(stty -g)\" && echo \"sane after $code\" || echo \"changed after $code\""
        );
        let mut shell = std::process::Command::new("/bin/sh");
        shell
            .args(["-c", &script])
            .env_clear()
            .env("HOME", sandbox.home())
            .env("PATH", "/usr/bin:/bin")
            .env("TERM", "xterm")
            .envs(sandbox.environment().iter().cloned())
            .current_dir(sandbox.home())
            .stdin(Stdio::inherit());
        let mut session = Session::spawn(shell).unwrap();
        session.set_expect_timeout(Some(Duration::from_secs(60)));
        session
    }

    fn step(session: &mut OsSession, (question, answer): (&str, &str)) {
        session
            .expect(question)
            .unwrap_or_else(|error| panic!("{question}: {error}"));
        // A list is drawn below its question before it hears a key.
        std::thread::sleep(Duration::from_millis(150));
        session.send(answer).unwrap();
    }

    fn end(mut session: OsSession) -> String {
        let rest = session.expect(Eof).unwrap();
        let text = String::from_utf8_lossy(rest.as_bytes()).into_owned();
        assert!(matches!(
            session.get_process().wait().unwrap(),
            WaitStatus::Exited(_, 0)
        ));
        text
    }

    #[test]
    fn the_http_path_works_in_wide_and_narrow_terminals() {
        for (columns, color) in [(80, "always"), (60, "never")] {
            let sandbox = Sandbox::new();
            let command = format!("wizard --color {color}");
            let mut session = in_terminal(&sandbox, columns, &command);
            for at in STORY {
                step(&mut session, at);
            }
            step(&mut session, ("Send a test event", ENTER));
            let text = end(session);
            assert!(text.contains("The same by command"), "{text}");
            assert!(text.contains("sane after 0"), "{text}");
            assert_eq!(stored(&sandbox)["url"], URL);
            assert_eq!(stored(&sandbox)["auth"], "on");
        }
    }

    #[test]
    fn esc_and_ctrl_c_change_nothing_at_any_question() {
        for key in [ESCAPE, CTRL_C] {
            for count in 0..STORY.len() {
                let sandbox = Sandbox::new();
                let mut session = in_terminal(&sandbox, 80, "wizard");
                for at in &STORY[..count] {
                    step(&mut session, *at);
                }
                step(&mut session, (STORY[count].0, key));
                let text = end(session);
                assert!(text.contains("nothing was changed"), "{count}: {text}");
                assert!(text.contains("sane after 130"), "{count}: {text}");
                assert!(!written(&sandbox), "{count}: {text}");
            }
        }
    }

    #[test]
    fn a_wrong_url_is_told_while_it_is_typed_and_corrected() {
        let sandbox = Sandbox::new();
        let mut session = in_terminal(&sandbox, 80, "wizard");
        for at in &STORY[..3] {
            step(&mut session, *at);
        }
        step(&mut session, ("URL: ", "ftp://回调.example.com\r"));
        session.expect("of 256 bytes: ").unwrap();
        // Ctrl-U takes the line away.
        session.send("\x15").unwrap();
        session.expect("URL: ").unwrap();
        session.send("https://example.com/vodx\x7f\r").unwrap();
        for at in &STORY[4..] {
            step(&mut session, *at);
        }
        step(&mut session, ("Send a test event", ENTER));
        assert!(end(session).contains("sane after 0"));
        assert_eq!(stored(&sandbox)["url"], URL);
    }

    #[test]
    fn the_queue_path_and_the_way_back_work_in_a_terminal() {
        let mut sandbox = Sandbox::new();
        let url = sandbox.url().to_owned();
        sandbox.set("VODCB_MNS_ENDPOINT", &url);
        let mut session = in_terminal(&sandbox, 60, "wizard");
        let back = "\x1b[A\r"; // from the first row to the last, which goes back
        for at in [
            ("Region of the VOD centre", ENTER),
            ("Application", ENTER),
            ("How should events arrive?", ENTER),
            ("URL: ", "<\r"),
            ("How should events arrive?", "\x1b[B\r"),
            ("Region of the queue", ENTER),
            ("Queue of 1234567890123456", ENTER),
            ("Name of the queue", ENTER),
            ("Which events?", back),
            ("Region of the queue", ENTER),
            ("Queue of 1234567890123456", ENTER),
            ("Name of the queue", "my-queue\r"),
            ("Which events?", ENTER),
            ("Write this to", "\x1b[A\r"),
        ] {
            step(&mut session, at);
        }
        let text = end(session);
        assert!(text.contains("created the queue my-queue"), "{text}");
        assert!(text.contains("sane after 0"), "{text}");
        assert_eq!(stored(&sandbox)["mns_queue"], "my-queue");
    }

    #[test]
    fn set_alone_offers_the_wizard() {
        let sandbox = Sandbox::new();
        let mut session = in_terminal(&sandbox, 80, "set");
        step(&mut session, ("by questions and answers? [y/N] ", "y\n"));
        step(&mut session, ("Region of the VOD centre", DOWN));
        session.send(ESCAPE).unwrap();
        assert!(end(session).contains("sane after 130"));
        let mut session = in_terminal(&sandbox, 80, "set");
        step(&mut session, ("by questions and answers? [y/N] ", "n\n"));
        assert!(end(session).contains("sane after 2"));
    }
}

/// Region, application, HTTP, URL, no look at it, signed or not, every event.
const FIRST: [&str; 7] = ["1", "1", "1", URL, "1", "3", "1"];

#[test]
fn yes_answers_the_confirmation() {
    let sandbox = Sandbox::new();
    let lines = FIRST.join("\n") + "\n1\n";
    let run = sandbox.vodcb_with_input(lines.as_bytes(), ["wizard", "--plain", "--yes"]);
    let run = run.ok().says(&["written and read back"]);
    assert!(!run.stderr.contains("Yes, write it"), "{run:#?}");
    assert_eq!(stored(&sandbox)["url"], URL);
}

#[test]
fn a_dry_run_creates_no_queue_and_writes_nothing() {
    let sandbox = Sandbox::new();
    // Region, application, queue, its region, a new one, its name, every event, yes.
    let lines = "1\n1\n2\n1\n1\nnew\n1\n1\n";
    let run = sandbox.vodcb_with_input(lines.as_bytes(), ["wizard", "--plain", "--dry-run"]);
    run.ok().says(&["dry run; nothing was written"]);
    assert!(!written(&sandbox));
}

#[test]
fn a_key_is_typed_twice_and_asked_for_until_it_is_right() {
    let sandbox = Sandbox::new();
    let (key, slip) = ("Abcdefgh12345", "Abcdefgh12354");
    // A key of one's own: too simple, then twice not alike, then twice alike.
    let mut lines = FIRST.to_vec();
    lines.splice(5..6, ["2", "simple", key, slip, key, key]);
    let lines = [lines, vec!["1", "1"]].concat();
    let run = answered(&sandbox, &lines).ok().says(&[
        "the callback key from what was typed cannot be used",
        "the two are not the same",
    ]);
    assert!(!format!("{run:?}").contains(key), "{run:#?}");
    let shown = ["get", "--show-auth-key", "-o", "json"];
    assert_eq!(sandbox.vodcb(shown).ok().json()["auth_key"], key);
}

#[test]
fn a_key_that_is_not_typed_after_all_leads_back_to_the_choice() {
    let sandbox = Sandbox::new();
    let mut lines = FIRST.to_vec();
    // A key of one's own, back, off.
    lines.splice(5..6, ["2", "<", "3"]);
    let run = answered(&sandbox, &[lines, vec!["1", "1"]].concat());
    run.ok().says(&["< to go back", "written and read back"]);
    assert_eq!(stored(&sandbox)["auth"], "off");
}

#[test]
#[cfg(unix)]
fn a_change_by_somebody_else_is_told_as_set_tells_it() {
    let sandbox = Sandbox::new();
    let mut child = sandbox
        .command(["wizard", "--plain"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut answers = child.stdin.take().unwrap();
    writeln!(answers, "{}", FIRST.join("\n")).unwrap();
    // What is set now was read once the region and the application were told.
    crate::queue::forward::eventually(|| {
        sandbox
            .actions()
            .iter()
            .any(|it| it == "GetMessageCallback")
    });
    sandbox
        .vodcb(["set", "--http-url", "https://example.com/other"])
        .ok();
    writeln!(answers, "1").unwrap();
    drop(answers);
    let run = Run::of(child.wait_with_output().unwrap()).exits(6);
    let run = run.says(&["app-1000000 in cn-shanghai was changed by somebody else meanwhile"]);
    assert!(!run.stderr.contains("--if-match"), "{run:#?}");
}
