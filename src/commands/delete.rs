//! `vodcb delete`

use super::{Beside, carry_out, check_fingerprint, connect, needs_confirmation};
use crate::change::write::{Ask, Order, Wanted};
use crate::context::Context;
use crate::error::Result;
use crate::exit::Exit;

/// Remove the callback; no event is sent any more
///
/// Asks at a terminal; a script says --yes. What was configured is recorded first.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vodcb delete
  vodcb delete --app-id app-1000001 --yes
  vodcb delete --if-match 7f3a9c12 --yes")]
pub struct Args {
    /// Refuse if the callback is not the one with this fingerprint
    #[arg(long, value_name = "FINGERPRINT")]
    if_match: Option<String>,
}

/// Removes the callback by the one write path.
///
/// # Errors
/// As `change::write::change`, and a usage error where nobody can confirm.
pub async fn run(ctx: &Context, args: &Args) -> Result<Exit> {
    check_fingerprint(args.if_match.as_deref())?;
    needs_confirmation(ctx, "delete")?;
    let connection = connect(ctx).await?;
    let order = Order {
        command: "delete",
        target: &connection.target,
        wanted: Wanted::Nothing,
        ask: Ask::Always,
        if_match: args.if_match.as_deref(),
    };
    carry_out(ctx, &connection, &order, &Beside::default()).await?;
    connection.close().await;
    Ok(Exit::Ok)
}
