//! A refusal by an API, and what it is about.
//!
//! The service's codes decide, never the HTTP status alone: the same code comes with different
//! statuses in different products. Codes are those of the gateway's and VOD's error tables. `answer` finds
//! a refusal in what came, `remedy` tells the user what to do about it.

mod answer;
mod remedy;

pub use answer::{Head, Reading, describe, read};
pub use remedy::{Asked, common_hint, explain, report, scrub};

use crate::error::Kind;

/// A refusal in the service's own terms.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The error code.
    pub code: String,
    /// The message as it came; it may quote every parameter of the request, secrets included.
    pub message: String,
    /// For the vendor's support.
    pub request_id: Option<String>,
    /// The RAM action that was refused, where the service tells it.
    pub denied_action: Option<String>,
}

/// What a refusal is about, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Too many calls.
    Throttled,
    /// The service has trouble of its own.
    ServerTrouble,
    /// The time stamp is too old or too new.
    ClockOff,
    /// The signature does not fit the secret or the request.
    BadSignature,
    /// The access key is unknown or disabled.
    BadKey,
    /// The security token is missing, expired or of another key.
    BadToken,
    /// The token of another provider is not accepted.
    NotAuthenticated,
    /// RAM or the application's policy says no.
    Forbidden,
    /// VOD is not activated or suspended.
    NoService,
    /// A parameter that was sent is said to be missing.
    ParameterNotSeen,
    /// The same request came before; since none is sent twice here, something on the way did.
    SentTwice,
    /// Anything else.
    Other,
}

impl Refusal {
    /// What the refusal is about.
    pub fn cause(&self) -> Cause {
        let code = self.code.to_ascii_lowercase();
        let family = code.split('.').next().unwrap_or_default();
        match family {
            "throttling" | "qpslimitexceeded" => Cause::Throttled,
            "invalidtimestamp" if code.ends_with(".expired") => Cause::ClockOff,
            "timeexpired" => Cause::ClockOff,
            "signaturedoesnotmatch" | "incompletesignature" => Cause::BadSignature,
            "invalidaccesskeyid" => Cause::BadKey,
            "invalidsecuritytoken" | "missingsecuritytoken" => Cause::BadToken,
            "authenticationfail" => Cause::NotAuthenticated,
            "forbidden" | "nopermission" | "accessdenied" | "accessdeniedbyrampolicy" => {
                Cause::Forbidden
            }
            "operationdenied" => Cause::NoService,
            "signaturenonceused" => Cause::SentTwice,
            "missingaction" | "missingversion" | "missingaccesskeyid" => Cause::ParameterNotSeen,
            "serviceunavailable" | "internalerror" | "internalservererror" => Cause::ServerTrouble,
            _ if self.status == 429 => Cause::Throttled,
            _ if self.status >= 500 => Cause::ServerTrouble,
            _ => Cause::Other,
        }
    }

    /// The same without what claims to be a code, an id or an action and is none.
    pub fn in_words(mut self) -> Self {
        if !is_word(&self.code) {
            self.code = "UnreadableCode".to_owned();
        }
        self.request_id = self.request_id.filter(|text| is_word(text));
        self.denied_action = self.denied_action.filter(|text| is_word(text));
        self
    }

    /// The string to sign that the service computed, where the message quotes it.
    pub fn echoed_string_to_sign(&self) -> Option<&str> {
        let (_, rest) = split_at_echo(&self.message)?;
        let rest = rest.trim_start_matches([' ', ':', '[']);
        let end = rest.find("] server CanonicalRequest").unwrap_or(rest.len());
        Some(rest[..end].trim_end_matches(']'))
    }

    /// The message up to where it begins to quote the request.
    pub fn safe_message(&self) -> &str {
        match split_at_echo(&self.message) {
            Some((before, _)) => before.trim_end_matches([' ', '.', ':', ',']),
            None => &self.message,
        }
    }
}

/// The newer wording says "server StringToSign is", the older one "server string to sign is".
fn split_at_echo(message: &str) -> Option<(&str, &str)> {
    let small = message.to_ascii_lowercase();
    [
        "server string to sign is",
        "server stringtosign is",
        "server canonicalrequest is",
    ]
    .iter()
    .filter_map(|mark| small.find(mark).map(|at| (at, mark.len())))
    .min()
    .map(|(at, length)| (&message[..at], &message[at + length..]))
}

impl Cause {
    /// What a code is about, where only the code is at hand.
    pub fn of_code(code: &str) -> Self {
        let code = code.to_owned();
        Refusal {
            code,
            ..Refusal::default()
        }
        .cause()
    }

    /// The kind of failure it makes.
    pub const fn kind(self) -> Kind {
        match self {
            Cause::Throttled | Cause::ServerTrouble => Kind::Unavailable,
            Cause::BadSignature
            | Cause::BadKey
            | Cause::BadToken
            | Cause::NotAuthenticated
            | Cause::Forbidden => Kind::Credentials,
            Cause::ClockOff
            | Cause::NoService
            | Cause::ParameterNotSeen
            | Cause::SentTwice
            | Cause::Other => Kind::Rejected,
        }
    }

    /// What became of the call, in words: trouble of the service is no refusal.
    pub const fn verb(self) -> &'static str {
        match self.kind() {
            Kind::Unavailable => "failed",
            _ => "was refused",
        }
    }

    /// Whether the same call may succeed later without a change.
    pub const fn passes(self) -> bool {
        matches!(self, Cause::Throttled | Cause::ServerTrouble)
    }
}

/// Codes, ids and actions are short words; anything else is not shown.
fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 128
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '*'))
}
