//! Why no answer came, or none of the service's, and what that says about the request.

use std::time::Duration;

use super::roots;
use crate::error::{Error, Kind, Trouble};

/// How an error of the system ends that has no file left for a connection.
#[cfg(unix)]
const TOO_MANY_FILES: &str = "(os error 24)";
#[cfg(not(unix))]
const TOO_MANY_FILES: &str = "(os error 10024)";

/// What helps then.
pub const MORE_FILES: &str = "end other programs, or raise the limit of open files: ulimit -n";

/// What the verifier makes of a certificate that vouches for itself, and what that is called.
const SELF_SIGNED: (&str, &str) = (
    "Other(OtherError(CaUsedAsEndEntity))",
    "self-signed, an authority's certificate in the place of a server's",
);

/// How the resolvers of glibc, musl and BSD, macOS and Windows say that there is no such name or address.
const NO_SUCH_NAME: [&str; 8] = [
    "Name or service not known",
    "No address associated with",
    "Address family for hostname not supported",
    "Name does not resolve",
    "Name has no usable address",
    "servname provided, or not known",
    "(os error 11001)",
    "(os error 11004)",
];

/// What is said when the other side answers in plain text, or hangs up on a handshake.
const NO_TLS: [&str; 2] = ["InvalidContentType", "tls handshake eof"];

/// No answer.
#[derive(Debug)]
pub struct Failure {
    /// At which point.
    pub trouble: Trouble,
    /// True when the request may have arrived. Then it may still take effect, too: nobody answered that it
    /// was done with.
    pub sent: bool,
    /// What happened, the innermost cause last.
    pub message: String,
    /// What to do, if it is known.
    pub hint: Option<&'static str>,
}

impl Failure {
    /// The same of a request that went through this proxy. Where no connection came about, that says nothing of
    /// the host.
    pub(super) fn through(self, proxy: &str) -> Failure {
        let hides_host = matches!(
            self.trouble,
            Trouble::Name | Trouble::Lookup | Trouble::Connect | Trouble::TimeOut
        );
        if self.sent || !hides_host {
            let message = format!("through the proxy {proxy}: {}", self.message);
            return Failure { message, ..self };
        }
        let why = self.message.split_once(": ");
        let why = why.map_or(&*self.message, |(_, why)| why);
        Failure {
            trouble: Trouble::Proxy,
            sent: false,
            message: format!("no connection through the proxy {proxy}: {why}"),
            hint: Some("mend the proxy variables, or name the host in NO_PROXY to ask it directly"),
        }
    }

    /// The failure as an error that names the host.
    pub fn explain(self, host: &str) -> Error {
        let what = match self.sent {
            true => format!("{host} gave no whole answer"),
            false => format!("{host} cannot be reached"),
        };
        let error = Error::new(Kind::Unavailable, what).cause(self.message);
        let mut error = self.hint.into_iter().fold(error, Error::hint);
        error.details.retryable = true;
        error.details.in_flight = self.sent;
        error.details.no_service = self.trouble == Trouble::Name;
        error
    }
}

/// The error for an answer of this status that is not the service's, such as the page of a proxy, by a
/// description that quotes nothing of it.
pub fn nonsense(host: &str, status: u16, description: &str) -> Error {
    let mut error = Error::new(
        Kind::Unavailable,
        format!("{host} gave an answer that is none of the service's"),
    )
    .cause(description)
    .hint("check the endpoint and the proxy variables");
    error.details.retryable = !is_last_word(status);
    error
}

/// Whether such an answer will stay the same: a 403 or 404 page is some proxy's last word.
pub const fn is_last_word(status: u16) -> bool {
    !matches!(status, 200..300) && !is_trouble(status)
}

/// Whether a server says by such a status that it cannot answer at present.
pub const fn is_trouble(status: u16) -> bool {
    matches!(status, 408 | 429 | 500..)
}

/// Whether such a status is a gateway's word that it lost whom it asked: the request was passed on, and may
/// still take effect.
pub const fn is_lost_by_gateway(status: u16) -> bool {
    matches!(status, 502 | 504)
}

/// Why no answer came within this time, of which a connection may take no more than its limit. The certificate
/// authorities of the system were asked where these are trusted.
pub(super) fn of(
    error: &reqwest::Error,
    timeout: Duration,
    connect_limit: Duration,
    system: bool,
) -> Failure {
    let causes = causes(error);
    let certificate = causes.iter().any(|cause| cause.contains("certificate"));
    let (trouble, what, hint) = if error.is_timeout() && error.is_connect() {
        (
            Trouble::Connect,
            format!("no connection within {} s", connect_limit.as_secs_f64()),
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
    } else if causes.iter().any(|cause| is_out_of_files(cause)) {
        (Trouble::Files, "no connection".to_owned(), Some(MORE_FILES))
    } else if error.is_dns() {
        unresolved(&causes)
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
    let innermost = innermost.replace(SELF_SIGNED.0, SELF_SIGNED.1);
    let mut message = what;
    if !innermost.is_empty() {
        message = format!("{message}: {innermost}");
    }
    if certificate && system {
        message = roots::unread()
            .into_iter()
            .fold(message, |all, one| format!("{all}; {one}"));
    }
    Failure {
        trouble,
        sent: !error.is_connect(),
        message,
        hint,
    }
}

/// The host has no address, or there is no telling.
fn unresolved(causes: &[String]) -> (Trouble, String, Option<&'static str>) {
    match causes.iter().any(|cause| denies_the_name(cause)) {
        true => (
            Trouble::Name,
            "the host's name cannot be resolved".to_owned(),
            Some("check the region, the endpoint and the network"),
        ),
        false => (
            Trouble::Lookup,
            "the host's name cannot be looked up at present".to_owned(),
            Some("check the network and its name servers, and try again"),
        ),
    }
}

/// True when a resolver says that there is no such name, or no address of it. Anything else, as a name server
/// that does not answer, says nothing about the name.
pub fn denies_the_name(said: &str) -> bool {
    NO_SUCH_NAME.into_iter().any(|words| said.contains(words))
}

/// Whether words of the system say that this process has no file left.
pub fn is_out_of_files(said: &str) -> bool {
    said.contains(TOO_MANY_FILES)
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
