//! What a receiver makes of deliveries: good ones, and such as it should refuse.

use std::time::Duration;

use jiff::SignedDuration;

use super::{Check, Verdict, skip_all, test_event};
use crate::callback::auth_key;
use crate::context::Context;
use crate::delivery::rules::{Answer, VOD};
use crate::delivery::send::{Attempt, Delivery, Proof, try_once};
use crate::delivery::trial::STALE;
use crate::error::Result;
use crate::event::EventSelection;
use crate::secret::Secret;

/// Slower answers leave little room for a bad day.
const SLOW: Duration = Duration::from_secs(2);

/// Every check that takes a delivery.
pub const NAMES: [&str; 6] = [
    "redirect", "delivery", "latency", "forged", "stale", "unsigned",
];

/// What signs the deliveries.
#[derive(Debug, Clone)]
pub enum Key {
    /// This key.
    Known(Secret),
    /// None: authentication is off, or no key was given.
    None,
    /// One that the service does not show.
    Hidden,
}

/// A receiver that is handed tests.
#[derive(Debug, Clone)]
pub struct Receiver<'a> {
    /// The URL as it is configured.
    pub url: &'a str,
    /// What signs.
    pub key: Key,
    /// What it is sent, to choose a test from.
    pub events: &'a EventSelection,
    /// Whether a callback has the URL, or is to have it, so that commands may change it.
    pub is_configured: bool,
    /// VOD's clock minus ours, which signatures follow.
    pub clock_offset: SignedDuration,
}

impl Receiver<'_> {
    /// The signature of this key at this distance from now.
    fn signed(&self, key: &Secret, shift: SignedDuration) -> Proof {
        Proof::Signed {
            url: self.url.to_owned(),
            key: key.clone(),
            shift: self.clock_offset.saturating_add(shift),
        }
    }

    /// Hands over one test.
    ///
    /// # Errors
    /// When the request cannot be made at all.
    async fn hand(&self, ctx: &Context, proof: Proof) -> Result<Attempt> {
        let name = test_event::choose(self.events);
        let delivery = Delivery {
            url: self.url.to_owned(),
            proof,
            body: test_event::body(name, &(ctx.nonce)(), (ctx.now)())?,
        };
        let attempt = try_once(&ctx.http, ctx.now, VOD.limit, &delivery, 1).await?;
        ctx.out
            .debug(&format!("test delivery of {name}: {}", attempt.answer));
        Ok(attempt)
    }

    /// Hands over a test that is signed with this key.
    ///
    /// # Errors
    /// When the request cannot be made at all.
    pub async fn hand_signed(&self, ctx: &Context, key: &Secret) -> Result<Attempt> {
        self.hand(ctx, self.signed(key, SignedDuration::ZERO)).await
    }

    /// Hands over a test that is signed with a key nobody knows.
    ///
    /// # Errors
    /// When the request cannot be made at all.
    pub async fn hand_forged(&self, ctx: &Context) -> Result<Attempt> {
        self.hand_signed(ctx, &auth_key::generate(ctx.random)).await
    }

    /// Makes every check of [`NAMES`]: at most four deliveries, the good one first.
    ///
    /// # Errors
    /// When a request cannot be made at all.
    pub async fn check(&self, ctx: &Context) -> Result<Vec<Check>> {
        let key = match &self.key {
            Key::Known(key) => Some(key),
            Key::None => None,
            Key::Hidden => {
                let failed = Check::fail(
                    "delivery",
                    "no test delivery could be signed: the service does not show the key",
                    "name it with --auth-key-env NAME or --auth-key-file FILE",
                );
                let rest = NAMES.iter().filter(|name| **name != failed.name);
                let rest = rest.map(|name| Check::skip_because(name, &failed));
                return Ok(rest.chain([failed.clone()]).collect());
            }
        };
        let attempt = match key {
            Some(key) => self.hand_signed(ctx, key).await?,
            None => self.hand(ctx, Proof::Unsigned).await?,
        };
        let mut checks = good(&attempt, key.is_some());
        let failed = |check: &&Check| check.result == Verdict::Fail;
        let first = checks.iter().find(failed).cloned();
        match (first, key) {
            (Some(failed), _) => checks.extend(skip_all(&NAMES[3..], &failed)),
            (None, None) => {
                let reason = if self.is_configured {
                    let set = ctx.again("set --generate-auth-key");
                    format!("no key is set: anybody can send events; {set}")
                } else {
                    "no key is given; give it with --auth-key-env NAME".to_owned()
                };
                let rest = ["forged", "stale", "unsigned"];
                checks.extend(rest.map(|name| Check::skip(name, reason.as_str())));
            }
            (None, Some(key)) => checks.extend(self.check_refusals(ctx, key).await?),
        }
        Ok(checks)
    }

    async fn check_refusals(&self, ctx: &Context, key: &Secret) -> Result<Vec<Check>> {
        let forged = refused(
            "forged",
            "a signature by another key",
            "compare X-VOD-SIGNATURE with the MD5 of URL|time|key before answering 200; vodcb verify tells what a signature is worth",
            &self.hand_forged(ctx).await?,
        );
        // A receiver that looks at no signature would fail the two others for the same reason.
        if forged.result == Verdict::Warn {
            let rest: Vec<Check> = skip_all(&["stale", "unsigned"], &forged).collect();
            return Ok(std::iter::once(forged).chain(rest).collect());
        }
        let (stale, unsigned) = tokio::join!(
            self.hand(ctx, self.signed(key, STALE)),
            self.hand(ctx, Proof::Unsigned)
        );
        Ok(vec![
            forged,
            refused(
                "stale",
                "a signature of an hour ago",
                "refuse X-VOD-TIMESTAMP when it is further than five minutes from now, so that a delivery cannot be repeated by others",
                &stale?,
            ),
            refused(
                "unsigned",
                "a delivery without signature",
                "refuse deliveries that lack X-VOD-TIMESTAMP or X-VOD-SIGNATURE",
                &unsigned?,
            ),
        ])
    }
}

