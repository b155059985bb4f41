//! What commands print is what `vodcb schema output` says, member by member.

use std::collections::BTreeSet;
use std::io::BufRead;
use std::process::Stdio;

use serde_json::{Value, json};
use vodcb::commands::grammar;

use crate::receiver::{Receiver, Reply};
use crate::sandbox::{AUTH_KEY, Run, Sandbox};

/// The schema of a command, closed: a member that it does not name is refused.
fn validator(sandbox: &Sandbox, words: &str) -> jsonschema::Validator {
    let args = ["schema", "output"].into_iter().chain(words.split(' '));
    let mut schema = sandbox.vodcb(args).ok().json();
    assert!(jsonschema::meta::is_valid(&schema), "{words}");
    // What others are built on stays open, and is closed by what is built on it.
    let shared = ["Callback", "Envelope", "Record"];
    for (name, definition) in schema["$defs"].as_object_mut().unwrap() {
        if !shared.contains(&name.as_str()) {
            close(definition);
        }
    }
    jsonschema::validator_for(&schema).unwrap()
}

fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.values_mut().for_each(close);
            if members.get("properties").is_some_and(Value::is_object)
                && members.get("type") == Some(&json!("object"))
            {
                members.insert("unevaluatedProperties".into(), json!(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

#[track_caller]
fn obeys(sandbox: &Sandbox, words: &str, document: &Value) {
    let wrong: Vec<String> = validator(sandbox, words)
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(wrong.is_empty(), "vodcb {words}: {wrong:#?}\n{document:#}");
}

fn run(sandbox: &Sandbox, line: &str) -> Run {
    sandbox.vodcb(line.split(' ').chain(["-o", "json"]))
}

fn world() -> Sandbox {
    let mut sandbox = Sandbox::new();
    let url = sandbox.url().to_owned();
    sandbox.set("VODCB_MNS_ENDPOINT", &url);
    sandbox.set("VODCB_ACCOUNT_ID", "1234567890123456");
    sandbox.set("KEY", AUTH_KEY);
    sandbox.set("OTHER", "Another1KeyOfTheTarget");
    let body = sandbox
        .vodcb(["events", "show", "TranscodeComplete", "--sample"])
        .ok();
    sandbox.file("body.json", &body.stdout);
    sandbox.file("callbacks.json", r#"{"schema":1,"defaults":{"region":"cn-shanghai","events":"ALL"},"callback":[{"app_id":"app-7","url":"https://example.com/","auth_key":{"env":"KEY"}},{"app_id":"app-8","protected":true}]}"#);
    sandbox.file("odd.json", r#"{"EventType":"Unheard","Strange":[1,null]}"#);
    sandbox
}

/// Command, and a line that makes it print its document.
const LINES: &[(&str, &str)] = &[
    ("get", "get"),
    (
        "set",
        "set --http-url https://example.com/vod --auth-key-env KEY --events FileUploadComplete",
    ),
    ("set", "set --add-events SnapshotComplete --dry-run"),
    ("set", "set --events FileUploadComplete"),
    ("set", "set --http-url http://127.0.0.1:9/vod --check"),
    ("get", "get"),
    ("get", "get --all-apps"),
    ("export", "export -f planned.toml --dry-run"),
    ("export", "export --all-apps -f exported.yaml"),
    ("key status", "key status"),
    ("key rotate", "key rotate --generate-auth-key --dry-run"),
    ("key rotate", "key rotate --auth-key-env OTHER --dry-run"),
    ("key rotate", "key rotate --abandon --dry-run"),
    (
        "key rotate",
        "key rotate --auth-key-env OTHER --skip-proof --yes",
    ),
    ("set", "set --mns-queue vod-events --create-queue"),
    ("history", "history"),
    ("history show", "history show 1"),
    ("undo", "undo --yes"),
    ("delete", "delete --yes"),
    ("events list", "events list"),
    ("events show", "events show TranscodeComplete"),
    ("events show", "events show AIComplete"),
    ("events decode", "events decode body.json"),
    ("events decode", "events decode odd.json"),
    ("whoami", "whoami --explain"),
    ("whoami", "whoami --offline"),
    ("regions", "regions"),
    ("apps", "apps"),
    ("queue create", "queue create other --dry-run"),
    ("queue create", "queue create vod-events"),
    ("queue list", "queue list"),
    ("queue status", "queue status vod-events"),
    ("queue peek", "queue peek vod-events"),
    ("diff", "diff -f callbacks.json --prune"),
    ("apply", "apply -f callbacks.json --dry-run"),
    ("apply", "apply -f callbacks.json --yes --keep-going"),
    ("key generate", "key generate"),
    ("emulator fire", "emulator fire TranscodeComplete --dry-run"),
    ("emulator reset", "emulator reset --dry-run"),
    ("emulator reset", "emulator reset"),
    (
        "verify",
        "verify --url https://example.com/vod --timestamp 1519375990 --signature 00112233445566778899aabbccddeeff --auth-key-env KEY --max-age 9",
    ),
    ("check", "check --only credentials,service"),
];

#[test]
fn documents_obey_their_schema() {
    let sandbox = world();
    for (words, line) in LINES {
        let run = run(&sandbox, line);
        assert!(run.code <= 1, "{line}: {run:#?}");
        obeys(&sandbox, words, &run.json());
    }
}

#[test]
fn errors_and_warnings_obey_their_schema() {
    let sandbox = world();
    run(
        &sandbox,
        "set --http-url https://example.com/vod --auth-key-env KEY",
    );
    for line in [
        "set --events Nonsense",
        "gte",
        "queue status absent",
        "delete",
    ] {
        let run = run(&sandbox, line);
        assert!(run.code > 1, "{line}: {run:#?}");
        obeys(&sandbox, "error", &run.error());
    }
    let run = run(&sandbox, "set --http-url http://example.com/vod").ok();
    assert!(!run.stderr.is_empty());
    for line in run.stderr.lines() {
        obeys(&sandbox, "warning", &serde_json::from_str(line).unwrap());
    }
}

#[test]
fn an_emulator_says_that_it_is_ready_as_the_schema_has_it() {
    let sandbox = Sandbox::offline();
    let mut command = sandbox.command(["emulator", "start", "-o", "json"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let lines = std::io::BufReader::new(child.stdout.take().unwrap()).lines();
    let mut text = String::new();
    for line in lines {
        let line = line.unwrap();
        text.push_str(&line);
        if line == "}" {
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    obeys(
        &sandbox,
        "emulator start",
        &serde_json::from_str(&text).unwrap(),
    );
}

#[test]
fn what_is_sent_and_received_obeys_its_schema() {
    let sandbox = world();
    let receiver = Receiver::start(&[Reply::Status(200)]);
    let url = receiver.url("/vod");
    for flags in ["", "--dry-run", "--count 2", "--scenario plain"] {
        let line = format!("send TranscodeComplete --to {url} {flags}");
        let run = run(&sandbox, line.trim()).ok();
        obeys(&sandbox, "send", &run.json());
    }
    obeys(
        &sandbox,
        "send",
        &run(&sandbox, "send --list-scenarios").ok().json(),
    );
    run(&sandbox, &format!("set --http-url {url} --events ALL")).ok();
    let fired = run(&sandbox, "emulator fire TranscodeComplete").ok();
    obeys(&sandbox, "emulator fire", &fired.json());

    let lines = |words: &str, line: &str| {
        let run = sandbox.vodcb(line.split(' ').chain(["-o", "ndjson"]));
        assert!(run.stdout.lines().count() > 0, "{line}: {run:?}");
        for line in run.stdout.lines() {
            obeys(&sandbox, words, &serde_json::from_str(line).unwrap());
        }
        run
    };
    run(&sandbox, "queue create vod-events").ok();
    run(&sandbox, "set --mns-queue vod-events").ok();
    for _ in 0..2 {
        run(&sandbox, "emulator fire SnapshotComplete").ok();
    }
    let tail = lines(
        "queue tail",
        "queue tail vod-events --ack --exit-after 1 --for 20",
    );
    sandbox.file("recorded.ndjson", &format!("{}nonsense\n", tail.stdout));
    lines("replay", &format!("replay recorded.ndjson --to {url}"));
    lines(
        "verify",
        &format!("verify --delivery recorded.ndjson --url {url} --auth-key-env KEY"),
    );
    lines(
        "queue forward",
        &format!("queue forward vod-events --to {url} --exit-after 1 --for 20"),
    );
    obeys(
        &sandbox,
        "queue peek",
        &run(&sandbox, "queue peek vod-events").ok().json(),
    );
}

#[test]
fn what_a_listener_says_obeys_its_schema() {
    let sandbox = world();
    let application = Receiver::start(&[Reply::Status(200)]);
    let to = application.url("/vod");
    let line = format!("listen --port 0 --forward-to {to} --exit-after 2 --timeout 60 -o ndjson");
    let mut command = sandbox.command(line.split(' '));
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let lines = std::io::BufReader::new(child.stdout.take().unwrap()).lines();
    let mut kinds = BTreeSet::new();
    for line in lines {
        let document: Value = serde_json::from_str(&line.unwrap()).unwrap();
        obeys(&sandbox, "listen", &document);
        let kind = document["kind"].as_str().unwrap().to_owned();
        if kind == "ready" {
            let url = document["url"].as_str().unwrap();
            run(&sandbox, &format!("send TranscodeComplete --to {url}")).ok();
            run(
                &sandbox,
                &format!("send SnapshotComplete --to {url} --auth-key-env KEY"),
            )
            .ok();
        }
        kinds.insert(kind);
    }
    child.wait().unwrap();
    let expected = ["delivery", "forward", "ready", "summary"].map(str::to_owned);
    assert_eq!(kinds, BTreeSet::from(expected));
}

/// Those that print text, or ask.
const WITHOUT_DOCUMENT: &[&str] = &[
    "completions",
    "help",
    "man",
    "schema manifest",
    "schema output",
    "wizard",
];

/// They need more than a line, and have tests of their own.
const ELSEWHERE: &[&str] = &[
    "emulator start",
    "error",
    "listen",
    "queue forward",
    "queue tail",
    "replay",
    "send",
    "warning",
];

#[test]
fn every_command_that_prints_a_document_has_a_schema_and_is_tested() {
    let schema = Sandbox::offline().vodcb(["schema", "output"]).ok().json();
    let described: BTreeSet<String> = schema["anyOf"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            one["$ref"]
                .as_str()
                .unwrap()
                .replace("#/$defs/", "")
                .replace('-', " ")
        })
        .collect();
    let mut commands = BTreeSet::new();
    leaves("", &grammar::command(), &mut commands);
    commands.retain(|words| !WITHOUT_DOCUMENT.contains(&words.as_str()));
    let missing: Vec<_> = commands.difference(&described).collect();
    assert!(
        missing.is_empty(),
        "src/commands/schema/output.json lacks {missing:?}"
    );
    for words in &described {
        let tested = LINES.iter().any(|(name, _)| name == words);
        assert!(
            tested || ELSEWHERE.contains(&words.as_str()),
            "{words} has no line in LINES"
        );
    }
}

fn leaves(above: &str, command: &clap::Command, found: &mut BTreeSet<String>) {
    for nested in command.get_subcommands() {
        let words = format!("{above} {}", nested.get_name()).trim().to_owned();
        let is_itself_a_command = !nested.is_subcommand_required_set();
        if is_itself_a_command {
            found.insert(words.clone());
        }
        leaves(&words, nested, found);
    }
}

#[test]
fn a_command_without_a_document_is_told() {
    Sandbox::offline()
        .vodcb(["schema", "output", "completions"])
        .exits(2)
        .says(&["there is no schema for \"completions\"", "events list"]);
}
