//! How a call ends, and what each fault makes of it.

use serde_json::json;

use super::answer::Refusal;
use super::faults::Kind;
use super::operation::Operation;
use super::{AccessKey, mns};

const JSON: &str = "application/json";
const HTML: &str = "text/html; charset=utf-8";
const BAD_GATEWAY: &str = "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>";
const LOGIN: &str = "<!DOCTYPE html><html><head><title>Sign in</title></head><body><h1>Sign in to the network</h1></body></html>";
const GARBAGE: &str = "{\"RequestId\": \u{1}<<< not an answer";

/// How a call ends, and the word for it in the journal.
pub(super) struct Ending<S> {
    /// What the client gets.
    pub(super) answer: Answer<S>,
    /// `OK`, the code of the refusal, or the name of a fault.
    pub(super) outcome: String,
}

/// What the client gets; `S` is what the product says of a success.
pub(super) enum Answer<S> {
    Success(S),
    Refusal(Refusal),
    /// Status, content type and text of something that is not the service's.
    Page(u16, &'static str, &'static str),
    /// The beginning of a success.
    Truncated(S),
    /// Nothing: the connection closes.
    Nothing,
}

impl<S> Ending<S> {
    fn named(answer: Answer<S>, outcome: &str) -> Self {
        Ending {
            answer,
            outcome: outcome.to_owned(),
        }
    }
}

impl<S> From<Refusal> for Ending<S> {
    fn from(refusal: Refusal) -> Self {
        Ending {
            outcome: refusal.code.clone(),
            answer: Answer::Refusal(refusal),
        }
    }
}

/// The ending that a fault makes of a call nobody has looked at.
pub(super) fn at_arrival<S>(fault: Kind, product: &str) -> Ending<S> {
    match fault {
        Kind::Throttle(_) if product == "mns" => {
            let words = "The number of requests per second exceeds the limit.";
            mns::refused("QpsLimitExceeded", words).into()
        }
        Kind::Error(code) if product == "mns" => {
            mns::refused(&code, "The emulator was told to answer so.").into()
        }
        Kind::Throttle(retry_after) => {
            let words = "Request was denied due to user flow control.";
            let refusal = Refusal::new(400, "Throttling.User", words);
            Refusal {
                retry_after,
                ..refusal
            }
            .into()
        }
        Kind::Unavailable => {
            let words = "The request has failed due to a temporary failure of the server.";
            Refusal::new(503, "ServiceUnAvailable", words).into()
        }
        Kind::Error(code) => Refusal::new(400, code, "The emulator was told to answer so.").into(),
        Kind::ResetBefore => Ending::named(Answer::Nothing, "reset-before"),
        Kind::Garbage => Ending::named(Answer::Page(200, JSON, GARBAGE), "garbage"),
        Kind::Html => Ending::named(Answer::Page(502, HTML, BAD_GATEWAY), "html"),
        Kind::HtmlOk => Ending::named(Answer::Page(200, HTML, LOGIN), "html-ok"),
        _ => Refusal::internal().into(),
    }
}

/// The refusal of a caller whose signature is right.
pub(super) fn denial(fault: &Kind, operation: Operation, key: &AccessKey) -> Option<Refusal> {
    match fault {
        Kind::Deny if operation.product() == "mns" => {
            let words = format!("You have no permission to do mns:{}.", operation.name());
            Some(mns::refused("AccessDenied", words))
        }
        Kind::Deny => {
            let words = "You are not authorized to do this action.";
            let detail = json!({
                "PolicyType": "AccountLevelIdentityBasedPolicy",
                "AuthAction": format!("{}:{}", operation.product(), operation.name()),
                "AuthPrincipalOwnerId": key.account_id,
                "AuthPrincipalType": "SubUser",
                "AuthPrincipalDisplayName": "emulated-user",
                "NoPermissionType": "ImplicitDeny",
                "EncodedDiagnosticMessage": "ZW11bGF0ZWQ=",
            });
            let refusal = Refusal::new(403, "Forbidden.RAM", words);
            Some(Refusal {
                access_denied: Some(detail),
                ..refusal
            })
        }
        Kind::DeniedApp => {
            let words = "You are not authorized to operate on the specified application.";
            Some(Refusal::new(403, "Forbidden", words))
        }
        Kind::Suspended => {
            let words = "The service is suspended because of an overdue payment.";
            Some(Refusal::new(403, "OperationDenied.Suspended", words))
        }
        Kind::NotActivated => {
            let words = "The service is not activated for this account.";
            Some(Refusal::new(403, "OperationDenied", words))
        }
        _ => None,
    }
}

/// The ending that a fault, if any, makes of a call that was carried out or refused by its product.
pub(super) fn after_effect<S>(fault: Option<&Kind>, result: Result<S, Refusal>) -> Ending<S> {
    match (fault, result) {
        (Some(Kind::ResetAfter), _) => Ending::named(Answer::Nothing, "reset-after"),
        (Some(Kind::InternalAfter), _) => {
            Ending::named(Answer::Refusal(Refusal::internal()), "internal-after")
        }
        (_, Err(refusal)) => refusal.into(),
        (Some(Kind::Truncate), Ok(members)) => {
            Ending::named(Answer::Truncated(members), "truncate")
        }
        (Some(Kind::DropEvents), Ok(members)) => {
            Ending::named(Answer::Success(members), "drop-events")
        }
        (Some(Kind::Foreign), Ok(members)) => Ending::named(Answer::Success(members), "foreign"),
        (_, Ok(members)) => Ending::named(Answer::Success(members), "OK"),
    }
}
