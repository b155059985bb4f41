//! One request and its answer: read, judged, done, written down, with the faults in their places.

use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::{Request, Response};
use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::oneshot;

use super::answer::{Format, Letterhead, Refusal};
use super::body::{self, Body, Unread};
use super::disguise::Disguise;
use super::ending::{self, Answer, Ending};
use super::faults::{self, Aim, Kind, Moment};
use super::issued::Caller;
use super::journal::{self, Call};
use super::message::Message;
use super::operation::Operation;
use super::places::Visit;
use super::quirks::{Case, Form};
use super::{Server, gateway, held, mns, places, ram, roles, state, sts, vod};

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
            return Ok(letterhead(server, &message, asked(&message), at).refusal(&refusal));
        }
        Err(Unread::Broken) => return Err(Dropped),
    };
    let message = Message::read(&head, &sent, take_form);
    let operation = asked(&message);
    let region = message.region();
    let aim = aim(&message, operation, &region);
    let skew: SignedDuration = gather(server, aim, |kind| match kind {
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
    let Ending {
        answer,
        outcome,
        disguise,
    } = run(&visit, aim).await;
    held(&server.journal).add(record(server, &message, operation, at, outcome));
    let action = &message.claims.action;
    let response = match answer {
        Answer::Success(members) => letterhead.success(action, members),
        Answer::Refusal(refusal) => letterhead.refusal(&refusal),
        Answer::Page(page) => letterhead.page(page),
        Answer::Half(page) => letterhead.half(&page),
        Answer::Truncated(members) => letterhead.truncated(action, members),
        Answer::Nothing => return Err(Dropped),
    };
    Ok(Disguise::put_on(disguise, response))
}

/// What is asked for: the place at the path, or the operation that is named.
fn asked(message: &Message) -> Option<Operation> {
    places::at(&message.path).or_else(|| message.operation())
}

/// What faults look at; a place is in no region and no application.
fn aim<'a>(message: &'a Message, operation: Option<Operation>, region: &'a str) -> Aim<'a> {
    let is_vod = operation.is_some_and(Operation::is_vod);
    Aim {
        operation,
        region: if is_vod { region } else { "" },
        app_id: if is_vod && operation != Some(Operation::ListApps) {
            message.app_id()
        } else {
            ""
        },
    }
}

/// The call itself.
async fn run(visit: &Visit<'_>, aim: Aim<'_>) -> Ending {
    let server = visit.server;
    let operation = aim.operation;
    let verify = || match operation.filter(|operation| operation.is_place()) {
        Some(place) => Ok((place, None)),
        None => gateway::verify(visit.message, &server.keyring, &server.nonces, visit.now),
    };
    let product = operation.map_or("vod", Operation::product);
    let admitted = match admit(server, aim, product, verify).await {
        Ok(admitted) => admitted,
        Err(ending) => return ending,
    };
    let ending = perform(visit, &admitted).await;
    conclude(server, &admitted, aim, ending).await
}

/// A call that was let through.
pub(super) struct Admitted {
    pub(super) operation: Operation,
    /// Absent where no key is needed.
    pub(super) caller: Option<Caller>,
    /// What befalls it from here on.
    pub(super) fault: Option<Kind>,
}

impl Admitted {
    /// The account of whoever calls.
    pub(super) fn account_id(&self) -> &str {
        self.caller.as_ref().map_or("", |it| &it.key.account_id)
    }
}

/// The first half of every call: what goes wrong before it is done, and whether it may be done.
pub(super) async fn admit<S>(
    server: &Server,
    aim: Aim<'_>,
    product: &str,
    verify: impl FnOnce() -> Result<(Operation, Option<Caller>), Refusal>,
) -> Result<Admitted, Ending<S>> {
    let wait = gather(server, aim, |kind| match kind {
        Kind::Slow(wait) => Some(*wait),
        _ => None,
    });
    pause(wait).await;
    if let Some(fault) = take(server, aim, Moment::Arrival) {
        return Err(ending::at_arrival(fault, product));
    }
    let (operation, caller) = verify()?;
    let admitted = Admitted {
        operation,
        caller,
        fault: take(server, aim.verified(operation), Moment::Verified),
    };
    let fault = admitted.fault.as_ref();
    match fault.and_then(|fault| ending::denial(fault, operation, admitted.account_id())) {
        Some(refusal) => Err(refusal.into()),
        None => Ok(admitted),
    }
}

/// The second half: what goes wrong after it was done.
pub(super) async fn conclude<S>(
    server: &Server,
    admitted: &Admitted,
    aim: Aim<'_>,
    ending: impl Into<Ending<S>>,
) -> Ending<S> {
    let wait = gather(
        server,
        aim.verified(admitted.operation),
        |kind| match kind {
            Kind::SlowAfter(wait) => Some(*wait),
            _ => None,
        },
    );
    pause(wait).await;
    ending.into().disturbed(admitted.fault.as_ref())
}

/// Does what was asked; only a place and an operation that needs no key have no caller.
async fn perform(visit: &Visit<'_>, admitted: &Admitted) -> Ending {
    let (server, message, now) = (visit.server, visit.message, visit.now);
    if admitted.operation.is_place() {
        return places::visit(admitted.operation, visit);
    }
    let Some(caller) = &admitted.caller else {
        return roles::with_oidc(message, &server.keyring, now).into();
    };
    match admitted.operation {
        Operation::Identity => return Ok(sts::identity(caller)).into(),
        Operation::Assume => {
            return roles::assume(message, caller, &server.roles, &server.keyring, now).into();
        }
        Operation::Delivery => return server.deliveries.describe(message).into(),
        Operation::Fire => {
            let place = state::Place {
                account_id: caller.key.account_id.clone(),
                region: message.region(),
                app_id: message.app_id().to_owned(),
            };
            let callback = server.store.with(|table| table.get(&place).cloned()).await;
            return match callback {
                Ok(callback) => server
                    .deliveries
                    .fire(message, &place, callback.as_ref())
                    .into(),
                Err(_) => Err(Refusal::internal()).into(),
            };
        }
        Operation::Role => {
            let standing = server.quirks.vod_role;
            return ram::get_role(message, &caller.key.account_id, standing).into();
        }
        _ => {}
    }
    let call = vod::Call {
        operation: admitted.operation,
        account_id: &caller.key.account_id,
        message,
        quirks: &server.quirks,
        fault: admitted.fault.as_ref(),
    };
    let done = server.store.with(|table| call.perform(table)).await;
    done.unwrap_or_else(|_| Err(Refusal::internal())).into()
}

async fn pause(wait: Duration) {
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
}

fn take(server: &Server, aim: Aim<'_>, moment: Moment) -> Option<Kind> {
    faults::take(&mut held(&server.faults), aim, moment)
}

pub(super) fn gather<T: std::iter::Sum>(
    server: &Server,
    aim: Aim<'_>,
    value: impl Fn(&Kind) -> Option<T>,
) -> T {
    faults::gather(&mut held(&server.faults), aim, value)
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
            journal::place(&message.method, &message.path)
        } else {
            message.claims.action.clone()
        },
        region: message.region(),
        app_id: message.app_id().to_owned(),
        parameters: journal::presentable(&message.parameters),
        outcome,
    }
}
