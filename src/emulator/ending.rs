//! How a call ends, and what each fault makes of it.

use serde_json::json;

use super::answer::{Members, Page, Refusal};
use super::disguise::Disguise;
use super::faults::Kind;
use super::operation::Operation;
use super::{mns, roles};

const JSON: &str = "application/json";
const HTML: &str = "text/html; charset=utf-8";
const BAD_GATEWAY: &str = "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>";
const LOGIN: &str = "<!DOCTYPE html><html><head><title>Sign in</title></head><body><h1>Sign in to the network</h1></body></html>";
const GARBAGE: &str = "{\"RequestId\": \u{1}<<< not an answer";

/// How a call ends, and the word for it in the journal. Members are what VOD and STS say of a
/// success.
pub(super) struct Ending<S = Members> {
    /// What the client gets.
    pub(super) answer: Answer<S>,
    /// `OK`, the code of the refusal, or the name of a fault.
    pub(super) outcome: String,
    /// What it is made to look like.
    pub(super) disguise: Option<Disguise>,
}

/// What the client gets; `S` is what the product says of a success.
pub(super) enum Answer<S> {
    Success(S),
    Refusal(Refusal),
    /// Something that is not in the shape of the product.
    Page(Page),
    /// The beginning of a success.
    Truncated(S),
    /// The beginning of such a page.
    Half(Page),
    /// Nothing: the connection closes.
    Nothing,
}

impl<S> Ending<S> {
    fn named(answer: Answer<S>, outcome: &str) -> Self {
        Ending {
            answer,
            outcome: outcome.to_owned(),
            disguise: None,
        }
    }

    fn disguised(answer: Answer<S>, disguise: Disguise) -> Self {
        Ending {
            disguise: Some(disguise),
            ..Ending::named(answer, disguise.name())
        }
    }

    /// A page.
    pub(super) fn page(page: Page, outcome: &str) -> Self {
        Ending::named(Answer::Page(page), outcome)
    }

    /// No answer.
    pub(super) fn closed(outcome: &str) -> Self {
        Ending::named(Answer::Nothing, outcome)
    }

    /// What a fault, if any, makes of it after the effect.
    pub(super) fn disturbed(self, fault: Option<&Kind>) -> Self {
        match (fault, self.answer) {
            (Some(Kind::ResetAfter), _) => Ending::closed("reset-after"),
            (Some(Kind::InternalAfter), _) => {
                Ending::named(Answer::Refusal(Refusal::internal()), "internal-after")
            }
            (Some(Kind::Truncate), Answer::Success(success)) => {
                Ending::named(Answer::Truncated(success), "truncate")
            }
            (Some(Kind::Truncate), Answer::Page(page)) => {
                Ending::named(Answer::Half(page), "truncate")
            }
            (Some(Kind::Disguised(disguise)), answer) => Ending::disguised(answer, *disguise),
            (Some(Kind::DropEvents), answer @ Answer::Success(_)) => {
                Ending::named(answer, "drop-events")
            }
            (Some(Kind::Foreign), answer @ Answer::Success(_)) => Ending::named(answer, "foreign"),
            (_, answer) => Ending { answer, ..self },
        }
    }
}

impl<S> From<Refusal> for Ending<S> {
    fn from(refusal: Refusal) -> Self {
        let code = refusal.code.clone();
        Ending::named(Answer::Refusal(refusal), &code)
    }
}

impl<S> From<Result<S, Refusal>> for Ending<S> {
    fn from(result: Result<S, Refusal>) -> Self {
        match result {
            Ok(success) => Ending::named(Answer::Success(success), "OK"),
            Err(refusal) => refusal.into(),
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
        Kind::ResetBefore => Ending::closed("reset-before"),
        Kind::Garbage => Ending::page(Page::new(200, JSON, GARBAGE), "garbage"),
        Kind::Html => Ending::page(Page::new(502, HTML, BAD_GATEWAY), "html"),
        Kind::HtmlOk => Ending::page(Page::new(200, HTML, LOGIN), "html-ok"),
        Kind::Disguised(disguise) => {
            Ending::disguised(Answer::Page(Page::new(302, HTML, "")), disguise)
        }
        _ => Refusal::internal().into(),
    }
}

/// STS's refusal to let the account assume a role.
pub(super) fn no_permission(account_id: &str) -> Refusal {
    unauthorized("NoPermission", Operation::Assume, account_id)
}

fn unauthorized(code: &str, operation: Operation, account_id: &str) -> Refusal {
    let words = "You are not authorized to do this action.";
    let detail = json!({
        "PolicyType": "AccountLevelIdentityBasedPolicy",
        "AuthAction": format!("{}:{}", operation.product(), operation.name()),
        "AuthPrincipalOwnerId": account_id,
        "AuthPrincipalType": "SubUser",
        "AuthPrincipalDisplayName": "emulated-user",
        "NoPermissionType": "ImplicitDeny",
        "EncodedDiagnosticMessage": "ZW11bGF0ZWQ=",
    });
    Refusal {
        access_denied: Some(detail),
        ..Refusal::new(403, code, words)
    }
}

/// The refusal of a caller of this account whose signature is right.
pub(super) fn denial(fault: &Kind, operation: Operation, account_id: &str) -> Option<Refusal> {
    match fault {
        Kind::Deny => Some(match operation {
            Operation::Assume => no_permission(account_id),
            Operation::Oidc => roles::oidc_denied(),
            Operation::Queue(operation) => {
                let words = format!("You have no permission to do mns:{}.", operation.name());
                mns::refused("AccessDenied", words)
            }
            _ => unauthorized("Forbidden.RAM", operation, account_id),
        }),
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
