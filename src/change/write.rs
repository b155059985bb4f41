//! The one way to change a target.
//!
//! Read, lay the edit over it, show the difference, ask, record the old state, write the whole
//! configuration, read back and compare. An answer that is lost is settled by reading back: the write
//! took effect, or it did not and is sent again, or nobody can tell and the user is told so.

use std::time::Duration;

use super::diff::{self, Difference, Verdict};
use super::edit::Edit;
use super::history::{self, Ended, Entry};
use crate::callback::Callback;
use crate::context::Context;
use crate::error::{Applied, Error, Kind, Result};
use crate::render;
use crate::target::Target;
use crate::vod::Vod;
use crate::vod::client::Reading;

/// How often and how long a reading that still shows the old state is repeated: nothing documents
/// how soon a change can be seen.
const PATIENCE: [Duration; 3] = [
    Duration::from_millis(100),
    Duration::from_millis(300),
    Duration::from_millis(900),
];

/// What is to become of the target.
#[derive(Debug)]
pub enum Wanted<'a> {
    /// The callback with these parts changed.
    Edited(&'a Edit),
    /// No callback.
    Nothing,
}

/// A change that was asked for.
#[derive(Debug)]
pub struct Order<'a> {
    /// The command that asks, for the history.
    pub command: &'static str,
    /// The target.
    pub target: &'a Target,
    /// What is to become of it.
    pub wanted: Wanted<'a>,
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

/// An order that was carried out.
#[derive(Debug)]
pub struct Outcome {
    /// What became of it.
    pub done: Done,
    /// What differed.
    pub difference: Difference,
    /// The callback as it is now, or would be after a dry run.
    pub callback: Option<Callback>,
    /// The service's own text of it, empty when there is none.
    pub text: String,
    /// The request id of the last answer.
    pub request_id: Option<String>,
}

/// Carries an order out.
///
/// # Errors
/// Everything of `Client::call`; a conflict for a target that is not as expected or was changed by
/// somebody else; an unknown outcome; an interruption for a "no".
pub async fn change(ctx: &Context, vod: &Vod, order: &Order<'_>) -> Result<Outcome> {
    let reading = vod.get(ctx, &order.target.app_id).await?;
    let before = reading.callback.as_ref();
    check_fingerprint(order, before)?;
    let after = wanted(ctx, order, before)?;
    let difference = Difference::between(before, after.as_ref());
    let outcome = |done, reading: Reading, callback| Outcome {
        done,
        difference: difference.clone(),
        callback,
        text: reading.text,
        request_id: reading.request_id,
    };
    if difference.is_empty() {
        let callback = reading.callback.clone();
        return Ok(outcome(Done::AlreadySo, reading, callback));
    }
    ctx.out
        .note(&render::callback::difference(order.target, &difference));
    if ctx.flags.dry_run {
        return Ok(outcome(Done::Planned, reading, after));
    }
    confirm(ctx, vod, order.target, before, after.as_ref()).await?;
    let settled = write_recorded(ctx, vod, order, before, after.as_ref()).await?;
    let callback = settled.callback.clone();
    Ok(outcome(Done::Written, settled, callback))
}

fn check_fingerprint(order: &Order<'_>, before: Option<&Callback>) -> Result<()> {
    let Some(expected) = order.if_match else {
        return Ok(());
    };
    let found = before.map_or_else(|| "none".to_owned(), Callback::fingerprint);
    if found.eq_ignore_ascii_case(expected) {
        return Ok(());
    }
    Err(Error::new(
        Kind::Conflict,
        format!("{} is not as --if-match expects", order.target),
    )
    .cause(format!("expected fingerprint {expected}, found {found}"))
    .hint("look at it with vodcb get, then decide anew"))
}

fn wanted(ctx: &Context, order: &Order<'_>, before: Option<&Callback>) -> Result<Option<Callback>> {
    match order.wanted {
        Wanted::Nothing => Ok(None),
        Wanted::Edited(edit) => {
            let edited = edit.apply(before, order.target)?;
            for note in &edited.notes {
                ctx.out.warn(note);
            }
            if let Some(callback) = before
                && !edit.events.is_named()
                && callback.events != crate::event::EventSelection::All
                && callback.events.covers_everything()
            {
                ctx.out.warn("the event list names every type of today and is kept as a list; if ALL is meant, say --events ALL");
            }
            Ok(Some(edited.callback))
        }
    }
}

/// Asks where somebody is there to answer, then makes sure that nothing changed meanwhile.
async fn confirm(
    ctx: &Context,
    vod: &Vod,
    target: &Target,
    before: Option<&Callback>,
    after: Option<&Callback>,
) -> Result<()> {
    let risks = diff::risks(before, after);
    if risks.is_empty() || ctx.flags.yes || !ctx.prompt.interactive {
        return Ok(());
    }
    for risk in &risks {
        ctx.out.warn(risk);
    }
    if !ctx
        .prompt
        .confirm(format!("Write this to {target}?"))
        .await?
    {
        return Err(Error::new(
            Kind::Interrupted,
            "not confirmed; nothing was changed",
        ));
    }
    let now = vod.get(ctx, &target.app_id).await?;
    if !Difference::between(before, now.callback.as_ref()).is_empty() {
        return Err(Error::new(
            Kind::Conflict,
            format!("{target} was changed by somebody else while the question stood"),
        )
        .hint("run the command again to see the present state"));
    }
    Ok(())
}

