//! The role that VOD writes to queues with, looked at in passing once a callback goes to a queue.

use std::time::Duration;

use crate::commands::Connection;
use crate::context::Context;
use crate::ram::{CONSENT, VOD_ROLE};

/// Nobody waits longer for it.
const PASSING: Duration = Duration::from_secs(5);

/// Says whether VOD may write to queues, as far as we may know. Never an error: the change is done.
pub async fn tell(ctx: &Context, connection: &Connection) {
    let looked = tokio::time::timeout(PASSING, connection.vod_role(ctx)).await;
    match looked {
        Ok(Ok(standing)) => match standing.problem() {
            Some(problem) => {
                ctx.out.warn(&problem);
                ctx.out.hint(&standing.remedy().unwrap_or_default());
            }
            None => ctx
                .out
                .detail(&format!("{VOD_ROLE} is there and trusts VOD")),
        },
        Ok(Err(error)) => {
            ctx.out
                .detail(&format!("{VOD_ROLE} cannot be looked at: {error}"));
            unknown_role(ctx);
        }
        Err(_) => unknown_role(ctx),
    }
}

fn unknown_role(ctx: &Context) {
    ctx.out.hint(&format!(
        "VOD writes to queues with the role {VOD_ROLE}, which cannot be looked at from here (ram:GetRole); if it was never consented to, the account's owner does that once: {CONSENT}"
    ));
}
