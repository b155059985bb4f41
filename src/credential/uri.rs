//! A key from an address, as side-cars and workstations offer it.

use serde_json::Value;

use super::Issued;
use super::fetch::{fetch, origin};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::http::{Method, Request};
use crate::sts::issued;
use crate::target::Endpoint;

/// Asks the address for a key.
///
/// # Errors
/// A usage error for plain http beyond this machine; an unavailable error when nobody answers; a credentials
/// error for what is no address, and for an answer without a key.
pub async fn obtain(ctx: &Context, address: &str) -> Result<Issued> {
    let origin = origin(address)
        .ok_or_else(|| trouble("it is no address that begins with https:// or http://"))?;
    // Only for the rule about plain http.
    Endpoint::parse(&origin, ctx.flags.allow_http)?;
    let request = || Request::new(Method::Get, address);
    let answer = fetch(ctx, "the credentials URI cannot be asked", request).await?;
    read(answer.status, &answer.body)
}

/// Reads an answer.
///
/// # Errors
/// A credentials error for an answer without a key.
pub fn read(status: u16, body: &[u8]) -> Result<Issued> {
    if status != 200 {
        return Err(trouble(&format!("it answers with status {status}")));
    }
    let value: Value = serde_json::from_slice(body)
        .map_err(|_| trouble("it answers with something that is no JSON"))?;
    match value.get("Code").and_then(Value::as_str) {
        Some("Success") | None => issued(Some(&value), "the credentials URI"),
        Some(code) => Err(trouble(&format!("it answers with the code {code}"))),
    }
}

fn trouble(why: &str) -> Error {
    Error::new(Kind::Credentials, "the credentials URI gives no key")
        .cause(why)
        .hint("check ALIBABA_CLOUD_CREDENTIALS_URI, or the profile's credentials_uri")
}
