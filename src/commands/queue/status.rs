//! `vodcb queue status`

use crate::callback::url::without_password;
use crate::callback::{Callback, Destination, queue};
use crate::commands::Connection;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::mns::queue::Status;
use crate::mns::{Message, Mns};
use crate::render::queue as view;
use crate::vod::client::Reading;

/// Shows a queue, what of it would lose events, and whether the callback names it. A place is an account, as far
/// as it is known, and a region.
///
/// # Errors
/// `QueueNotExist`, which tells whether the callback names the queue, and whatever the look at it fails with; those of
/// the oldest message and of the callback once what is known was shown.
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
    let oldest = mns.peek(ctx, name).await;
    if matches!(oldest, Ok(Some(_))) && found.active == Some(0) {
        status.warnings.push(
            "the service counts no message, yet one can be received: its counts lag behind"
                .to_owned(),
        );
    }
    let message = oldest.as_ref().ok().and_then(Option::as_ref);
    let age = message.and_then(Message::age);
    status.oldest_message_age_seconds = age.map(|age| age.as_secs());
    let target = &connection.target;
    let reading = connection.vod.get(ctx, &target.app_id).await;
    if let Ok(Reading { callback, .. }) = &reading {
        let (named, elsewhere) = named(callback.as_ref(), name, place);
        status.callback_names_it = Some(named.is_some() && elsewhere.is_none());
        let to = match (named, elsewhere, callback) {
            (Some(endpoint), Some(_), _) => {
                Some(format!("names a queue {name} elsewhere, at {endpoint}"))
            }
            (None, _, Some(callback)) => Some(format!("sends to {}", place_of(callback))),
            _ => None,
        };
        status.warnings.extend(
            to.map(|to| format!("the callback of {target} {to}; its events do not come here")),
        );
    }
    for warning in &status.warnings {
        ctx.out.warn(warning);
    }
    ctx.out
        .show(&status, |width| view::status(&status, width))?;
    oldest.and(reading).map(|_| ())
}

/// Where a callback sends events.
fn place_of(callback: &Callback) -> String {
    match &callback.destination {
        Destination::Http { url, .. } => without_password(url).into_owned(),
        Destination::Mns { endpoint, queue } => format!("the queue {queue} at {endpoint}"),
    }
}

/// The endpoint of a queue of this name that the callback names, and its place where that is another one.
fn named<'c>(
    callback: Option<&'c Callback>,
    name: &str,
    (account_id, region): &(Option<String>, String),
) -> (Option<&'c str>, Option<queue::Host>) {
    let endpoint = match callback.map(|callback| &callback.destination) {
        Some(Destination::Mns { endpoint, queue }) if queue == name => Some(endpoint.as_str()),
        _ => None,
    };
    // An endpoint of another form cannot be told from this one.
    let host = endpoint.and_then(queue::parse_host);
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
    let mut error = match named(reading.callback.as_ref(), name, place) {
        (Some(_), None) => error.cause(format!(
            "the callback of {target} names it: VOD drops its events until the queue is there"
        )),
        (Some(endpoint), Some(host)) => {
            let look = ctx.again(&format!("queue status {name} {}", host.words()));
            let mut error =
                error.cause(format!("the callback of {target} names one at {endpoint}"));
            error
                .hints
                .insert(0, format!("this shows that one: {look}"));
            return error;
        }
        (None, _) => return error,
    };
    let again = format!("set --mns-queue {name} --create-queue");
    error
        .hints
        .insert(0, format!("bring it back: {}", ctx.again(&again)));
    error
}
