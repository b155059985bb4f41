//! The only door to the network: outgoing calls here, incoming connections in [`listener`].
//!
//! One client per process and kind of address, made when it is first needed: plain http loads no
//! certificate and loopback never goes through a proxy. Redirects are not followed, since a signed
//! request must not go elsewhere, and nothing is sent a second time here, since a signature must
//! not be used twice.

pub mod backoff;
pub mod clock;
pub mod knock;
pub mod listener;
pub mod pace;
pub mod roots;
mod trickle;

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use hyper_util::client::proxy::matcher::Matcher;

use crate::error::{Error, Kind as ErrorKind, Result, Trouble};
use crate::target::Endpoint;

/// The largest answer that is read; the operations used here answer with a few kilobytes.
const MAX_BODY: usize = 8 * 1024 * 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How an error of the system ends that has no file left for a connection.
#[cfg(unix)]
const TOO_MANY_FILES: &str = "(os error 24)";
#[cfg(not(unix))]
const TOO_MANY_FILES: &str = "(os error 10024)";

/// What is said when the other side answers in plain text, or hangs up on a handshake.
const NO_TLS: [&str; 2] = ["InvalidContentType", "tls handshake eof"];

/// The outgoing side of the network. A clone has connections of its own.
#[derive(Debug, Clone)]
pub struct Http {
    timeout: Duration,
    user_agent: String,
    ca_bundle: Option<PathBuf>,
    clients: [OnceLock<reqwest::Client>; 4],
}

/// The verb of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Calls.
    Post,
    /// Makes or changes.
    Put,
    /// Removes; may carry a body.
    Delete,
}

/// Which way a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Route {
    /// Through the proxy that the environment names, unless the host is this machine.
    #[default]
    Usual,
    /// Never through a proxy, as for the metadata service of an instance.
    Direct,
}

/// A request that is ready to go; it may hold tokens and keys, so it cannot be printed.
pub struct Request {
    /// The verb.
    pub method: Method,
    /// The whole address, encoded exactly as it was signed.
    pub url: String,
    /// Headers beside those of the client.
    pub headers: Vec<(String, String)>,
    /// The body, empty for none.
    pub body: Vec<u8>,
    /// How much of the answer's body is read; what follows is left alone.
    pub answer_limit: usize,
    /// Over which time the body is sent, if not at once.
    pub trickle: Option<Duration>,
    /// How long it may take, if not as long as usual.
    pub timeout: Option<Duration>,
    /// Which way it goes.
    pub route: Route,
}

impl Request {
    /// A request without headers and body that goes the usual way.
    pub fn new(method: Method, url: impl Into<String>) -> Self {
        Request {
            method,
            url: url.into(),
            headers: Vec::new(),
            body: Vec::new(),
            answer_limit: MAX_BODY,
            trickle: None,
            timeout: None,
            route: Route::default(),
        }
    }
}

/// An answer, whatever its status; it may hold keys, so it cannot be printed.
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The body, or its beginning when it was longer than the request wished to read.
    pub body: Vec<u8>,
    headers: reqwest::header::HeaderMap,
}

impl Response {
    /// The body as text; bytes that are no UTF-8 are replaced.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// The value of a header that is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// No answer.
#[derive(Debug)]
pub struct Failure {
    /// At which point.
    pub trouble: Trouble,
    /// True when the request may have arrived.
    pub sent: bool,
    /// True when the answer took too long, so that the request may still take effect.
    pub timed_out: bool,
    /// What happened, the innermost cause last.
    pub message: String,
    /// What to do, if it is known.
    pub hint: Option<&'static str>,
}

impl Failure {
    /// The failure as an error that names the host.
    pub fn explain(self, host: &str) -> Error {
        let error = Error::new(ErrorKind::Unavailable, format!("{host} cannot be reached"))
            .cause(self.message);
        let mut error = retryable(self.hint.into_iter().fold(error, Error::hint));
        error.details.in_flight = self.timed_out && self.sent;
        error.details.no_service = self.trouble == Trouble::Name;
        error
    }
}

/// The error for an answer that is not the service's, such as the page of a proxy, by a description
/// that quotes nothing of it.
pub fn nonsense(host: &str, description: &str) -> Error {
    let error = Error::new(
        ErrorKind::Unavailable,
        format!("{host} gave an answer that is none of the service's"),
    )
    .cause(description)
    .hint("check the endpoint and the proxy variables");
    retryable(error)
}

fn retryable(mut error: Error) -> Error {
    error.details.retryable = true;
    error
}

/// Whether such an answer will stay the same: a 403 or 404 page is some proxy's last word.
pub const fn is_last_word(status: u16) -> bool {
    !matches!(status, 200..300 | 500..)
}

/// What kind of client an address needs.
#[derive(Debug, Clone, Copy)]
struct Kind {
    secure: bool,
    direct: bool,
}

impl Kind {
    fn of(url: &reqwest::Url, route: Route) -> Self {
        Kind {
            secure: url.scheme() == "https",
            direct: route == Route::Direct || is_loopback(url),
        }
    }

    fn index(self) -> usize {
        usize::from(self.secure) * 2 + usize::from(self.direct)
    }
}

impl Http {
    /// A door whose calls take at most this long each. A file of certificate authorities replaces the
    /// usual ones.
    pub fn new(timeout: Duration, user_agent: String, ca_bundle: Option<PathBuf>) -> Self {
        Http {
            timeout,
            user_agent,
            ca_bundle,
            clients: Default::default(),
        }
    }

