//! What the tool says about itself: overview, help, topics, suggestions.

use std::collections::BTreeSet;
use std::path::Path;

use vodcb::commands::grammar::{self, Definition};
use vodcb::commands::help::TOPICS;

use crate::sandbox::Sandbox;

#[test]
fn vodcb_alone_shows_the_jobs_as_a_result() {
    let sandbox = Sandbox::offline();
    let run = sandbox.vodcb([]).ok();
    assert_eq!(run.stderr, "");
    for job in ["Configure:", "Prove:", "Receive:", "Set up:"] {
        assert!(run.stdout.contains(job), "{job} in {}", run.stdout);
    }
    assert!(
        run.stdout.contains("\n  get          Show the callback"),
        "{}",
        run.stdout
    );
    let unfinished = sandbox.vodcb(["events"]).exits(2);
    assert_eq!(unfinished.stdout, "");
    assert!(
        unfinished.stderr.contains("vodcb events list"),
        "{unfinished:?}"
    );
}

#[test]
fn every_command_of_the_definition_has_its_arguments() {
    let root = grammar::command();
    let defined: BTreeSet<&str> = root
        .get_subcommands()
        .map(clap::Command::get_name)
        .collect();
    let known: BTreeSet<&str> = grammar::DEFINITIONS.iter().map(|it| it.name).collect();
    assert_eq!(known, defined);
    for Definition {
        name, arguments, ..
    } in &grammar::DEFINITIONS
    {
        let ids = |command: &clap::Command| -> Vec<String> {
            command
                .get_arguments()
                .map(|arg| arg.get_id().to_string())
                .collect()
        };
        let command = arguments(clap::Command::new(*name));
        assert_eq!(
            ids(&command),
            ids(root.find_subcommand(name).unwrap()),
            "{name}"
        );
    }
}

#[test]
fn the_short_help_is_shorter_and_both_begin_with_examples() {
    let sandbox = Sandbox::offline();
    for command in ["get", "set"] {
        let short = sandbox.vodcb([command, "-h"]).ok().stdout;
        let long = sandbox.vodcb([command, "--help"]).ok().stdout;
        assert!(!short.contains("--ca-bundle"), "{short}");
        assert!(long.contains("--ca-bundle"), "{long}");
        for text in [&short, &long] {
            let examples = text.find("Examples:").unwrap();
            assert!(
                examples
                    < text
                        .find("--show-auth-key  ")
                        .or(text.find("--show-auth-key\n"))
                        .unwrap()
            );
        }
    }
    // The paragraphs below the first line are in the long one only.
    let long = sandbox.vodcb(["set", "--help"]).ok().stdout;
    assert!(
        long.contains("What is not named keeps its value."),
        "{long}"
    );
    let short = sandbox.vodcb(["set", "-h"]).ok().stdout;
    assert!(
        !short.contains("What is not named keeps its value."),
        "{short}"
    );
}

#[test]
fn every_page_has_an_example() {
    fn look(command: &clap::Command, words: &str) {
        let help = command.get_after_help().map(ToString::to_string);
        let has = help.is_some_and(|help| help.contains(&format!("\n  {words}")));
        assert!(has, "{words}");
        for under in command.get_subcommands() {
            look(under, &format!("{words} {}", under.get_name()));
        }
    }
    let root = grammar::command();
    for command in root.get_subcommands() {
        look(command, &format!("vodcb {}", command.get_name()));
    }
}

#[test]
fn help_explains_commands_like_their_own_flag() {
    let sandbox = Sandbox::offline();
    for words in [vec!["set"], vec!["events", "show"], vec!["queue"], vec![]] {
        let by_word = sandbox.vodcb([&["help"], words.as_slice()].concat()).ok();
        let by_flag = sandbox.vodcb([words.as_slice(), &["--help"]].concat()).ok();
        assert_eq!(by_word.stdout, by_flag.stdout, "{words:?}");
    }
}

#[test]
fn every_topic_has_a_text_that_fits_the_screen() {
    let sandbox = Sandbox::offline();
    for topic in &TOPICS {
        let text = sandbox.vodcb(["help", topic.name]).ok().stdout;
        assert!(text.lines().count() > 8, "{}: {text}", topic.name);
        assert!(!text.contains('{'), "{}: {text}", topic.name);
        for line in text.lines() {
            assert!(line.chars().count() <= 120, "{}: {line}", topic.name);
        }
    }
    let codes = sandbox.vodcb(["help", "exit-codes"]).ok().stdout;
    for (code, name) in [("6", "conflict"), ("70", "internal"), ("143", "terminated")] {
        let row = format!("\n  {code:<5}{name}");
        assert!(codes.contains(&row), "{codes}");
    }
}

