//! What an attempt came to: a call that was carried out, or why it was not, as far as we know.

use super::call::{Call, Done};
use crate::http::{self, Failure, Response};
use crate::mns::xml::read_error;
use crate::openapi::refusal::{Cause, Head, Refusal, describe};
use crate::xml;

/// One attempt that was not carried out, as far as we know.
#[derive(Debug)]
pub(super) enum Miss {
    Refused {
        error: Refusal,
        date: Option<String>,
        string_to_sign: String,
    },
    Nonsense(u16, String),
    Lost(Failure),
}

/// What an answer says of the call.
pub(super) fn sort(
    call: &Call<'_>,
    response: &Response,
    string_to_sign: String,
) -> std::result::Result<Done, Miss> {
    let status = response.status;
    let is_success = (200..300).contains(&status);
    let date = || response.header("date").map(str::to_owned);
    let done = |root| {
        Ok(Done {
            status,
            root,
            date: date(),
            repeated: false,
        })
    };
    let nonsense = || {
        let head = Head {
            status,
            content_type: response.header("content-type"),
            request_id: None,
        };
        Err(Miss::Nonsense(status, describe(head, &response.text())))
    };
    if response.body.trim_ascii().is_empty() {
        // The only ones that the service gives without a body; another's 200 says nothing about a queue.
        let is_ours = matches!(status, 201 | 204);
        return if is_ours { done(None) } else { nonsense() };
    }
    let Ok(root) = xml::parse(&response.text()) else {
        return nonsense();
    };
    if let Some(mut error) = read_error(status, &root) {
        let from_header = || response.header("x-mns-request-id").map(str::to_owned);
        error.request_id = error.request_id.or_else(from_header);
        return Err(Miss::Refused {
            error,
            date: date(),
            string_to_sign,
        });
    }
    if is_success || call.is_partly_done(&root) {
        done(Some(root))
    } else {
        nonsense()
    }
}

impl Miss {
    /// Why it was not carried out, in a few words.
    pub(super) fn why(&self) -> &str {
        match self {
            Miss::Refused { error, .. } => &error.code,
            Miss::Nonsense(_, description) => description,
            Miss::Lost(failure) => &failure.message,
        }
    }

    /// A refusal proves that nothing happened, unless the server broke down over it.
    pub(super) fn may_have_taken_effect(&self) -> bool {
        match self {
            Miss::Refused { error, .. } => error.cause() == Cause::ServerTrouble,
            Miss::Nonsense(..) => true,
            Miss::Lost(failure) => failure.sent,
        }
    }

    /// Whether nobody says that the service is done with it.
    pub(super) fn may_be_under_way(&self) -> bool {
        match self {
            Miss::Refused { error, .. } => http::is_lost_by_gateway(error.status),
            Miss::Nonsense(status, _) => http::is_lost_by_gateway(*status),
            Miss::Lost(failure) => failure.sent,
        }
    }
}
