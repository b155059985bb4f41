//! What must be true of a receiver before VOD is given another key, and after.

use super::receiver::{Receiver, refused};
use super::{Check, Verdict};
use crate::context::Context;
use crate::delivery::rules::Answer;
use crate::delivery::send::Attempt;
use crate::error::Result;
use crate::secret::Secret;

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
        checks.push(accepts(name, &attempt));
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

fn accepts(name: &'static str, attempt: &Attempt) -> Check {
    let check = if attempt.answer.is_delivered() {
        Check::pass(name, "answered 200")
    } else {
        let remedy = attempt.answer.hint().unwrap_or_default();
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
