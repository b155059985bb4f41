//! Lets a request through that is complete, timely, signed by a key it knows and for the key's own
//! account. The order of the checks is not documented.

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;

use super::request::Request;
use crate::digest::hex;
use crate::emulator::AccessKey;
use crate::emulator::answer::Refusal;
use crate::emulator::gateway::equal;
use crate::emulator::issued::{Caller, Keyring};
use crate::mns::{VERSION, signer};
use crate::openapi::TOLERANCE;

/// Who signed the request.
pub(super) fn verify(
    request: &Request,
    keyring: &Keyring,
    now: Timestamp,
) -> Result<Caller, Refusal> {
    let (access_key_id, signature) = authorization(request)?;
    let date = date(request)?;
    match request.header("x-mns-version") {
        "" => return refuse("MissingVersionHeader", "x-mns-version header is required."),
        VERSION => {}
        _ => {
            return refuse(
                "InvalidArgument",
                "The value of x-mns-version is not valid.",
            );
        }
    }
    if now.duration_since(date).abs() > TOLERANCE {
        let words = "The http request you sent is expired.";
        return Err(Refusal::new(408, "TimeExpired", words));
    }
    let caller = keyring.find(access_key_id).ok_or_else(|| {
        let words = "The AccessKey Id you provided is not exist.";
        Refusal::new(403, "InvalidAccessKeyId", words)
    })?;
    check_token(request, &caller, now)?;
    check_signature(request, &caller.key, signature)?;
    check_digest(request)?;
    match request.account_id() {
        Some(account_id) if account_id != caller.key.account_id => {
            let words = "The OwnerId that your Access Key Id associated to is forbidden for this operation.";
            Err(Refusal::new(403, "AccessDenied", words))
        }
        _ => Ok(caller),
    }
}

fn refuse<T>(code: &str, words: &str) -> Result<T, Refusal> {
    Err(Refusal::new(400, code, words))
}

fn authorization(request: &Request) -> Result<(&str, &str), Refusal> {
    let value = request.header("authorization");
    if value.is_empty() {
        return refuse(
            "MissingAuthorizationHeader",
            "Authorization header is required.",
        );
    }
    let pair = value
        .strip_prefix("MNS ")
        .and_then(|rest| rest.split_once(':'));
    match pair.filter(|(id, signature)| !id.is_empty() && !signature.is_empty()) {
        Some(pair) => Ok(pair),
        None => refuse(
            "InvalidAuthorizationHeader",
            "The Authorization header format is invalid.",
        ),
    }
}

/// `x-mns-date` is for clients that may not set `Date`.
fn date(request: &Request) -> Result<Timestamp, Refusal> {
    let text = match request.header("x-mns-date") {
        "" => request.header("date"),
        text => text,
    };
    if text.is_empty() {
        return refuse("MissingDateHeader", "Date header is required.");
    }
    match jiff::fmt::rfc2822::parse(text) {
        Ok(date) => Ok(date.timestamp()),
        Err(_) => refuse("InvalidDateHeader", "The Date header format is invalid."),
    }
}

fn check_token(request: &Request, caller: &Caller, now: Timestamp) -> Result<(), Refusal> {
    let given = request.header("security-token");
    let expected = caller.key.security_token.as_ref();
    let is_over = caller.session.as_ref().is_some_and(|it| it.expires <= now);
    if equal(given, expected.map_or("", |token| token.expose())) && !is_over {
        return Ok(());
    }
    let words = "The security token you provided is invalid.";
    Err(Refusal::new(403, "InvalidSecurityToken", words))
}

fn check_signature(request: &Request, key: &AccessKey, signature: &str) -> Result<(), Refusal> {
    let text = signer::string_to_sign(signer::Request {
        method: &request.method,
        resource: &request.resource,
        headers: &request.headers,
    });
    if equal(&signer::signature(&text, &key.access_key_secret), signature) {
        return Ok(());
    }
    let words = format!(
        "The request signature we calculated does not match the signature you provided. \
         Check your key and signing method. server string to sign is:{text}"
    );
    Err(Refusal::new(403, "SignatureDoesNotMatch", words))
}

/// Every official client sends Base64 of the hex text, the manual asks for that of the bytes.
fn check_digest(request: &Request) -> Result<(), Refusal> {
    match request.header("content-md5") {
        "" => Ok(()),
        given if given == STANDARD.encode(request.body_md5) => Ok(()),
        given if given == STANDARD.encode(hex(&request.body_md5)) => Ok(()),
        _ => refuse("InvalidDegist", "The Content-MD5 you specified is invalid."),
    }
}
