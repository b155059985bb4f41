//! `vodcb apps`

use super::connect;
use crate::context::Context;
use crate::error::{Kind, Result};
use crate::exit::Exit;
use crate::render::targets as view;
use crate::target::app::AppStatus;

/// List the applications, each of which can have a callback
///
/// One is marked as the default: the application that commands use when --app-id is not given. An
/// identity sees the applications it may use.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vodcb apps
  vodcb apps --status normal -o json --query 'apps[].app_id'
  vodcb get --all-apps                                       what is configured for each?")]
pub struct Args {
    /// Only applications that are in use, or only those that are not
    #[arg(long, value_name = "STATUS", value_enum)]
    status: Option<AppStatus>,
}

/// Lists and shows.
///
/// # Errors
/// As `Vod::apps`; where that is not permitted, with the way to do without.
pub async fn run(ctx: &Context, args: &Args) -> Result<Exit> {
    let connection = connect(ctx).await?;
    let target = &connection.target;
    let apps = connection.vod.apps(ctx, args.status).await.map_err(|error| {
        if error.kind == Kind::Credentials {
            error.hint("no list is needed when the application is named: --app-id ID; every account has app-1000000")
        } else {
            error
        }
    })?;
    ctx.out.show(
        &view::apps_document(&target.region, &apps, &target.app_id),
        |width| view::apps(&target.region, &apps, &target.app_id, width),
    )?;
    if args.status.is_none() && apps.iter().all(|app| app.app_id != target.app_id) {
        ctx.out.warn(&format!(
            "{}, which comes from {}, is not among them",
            target.app_id, connection.because.app_id
        ));
    }
    connection.close().await;
    Ok(Exit::Ok)
}
