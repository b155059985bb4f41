//! `vodcb queue status`

use crate::callback::{Callback, Destination, queue};
use crate::commands::Connection;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::mns::Mns;
use crate::mns::queue::Status;
use crate::render::queue as view;

/// Shows a queue, what of it would lose events, and whether the callback names it. A place is an account, as far
/// as it is known, and a region.
///
/// # Errors
/// `QueueNotExist`, which tells whether the callback names the queue, and whatever the calls fail with.
pub async fn run(
    ctx: &Context,
    connection: &Connection,
    mns: &Mns,
    name: &str,
    place: &(Option<String>, String),
) -> Result<()> {
    queue::check_name(name)?;
    let found: Status = match mns.get_attributes(ctx, name).await {
        Err(error) if error.code() == "QueueNotExist" => {
            return Err(missing(ctx, connection, name, place, error).await);
        }
        found => found?,
    };
    let mut status = view::QueueStatus::new(&found, &mns.endpoint.to_string());
    let oldest = mns.peek(ctx, name).await?;
    if oldest.is_some() && found.active == Some(0) {
        status.warnings.push(
            "the service counts no message, yet one can be received: its counts lag behind"
                .to_owned(),
        );
    }
    let age = oldest.and_then(|message| message.age());
    status.oldest_message_age_seconds = age.map(|age| age.as_secs());
    let reading = connection.vod.get(ctx, &connection.target.app_id).await?;
    let (named, elsewhere) = named(reading.callback, name, place);
    status.callback_names_it = Some(named.is_some() && elsewhere.is_none());
    if let (Some(endpoint), Some(_)) = (named, elsewhere) {
        status.warnings.push(format!(
            "the callback names a queue {name} elsewhere, at {endpoint}; its events do not come here"
        ));
    }
    for warning in &status.warnings {
        ctx.out.warn(warning);
    }
    ctx.out.show(&status, |width| view::status(&status, width))
}

/// The endpoint of a queue of this name that the callback names, and its place where that is another one.
fn named(
    callback: Option<Callback>,
    name: &str,
    (account_id, region): &(Option<String>, String),
) -> (Option<String>, Option<queue::Host>) {
    let endpoint = match callback.map(|callback| callback.destination) {
        Some(Destination::Mns { endpoint, queue }) if queue == name => Some(endpoint),
        _ => None,
    };
    // An endpoint of another form cannot be told from this one.
    let host = endpoint.as_deref().and_then(queue::parse_host);
    let elsewhere = host.filter(|host| {
        host.region != *region || account_id.as_ref().is_some_and(|id| *id != host.account_id)
    });
    (endpoint, elsewhere)
}

/// Events that go to a queue that is not there are lost without a word of VOD's.
async fn missing(
    ctx: &Context,
    connection: &Connection,
    name: &str,
    place: &(Option<String>, String),
    error: Error,
) -> Error {
    let target = &connection.target;
    let Ok(reading) = connection.vod.get(ctx, &target.app_id).await else {
        return error;
    };
    let mut error = match named(reading.callback, name, place) {
        (Some(_), None) => error.cause(format!(
            "the callback of {target} names it: VOD drops its events until the queue is there"
        )),
        (Some(endpoint), Some(_)) => {
            return error.cause(format!("the callback of {target} names one at {endpoint}"));
        }
        (None, _) => return error,
    };
    let again = format!("set --mns-queue {name} --create-queue");
    error
        .hints
        .insert(0, format!("bring it back: {}", ctx.again(&again)));
    error
}
