//! What the emulator says: a success, a refusal, or a page of something in between, as JSON or XML.

use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, DATE, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use serde_json::{Map, Value};

use super::body::Body;
use crate::xml::{Writer, speakable};

/// The members of an answer, in the order in which they are shown.
pub(super) type Members = Map<String, Value>;

/// A refusal by the gateway or by the product.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refusal {
    /// The HTTP status.
    pub(super) status: u16,
    /// The code, for example `Throttling.User`.
    pub(super) code: String,
    /// The words.
    pub(super) message: String,
    /// What is known about a missing permission.
    pub(super) access_denied: Option<Value>,
    /// Milliseconds to wait before the next attempt.
    pub(super) retry_after: Option<u64>,
}

impl Refusal {
    pub(super) fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Refusal {
            status,
            code: code.into(),
            message: message.into(),
            access_denied: None,
            retry_after: None,
        }
    }

    /// The gateway's refusal of a request without a common parameter.
    pub(super) fn missing_common(name: &str) -> Self {
        Refusal::new(
            400,
            format!("Missing{name}"),
            format!("{name} is mandatory for this action."),
        )
    }

    /// VOD's refusal of a request without one of its parameters.
    pub(super) fn missing(name: &str) -> Self {
        let message = format!("The required parameter {name} is not supplied.");
        Refusal::new(400, "MissingParameter", message)
    }

    /// VOD's refusal of a value.
    pub(super) fn invalid(name: &str) -> Self {
        let message = format!("The specified parameter {name} is not valid.");
        Refusal::new(400, "InvalidParameter", message)
    }

    /// An operation that is not served here.
    pub(super) fn unknown_api() -> Self {
        Refusal::new(
            404,
            "InvalidAction.NotFound",
            "Specified api is not found, please check your url and method.",
        )
    }

    /// A failure on the server's side.
    pub(super) fn internal() -> Self {
        Refusal::new(
            500,
            "InternalError",
            "The request processing has failed due to some unknown error.",
        )
    }
}

/// A status and a text: what a product wrote, or what other services and proxies send instead.
pub(super) struct Page {
    status: u16,
    content_type: &'static str,
    text: String,
}

impl Page {
    pub(super) fn new(status: u16, content_type: &'static str, text: impl Into<String>) -> Self {
        Page {
            status,
            content_type,
            text: text.into(),
        }
    }

    pub(super) fn json(status: u16, members: Members) -> Self {
        let text = Value::Object(members).to_string();
        Page::new(status, "application/json", text)
    }

    /// The page as an answer, without the headers of a product.
    pub(super) fn whole(self) -> Response<Body> {
        respond(self.status, self.content_type, Body::whole(self.text))
    }

    /// The same, broken off: its length promises more than comes.
    pub(super) fn half(&self) -> Response<Body> {
        let half = self.text.chars().take(self.text.chars().count() / 2);
        let body = Body::cut(half.collect());
        let mut response = respond(self.status, self.content_type, body);
        let promised = HeaderValue::from(self.text.len());
        response.headers_mut().insert(CONTENT_LENGTH, promised);
        response
    }
}

/// The format of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// `Format=JSON`.
    Json,
    /// What RPC-style products answer unless asked.
    Xml,
}

/// What every answer to one request has in common.
pub(super) struct Letterhead {
    /// JSON or XML.
    pub(super) format: Format,
    /// The id of the request.
    pub(super) request_id: String,
    /// The host the client asked for.
    pub(super) host: String,
    /// The server's clock as an HTTP date.
    pub(super) date: String,
    /// The product in links to explanations.
    pub(super) product: &'static str,
    /// True when members start with a small letter.
    pub(super) small_letters: bool,
}

impl Letterhead {
    /// The answer to a call that worked.
    pub(super) fn success(&self, action: &str, members: Members) -> Response<Body> {
        self.page(self.written(action, members))
    }

    /// The same, broken off.
    pub(super) fn truncated(&self, action: &str, members: Members) -> Response<Body> {
        self.half(&self.written(action, members))
    }

