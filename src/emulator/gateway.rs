//! The gate in front of the products: it lets a request through that is complete, timely, new and
//! signed by a key it knows.
//!
//! The order of the checks is the service's, as far as its answers tell. A nonce is used up by a
//! correctly signed request only, so that nobody can spoil the nonces of others.

use std::sync::Mutex;

use jiff::Timestamp;
use subtle::ConstantTimeEq;

use super::answer::Refusal;
use super::issued::{Caller, Keyring};
use super::message::{Claims, Message, Scheme};
use super::nonces::Nonces;
use super::operation::Operation;
use super::{AccessKey, held};
use crate::openapi::{TOLERANCE, acs3, canonical_query, rpc};
use crate::order;

/// What a request needs that carries no signature.
const UNSIGNED_TOO: [&str; 3] = ["Action", "Version", "Timestamp"];

/// Lets a message through: the operation it may do, and who signed it. An operation that needs no
/// key has no caller, even if it is signed.
pub(super) fn verify(
    message: &Message,
    keyring: &Keyring,
    nonces: &Mutex<Nonces>,
    now: Timestamp,
) -> Result<(Operation, Option<Caller>), Refusal> {
    let claims = &message.claims;
    check_verb_and_path(message)?;
    let needs_no_key = message.operation().is_some_and(Operation::needs_no_key);
    check_presence(message, needs_no_key)?;
    let operation = Operation::find(&claims.version, &claims.action)?;
    if needs_no_key {
        check_timestamp(&claims.timestamp, now)?;
        return Ok((operation, None));
    }
    check_signature_method(message)?;
    check_timestamp(&claims.timestamp, now)?;
    let caller = keyring.find(&claims.access_key_id).ok_or_else(|| {
        let message = "Specified access key is not found.";
        Refusal::new(404, "InvalidAccessKeyId.NotFound", message)
    })?;
    check_token(claims, &caller, keyring, now)?;
    check_signature(message, &caller.key)?;
    if !held(nonces).burn(&caller.key.access_key_id, &claims.nonce, now) {
        let message = "Specified signature nonce was used already.";
        return Err(Refusal::new(400, "SignatureNonceUsed", message));
    }
    Ok((operation, Some(caller)))
}

fn check_verb_and_path(message: &Message) -> Result<(), Refusal> {
    if !matches!(message.method.as_str(), "GET" | "POST") {
        let words = "This HTTP method is not supported.";
        return Err(Refusal::new(400, "UnsupportedHTTPMethod", words));
    }
    if message.path != "/" {
        return Err(Refusal::unknown_api());
    }
    Ok(())
}

fn check_presence(message: &Message, needs_no_key: bool) -> Result<(), Refusal> {
    let claims = &message.claims;
    // ACS3 names method and version in one word.
    let signature_version = match claims.scheme {
        Scheme::Rpc => message.parameter("SignatureVersion"),
        Scheme::Acs3 { .. } => acs3::ALGORITHM,
    };
    let mandatory = [
        ("Action", claims.action.as_str()),
        ("Version", &claims.version),
        ("AccessKeyId", &claims.access_key_id),
        ("Signature", &claims.signature),
        ("SignatureMethod", &claims.signature_method),
        ("SignatureVersion", signature_version),
        ("SignatureNonce", &claims.nonce),
        ("Timestamp", &claims.timestamp),
    ];
    let absent = mandatory
        .into_iter()
        .find(|(name, value)| value.is_empty() && (!needs_no_key || UNSIGNED_TOO.contains(name)));
    match absent {
        Some((name, _)) => Err(Refusal::missing_common(name)),
        None => Ok(()),
    }
}

fn check_signature_method(message: &Message) -> Result<(), Refusal> {
    let (expected, version_fits) = match message.claims.scheme {
        Scheme::Rpc => ("HMAC-SHA1", message.parameter("SignatureVersion") == "1.0"),
        Scheme::Acs3 { .. } => (acs3::ALGORITHM, true),
    };
    let refuse = |name: &str| {
        let words = format!("Specified parameter {name} is not valid.");
        Err(Refusal::new(400, format!("Invalid{name}"), words))
    };
    if message.claims.signature_method != expected {
        return refuse("SignatureMethod");
    }
    if !version_fits {
        return refuse("SignatureVersion");
    }
    Ok(())
}

