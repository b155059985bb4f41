//! One request and its answer: read, judged, done, written down, with the faults in their places.

use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::{Request, Response};
use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::oneshot;

use super::answer::{Letterhead, Members, Refusal};
use super::body::{self, Body, Unread};
use super::ending::{self, Answer, Ending};
use super::faults::{self, Kind, Moment};
use super::journal::{self, Call};
use super::message::Message;
use super::operation::Operation;
use super::quirks::{Case, Form};
use super::{AccessKey, Server, gateway, held, mns, sts, vod};

/// The connection is to be closed without an answer.
#[derive(Debug)]
pub(super) struct Dropped;

impl std::fmt::Display for Dropped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("dropped on purpose")
    }
}

impl std::error::Error for Dropped {}

/// Answers a request, or fails in order to close the connection. `hung_up` resolves when nobody
/// waits for the answer any more; only a wait for messages heeds it.
pub(super) async fn answer(
    server: Arc<Server>,
    request: Request<Incoming>,
    hung_up: oneshot::Receiver<()>,
) -> Result<Response<Body>, Dropped> {
    let server = server.as_ref();
    let (head, incoming) = request.into_parts();
    let take_form = server.quirks.form == Form::Accept;
    let at = (server.now)();
    let sent = body::read(incoming).await;
    if mns::is_for_queues(&head) {
        return mns::answer(server, &head, sent, hung_up, at).await;
    }
    let sent = match sent {
        Ok(sent) => sent,
        Err(Unread::TooLarge) => {
            let message = Message::read(&head, &[], take_form);
            let words = "The request body is larger than the service accepts.";
            let refusal = Refusal::new(413, "RequestEntityTooLarge", words);
            return Ok(letterhead(server, &message, at).refusal(&refusal));
        }
        Err(Unread::Broken) => return Err(Dropped),
    };
    let message = Message::read(&head, &sent, take_form);
    let operation = Operation::named(&message.claims.action);
    let skew: SignedDuration = gather(server, operation, |kind| match kind {
        Kind::Skew(seconds) => Some(SignedDuration::from_secs(*seconds)),
        _ => None,
    });
    let now = at.checked_add(skew).unwrap_or(at);
    let letterhead = letterhead(server, &message, now);
    let Ending { answer, outcome } = run(server, &message, operation, now).await;
    held(&server.journal).add(record(server, &message, at, outcome));
    let action = &message.claims.action;
    match answer {
        Answer::Success(members) => Ok(letterhead.success(action, members)),
        Answer::Refusal(refusal) => Ok(letterhead.refusal(&refusal)),
        Answer::Page(status, content_type, text) => Ok(letterhead.page(status, content_type, text)),
        Answer::Truncated(members) => Ok(letterhead.truncated(action, members)),
        Answer::Nothing => Err(Dropped),
    }
}

/// The call itself.
async fn run(
    server: &Server,
    message: &Message,
    operation: Option<Operation>,
    now: Timestamp,
) -> Ending<Members> {
    let verify = || gateway::verify(message, &server.keys, &server.nonces, now);
    let product = operation.map_or("vod", Operation::product);
    let admitted = match admit(server, operation, product, verify).await {
        Ok(admitted) => admitted,
        Err(ending) => return ending,
    };
    let result = perform(server, message, &admitted).await;
    conclude(server, &admitted, result).await
}

/// A call that was let through.
pub(super) struct Admitted<'a> {
    pub(super) operation: Operation,
    pub(super) key: &'a AccessKey,
    /// What befalls it from here on.
    pub(super) fault: Option<Kind>,
}

/// The first half of every call: what goes wrong before it is done, and whether it may be done.
pub(super) async fn admit<'a, S>(
    server: &Server,
    operation: Option<Operation>,
    product: &str,
    verify: impl FnOnce() -> Result<(Operation, &'a AccessKey), Refusal>,
) -> Result<Admitted<'a>, Ending<S>> {
    let wait = gather(server, operation, |kind| match kind {
        Kind::Slow(wait) => Some(*wait),
        _ => None,
    });
    pause(wait).await;
    if let Some(fault) = take(server, operation, Moment::Arrival) {
        return Err(ending::at_arrival(fault, product));
    }
    let (operation, key) = verify()?;
    let fault = take(server, Some(operation), Moment::Verified);
    if let Some(refusal) = fault
        .as_ref()
        .and_then(|fault| ending::denial(fault, operation, key))
    {
        return Err(refusal.into());
    }
    Ok(Admitted {
        operation,
        key,
        fault,
    })
}

/// The second half: what goes wrong after it was done.
pub(super) async fn conclude<S>(
    server: &Server,
    admitted: &Admitted<'_>,
    result: Result<S, Refusal>,
) -> Ending<S> {
    let wait = gather(server, Some(admitted.operation), |kind| match kind {
        Kind::SlowAfter(wait) => Some(*wait),
        _ => None,
    });
    pause(wait).await;
    ending::after_effect(admitted.fault.as_ref(), result)
}

async fn perform(
    server: &Server,
    message: &Message,
    admitted: &Admitted<'_>,
) -> Result<Members, Refusal> {
    if admitted.operation == Operation::Identity {
        return Ok(sts::identity(admitted.key));
    }
    let call = vod::Call {
        operation: admitted.operation,
        account_id: &admitted.key.account_id,
        message,
        quirks: &server.quirks,
        fault: admitted.fault.as_ref(),
    };
    let done = server.store.with(|table| call.perform(table)).await;
    done.unwrap_or_else(|_| Err(Refusal::internal()))
}

async fn pause(wait: Duration) {
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
}

fn take(server: &Server, operation: Option<Operation>, moment: Moment) -> Option<Kind> {
    faults::take(&mut held(&server.faults), operation, moment)
}

pub(super) fn gather<T: std::iter::Sum>(
    server: &Server,
    operation: Option<Operation>,
    value: impl Fn(&Kind) -> Option<T>,
) -> T {
    faults::gather(&mut held(&server.faults), operation, value)
}

fn letterhead(server: &Server, message: &Message, now: Timestamp) -> Letterhead {
    let operation = Operation::named(&message.claims.action);
    let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&now);
    Letterhead {
        format: message.format(),
        request_id: (server.nonce)().to_ascii_uppercase(),
        host: message.host.clone(),
        date: date.unwrap_or_default(),
        product: operation.map_or("vod", Operation::product),
        small_letters: server.quirks.case == Case::Lower,
    }
}

fn record(server: &Server, message: &Message, at: Timestamp, outcome: String) -> Call {
    let mut keys = server.keys.iter();
    let key = keys.find(|key| key.access_key_id == message.claims.access_key_id);
    Call {
        at,
        account_id: key.map(|key| key.account_id.clone()).unwrap_or_default(),
        action: message.claims.action.clone(),
        region: message.region(),
        app_id: message.app_id().to_owned(),
        parameters: journal::presentable(&message.parameters),
        outcome,
    }
}
