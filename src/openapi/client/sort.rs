//! What an answer turned out to be: carried out, or why not.

use std::time::Duration;

use serde_json::Value;

use super::Answer;
use super::attempt::{Clues, Miss};
use crate::http::Response;
use crate::openapi::member;
use crate::openapi::refusal::{self, Head, Reading};

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
