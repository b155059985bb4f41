//! What counts as delivered, and what VOD does when something is not.
//!
//! Source: the vendor's pages on HTTP callbacks and its FAQ, 2021 to 2026. A receiver has five seconds
//! to answer with status 200; there are three attempts in all, a second apart; then the event is gone.

use std::time::Duration;

use crate::error::Trouble;

/// The header with the sending moment, Unix seconds as ten digits.
pub const TIMESTAMP: &str = "X-VOD-TIMESTAMP";
/// The header with the signature, 32 hex digits.
pub const SIGNATURE: &str = "X-VOD-SIGNATURE";
/// What the body is said to be.
pub const CONTENT_TYPE: &str = "application/json";

/// How often an event is tried, how long a receiver may take, and the pause between two attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Attempts in all.
    pub attempts: u32,
    /// From the end of an attempt to the beginning of the next.
    pub pause: Duration,
    /// How long the whole answer may take.
    pub limit: Duration,
}

/// VOD's own rules.
pub const VOD: Rules = Rules {
    attempts: 3,
    pause: Duration::from_secs(1),
    limit: Duration::from_secs(5),
};

impl Rules {
    /// What VOD makes of a delivery that no attempt brought there: it drops the event only after all of
    /// its own attempts.
    pub const fn failure(&self) -> &'static str {
        if self.attempts < VOD.attempts {
            "not delivered"
        } else {
            "dropped"
        }
    }
}

/// What became of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A status came, and the answer was complete in time.
    Status {
        /// The HTTP status.
        status: u16,
        /// Where a redirect points.
        location: Option<String>,
    },
    /// No answer, or not a complete one.
    Nothing {
        /// At which point.
        trouble: Trouble,
        /// What happened.
        message: String,
    },
}

impl Answer {
    /// Only status 200 counts.
    pub const fn is_delivered(&self) -> bool {
        matches!(self, Answer::Status { status: 200, .. })
    }

    /// Whether the receiver will not have it, as it is, at any time: a 4xx (RFC 9110, 15.5) but for those that
    /// ask to send the same again, 408 and 429 (RFC 6585), and 425 (RFC 8470).
    pub const fn is_refusal(&self) -> bool {
        matches!(self, Answer::Status { status, .. }
            if matches!(status, 400..=499) && !matches!(status, 408 | 425 | 429))
    }

    /// The usual cause and its remedy; `None` when it was delivered.
    pub fn hint(&self) -> Option<String> {
        match self {
            Answer::Status { status, location } => of_status(*status, location.as_deref()),
            Answer::Nothing { trouble, .. } => Some(of_trouble(*trouble).to_owned()),
        }
    }

    /// The same for an application that vodcb itself hands events on to: VOD, its network and its rules are not
    /// involved.
    pub fn hint_of_application(&self) -> Option<String> {
        let hint = match self {
            Answer::Status {
                status: 401 | 403, ..
            } => {
                "the application wants a login, or a signature: vodcb queue forward signs with --auth-key-env NAME, for the URL of --signed-url"
            }
            Answer::Status { status: 429, .. } => {
                "the application is throttled; what was kept is handed to it again later"
            }
            Answer::Status {
                status: 502..=504, ..
            } => {
                "the application, or what stands before it, could not be reached or gave up waiting"
            }
            Answer::Nothing { trouble, .. } => match trouble {
                Trouble::Name => "the host's name cannot be found from here",
                Trouble::Connect => "nothing listens there, or a firewall is in the way",
                Trouble::Certificate => {
                    "have the application send a certificate that is trusted here, or name its authority with --ca-bundle FILE"
                }
                _ => return self.hint(),
            },
            Answer::Status { .. } => return self.hint(),
        };
        Some(hint.to_owned())
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Answer::Status { status, .. } => write!(f, "{status}"),
            Answer::Nothing { message, .. } => f.write_str(message),
        }
    }
}

fn of_status(status: u16, location: Option<&str>) -> Option<String> {
    let hint = match status {
        200 => return None,
        201..=299 => {
            "only status 200 counts; have the receiver answer 200, whatever it does with the event"
        }
        300..=399 => {
            let to = location.map(|to| format!(" to {to}")).unwrap_or_default();
            return Some(format!(
                "redirects are not followed; configure the URL that the receiver redirects{to} itself"
            ));
        }
        400 => {
            "the receiver did not understand the body; let it read the raw body as JSON, and answer 200 to events it does not know"
        }
        401 | 403 => {
            "the receiver wants a login that VOD does not have, or refused the signature; exempt the path, and compare key and URL with vodcb verify"
        }
        404 | 405 => {
            "there is no such path for POST; compare the URL, its slash at the end included, with the receiver's routes"
        }
        411 | 413 => {
            "the receiver, or a proxy before it, does not take bodies of this size; allow at least 64 KiB"
        }
        415 => "the receiver does not take application/json",
        429 => "the receiver is throttled; VOD does not wait, so queue the events and answer 200",
        502..=504 => "a proxy before the receiver did not reach it, or gave up waiting",
        500.. => "the receiver failed; answer 200 first and do the work afterwards",
        _ => "only status 200 counts",
    };
    Some(hint.to_owned())
}

/// The usual remedy when no answer came.
pub const fn of_trouble(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::Name => "the host must be found in the public DNS",
        Trouble::Lookup => "the name servers do not answer here; check the network and try again",
        Trouble::Connect => {
            "nothing listens there, or a firewall is in the way; VOD calls from the public internet"
        }
        Trouble::Files => {
            "this machine lets vodcb open no more files, which says nothing of the receiver; raise the limit: ulimit -n, or lower --concurrency"
        }
        Trouble::Proxy => {
            "the proxy of this machine is in the way, which says nothing of the receiver; name its host in NO_PROXY to call it directly"
        }
        Trouble::NoTls => "serve https at this port, or configure the http URL",
        Trouble::Certificate => {
            "have the receiver send a certificate of a public authority for this host, with the whole chain"
        }
        Trouble::TimeOut => {
            "answer 200 at once and do the work afterwards; a late 200 brings the event again"
        }
        Trouble::Broken => {
            "the receiver, or a proxy before it, closed the connection without a whole answer"
        }
    }
}
