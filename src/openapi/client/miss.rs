//! What an answer turned out to be: carried out, or why not.

use std::time::Duration;

use serde_json::Value;

use super::Answer;
use crate::http::{self, Failure, Response};
use crate::openapi::member;
use crate::openapi::refusal::{self, Cause, Head, Reading, Refusal};

/// One attempt that was not carried out.
#[derive(Debug)]
pub(super) enum Miss {
    Refused(Refusal, Clues),
    Nonsense(u16, String),
    Lost(Failure),
}

/// What an answer says beside its body.
#[derive(Debug)]
pub(super) struct Clues {
    pub(super) retry_after: Option<Duration>,
    pub(super) date: Option<String>,
    pub(super) string_to_sign: String,
}

/// Tells answers that carry a call out from all others.
pub(super) fn sort(
    response: Response,
    string_to_sign: String,
) -> std::result::Result<Answer, Miss> {
    let header_id = response.header("x-acs-request-id").map(str::to_owned);
    let head = Head {
        status: response.status,
        content_type: response.header("content-type"),
        request_id: header_id.as_deref(),
    };
    let text = response.text();
    match refusal::read(head, &text) {
        Reading::Success(value) => Ok(Answer {
            request_id: member(&value, "RequestId")
                .and_then(Value::as_str)
                .map(str::to_owned)
                .or(header_id),
            value,
            text: text.into_owned(),
        }),
        Reading::Refused(refusal) => Err(Miss::Refused(
            refusal,
            Clues {
                retry_after: response
                    .header("x-acs-retry-after")
                    .and_then(|text| text.trim().parse().ok())
                    .map(Duration::from_millis),
                date: response.header("date").map(str::to_owned),
                string_to_sign,
            },
        )),
        Reading::Nonsense(description) => Err(Miss::Nonsense(response.status, description)),
    }
}

impl Miss {
    /// Why it was not carried out, in a few words; the message of a refusal may quote what was sent.
    pub(super) fn why(&self) -> &str {
        match self {
            Miss::Refused(refusal, _) => &refusal.code,
            Miss::Nonsense(_, description) => description,
            Miss::Lost(failure) => &failure.message,
        }
    }

    /// A refusal proves that nothing happened, unless the server broke down over it, or says that it was
    /// handed the same request before.
    pub(super) fn may_have_taken_effect(&self) -> bool {
        match self {
            Miss::Refused(refusal, _) => {
                matches!(refusal.cause(), Cause::ServerTrouble | Cause::SentTwice)
            }
            Miss::Nonsense(..) => true,
            Miss::Lost(failure) => failure.sent,
        }
    }

    /// Whether nobody says that the service is done with it, so that what is read back proves nothing yet.
    pub(super) fn may_be_under_way(&self) -> bool {
        match self {
            Miss::Refused(refusal, _) => {
                refusal.cause() == Cause::SentTwice || http::is_lost_by_gateway(refusal.status)
            }
            Miss::Nonsense(status, _) => http::is_lost_by_gateway(*status),
            Miss::Lost(failure) => failure.sent,
        }
    }
}
