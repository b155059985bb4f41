//! One request and its answer: read, judged, done, written down, with the faults in their places.

use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::{Request, Response};
use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::{SignedDuration, Timestamp};

use super::answer::{Format, Letterhead, Members, Refusal};
use super::body::{self, Body, Unread};
use super::ending::{self, Answer, Ending};
use super::faults::{self, Kind, Moment};
use super::issued::Caller;
use super::journal::{self, Call};
use super::message::Message;
use super::operation::Operation;
use super::places::Visit;
use super::quirks::{Case, Form};
use super::{Server, gateway, held, places, roles, sts, vod};

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
            return Ok(letterhead(server, &message, asked(&message), at).refusal(&refusal));
        }
        Err(Unread::Broken) => return Err(Dropped),
    };
    let message = Message::read(&head, &sent, take_form);
    let operation = asked(&message);
    let skew: SignedDuration = gather(server, operation, |kind| match kind {
        Kind::Skew(seconds) => Some(SignedDuration::from_secs(*seconds)),
        _ => None,
    });
    let now = at.checked_add(skew).unwrap_or(at);
    let letterhead = letterhead(server, &message, operation, now);
    let visit = Visit {
        server,
        message: &message,
        body: &sent,
        request_id: &letterhead.request_id,
        now,
    };
    let Ending { answer, outcome } = run(&visit, operation).await;
    held(&server.journal).add(record(server, &message, operation, at, outcome));
    let action = &message.claims.action;
    match answer {
        Answer::Success(members) => Ok(letterhead.success(action, members)),
        Answer::Refusal(refusal) => Ok(letterhead.refusal(&refusal)),
        Answer::Page(page) => Ok(letterhead.page(page)),
        Answer::Half(page) => Ok(letterhead.half(&page)),
        Answer::Truncated(members) => Ok(letterhead.truncated(action, members)),
        Answer::Nothing => Err(Dropped),
    }
}

/// What is asked for: the place at the path, or the operation that is named.
fn asked(message: &Message) -> Option<Operation> {
    places::at(&message.path).or_else(|| message.operation())
}

/// The call itself.
async fn run(visit: &Visit<'_>, operation: Option<Operation>) -> Ending {
    let (server, message, now) = (visit.server, visit.message, visit.now);
    let wait = gather(server, operation, |kind| match kind {
        Kind::Slow(wait) => Some(*wait),
        _ => None,
    });
    pause(wait).await;
    if let Some(fault) = take(server, operation, Moment::Arrival) {
        return ending::at_arrival(fault);
    }
    if let Some(place) = operation.filter(|operation| operation.is_place()) {
        let fault = take(server, operation, Moment::Verified);
        let ending = places::visit(place, visit);
        linger(server, place).await;
        return ending.disturbed(fault.as_ref());
    }
    let (operation, caller) = match gateway::verify(message, &server.keyring, &server.nonces, now) {
        Ok(verified) => verified,
        Err(refusal) => return refusal.into(),
    };
    let account_id = caller.as_ref().map_or("", |it| &it.key.account_id);
    let fault = take(server, Some(operation), Moment::Verified);
    if let Some(refusal) = fault
        .as_ref()
        .and_then(|fault| ending::denial(fault, operation, account_id))
    {
        return refusal.into();
    }
    let result = perform(visit, operation, caller.as_ref(), fault.as_ref()).await;
    linger(server, operation).await;
    ending::after_effect(fault.as_ref(), result)
}

/// The delay between the effect and the answer.
async fn linger(server: &Server, operation: Operation) {
    let wait = gather(server, Some(operation), |kind| match kind {
        Kind::SlowAfter(wait) => Some(*wait),
        _ => None,
    });
    pause(wait).await;
}

/// Does what was asked; only an operation that needs no key has no caller.
async fn perform(
    visit: &Visit<'_>,
    operation: Operation,
    caller: Option<&Caller>,
    fault: Option<&Kind>,
) -> Result<Members, Refusal> {
    let (server, message, now) = (visit.server, visit.message, visit.now);
    let Some(caller) = caller else {
        return roles::with_oidc(message, &server.keyring, now);
    };
    match operation {
        Operation::Identity => return Ok(sts::identity(caller)),
        Operation::Assume => {
            return roles::assume(message, caller, &server.roles, &server.keyring, now);
        }
        _ => {}
    }
    let call = vod::Call {
        operation,
        account_id: &caller.key.account_id,
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

fn letterhead(
    server: &Server,
    message: &Message,
    operation: Option<Operation>,
    now: Timestamp,
) -> Letterhead {
    let is_place = operation.is_some_and(Operation::is_place);
    let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&now);
    Letterhead {
        format: if is_place {
            Format::Json
        } else {
            message.format()
        },
        request_id: (server.nonce)().to_ascii_uppercase(),
        host: message.host.clone(),
        date: date.unwrap_or_default(),
        product: operation.map_or("vod", Operation::product),
        small_letters: !is_place && server.quirks.case == Case::Lower,
    }
}

fn record(
    server: &Server,
    message: &Message,
    operation: Option<Operation>,
    at: Timestamp,
    outcome: String,
) -> Call {
    let is_place = operation.is_some_and(Operation::is_place);
    let caller = server.keyring.find(&message.claims.access_key_id);
    Call {
        at,
        account_id: caller.map(|it| it.key.account_id).unwrap_or_default(),
        action: if is_place {
            places::shown(message)
        } else {
            message.claims.action.clone()
        },
        region: message.region(),
        app_id: message.app_id().to_owned(),
        parameters: journal::presentable(&message.parameters),
        outcome,
    }
}
