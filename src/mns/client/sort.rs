//! What an attempt came to: a call that was carried out, or why it was not, as far as we know.

use super::call::{Call, Done};
use crate::http::Response;
use crate::mns::xml::read_error;
use crate::openapi::client::attempt::{Clues, Miss};
use crate::openapi::refusal::{Head, describe};
use crate::xml;

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
        let clues = Clues {
            retry_after: None,
            date: date(),
            string_to_sign,
        };
        return Err(Miss::Refused(error, clues));
    }
    if is_success || call.is_partly_done(&root) {
        done(Some(root))
    } else {
        nonsense()
    }
}
