//! Proving a destination. No command, but what `check` and `set --check` share.

use jiff::SignedDuration;

use super::Connection;
use super::queue_lookup::Missing;
use crate::callback::queue::Host;
use crate::callback::{Auth, Callback, Destination, StoredKey};
use crate::change::edit::Edit;
use crate::context::Context;
use crate::error::Result;
use crate::mns::Mns;
use crate::probe::destination::{self, Deliveries};
use crate::probe::network::From;
use crate::probe::receiver::{Key, Receiver};
use crate::probe::{Check, Report, Verdict, config, queue};
use crate::render::check as view;
use crate::secret::Secret;
use crate::target::Region;

/// How wide checks are shown among the talk.
const CHECK_WIDTH: u16 = 100;

/// Checks events and destination of a callback, configured or yet to be. A key that is given counts
/// instead of the callback's.
///
/// # Errors
/// Those of the settings, and when a question cannot be asked.
pub async fn prove(
    ctx: &Context,
    connection: &Connection,
    callback: &Callback,
    given: Option<Secret>,
    deliveries: Deliveries,
) -> Result<Vec<Check>> {
    let again = |rest: &str| ctx.again(rest);
    let mut checks = vec![config::events(&callback.events, &again)];
    let vod = &connection.vod.client;
    match &callback.destination {
        Destination::Http { url, auth } => {
            let receiver = Receiver {
                url,
                key: given.map_or_else(|| key(auth), Key::Known),
                events: &callback.events,
                is_configured: true,
                clock_offset: vod.learnt.seen_offset.get().unwrap_or(SignedDuration::ZERO),
            };
            let from = if vod.endpoint.is_loopback() {
                From::HereToo
            } else {
                From::Internet
            };
            checks.extend(destination::http(ctx, &receiver, from, deliveries).await?);
        }
        Destination::Mns {
            endpoint,
            queue: name,
        } => {
            let place = config::endpoint(endpoint, &again);
            let mns = match &place.1 {
                Some(host) => Some(queues(ctx, connection, host).await?),
                None => None,
            };
            let target = &connection.target;
            let account = place.1.as_ref().map(|host| host.account_id.clone());
            let (looked, role) = tokio::join!(
                destination::queue(ctx, target, place, mns.as_ref(), name),
                role(ctx, connection, account)
            );
            checks.extend(looked);
            checks.push(role);
        }
    }
    Ok(checks)
}

/// Proves the present callback as an edit would make it; a failure is the result that is shown. Naming `--check`
/// is the consent to test deliveries. Of a queue that is yet to be created there is nothing to look at.
///
/// # Errors
/// As [`prove`] and [`Edit::apply`].
pub async fn holds(
    ctx: &Context,
    connection: &Connection,
    now: Option<&Callback>,
    edit: &Edit,
    missing: Option<&Missing>,
) -> Result<bool> {
    let wanted = edit.apply(now, &connection.target)?;
    let deliveries = Deliveries::of(ctx, true);
    let mut checks = prove(ctx, connection, &wanted.callback, None, deliveries).await?;
    if let Some(missing) = missing {
        let of_queue = |check: &&mut Check| queue::NAMES.contains(&check.name);
        for check in checks.iter_mut().filter(of_queue) {
            let reason = format!("the queue {missing} is created with the change");
            *check = Check::skip(check.name, reason);
        }
    }
    let report = Report::new(checks).of(connection.target.clone());
    if report.result() != Verdict::Fail {
        ctx.out.note(&view::report(&report, CHECK_WIDTH));
        return Ok(true);
    }
    ctx.out
        .show(&report, |width| view::report(&report, width))?;
    ctx.out
        .note("nothing was written: a check of the new callback failed");
    Ok(false)
}

fn key(auth: &Auth) -> Key {
    match &auth.key {
        _ if !auth.on => Key::None,
        StoredKey::Known(key) => Key::Known(key.clone()),
        StoredKey::Hidden => Key::Hidden,
        StoredKey::Absent => Key::None,
    }
}

/// The role belongs to the account of the queue, and only our own can be asked about.
async fn role(ctx: &Context, connection: &Connection, account: Option<String>) -> Check {
    let own = connection.own_account(ctx).await.ok();
    if let (Some(own), Some(account)) = (&own, &account)
        && own != account
    {
        let reason = format!("the queue belongs to account {account}, and this is {own}");
        return Check::skip("role", reason);
    }
    queue::role(&connection.vod_role(ctx).await)
}

async fn queues(ctx: &Context, connection: &Connection, host: &Host) -> Result<Mns> {
    let region = Region::parse(&host.region)?;
    connection
        .queues(ctx, Some(&region), Some(&host.account_id))
        .await
}
