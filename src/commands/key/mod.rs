//! `vodcb key`

mod rotate;

use clap::Subcommand;
use jiff::Timestamp;
use serde_json::json;

use super::{connect, keys};
use crate::callback::{Auth, Callback, auth_key};
use crate::change::history;
use crate::change::record::{Ended, Record};
use crate::change::rotation::Place;
use crate::context::Context;
use crate::error::Result;
use crate::exit::Exit;
use crate::render::key::{self as view, KeyStatus};
use crate::secret::Secret;
use crate::target::Target;

/// Make callback keys, and change them without losing an event
///
/// The key signs HTTP deliveries. VOD holds one key at a time, so a receiver has to accept two of them
/// while one replaces the other.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vodcb key generate
  vodcb key rotate --generate-auth-key --show-auth-key
  vodcb key status")]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Print a new key: 32 letters and digits, of all three classes
    ///
    /// Nothing is stored and nobody is asked.
    #[command(after_help = "\
Examples:
  vodcb key generate
  vodcb key generate -o json --query auth_key")]
    Generate,
    /// Replace the key in steps, each of them proved
    Rotate(Box<rotate::Args>),
    /// Show the key's mask, and where a rotation stands
    #[command(after_help = "\
Examples:
  vodcb key status
  vodcb key status --region ap-southeast-1 --show-auth-key")]
    Status {
        /// Print the keys of a rotation instead of their masks
        #[arg(long)]
        show_auth_key: bool,
    },
}

/// Makes, replaces or shows a key.
///
/// # Errors
/// As each of them.
pub async fn run(ctx: &Context, args: &Args) -> Result<Exit> {
    match &args.what {
        What::Generate => generate(ctx),
        What::Rotate(args) => rotate::run(ctx, args).await,
        What::Status { show_auth_key } => status(ctx, *show_auth_key).await,
    }
}

fn generate(ctx: &Context) -> Result<Exit> {
    let key = auth_key::generate(ctx.random);
    let document = json!({"schema_version": 1, "auth_key": key.expose()});
    ctx.out.show(&document, |_| format!("{}\n", key.expose()))?;
    Ok(Exit::Ok)
}

async fn status(ctx: &Context, show: bool) -> Result<Exit> {
    let connection = connect(ctx).await?;
    let (vod, target) = (&connection.vod, &connection.target);
    let reading = vod.get(ctx, &target.app_id).await?;
    let http = reading.callback.as_ref().and_then(Callback::http);
    let auth = http.map(|(_, auth)| auth);
    let key = auth.and_then(Auth::known_key);
    let rotation = Place::of(ctx, vod, target)?.load(ctx, key)?;
    let is_overtaken = rotation.as_ref().is_some_and(|it| it.is_overtaken(auth));
    let rotation = rotation.map(|rotation| rotation.status(auth, keys(show)));
    let mut status = KeyStatus::new(target, http).rotating(rotation);
    status.auth_key_since = match key {
        Some(key) => written(ctx, &vod.place(), target, key)?.map(view::moment),
        None => None,
    };
    ctx.out.show(&status, |width| view::text(&status, width))?;
    if is_overtaken {
        ctx.out.warn("the callback was changed since the rotation was begun, and VOD signs with neither key of it");
        let abandon = ctx.again("key rotate --abandon");
        ctx.out.hint(&format!("this forgets both keys: {abandon}"));
    }
    connection.close().await;
    Ok(Exit::Ok)
}

/// When this key was written to this target, as far as the history knows.
fn written(ctx: &Context, place: &str, target: &Target, key: &Secret) -> Result<Option<Timestamp>> {
    let same = |record: &Record| {
        let after = record.after.as_ref().and_then(Callback::auth);
        record.is_of(target, place)
            && record.result() == Ended::Written
            && record.changed.iter().any(|field| field == "auth_key")
            && after.and_then(Auth::known_key) == Some(key)
    };
    let records = history::read(ctx)?;
    let last = records.into_iter().rev().find(same);
    Ok(last.map(|record| record.ending.map_or(record.at, |ending| ending.at)))
}
