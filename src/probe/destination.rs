//! The checks of a destination in their order, each as soon as what it needs is known to hold.

use super::network::{self, From};
use super::receiver::{self, Receiver};
use super::{Check, Verdict, config, queue, skip_all, test_event};
use crate::callback::{queue::Host, url};
use crate::context::Context;
use crate::error::Result;
use crate::mns::Mns;
use crate::target::Target;

/// Whether a receiver may be sent test deliveries, which it can take for real ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deliveries {
    /// They were asked for.
    Wanted,
    /// If somebody at the terminal agrees.
    IfConfirmed,
    /// No, for this reason.
    Never(&'static str),
}

impl Deliveries {
    /// What the flags of this run say; `named` is a flag that asks for them.
    pub fn of(ctx: &Context, named: bool) -> Self {
        if ctx.flags.dry_run {
            Deliveries::Never("a dry run sends nothing to the receiver")
        } else if named || ctx.flags.yes {
            Deliveries::Wanted
        } else if ctx.prompt.interactive {
            Deliveries::IfConfirmed
        } else {
            Deliveries::Never("test deliveries are sent with --deliver only")
        }
    }

    /// Asks if need be; the reason for a no.
    async fn refusal(self, ctx: &Context, receiver: &Receiver<'_>) -> Result<Option<&'static str>> {
        match self {
            Deliveries::Wanted => Ok(None),
            Deliveries::Never(reason) => Ok(Some(reason)),
            Deliveries::IfConfirmed => {
                let question = format!(
                    "Send up to four test deliveries of {} to {}?",
                    test_event::choose(receiver.events),
                    crate::text::escape_line(&url::without_password(receiver.url))
                );
                let agreed = ctx.prompt.confirm(question).await?;
                Ok((!agreed).then_some("it was answered with no"))
            }
        }
    }
}

/// Checks a URL and the receiver behind it.
///
/// # Errors
/// As [`network::look`], and when a question cannot be asked.
pub async fn http(
    ctx: &Context,
    receiver: &Receiver<'_>,
    from: From,
    deliveries: Deliveries,
) -> Result<Vec<Check>> {
    let again = |rest: &str| ctx.again(rest);
    let url = config::url(receiver.url, receiver.is_configured.then_some(&again));
    if !url.holds() {
        let mut rest: Vec<Check> = skip_all(&["dns", "connect", "tls"], &url).collect();
        rest.extend(skip_all(&receiver::NAMES, &url));
        rest.push(url);
        return Ok(rest);
    }
    let mut checks = network::look(ctx, receiver.url, from).await?;
    let failed = checks
        .iter()
        .find(|check| check.result == Verdict::Fail)
        .cloned();
    match failed {
        Some(failed) => checks.extend(skip_all(&receiver::NAMES, &failed)),
        None => match deliveries.refusal(ctx, receiver).await? {
            None => checks.extend(receiver.check(ctx).await?),
            Some(reason) => {
                checks.extend(receiver::NAMES.map(|name| Check::skip(name, reason)));
            }
        },
    }
    checks.push(url);
    Ok(checks)
}

/// Checks where a queue is, and the queue itself where its service can be asked.
pub async fn queue(
    ctx: &Context,
    target: &Target,
    place: (Check, Option<Host>),
    mns: Option<&Mns>,
    name: &str,
) -> Vec<Check> {
    let (endpoint, host) = place;
    let region = match &host {
        Some(host) => config::region(target, host, &|rest| ctx.again(rest)),
        None => Check::skip_because("region", &endpoint),
    };
    let looked = match (mns, &host) {
        (Some(mns), Some(host)) => queue::look(ctx, mns, host, name).await,
        _ => skip_all(&queue::NAMES, &endpoint).collect(),
    };
    let mut checks = vec![endpoint, region];
    checks.extend(looked);
    checks
}
