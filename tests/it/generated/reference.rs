//! `docs/reference.md`: every command with its flags, as the command line defines them.

use std::collections::BTreeSet;
use std::fmt::Write;

use clap::{Arg, Command};
use vodcb::commands::grammar;

const HEAD: &str = "\
# Command reference

Made from the definition of the command line; `vodcb help COMMAND` shows the same. Flags that every command takes are listed once,
under [options for every command](#options-for-every-command).
";

#[test]
fn the_reference_is_that_of_the_program() {
    let mut root = grammar::command();
    root.build();
    let global: BTreeSet<String> = root
        .get_arguments()
        .map(|arg| arg.get_id().to_string())
        .collect();
    let mut page = HEAD.to_owned();
    for (job, names) in grammar::JOBS {
        let _ = write!(page, "\n## {job}\n");
        for command in names.iter().filter_map(|name| root.find_subcommand(name)) {
            describe(command, &global, &mut page);
        }
    }
    page.push_str("\n## Options for every command\n");
    let mut options: Vec<&Arg> = root.get_arguments().collect();
    options.sort_by_key(|arg| matches!(arg.get_id().as_str(), "help" | "version"));
    rows(&options, &mut page);
    super::kept("docs/reference.md", &page);
}

#[test]
fn every_command_belongs_to_one_job() {
    for command in grammar::command().get_subcommands() {
        let name = command.get_name();
        let jobs = grammar::JOBS
            .iter()
            .filter(|(_, names)| names.contains(&name));
        let hidden = usize::from(!command.is_hide_set());
        assert_eq!(
            jobs.count(),
            hidden,
            "{name}: see JOBS in src/commands/grammar.rs"
        );
    }
}

/// A comment at the variant would replace the one of `Args`, its first line and its paragraphs.
#[test]
fn the_help_of_a_command_stands_at_its_args() {
    let source = include_str!("../../../src/commands/mod.rs");
    let (_, variants) = source.split_once("pub enum Command {").unwrap();
    let (variants, _) = variants.split_once("\n}").unwrap();
    assert!(
        !variants.contains("///"),
        "move the comment to Args: {variants}"
    );
}

fn describe(command: &Command, global: &BTreeSet<String>, page: &mut String) {
    if command.is_hide_set() {
        return;
    }
    let name = command.get_bin_name().unwrap();
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ");
    let about = command.get_long_about().or(command.get_about()).unwrap();
    let _ = write!(page, "\n### {name}\n\n```text\n{usage}\n```\n\n{about}\n");
    if let Some(after) = command.get_after_help() {
        let _ = write!(page, "\n```text\n{after}\n```\n");
    }
    let own: Vec<&Arg> = command
        .get_arguments()
        .filter(|arg| !(arg.is_global_set() && global.contains(arg.get_id().as_str())))
        .filter(|arg| arg.get_id() != "help")
        .collect();
    rows(&own, page);
    for nested in command.get_subcommands() {
        describe(nested, global, page);
    }
}

/// A table of arguments, with a heading row for each group.
fn rows(args: &[&Arg], page: &mut String) {
    let shown: Vec<&&Arg> = args.iter().filter(|arg| !arg.is_hide_set()).collect();
    if shown.is_empty() {
        return;
    }
    page.push_str("\n| argument | meaning |\n|---|---|\n");
    let mut headings = vec![None];
    headings.extend(shown.iter().map(|arg| arg.get_help_heading()));
    let mut done = BTreeSet::new();
    for heading in headings {
        if !done.insert(heading) {
            continue;
        }
        if let Some(heading) = heading {
            let _ = writeln!(page, "| **{heading}** | |");
        }
        for arg in shown.iter().filter(|arg| arg.get_help_heading() == heading) {
            let (argument, meaning) = (cell(&written(arg)), cell(&meaning(arg)));
            let _ = writeln!(page, "| `{argument}` | {meaning} |");
        }
    }
}

/// How an argument is written, for example `-o, --output <FORMAT>`.
fn written(arg: &Arg) -> String {
    match (arg.get_short(), arg.get_long()) {
        (Some(short), Some(_)) => format!("-{short}, {arg}"),
        _ => arg.to_string(),
    }
}

fn meaning(arg: &Arg) -> String {
    let mut text = arg
        .get_long_help()
        .or(arg.get_help())
        .map(ToString::to_string)
        .unwrap_or_default()
        .replace('\n', " ");
    let values: Vec<String> = arg
        .get_possible_values()
        .iter()
        .filter(|value| !value.is_hide_set())
        .map(|value| format!("`{}`", value.get_name()))
        .collect();
    if !values.is_empty() && arg.get_action().takes_values() {
        let _ = write!(text, "; one of {}", values.join(", "));
    }
    let defaults: Vec<_> = arg
        .get_default_values()
        .iter()
        .map(|value| value.to_string_lossy())
        .filter(|value| !value.is_empty())
        .collect();
    if !defaults.is_empty() && arg.get_action().takes_values() {
        let _ = write!(text, " [default: {}]", defaults.join(","));
    }
    text
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
