//! What a receiver tells of what came.

use std::sync::Arc;
use std::time::Duration;

use hyper::body::Bytes;
use jiff::Timestamp;

use super::reply::Reply;
use crate::event::summary::Summary;

/// Something that happened.
#[derive(Debug, Clone)]
pub enum Notice {
    /// A delivery came.
    Delivery(Box<Delivery>),
    /// What became of one that was handed on.
    Forwarded(Forwarded),
    /// Something that could have been a delivery was not taken.
    TurnedAway(TurnedAway),
    /// What came on a connection is no request, and why; told as far as there is room.
    NoRequest(String),
    /// A connection could not be accepted, for example for lack of files; told as far as there is room.
    NotAccepted(String),
}

/// A delivery that came.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Counted from 1.
    pub number: u64,
    /// When its body was complete.
    pub received_at: Timestamp,
    /// Path and query.
    pub target: String,
    /// Which event it is, or why it is none.
    pub event: Result<Summary, String>,
    /// What its signature turned out to be.
    pub verdict: Verdict,
    /// Whether it was refused for that.
    pub refused: bool,
    /// Whether the same body was accepted before.
    pub duplicate: bool,
    /// Whether it is in the file, or why not; `None` when nothing is saved.
    pub saved: Option<Result<(), Arc<str>>>,
    /// What the sender is answered.
    pub answer: Answer,
    /// How many bytes its body has.
    pub bytes: usize,
    /// The body as it came, where bodies are asked for.
    pub body: Option<Bytes>,
}

/// A request that did not become a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnedAway {
    /// The verb.
    pub method: String,
    /// The path.
    pub path: String,
    /// What the sender was answered.
    pub status: u16,
    /// Why.
    pub reason: &'static str,
}

/// What a sender is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// What the receiver says itself.
    Own(Reply),
    /// What the application at this URL will say; the URL as it may be shown.
    Forwarded(String),
    /// Nothing: it hung up before the delivery was saved.
    HungUp,
}

impl Answer {
    /// A status at once.
    pub const fn now(status: u16) -> Self {
        Answer::Own(Reply::Status {
            status,
            after: Duration::ZERO,
        })
    }
}

/// What a signature turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// No key is known.
    Unchecked,
    /// A header is missing.
    Missing,
    /// Right, with the key of this name.
    Right(String),
    /// Wrong, with what would make it right, where that is known.
    Wrong(Vec<String>),
}

impl Verdict {
    /// The word in documents.
    pub const fn word(&self) -> &'static str {
        match self {
            Verdict::Unchecked => "unchecked",
            Verdict::Missing => "missing",
            Verdict::Right(_) => "right",
            Verdict::Wrong(_) => "wrong",
        }
    }
}

/// What became of a delivery that was handed on.
#[derive(Debug, Clone)]
pub struct Forwarded {
    /// The delivery's number.
    pub number: u64,
    /// Where it went, as it may be shown.
    pub url: String,
    /// Until the answer, or until it was given up.
    pub took: Duration,
    /// What came back.
    pub result: Answered,
}

/// What came back from the application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered {
    /// This status, which was passed on.
    Status(u16),
    /// Nothing, and why; the sender was answered 502.
    Nothing(String),
    /// The sender hung up before.
    HungUp,
}
