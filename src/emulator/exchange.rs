//! One request and its answer: read, judged, done, written down, with the faults in their places.

use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::{Request, Response};
use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::{SignedDuration, Timestamp};

use super::answer::{Letterhead, Members, Refusal};
use super::body::{self, Body, Unread};
use super::ending::{self, Answer, Ending};
use super::faults::{self, Kind, Moment};
use super::journal::{self, Call};
use super::message::Message;
use super::operation::Operation;
use super::quirks::{Case, Form};
use super::{AccessKey, Server, gateway, held, sts, vod};

/// The connection is to be closed without an answer.
#[derive(Debug)]
pub(super) struct Dropped;

impl std::fmt::Display for Dropped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("dropped on purpose")
    }
}

impl std::error::Error for Dropped {}

/// Answers a request, or fails in order to close the connection.
pub(super) async fn answer(
    server: Arc<Server>,
    request: Request<Incoming>,
) -> Result<Response<Body>, Dropped> {
    let server = server.as_ref();
    let (head, incoming) = request.into_parts();
    let take_form = server.quirks.form == Form::Accept;
    let at = (server.now)();
    let sent = match body::read(incoming).await {
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
) -> Ending {
    let wait = gather(server, operation, |kind| match kind {
        Kind::Slow(wait) => Some(*wait),
        _ => None,
    });
    pause(wait).await;
    if let Some(fault) = take(server, operation, Moment::Arrival) {
        return ending::at_arrival(fault);
    }
    let (operation, key) = match gateway::verify(message, &server.keys, &server.nonces, now) {
        Ok(verified) => verified,
        Err(refusal) => return refusal.into(),
    };
    let fault = take(server, Some(operation), Moment::Verified);
    if let Some(refusal) = fault
        .as_ref()
        .and_then(|fault| ending::denial(fault, operation, key))
    {
        return refusal.into();
    }
    let result = perform(server, message, operation, key, fault.as_ref()).await;
    let wait = gather(server, Some(operation), |kind| match kind {
        Kind::SlowAfter(wait) => Some(*wait),
        _ => None,
    });
    pause(wait).await;
    ending::after_effect(fault.as_ref(), result)
}

async fn perform(
    server: &Server,
    message: &Message,
    operation: Operation,
    key: &AccessKey,
    fault: Option<&Kind>,
) -> Result<Members, Refusal> {
    if operation == Operation::Identity {
        return Ok(sts::identity(key));
    }
    let call = vod::Call {
        operation,
        account_id: &key.account_id,
        message,
        quirks: &server.quirks,
        fault,
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

fn gather<T: std::iter::Sum>(
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
