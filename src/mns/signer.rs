//! The header signature: HMAC-SHA1 over verb, some headers, and the request line's path and query.
//!
//! What is signed is what is sent, byte for byte: nothing is sorted or encoded here except the
//! names of the `x-mns-` headers. There is no nonce; a request stays valid for 15 minutes.

use std::collections::BTreeMap;

use crate::credential::Credential;
use crate::openapi::rpc;
use crate::secret::Secret;

/// Headers by lower-case name.
pub type Headers = BTreeMap<String, String>;

/// What the signature covers.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The verb in capitals.
    pub method: &'a str,
    /// Path and query exactly as in the request line.
    pub resource: &'a str,
    /// The headers; only `content-md5`, `content-type`, `date` and `x-mns-…` matter.
    pub headers: &'a Headers,
}

/// Every `x-mns-` header as `name:value` and a line feed, by name.
pub fn canonicalized_headers(headers: &Headers) -> String {
    headers
        .iter()
        .filter(|(name, _)| name.starts_with("x-mns-"))
        .map(|(name, value)| format!("{name}:{value}\n"))
        .collect()
}

/// The text that is signed. A header that is not sent leaves its line empty.
pub fn string_to_sign(request: Request<'_>) -> String {
    let value = |name: &str| request.headers.get(name).map_or("", String::as_str);
    format!(
        "{}\n{}\n{}\n{}\n{}{}",
        request.method,
        value("content-md5"),
        value("content-type"),
        value("date"),
        canonicalized_headers(request.headers),
        request.resource
    )
}

/// Base64 of the HMAC-SHA1; the key is the secret as it is.
pub fn signature(string_to_sign: &str, access_key_secret: &Secret) -> String {
    rpc::hmac_sha1(string_to_sign, access_key_secret)
}

/// The value of the `Authorization` header.
pub fn authorization(access_key_id: &str, signature: &str) -> String {
    format!("MNS {access_key_id}:{signature}")
}

/// A signed set of headers. It holds tokens and signatures, so it cannot be printed.
#[derive(Clone)]
pub struct Signed {
    /// Everything to send except `Host`, which the HTTP client writes.
    pub headers: Headers,
    /// What was signed, to compare with what the service says it signed.
    pub string_to_sign: String,
}

/// Adds what every request must carry to the headers of this one. `date` is an HTTP date.
///
/// The security token is sent and not signed: its name does not begin with `x-mns-`.
pub fn sign(
    method: &str,
    resource: &str,
    mut headers: Headers,
    date: &str,
    credential: &Credential,
) -> Signed {
    headers.insert("date".into(), date.into());
    headers.insert("x-mns-version".into(), super::VERSION.into());
    let string_to_sign = string_to_sign(Request {
        method,
        resource,
        headers: &headers,
    });
    let signature = signature(&string_to_sign, &credential.access_key_secret);
    headers.insert(
        "authorization".into(),
        authorization(&credential.access_key_id, &signature),
    );
    if let Some(token) = &credential.security_token {
        headers.insert("security-token".into(), token.expose().into());
    }
    Signed {
        headers,
        string_to_sign,
    }
}
