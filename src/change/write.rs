//! The one way to change a target.
//!
//! Read, lay the edit over it, show the difference, ask; then [`settle`](super::settle) records the old
//! state, writes the whole configuration, reads back and compares.

use super::diff::{self, Difference};
use super::edit::{self, Edit};
use super::settle::{Settled, Writing};
use super::turn;
use crate::callback::{Callback, Destination, StoredKey, auth_key};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::event::EventSelection;
use crate::render;
use crate::target::Target;
use crate::vod::Vod;
use crate::vod::client::Reading;

/// What is to become of the target.
#[derive(Debug)]
pub enum Wanted<'a> {
    /// The callback with these parts changed.
    Edited {
        /// The parts.
        edit: &'a Edit,
        /// What the edit was checked against, if it was; as `before` of [`Wanted::Planned`].
        seen: Option<Option<&'a Callback>>,
    },
    /// No callback.
    Nothing,
    /// What was decided by looking at the target; a conflict unless it is as decided already or still as it was.
    Planned {
        /// What was looked at.
        before: Option<&'a Callback>,
        /// What is to become of it.
        after: Option<&'a Callback>,
    },
}

impl<'a> Wanted<'a> {
    /// What the target has to be still.
    fn seen(&self) -> Option<Option<&'a Callback>> {
        match *self {
            Wanted::Edited { seen, .. } => seen,
            Wanted::Planned { before, .. } => Some(before),
            Wanted::Nothing => None,
        }
    }
}

/// When a change is asked about, where somebody is there to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// When something may be lost.
    IfRisky,
    /// Each time.
    Always,
    /// Not here; it was shown and confirmed before.
    Never,
}

/// A change that was asked for.
#[derive(Debug)]
pub struct Order<'a> {
    /// The command that asks, for the history.
    pub command: &'a str,
    /// The target.
    pub target: &'a Target,
    /// What is to become of it.
    pub wanted: Wanted<'a>,
    /// When it is asked about.
    pub ask: Ask,
    /// The fingerprint the target must have.
    pub if_match: Option<&'a str>,
}

/// What became of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// Written, read back, the same.
    Written,
    /// Nothing differed, nothing was written.
    AlreadySo,
    /// A dry run.
    Planned,
}

/// An order that was carried out; its text may hold a key, so it cannot be printed whole.
pub struct Outcome {
    /// What became of it.
    pub done: Done,
    /// What differed.
    pub difference: Difference,
    /// The callback as it is now, or would be after a dry run.
    pub callback: Option<Callback>,
    /// The fingerprint that a reading finds now: a key that the service hides does not count in it.
    pub fingerprint: Option<String>,
    /// The service's own text of it, empty when there is none.
    pub text: String,
    /// The request id of the last answer.
    pub request_id: Option<String>,
    /// Its number in the history; `None` when nothing was written, or nothing is recorded.
    pub number: Option<u64>,
}

impl Outcome {
    /// What would become of it, as far as a reading tells.
    fn planned(before: Option<&Callback>, after: Option<&Callback>, reading: Reading) -> Self {
        let difference = Difference::between(before, after);
        Outcome {
            done: if difference.is_empty() {
                Done::AlreadySo
            } else {
                Done::Planned
            },
            difference,
            callback: after.cloned(),
            fingerprint: after.map(Callback::fingerprint),
            text: reading.text,
            request_id: reading.request_id,
            number: None,
        }
    }

    /// What became of it when this was written.
    fn written(self, settled: Settled, after: Option<&Callback>) -> Self {
        let Settled { reading, number } = settled;
        Outcome {
            done: Done::Written,
            difference: self.difference,
            fingerprint: reading.callback.as_ref().map(Callback::fingerprint),
            callback: readable(reading.callback, after),
            text: reading.text,
            request_id: reading.request_id,
            number,
        }
    }
}

