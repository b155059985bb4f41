//! Hands an event to a receiver as VOD does.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::rules::{Answer, CONTENT_TYPE, Rules, SIGNATURE, TIMESTAMP};
use super::signature::sign;
use crate::error::Result;
use crate::http::{Http, Method, Request};
use crate::secret::Secret;

/// As much of an answer as is read; VOD ignores it.
const ANSWER_LIMIT: usize = 64 * 1024;

/// What helps where a receiver refuses what was not signed.
const UNSIGNED: &str = "it was not signed: if the receiver verifies signatures, give its key, --auth-key-env NAME; if it wants a login, exempt the path, for VOD has none";

/// How a delivery proves where it comes from.
#[derive(Debug, Clone)]
pub enum Proof {
    /// Not at all: no key is set.
    Unsigned,
    /// By the signature of each attempt's own second.
    Signed {
        /// The URL as it is configured, which the receiver may see differently.
        url: String,
        /// The key.
        key: Secret,
        /// Nothing, unless a receiver's check of the time is tried.
        shift: SignedDuration,
    },
    /// By the headers that it was recorded with, the same in each attempt.
    Recorded(Vec<(String, String)>),
}

/// One event on its way to a receiver.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Where it goes, fragment and all, as it was typed.
    pub url: String,
    /// How it proves where it comes from.
    pub proof: Proof,
    /// The body, sent as it is.
    pub body: Vec<u8>,
}

/// One try.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// 1 for the first.
    pub number: u32,
    /// When it began.
    pub at: Timestamp,
    /// Until the answer was complete, or given up.
    pub took: Duration,
    /// What became of it.
    pub answer: Answer,
    /// The beginning of the answer's body.
    pub body: Vec<u8>,
    /// Whether it proved where it comes from.
    pub is_signed: bool,
}

impl Attempt {
    /// The usual cause and its remedy; `None` when it was delivered.
    pub fn hint(&self) -> Option<String> {
        match self.answer {
            Answer::Status {
                status: 401 | 403, ..
            } if !self.is_signed => Some(UNSIGNED.to_owned()),
            _ => self.answer.hint(),
        }
    }
}

/// What became of a delivery.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// In their order; at least one.
    pub attempts: Vec<Attempt>,
}

impl Outcome {
    /// Whether VOD would be satisfied; otherwise it drops the event.
    pub fn is_delivered(&self) -> bool {
        let last = self.attempts.last();
        last.is_some_and(|attempt| attempt.answer.is_delivered())
    }
}

/// Tries until the receiver answers 200 or the attempts are used up. `told` hears of each attempt at
/// once.
///
/// # Errors
/// A usage error when the URL is none, or no client can be made.
pub async fn deliver(
    http: &Http,
    now: fn() -> Timestamp,
    rules: Rules,
    delivery: &Delivery,
    mut told: impl FnMut(&Attempt),
) -> Result<Outcome> {
    let mut attempts = Vec::new();
    for number in 1..=rules.attempts.max(1) {
        if number > 1 {
            tokio::time::sleep(rules.pause).await;
        }
        let attempt = try_once(http, now, rules.limit, delivery, number).await?;
        told(&attempt);
        let done = attempt.answer.is_delivered();
        attempts.push(attempt);
        if done {
            break;
        }
    }
    Ok(Outcome { attempts })
}

/// One attempt.
///
/// # Errors
/// As [`deliver`].
pub async fn try_once(
    http: &Http,
    now: fn() -> Timestamp,
    limit: Duration,
    delivery: &Delivery,
    number: u32,
) -> Result<Attempt> {
    let at = now();
    let request = request(delivery, at, limit);
    exchange(http, request, is_signed(delivery), at, number).await
}

/// One attempt whose body arrives in small pieces over this time, as on a bad line.
///
/// # Errors
/// As [`deliver`].
pub async fn try_slowly(
    http: &Http,
    now: fn() -> Timestamp,
    limit: Duration,
    delivery: &Delivery,
    over: Duration,
) -> Result<Attempt> {
    let at = now();
    let request = Request {
        trickle: Some(over),
        ..request(delivery, at, limit)
    };
    exchange(http, request, is_signed(delivery), at, 1).await
}

fn request(delivery: &Delivery, at: Timestamp, limit: Duration) -> Request {
    Request {
        headers: headers(&delivery.proof, at),
        body: delivery.body.clone(),
        answer_limit: ANSWER_LIMIT,
        timeout: Some(limit),
        ..Request::new(Method::Post, &delivery.url)
    }
}

const fn is_signed(delivery: &Delivery) -> bool {
    !matches!(delivery.proof, Proof::Unsigned)
}

async fn exchange(
    http: &Http,
    request: Request,
    is_signed: bool,
    at: Timestamp,
    number: u32,
) -> Result<Attempt> {
    let begun = tokio::time::Instant::now();
    let sent = http.send(request).await?;
    let took = begun.elapsed();
    let (answer, body) = match sent {
        Ok(response) => {
            let location = response.header("location").map(str::to_owned);
            let status = response.status;
            (Answer::Status { status, location }, response.body)
        }
        Err(failure) => {
            let (trouble, message) = (failure.trouble, failure.message);
            (Answer::Nothing { trouble, message }, Vec::new())
        }
    };
    Ok(Attempt {
        number,
        at,
        took,
        answer,
        body,
        is_signed,
    })
}

/// The headers of an attempt at this moment.
pub fn headers(proof: &Proof, at: Timestamp) -> Vec<(String, String)> {
    let json = || ("Content-Type".to_owned(), CONTENT_TYPE.to_owned());
    match proof {
        Proof::Unsigned => vec![json()],
        Proof::Signed { url, key, shift } => {
            let time = at.checked_add(*shift).unwrap_or(at).as_second().to_string();
            let signature = sign(url, &time, key);
            vec![
                json(),
                (TIMESTAMP.to_owned(), time),
                (SIGNATURE.to_owned(), signature),
            ]
        }
        Proof::Recorded(headers) => headers.clone(),
    }
}
