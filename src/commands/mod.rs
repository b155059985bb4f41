//! One file for each word typed after `vodcb`: `Args`, whose doc comments are the help, and `run`.
//!
//! A command never uses another one. What several need stands here: the grammar, [`connect`], which
//! turns settings and credentials into a target that can be asked, and [`carry_out`], which changes it.

pub mod apply;
pub mod apps;
mod changed_elsewhere;
pub mod check;
pub mod completions;
mod connection;
mod declared;
pub mod delete;
pub mod diff;
pub mod emulator;
mod event_filter;
pub mod event_source;
pub mod events;
pub mod export;
pub mod get;
pub mod grammar;
pub mod help;
pub mod history;
pub mod key;
mod key_reference;
mod key_source;
mod lines;
pub mod listen;
pub mod man;
mod outcome;
mod proof;
pub mod queue;
mod queue_lookup;
mod ready_file;
pub mod receiver;
pub mod regions;
pub mod replay;
pub mod schema;
pub mod scope;
pub mod send;
pub mod set;
mod typed_key;
pub mod undo;
mod verification;
pub mod verify;
pub mod whoami;
mod whole_file;
pub mod wizard;

use std::future::ready;
use std::io::Read;
use std::pin::Pin;

use clap::{Parser, Subcommand};

use crate::context::Context;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::Forms;
use crate::settings::Flags;

pub use connection::{Because, Connection, connect, connect_signed};
pub use outcome::{
    Beside, carry_out, created_but_not_shown, keys, show_callback, show_raw, tell_of_key,
    written_but_not_shown,
};

/// Configure the event callbacks of ApsaraVideo VOD without losing a setting
///
/// VOD tells about finished uploads, transcodes and snapshots by a callback: an HTTP request to one
/// URL, or a message in one MNS queue. One callback exists for each region and application.
#[derive(Debug, Parser)]
#[command(
    name = "vodcb",
    version = crate::VERSION,
    disable_help_subcommand = true,
    max_term_width = grammar::WIDEST.into(),
    after_help = "\
Examples:
  vodcb --emulator set --http-url https://example.com/vod/callback   try it without an account
  vodcb get --region cn-shanghai                                     what is configured?
  vodcb set --add-events SnapshotComplete                            change one part, keep the rest
  vodcb get -o json --query url                                      for scripts"
)]
pub struct Cli {
    /// What every command takes.
    #[command(flatten)]
    pub flags: Flags,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The words after `vodcb`. A variant has no comment: it would hide the one of its `Args`, which is the help.
#[derive(Debug, Subcommand)]
#[allow(missing_docs)]
pub enum Command {
    Get(get::Args),
    Set(Box<set::Args>),
    Delete(delete::Args),
    Export(export::Args),
    Diff(diff::Args),
    Apply(apply::Args),
    History(history::Args),
    Undo(undo::Args),
    Check(check::Args),
    Events(events::Args),
    Wizard(wizard::Args),
    Send(Box<send::Args>),
    Verify(verify::Args),
    Replay(Box<replay::Args>),
    Key(key::Args),
    Listen(Box<listen::Args>),
    Whoami(whoami::Args),
    Queue(queue::Args),
    Regions(regions::Args),
    Apps(apps::Args),
    Emulator(emulator::Args),
    Completions(completions::Args),
    Man(man::Args),
    Schema(schema::Args),
    Help(help::Args),
}

impl Command {
    /// The forms that its result has.
    pub fn forms(&self) -> Forms {
        match self {
            Command::Get(args) => args.forms(),
            Command::Set(args) => args.forms(),
            Command::Delete(_) | Command::Undo(_) => Forms::Answer,
            Command::Emulator(args) => args.forms(),
            Command::Events(args) => args.forms(),
            Command::Verify(args) => args.forms(),
            Command::Queue(args) => args.forms(),
            Command::Listen(_) | Command::Replay(_) => Forms::Stream,
            Command::Wizard(_) => Forms::Talk,
            Command::Export(args) => args.forms(),
            Command::Man(args) => args.forms(),
            Command::Completions(_) | Command::Help(_) => Forms::Own,
            _ => Forms::Document,
        }
    }
}

/// Carries a command out.
///
/// # Errors
/// Whatever the command cannot do, with its remedy.
pub async fn run(ctx: &Context, command: &Command) -> Result<Exit> {
    check_dry_run(ctx, command)?;
    // In a box each, so that a command takes the memory that it needs and not that of the largest.
    let running: Pin<Box<dyn Future<Output = Result<Exit>> + '_>> = match command {
        Command::Get(args) => Box::pin(get::run(ctx, args)),
        Command::Set(args) if args.is_empty() && ctx.prompt.interactive => {
            Box::pin(offer_wizard(ctx))
        }
        Command::Set(args) => Box::pin(set::run(ctx, args)),
        Command::Delete(args) => Box::pin(delete::run(ctx, args)),
        Command::Export(args) => Box::pin(export::run(ctx, args)),
        Command::Diff(args) => Box::pin(diff::run(ctx, args)),
        Command::Apply(args) => Box::pin(apply::run(ctx, args)),
        Command::History(args) => Box::pin(ready(history::run(ctx, args))),
        Command::Undo(args) => Box::pin(undo::run(ctx, args)),
        Command::Check(args) => Box::pin(check::run(ctx, args)),
        Command::Events(args) => Box::pin(events::run(ctx, args)),
        Command::Wizard(args) => Box::pin(wizard::run(ctx, args)),
        Command::Send(args) => Box::pin(send::run(ctx, args)),
        Command::Verify(args) => Box::pin(verify::run(ctx, args)),
        Command::Replay(args) => Box::pin(replay::run(ctx, args)),
        Command::Key(args) => Box::pin(key::run(ctx, args)),
        Command::Listen(args) => Box::pin(listen::run(ctx, args)),
        Command::Whoami(args) => Box::pin(whoami::run(ctx, args)),
        Command::Queue(args) => Box::pin(queue::run(ctx, args)),
        Command::Regions(args) => Box::pin(ready(regions::run(ctx, args))),
        Command::Apps(args) => Box::pin(apps::run(ctx, args)),
        Command::Emulator(args) => Box::pin(emulator::run(ctx, args)),
        Command::Completions(args) => Box::pin(ready(completions::run(ctx, args))),
        Command::Man(args) => Box::pin(ready(man::run(ctx, args))),
        Command::Schema(args) => Box::pin(ready(schema::run(ctx, args))),
        Command::Help(args) => Box::pin(ready(help::run(ctx, args))),
    };
    running.await
}