/// Carries an order out. `check` sees what will be shown, so that a result that cannot be shown is
/// told before anything is written.
///
/// # Errors
/// Everything of `Client::call`; a conflict for a target that is not as expected or was changed by
/// somebody else; an unknown outcome; an interruption for a "no"; whatever `check` refuses.
pub async fn change(
    ctx: &Context,
    vod: &Vod,
    order: &Order<'_>,
    check: impl Fn(&Outcome) -> Result<()>,
) -> Result<Outcome> {
    change_after(ctx, vod, order, check, async || Ok(())).await
}

/// The same with something that has to be done before: `prepare` is carried out once everything is checked
/// and confirmed and the old state is recorded, right before the write, and its failure ends the change. Where nothing is to be written it
/// is carried out all the same: the callback may be right and what it needs not there.
///
/// # Errors
/// As [`change`], and those of `prepare`.
pub async fn change_after(
    ctx: &Context,
    vod: &Vod,
    order: &Order<'_>,
    check: impl Fn(&Outcome) -> Result<()>,
    prepare: impl AsyncFnOnce() -> Result<()>,
) -> Result<Outcome> {
    let place = vod.place();
    let my_turn = || {
        ctx.stop
            .before_change(turn::wait(ctx, order.target, &place))
    };
    // Where nobody stops to think the turn is kept from the first reading on.
    let thinks = ctx.prompt.interactive && order.ask != Ask::Never;
    let mut turn = match thinks || ctx.flags.dry_run {
        true => None,
        false => Some(my_turn().await?),
    };
    let reading = ctx
        .stop
        .before_change(vod.get(ctx, &order.target.app_id))
        .await?;
    let before = reading.callback.clone();
    as_expected(ctx, order.target, order.if_match, before.as_ref())?;
    let after = wanted(ctx, order, before.as_ref())?;
    let outcome = Outcome::planned(before.as_ref(), after.as_ref(), reading);
    check(&outcome)?;
    if outcome.done == Done::AlreadySo {
        if !ctx.flags.dry_run {
            prepare().await?;
        }
        return Ok(outcome);
    }
    if let Some(seen) = order.wanted.seen() {
        as_seen(order.target, seen, before.as_ref())?;
    }
    check_key(ctx, after.as_ref())?;
    if order.ask != Ask::Never {
        show(ctx, order.target, &outcome, before.as_ref());
    }
    if ctx.flags.dry_run {
        return Ok(outcome);
    }
    confirm(ctx, order, before.as_ref(), after.as_ref()).await?;
    if turn.is_none() {
        turn = Some(my_turn().await?);
        let now = vod.get(ctx, &order.target.app_id).await?;
        as_seen(order.target, before.as_ref(), now.callback.as_ref())?;
    }
    // The last moment: what is recorded is written.
    ctx.stop.before_change(async { Ok(()) }).await?;
    let writing = Writing {
        ctx,
        vod,
        target: order.target,
        before: before.as_ref(),
        after: after.as_ref(),
    };
    let look = ctx.again_at(order.target, "get");
    let look = format!("look before doing anything else: {look}");
    let settling = writing.record_and_settle(order.command, prepare);
    let settled = ctx.stop.heeding(look, settling).await?;
    drop(turn);
    Ok(outcome.written(settled, after.as_ref()))
}

/// Shows the difference and what may be lost by it.
fn show(ctx: &Context, target: &Target, outcome: &Outcome, before: Option<&Callback>) {
    let text = render::callback::difference(target, &outcome.difference, ctx.out.width());
    ctx.out.note(&text);
    for risk in diff::risks(before, outcome.callback.as_ref()) {
        ctx.out.warn(&risk);
    }
}

/// Whatever was wanted, a switch without its key would take the stored one away. A key that passes for a mask
/// cannot be written back later.
fn check_key(ctx: &Context, after: Option<&Callback>) -> Result<()> {
    let Some(auth) = after.and_then(Callback::auth) else {
        return Ok(());
    };
    match auth.known_key() {
        None if auth.on => return Err(edit::lost_key(auth)),
        Some(key) if auth_key::looks_masked(key.expose()) => {
            ctx.out.warn("the callback key ends like a mask, in stars or dots, so it will be taken for one: later changes need it given again");
        }
        _ => {}
    }
    Ok(())
}

