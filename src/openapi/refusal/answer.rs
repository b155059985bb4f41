//! What an answer turned out to be: a success, a refusal in one of its forms, or neither.

use serde_json::Value;

use super::Refusal;
use crate::openapi::member;
use crate::text::counted;
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
    let value = serde_json::from_str::<Value>(body);
    let refusal = match &value {
        Ok(value) => json_refusal(status, value),
        Err(_) => xml_refusal(status, body),
    };
    match (refusal, value) {
        (Some(mut refusal), _) => {
            let from_header = || head.request_id.map(str::to_owned);
            refusal.request_id = refusal.request_id.or_else(from_header);
            Reading::Refused(refusal.in_words())
        }
        (None, Ok(value)) if (200..300).contains(&status) && has_request_id(&value) => {
            Reading::Success(value)
        }
        _ => Reading::Nonsense(describe(head, body)),
    }
}

fn has_request_id(value: &Value) -> bool {
    member(value, "RequestId").is_some_and(Value::is_string)
}

/// A `Code` that is text is a refusal, whatever the status says.
fn json_refusal(status: u16, value: &Value) -> Option<Refusal> {
    let text_in = |object, name: &str| member(object, name)?.as_str().map(str::to_owned);
    let text = |name: &str| text_in(value, name);
    let detail = member(value, "AccessDeniedDetail");
    Some(Refusal {
        status,
        code: text("Code").filter(|code| !code.is_empty())?,
        message: text("Message").unwrap_or_default(),
        request_id: text("RequestId"),
        denied_action: detail.and_then(|detail| text_in(detail, "AuthAction")),
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
    let size = counted(body.len(), "byte", "bytes");
    let mut text = format!("HTTP status {}, {kind}, {size}", head.status);
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
