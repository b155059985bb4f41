//! The only door to the network for outgoing calls.
//!
//! One client per process and kind of address, made when it is first needed: plain http loads no
//! certificate and loopback never goes through a proxy. Redirects are not followed, since a signed
//! request must not go elsewhere, and nothing is sent a second time here, since a signature must
//! not be used twice.

mod roots;

use std::cell::OnceCell;
use std::time::Duration;

use crate::error::{Error, Kind, Result};
use crate::target::Endpoint;

/// The largest answer that is read; the operations used here answer with a few kilobytes.
const MAX_BODY: usize = 8 * 1024 * 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The outgoing side of the network.
#[derive(Debug)]
pub struct Http {
    timeout: Duration,
    user_agent: String,
    local: OnceCell<reqwest::Client>,
    plain: OnceCell<reqwest::Client>,
    secure: OnceCell<reqwest::Client>,
}

/// A POST that is ready to go.
#[derive(Debug)]
pub struct Request<'a> {
    /// Where it goes.
    pub endpoint: &'a Endpoint,
    /// The encoded query, empty for none.
    pub query: &'a str,
    /// Headers beside those of the client.
    pub headers: Vec<(String, String)>,
    /// The body, empty for none.
    pub body: String,
}

/// An answer, whatever its status.
#[derive(Debug)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The body as text; bytes that are no UTF-8 are replaced.
    pub body: String,
    /// `x-acs-request-id`.
    pub request_id: Option<String>,
    /// `x-acs-retry-after`, milliseconds.
    pub retry_after: Option<Duration>,
    /// `Date`, the service's clock.
    pub date: Option<String>,
}

/// No answer.
#[derive(Debug)]
pub struct Failure {
    /// True when the request may have arrived.
    pub sent: bool,
    /// What happened, the innermost cause last.
    pub message: String,
    /// What to do, if it is known.
    pub hint: Option<&'static str>,
}

impl Http {
    /// A door whose calls take at most this long each.
    pub fn new(timeout: Duration, user_agent: String) -> Self {
        Http {
            timeout,
            user_agent,
            local: OnceCell::new(),
            plain: OnceCell::new(),
            secure: OnceCell::new(),
        }
    }

    /// Sends the request once.
    ///
    /// # Errors
    /// `Err` inside when no answer came; outside only when no client could be made.
    pub async fn post(
        &self,
        request: Request<'_>,
    ) -> Result<std::result::Result<Response, Failure>> {
        let client = self.client(request.endpoint)?;
        let mut call = client.post(request.endpoint.with_query(request.query));
        for (name, value) in &request.headers {
            call = call.header(name, value);
        }
        let answer = async { read(call.body(request.body).send().await?).await };
        Ok(answer.await.map_err(|error| failure(&error, self.timeout)))
    }

    fn client(&self, endpoint: &Endpoint) -> Result<&reqwest::Client> {
        let cell = match (endpoint.is_plain(), endpoint.is_loopback()) {
            (true, true) => &self.local,
            (true, false) => &self.plain,
            (false, _) => &self.secure,
        };
        if cell.get().is_none() {
            let _ = cell.set(self.build(endpoint)?);
        }
        cell.get()
            .ok_or_else(|| Error::new(Kind::Internal, "the HTTP client was not kept"))
    }

    fn build(&self, endpoint: &Endpoint) -> Result<reqwest::Client> {
        let tls = if endpoint.is_plain() {
            roots::none()
        } else {
            roots::bundled_then_system()
        };
        let builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls?)
            .user_agent(&self.user_agent)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT.min(self.timeout))
            .timeout(self.timeout);
        let builder = if endpoint.is_loopback() {
            builder.no_proxy()
        } else {
            builder
        };
        builder.build().map_err(|error| {
            Error::new(Kind::Internal, "the HTTP client cannot be made").cause(error.to_string())
        })
    }
}

async fn read(mut answer: reqwest::Response) -> reqwest::Result<Response> {
    let header = |name: &str| {
        let value = answer.headers().get(name)?;
        value.to_str().ok().map(str::to_owned)
    };
    let mut response = Response {
        status: answer.status().as_u16(),
        body: String::new(),
        request_id: header("x-acs-request-id"),
        retry_after: header("x-acs-retry-after")
            .and_then(|text| text.trim().parse().ok())
            .map(Duration::from_millis),
        date: header("date"),
    };
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if body.len() + chunk.len() > MAX_BODY {
            body = format!("an answer of more than {MAX_BODY} bytes").into_bytes();
            break;
        }
        body.extend_from_slice(&chunk);
    }
    response.body = String::from_utf8_lossy(&body).into_owned();
    Ok(response)
}

fn failure(error: &reqwest::Error, timeout: Duration) -> Failure {
    let causes = causes(error);
    let certificate = causes.iter().any(|cause| cause.contains("certificate"));
    let (what, hint) = if error.is_timeout() {
        (
            format!("no answer within {} s", timeout.as_secs_f64()),
            Some("check the network and the endpoint, or raise --timeout"),
        )
    } else if certificate {
        (
            "the server's certificate was not accepted".to_owned(),
            Some("for a proxy with its own certificate authority, name its file in SSL_CERT_FILE"),
        )
    } else if error.is_dns() {
        (
            "the host's name cannot be resolved".to_owned(),
            Some("check --region, --endpoint and the network"),
        )
    } else if error.is_connect() {
        (
            "no connection".to_owned(),
            Some("check the network, the proxy variables and --endpoint"),
        )
    } else {
        (
            "the connection broke before the answer was complete".to_owned(),
            None,
        )
    };
    let innermost = causes.last().cloned().unwrap_or_default();
    Failure {
        sent: !error.is_connect() && !error.is_builder(),
        message: if innermost.is_empty() {
            what
        } else {
            format!("{what}: {innermost}")
        },
        hint,
    }
}

/// The chain of causes without the outermost, which only repeats the address.
fn causes(error: &reqwest::Error) -> Vec<String> {
    let mut found = Vec::new();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        found.push(cause.to_string());
        next = cause.source();
    }
    found
}
