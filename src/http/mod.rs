//! The only door to the network: outgoing calls here, incoming connections in [`listener`].
//!
//! One client per process and kind of address, made when it is first needed: plain http loads no
//! certificate and loopback never goes through a proxy. Redirects are not followed, since a signed
//! request must not go elsewhere, and nothing is sent a second time here, since a signature must
//! not be used twice.

pub mod backoff;
pub mod clock;
pub mod failure;
pub mod knock;
pub mod listener;
pub mod pace;
pub mod proxy;
pub mod roots;
mod trickle;

use std::borrow::Cow;
use std::sync::OnceLock;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderValue};
use rustls::RootCertStore;

use crate::error::{Error, Kind as ErrorKind, Result};
use crate::target::endpoint::is_loopback;
pub use failure::{Failure, is_last_word, is_lost_by_gateway, is_trouble, nonsense};
use proxy::Proxies;

/// The largest answer that is read; the operations used here answer with a few kilobytes.
const MAX_BODY: usize = 8 * 1024 * 1024;
/// The longest that a connection may take: less than a delivery has in all, so that nobody who takes none is
/// blamed for a late answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(4);

/// The outgoing side of the network.
#[derive(Debug, Clone)]
pub struct Http {
    timeout: Duration,
    user_agent: String,
    authorities: Option<RootCertStore>,
    proxies: Proxies,
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
    headers: HeaderMap,
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
    /// A door whose calls take at most this long each. Certificate authorities of one's own replace the
    /// usual ones.
    pub fn new(timeout: Duration, user_agent: String, authorities: Option<RootCertStore>) -> Self {
        Http {
            timeout,
            user_agent,
            authorities,
            proxies: Proxies::default(),
            clients: Default::default(),
        }
    }

    /// The same, which knows what the environment says of proxies.
    #[must_use]
    pub fn behind(self, proxies: Proxies) -> Self {
        Http { proxies, ..self }
    }

    /// How long a call may take unless it says otherwise.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// How long a connection may take. The time of a call must not be over first, since then nobody could tell
    /// whether it was sent.
    fn connect_limit(&self) -> Duration {
        CONNECT_TIMEOUT.min(self.timeout * 4 / 5)
    }

    /// Sends the request once.
    ///
    /// # Errors
    /// `Err` inside when no answer came; outside only when no client could be made, the address or that of
    /// its proxy is none, or a header cannot be sent.
    pub async fn send(&self, request: Request) -> Result<std::result::Result<Response, Failure>> {
        let url = reqwest::Url::parse(&request.url).map_err(not_understood)?;
        let kind = Kind::of(&url, request.route);
        if !kind.direct {
            self.proxies.check(&url)?;
        }
        let client = self.client(kind)?;
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
            call = call.header(name, header_value(name, value)?);
        }
        let answer = async { read(call.send().await?, limit).await };
        let error = match answer.await {
            Ok(response) => return Ok(Ok(response)),
            Err(error) if error.is_builder() => return Err(not_understood(error.without_url())),
            Err(error) => error,
        };
        let system = self.authorities.is_none();
        let failure = failure::of(&error, timeout, self.connect_limit(), system);
        Ok(Err(match self.proxy(&request.url) {
            Some(proxy) if !kind.direct => failure.through(&proxy),
            _ => failure,
        }))
    }

    /// The proxy that requests to this address go through, without user name and password, and the variable
    /// that names it.
    pub fn proxy(&self, url: &str) -> Option<String> {
        let url = reqwest::Url::parse(url).ok()?;
        self.proxies.shown(&url).filter(|_| !is_loopback(&url))
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
            roots::trusting(roots::trusted(self.authorities.as_ref())?)
        } else {
            roots::none()
        };
        let builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls?)
            .user_agent(&self.user_agent)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(self.connect_limit());
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

/// The address itself is not told, as it may hold a key.
fn not_understood(error: impl std::error::Error) -> Error {
    Error::usage("the address of a request cannot be understood").cause(error.to_string())
}

/// Taken as bytes, since a header that was recorded may hold more than ASCII. The value is not quoted, as it
/// may be a token.
fn header_value(name: &str, value: &str) -> Result<HeaderValue> {
    HeaderValue::from_bytes(value.as_bytes()).map_err(|_| {
        Error::usage(format!("the header {name} cannot hold its value"))
            .cause("there is a line break or another control character in it")
            .hint("check the access key and the token that it comes from: each is one line")
    })
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
