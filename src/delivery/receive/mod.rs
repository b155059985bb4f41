//! A receiver of deliveries: an HTTP server that takes what VOD sends, and tells what came.
//!
//! It may stand open to the internet, so everything a client can spend has a limit: connections,
//! headers, bodies, time and memory. What is to be saved is saved before it is answered with 200.

mod envelope;
mod forward;
mod intake;
mod notices;
mod proof;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CONNECTION, CONTENT_TYPE, HeaderValue};
use hyper::http::request::Parts;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

pub use forward::Routes;
pub use intake::Limits as BodyLimits;
pub use proof::{FORWARDED_HOST, Proof, seen_urls};

use super::notice::{Answer, Delivery, Notice, TurnedAway};
use super::reply::{Reply, Script};
use super::save::Store;
use super::seen::Seen;
use crate::callback::url::{without_password, written_out};
use crate::event::{EventSelection, EventType, summary};
use crate::http::Http;
use crate::http::listener::{self, Limits as ConnectionLimits};
use envelope::write_envelope;
use intake::Intake;
use notices::Notices;
use proof::Searches;

/// How many deliveries are remembered, to tell those that come again.
const REMEMBERED: usize = 10_000;

/// What a receiver does with what comes.
#[derive(Debug)]
pub struct Receiver {
    /// The only path that is served; every path without it.
    pub path: Option<String>,
    /// Which events count. The others are answered with 200 and passed over.
    pub events: EventSelection,
    /// What is asked of signatures.
    pub proof: Proof,
    /// Whether notices carry the bodies: each then keeps the memory that it came in.
    pub bodies: bool,
    /// Where deliveries are kept.
    pub store: Option<Store>,
    /// Where they are handed on to.
    pub routes: Routes,
    /// What is answered to those that are not handed on.
    pub script: Script,
    /// The way to where they are handed on to.
    pub http: Http,
    /// The clock.
    pub now: fn() -> Timestamp,
    /// What clients may take.
    pub limits: Limits,
}

/// What clients may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Of connections.
    pub connections: ConnectionLimits,
    /// Of bodies.
    pub bodies: BodyLimits,
}

impl Default for Limits {
    /// Far more than VOD needs, whose events have 64 KiB at most and whose patience ends after five
    /// seconds, and little enough for a small machine.
    fn default() -> Self {
        Limits {
            connections: ConnectionLimits {
                connections: 10_000,
                header_timeout: Duration::from_secs(10),
                write_timeout: Duration::from_secs(10),
                header_bytes: 32 * 1024,
                farewell: Duration::from_secs(10),
                dates: true,
            },
            bodies: BodyLimits {
                body_bytes: 1024 * 1024,
                body_timeout: Duration::from_secs(10),
                memory: 64 * 1024 * 1024,
            },
        }
    }
}

/// What all connections share.
struct Shared {
    receiver: Receiver,
    intake: Intake,
    notices: Notices,
    searches: Searches,
    counted: Mutex<Counted>,
}

struct Counted {
    deliveries: u64,
    replies: u64,
    seen: Seen,
}

/// The connection is closed without an answer.
#[derive(Debug)]
struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("closed without an answer")
    }
}

impl std::error::Error for Closed {}

type Answering = Result<Response<Full<Bytes>>, Closed>;

/// Serves until `stopped` resolves, and finishes what was accepted. Each delivery is told on `notices`
/// before it is answered; when nobody takes notices any more, deliveries are answered all the same.
pub async fn serve(
    listener: TcpListener,
    receiver: Receiver,
    notices: mpsc::Sender<Notice>,
    stopped: impl Future<Output = ()>,
) {
    let limits = receiver.limits;
    let shared = Arc::new(Shared {
        intake: Intake::new(limits.bodies),
        notices: Notices::new(notices),
        receiver,
        searches: Searches::default(),
        counted: Mutex::new(Counted {
            deliveries: 0,
            replies: 0,
            seen: Seen::new(REMEMBERED),
        }),
    });
    let service = || {
        let shared = Arc::clone(&shared);
        service_fn(move |request| exchange(Arc::clone(&shared), request))
    };
    let refused = |refused| shared.notices.tell_if_possible(notices::refused(refused));
    listener::serve(listener, limits.connections, service, refused, stopped).await;
}

async fn exchange(shared: Arc<Shared>, request: Request<Incoming>) -> Answering {
    let (head, incoming) = request.into_parts();
    let path = shared.receiver.path.as_deref();
    let is_elsewhere = path.is_some_and(|path| !is_same(path, head.uri.path()));
    // What health checks and curious people send.
    let is_visit = matches!(head.method, Method::GET | Method::HEAD);
    let (status, reason) = if is_elsewhere {
        (StatusCode::NOT_FOUND, "no receiver is at this path")
    } else if is_visit {
        (
            StatusCode::OK,
            "a receiver of VOD callbacks; deliveries come by POST",
        )
    } else if head.method != Method::POST {
        (StatusCode::METHOD_NOT_ALLOWED, "deliveries come by POST")
    } else {
        match shared.intake.take(incoming).await {
            Ok(taken) => return shared.receive(&head, &taken.body).await,
            Err(untaken) => untaken.told(),
        }
    };
    if !is_visit {
        shared.turned_away(&head, status, reason).await;
    }
    Ok(refusal(status, reason))
}

