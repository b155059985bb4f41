//! The command line as a whole: commands by job, and how help is laid out. No command itself.

use std::ffi::OsString;
use std::fmt::Write;

use clap::error::{ContextKind, ContextValue};
use clap::{Args as _, Command, CommandFactory, FromArgMatches};

use super::Cli;
use super::help::TOPICS;
use crate::settings::Flags;

/// The four jobs, and the commands of each in the order of the overview. A test makes sure that every
/// command has one.
pub const JOBS: [(&str, &[&str]); 4] = [
    (
        "Configure",
        &[
            "get", "set", "delete", "wizard", "export", "diff", "apply", "history", "undo",
        ],
    ),
    ("Prove", &["check", "send", "verify", "replay", "events"]),
    ("Receive", &["listen", "queue"]),
    (
        "Set up",
        &[
            "whoami",
            "regions",
            "apps",
            "key",
            "emulator",
            "completions",
            "man",
            "schema",
            "help",
        ],
    ),
];

/// What is asked for most comes first: how it is written, examples, and then every flag.
const LAYOUT: &str =
    "{before-help}{about-with-newline}\n{usage-heading} {usage}{after-help}\n\n{all-args}";

/// The definition of the command line, from which help, completions, manual and reference are made.
pub fn command() -> Command {
    let root = Cli::command();
    let layout = root_layout(&root);
    root.help_template(layout).mut_subcommands(laid_out)
}

/// What `vodcb --help` shows without a terminal; made from the definition, which takes longer to build than
/// all the rest.
const OVERVIEW: &str = include_str!("overview.txt");

/// The answer to what needs no grammar: the version, and the overview where nobody gave it colours or a
/// width.
pub fn answer(words: &[String], plain: impl FnOnce() -> bool) -> Option<String> {
    match words.get(1..)? {
        [word] if word == "--version" || word == "-V" => {
            Some(format!("vodcb {}\n", crate::VERSION))
        }
        [word] if word == "--help" && plain() => Some(OVERVIEW.to_owned()),
        _ => None,
    }
}

/// Reads the words of the command line, the name of the program first. Without any word after that the
/// overview is shown, as a result and not as an error.
///
/// # Errors
/// Clap's own: help and version, which are results, and what the grammar refuses.
pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let mut words: Vec<OsString> = words.into_iter().collect();
    if words.len() < 2 {
        words = vec!["vodcb".into(), "-h".into()];
    }
    if let Some(cli) = understood(&words) {
        return Ok(each_its_own(cli));
    }
    let mut command = command();
    let mut matches = command
        .try_get_matches_from_mut(words)
        .map_err(|error| with_near_command(error, &command))?;
    Cli::from_arg_matches_mut(&mut matches)
        .map(each_its_own)
        .map_err(|error| error.format(&mut command))
}

/// `--timeout` of `listen` says when it ends, and not how long a call may take: clap tells it to both.
fn each_its_own(mut cli: Cli) -> Cli {
    if matches!(cli.command, super::Command::Listen(_)) {
        cli.flags.timeout = None;
    }
    cli
}

/// Adds the arguments of a command.
pub type Arguments = fn(Command) -> Command;

/// What adds the arguments of each command. A test compares the names with those of the definition.
pub const ARGUMENTS: [(&str, Arguments); 25] = [
    ("get", super::get::Args::augment_args),
    ("set", super::set::Args::augment_args),
    ("delete", super::delete::Args::augment_args),
    ("export", super::export::Args::augment_args),
    ("diff", super::diff::Args::augment_args),
    ("apply", super::apply::Args::augment_args),
    ("history", super::history::Args::augment_args),
    ("undo", super::undo::Args::augment_args),
    ("check", super::check::Args::augment_args),
    ("events", super::events::Args::augment_args),
    ("wizard", super::wizard::Args::augment_args),
    ("send", super::send::Args::augment_args),
    ("verify", super::verify::Args::augment_args),
    ("replay", super::replay::Args::augment_args),
    ("key", super::key::Args::augment_args),
    ("listen", super::listen::Args::augment_args),
    ("whoami", super::whoami::Args::augment_args),
    ("queue", super::queue::Args::augment_args),
    ("regions", super::regions::Args::augment_args),
    ("apps", super::apps::Args::augment_args),
    ("emulator", super::emulator::Args::augment_args),
    ("completions", super::completions::Args::augment_args),
    ("man", super::man::Args::augment_args),
    ("schema", super::schema::Args::augment_args),
    ("help", super::help::Args::augment_args),
];

/// What the words mean, by the definition of the commands that they name: to build all of them takes longer
/// than to carry most of them out. Help and errors are left to the whole.
fn understood(words: &[OsString]) -> Option<Cli> {
    let is_named = |name: &str| words.iter().any(|word| word == name);
    let named = ARGUMENTS.iter().filter(|(name, _)| is_named(name));
    let root = Flags::augment_args(Command::new("vodcb")).disable_help_subcommand(true);
    let mut root = named.fold(root, |root, (name, arguments)| {
        root.subcommand(arguments(Command::new(*name)))
    });
    let mut matches = root.try_get_matches_from_mut(words).ok()?;
    let cli = Cli::from_arg_matches_mut(&mut matches).ok()?;
    // Thousands of small pieces, which the end of the process gives back faster.
    std::mem::forget((root, matches));
    Some(cli)
}

/// Clap does not see that `gte` is `get`: letters that changed places count for nothing in short words.
fn with_near_command(mut error: clap::Error, root: &Command) -> clap::Error {
    let suggested = error.get(ContextKind::SuggestedSubcommand).is_some();
    let word = match error.get(ContextKind::InvalidSubcommand) {
        Some(ContextValue::String(word)) if !suggested => word.clone(),
        _ => return error,
    };
    let mut names = root.get_subcommands().map(Command::get_name);
    if let Some(near) = names.find(|name| strsim::osa_distance(name, &word) == 1) {
        let near = ContextValue::Strings(vec![near.to_owned()]);
        error.insert(ContextKind::SuggestedSubcommand, near);
    }
    error
}

fn laid_out(command: Command) -> Command {
    command.help_template(LAYOUT).mut_subcommands(laid_out)
}

/// Clap cannot put commands under headings, so that part of the overview is written here.
fn root_layout(root: &Command) -> String {
    let heading = root.get_styles().get_header();
    let name = root.get_styles().get_literal();
    let mut layout = "{about-with-newline}\n{usage-heading} {usage}{after-help}\n".to_owned();
    for (job, names) in JOBS {
        let commands = names.iter().filter_map(|name| root.find_subcommand(name));
        let mut rows = commands.map(|command| {
            let about = command.get_about().map(ToString::to_string);
            format!(
                "  {name}{:<12}{name:#} {}\n",
                command.get_name(),
                about.unwrap_or_default()
            )
        });
        let rows: String = rows.by_ref().collect();
        let _ = write!(layout, "\n{heading}{job}:{heading:#}\n{rows}");
    }
    let topics = TOPICS.map(|topic| topic.name).join(", ");
    let _ = write!(
        layout,
        "\n{heading}Topics:{heading:#} vodcb help {name}TOPIC{name:#}\n  {topics}\n"
    );
    let _ = write!(
        layout,
        "\n{heading}Options for every command:{heading:#}\n{{options}}"
    );
    layout
}
