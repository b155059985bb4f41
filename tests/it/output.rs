//! Forms of output, and what happens to streams.

use std::io::Read;

use serde_json::json;

use crate::odd_answers::{OddServer, reply};
use crate::sandbox::{AUTH_KEY, Sandbox};

const SET: [&str; 5] = [
    "set",
    "--http-url",
    "https://example.com/vod",
    "--events",
    "TranscodeComplete,SnapshotComplete",
];

#[test]
fn json_is_exactly_one_document_and_yaml_says_the_same() {
    let sandbox = Sandbox::new();
    sandbox.vodcb(SET).ok();
    let mut json = sandbox.vodcb(["get", "-o", "json"]).ok().json();
    let yaml = sandbox.vodcb(["get", "-o", "yaml"]).ok().stdout;
    json["request_id"] = json!(null);
    for line in [
        "schema_version: 1",
        "url: https://example.com/vod",
        "configured: true",
        "method: HTTP",
    ] {
        assert!(
            yaml.lines().any(|other| other == line),
            "no {line:?} in\n{yaml}"
        );
    }
    assert_eq!(
        yaml.lines()
            .filter(|line| !line.starts_with([' ', '-']))
            .count(),
        json.as_object().unwrap().len()
    );
}

#[test]
fn a_query_filters_documents() {
    let sandbox = Sandbox::new();
    sandbox.vodcb(SET).ok();
    for (query, expected) in [
        ("url", json!("https://example.com/vod")),
        ("events[0]", json!("SnapshotComplete")),
        ("length(events)", json!(2)),
        (
            "{u: url, e: events[-1]}",
            json!({"u": "https://example.com/vod", "e": "TranscodeComplete"}),
        ),
        ("no_such_member", json!(null)),
    ] {
        assert_eq!(
            sandbox
                .vodcb(["get", "-o", "json", "--query", query])
                .ok()
                .json(),
            expected,
            "{query}"
        );
    }
    assert_eq!(
        sandbox
            .vodcb(["get", "-o", "yaml", "--query", "url"])
            .ok()
            .stdout,
        "https://example.com/vod\n"
    );
    sandbox
        .vodcb(["get", "--query", "url"])
        .exits(2)
        .says(&["add -o json"]);
}

/// A fingerprint of digits alone, or one like 1e5, would be quoted as YAML.
#[test]
fn a_single_text_is_printed_bare_in_yaml() {
    let sandbox = Sandbox::new();
    for n in 0..40 {
        let url = format!("https://example.com/{n}");
        sandbox
            .vodcb(["set", "--http-url", &url, "--events", "ALL"])
            .ok();
        let run = sandbox
            .vodcb(["get", "-o", "yaml", "--query", "fingerprint"])
            .ok();
        let fingerprint = run.stdout.trim_end();
        assert!(
            fingerprint.len() == 8 && fingerprint.chars().all(|c| c.is_ascii_hexdigit()),
            "{run:?}"
        );
        sandbox
            .vodcb(["set", "--http-url", &url, "--if-match", fingerprint])
            .ok();
    }
    assert_eq!(
        sandbox
            .vodcb(["get", "-o", "yaml", "--query", "auth"])
            .ok()
            .stdout,
        "off\n"
    );
}

#[test]
fn what_cannot_be_shown_is_told_before_the_write_or_as_partly_done() {
    let sandbox = Sandbox::new();
    let bad = [&SET[..], &["-o", "json", "--query", "abs(url)"]].concat();
    sandbox
        .vodcb(bad)
        .exits(2)
        .says(&["--query failed", "without --query"]);
    assert!(!sandbox.actions().contains(&"SetMessageCallback".to_owned()));
    #[cfg(target_os = "linux")]
    {
        let full = std::fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let output = sandbox.command(SET).stdout(full).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(8), "{stderr}");
        assert!(
            stderr.contains("the change was written and read back"),
            "{stderr}"
        );
    }
}

