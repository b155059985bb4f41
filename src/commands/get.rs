//! `vodcb get`

use super::{Connection, connect, keys, show_callback, show_raw};
use crate::context::Context;
use crate::error::Result;
use crate::exit::Exit;
use crate::output::Format;
use crate::render::callback::Keys;
use crate::vod::wire;

/// Show the callback of one application
///
/// A target without a callback is no error; --require-configured makes it exit 1.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vodcb get
  vodcb get --region ap-southeast-1 --app-id app-1000001
  vodcb get -o json --query events
  vodcb get --require-configured >/dev/null || echo none")]
pub struct Args {
    /// Print the callback key instead of its mask
    #[arg(long)]
    show_auth_key: bool,
    /// Exit 1 when no callback is configured
    #[arg(long)]
    require_configured: bool,
}

/// Reads and shows.
///
/// # Errors
/// As `Vod::get`.
pub async fn run(ctx: &Context, args: &Args) -> Result<Exit> {
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
        ctx.out.hint(&format!(
            "configure one: {}",
            ctx.again("set --http-url URL")
        ));
    }
    Ok(callback.is_some())
}
