//! What was called, for tests and for people who debug a client.

use std::collections::VecDeque;

use jiff::Timestamp;

use crate::openapi::Parameters;
use crate::order;

const MAX_CALLS: usize = 10_000;
/// Longer values and further parameters are of no use to a reader and would fill the memory.
const MAX_VALUE_BYTES: usize = 2048;
const MAX_PARAMETERS: usize = 64;
/// Longer paths are shown without their end.
const MAX_SHOWN: usize = 256;
const SECRET: [&str; 6] = [
    "AuthKey",
    "Signature",
    "SecurityToken",
    "OIDCToken",
    "access_token",
    "refresh_token",
];

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// When it came in, by the emulator's clock without any skew.
    pub at: Timestamp,
    /// The account of the key it names; empty when the key is unknown.
    pub account_id: String,
    /// The operation it asked for, known or not; verb and path where no operation is named.
    pub action: String,
    /// The centre it was for.
    pub region: String,
    /// The application it was for.
    pub app_id: String,
    /// Everything in query and form except `AuthKey`, `Signature` and tokens.
    pub parameters: Parameters,
    /// `OK`, the code of the refusal, or the name of the fault that left no code or a false one.
    pub outcome: String,
}

/// The last calls.
#[derive(Default)]
pub(super) struct Journal(VecDeque<Call>);

impl Journal {
    pub(super) fn add(&mut self, call: Call) {
        if self.0.len() == MAX_CALLS {
            self.0.pop_front();
        }
        self.0.push_back(call);
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        self.0.iter().cloned().collect()
    }
}

/// What stands for the name of an operation where none is named, for example
/// `GET /credentials-uri`.
pub(super) fn place(method: &str, path: &str) -> String {
    let whole = format!("{method} {path}");
    whole.chars().take(MAX_SHOWN).collect()
}

/// The parameters as they may be kept.
pub(super) fn presentable(parameters: &Parameters) -> Parameters {
    let presentable = parameters.iter().filter(|(name, value)| {
        !SECRET.contains(&name.as_str()) && name.len() + value.len() <= MAX_VALUE_BYTES
    });
    let some = presentable.take(MAX_PARAMETERS);
    order::map(some.map(|(name, value)| (name.clone(), value.clone())))
}
