//! `vodcb whoami`

use super::{Connection, connect};
use crate::context::Context;
use crate::error::Result;
use crate::exit::Exit;
use crate::render::setup::{self, Identity, Reasons};
use crate::sts;

/// Show who would call the service, from where, and why
///
/// Asks STS who the key belongs to; that needs no permission. If STS refuses, what is known without it
/// is shown all the same, and the refusal after it. --offline asks nobody for that.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vodcb whoami
  vodcb whoami --explain
  vodcb whoami --profile prod -o json --query account_id")]
pub struct Args {
    /// Show every source that was tried and why each value won
    #[arg(long)]
    explain: bool,
    /// Do not ask STS; a temporary key is still obtained from its source
    #[arg(long)]
    offline: bool,
}

/// Resolves everything, asks STS, and shows it.
///
/// # Errors
/// As the credential chain and the settings, and STS's refusal after what is known was shown.
pub async fn run(ctx: &Context, args: &Args) -> Result<Exit> {
    let connection = connect(ctx).await?;
    let answer = if args.offline {
        Ok(sts::Identity::default())
    } else {
        connection.caller_identity(ctx).await
    };
    let identity = describe(&connection, answer.as_ref().ok(), args.explain);
    ctx.out
        .show(&identity, |width| setup::identity(&identity, width))?;
    connection.close().await;
    answer.map(|_| Exit::Ok)
}

fn describe(connection: &Connection, answer: Option<&sts::Identity>, explain: bool) -> Identity {
    let answer = answer.cloned().unwrap_or_default();
    let issued = connection.vod.client.caller.issued();
    let found = &connection.found;
    let because = &connection.because;
    Identity {
        schema_version: 1,
        account_id: answer.account_id,
        identity_type: answer.identity_type,
        arn: answer.arn,
        access_key_id: issued.as_ref().map(|issued| issued.credential.shown_id()),
        temporary: issued
            .as_ref()
            .is_some_and(|issued| issued.credential.security_token.is_some()),
        expires: issued
            .and_then(|issued| issued.expires)
            .map(|time| time.to_string()),
        source: found.from.clone(),
        profile: found.profile.clone(),
        mode: found.mode.clone(),
        file: found.file.as_ref().map(|path| path.display().to_string()),
        region: connection.target.region.to_string(),
        app_id: connection.target.app_id.to_string(),
        endpoint: connection.vod.client.endpoint.to_string(),
        explain: explain.then(|| Reasons {
            passed: found.passed.clone(),
            region: because.region.clone(),
            app_id: because.app_id.clone(),
            endpoint: because.endpoint.clone(),
        }),
    }
}
