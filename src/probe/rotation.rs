//! What must be true of a receiver before VOD is given another key, and after.

use super::Check;
use super::receiver::Receiver;
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
        Some(key) => {
            let remedy = "have the receiver forget the old key";
            refuses("refuses-old", remedy, &receiver.hand_signed(ctx, key).await?)
        }
        None => {
            let remedy = "have the receiver check signatures: that it accepts the new key proves nothing while it accepts every key";
            refuses("refuses-other", remedy, &receiver.hand_forged(ctx).await?)
        }
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

/// No answer proves nothing.
fn refuses(name: &'static str, remedy: &str, attempt: &Attempt) -> Check {
    let check = match &attempt.answer {
        Answer::Status { status: 200, .. } => Check::fail(name, "answered 200", remedy),
        Answer::Status { status, .. } => Check::pass(name, format!("refused with {status}")),
        Answer::Nothing { message, .. } => {
            let remedy = attempt.answer.hint().unwrap_or_default();
            Check::fail(name, message.clone(), remedy)
        }
    };
    check.took(attempt.took)
}
