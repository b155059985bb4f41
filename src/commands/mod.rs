//! One file for each word typed after `vodcb`: `Args`, whose doc comments are the help, and `run`.
//!
//! A command never uses another one. What several need stands here: the grammar, and [`connect`],
//! which turns settings and credentials into a target that can be asked.

pub mod delete;
pub mod emulator;
pub mod events;
pub mod get;
pub mod regions;
pub mod set;
pub mod whoami;

use std::cell::Cell;

use clap::{Parser, Subcommand};

use crate::callback::Callback;
use crate::change::write::{Done, Outcome};
use crate::context::Context;
use crate::credential::{Credential, chain};
use crate::emulator::{Config, Running, Storage, builtin_key, start};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::openapi::client::Client;
use crate::output::Format;
use crate::render::callback::{self as view, Keys};
use crate::settings::{self, Flags};
use crate::target::{Endpoint, Target};
use crate::vod::{Vod, wire};

/// Set up, prove, watch and repair the event callbacks of ApsaraVideo VOD
///
/// VOD tells about finished uploads, transcodes and snapshots by a callback: an HTTP request to one
/// URL, or a message in one MNS queue. One callback exists for each region and application.
#[derive(Debug, Parser)]
#[command(
    name = "vodcb",
    version,
    arg_required_else_help = true,
    max_term_width = 100,
    after_help = "\
Examples:
  vodcb --emulator set --http-url https://example.com/vod/callback   try it without an account
  vodcb get --region cn-shanghai                                     what is configured?
  vodcb set --add-events SnapshotComplete                            change one part, keep the rest
  vodcb get -o json --query url                                      for scripts

Exit codes: 0 ok, 1 the answer is no, 2 usage, 3 credentials, 4 rejected, 5 unavailable,
6 conflict, 7 unknown outcome, 130 interrupted. See docs/exit-codes.md."
)]
pub struct Cli {
    /// What every command takes.
    #[command(flatten)]
    pub flags: Flags,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The words after `vodcb`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the callback of one application
    Get(get::Args),
    /// Configure the callback, or change a part of it
    Set(Box<set::Args>),
    /// Remove the callback; no event is sent any more
    Delete(delete::Args),
    /// Explain event types and event bodies
    Events(events::Args),
    /// Show who would call the service, from where, and why
    Whoami(whoami::Args),
    /// List the VOD centres and their endpoints
    Regions(regions::Args),
    /// Run or reset the local emulator of VOD, STS and the queues
    Emulator(emulator::Args),
}

/// Carries a command out.
///
/// # Errors
/// Whatever the command cannot do, with its remedy.
pub async fn run(ctx: &Context, command: &Command) -> Result<Exit> {
    match command {
        Command::Get(args) => get::run(ctx, args).await,
        Command::Set(args) => set::run(ctx, args).await,
        Command::Delete(args) => delete::run(ctx, args).await,
        Command::Events(args) => events::run(ctx, args),
        Command::Whoami(args) => whoami::run(ctx, args),
        Command::Regions(args) => regions::run(ctx, args),
        Command::Emulator(args) => emulator::run(ctx, args).await,
    }
}

/// A target that can be asked, and the emulator behind it if there is one.
#[derive(Debug)]
pub struct Connection {
    /// VOD at the target's centre.
    pub vod: Vod,
    /// The target.
    pub target: Target,
    emulator: Option<Running>,
}

impl Connection {
    /// Ends the emulator, if there is one.
    pub async fn close(self) {
        if let Some(emulator) = self.emulator {
            emulator.stop().await;
        }
    }
}