    fn written(&self, action: &str, members: Members) -> Page {
        let mut all = self.beginning();
        all.extend(members);
        let text = self.render(&format!("{action}Response"), all);
        Page::new(200, self.content_type(), text)
    }

    /// The beginning of a page under the length of the whole.
    pub(super) fn half(&self, page: &Page) -> Response<Body> {
        self.headed(page.half())
    }

    /// A refusal in the service's shape.
    pub(super) fn refusal(&self, refusal: &Refusal) -> Response<Body> {
        let mut all = self.beginning();
        let recommend = format!(
            "https://api.aliyun.com/troubleshoot?q={}&product={}",
            refusal.code, self.product
        );
        let members = [
            ("HostId", self.host.as_str()),
            ("Code", &refusal.code),
            ("Message", &refusal.message),
            ("Recommend", &recommend),
        ];
        all.extend(members.map(|(name, text)| (name.to_owned(), Value::from(text))));
        if let Some(detail) = &refusal.access_denied {
            all.insert("AccessDeniedDetail".to_owned(), detail.clone());
        }
        let text = self.render("Error", all);
        let mut response = self.page(Page::new(refusal.status, self.content_type(), text));
        if let Some(milliseconds) = refusal.retry_after {
            response.headers_mut().insert(
                HeaderName::from_static("x-acs-retry-after"),
                HeaderValue::from(milliseconds),
            );
        }
        response
    }

    /// The page.
    pub(super) fn page(&self, page: Page) -> Response<Body> {
        self.headed(page.whole())
    }

    fn beginning(&self) -> Members {
        Members::from_iter([(
            "RequestId".to_owned(),
            Value::from(self.request_id.as_str()),
        )])
    }

    const fn content_type(&self) -> &'static str {
        match self.format {
            Format::Json => "application/json;charset=utf-8",
            Format::Xml => "text/xml;charset=utf-8",
        }
    }

    fn render(&self, root: &str, members: Members) -> String {
        let members = if self.small_letters {
            with_small_letters(members)
        } else {
            members
        };
        match self.format {
            Format::Json => Value::Object(members).to_string(),
            Format::Xml => xml(root, &members),
        }
    }

    fn headed(&self, mut response: Response<Body>) -> Response<Body> {
        let headers = response.headers_mut();
        let request_id = HeaderName::from_static("x-acs-request-id");
        for (name, text) in [(request_id, &self.request_id), (DATE, &self.date)] {
            if let Ok(value) = HeaderValue::from_str(text) {
                headers.insert(name, value);
            }
        }
        response
    }
}

fn respond(status: u16, content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let content_type = HeaderValue::from_static(content_type);
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

/// The same with a small first letter in the name of every member.
pub(super) fn with_small_letters(members: Members) -> Members {
    let small = |(name, inner): (String, Value)| {
        let mut letters = name.chars();
        let first = letters.next().map(|letter| letter.to_ascii_lowercase());
        (
            first.into_iter().chain(letters).collect(),
            small_letters_within(inner),
        )
    };
    members.into_iter().map(small).collect()
}

fn small_letters_within(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(with_small_letters(members)),
        Value::Array(items) => items.into_iter().map(small_letters_within).collect(),
        other => other,
    }
}

fn xml(root: &str, members: &Members) -> String {
    Writer::document(root, "", |writer| write_all(members, writer))
}

fn write_all(members: &Members, writer: &mut Writer) {
    members
        .iter()
        .for_each(|(name, value)| write(name, value, writer));
}

fn write(name: &str, value: &Value, writer: &mut Writer) {
    match value {
        // A list is its items, each under the name of the list.
        Value::Array(items) => items.iter().for_each(|item| write(name, item, writer)),
        Value::Object(members) => writer.element(name, |writer| write_all(members, writer)),
        Value::String(text) => writer.text(name, speakable(text)),
        other => writer.text(name, other),
    }
}
