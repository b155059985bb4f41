//! `vodcb regions`

use crate::context::Context;
use crate::error::Result;
use crate::exit::Exit;
use crate::render::setup;

/// List the VOD centres and their endpoints
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vodcb regions
  vodcb regions -o json --query 'regions[].region'")]
pub struct Args {}

/// Shows the embedded table; nothing is sent.
///
/// # Errors
/// When stdout cannot be written.
pub fn run(ctx: &Context, _args: &Args) -> Result<Exit> {
    ctx.out.show(&setup::regions_document(), setup::regions)?;
    Ok(Exit::Ok)
}