#[test]
fn every_variable_that_is_read_is_in_the_topic_and_no_other() {
    let topic = TOPICS
        .iter()
        .find(|topic| topic.name == "environment")
        .unwrap()
        .text();
    let in_topic: BTreeSet<String> = variables(&topic);
    let mut read = BTreeSet::new();
    sources(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut read,
    );
    let missing: Vec<_> = read.difference(&in_topic).collect();
    let stale: Vec<_> = in_topic.difference(&read).collect();
    assert!(
        missing.is_empty() && stale.is_empty(),
        "src/commands/help/environment.txt lacks {missing:?} and has {stale:?} for nothing"
    );
    for name in [
        "NO_COLOR",
        "CLICOLOR_FORCE",
        "TERM",
        "VISUAL",
        "EDITOR",
        "CI",
        "COLUMNS",
        "XDG_STATE_HOME",
        "HOME",
        "SSL_CERT_FILE",
        "HTTPS_PROXY",
    ] {
        assert!(topic.contains(name), "{name}");
    }
}

/// The bounds are those of the documentation; a unit or a slip is met with a value that would do.
#[test]
fn a_number_that_cannot_be_is_met_with_what_is_meant() {
    let sandbox = Sandbox::offline();
    for (line, told) in [
        (
            "listen --exit-after 0",
            "a whole number from 1 on is meant, for example 1",
        ),
        (
            "listen --port 99999",
            "from 0 to 65535 is meant, for example 8080",
        ),
        (
            "get --timeout 1s",
            "seconds from 0.1 to 3600 are meant, for example 10",
        ),
        (
            "get --qps x",
            "from 0 to 10000 is meant, for example 15; 0 sets no limit",
        ),
        ("get --retries -", "from 0 to 100 is meant, for example 3"),
        (
            "queue tail q --for 1m",
            "seconds from 0.1 to 31536000 are meant, for example 60",
        ),
        (
            "queue peek q --count 17",
            "from 1 to 16 is meant, for example 16",
        ),
        (
            "queue create q --visibility 1m",
            "from 1 to 43200 is meant, for example 60",
        ),
        (
            "history --limit 0",
            "from 1 to 4294967295 is meant, for example 20",
        ),
        ("undo last", "from 0 on is meant, for example 12"),
        (
            "send X --to http://a/ --count 0",
            "from 1 to 1000000 is meant, for example 100",
        ),
        ("verify --max-age 5m", "from 0 on is meant, for example 300"),
    ] {
        let run = sandbox.vodcb(line.split(' ')).exits(2);
        run.says(&["invalid value", told]);
    }
}

/// Names of our own and of the vendor, as whole words.
fn variables(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'))
        .filter(|word| {
            ["VODCB_", "ALIBABA_CLOUD_", "ALIBABACLOUD_", "ALICLOUD_"]
                .iter()
                .any(|prefix| word.len() > prefix.len() && word.starts_with(prefix))
        })
        .map(str::to_owned)
        .collect()
}

/// The variables in string literals of all sources; comments and help do not read them.
fn sources(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let quoted = text.split('"').skip(1);
            found.extend(
                quoted
                    .filter(|word| variables(word).contains(*word))
                    .map(str::to_owned),
            );
        }
    }
}

#[test]
fn typing_errors_get_a_suggestion() {
    let sandbox = Sandbox::offline();
    for (line, near) in [
        ("gte", "'get'"),
        ("event list", "'events'"),
        ("get --regoin cn-shanghai", "'--region'"),
        ("set --add-event SnapshotComplete", "'--add-events'"),
        ("set --auth of", "'off'"),
        ("get -o jsn", "'json'"),
        ("get --color nevr", "'never'"),
        ("get --emulator --region cn-shanghia", "cn-shanghai"),
        (
            "set --emulator --events FileUploadComplet",
            "FileUploadComplete",
        ),
        ("events show transcodcomplete", "TranscodeComplete"),
        ("events list --group Transcod", "Transcode"),
        ("help exit-code", "exit-codes"),
        ("help evnts", "events"),
        ("help events shw", "show"),
    ] {
        let run = sandbox.vodcb(line.split(' ')).exits(2);
        assert!(run.stderr.contains(near), "{line}: {}", run.stderr);
        assert_eq!(run.stdout, "", "{line}");
    }
}
