//! The queues of Simple Message Queue (MNS), on the same port as VOD: everything below `/queues`.
//!
//! A request is [`request`], proved by its signature in [`gate`], done in [`operations`] on the
//! queues of [`store`], and answered in [`reply`]'s XML. Queues live in memory as long as the
//! emulator runs; a message that is deleted leaves nothing behind.

mod gate;
mod operations;
mod queue;
mod reply;
mod request;
mod store;
mod terms;

use hyper::Response;
use hyper::http::request::Parts;
use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::oneshot;

use super::answer::Refusal;
use super::body::{Body, Unread};
use super::disguise::Disguise;
use super::ending::{Answer, Ending};
use super::exchange::{self, Dropped};
use super::faults::{Aim, Kind};
use super::issued::Keyring;
use super::journal::{self, Call};
use super::operation::Operation;
use super::{Server, held};
use reply::{Letterhead, Reply};
use request::Request;

pub(super) use reply::refused;
pub(super) use request::is_for_queues;
pub(super) use store::{Place, Queues};

/// Why a message did not get into a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undelivered {
    /// There is no such queue.
    NoSuchQueue,
    /// The queue takes smaller messages only.
    TooLarge,
    /// It is empty, or holds a character that XML cannot carry.
    Unspeakable,
    /// The emulator's memory for messages is used up.
    Full,
}

impl std::fmt::Display for Undelivered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Undelivered::NoSuchQueue => "there is no such queue",
            Undelivered::TooLarge => "the message is larger than the queue takes",
            Undelivered::Unspeakable => "the message is empty, or XML cannot carry it",
            Undelivered::Full => "the emulator's memory for messages is used up",
        })
    }
}

/// Answers a request, or fails in order to close the connection. `hung_up` resolves when nobody
/// waits for the answer any more.
pub(super) async fn answer(
    server: &Server,
    head: &Parts,
    sent: Result<Vec<u8>, Unread>,
    hung_up: oneshot::Receiver<()>,
    at: Timestamp,
) -> Result<Response<Body>, Dropped> {
    let sent = match sent {
        Ok(sent) => Some(sent),
        Err(Unread::TooLarge) => None,
        Err(Unread::Broken) => return Err(Dropped),
    };
    let request = Request::read(head, sent.as_deref().unwrap_or_default());
    let operation = request.operation.map(Operation::Queue);
    let region = request.region();
    let aim = Aim {
        operation,
        region: &region,
        app_id: "",
    };
    let skew: SignedDuration = exchange::gather(server, aim, |kind| match kind {
        Kind::Skew(seconds) => Some(SignedDuration::from_secs(*seconds)),
        _ => None,
    });
    let Ending {
        answer,
        outcome,
        disguise,
    } = if sent.is_some() {
        run(server, &request, aim, hung_up, at, skew).await
    } else {
        reply::too_large().into()
    };
    // Told after the wait for a message, since what is said of its visibility is by this time.
    let now = (server.now)();
    let date =
        DateTimePrinter::new().timestamp_to_rfc9110_string(&now.checked_add(skew).unwrap_or(now));
    let letterhead = Letterhead {
        request_id: (server.nonce)().to_ascii_uppercase(),
        host: request.host.clone(),
        date: date.unwrap_or_default(),
    };
    held(&server.journal).add(record(server, &request, at, outcome));
    let response = match answer {
        Answer::Success(reply) => letterhead.reply(reply),
        Answer::Refusal(refusal) => letterhead.reply(letterhead.refusal(&refusal)),
        Answer::Page(page) => letterhead.reply(page.into()),
        Answer::Half(page) => letterhead.truncated(page.into()),
        Answer::Truncated(reply) => letterhead.truncated(reply),
        Answer::Nothing => return Err(Dropped),
    };
    Ok(Disguise::put_on(disguise, response))
}

async fn run(
    server: &Server,
    request: &Request,
    aim: Aim<'_>,
    hung_up: oneshot::Receiver<()>,
    at: Timestamp,
    skew: SignedDuration,
) -> Ending<Reply> {
    let now = at.checked_add(skew).unwrap_or(at);
    let verify = || {
        let caller = gate::verify(request, &server.keyring, now)?;
        let operation = request.operation.ok_or_else(reply::invalid_url)?;
        Ok((Operation::Queue(operation), Some(caller)))
    };
    let admitted = match exchange::admit(server, aim, "mns", verify).await {
        Ok(admitted) => admitted,
        Err(ending) => return ending,
    };
    let place = Place {
        account_id: admitted.account_id().to_owned(),
        region: request.region(),
    };
    let result = operations::perform(server, request, &place, hung_up, skew).await;
    exchange::conclude(server, &admitted, aim, result).await
}

/// Reads a request and judges its proof: the operation it may do.
pub(super) fn judge(
    head: &Parts,
    body: &[u8],
    keyring: &Keyring,
    now: Timestamp,
) -> Result<String, Refusal> {
    let request = Request::read(head, body);
    request.parameters();
    gate::verify(&request, keyring, now)?;
    request.operation.ok_or_else(reply::invalid_url)?;
    Ok(request.action())
}

fn record(server: &Server, request: &Request, at: Timestamp, outcome: String) -> Call {
    let caller = server.keyring.find(request.access_key_id());
    Call {
        at,
        account_id: caller.map(|it| it.key.account_id).unwrap_or_default(),
        action: request.action(),
        region: request.region(),
        app_id: String::new(),
        parameters: journal::presentable(&request.parameters()),
        outcome,
    }
}
