//! A change carried out and shown. No command, but what those that change a callback end with.

use super::Connection;
use super::queue_lookup::Missing;
use crate::callback::Callback;
use crate::change::diff::Difference;
use crate::change::write::{Done, Order, Outcome, change_after};
use crate::context::Context;
use crate::error::{Applied, Error, Kind, Result};
use crate::mns::Creation;
use crate::output::{Format, Made};
use crate::render::callback::{self as view, Keys};
use crate::target::Target;
use crate::vod::wire;

/// Masks the key unless it was asked for.
pub fn keys(show: bool) -> Keys {
    if show { Keys::Shown } else { Keys::Masked }
}

/// Shows a callback in the form that was asked for.
///
/// # Errors
/// When stdout cannot be written or the query fails.
pub fn show_callback(
    ctx: &Context,
    target: &Target,
    callback: Option<&Callback>,
    keys: Keys,
    request_id: Option<&str>,
) -> Result<()> {
    ctx.out.show(
        &Made(|| view::document(target, callback, keys, request_id)),
        |width| view::text(target, callback, keys, width),
    )
}

/// What a change shows: the callback as it is now, with what was done about it.
#[derive(serde::Serialize)]
struct ChangeDocument<'a> {
    #[serde(flatten)]
    callback: view::Document,
    result: &'static str,
    changes: &'a Difference,
    /// The queue that was created for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    created_queue: Option<&'a str>,
    /// Its number in the history, which keeps what was there before.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<u64>,
    /// The number of the change that it takes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    undone: Option<u64>,
}

/// What goes with an order, and how its outcome is shown.
#[derive(Default)]
pub struct Beside<'a> {
    /// Whether the key is shown instead of its mask.
    pub keys: Keys,
    /// A queue that is created right before the write.
    pub queue: Option<&'a Missing>,
    /// The number of the change that is taken back.
    pub undone: Option<u64>,
}

/// Changes a target by the one write path and shows what became of it.
///
/// # Errors
/// As `change::write::change_after`; that the result cannot be shown is told before anything is written, where it
/// can be known then.
pub async fn carry_out(
    ctx: &Context,
    connection: &Connection,
    order: &Order<'_>,
    beside: &Beside<'_>,
) -> Result<Outcome> {
    let queue = beside.queue;
    let planned_queue = queue.filter(|_| !ctx.flags.dry_run);
    let check = |planned: &Outcome| match ctx.out.format {
        Format::Table | Format::Raw | Format::Ndjson => Ok(()),
        Format::Json | Format::Yaml => {
            let created = planned_queue.map(|queue| queue.name.as_str());
            let document = outcome_document(order.target, planned, beside, created);
            ctx.out.check(&document)
        }
    };
    let prepare = async || match queue {
        Some(queue) => queue.create(ctx).await,
        None => Ok(()),
    };
    let done = change_after(ctx, &connection.vod, order, check, prepare).await;
    let outcome = done.map_err(|error| match queue {
        Some(queue) => queue.told_with(error),
        None => error,
    })?;
    let shown = show_outcome(ctx, order.target, &outcome, beside);
    shown.map_err(|error| {
        let look = ctx.again_at(order.target, "get");
        match (outcome.done, queue.and_then(Missing::creation)) {
            (Done::Written, _) => {
                written_but_not_shown("the change was written and read back", &look, error)
            }
            (_, Some(creation)) => created_but_not_shown(creation, &look, error),
            (_, None) => error,
        }
    })?;
    if let Some(queue) = queue.filter(|_| ctx.flags.dry_run) {
        queue.plan(ctx);
    }
    Ok(outcome)
}

/// The error of something that was done although its result could not be shown; `look` is the command that
/// shows it.
pub fn written_but_not_shown(what: &str, look: &str, error: Error) -> Error {
    let mut partial = Error::new(
        Kind::Partial,
        format!("{what}, but its result could not be shown"),
    )
    .cause(error.message)
    .hint(format!("this shows it: {look}"))
    .applied(Applied::Yes);
    partial.causes.extend(error.causes);
    partial
}

/// The same of a queue that is there; what was changed by that is as its creation tells.
pub fn created_but_not_shown(creation: Creation, look: &str, error: Error) -> Error {
    let what = match creation {
        Creation::Made => "the queue was created",
        Creation::Unclear => "the queue may have been created",
        Creation::Found => return error,
    };
    written_but_not_shown(what, look, error).applied(creation.applied())
}

fn show_outcome(
    ctx: &Context,
    target: &Target,
    outcome: &Outcome,
    beside: &Beside<'_>,
) -> Result<()> {
    let Beside { keys, queue, .. } = *beside;
    let creation = queue.and_then(Missing::creation);
    let gone = outcome.callback.is_none();
    ctx.out.note(match outcome.done {
        Done::Written if gone => "deleted; reading back shows nothing",
        Done::Written => "written and read back",
        Done::AlreadySo if gone => "already so; there was nothing to delete",
        Done::AlreadySo => match creation {
            Some(Creation::Made) => "the callback was already so; only the queue was created",
            Some(Creation::Unclear) => "the callback was already so",
            Some(Creation::Found) | None => "already so; nothing was written",
        },
        Done::Planned => "dry run; nothing was written",
    });
    if ctx.out.format == Format::Raw {
        return show_raw(ctx, &outcome.text, keys);
    }
    let created = queue.filter(|_| creation == Some(Creation::Made));
    let created = created.map(|queue| queue.name.as_str());
    ctx.out.show(
        &outcome_document(target, outcome, beside, created),
        |width| {
            let fingerprint = outcome.fingerprint.as_deref().unwrap_or_default();
            let text = match &outcome.callback {
                Some(callback) => view::configured(target, callback, fingerprint, keys, width),
                None => view::text(target, None, keys, width),
            };
            match outcome.done {
                Done::Written | Done::AlreadySo => text,
                Done::Planned if gone => format!("The callback of {target} would be removed.\n"),
                Done::Planned => format!("It would become:\n{text}"),
            }
        },
    )
}

fn outcome_document<'a>(
    target: &Target,
    outcome: &'a Outcome,
    beside: &Beside<'_>,
    created: Option<&'a str>,
) -> ChangeDocument<'a> {
    ChangeDocument {
        callback: view::document(
            target,
            outcome.callback.as_ref(),
            beside.keys,
            outcome.request_id.as_deref(),
        )
        .with_fingerprint(outcome.fingerprint.clone()),
        result: match outcome.done {
            Done::Written => "written",
            Done::AlreadySo => "already so",
            Done::Planned => "planned",
        },
        changes: &outcome.difference,
        created_queue: created,
        number: outcome.number,
        undone: beside.undone,
    }
}

/// Shows the service's own text; the key is masked unless it was asked for.
///
/// # Errors
/// When stdout cannot be written.
pub fn show_raw(ctx: &Context, text: &str, keys: Keys) -> Result<()> {
    let text = match keys {
        Keys::Shown => text.to_owned(),
        Keys::Masked => wire::masked_answer(text),
    };
    if text.is_empty() {
        Ok(())
    } else {
        ctx.out.print(&format!("{}\n", text.trim_end()))
    }
}

/// Says what shows a new key that was not printed, and where it is in the history, if that is known.
pub fn tell_of_key(ctx: &Context, number: Option<u64>) {
    let shows = ctx.again("get --show-auth-key -o yaml --query auth_key");
    ctx.out
        .hint(&format!("the receiver needs the new key: {shows}"));
    if let Some(number) = number {
        ctx.out.hint(&format!(
            "should the service not show it: vodcb history show {number} --show-auth-key"
        ));
    }
}