/// Whether these paths are one, be what no request line holds percent-encoded in them or not.
fn is_same(one: &str, other: &str) -> bool {
    one == other || written_out(one).is_some_and(|text| Some(text) == written_out(other))
}

/// The answer to what is no delivery, for people.
fn refusal(status: StatusCode, reason: &str) -> Response<Full<Bytes>> {
    let mut response = answer(status, format!("{reason}\n"));
    let (name, value) = match status {
        StatusCode::METHOD_NOT_ALLOWED => (ALLOW, "POST, GET, HEAD"),
        // The rest of the request is not read any more.
        StatusCode::BAD_REQUEST | StatusCode::REQUEST_TIMEOUT | StatusCode::PAYLOAD_TOO_LARGE => {
            (CONNECTION, "close")
        }
        _ => return response,
    };
    let value = HeaderValue::from_static(value);
    response.headers_mut().insert(name, value);
    response
}

/// A short answer for people.
fn answer(status: StatusCode, text: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(text.into()));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

impl Shared {
    /// Tells of what could have been a delivery.
    async fn turned_away(&self, head: &Parts, status: StatusCode, reason: &'static str) {
        let told = Notice::TurnedAway(TurnedAway {
            method: head.method.to_string(),
            path: head.uri.path().to_owned(),
            status: status.as_u16(),
            reason,
        });
        self.notices.tell(told).await;
    }

    async fn receive(&self, head: &Parts, body: &Bytes) -> Answering {
        let receiver = &self.receiver;
        let received_at = (receiver.now)();
        let target = head.uri.path_and_query();
        let verdict =
            receiver
                .proof
                .judge(&head.headers, target, body, received_at, &self.searches);
        let accepted = receiver.proof.accepts(&verdict);
        let event = summary::read(body);
        if accepted && !self.counts(event.as_ref().ok()) {
            return Ok(empty(StatusCode::OK));
        }
        let (number, duplicate) = self.count(accepted, body);
        let mut delivery = Delivery {
            number,
            received_at,
            target: target.map_or("/", |target| target.as_str()).to_owned(),
            event,
            verdict,
            refused: !accepted,
            duplicate,
            saved: None,
            answer: Answer::HungUp,
            bytes: body.len(),
            body: receiver.bodies.then(|| body.clone()),
        };
        if !accepted {
            delivery.answer = Answer::now(401);
            self.notices.tell(Notice::Delivery(delivery.into())).await;
            let text = "the signature is missing or wrong\n";
            return Ok(answer(StatusCode::UNAUTHORIZED, text));
        }
        if let Some(store) = &receiver.store {
            // Told when the sender hangs up, which drops this, although the file will have it.
            let unsaved = self
                .notices
                .guard(|| Notice::Delivery(delivery.clone().into()));
            let saved = store
                .append(|line| write_envelope(line, &delivery.received_at, head, body))
                .await;
            unsaved.disarm();
            delivery.saved = Some(saved);
        }
        self.reply(head, body, delivery).await
    }

    /// Whether this event was asked for. What cannot be read may be any event.
    fn counts(&self, event: Option<&summary::Summary>) -> bool {
        let events = &self.receiver.events;
        let name = event.and_then(|event| event.event_type.as_deref());
        *events == EventSelection::All
            || name.is_none_or(|name| events.sends(&EventType::from_service(name)))
    }

    fn count(&self, accepted: bool, body: &[u8]) -> (u64, bool) {
        let mut counted = self.counted();
        counted.deliveries += 1;
        let duplicate = accepted && counted.seen.again(body);
        (counted.deliveries, duplicate)
    }

    fn counted(&self) -> std::sync::MutexGuard<'_, Counted> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn reply(&self, head: &Parts, body: &Bytes, mut delivery: Delivery) -> Answering {
        let number = delivery.number;
        if matches!(delivery.saved, Some(Err(_))) {
            if !delivery.duplicate {
                self.counted().seen.forget(body);
            }
            delivery.answer = Answer::now(500);
            self.notices.tell(Notice::Delivery(delivery.into())).await;
            let text = "the delivery could not be saved\n";
            return Ok(answer(StatusCode::INTERNAL_SERVER_ERROR, text));
        }
        let event = delivery.event.as_ref().ok();
        let event = event.and_then(|event| event.event_type.as_deref());
        if let Some(url) = self.receiver.routes.of(event) {
            delivery.answer = Answer::Forwarded(without_password(url).into_owned());
            self.notices.tell(Notice::Delivery(delivery.into())).await;
            let http = &self.receiver.http;
            return Ok(forward::forward(http, &self.notices, number, url, head, body).await);
        }
        let reply = {
            let mut counted = self.counted();
            counted.replies += 1;
            self.receiver.script.at(counted.replies - 1)
        };
        delivery.answer = Answer::Own(reply);
        self.notices.tell(Notice::Delivery(delivery.into())).await;
        match reply {
            Reply::Close => Err(Closed),
            Reply::Status { status, after } => {
                if !after.is_zero() {
                    tokio::time::sleep(after).await;
                }
                Ok(empty(StatusCode::from_u16(status).map_err(|_| Closed)?))
            }
        }
    }
}

fn empty(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}