/// Nor is anything else done whose result cannot be shown.
#[test]
fn no_file_is_written_or_removed_whose_result_cannot_be_shown() {
    let sandbox = Sandbox::offline();
    let emulated = |args: &[&str]| sandbox.vodcb([&["--emulator"], args].concat());
    emulated(&SET).ok();
    emulated(&["set", "--generate-auth-key"]).ok();
    let state = sandbox.home().join(".local/state/vodcb");
    let before = std::fs::read(state.join("emulator.json")).unwrap();
    for command in [
        &["man", "--dir", "man"][..],
        &["emulator", "reset"],
        &["key", "rotate", "--generate-auth-key", "--yes"],
    ] {
        for (form, why) in [
            ("raw", "no single answer of the service"),
            ("ndjson", "one document and no stream"),
        ] {
            let run = emulated(&[command, &["-o", form]].concat()).exits(2);
            run.says(&[why, "use -o "]);
        }
        let query = ["-o", "json", "--query", "abs('text')"];
        let run = emulated(&[command, &query].concat()).exits(2);
        run.says(&["--query failed"]);
    }
    assert!(!sandbox.home().join("man").exists());
    assert_eq!(std::fs::read(state.join("emulator.json")).unwrap(), before);
    let status = emulated(&["key", "status", "-o", "json"]).ok();
    assert_eq!(status.json()["rotation"], serde_json::Value::Null);
}

#[test]
fn raw_is_refused_where_the_service_says_nothing() {
    let sandbox = Sandbox::offline();
    for args in [&["regions"][..], &["events", "list"]] {
        sandbox
            .vodcb([args, &["-o", "raw"]].concat())
            .exits(2)
            .says(&["table, json or yaml"]);
    }
}

#[test]
fn hints_name_the_same_target() {
    let sandbox = Sandbox::offline();
    sandbox
        .vodcb([
            "--emulator",
            "get",
            "--region",
            "eu-central-1",
            "--app-id",
            "app-7",
        ])
        .ok()
        .says(&["vodcb --emulator --region eu-central-1 --app-id app-7 set --http-url URL"]);
}

#[test]
fn hints_can_be_copied_whatever_the_flags_hold() {
    let flags = [
        "--profile",
        "my own",
        "--allow-http",
        "--ca-bundle",
        "a b.pem",
    ];
    let sandbox = Sandbox::offline();
    let parameters = rcgen::CertificateParams::new(Vec::new()).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    sandbox.file("a b.pem", &parameters.self_signed(&key).unwrap().pem());
    sandbox
        .vodcb([&["--emulator", "get"][..], &flags].concat())
        .ok()
        .says(&["vodcb --emulator --allow-http --profile 'my own' --ca-bundle 'a b.pem' set --http-url URL"]);
}

#[cfg(unix)]
#[test]
fn bytes_that_are_no_text_are_refused() {
    use std::os::unix::ffi::OsStringExt;
    let sandbox = Sandbox::new();
    let odd = std::ffi::OsString::from_vec(b"https://example.com/\xff".to_vec());
    let output = sandbox
        .command(["set", "--http-url"])
        .arg(odd)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}

#[test]
fn raw_is_the_services_own_text() {
    let sandbox = Sandbox::new();
    sandbox.vodcb(SET).ok();
    let raw = sandbox.vodcb(["get", "-o", "raw"]).ok().json();
    assert_eq!(
        raw["MessageCallback"]["CallbackURL"],
        "https://example.com/vod"
    );
    assert_eq!(raw["MessageCallback"]["CallbackType"], "HTTP");
}

#[test]
fn results_go_to_stdout_and_talk_to_stderr() {
    let sandbox = Sandbox::new();
    let run = sandbox
        .vodcb([&SET[..], &["-o", "json", "-v", "--debug"]].concat())
        .ok();
    run.json();
    assert!(
        run.stderr
            .lines()
            .all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()),
        "{run:?}"
    );
    let quiet = sandbox
        .vodcb(["set", "--http-url", "http://localhost/x", "-q"])
        .ok();
    assert_eq!(quiet.stderr, "", "{quiet:?}");
}

#[test]
fn an_error_is_one_object_in_json() {
    let sandbox = Sandbox::with(&["get:deny"], &[]);
    let error = sandbox.vodcb(["get", "-o", "json"]).exits(3).error();
    assert_eq!(error["kind"], "error");
    assert_eq!(error["schema_version"], 1);
    assert_eq!(error["code"], "Forbidden.RAM");
    assert_eq!(error["exit_code"], 3);
    assert_eq!(error["retryable"], false);
    assert_eq!(error["applied"], "no");
    assert!(
        error["request_id"]
            .as_str()
            .is_some_and(|id| !id.is_empty())
    );
    assert!(
        error["hint"]
            .as_str()
            .unwrap()
            .contains("vod:GetMessageCallback")
    );
    let usage = sandbox
        .vodcb(["get", "--no-such-flag", "-o", "json"])
        .exits(2)
        .error();
    assert_eq!(
        (usage["exit_code"].clone(), usage["code"].clone()),
        (json!(2), json!("usage"))
    );
    assert_eq!(
        sandbox.vodcb(["set", "-o=json"]).exits(2).error()["code"],
        "usage"
    );
}