/// Finds out where and who, and starts the emulator when it is asked for. Nothing is sent.
///
/// # Errors
/// Usage and credentials errors of the settings.
pub async fn connect(ctx: &Context) -> Result<Connection> {
    let project = settings::project(&ctx.cwd)?;
    let app_id = settings::app_id(&ctx.flags, &ctx.env, &project)?.value;
    let emulated = settings::emulator(&ctx.flags, &ctx.env);
    if emulated && ctx.flags.endpoint.is_some() {
        return Err(Error::usage("--emulator and --endpoint exclude each other"));
    }
    let (credential, profile_region) = if emulated {
        (emulator_credential(), None)
    } else {
        let found = chain::find(ctx, &project)?;
        let region = found.profile.clone().zip(found.region.clone());
        (found.credential, region)
    };
    let profile_region = profile_region
        .as_ref()
        .map(|(name, region)| (name.as_str(), region.as_str()));
    let region = settings::region(&ctx.flags, &ctx.env, &project, profile_region)?.value;
    if let Some(warning) = region.warning() {
        ctx.out.warn(&warning);
    }
    if credential.lacks_token() {
        ctx.out
            .warn("this access key id is a temporary one, but there is no security token");
    }
    let (endpoint, emulator) = if emulated {
        let running = start_inside(ctx).await?;
        (Endpoint::parse(&running.url(), false)?, Some(running))
    } else {
        (
            settings::endpoint(&ctx.flags, &ctx.env, &region)?.value,
            None,
        )
    };
    let vod = Vod {
        client: Client {
            product: "vod",
            version: wire::VERSION,
            endpoint,
            credential,
            signature: settings::signature(&ctx.flags, &ctx.env)?,
            retries: settings::retries(&ctx.flags, &ctx.env)?,
            region: region.to_string(),
            clock_offset: Cell::default(),
        },
    };
    Ok(Connection {
        vod,
        target: Target { region, app_id },
        emulator,
    })
}

fn emulator_credential() -> Credential {
    let key = builtin_key();
    Credential {
        access_key_id: key.access_key_id,
        access_key_secret: key.access_key_secret,
        security_token: key.security_token,
    }
}

/// The same emulator as `vodcb emulator start`, inside this process, with its state in a file.
async fn start_inside(ctx: &Context) -> Result<Running> {
    let mut config = Config::new(ctx.now, ctx.nonce);
    config.storage = Storage::File(ctx.state_folder()?.join("emulator.json"));
    start(config).await
}

/// The fingerprint of `--if-match`: eight hex digits, or `none` for a target without a callback.
///
/// # Errors
/// A usage error for anything else.
pub fn check_fingerprint(text: &str) -> Result<()> {
    let digits = text.len() == 8 && text.chars().all(|c| c.is_ascii_hexdigit());
    if digits || text.eq_ignore_ascii_case("none") {
        return Ok(());
    }
    Err(Error::usage(format!("{text:?} is not a fingerprint"))
        .hint("take the fingerprint that vodcb get shows, or none for a target without a callback"))
}

/// Masks the key unless it was asked for.
pub fn keys(show: bool) -> Keys {
    if show { Keys::Shown } else { Keys::Masked }
}

/// Shows a callback in the form that was asked for.
///
/// # Errors
/// When stdout cannot be written or the query fails.
pub fn show_callback(
    ctx: &Context,
    target: &Target,
    callback: Option<&Callback>,
    keys: Keys,
    request_id: Option<&str>,
) -> Result<()> {
    ctx.out.show(
        &view::document(target, callback, keys, request_id),
        |width| view::text(target, callback, keys, width),
    )
}

/// What a change shows: the callback as it is now, with what was done about it.
#[derive(serde::Serialize)]
struct ChangeDocument<'a> {
    #[serde(flatten)]
    callback: view::Document,
    result: &'static str,
    changes: &'a crate::change::diff::Difference,
}

/// Shows what became of a change.
///
/// # Errors
/// When stdout cannot be written or the query fails.
pub fn show_outcome(ctx: &Context, target: &Target, outcome: &Outcome, keys: Keys) -> Result<()> {
    if ctx.out.format == Format::Raw {
        return show_raw(ctx, &outcome.text, keys);
    }
    let (result, note) = match outcome.done {
        Done::Written => ("written", "written and read back"),
        Done::AlreadySo => ("already so", "already so; nothing was written"),
        Done::Planned => ("planned", "dry run; nothing was written"),
    };
    ctx.out.note(note);
    let callback = outcome.callback.as_ref();
    let document = ChangeDocument {
        callback: view::document(target, callback, keys, outcome.request_id.as_deref()),
        result,
        changes: &outcome.difference,
    };
    ctx.out
        .show(&document, |width| view::text(target, callback, keys, width))
}

/// Shows the service's own text; the key is masked unless it was asked for.
///
/// # Errors
/// When stdout cannot be written.
pub fn show_raw(ctx: &Context, text: &str, keys: Keys) -> Result<()> {
    let text = match keys {
        Keys::Shown => text.to_owned(),
        Keys::Masked => wire::masked_answer(text),
    };
    if text.is_empty() {
        Ok(())
    } else {
        ctx.out.print(&format!("{}\n", text.trim_end()))
    }
}
