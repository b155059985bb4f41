//! What VOD itself says: who we are, what time it is, what we may do, what is configured.

use jiff::SignedDuration;
use tokio::time::Instant;

use super::{Check, skip_all};
use crate::callback::url::without_password;
use crate::callback::{Callback, Destination};
use crate::context::Context;
use crate::error::{Error, Kind};
use crate::openapi::TOLERANCE;
use crate::openapi::refusal::Cause;
use crate::target::Target;
use crate::vod::Vod;

/// A clock that is off by more makes receivers refuse fresh signatures.
const NOTICEABLE: SignedDuration = SignedDuration::from_secs(60);

const ALL: [&str; 6] = [
    "credentials",
    "service",
    "clock",
    "permission",
    "activated",
    "configured",
];

/// What was asked, and the callback that all the rest is about.
pub struct Told {
    /// The checks up to `configured`.
    pub checks: Vec<Check>,
    /// The callback, if there is one.
    pub callback: Option<Callback>,
    /// Whether VOD told what is configured.
    pub was_read: bool,
}

/// When there is nobody to ask as.
pub fn no_credentials(ctx: &Context, error: &Error) -> Vec<Check> {
    let mut failed = Check::failed("credentials", error);
    // The list of every source that was tried is for whoami to show.
    if error.details.no_credentials {
        failed.cause = format!(
            "{}; {} lists where they were looked for",
            error.message,
            ctx.again("whoami")
        );
    }
    let rest: Vec<Check> = skip_all(&ALL[1..], &failed).collect();
    std::iter::once(failed).chain(rest).collect()
}

/// Reads the callback; one Get answers every one of these checks. `key_from` says where the key was
/// found.
pub async fn ask(ctx: &Context, vod: &Vod, target: &Target, key_from: &str) -> Told {
    let begun = Instant::now();
    let answer = vod.get(ctx, &target.app_id).await;
    let took = begun.elapsed();
    let clock = clock(vod);
    let was_read = answer.is_ok();
    let (checks, callback) = match answer {
        Ok(reading) => {
            let configured = match &reading.callback {
                Some(callback) => {
                    Check::pass("configured", format!("{target}: {}", summary(callback)))
                }
                None => Check::fail(
                    "configured",
                    format!("{target} has no callback, so nothing is ever sent"),
                    format!(
                        "{} shows every region and application that has one; or configure it: {}",
                        ctx.again_everywhere("get --all"),
                        ctx.again("set --http-url URL")
                    ),
                ),
            };
            let checks = vec![
                Check::pass("credentials", format!("from {key_from}")),
                Check::pass("service", vod.client.endpoint.to_string()),
                clock,
                Check::pass("permission", "vod:GetMessageCallback is allowed"),
                Check::pass("activated", "VOD is activated"),
                configured,
            ];
            (checks, reading.callback)
        }
        Err(error) => (refused(&error, key_from, clock), None),
    };
    Told {
        checks: checks.into_iter().map(|check| check.took(took)).collect(),
        callback,
        was_read,
    }
}

/// What of the service holds when the Get was refused: everything before the check that failed.
fn refused(error: &Error, key_from: &str, clock: Check) -> Vec<Check> {
    let name = match Cause::of_code(error.code()) {
        Cause::ClockOff => "clock",
        Cause::Forbidden => "permission",
        Cause::NoService => "activated",
        Cause::BadKey | Cause::BadSignature | Cause::BadToken | Cause::NotAuthenticated => {
            "credentials"
        }
        _ if error.kind == Kind::Credentials => "credentials",
        _ => "service",
    };
    let failed = Check::failed(name, error);
    let holds = |other: &'static str| match other {
        // The clock is told by every answer, and a key only proved once it was accepted.
        "clock" if clock.holds() && name != "service" => clock.clone(),
        "credentials" if matches!(name, "permission" | "activated") => {
            Check::pass(other, format!("from {key_from}"))
        }
        "service" if name != "service" => Check::pass(other, "it answers"),
        "permission" if name == "activated" => Check::pass(other, "not what was refused"),
        _ => Check::skip_because(other, &failed),
    };
    ALL.iter()
        .map(|other| {
            if *other == name {
                failed.clone()
            } else {
                holds(other)
            }
        })
        .collect()
}

fn summary(callback: &Callback) -> String {
    match &callback.destination {
        Destination::Http { url, .. } => format!("HTTP to {}", without_password(url)),
        Destination::Mns { queue, .. } => format!("queue {queue}"),
    }
}

fn clock(vod: &Vod) -> Check {
    const NAME: &str = "clock";
    const REMEDY: &str = "set this machine's clock, best by NTP";
    let Some(offset) = vod.client.learnt.seen_offset.get() else {
        return Check::skip(NAME, "no answer told the service's time");
    };
    let found = format!("off by {} s against VOD", offset.as_secs());
    match offset.abs() {
        off if off < NOTICEABLE => Check::pass(NAME, found),
        off if off < TOLERANCE => Check::warn(NAME, found, REMEDY),
        _ => Check::fail(NAME, found, REMEDY),
    }
}
