//! `vodcb check`

use jiff::SignedDuration;

use super::changed_elsewhere::changed_elsewhere;
use super::connect;
use super::key_source::KeySource;
use super::proof::prove;
use crate::context::Context;
use crate::error::{Kind, Result};
use crate::event::EventSelection;
use crate::exit::Exit;
use crate::probe::destination::{self, Deliveries};
use crate::probe::network::From;
use crate::probe::receiver::{Key, Receiver};
use crate::probe::{Check, Report, Verdict, parse_names, service};
use crate::render::check as view;
use crate::secret::Secret;

/// Prove that events arrive, or name what keeps them from it
///
/// Looks at the credentials, the configured callback and its destination: for a URL the way to the
/// receiver and what it answers, for a queue its settings. With a URL, only that receiver is looked at,
/// and nothing of VOD is needed.
///
/// Test deliveries look like real ones, though their Extend says that they are none; they are sent with
/// --deliver, or when somebody at the terminal agrees. One fault makes one failure: what depends on it
/// is skipped. Exit 0 when nothing failed, 1 otherwise, and when all that was asked for was skipped.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vodcb check                                              what is configured, without deliveries
  vodcb check --deliver --strict                           and everything the receiver should refuse
  vodcb check https://example.com/vod --auth-key-env VOD_KEY --deliver
  vodcb check --only dns,tls -o json

Checks, in this order:
  credentials service clock permission activated configured events
  of a URL:   url dns connect tls redirect delivery latency forged stale unsigned
  of a queue: public-endpoint region queue-permission queue-exists retention size backlog role")]
pub struct Args {
    /// Receiver to look at before it is configured; no credentials are needed
    #[arg(value_name = "URL")]
    url: Option<String>,
    /// Send the receiver up to four test deliveries
    #[arg(long)]
    deliver: bool,
    /// Count warnings as failures
    #[arg(long)]
    strict: bool,
    /// Show these checks only, and what kept them from being made
    #[arg(long, value_name = "NAME,..")]
    only: Option<String>,
    #[command(flatten)]
    source: KeySource,
}

/// Makes the checks and shows what they came to.
///
/// # Errors
/// A usage error for what was typed; what the checks find is no error.
pub async fn run(ctx: &Context, args: &Args) -> Result<Exit> {
    let only = args.only.as_deref().map(parse_names).transpose()?;
    let only = only.unwrap_or_default();
    let key = args.source.read_leniently(ctx).await?;
    let deliveries = if only.is_empty() || only.iter().any(|name| needs_delivery(name)) {
        Deliveries::of(ctx, args.deliver)
    } else {
        Deliveries::Never("not asked for")
    };
    let report = match &args.url {
        Some(url) => Report::new(receiver(ctx, url, key, deliveries).await?),
        None => configured(ctx, key, deliveries).await?,
    };
    let report = report.only(&only);
    ctx.out
        .show(&report, |width| view::report(&report, width))?;
    ctx.out.note(&view::summary(&report));
    Ok(match report.result() {
        Verdict::Fail => Exit::Negative,
        Verdict::Warn if args.strict => Exit::Negative,
        Verdict::Skip => {
            let all = ctx.again("check");
            ctx.out.hint(&format!("no check was made, so nothing is proved; {all} makes all that belong to the callback"));
            Exit::Negative
        }
        Verdict::Warn | Verdict::Pass => Exit::Ok,
    })
}

fn needs_delivery(name: &str) -> bool {
    crate::probe::receiver::NAMES.contains(&name)
}

/// A receiver that is not configured yet.
async fn receiver(
    ctx: &Context,
    url: &str,
    key: Option<Secret>,
    deliveries: Deliveries,
) -> Result<Vec<Check>> {
    let receiver = Receiver {
        url,
        key: key.map_or(Key::None, Key::Known),
        events: &EventSelection::All,
        is_configured: false,
        clock_offset: SignedDuration::ZERO,
    };
    destination::http(ctx, &receiver, From::HereToo, deliveries).await
}

/// What is configured.
async fn configured(ctx: &Context, key: Option<Secret>, deliveries: Deliveries) -> Result<Report> {
    let connection = match connect(ctx).await {
        Ok(connection) => connection,
        // That there is no key to ask with is what was to be found out, whatever keeps it away.
        Err(error) if !matches!(error.kind, Kind::Usage | Kind::Internal) => {
            return Ok(Report::new(service::no_credentials(ctx, &error)));
        }
        Err(error) => return Err(error),
    };
    let from = &connection.found.from;
    let told = service::ask(ctx, &connection.vod, &connection.target, from).await;
    if told.was_read {
        changed_elsewhere(ctx, &connection, told.callback.as_ref());
    }
    let mut checks = told.checks;
    match &told.callback {
        Some(callback) => {
            checks.extend(prove(ctx, &connection, callback, key, deliveries).await?);
        }
        None => {
            let failed = checks
                .iter()
                .find(|check| check.result == Verdict::Fail)
                .cloned();
            checks.extend(failed.map(|failed| Check::skip_because("events", &failed)));
        }
    }
    let report = Report::new(checks).of(connection.target.clone());
    connection.close().await;
    Ok(report)
}
