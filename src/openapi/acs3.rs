//! ACS3-HMAC-SHA256: the signature travels in headers and covers them, the query and the body.
//!
//! Unlike RPC 1.0 the operation is named in a header, so the parameters alone say nothing about it.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::rpc::Envelope;
use crate::credential::Credential;
use crate::digest::{hex, sha256_hex};
use crate::secret::Secret;

/// The name of the algorithm, first word of the `Authorization` header.
pub const ALGORITHM: &str = "ACS3-HMAC-SHA256";

/// Headers by lower-case name, in byte order.
pub type Headers = std::collections::BTreeMap<String, String>;

/// What is signed.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The verb really sent.
    pub method: &'a str,
    /// `/` for RPC-style products.
    pub path: &'a str,
    /// The canonical query, see [`super::canonical_query`].
    pub query: &'a str,
    /// The headers to sign and no others.
    pub headers: &'a Headers,
    /// Lower-case hex SHA-256 of the body as sent.
    pub body_sha256: &'a str,
}

/// The `;`-joined names of the signed headers.
pub fn signed_headers(headers: &Headers) -> String {
    headers
        .keys()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(";")
}

/// The text whose hash is signed. The header block ends with a newline of its own, hence an empty line.
pub fn canonical_request(request: Request<'_>) -> String {
    let lines: String = request
        .headers
        .iter()
        .map(|(name, value)| format!("{name}:{}\n", value.trim()))
        .collect();
    [
        request.method,
        request.path,
        request.query,
        &lines,
        &signed_headers(request.headers),
        request.body_sha256,
    ]
    .join("\n")
}

/// The algorithm's name and the hash of the canonical request.
pub fn string_to_sign(canonical_request: &str) -> String {
    format!("{ALGORITHM}\n{}", sha256_hex(canonical_request.as_bytes()))
}

/// Lower-case hex of the HMAC-SHA256; the key is the secret alone, without `&`.
pub fn signature(string_to_sign: &str, access_key_secret: &Secret) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(access_key_secret.expose().as_bytes())
        .expect("HMAC takes keys of any length");
    mac.update(string_to_sign.as_bytes());
    hex(&mac.finalize().into_bytes())
}

/// The value of the `Authorization` header.
pub fn authorization(access_key_id: &str, signed_headers: &str, signature: &str) -> String {
    format!(
        "{ALGORITHM} Credential={access_key_id},SignedHeaders={signed_headers},Signature={signature}"
    )
}

/// A signed request; it holds tokens, so it cannot be printed.
#[derive(Clone)]
pub struct Signed {
    /// Every header to send, `host` and `authorization` among them.
    pub headers: Headers,
    /// What was signed, to compare with what the service says it signed.
    pub string_to_sign: String,
}

/// Signs a POST with this canonical query and an empty body.
pub fn sign(envelope: Envelope<'_>, host: &str, query: &str, credential: &Credential) -> Signed {
    let body_sha256 = sha256_hex(b"");
    let mut headers: Headers = [
        ("host", host),
        ("x-acs-action", envelope.action),
        ("x-acs-version", envelope.version),
        ("x-acs-date", envelope.timestamp),
        ("x-acs-signature-nonce", envelope.nonce),
        ("x-acs-content-sha256", &body_sha256),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    if let Some(token) = &credential.security_token {
        headers.insert("x-acs-security-token".into(), token.expose().into());
        headers.insert(
            "x-acs-accesskey-id".into(),
            credential.access_key_id.clone(),
        );
    }
    let string_to_sign = string_to_sign(&canonical_request(Request {
        method: "POST",
        path: "/",
        query,
        headers: &headers,
        body_sha256: &body_sha256,
    }));
    let value = authorization(
        &credential.access_key_id,
        &signed_headers(&headers),
        &signature(&string_to_sign, &credential.access_key_secret),
    );
    headers.insert("authorization".into(), value);
    Signed {
        headers,
        string_to_sign,
    }
}
