//! `vodcb whoami`

use crate::context::Context;
use crate::credential::chain;
use crate::error::Result;
use crate::exit::Exit;
use crate::render::setup::{self, Identity, Reasons};
use crate::settings;

/// Show who would call the service, from where, and why
///
/// Works offline: it says which key is used and where it was found, not whether the service accepts it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vodcb whoami
  vodcb whoami --explain
  vodcb whoami --profile prod -o json")]
pub struct Args {
    /// Show every source that was tried and why each value won
    #[arg(long)]
    explain: bool,
}

/// Resolves everything and shows it; nothing is sent.
///
/// # Errors
/// As the credential chain and the settings.
pub fn run(ctx: &Context, args: &Args) -> Result<Exit> {
    let project = settings::project(&ctx.cwd)?;
    let found = chain::find(ctx, &project)?;
    let profile_region = found.profile.as_deref().zip(found.region.as_deref());
    let region = settings::region(&ctx.flags, &ctx.env, &project, profile_region)?;
    let app_id = settings::app_id(&ctx.flags, &ctx.env, &project)?;
    let endpoint = settings::endpoint(&ctx.flags, &ctx.env, &region.value)?;
    let temporary = found.credential.security_token.is_some();
    let identity = Identity {
        schema_version: 1,
        access_key_id: found.credential.shown_id(),
        temporary,
        source: found.from,
        profile: found.profile,
        mode: found.mode,
        file: found.file.map(|path| path.display().to_string()),
        region: region.value.to_string(),
        app_id: app_id.value.to_string(),
        endpoint: endpoint.value.to_string(),
        explain: args.explain.then_some(Reasons {
            passed: found.passed,
            region: region.from,
            app_id: app_id.from,
            endpoint: endpoint.from,
        }),
    };
    ctx.out
        .show(&identity, |width| setup::identity(&identity, width))?;
    if found.credential.lacks_token() {
        ctx.out
            .warn("this access key id is a temporary one, but there is no security token");
    }
    Ok(Exit::Ok)
}
