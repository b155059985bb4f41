//! What must be true of a receiver before VOD is given another key, and after.

use super::receiver::{Receiver, refused};
use super::{Check, Verdict};
use crate::context::Context;
use crate::delivery::rules::Answer;
use crate::delivery::send::Attempt;
use crate::error::Result;
use crate::secret::Secret;

const UNKNOWN_KEY: &str =
    "the receiver does not know this key yet: have it accept both keys for a while";

/// A key that a receiver must accept, and the name of the proof.
pub type Accepted<'a> = (&'static str, &'a Secret);

/// Proves that a receiver accepts these keys and refuses another one: a key nobody knows, unless one
/// is given. Without an answer the rest is not tried.
///
/// # Errors
/// When a request cannot be made at all.
pub async fn prove(
    ctx: &Context,
    receiver: &Receiver<'_>,
    good: &[Accepted<'_>],
    bad: Option<&Secret>,
) -> Result<Vec<Check>> {
    let mut checks = Vec::new();
    for (name, key) in good {
        let attempt = receiver.hand_signed(ctx, key).await?;
        let knows_another = checks.iter().any(Check::holds);
        checks.push(accepts(name, &attempt, knows_another));
        if matches!(attempt.answer, Answer::Nothing { .. }) {
            return Ok(checks);
        }
    }
    checks.push(match bad {
        Some(key) => refuses(
            "refuses-old",
            "a signature by the old key",
            "have the receiver forget the old key",
            &receiver.hand_signed(ctx, key).await?,
        ),
        None => refuses(
            "refuses-other",
            "a signature by another key",
            "have the receiver check signatures: that it accepts the new key proves nothing while it accepts every key",
            &receiver.hand_forged(ctx).await?,
        ),
    });
    Ok(checks)
}

/// A receiver that accepts another key wants no login: what it refuses is this one.
fn accepts(name: &'static str, attempt: &Attempt, knows_another: bool) -> Check {
    let check = if attempt.answer.is_delivered() {
        Check::pass(name, "answered 200")
    } else {
        let remedy = match &attempt.answer {
            answer if answer.is_refusal() && knows_another => Some(UNKNOWN_KEY.to_owned()),
            answer => answer.hint(),
        };
        let remedy = remedy.unwrap_or_default();
        Check::fail(name, format!("not accepted: {}", attempt.answer), remedy)
    };
    check.took(attempt.took)
}

/// What elsewhere is worth a warning ends a rotation: without a refusal nothing is proved.
fn refuses(name: &'static str, what: &str, remedy: &str, attempt: &Attempt) -> Check {
    let mut check = refused(name, what, remedy, attempt);
    if check.result == Verdict::Warn {
        check.result = Verdict::Fail;
    }
    check
}
