//! RPC signature 1.0: HMAC-SHA1 over the sorted parameters.
//!
//! Neither host nor path, headers or body type are signed, and the same parameters sent by GET and
//! by POST have different signatures.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};

use super::{Parameters, canonical_query, encode};
use crate::credential::Credential;
use crate::secret::Secret;

/// `METHOD&%2F&` and the canonical query, encoded once more.
pub fn string_to_sign(method: &str, canonical_query: &str) -> String {
    format!("{method}&%2F&{}", encode(canonical_query))
}

/// Base64 of the HMAC-SHA1; the key is the secret followed by `&`.
pub fn signature(string_to_sign: &str, access_key_secret: &Secret) -> String {
    let key = Secret::new(format!("{}&", access_key_secret.expose()));
    hmac_sha1(string_to_sign, &key)
}

/// Base64 of the HMAC-SHA1 with this key.
pub fn hmac_sha1(text: &str, key: &Secret) -> String {
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(key.expose().as_bytes())
        .expect("HMAC takes keys of any length");
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

/// What is the same for every call of one product and what must be fresh each time.
#[derive(Debug, Clone, Copy)]
pub struct Envelope<'a> {
    /// The operation, for example `GetMessageCallback`.
    pub action: &'a str,
    /// The version of the product's API, for example `2017-03-21`.
    pub version: &'a str,
    /// UTC, `yyyy-MM-ddTHH:mm:ssZ`; the service tolerates 15 minutes.
    pub timestamp: &'a str,
    /// Never used before; the service refuses a repetition.
    pub nonce: &'a str,
}

/// The operation's parameters and those that an operation without signature needs.
pub fn unsigned(envelope: Envelope<'_>, operation: &Parameters) -> Parameters {
    let mut all = operation.clone();
    let common = [
        ("Action", envelope.action),
        ("Version", envelope.version),
        ("Format", "JSON"),
        ("Timestamp", envelope.timestamp),
    ];
    all.extend(common.map(|(name, value)| (name.to_owned(), value.to_owned())));
    all
}

/// A signed request; it holds tokens and keys, so it cannot be printed.
#[derive(Clone)]
pub struct Signed {
    /// The operation's parameters, the common ones and the `Signature`, ready to encode.
    pub parameters: Parameters,
    /// What was signed, to compare with what the service says it signed.
    pub string_to_sign: String,
}

/// Adds the common parameters and the signature to those of the operation.
pub fn sign(
    method: &str,
    envelope: Envelope<'_>,
    operation: &Parameters,
    credential: &Credential,
) -> Signed {
    let mut all = unsigned(envelope, operation);
    let common = [
        ("AccessKeyId", credential.access_key_id.as_str()),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureVersion", "1.0"),
        ("SignatureNonce", envelope.nonce),
    ];
    all.extend(common.map(|(name, value)| (name.to_owned(), value.to_owned())));
    if let Some(token) = &credential.security_token {
        all.insert("SecurityToken".into(), token.expose().into());
    }
    let string_to_sign = string_to_sign(method, &canonical_query(&all));
    all.insert(
        "Signature".into(),
        signature(&string_to_sign, &credential.access_key_secret),
    );
    Signed {
        parameters: all,
        string_to_sign,
    }
}
