//! The command line as a whole: commands by job, and how help is laid out. No command itself.

use std::ffi::OsString;
use std::fmt::Write;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgMatches, Args as _, Command, CommandFactory, FromArgMatches};

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

/// Help is easier to read in lines of so many columns at the most, and has as many where it is no terminal's.
pub const WIDEST: u16 = 100;

/// The definition of the command line, from which help, completions, manual and reference are made.
pub fn command() -> Command {
    let root = Cli::command().mut_args(|flag| flag.global(true));
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
pub fn parse(
    words: impl IntoIterator<Item = OsString>,
    width: impl FnOnce() -> u16,
) -> Result<Cli, clap::Error> {
    let mut words: Vec<OsString> = words.into_iter().collect();
    if words.len() < 2 {
        words = vec!["vodcb".into(), "-h".into()];
    }
    match understood(&words) {
        Some(cli) => Ok(cli),
        None => by_the_whole(words, width()),
    }
}

/// What the words mean, by the whole definition; help is made for this width.
///
/// # Errors
/// As [`parse`].
pub fn by_the_whole(words: Vec<OsString>, width: u16) -> Result<Cli, clap::Error> {
    // By itself clap takes the terminal of any stream, also where help goes into a file.
    let mut command = command().term_width(width.min(WIDEST).into());
    let mut matches = command
        .try_get_matches_from_mut(words)
        .map_err(|error| with_near_command(error, &command))?;
    let mut cli =
        Cli::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command))?;
    if let Some((one, other)) = clash(&cli.flags) {
        let words = format!("the argument '{one}' cannot be used with '{other}'");
        return Err(command.error(ErrorKind::ArgumentConflict, words));
    }
    // Two commands have a flag of their own where the others have that name for something else.
    match cli.command {
        super::Command::Listen(_) => cli.flags.timeout = None,
        super::Command::Verify(_) => cli.flags.signature = None,
        _ => {}
    }
    Ok(cli)
}

/// Flags that contradict each other. Clap sees it only where they stand beside each other, and not on both sides
/// of a command.
fn clash(flags: &Flags) -> Option<(&'static str, &'static str)> {
    let clashes = [
        (flags.plain && flags.no_input, "--plain", "--no-input"),
        (flags.verbose && flags.quiet, "--verbose", "--quiet"),
        (flags.debug && flags.quiet, "--debug", "--quiet"),
    ];
    let mut clashes = clashes.into_iter();
    clashes.find_map(|(is_so, one, other)| is_so.then_some((one, other)))
}

/// How a command is defined and read, apart from all others.
#[derive(Debug)]
pub struct Definition {
    /// What is typed after `vodcb`.
    pub name: &'static str,
    /// Adds its arguments.
    pub arguments: fn(Command) -> Command,
    read: fn(&mut ArgMatches) -> Result<super::Command, clap::Error>,
}

macro_rules! definitions {
    ($($module:ident $variant:ident,)*) => {
        [$(Definition {
            name: stringify!($module),
            arguments: super::$module::Args::augment_args,
            read: |matches| {
                let args = super::$module::Args::from_arg_matches_mut(matches)?;
                Ok(super::Command::$variant(args.into()))
            },
        },)*]
    };
}

/// All commands; a test compares them with those of the whole.
pub const DEFINITIONS: [Definition; 25] = definitions! {
    get Get,
    set Set,
    delete Delete,
    export Export,
    diff Diff,
    apply Apply,
    history History,
    undo Undo,
    check Check,
    events Events,
    wizard Wizard,
    send Send,
    verify Verify,
    replay Replay,
    key Key,
    listen Listen,
    whoami Whoami,
    queue Queue,
    regions Regions,
    apps Apps,
    emulator Emulator,
    completions Completions,
    man Man,
    schema Schema,
    help Help,
};

/// What the words mean, by the definition of the one command that they name: to build all of them takes longer
/// than to carry most of them out. Whatever is not plain is left to the whole, help and errors too.
pub fn understood(words: &[OsString]) -> Option<Cli> {
    let named = |word: &OsString| DEFINITIONS.iter().find(|it| *word == *it.name);
    let mut places = words.iter().enumerate();
    // The first word is the program, whatever that is called.
    places.next();
    let (at, definition) = places.find_map(|(at, word)| Some((at, named(word)?)))?;
    let own = (definition.arguments)(Command::new(definition.name));
    let (count, is_nested) = (own.get_arguments().count(), own.has_subcommands());
    let mut command = Flags::augment_args(own);
    let args: Vec<&Arg> = command.get_arguments().collect();
    let (own, flags) = args.split_at(count);
    let is_plain = |flag: &&Arg| own.iter().all(|arg| arg.get_id() != flag.get_id());
    if !flags.iter().all(is_plain) || !are_flags(&words[1..at], flags) {
        return None;
    }
    if is_nested {
        let mut own = count;
        command = command.mut_args(|arg| match own.checked_sub(1) {
            Some(left) => {
                own = left;
                arg
            }
            None => arg.global(true),
        });
    }
    // Flags mean the same before the command and behind it.
    let words = words[..at].iter().chain(&words[at + 1..]);
    let mut matches = command.try_get_matches_from_mut(words).ok()?;
    let read = (definition.read)(&mut matches).ok()?;
    let cli = Cli {
        flags: Flags::from_arg_matches_mut(&mut matches).ok()?,
        command: read,
    };
    // Thousands of small pieces, which the end of the process gives back faster.
    std::mem::forget((command, matches));
    clash(&cli.flags).is_none().then_some(cli)
}

/// Whether the words are flags, written in full, with their values.
fn are_flags(words: &[OsString], flags: &[&Arg]) -> bool {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let word = word.to_str().unwrap_or_default();
        let is_meant = |flag: &&&Arg| match word.strip_prefix("--") {
            Some(long) => flag.get_long() == Some(long),
            None => {
                let short = flag.get_short().map(|short| ['-', short]);
                short.is_some_and(|short| word.chars().eq(short))
            }
        };
        let Some(flag) = flags.iter().find(is_meant) else {
            return false;
        };
        if flag.get_action().takes_values() && words.next().is_none() {
            return false;
        }
    }
    true
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
