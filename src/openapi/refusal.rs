//! What an API's answer says, and what a refusal means for the user.
//!
//! The service's codes decide, never the HTTP status alone: the same code comes with different
//! statuses in different products. Codes are those of the gateway's and VOD's error tables.

use serde_json::Value;

use crate::error::{Details, Error, Kind};
use crate::secret::Secret;
use crate::xml;

/// What an answer turned out to be.
#[derive(Debug)]
pub enum Reading {
    /// The operation was carried out.
    Success(Value),
    /// The service said no.
    Refused(Refusal),
    /// Neither; the page of a proxy, half an answer, something else. The text describes it without
    /// quoting it.
    Nonsense(String),
}

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

/// What the header of an answer says.
#[derive(Debug, Clone, Copy, Default)]
pub struct Head<'a> {
    /// The HTTP status.
    pub status: u16,
    /// `Content-Type`.
    pub content_type: Option<&'a str>,
    /// `x-acs-request-id`, used when the body has none.
    pub request_id: Option<&'a str>,
}

/// Reads an answer. Every answer of the service has a request id in its body, so that a proxy's own
/// `{}` is not taken for "nothing is configured".
pub fn read(head: Head<'_>, body: &str) -> Reading {
    let status = head.status;
    let refusal = json_refusal(status, body).or_else(|| xml_refusal(status, body));
    if let Some(mut refusal) = refusal {
        let from_header = || head.request_id.map(str::to_owned);
        refusal.request_id = refusal.request_id.or_else(from_header);
        return Reading::Refused(refusal.in_words());
    }
    match serde_json::from_str::<Value>(body) {
        Ok(value) if (200..300).contains(&status) && has_request_id(&value) => {
            Reading::Success(value)
        }
        _ => Reading::Nonsense(describe(head, body)),
    }
}

fn has_request_id(value: &Value) -> bool {
    let id = value.get("RequestId").or_else(|| value.get("requestId"));
    id.is_some_and(Value::is_string)
}

/// Codes, ids and actions are short words; anything else is not shown.
fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 128
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '*'))
}

/// A `Code` that is text is a refusal, whatever the status says.
fn json_refusal(status: u16, body: &str) -> Option<Refusal> {
    let value: Value = serde_json::from_str(body).ok()?;
    let member = |name: &str| {
        let mut small = name.to_owned();
        small[..1].make_ascii_lowercase();
        let found = value.get(name).or_else(|| value.get(&small))?;
        found.as_str().map(str::to_owned)
    };
    let detail = value.get("AccessDeniedDetail");
    Some(Refusal {
        status,
        code: member("Code").filter(|code| !code.is_empty())?,
        message: member("Message").unwrap_or_default(),
        request_id: member("RequestId"),
        denied_action: detail
            .and_then(|detail| detail.get("AuthAction")?.as_str())
            .map(str::to_owned),
    })
}

/// `<Error><RequestId/><HostId/><Code/><Message/></Error>`, names in either letter case.
fn xml_refusal(status: u16, body: &str) -> Option<Refusal> {
    let root = xml::parse(body).ok()?;
    if !root.name.eq_ignore_ascii_case("Error") {
        return None;
    }
    let member = |name: &str| {
        let mut children = root.children.iter();
        let found = children.find(|child| child.name.eq_ignore_ascii_case(name))?;
        Some(found.text.clone())
    };
    Some(Refusal {
        status,
        code: member("Code").filter(|code| !code.is_empty())?,
        message: member("Message").unwrap_or_default(),
        request_id: member("RequestId"),
        denied_action: None,
    })
}

/// What kind of thing it is. Never its text, which may be an answer cut in two or a request quoted
/// back, with a key in it; only the title of a page.
pub fn describe(head: Head<'_>, body: &str) -> String {
    let kind = head.content_type.unwrap_or("no content type");
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let mut text = format!("HTTP status {}, {kind}, {} bytes", head.status, body.len());
    if let Some(title) = title(body) {
        text.push_str(&format!(", titled {title:?}"));
    }
    text
}

fn title(body: &str) -> Option<String> {
    let start = body.find("<title>")? + "<title>".len();
    let end = start + body[start..].find("</title>")?;
    let words = body[start..end]
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    // A title that quotes a request would hold one of these.
    let plain = words.len() <= 60 && !words.contains(['=', '&', '%', '?']);
    (plain && !words.is_empty()).then_some(words)
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

/// What was asked, for the words of an error.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The product's short name in RAM actions, for example `vod`.
    pub product: &'a str,
    /// The operation.
    pub action: &'a str,
    /// The host that answered.
    pub host: &'a str,
    /// The string that was signed, to compare with the service's.
    pub string_to_sign: &'a str,
}

