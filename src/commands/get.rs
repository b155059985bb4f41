//! `vodcb get`

use super::changed_elsewhere::changed_elsewhere;
use super::scope::{Missed, Scope, all_or_nothing, survey};
use super::{Connection, connect, keys, show_callback, show_raw};
use crate::context::Context;
use crate::error::Result;
use crate::exit::Exit;
use crate::output::{Format, Forms};
use crate::render::callback::{self as view, Keys};
use crate::render::targets::{self, CallbacksDocument, MissedDocument};
use crate::vod::wire;

/// Show the callback of one application, or of many
///
/// A target without a callback is no error; --require-configured makes it exit 1.
///
/// Of several targets one table is shown. Regions where VOD is not activated or not permitted are told
/// and are no failure, unless --require-configured asks for those of --regions: then the former have no
/// callback, and the latter fail. If some targets cannot be read the others are shown all the same, and the exit
/// code is 8.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vodcb get
  vodcb get --region ap-southeast-1 --app-id app-1000001
  vodcb get --all                                    every application in every region
  vodcb get --regions cn-shanghai,cn-beijing --all-apps
  vodcb get -o json --query events
  vodcb get --require-configured >/dev/null || echo none")]
pub struct Args {
    /// Print the callback key instead of its mask
    #[arg(long)]
    show_auth_key: bool,
    /// Exit 1 when no callback is configured, or one of several targets has none
    #[arg(long)]
    require_configured: bool,
    #[command(flatten)]
    scope: Scope,
}

impl Args {
    /// The forms of a result: several targets have no single answer.
    pub fn forms(&self) -> Forms {
        match self.scope.is_single() {
            true => Forms::Answer,
            false => Forms::Document,
        }
    }
}

/// Reads and shows.
///
/// # Errors
/// As `Vod::get`, and as [`survey`] for several targets.
pub async fn run(ctx: &Context, args: &Args) -> Result<Exit> {
    if args.scope.is_single() {
        one(ctx, args).await
    } else {
        many(ctx, args).await
    }
}

async fn one(ctx: &Context, args: &Args) -> Result<Exit> {
    let connection = connect(ctx).await?;
    let (target, keys) = (&connection.target, keys(args.show_auth_key));
    let reading = match (ctx.out.format, args.require_configured) {
        // Raw shows also what cannot be understood.
        (Format::Raw, false) => connection
            .vod
            .get_raw(ctx, &target.app_id)
            .await
            .map(|answer| answer.text),
        _ => Ok(String::new()),
    };
    let configured = match reading {
        Ok(text) if !text.is_empty() => {
            show_raw(ctx, &text, keys)?;
            true
        }
        Err(error) if !wire::means_not_configured(error.code()) => return Err(error),
        _ => show(ctx, &connection, keys).await?,
    };
    connection.close().await;
    Ok(if configured || !args.require_configured {
        Exit::Ok
    } else {
        Exit::Negative
    })
}

/// Reads, shows, and tells whether anything is configured.
async fn show(ctx: &Context, connection: &Connection, keys: Keys) -> Result<bool> {
    let target = &connection.target;
    let reading = connection.vod.get(ctx, &target.app_id).await?;
    let callback = reading.callback.as_ref();
    if ctx.out.format == Format::Raw {
        show_raw(ctx, &reading.text, keys)?;
    } else {
        show_callback(ctx, target, callback, keys, reading.request_id.as_deref())?;
    }
    if callback.is_none() {
        let all = ctx.again_everywhere("get --all");
        ctx.out.hint(&format!(
            "{all} shows every region and application that has one"
        ));
        ctx.out.hint(&format!(
            "configure one: {}",
            ctx.again("set --http-url URL")
        ));
    }
    changed_elsewhere(ctx, connection, callback);
    Ok(callback.is_some())
}

async fn many(ctx: &Context, args: &Args) -> Result<Exit> {
    args.scope.check(ctx)?;
    let connection = connect(ctx).await?;
    let keys = keys(args.show_auth_key);
    let as_document = matches!(ctx.out.format, Format::Json | Format::Yaml);
    let (mut documents, mut rows) = (Vec::new(), Vec::new());
    let survey = survey(ctx, &connection, &args.scope, |target, reading| {
        let callback = reading.callback.as_ref();
        if as_document {
            let id = reading.request_id.as_deref();
            documents.push(view::document(target, callback, keys, id));
        } else {
            rows.push(targets::callback_row(target, callback, keys));
        }
        callback.is_some()
    })
    .await?;
    connection.close().await;
    let missed = |list: &[Missed]| {
        let document =
            |one: &Missed| MissedDocument::new(&one.region, one.app_id.as_ref(), &one.error);
        list.iter().map(document).collect()
    };
    let document = CallbacksDocument {
        schema_version: 1,
        callbacks: &documents,
        unavailable: missed(&survey.unavailable),
        failed: missed(&survey.failed),
    };
    ctx.out
        .show(&document, |width| targets::callbacks(&rows, width))?;
    survey.complete()?;
    if !args.require_configured {
        return Ok(Exit::Ok);
    }
    let mut every_one = survey.found.iter().all(|configured| *configured);
    if args.scope.names_regions() {
        let hidden = survey.unread();
        let all = survey.found.len() + survey.unavailable.len();
        all_or_nothing(&hidden, all, "it is not known whether all are configured")?;
        every_one &= survey.unavailable.is_empty();
    }
    Ok(match every_one {
        true => Exit::Ok,
        false => Exit::Negative,
    })
}