/// The answer to a delivery as it should be: `redirect`, `delivery`, `latency`.
fn good(attempt: &Attempt, signed: bool) -> Vec<Check> {
    let remedy = || attempt.hint().unwrap_or_default();
    if let Answer::Status {
        status: status @ 300..=399,
        location,
    } = &attempt.answer
    {
        let to = location
            .as_deref()
            .map(|to| format!(" to {to}"))
            .unwrap_or_default();
        let cause = format!("answered {status}, a redirect{to}");
        let failed = Check::fail("redirect", cause, remedy()).took(attempt.took);
        let rest: Vec<Check> = skip_all(&NAMES[1..3], &failed).collect();
        return std::iter::once(failed).chain(rest).collect();
    }
    let redirect = match attempt.answer {
        Answer::Status { .. } => Check::pass("redirect", "none"),
        Answer::Nothing { .. } => Check::skip("redirect", "there was no answer"),
    };
    let how = if signed { "signed" } else { "not signed" };
    let milliseconds = attempt.took.as_millis();
    if !attempt.answer.is_delivered() {
        let cause = match &attempt.answer {
            Answer::Status { status, .. } => {
                format!("answered {status}; only 200 counts ({how})")
            }
            Answer::Nothing { message, .. } => format!("{message} ({how})"),
        };
        let failed = Check::fail("delivery", cause, remedy()).took(attempt.took);
        let latency = Check::skip_because("latency", &failed);
        return vec![redirect, failed, latency];
    }
    let limit = VOD.limit.as_secs();
    let found = format!("{milliseconds} ms of {limit} s");
    let latency = if attempt.took > SLOW {
        let remedy = "answer 200 at once and do the work afterwards";
        Check::warn("latency", found, remedy)
    } else {
        Check::pass("latency", found)
    };
    vec![
        redirect,
        Check::pass("delivery", format!("answered 200 ({how})")).took(attempt.took),
        latency.took(attempt.took),
    ]
}

/// The answer to a delivery that should be refused. A failure or a redirect refuses by accident, and neither no
/// answer nor one that asks to come again proves anything.
pub(super) fn refused(name: &'static str, what: &str, remedy: &str, attempt: &Attempt) -> Check {
    let check = match &attempt.answer {
        Answer::Status { status: 200, .. } => {
            Check::warn(name, format!("{what} was answered 200"), remedy)
        }
        Answer::Status { status, .. } if attempt.answer.is_refusal() => {
            Check::pass(name, format!("refused with {status}"))
        }
        Answer::Status { status, .. } => {
            let cause = format!("{what} was answered {status}, which is no refusal");
            let remedy = match status {
                408 | 425 | 429 => {
                    "it asks to send the same later: do so, or have the receiver judge signatures before it counts calls"
                }
                _ => "refuse it with a status of 400 to 499",
            };
            Check::warn(name, cause, remedy)
        }
        Answer::Nothing { message, .. } => {
            let hint = attempt.answer.hint().unwrap_or_default();
            Check::warn(name, format!("{what} was not answered: {message}"), hint)
        }
    };
    check.took(attempt.took)
}
