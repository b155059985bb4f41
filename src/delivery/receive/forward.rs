//! Deliveries handed on to a local application, whose answer goes back to the sender.

use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Response, StatusCode};
use tokio::time::Instant;

use super::notices::Notices;
use crate::callback::url::without_password;
use crate::delivery::notice::{Answered, Forwarded, Notice};
use crate::delivery::record::Recorded;
use crate::event::{EventSelection, EventType};
use crate::http::{Http, Method, Request};

/// VOD gives up after five seconds and hangs up; other senders may have more patience.
const PATIENCE: Duration = Duration::from_secs(30);
/// As much of an answer as is passed back.
const ANSWER_LIMIT: usize = 1024 * 1024;

/// Where deliveries go.
#[derive(Debug, Clone, Default)]
pub struct Routes {
    /// For some events; the first that has an event counts.
    pub by_event: Vec<(EventSelection, String)>,
    /// For all others; without it they are answered here.
    pub otherwise: Option<String>,
}

impl Routes {
    pub(super) fn of(&self, event: Option<&str>) -> Option<&str> {
        let event = event.map(EventType::from_service);
        let mut routes = self.by_event.iter();
        let own =
            routes.find(|(events, _)| event.as_ref().is_some_and(|event| events.sends(event)));
        own.map(|(_, url)| url.as_str())
            .or(self.otherwise.as_deref())
    }
}

/// Hands a delivery on, with headers and body as they came, and returns what the sender is answered.
pub(super) async fn forward(
    http: &Http,
    notices: &Notices,
    number: u64,
    url: &str,
    head: &Parts,
    body: &Bytes,
) -> Response<Full<Bytes>> {
    let begun = Instant::now();
    let telling = |result| {
        Notice::Forwarded(Forwarded {
            number,
            url: without_password(url).into_owned(),
            took: begun.elapsed(),
            result,
        })
    };
    // Told when the sender hangs up, which drops this.
    let unanswered = notices.guard(|| telling(Answered::HungUp));
    let request = Request {
        headers: headers(&head.headers),
        body: body.to_vec(),
        answer_limit: ANSWER_LIMIT,
        timeout: Some(PATIENCE),
        ..Request::new(Method::Post, with_query(url, head.uri.query()))
    };
    let (result, response) = match http.send(request).await {
        Ok(Ok(answer)) => passed_back(answer),
        Ok(Err(failure)) => nothing(failure.message),
        Err(error) => nothing(error.message),
    };
    unanswered.disarm();
    notices.tell(telling(result)).await;
    response
}

fn passed_back(answer: crate::http::Response) -> (Answered, Response<Full<Bytes>>) {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_GATEWAY);
    if status.is_informational() {
        // 101 hands the connection over to another protocol, which nobody asked for.
        return nothing(format!("status {} is no answer", answer.status));
    }
    let headers = [header::CONTENT_TYPE, header::CONTENT_ENCODING].map(|name| {
        let value = HeaderValue::from_str(answer.header(name.as_str())?).ok()?;
        Some((name, value))
    });
    let mut response = Response::new(Full::from(answer.body));
    *response.status_mut() = status;
    response.headers_mut().extend(headers.into_iter().flatten());
    (Answered::Status(answer.status), response)
}

fn nothing(why: String) -> (Answered, Response<Full<Bytes>>) {
    let text = "the application behind this receiver did not answer\n";
    let response = super::answer(StatusCode::BAD_GATEWAY, text);
    (Answered::Nothing(why), response)
}

/// The URL with the query that the delivery came with, unless it has its own.
fn with_query(url: &str, query: Option<&str>) -> String {
    match query {
        Some(query) if !url.contains('?') => format!("{url}?{query}"),
        _ => url.to_owned(),
    }
}

/// Headers as they came, with the host that the sender meant.
fn headers(came: &HeaderMap) -> Vec<(String, String)> {
    const SEEN: &str = "x-forwarded-host";
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let pairs = came.iter();
    let recorded = Recorded {
        headers: pairs
            .map(|(name, value)| (name.as_str().to_owned(), text(value)))
            .collect(),
        ..Recorded::default()
    };
    let mut kept = recorded.end_to_end_headers();
    if let Some(host) = came.get(header::HOST)
        && !came.contains_key(SEEN)
    {
        kept.push((SEEN.to_owned(), text(host)));
    }
    kept
}
