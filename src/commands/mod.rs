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

use std::io::Read;

use clap::{Parser, Subcommand};

use crate::callback::Callback;
use crate::change::write::{Done, Order, Outcome, change};
use crate::context::Context;
use crate::credential::Credential;
use crate::credential::chain::{self, Found};
use crate::credential::recipe::Recipe;
use crate::emulator::{Config, Running, Storage, builtin_key, start};
use crate::error::{Applied, Error, Kind, Result};
use crate::exit::Exit;
use crate::openapi::client::{Caller, Client};
use crate::output::Format;
use crate::render::callback::{self as view, Keys};
use crate::settings::{self, Flags, Resolved, StsWish};
use crate::target::{AppId, Endpoint, Region, Target};
use crate::vod::{Vod, wire};

/// Configure the event callbacks of ApsaraVideo VOD without losing a setting
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

Exit codes: 0 ok, 1 the answer is no, 2 usage, 3 credentials, 4 rejected, 5 unavailable, 6 conflict,
7 unknown outcome, 8 partial, 70 internal, 130 interrupted, 143 terminated."
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
    /// Run or reset the local emulator of VOD and STS
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
        Command::Events(args) => events::run(ctx, args).await,
        Command::Whoami(args) => whoami::run(ctx, args).await,
        Command::Regions(args) => regions::run(ctx, args),
        Command::Emulator(args) => emulator::run(ctx, args).await,
    }
}

/// A target that can be asked, and everything that was decided on the way to it.
#[derive(Debug)]
pub struct Connection {
    /// VOD at the target's centre.
    pub vod: Vod,
    /// The target.
    pub target: Target,
    /// Where the key comes from.
    pub found: Found,
    /// Where STS is.
    pub sts: Endpoint,
    /// Why the region, the application and the endpoint are what they are.
    pub because: Because,
    emulator: Option<Running>,
}

/// The sources of three values.
#[derive(Debug, Clone)]
pub struct Because {
    /// Of the region.
    pub region: String,
    /// Of the application.
    pub app_id: String,
    /// Of the endpoint.
    pub endpoint: String,
}

impl Connection {
    /// Ends the emulator, if there is one.
    pub async fn close(self) {
        if let Some(emulator) = self.emulator {
            emulator.stop().await;
        }
    }
}

/// What the settings and the sources of credentials come to; nothing is running yet.
struct Decisions {
    emulated: bool,
    found: Found,
    region: Resolved<Region>,
    app_id: Resolved<AppId>,
    endpoint: Resolved<Endpoint>,
    sts: Endpoint,
}

async fn decide(ctx: &Context) -> Result<Decisions> {
    let project = &ctx.project;
    let app_id = settings::app_id(&ctx.flags, &ctx.env, project)?;
    let emulated = settings::emulator(&ctx.flags, &ctx.env)?;
    if emulated && ctx.flags.endpoint.is_some() {
        return Err(Error::usage("--emulator and --endpoint exclude each other")
            .hint("leave one of them out"));
    }
    let found = if emulated {
        Found::new(Recipe::Static(emulator_credential()), "the emulator")
    } else {
        chain::find(ctx, project).await?
    };
    let profile_region = found.profile.as_deref().zip(found.region.as_deref());
    let region = settings::region(&ctx.flags, &ctx.env, project, profile_region)?;
    Ok(Decisions {
        endpoint: settings::endpoint(&ctx.flags, &ctx.env, &region.value)?,
        sts: settings::sts_endpoint(&ctx.flags, &ctx.env, &StsWish::default())?,
        emulated,
        found,
        region,
        app_id,
    })
}

/// Finds out where and who, and starts the emulator when it is asked for. VOD is not called yet; the
/// source of a temporary key is.
///
/// # Errors
/// Usage and credentials errors of the settings, and those of obtaining a key.
pub async fn connect(ctx: &Context) -> Result<Connection> {
    let signature = settings::signature(&ctx.flags, &ctx.env)?;
    let retries = settings::retries(&ctx.flags, &ctx.env)?;
    let mut decided = decide(ctx).await?;
    warn_before_use(ctx, &decided.found, &decided.region.value);
    ctx.out.detail(&format!(
        "{} in {}: the key comes from {}, the region from {}, the endpoint {} from {}",
        decided.app_id.value,
        decided.region.value,
        decided.found.from,
        decided.region.from,
        decided.endpoint.value,
        decided.endpoint.from
    ));
    let session = decided.found.open(ctx).await?;
    let mut emulator = None;
    if decided.emulated {
        let running = start_inside(ctx).await?;
        decided.sts = Endpoint::parse(&running.url(), false)?;
        decided.endpoint = Resolved {
            value: decided.sts.clone(),
            from: "--emulator".to_owned(),
        };
        emulator = Some(running);
    }
    let caller = Caller::Somebody(Box::new(session));
    let client = Client {
        signature,
        retries,
        region: Some(decided.region.value.to_string()),
        ..Client::new("vod", wire::VERSION, decided.endpoint.value, caller)
    };
    Ok(Connection {
        vod: Vod { client },
        target: Target {
            region: decided.region.value,
            app_id: decided.app_id.value,
        },
        found: decided.found,
        sts: decided.sts,
        because: Because {
            region: decided.region.from,
            app_id: decided.app_id.from,
            endpoint: decided.endpoint.from,
        },
        emulator,
    })
}

