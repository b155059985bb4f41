//! The queue that a callback is to go to, looked at before anything is written.
//!
//! VOD takes any name, and drops in silence what it cannot write; so a queue that is not there, or a
//! place where nobody may look, is told before the change.

use std::time::Duration;

use crate::callback::queue::parse_host;
use crate::commands::Connection;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::mns::Mns;
use crate::mns::queue::Attributes;
use crate::ram::{CONSENT, VOD_ROLE};
use crate::render::queue::QueueStatus;
use crate::target::Region;

/// As many names are looked through for a similar one.
const MANY: usize = 5000;
/// No more similar names than these are told, and only if they are as similar as this.
const FEW: usize = 3;
const SIMILAR: f64 = 0.8;
/// The role is looked at in passing; nobody waits longer for it.
const PASSING: Duration = Duration::from_secs(5);

/// A queue that is not there yet.
pub struct Missing {
    mns: Mns,
    name: String,
}

/// Looks the queue at an endpoint up, and warns of attributes that lose events. `Some` when it is not
/// there and is to be created.
///
/// # Errors
/// That it is not there, with similar names, unless it is to be created; those of the look.
pub async fn look_up(
    ctx: &Context,
    connection: &Connection,
    endpoint: &str,
    name: &str,
    create: bool,
) -> Result<Option<Missing>> {
    let Some(host) = parse_host(endpoint) else {
        let why = format!("{endpoint} is not an endpoint of queues that can be asked");
        return Err(Error::usage(why).hint("--no-queue-check sets it without a look"));
    };
    let region = Region::parse(&host.region)?;
    let account = Some(host.account_id.as_str());
    let mns = connection.queues(ctx, &region, account).await?;
    match mns.get_attributes(ctx, name).await {
        Ok(status) => {
            for warning in QueueStatus::new(&status, endpoint).warnings {
                ctx.out.warn(&format!("queue {name}: {warning}"));
            }
            Ok(None)
        }
        Err(error) if error.code() != "QueueNotExist" => Err(unlooked(error)),
        Err(_) if create => {
            let name = name.to_owned();
            Ok(Some(Missing { mns, name }))
        }
        Err(error) => Err(absent(ctx, &mns, name, &region, error).await),
    }
}

fn unlooked(error: Error) -> Error {
    let denied = error.kind == Kind::Credentials;
    let error = error.cause("the callback was not changed: the queue could not be looked up");
    error.hint(if denied {
        "--no-queue-check sets the callback without a look at the queue"
    } else {
        "try again, or set it without a look at the queue: --no-queue-check"
    })
}

/// The names that could have been meant come first.
async fn absent(ctx: &Context, mns: &Mns, name: &str, region: &Region, error: Error) -> Error {
    let mut told = Error::new(Kind::Rejected, error.message)
        .cause(format!("looked for in {region}, at {}", mns.endpoint))
        .cause("the callback was not changed");
    told.details = error.details;
    let similar = similar(ctx, mns, name).await;
    if !similar.is_empty() {
        told = told.hint(format!("did you mean {}?", similar.join(", ")));
    }
    told.hint("--create-queue creates it with the change")
        .hint("a queue of another region or account is named with --mns-region or --account-id")
}

/// Without the right to list there are no names to tell, which is no error of its own.
async fn similar(ctx: &Context, mns: &Mns, name: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut pages = mns.list_queues("");
    while names.len() < MANY
        && let Ok(Some(page)) = pages.next(ctx).await
    {
        names.extend(page);
    }
    let alike = |other: &str| strsim::jaro_winkler(&other.to_lowercase(), &name.to_lowercase());
    let mut rated: Vec<(f64, String)> = names
        .into_iter()
        .map(|other| (alike(&other), other))
        .filter(|(rating, _)| *rating >= SIMILAR)
        .collect();
    rated.sort_by(|one, other| other.0.total_cmp(&one.0));
    rated.into_iter().take(FEW).map(|(_, name)| name).collect()
}

impl Missing {
    /// Creates it with attributes that suit callbacks.
    ///
    /// # Errors
    /// Those of the queue service; nothing else was changed then.
    pub async fn create(&self, ctx: &Context) -> Result<()> {
        let attributes = Attributes::for_callbacks();
        let made = self.mns.create_queue(ctx, &self.name, &attributes).await;
        made.map_err(|error| error.cause("the callback was not changed"))?;
        ctx.out.note(&format!("created the queue {}", self.name));
        Ok(())
    }

    /// Says what would be done about it.
    pub fn plan(&self, ctx: &Context) {
        let text = format!("dry run; the queue {} would be created", self.name);
        ctx.out.note(&text);
    }
}

/// Says whether VOD may write to queues, as far as we may know. Never an error: the change is done.
pub async fn tell_of_role(ctx: &Context, connection: &Connection) {
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