#[test]
fn a_closed_pipe_ends_quietly_and_a_write_is_finished_all_the_same() {
    let sandbox = Sandbox::new();
    let mut child = sandbox.begin(SET);
    drop(child.stdout.take());
    let mut stderr = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut stderr)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{stderr}");
    assert!(
        !stderr.contains("panic") && !stderr.to_lowercase().contains("pipe"),
        "{stderr}"
    );
    assert_eq!(
        sandbox.vodcb(["get", "-o", "json"]).json()["url"],
        "https://example.com/vod"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    let sandbox = Sandbox::new();
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let output = sandbox.command(["get"]).stdout(full).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(8), "{stderr}");
    assert!(
        stderr.contains("standard output cannot be written"),
        "{stderr}"
    );
}

#[test]
fn colours_are_for_terminals_or_on_demand() {
    let mut sandbox = Sandbox::offline();
    let colourful = |sandbox: &Sandbox, args: &[&str]| {
        sandbox
            .vodcb(args.iter().copied())
            .stderr
            .contains('\u{1b}')
    };
    assert!(!colourful(&sandbox, &["get"]));
    assert!(colourful(&sandbox, &["get", "--color", "always"]));
    sandbox.set("CLICOLOR_FORCE", "1");
    assert!(colourful(&sandbox, &["get"]));
    assert!(!colourful(&sandbox, &["get", "--color", "never"]));
    sandbox.set("NO_COLOR", "1");
    assert!(!colourful(&sandbox, &["get"]));
}

#[test]
fn tables_fit_the_width() {
    let mut sandbox = Sandbox::new();
    sandbox.set("COLUMNS", "60");
    let url = format!("https://example.com/{}", "long/".repeat(40));
    sandbox.vodcb(["set", "--http-url", &url]).ok();
    for args in [
        &["get"][..],
        &["regions"],
        &["events", "list"],
        &["events", "show", "TranscodeComplete"],
    ] {
        let run = sandbox.vodcb(args.iter().copied()).ok();
        let widest = run
            .stdout
            .lines()
            .map(|line| line.chars().count())
            .max()
            .unwrap();
        assert!(widest <= 60, "{args:?} is {widest} wide:\n{}", run.stdout);
    }
}

#[test]
fn foreign_text_is_escaped() {
    // What vodcb refuses may have been configured elsewhere.
    let stored = r#"{"RequestId":"R-1","MessageCallback":{"CallbackType":"HTTP","CallbackURL":"https://example.com/\u202e\u200bevil","EventTypeList":"ALL"}}"#;
    let server = OddServer::new(move |_| reply("200 OK", "application/json", stored));
    let sandbox = server.sandbox();
    let run = sandbox.vodcb(["get"]).ok();
    assert!(run.stdout.contains("\\u{202e}\\u{200b}evil"), "{run:?}");
    let body = r#"{"EventType":"FileUploadComplete","VideoId":"a\u001b[31mred\u0007"}"#;
    let run = sandbox
        .vodcb_with_input(body.as_bytes(), ["events", "decode", "-"])
        .ok();
    assert!(!run.stdout.contains(['\u{1b}', '\u{7}']), "{run:?}");
}

#[test]
fn what_the_grammar_refuses_keeps_its_reasons_in_json() {
    let sandbox = Sandbox::offline();
    let run = sandbox
        .vodcb(["get", "--color", "foo", "-o", "json"])
        .exits(2);
    assert_eq!(
        run.error()["causes"][0],
        "possible values: auto, always, never"
    );
    let run = sandbox.vodcb(["diff", "-o", "json"]).exits(2);
    assert!(
        run.error()["causes"][0]
            .as_str()
            .unwrap()
            .starts_with("--file <FILE>"),
        "{run:?}"
    );
}

#[test]
fn what_the_grammar_refuses_has_the_form_that_is_usual_here() {
    let mut sandbox = Sandbox::offline();
    let words = ["get", "--nosuch"];
    assert!(sandbox.vodcb(words).exits(2).stderr.starts_with("error: "));
    sandbox.file("vodcb.toml", "[defaults]\noutput = \"json\"\n");
    assert_eq!(sandbox.vodcb(words).exits(2).error()["kind"], "error");
    sandbox.set("VODCB_OUTPUT", "table");
    assert!(sandbox.vodcb(words).exits(2).stderr.starts_with("error: "));
    for form in ["json", "ndjson"] {
        sandbox.set("VODCB_OUTPUT", form);
        assert_eq!(sandbox.vodcb(words).exits(2).error()["kind"], "error");
        let run = sandbox.vodcb(["get", "--nosuch", "-o", "table"]).exits(2);
        assert!(run.stderr.starts_with("error: "), "{run:?}");
    }
}