fn warn_before_use(ctx: &Context, found: &Found, region: &Region) {
    let temporary_without_token = match &found.recipe {
        Recipe::Static(credential) => credential.lacks_token(),
        _ => false,
    };
    if let Some(warning) = region.warning() {
        ctx.out.warn(&warning);
    }
    if let Some(warning) = found.exposed() {
        ctx.out.warn(&warning);
    }
    if temporary_without_token {
        ctx.out
            .warn("this access key id is a temporary one, but there is no security token");
    }
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
    // What a query of the fingerprint gives for a target without a callback means none, too.
    if digits || matches!(text.to_ascii_lowercase().as_str(), "none" | "null" | "") {
        return Ok(());
    }
    Err(Error::usage(format!("{text:?} is not a fingerprint"))
        .hint("take the fingerprint that vodcb get shows, or none for a target without a callback"))
}

/// Reads standard input without holding up the rest of the process, so that Ctrl-C is heard.
///
/// # Errors
/// When it cannot be read.
pub async fn read_stdin(limit: u64) -> std::io::Result<Vec<u8>> {
    let read = move || {
        let mut bytes = Vec::new();
        std::io::Read::take(std::io::stdin(), limit)
            .read_to_end(&mut bytes)
            .map(|_| bytes)
    };
    tokio::task::spawn_blocking(read)
        .await
        .map_err(std::io::Error::other)?
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

/// Changes a target by the one write path and shows what became of it.
///
/// # Errors
/// As [`change`]; that the result cannot be shown is told before anything is written, where it can be
/// known then.
pub async fn carry_out(
    ctx: &Context,
    connection: &Connection,
    order: &Order<'_>,
    keys: Keys,
) -> Result<Outcome> {
    let check = |planned: &Outcome| match ctx.out.format {
        Format::Table | Format::Raw => Ok(()),
        Format::Json | Format::Yaml => {
            ctx.out
                .check(&outcome_document(order.target, planned, keys))
        }
    };
    let outcome = change(ctx, &connection.vod, order, check).await?;
    let shown = show_outcome(ctx, order.target, &outcome, keys);
    match outcome.done {
        Done::Written => shown.map_err(|error| written_but_not_shown(ctx, error))?,
        Done::AlreadySo | Done::Planned => shown?,
    }
    Ok(outcome)
}

fn written_but_not_shown(ctx: &Context, error: Error) -> Error {
    let mut partial = Error::new(
        Kind::Partial,
        "the change was written and read back, but its result could not be shown",
    )
    .cause(error.message)
    .hint(format!("this shows it: {}", ctx.again("get")))
    .applied(Applied::Yes);
    partial.causes.extend(error.causes);
    partial
}

fn show_outcome(ctx: &Context, target: &Target, outcome: &Outcome, keys: Keys) -> Result<()> {
    let gone = outcome.callback.is_none();
    ctx.out.note(match outcome.done {
        Done::Written if gone => "deleted; reading back shows nothing",
        Done::Written => "written and read back",
        Done::AlreadySo if gone => "already so; there was nothing to delete",
        Done::AlreadySo => "already so; nothing was written",
        Done::Planned => "dry run; nothing was written",
    });
    if ctx.out.format == Format::Raw {
        return show_raw(ctx, &outcome.text, keys);
    }
    ctx.out
        .show(&outcome_document(target, outcome, keys), |width| {
            let text = view::text(target, outcome.callback.as_ref(), keys, width);
            match outcome.done {
                Done::Written | Done::AlreadySo => text,
                Done::Planned if gone => format!("The callback of {target} would be removed.\n"),
                Done::Planned => format!("It would become:\n{text}"),
            }
        })
}

fn outcome_document<'a>(target: &Target, outcome: &'a Outcome, keys: Keys) -> ChangeDocument<'a> {
    ChangeDocument {
        callback: view::document(
            target,
            outcome.callback.as_ref(),
            keys,
            outcome.request_id.as_deref(),
        ),
        result: match outcome.done {
            Done::Written => "written",
            Done::AlreadySo => "already so",
            Done::Planned => "planned",
        },
        changes: &outcome.difference,
    }
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
