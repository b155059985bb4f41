//! `vodcb help`

use clap::error::ErrorKind;

use super::grammar;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::render::folded;

/// Explain a command or a topic
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vodcb help set
  vodcb help events show
  vodcb help exit-codes
  vodcb help environment")]
pub struct Args {
    /// A command with its words, or one of the topics; without any, everything
    #[arg(value_name = "COMMAND|TOPIC")]
    words: Vec<String>,
}

/// Something worth explaining that is no command.
#[derive(Debug)]
pub struct Topic {
    /// The word after `vodcb help`.
    pub name: &'static str,
    /// A few words for the list of topics.
    pub about: &'static str,
    fixed: &'static str,
}

/// Every topic, in the order of the list.
pub const TOPICS: [Topic; 5] = [
    Topic {
        name: "exit-codes",
        about: "What the exit code tells a script",
        fixed: include_str!("help/exit-codes.txt"),
    },
    Topic {
        name: "environment",
        about: "Every variable that is read, and which one wins",
        fixed: include_str!("help/environment.txt"),
    },
    Topic {
        name: "output",
        about: "Tables, documents, queries, and errors for programs",
        fixed: include_str!("help/output.txt"),
    },
    Topic {
        name: "ci",
        about: "Scripts and pipelines",
        fixed: include_str!("help/ci.txt"),
    },
    Topic {
        name: "security",
        about: "What is stored, sent and shown",
        fixed: include_str!("help/security.txt"),
    },
];

impl Topic {
    /// The text as it is shown. The table of exit codes is that of the program.
    pub fn text(&self) -> String {
        let rows = Exit::ALL.map(|exit| {
            let (code, name, meaning) = (exit.code(), exit.name(), exit.meaning());
            format!("  {code:<5}{name:<17}{meaning}\n")
        });
        self.fixed.replace("  {exit-codes}\n", &rows.concat())
    }
}

/// Shows help as a result.
///
/// # Errors
/// A usage error for words that are neither a command nor a topic, with the nearest ones.
pub fn run(ctx: &Context, args: &Args) -> Result<Exit> {
    let width = ctx.out.width();
    let text = match args.words.as_slice() {
        [word] if topic(word).is_some() => topic(word)
            .map(|topic| refilled(&topic.text(), width))
            .unwrap_or_default(),
        words => of_command(words, width)?,
    };
    ctx.out.print(&text)?;
    Ok(Exit::Ok)
}

/// A topic in a narrow terminal: its paragraphs filled anew, its tables folded.
fn refilled(text: &str, width: u16) -> String {
    if text.lines().all(|line| line.len() <= width.into()) {
        return text.to_owned();
    }
    let mut filled = String::with_capacity(text.len());
    let is_prose = |line: &str| line.starts_with(|first: char| !first.is_whitespace());
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let goes_on = is_prose(line) && lines.peek().is_some_and(|next| is_prose(next));
        filled.extend([line, if goes_on { " " } else { "\n" }]);
    }
    folded(&filled, width)
}

/// The topic of that name.
pub fn topic(word: &str) -> Option<&'static Topic> {
    TOPICS.iter().find(|topic| topic.name == word)
}

fn of_command(words: &[String], width: u16) -> Result<String> {
    let root = grammar::command().term_width(width.min(grammar::WIDEST).into());
    let mut at = &root;
    for word in words {
        at = at.find_subcommand(word).ok_or_else(|| unknown(at, word))?;
    }
    let asked = words.iter().map(String::as_str);
    let line = std::iter::once("vodcb").chain(asked).chain(["--help"]);
    match root.clone().try_get_matches_from(line) {
        Err(error) if error.kind() == ErrorKind::DisplayHelp => Ok(error.render().to_string()),
        _ => Err(unknown(&root, &words.join(" "))),
    }
}

fn unknown(under: &clap::Command, word: &str) -> Error {
    let topics = TOPICS.iter().map(|topic| topic.name);
    let is_root = under.get_name() == "vodcb";
    let names: Vec<&str> = under
        .get_subcommands()
        .map(clap::Command::get_name)
        .chain(topics.filter(|_| is_root))
        .collect();
    let close = |name: &&&str| strsim::jaro_winkler(name, word) > 0.8;
    let error = Error::usage(format!("there is no help on {word:?}"));
    match names.iter().find(close) {
        Some(near) => error.hint(format!("did you mean {near}?")),
        None if names.is_empty() => error.hint(format!(
            "{} has no further words; --help shows its flags",
            under.get_name()
        )),
        None => error.hint(format!("there is help on {}", names.join(", "))),
    }
}
