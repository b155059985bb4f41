//! How to speak to any Alibaba Cloud product.
//!
//! [`rpc`] and [`acs3`] are the two signatures, pure arithmetic without clock, randomness or
//! socket; [`client`] sends what they signed, tries again and explains refusals.
//! The recipes are the vendor's "request signature" pages; the expected results in the tests were
//! made with the official SDKs.

pub mod acs3;
pub mod client;
pub mod refusal;
pub mod rpc;

use jiff::SignedDuration;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// Everything but the unreserved characters of RFC 3986: `A-Z a-z 0-9 - _ . ~` stay.
const STRICT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// The services take a signature by a clock that is off by so much.
pub const TOLERANCE: SignedDuration = SignedDuration::from_mins(15);

/// Request parameters as the user means them, names in byte order.
pub type Parameters = std::collections::BTreeMap<String, String>;

/// Percent-encodes as both signatures ask: UTF-8 bytes, upper-case hex, blank as `%20`.
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() * 2);
    encoded.extend(utf8_percent_encode(text, STRICT));
    encoded
}

/// The canonical query, which is also what goes over the wire: `name=value` joined by `&`.
///
/// A parameter with an empty value stays as `Name=`; for `EventTypeList` that is a meaning of its own.
pub fn canonical_query(parameters: &Parameters) -> String {
    let mut query = String::with_capacity(512);
    for (name, value) in parameters {
        if !query.is_empty() {
            query.push('&');
        }
        query.extend(utf8_percent_encode(name, STRICT));
        query.push('=');
        query.extend(utf8_percent_encode(value, STRICT));
    }
    query
}

/// A member of an answer by its name, or by its name with a small first letter as some gateways write.
pub fn member<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    let mut small = name.to_owned();
    small[..1].make_ascii_lowercase();
    object.get(name).or_else(|| object.get(&small))
}