/// The refusal as an error with its remedy. `secrets` are cut out of every foreign word.
pub fn explain(refusal: &Refusal, asked: Asked<'_>, secrets: &[&Secret]) -> Error {
    let what = format!("{} was refused", asked.action);
    let error = report(refusal, what, asked.host, secrets);
    hints(refusal, asked).into_iter().fold(error, Error::hint)
}

/// The refusal of `what` by a host as an error without a remedy.
pub fn report(refusal: &Refusal, what: String, host: &str, secrets: &[&Secret]) -> Error {
    let cause = refusal.cause();
    let mut error = Error::new(cause.kind(), what);
    let said = scrub(refusal.safe_message(), secrets);
    let code = scrub(&refusal.code, secrets);
    let request_id = refusal.request_id.as_deref().map(|id| scrub(id, secrets));
    error = error.cause(format!("{host} says {code}: {said}"));
    if let Some(id) = &request_id {
        error = error.cause(format!("request id {id}"));
    }
    error.details = Details {
        code: Some(code),
        request_id,
        retryable: cause.passes(),
        no_service: cause == Cause::NoService,
        ..Details::default()
    };
    error
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

    /// Whether the same call may succeed later without a change.
    pub const fn passes(self) -> bool {
        matches!(self, Cause::Throttled | Cause::ServerTrouble)
    }
}

/// The remedies that are the same for every product.
pub fn common_hint(refusal: &Refusal, string_to_sign: &str) -> &'static str {
    match refusal.cause() {
        Cause::ServerTrouble => "the service has trouble of its own; try again in a while",
        Cause::ClockOff => "set this machine's clock; the service tolerates 15 minutes",
        Cause::SentTwice => {
            "something between here and the service sends requests a second time; look for a proxy that does"
        }
        Cause::BadSignature => match refusal.echoed_string_to_sign() {
            Some(echo) if echo == string_to_sign => {
                "the access key secret does not belong to this access key id; vodcb whoami --explain shows where both come from"
            }
            Some(_) => {
                "the service saw another request than the one that was signed; look for a proxy that changes requests"
            }
            None => "check the access key secret; vodcb whoami --explain shows where it comes from",
        },
        Cause::BadKey => {
            "the access key does not exist or is disabled; mind that the China site and the international site have separate accounts. vodcb whoami --explain shows which key is used"
        }
        Cause::BadToken => {
            "log in again: temporary credentials are an id, a secret and a token that belong together and expire"
        }
        _ => {
            "the message above is the service's own; with the request id its support can tell more"
        }
    }
}

fn hints(refusal: &Refusal, asked: Asked<'_>) -> Vec<String> {
    let one = |text: &str| vec![text.to_owned()];
    match refusal.cause() {
        Cause::Throttled => one(
            "the account's calls are limited (SetMessageCallback: 15 a second); wait, or raise --retries",
        ),
        Cause::NotAuthenticated => one(
            "get a new token from the provider; it must be meant for this audience and not have ended",
        ),
        Cause::Forbidden => permission_hints(refusal, asked),
        Cause::NoService
            if refusal
                .code
                .eq_ignore_ascii_case("OperationDenied.Suspended") =>
        {
            one("the service is suspended; settle the account's bill in the console")
        }
        Cause::NoService => one("activate ApsaraVideo VOD for this account in the console"),
        Cause::ParameterNotSeen => {
            one("something between here and the service drops the request's body")
        }
        Cause::Other
            if refusal
                .code
                .to_ascii_lowercase()
                .starts_with("invalidaction") =>
        {
            one("the endpoint does not offer this operation; check --region and --endpoint")
        }
        Cause::Other if refusal.message.contains("CallbackURL") => {
            one("the URL must be reachable from the public internet")
        }
        _ => one(common_hint(refusal, asked.string_to_sign)),
    }
}

/// The exact action and the smallest policy that allows it.
fn permission_hints(refusal: &Refusal, asked: Asked<'_>) -> Vec<String> {
    let action = refusal
        .denied_action
        .clone()
        .unwrap_or_else(|| format!("{}:{}", asked.product, asked.action));
    let mut hints = vec![format!(
        r#"allow {action} to this identity, for example with the policy {{"Version":"1","Statement":[{{"Effect":"Allow","Action":["{action}"],"Resource":"*"}}]}}"#
    )];
    if asked.product == "vod" {
        hints.push("if that is allowed already and the application is not app-1000000, the application's own policy is missing (VODAppFullAccess)".to_owned());
    }
    hints
}

/// Cuts secrets out of foreign text, plain or percent-encoded once or twice.
pub fn scrub(text: &str, secrets: &[&Secret]) -> String {
    let mut clean = text.to_owned();
    for secret in secrets.iter().filter(|secret| !secret.expose().is_empty()) {
        let plain = secret.expose().to_owned();
        let once = super::encode(&plain);
        let twice = super::encode(&once);
        for form in [twice, once, plain] {
            clean = clean.replace(&form, "••••");
        }
    }
    clean
}