async fn write_recorded(
    ctx: &Context,
    vod: &Vod,
    order: &Order<'_>,
    before: Option<&Callback>,
    after: Option<&Callback>,
) -> Result<Reading> {
    let record = history::record(
        ctx,
        &Entry {
            command: order.command,
            endpoint: vod.client.endpoint.to_string(),
            access_key_id: &vod.client.credential.access_key_id,
            region: order.target.region.as_str(),
            app_id: order.target.app_id.as_str(),
            before,
            after,
        },
    )?;
    let result = settle(ctx, vod, order.target, before, after).await;
    let (applied, ended) = match &result {
        Ok(_) => (Applied::Yes, Ended::Written),
        Err(error) if error.details.applied == Applied::No => (Applied::No, Ended::NotWritten),
        Err(_) => (Applied::Unknown, Ended::Unknown),
    };
    ctx.applied.set(applied);
    record.end(ctx, ended);
    result
}

/// Writes until the target is as wanted, or certainly is not, or nobody can tell.
async fn settle(
    ctx: &Context,
    vod: &Vod,
    target: &Target,
    before: Option<&Callback>,
    after: Option<&Callback>,
) -> Result<Reading> {
    let mut resent = 0;
    loop {
        ctx.applied.set(Applied::Unknown);
        let sent = match after {
            Some(callback) => vod.set(ctx, &target.app_id, callback).await,
            None => vod.delete(ctx, &target.app_id).await,
        };
        let lost = match sent {
            Ok(_) => None,
            Err(error) if error.details.applied == Applied::Unknown => Some(error),
            Err(error) => return Err(error),
        };
        let reading = match read_back(ctx, vod, target, before, after).await {
            Ok(reading) => reading,
            Err(why) => return Err(unread(target, lost, &why)),
        };
        let stored = reading.callback.as_ref();
        match (diff::judge(after, stored), lost) {
            (Verdict::Same, lost) => {
                tell_of_lost_answer(ctx, lost.as_ref());
                return Ok(reading);
            }
            (Verdict::SameButUnseen(what), lost) => {
                tell_of_lost_answer(ctx, lost.as_ref());
                ctx.out.warn(&what);
                return Ok(reading);
            }
            (Verdict::Different, Some(mut error))
                if Difference::between(before, stored).is_empty() =>
            {
                if resent >= vod.client.retries {
                    error.details.applied = Applied::No;
                    return Err(error.cause("reading back shows that nothing was written"));
                }
                resent += 1;
                ctx.out.detail(&format!(
                    "the answer was lost and nothing was written; sending again ({resent} of {})",
                    vod.client.retries
                ));
            }
            (Verdict::Different, lost) => return Err(otherwise(target, lost, after, stored)),
        }
    }
}

fn tell_of_lost_answer(ctx: &Context, lost: Option<&Error>) {
    if let Some(error) = lost {
        ctx.out.warn(&format!(
            "the answer was lost ({error}), but reading back shows that it was written"
        ));
    }
}

/// Reads until the target is no longer as it was before, within patience.
async fn read_back(
    ctx: &Context,
    vod: &Vod,
    target: &Target,
    before: Option<&Callback>,
    after: Option<&Callback>,
) -> Result<Reading> {
    let mut pauses = PATIENCE.iter();
    loop {
        let reading = vod.get(ctx, &target.app_id).await?;
        let stored = reading.callback.as_ref();
        let still_old = diff::judge(after, stored) == Verdict::Different
            && Difference::between(before, stored).is_empty();
        match pauses.next() {
            Some(pause) if still_old => tokio::time::sleep(*pause).await,
            _ => return Ok(reading),
        }
    }
}

/// The write was sent, and reading back failed.
fn unread(target: &Target, lost: Option<Error>, why: &Error) -> Error {
    let (kind_of_loss, error) = match &lost {
        Some(error) => (format!("its answer was lost: {error}"), lost.as_ref()),
        None => ("the service accepted it".to_owned(), None),
    };
    let mut unknown = Error::new(
        Kind::UnknownOutcome,
        format!("the change of {target} was sent, but could not be read back"),
    )
    .cause(kind_of_loss)
    .cause(format!("reading back: {why}"))
    .hint("look before doing anything else: vodcb get")
    .hint("the state before is in the history file, see docs/history.md")
    .applied(Applied::Unknown);
    unknown.details.request_id = error.and_then(|error| error.details.request_id.clone());
    unknown
}

/// The write was sent, and the target is neither as before nor as wanted.
fn otherwise(
    target: &Target,
    lost: Option<Error>,
    wanted: Option<&Callback>,
    stored: Option<&Callback>,
) -> Error {
    let fields: Vec<&str> = Difference::between(wanted, stored)
        .fields
        .iter()
        .map(|change| change.field)
        .collect();
    let (kind, what) = match lost {
        Some(_) => (
            Kind::UnknownOutcome,
            "the answer to the change was lost, and what is stored is neither the old nor the new state",
        ),
        None => (
            Kind::Conflict,
            "the service accepted the change, but stores something else; perhaps somebody else wrote at the same time",
        ),
    };
    Error::new(kind, format!("{target}: {what}"))
        .cause(format!(
            "different from what was sent: {}",
            fields.join(", ")
        ))
        .hint("look at it with vodcb get, then decide anew")
        .applied(Applied::Unknown)
}