    /// How long a call may take unless it says otherwise.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Sends the request once.
    ///
    /// # Errors
    /// `Err` inside when no answer came; outside only when no client could be made or the address
    /// is none.
    pub async fn send(&self, request: Request) -> Result<std::result::Result<Response, Failure>> {
        let url = reqwest::Url::parse(&request.url).map_err(|error| {
            // The address itself may hold a key.
            Error::usage("the address of a request cannot be understood").cause(error.to_string())
        })?;
        let client = self.client(Kind::of(&url, request.route))?;
        let timeout = request.timeout.unwrap_or(self.timeout);
        let limit = request.answer_limit;
        let mut call = client
            .request(request.method.into(), url)
            .timeout(timeout)
            .body(match request.trickle {
                Some(over) => reqwest::Body::wrap(trickle::Trickle::new(request.body, over)),
                None => request.body.into(),
            });
        for (name, value) in &request.headers {
            // As bytes, since a header that was recorded may hold more than ASCII.
            call = call.header(name, value.as_bytes());
        }
        let answer = async { read(call.send().await?, limit).await };
        Ok(answer.await.map_err(|error| failure(&error, timeout)))
    }

    /// True when requests to this address go through a proxy that the environment names.
    pub fn goes_through_proxy(&self, url: &str) -> bool {
        let direct = reqwest::Url::parse(url).is_ok_and(|url| is_loopback(&url));
        let address = url.parse::<hyper::Uri>();
        !direct && address.is_ok_and(|url| Matcher::from_env().intercept(&url).is_some())
    }

    fn client(&self, kind: Kind) -> Result<&reqwest::Client> {
        let cell = &self.clients[kind.index()];
        if cell.get().is_none() {
            let _ = cell.set(self.build(kind)?);
        }
        cell.get()
            .ok_or_else(|| Error::new(ErrorKind::Internal, "the HTTP client was not kept"))
    }

    fn build(&self, kind: Kind) -> Result<reqwest::Client> {
        let tls = if kind.secure {
            roots::trusting(roots::trusted(self.ca_bundle.as_deref())?)
        } else {
            roots::none()
        };
        let builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls?)
            .user_agent(&self.user_agent)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT.min(self.timeout));
        let builder = if kind.direct {
            builder.no_proxy()
        } else {
            builder
        };
        builder.build().map_err(|error| {
            Error::new(ErrorKind::Internal, "the HTTP client cannot be made")
                .cause(error.to_string())
        })
    }
}

impl Method {
    /// The verb as it is written, and signed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
        }
    }
}

impl From<Method> for reqwest::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Delete => reqwest::Method::DELETE,
        }
    }
}

fn is_loopback(url: &reqwest::Url) -> bool {
    Endpoint::parse(&url.origin().ascii_serialization(), true)
        .is_ok_and(|endpoint| endpoint.is_loopback())
}

async fn read(mut answer: reqwest::Response, limit: usize) -> reqwest::Result<Response> {
    let status = answer.status().as_u16();
    let headers = answer.headers().clone();
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        let room = limit - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            break;
        }
    }
    Ok(Response {
        status,
        body,
        headers,
    })
}

fn failure(error: &reqwest::Error, timeout: Duration) -> Failure {
    let causes = causes(error);
    let certificate = causes.iter().any(|cause| cause.contains("certificate"));
    let (trouble, what, hint) = if error.is_timeout() && error.is_connect() {
        (
            Trouble::TimeOut,
            format!(
                "no connection within {} s",
                CONNECT_TIMEOUT.min(timeout).as_secs_f64()
            ),
            Some("check the network, the proxy variables and the endpoint"),
        )
    } else if error.is_timeout() {
        (
            Trouble::TimeOut,
            format!("no answer within {} s", timeout.as_secs_f64()),
            Some("check the network and the endpoint, or raise --timeout"),
        )
    } else if certificate {
        (
            Trouble::Certificate,
            "the server's certificate was not accepted".to_owned(),
            Some(
                "for a proxy with its own certificate authority, name its file with --ca-bundle or SSL_CERT_FILE",
            ),
        )
    } else if error.is_dns() {
        (
            Trouble::Name,
            "the host's name cannot be resolved".to_owned(),
            Some("check the region, the endpoint and the network"),
        )
    } else if error.is_connect() {
        unconnected(&causes)
    } else {
        (
            Trouble::Broken,
            "the connection broke before the answer was complete".to_owned(),
            Some("try again; if it goes on, look for a proxy on the way"),
        )
    };
    let innermost = causes.last().cloned().unwrap_or_default();
    Failure {
        trouble,
        timed_out: error.is_timeout(),
        sent: !error.is_connect() && !error.is_builder(),
        message: if innermost.is_empty() {
            what
        } else {
            format!("{what}: {innermost}")
        },
        hint,
    }
}

/// Nobody took the connection, or not the one that was meant.
fn unconnected(causes: &[String]) -> (Trouble, String, Option<&'static str>) {
    let says = |words: &str| causes.iter().any(|cause| cause.contains(words));
    let (trouble, what, hint) = if NO_TLS.into_iter().any(says) {
        (
            Trouble::NoTls,
            "no TLS connection",
            "check that the address serves https at this port",
        )
    } else if says(TOO_MANY_FILES) {
        (
            Trouble::Connect,
            "no connection",
            "end other programs, or raise the limit of open files: ulimit -n",
        )
    } else {
        (
            Trouble::Connect,
            "no connection",
            "check the network, the proxy variables and the endpoint",
        )
    };
    (trouble, what.to_owned(), Some(hint))
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