#[test]
fn a_form_of_output_that_is_none_is_told_with_all_that_are() {
    let mut sandbox = Sandbox::offline();
    sandbox.set("VODCB_OUTPUT", "x");
    let forms = ["the forms are table, json, yaml, raw and ndjson"];
    sandbox.vodcb(["get"]).exits(2).says(&forms);
}

/// What a result looks like.
fn shape(text: &str) -> &'static str {
    let is_json = |text: &str| serde_json::from_str::<serde_json::Value>(text).is_ok();
    if text.contains("schema_version:") {
        "yaml"
    } else if text.lines().count() > 1 && text.lines().all(is_json) {
        "lines"
    } else if is_json(text) {
        "json"
    } else {
        "text"
    }
}

/// What a folder or a variable wishes for all commands keeps none of them from being used; JSON stays JSON.
#[test]
fn a_usual_form_that_a_command_does_not_have_gives_way() {
    let mut sandbox = Sandbox::new();
    sandbox.vodcb(SET).ok();
    let delivery = r#"{"schema_version":1,"kind":"delivery","headers":[],"body":"e30="}"#;
    sandbox.file("two.ndjson", &format!("{delivery}\n{delivery}\n"));
    let stream = [
        "replay",
        "two.ndjson",
        "--to",
        "http://127.0.0.1:9/",
        "--dry-run",
    ];
    sandbox.set("KEY", AUTH_KEY);
    let verify = [
        "verify",
        "--delivery",
        "two.ndjson",
        "--url",
        "https://example.com/vod",
        "--auth-key-env",
        "KEY",
    ];
    let one = ["get"];
    let many = ["get", "--all-apps"];
    for (form, as_stream, as_one, as_many) in [
        ("table", "text", "text", "text"),
        ("json", "lines", "json", "json"),
        ("yaml", "text", "yaml", "yaml"),
        // What the service said is JSON, too.
        ("raw", "text", "json", "text"),
        ("ndjson", "lines", "json", "json"),
    ] {
        for from in ["VODCB_OUTPUT", "./vodcb.toml"] {
            sandbox.unset("VODCB_OUTPUT");
            sandbox.file("vodcb.toml", "");
            match from {
                "VODCB_OUTPUT" => sandbox.set(from, form),
                _ => {
                    sandbox.file("vodcb.toml", &format!("[defaults]\noutput = \"{form}\"\n"));
                }
            }
            for (args, expected) in [
                (&stream[..], as_stream),
                (&verify, as_stream),
                (&one, as_one),
                (&many, as_many),
            ] {
                let run = sandbox.vodcb(args.iter().copied());
                assert!(run.code < 2, "{form} from {from}, {args:?}: {run:#?}");
                let found = shape(&run.stdout);
                assert_eq!(found, expected, "{form} from {from}, {args:?}: {run:#?}");
            }
            let asked = sandbox.vodcb_with_input(b"", ["wizard", "--plain"]);
            asked.exits(130).says(&["Region of the VOD centre"]);
        }
    }
}

#[test]
fn a_flag_for_a_form_that_a_command_does_not_have_is_refused() {
    let sandbox = Sandbox::offline();
    for (args, said) in [
        (&["listen", "-o", "json"][..], "this command shows a stream"),
        (&["queue", "tail", "q", "-o", "yaml"], "-o ndjson"),
        (
            &["get", "--all-apps", "-o", "ndjson"],
            "this command shows one document",
        ),
        (
            &["set", "--auth", "off", "--check", "-o", "raw"],
            "no single answer of the service",
        ),
    ] {
        sandbox.vodcb(args.iter().copied()).exits(2).says(&[said]);
    }
}

#[test]
fn what_goes_on_until_it_is_stopped_has_no_dry_run() {
    let sandbox = Sandbox::new();
    for args in [
        &["listen"][..],
        &["emulator", "start"],
        &["queue", "tail", "q", "--ack"],
        &["queue", "forward", "q", "--to", "http://127.0.0.1:9/"],
    ] {
        let run = sandbox.vodcb([args, &["--dry-run"]].concat()).exits(2);
        let of_queues = run.stderr.contains("vodcb queue peek");
        assert_eq!(of_queues, args[0] == "queue", "{run:?}");
        run.says(&["--dry-run does not go with ", "leave --dry-run out"]);
    }
    assert!(sandbox.actions().is_empty());
}