/// Makes sure that nobody else changed the target since it was looked at.
fn as_seen(target: &Target, seen: Option<&Callback>, now: Option<&Callback>) -> Result<()> {
    let difference = Difference::between(seen, now);
    if difference.is_empty() {
        return Ok(());
    }
    let fields: Vec<&str> = difference
        .fields
        .iter()
        .map(|change| change.field)
        .collect();
    Err(Error::new(
        Kind::Conflict,
        format!("{target} was changed by somebody else meanwhile"),
    )
    .cause(format!("no longer the same: {}", fields.join(", ")))
    .hint("run the command again: it begins with what is there now"))
}

/// Makes sure that what was read has the fingerprint that `--if-match` names, if it was given.
///
/// # Errors
/// A conflict when it has another one.
pub fn as_expected(
    ctx: &Context,
    target: &Target,
    if_match: Option<&str>,
    before: Option<&Callback>,
) -> Result<()> {
    let Some(expected) = if_match else {
        return Ok(());
    };
    let found = before.map_or_else(|| "none".to_owned(), Callback::fingerprint);
    // A query for the fingerprint of a target without a callback gives it.
    let none = before.is_none() && expected.eq_ignore_ascii_case("null");
    if none || found.eq_ignore_ascii_case(expected) {
        return Ok(());
    }
    Err(Error::new(
        Kind::Conflict,
        format!("{target} is not as --if-match expects"),
    )
    .cause(format!("expected fingerprint {expected}, found {found}"))
    .hint(format!(
        "look at it, then decide anew: {}",
        ctx.again_at(target, "get")
    )))
}

fn wanted(ctx: &Context, order: &Order<'_>, before: Option<&Callback>) -> Result<Option<Callback>> {
    let (edit, before) = match order.wanted {
        Wanted::Edited { edit, seen } => (edit, seen.unwrap_or(before)),
        Wanted::Nothing => return Ok(None),
        Wanted::Planned { after, .. } => return Ok(after.cloned()),
    };
    let edited = edit.apply(before, order.target)?;
    for note in &edited.notes {
        ctx.out.warn(note);
    }
    let full_list =
        |events: &EventSelection| *events != EventSelection::All && events.covers_everything();
    if !edit.events.is_named() && before.is_some_and(|callback| full_list(&callback.events)) {
        ctx.out.warn("the event list names every type of today and is kept as a list; if ALL is meant, say --events ALL");
    }
    Ok(Some(edited.callback))
}

/// Asks where somebody is there to answer.
async fn confirm(
    ctx: &Context,
    order: &Order<'_>,
    before: Option<&Callback>,
    after: Option<&Callback>,
) -> Result<()> {
    let ask = match order.ask {
        Ask::IfRisky => !diff::risks(before, after).is_empty(),
        Ask::Always => true,
        Ask::Never => false,
    };
    if !ask || ctx.flags.yes || !ctx.prompt.interactive {
        return Ok(());
    }
    let target = order.target;
    let question = match after {
        Some(_) => format!("Write this to {target}?"),
        None => format!("Delete the callback of {target}?"),
    };
    if ctx.prompt.confirm(question).await? {
        return Ok(());
    }
    Err(Error::unconfirmed())
}

/// The callback that was read back, with the key that was written where the service hides it.
fn readable(stored: Option<Callback>, written: Option<&Callback>) -> Option<Callback> {
    let mut stored = stored?;
    if let (Destination::Http { auth: seen, .. }, Some(Destination::Http { auth: sent, .. })) = (
        &mut stored.destination,
        written.map(|callback| &callback.destination),
    ) && seen.key == StoredKey::Hidden
    {
        seen.key = sent.key.clone();
    }
    Some(stored)
}