/// Refuses a dry run of what goes on until it is stopped.
fn check_dry_run(ctx: &Context, command: &Command) -> Result<()> {
    const PLAIN: &str = "leave --dry-run out";
    const PEEK: &str = "leave --dry-run out; vodcb queue peek looks at messages and leaves them";
    let (stream, hint) = match command {
        Command::Listen(_) => (Some("listen"), PLAIN),
        Command::Emulator(args) => (args.stream(), PLAIN),
        Command::Queue(args) => (args.stream(), PEEK),
        _ => (None, PLAIN),
    };
    match stream.filter(|_| ctx.flags.dry_run) {
        Some(name) => Err(Error::usage(format!("--dry-run does not go with {name}"))
            .cause("it goes on until it is stopped, which cannot be shown beforehand")
            .hint(hint)),
        None => Ok(()),
    }
}

/// `vodcb set` alone, where somebody is there to answer.
async fn offer_wizard(ctx: &Context) -> Result<Exit> {
    let question = "Nothing to set is named. Go through it by questions and answers?";
    if ctx.prompt.confirm(question.to_owned()).await? {
        return wizard::run(ctx, &wizard::Args {}).await;
    }
    Err(set::nothing_named(ctx))
}

/// Whether a text is eight hex digits.
pub fn is_fingerprint(text: &str) -> bool {
    text.len() == 8 && text.chars().all(|c| c.is_ascii_hexdigit())
}

/// The fingerprint of `--if-match`: eight hex digits, or `none` for a target without a callback.
///
/// # Errors
/// A usage error for anything else.
pub fn check_fingerprint(given: Option<&str>) -> Result<()> {
    let Some(text) = given else {
        return Ok(());
    };
    // What a query of the fingerprint gives for a target without a callback means none, too.
    if is_fingerprint(text) || matches!(text.to_ascii_lowercase().as_str(), "none" | "null") {
        return Ok(());
    }
    Err(Error::usage(format!("{text:?} is not a fingerprint"))
        .hint("take the fingerprint that vodcb get shows, or none for a target without a callback"))
}

/// Makes sure that somebody can confirm, or has confirmed, a command that always asks.
///
/// # Errors
/// A usage error otherwise.
pub fn needs_confirmation(ctx: &Context, command: &str) -> Result<()> {
    if ctx.flags.yes || ctx.flags.dry_run || ctx.prompt.interactive {
        return Ok(());
    }
    Err(Error::usage(format!(
        "{command} needs a confirmation, and nobody is there to give it"
    ))
    .hint("add --yes, or --dry-run to see what would change"))
}

/// Reads standard input, as [`read_aside`].
///
/// # Errors
/// When it cannot be read.
pub async fn read_stdin(limit: u64) -> std::io::Result<Vec<u8>> {
    read_aside(|| Ok(std::io::stdin()), limit).await
}

/// Opens and reads without holding up the rest of the process, so that Ctrl-C is heard: behind a name there may
/// be a pipe that nobody writes to.
///
/// # Errors
/// When it cannot be opened or read.
pub async fn read_aside<R: Read>(
    open: impl FnOnce() -> std::io::Result<R> + Send + 'static,
    limit: u64,
) -> std::io::Result<Vec<u8>> {
    let read = move || {
        let mut bytes = Vec::new();
        open()?.take(limit).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    tokio::task::spawn_blocking(read)
        .await
        .map_err(std::io::Error::other)?
}

/// The largest event, delivery or manifest that is read; the service's own limit for a message is 64 KiB.
const MAX_INPUT: u64 = 16 * 1024 * 1024;

/// Reads a whole file, or standard input for `-`. A pipe may have nobody who writes, which holds up Ctrl-C
/// as little as standard input does.
///
/// # Errors
/// When it cannot be read, or is larger than any event, delivery or manifest.
pub async fn read_input(file: &str) -> std::io::Result<Vec<u8>> {
    let bytes = if file == "-" {
        read_stdin(MAX_INPUT + 1).await?
    } else {
        let path = std::path::PathBuf::from(file);
        read_aside(move || std::fs::File::open(path), MAX_INPUT + 1).await?
    };
    if bytes.len() as u64 > MAX_INPUT {
        let why =
            format!("it has more than {MAX_INPUT} bytes, which is too much for what is read here");
        return Err(std::io::Error::other(why));
    }
    Ok(bytes)
}
