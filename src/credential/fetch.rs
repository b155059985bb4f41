//! Asking an address for a key, for the sources that are no operation of STS.

use url::Url;

use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::http::{self, Failure, Request, Response, backoff};
use crate::settings;

/// Sends a request that changes nothing until it is answered by something other than trouble.
///
/// # Errors
/// An unavailable error, with `what` as the thing that cannot be had, when nobody answers or the server
/// has trouble of its own, after all retries.
pub async fn fetch(ctx: &Context, what: &str, request: impl Fn() -> Request) -> Result<Response> {
    let first = ctx.http.send(request()).await?;
    persist(ctx, what, first, request).await
}

/// The same after the first request.
///
/// # Errors
/// As [`fetch`].
pub async fn persist(
    ctx: &Context,
    what: &str,
    first: std::result::Result<Response, Failure>,
    request: impl Fn() -> Request,
) -> Result<Response> {
    let mut answer = first;
    let retries = settings::retries(&ctx.flags, &ctx.env)?;
    let mut tried = 0;
    loop {
        let mut error = match answer {
            Ok(response) if !http::is_trouble(response.status) => return Ok(response),
            Ok(response) => Error::new(Kind::Unavailable, what)
                .cause(format!("it answers with status {}", response.status))
                .hint("try again in a while"),
            Err(failure) => {
                let error = Error::new(Kind::Unavailable, what).cause(failure.message);
                failure.hint.into_iter().fold(error, Error::hint)
            }
        };
        if tried >= retries {
            error.details.retryable = true;
            return Err(error);
        }
        tokio::time::sleep(backoff::pause(ctx.random, tried)).await;
        tried += 1;
        answer = ctx.http.send(request()).await?;
    }
}

/// Scheme, host and port of a whole address; `None` where no key can be asked for.
pub fn origin(address: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    let is_asked = matches!(url.scheme(), "http" | "https") && url.has_host();
    is_asked.then(|| url.origin().ascii_serialization())
}
