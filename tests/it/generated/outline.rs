//! `src/commands/completions/outline.txt`: what completion knows of the command line.
//!
//! One line each, fields with tabs between:
//! `command PATH ABOUT`, below it `flag NAMES TAKES ABOUT` and `place NAMES TAKES ABOUT`, and after an empty
//! line `SET WORD ABOUT` for the values of a set.

use std::collections::BTreeSet;
use std::fmt::Write;

use clap::{Arg, Command};
use vodcb::commands::grammar;
use vodcb::commands::help::TOPICS;
use vodcb::delivery::scenario::SCENARIOS;
use vodcb::event::{AI_UMBRELLA, catalogue};
use vodcb::probe;
use vodcb::target::region::{Standing, centres};

#[test]
fn completion_knows_the_command_line_of_the_program() {
    let mut root = grammar::command();
    root.build();
    let global: BTreeSet<&str> = root
        .get_arguments()
        .map(|arg| arg.get_id().as_str())
        .collect();
    let mut made = String::from("command\t\t\n");
    for arg in root.get_arguments() {
        argument("", arg, &mut made);
    }
    for command in root.get_subcommands() {
        describe("", command, &global, &mut made);
    }
    made.push('\n');
    values(&mut made);
    super::kept("src/commands/completions/outline.txt", &made);
}

fn describe(above: &str, command: &Command, global: &BTreeSet<&str>, made: &mut String) {
    if command.is_hide_set() {
        return;
    }
    let path = format!("{above} {}", command.get_name());
    let path = path.trim();
    let _ = writeln!(made, "command\t{path}\t{}", one_line(command.get_about()));
    for arg in command.get_arguments() {
        if !(arg.is_global_set() && global.contains(arg.get_id().as_str())) {
            argument(path, arg, made);
        }
    }
    for nested in command.get_subcommands() {
        describe(path, nested, global, made);
    }
}

fn argument(path: &str, arg: &Arg, made: &mut String) {
    if arg.is_hide_set() {
        return;
    }
    let mut names: Vec<String> = Vec::new();
    names.extend(arg.get_long().map(|name| format!("--{name}")));
    names.extend(arg.get_short().map(|name| format!("-{name}")));
    let sign = if arg.is_positional() { "place" } else { "flag" };
    if arg.is_positional() {
        names.push(arg.get_id().to_string());
        let many = arg
            .get_num_args()
            .is_some_and(|range| range.max_values() > 1);
        names.extend(many.then(|| "...".to_owned()));
    }
    let takes = takes(path, arg);
    let _ = writeln!(
        made,
        "{sign}\t{}\t{takes}\t{}",
        names.join(","),
        one_line(arg.get_help())
    );
}

/// Which values an argument takes: what the definition says, and otherwise by its name, which means
/// the same for every command.
fn takes(path: &str, arg: &Arg) -> String {
    if !arg.get_action().takes_values() {
        return String::new();
    }
    let possible = arg.get_possible_values();
    let visible = possible.iter().filter(|value| !value.is_hide_set());
    let words: Vec<&str> = visible
        .map(clap::builder::PossibleValue::get_name)
        .collect();
    if !words.is_empty() {
        return words.join("|");
    }
    let value_name = arg
        .get_value_names()
        .and_then(<[_]>::first)
        .map_or("", |name| name.as_str());
    match (arg.get_id().as_str(), value_name) {
        ("region" | "mns_region", _) => "region",
        ("regions", _) => "region,",
        ("profile", _) => "profile",
        ("group", _) => "group",
        ("events", _) => "selection,",
        ("add_events" | "remove_events", _) => "subscription,",
        ("event", _) => "event",
        ("name", _) if path == "events show" => "event",
        ("signature", "KIND") => "rpc|acs3",
        ("method", "METHOD") => "HTTP|MNS",
        ("scenario", _) => "scenario",
        ("only" | "skip", _) if path == "check" => "check,",
        ("only", _) => "event,",
        ("number", _) if path != "queue" => "change",
        ("words", _) if path == "schema output" => "document",
        ("fault" | "quirk" | "route", _) => arg.get_id().as_str(),
        (id, _) if id.ends_with("key_env") => "variable",
        (_, name) if name.contains("FILE") => "file",
        (_, name) if name.contains("DIR") => "folder",
        _ => "text",
    }
    .to_owned()
}

