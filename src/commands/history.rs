//! `vodcb history`

use clap::Subcommand;

use super::keys;
use crate::change::history::{self, Mode};
use crate::change::record::Record;
use crate::change::undo;
use crate::context::{Context, Environment};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::render::history as view;
use crate::settings::{self, numbers::whole};
use crate::target::endpoint::{EMULATOR, service};
use crate::target::{AppId, Endpoint, Region};
use crate::text::counted;

/// How many changes are shown unless it is said.
const LIMIT: u32 = 20;

/// List the changes that were made from here
///
/// Every change is recorded before it is written, with the state before it, so that vodcb undo can
/// restore it. --region, --app-id, --endpoint and --emulator show only the changes made there. Nothing
/// is asked of the service.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vodcb history
  vodcb history --region ap-southeast-1 --limit 5
  vodcb history show 12
  vodcb history -o yaml --query \"records[?result=='unknown'].number\"")]
pub struct Args {
    /// One change, when it is shown alone.
    #[command(subcommand)]
    action: Option<Action>,
    /// Show at most this many changes [default: 20]
    #[arg(long, value_name = "N", value_parser = whole::<u32>(1..=u32::MAX.into(), "20"))]
    limit: Option<u32>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show one change: the state before it, what was wanted, how it ended
    #[command(after_help = "\
Examples:
  vodcb history show 12
  vodcb history show 12 -o json --query before.url")]
    Show {
        /// Number of the change, as vodcb history lists it
        #[arg(value_parser = whole::<u64>(0..=u64::MAX, "12"))]
        number: u64,
        /// Print callback keys instead of their masks
        #[arg(long)]
        show_auth_key: bool,
    },
}

/// Reads the history and shows it.
///
/// # Errors
/// A usage error when it cannot be read, for filters that cannot be, and for a number it does not have.
pub fn run(ctx: &Context, args: &Args) -> Result<Exit> {
    let records = history::read(ctx)?;
    match &args.action {
        Some(Action::Show { .. }) if args.limit.is_some() => {
            return Err(
                Error::usage("--limit is about the list, and one change is shown")
                    .hint("leave --limit out"),
            );
        }
        Some(Action::Show {
            number,
            show_auth_key,
        }) => {
            let record = undo::numbered(&records, *number)?;
            let keys = keys(*show_auth_key);
            ctx.out.show(&view::document(record, keys), |width| {
                view::text(record, keys, width)
            })?;
        }
        None => list(ctx, &records, args.limit.unwrap_or(LIMIT) as usize)?,
    }
    Ok(Exit::Ok)
}

fn list(ctx: &Context, records: &[Record], limit: usize) -> Result<()> {
    let here = filter(ctx)?;
    let mut found: Vec<&Record> = records.iter().rev().filter(|record| here(record)).collect();
    let total = found.len();
    found.truncate(limit);
    let file = history::path(ctx)?.display().to_string();
    let mode = history::mode(ctx)?;
    match mode {
        Mode::Full => {}
        Mode::NoSecrets => ctx
            .out
            .note("VODCB_HISTORY=no-secrets: changes are recorded without callback keys"),
        Mode::Off => ctx
            .out
            .warn("VODCB_HISTORY=off: changes are not recorded, and cannot be undone"),
    }
    let document = view::list_document(&found, total, &file, mode.as_str());
    ctx.out
        .show(&document, |width| view::list(&found, &file, width))?;
    if total > limit {
        let older = counted(total - limit, "older change", "older changes");
        ctx.out
            .hint(&format!("left out: {older}; --limit {total} shows all"));
    }
    Ok(())
}

/// What the flags, and only they, say about where.
fn filter(ctx: &Context) -> Result<impl Fn(&Record) -> bool> {
    let flags = &ctx.flags;
    // A region may be one this version does not know, if the history does.
    let region = flags.region.as_deref().map(Region::parse).transpose()?;
    let app_id = flags.app_id.as_deref().map(AppId::parse).transpose()?;
    // What variables say chooses nothing here.
    settings::emulator(flags, &Environment::default())?;
    let endpoint = match &flags.endpoint {
        _ if flags.emulator => Some(EMULATOR.to_owned()),
        Some(text) => Some(service(
            &Endpoint::parse(text, flags.allow_http)?.to_string(),
        )),
        None => None,
    };
    Ok(move |record: &Record| {
        let target = &record.target;
        region
            .as_ref()
            .is_none_or(|it| it.vod_host() == target.region.vod_host())
            && app_id.as_ref().is_none_or(|it| *it == target.app_id)
            && endpoint
                .as_ref()
                .is_none_or(|it| *it == service(&record.endpoint))
    })
}