fn check_timestamp(text: &str, now: Timestamp) -> Result<(), Refusal> {
    let Some(at) = parse_timestamp(text) else {
        let words = "Specified time stamp or date value is not well formatted.";
        return Err(Refusal::new(400, "InvalidTimeStamp.Format", words));
    };
    if now.duration_since(at).abs() > TOLERANCE {
        let words = "Specified time stamp or date value is expired.";
        return Err(Refusal::new(400, "InvalidTimeStamp.Expired", words));
    }
    Ok(())
}

/// `yyyy-MM-ddTHH:mm:ssZ` and no other of the forms that ISO 8601 allows.
fn parse_timestamp(text: &str) -> Option<Timestamp> {
    let shape = b"0000-00-00T00:00:00Z";
    let fits = text.len() == shape.len()
        && text.bytes().zip(shape).all(|(byte, wanted)| match wanted {
            b'0' => byte.is_ascii_digit(),
            other => byte == *other,
        });
    if fits { text.parse().ok() } else { None }
}

fn check_token(
    claims: &Claims,
    caller: &Caller,
    keyring: &Keyring,
    now: Timestamp,
) -> Result<(), Refusal> {
    let refuse = |what, words| {
        let code = format!("InvalidSecurityToken.{what}");
        Err(Refusal::new(400, code, words))
    };
    let given = claims.security_token.as_str();
    match &caller.key.security_token {
        None if given.is_empty() => Ok(()),
        Some(_) if given.is_empty() => Err(Refusal::missing_common("SecurityToken")),
        Some(token) if equal(token.expose(), given) => match &caller.session {
            Some(session) if session.expires <= now => {
                refuse("Expired", "Specified SecurityToken is expired.")
            }
            _ => Ok(()),
        },
        Some(_) if !keyring.has_token(given) => {
            refuse("Malformed", "Specified SecurityToken is malformed.")
        }
        _ => refuse(
            "MismatchWithAccessKey",
            "Specified SecurityToken mismatch with the AccessKey.",
        ),
    }
}

fn check_signature(message: &Message, key: &AccessKey) -> Result<(), Refusal> {
    match &message.claims.scheme {
        Scheme::Rpc => check_rpc(message, key),
        Scheme::Acs3 { signed_headers } => check_acs3(message, signed_headers, key),
    }
}

fn check_rpc(message: &Message, key: &AccessKey) -> Result<(), Refusal> {
    let mut signed = message.parameters.clone();
    signed.remove("Signature");
    let text = rpc::string_to_sign(&message.method, &canonical_query(&signed));
    if equal(
        &rpc::signature(&text, &key.access_key_secret),
        &message.claims.signature,
    ) {
        return Ok(());
    }
    // The service shows its string, secrets included; a client must be able to cope with that.
    let words = format!(
        "Specified signature is not matched with our calculation. server string to sign is:{text}"
    );
    Err(Refusal::new(400, "SignatureDoesNotMatch", words))
}

fn check_acs3(message: &Message, signed: &[String], key: &AccessKey) -> Result<(), Refusal> {
    let must_be_signed =
        |name: &str| name == "host" || name == "content-type" || name.starts_with("x-acs-");
    let unsigned = message
        .headers
        .keys()
        .map(String::as_str)
        .chain(["host", "x-acs-content-sha256"])
        .find(|name| must_be_signed(name) && !signed.iter().any(|other| other == name));
    if let Some(name) = unsigned {
        let words = format!(
            "The request signature does not conform to Aliyun standards: {name} is not signed."
        );
        return Err(Refusal::new(400, "IncompleteSignature", words));
    }
    let headers = order::map(signed.iter().map(|name| {
        let value = message.headers.get(name).cloned().unwrap_or_default();
        (name.clone(), value)
    }));
    let request = acs3::canonical_request(acs3::Request {
        method: &message.method,
        path: "/",
        query: &canonical_query(&message.query),
        headers: &headers,
        body_sha256: &message.body_sha256,
    });
    let text = acs3::string_to_sign(&request);
    let claimed_hash = message.headers.get("x-acs-content-sha256");
    if equal(
        &acs3::signature(&text, &key.access_key_secret),
        &message.claims.signature,
    ) && claimed_hash == Some(&message.body_sha256)
    {
        return Ok(());
    }
    let words = format!(
        "Specified signature does not match our calculation. \
         server StringToSign is [{text}] server CanonicalRequest is [{request}]"
    );
    Err(Refusal::new(400, "SignatureDoesNotMatch", words))
}

/// Compares in a time that does not tell where two texts differ.
pub(super) fn equal(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}
