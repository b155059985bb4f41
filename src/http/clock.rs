//! The service's clock, as far as its answers tell it.

use std::cell::Cell;

use jiff::{SignedDuration, Timestamp};

/// A clock may stand at its epoch, but a date centuries away is a proxy's joke.
const FARTHEST: SignedDuration = SignedDuration::from_hours(24 * 365 * 100);

/// Corrections that differ by less are the same one; the `Date` header has whole seconds.
const TELLABLE: SignedDuration = SignedDuration::from_secs(5);

/// A service's clock minus ours, by the `Date` header of an answer.
pub fn offset(date: Option<&str>, now: Timestamp) -> Option<SignedDuration> {
    let date = jiff::fmt::rfc2822::parse(date?).ok()?;
    let offset = date.timestamp().duration_since(now);
    (offset.abs() < FARTHEST).then_some(offset)
}

/// The service's time when it wrote an answer with this `Date`. The header tells the second; what is within
/// it, or everything where there is no header, is ours.
pub fn at_answer(date: Option<&str>, now: Timestamp) -> Timestamp {
    let date = offset(date, now).and_then(|offset| now.checked_add(offset).ok());
    let end = date.and_then(|date| date.checked_add(SignedDuration::from_millis(999)).ok());
    date.zip(end)
        .map_or(now, |(date, end)| now.clamp(date, end))
}

/// Our time as a service whose clock is off by this sees it.
pub fn corrected(now: Timestamp, offset: SignedDuration) -> Timestamp {
    now.checked_add(offset).unwrap_or(now)
}

/// Takes an offset into account, and gives the warning of one that is new: several calls may be under way when
/// the first is refused.
pub fn learn(known: &Cell<SignedDuration>, offset: SignedDuration) -> Option<String> {
    let before = known.replace(offset);
    ((before - offset).abs() > TELLABLE).then(|| {
        format!(
            "this machine's clock is off by {} s against the service; corrected for this run",
            offset.as_secs()
        )
    })
}
