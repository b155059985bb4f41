//! `vodcb completions`
//!
//! The scripts for the shells are thin: on each press of the key they ask the program, which answers
//! from an outline of the command line ([`outline`](mod@outline)) without building the command line itself.

pub mod outline;
pub mod suggest;

use std::path::Path;

use clap::ValueEnum;

use crate::change::history;
use crate::context::{self, Context, Environment};
use crate::credential::profile;
use crate::error::Result;
use crate::exit::Exit;
use crate::text::escape_line;
use outline::outline;
use suggest::Question;

/// As many changes are offered, those that vodcb history lists.
const SHOWN: usize = 20;

/// Print the completion script of a shell
///
/// Commands, flags, regions, event types also in lists, groups, profiles, variables, changes of the history
/// and files complete; nothing is sent for that.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  source <(vodcb completions bash)                                   in ~/.bashrc
  source <(vodcb completions zsh)                                    in ~/.zshrc, after compinit
  vodcb completions fish > ~/.config/fish/completions/vodcb.fish
  vodcb completions powershell | Out-String | Invoke-Expression      in $PROFILE
  eval (vodcb completions elvish | slurp)                            in ~/.config/elvish/rc.elv")]
pub struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// The shells that have a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)] // they are names
pub enum Shell {
    Bash,
    Zsh,
    Fish,
    Powershell,
    Elvish,
}

impl Shell {
    /// The script; package builders find the same in the folder `completions`.
    pub fn script(self) -> &'static str {
        match self {
            Shell::Bash => include_str!("../../completions/vodcb.bash"),
            Shell::Zsh => include_str!("../../completions/_vodcb"),
            Shell::Fish => include_str!("../../completions/vodcb.fish"),
            Shell::Powershell => include_str!("../../completions/_vodcb.ps1"),
            Shell::Elvish => include_str!("../../completions/vodcb.elv"),
        }
    }
}

/// Prints the script.
///
/// # Errors
/// When stdout cannot be written.
pub fn run(ctx: &Context, args: &Args) -> Result<Exit> {
    ctx.out.print(args.shell.script())?;
    Ok(Exit::Ok)
}

/// The answer to a script that asks what could stand at the cursor, or `None` for any other command
/// line. It comes before everything else in a run: a key was pressed and somebody waits.
pub fn answer(
    words: &[String],
    surroundings: impl Fn() -> (Environment, Option<std::path::PathBuf>),
) -> Option<String> {
    let question = match words {
        [_, ask, form, rest @ ..] if ask == "__complete" => match form.as_str() {
            "line" => {
                let (line, current) = (rest.first(), rest.get(1));
                Question::of_line(line?, current.map_or("", String::as_str))
            }
            _ => Question::of_words(rest),
        },
        _ => return None,
    };
    let known = |set: &str| {
        let (env, home) = surroundings();
        let names = match set {
            "variable" => env.into_keys().collect(),
            "change" => return changes(&env, home.as_deref()),
            _ => profile::names(&env, home.as_deref()),
        };
        names
            .into_iter()
            .map(|name| (name, String::new()))
            .collect()
    };
    Some(outline().suggest(&question, known).to_string())
}

/// The changes of the history, the newest first.
fn changes(env: &Environment, home: Option<&Path>) -> Vec<(String, String)> {
    let file = context::state_folder(env, home).map(|folder| history::file(&folder));
    let records = file.map_or_else(|_| Vec::new(), |file| history::newest(&file));
    let newest = records.iter().rev().take(SHOWN);
    newest
        .map(|record| {
            let about = format!("{} {}", record.command, record.target);
            (record.number.to_string(), escape_line(&about))
        })
        .collect()
}
