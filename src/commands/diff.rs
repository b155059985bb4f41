//! `vodcb diff`

use super::connect;
use super::declared::{Files, Wish, plan};
use super::key_reference::Keys;
use crate::context::Context;
use crate::error::Result;
use crate::exit::Exit;
use crate::render::plan as view;

/// Show how the service differs from a manifest
///
/// Field by field, as the manifest would have it. Exits 0 when every target is as declared, 1 when any
/// differs, and 2 or more when that could not be found out. Callback keys are compared and shown by
/// their fingerprints.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vodcb diff -f callbacks.toml
  vodcb diff -f callbacks.toml --prune              what is not declared counts as a difference, too
  vodcb diff -f base.toml -f shop.yaml --skip-keys  without the secrets
  vodcb diff -f callbacks.toml -o json --query 'targets[?action!=`unchanged`].app_id'")]
pub struct Args {
    #[command(flatten)]
    files: Files,
    /// Callbacks in the manifest's regions that it does not declare count as differences
    #[arg(long)]
    prune: bool,
    /// Compare no callback keys, and resolve no references to them
    #[arg(long)]
    skip_keys: bool,
    /// Exit 0 although something differs
    #[arg(long)]
    exit_zero: bool,
}

/// Reads, compares, shows.
///
/// # Errors
/// As reading the files, resolving the keys, and `declared::plan`.
pub async fn run(ctx: &Context, args: &Args) -> Result<Exit> {
    let manifest = args.files.read(ctx).await?;
    let keys = match args.skip_keys {
        true => None,
        false => Some(Keys::resolve(ctx, &manifest).await?),
    };
    let connection = connect(ctx).await?;
    let wish = Wish {
        manifest: &manifest,
        keys: keys.as_ref(),
        prune: args.prune,
    };
    let plan = plan(ctx, &connection, &wish).await?;
    connection.close().await;
    ctx.out
        .show(&view::document(&plan), |width| view::text(&plan, width))?;
    if plan.is_empty() || args.exit_zero {
        return Ok(Exit::Ok);
    }
    let prune = if args.prune { " --prune" } else { "" };
    let apply = ctx.again(&format!("apply {}{prune}", args.files.words()));
    ctx.out
        .hint(&format!("{apply} makes the service as declared"));
    Ok(Exit::Negative)
}