fn values(made: &mut String) {
    for centre in centres() {
        if centre.standing != Standing::Deactivated {
            let _ = writeln!(made, "region\t{}\t{}", centre.id, centre.name);
        }
    }
    let events = &catalogue::catalogue().events;
    let ai = (AI_UMBRELLA, "every AI event");
    let own = events.iter().filter(|event| event.subscribable);
    let own = own.map(|event| (event.name.as_str(), event.title_en.as_str()));
    let subscription: Vec<_> = own.chain([ai]).collect();
    for (name, about) in &subscription {
        let _ = writeln!(made, "subscription\t{name}\t{about}");
    }
    for (name, about) in [("ALL", "every event, new ones too"), ("none", "no event")] {
        let _ = writeln!(made, "selection\t{name}\t{about}");
    }
    for (name, about) in subscription {
        let _ = writeln!(made, "selection\t{name}\t{about}");
    }
    for event in events {
        let _ = writeln!(made, "event\t{}\t{}", event.name, event.title_en);
    }
    let groups: BTreeSet<&str> = events.iter().map(|event| event.group.as_str()).collect();
    for group in groups {
        let _ = writeln!(made, "group\t{group}\t");
    }
    for scenario in &SCENARIOS {
        let _ = writeln!(made, "scenario\t{}\t{}", scenario.name, scenario.sends);
    }
    for (check, about) in probe::NAMES {
        let _ = writeln!(made, "check\t{check}\t{about}");
    }
    spoken_by_the_emulator(made);
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../../src/commands/schema/output.json")).unwrap();
    let documents = schema["$defs"].as_object().unwrap().keys();
    for name in documents.filter(|name| name.starts_with(char::is_lowercase)) {
        let _ = writeln!(made, "document\t{}\t", name.replace('-', " "));
    }
    for topic in &TOPICS {
        let _ = writeln!(made, "topic\t{}\t{}", topic.name, topic.about);
    }
}

/// Faults and quirks, as the help of `emulator start` lists them.
fn spoken_by_the_emulator(made: &mut String) {
    let root = grammar::command();
    let start = root.find_subcommand("emulator").unwrap();
    let start = start.find_subcommand("start").unwrap();
    let help = start.get_after_help().unwrap().to_string();
    let part = |from: &str, to: &str| {
        let (_, rest) = help.split_once(from).unwrap();
        let words = rest.split_once(to).unwrap().0.split_whitespace();
        words.map(str::to_owned).collect::<Vec<_>>()
    };
    for kind in part("an application:\n", ".\n") {
        let (name, value) = kind.split_once(['[', '=']).unwrap_or((&kind, ""));
        let equals = if kind.contains("[=") || value.is_empty() {
            ""
        } else {
            "="
        };
        let value = value.trim_matches(['[', ']', '=']);
        let _ = writeln!(made, "fault\t{name}{equals}\t{value}");
    }
    for action in part("ACTION: ", ". fire") {
        let action = action.trim_end_matches(',');
        if !["and", "of", "queues:"].contains(&action) {
            let _ = writeln!(made, "fault\t{action}:\tonly these calls");
        }
    }
    for quirk in part("(the first is the default):\n", ";") {
        let (name, values) = quirk.split_once('=').unwrap();
        for value in values.split('|') {
            let _ = writeln!(made, "quirk\t{name}={value}\t");
        }
    }
    for (name, about) in [
        ("session-seconds=", "how long issued keys live"),
        ("apps=", "how many applications"),
    ] {
        let _ = writeln!(made, "quirk\t{name}\t{about}");
    }
}

fn one_line(text: Option<&clap::builder::StyledStr>) -> String {
    let text = text.map(ToString::to_string).unwrap_or_default();
    assert!(!text.contains('\t'), "{text}");
    text.lines().next().unwrap_or_default().to_owned()
}
