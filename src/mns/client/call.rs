//! One call: signed, sent, tried again where that helps, and its failure explained.

use std::time::Duration;

use super::Mns;
use super::sort::sort;
use crate::callback::queue::check_name;
use crate::context::Context;
use crate::error::{Applied, Error, Kind, Result};
use crate::http::{self, Method, Request};
use crate::mns::operation::{Effect, Operation};
use crate::mns::refusal::{self, Asked};
use crate::mns::signer::{self, Headers};
use crate::openapi::client::attempt::{Miss, Tries};
use crate::secret::Secret;
use crate::xml::Element;

/// What shall be asked.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) operation: Operation,
    queue: &'a str,
    method: Method,
    query: String,
    headers: Headers,
    body: String,
    timeout: Option<Duration>,
}

/// A call that was carried out.
#[derive(Debug)]
pub(super) struct Done {
    /// The HTTP status.
    pub(super) status: u16,
    /// The answer, unless its body is empty.
    pub(super) root: Option<Element>,
    /// What it says of its time.
    pub(super) date: Option<String>,
    /// True when an earlier attempt may have been carried out, too.
    pub(super) repeated: bool,
}

/// What earlier attempts may have done.
#[derive(Debug, Default)]
struct Attempts {
    perhaps_done: bool,
    in_flight: bool,
}

impl<'a> Call<'a> {
    /// A call about a queue.
    pub(super) fn new(operation: Operation, queue: &'a str, method: Method) -> Result<Self> {
        check_name(queue)?;
        Ok(Call::about(operation, queue, method))
    }

    /// The call about all queues.
    pub(super) fn list_queues() -> Call<'static> {
        Call::about(Operation::ListQueue, "", Method::Get)
    }

    fn about(operation: Operation, queue: &'a str, method: Method) -> Self {
        Call {
            operation,
            queue,
            method,
            query: String::new(),
            headers: Headers::new(),
            body: String::new(),
            timeout: None,
        }
    }

    /// Adds to the query, unless it is nothing.
    pub(super) fn query(mut self, part: impl AsRef<str>) -> Self {
        let part = part.as_ref();
        if !part.is_empty() {
            self.query
                .push(if self.query.is_empty() { '?' } else { '&' });
            self.query.push_str(part);
        }
        self
    }

    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(super) fn body(mut self, body: String) -> Self {
        self.body = body;
        self.header("content-type", "text/xml;charset=utf-8")
    }

    pub(super) fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Path and query as they go over the wire.
    fn resource(&self) -> String {
        self.operation.path(self.queue) + &self.query
    }

    /// A batch that was done in part has a status of failure and a list.
    pub(super) fn is_partly_done(&self, root: &Element) -> bool {
        self.operation == Operation::BatchDeleteMessage && root.name == "Errors"
    }
}

impl Mns {
    /// Asks until the call is carried out or there is no point in trying again.
    pub(super) async fn call(&self, ctx: &Context, call: &Call<'_>) -> Result<Done> {
        let mut attempts = Attempts::default();
        let done = self.persist(ctx, call, &mut attempts);
        let done = match call.timeout {
            // A long poll is no reason to wonder.
            Some(_) => done.await,
            None => ctx.out.waiting(&self.endpoint.host(), done).await,
        };
        done.map_err(|mut error| {
            error.details.in_flight = attempts.in_flight;
            match attempts.perhaps_done {
                true => unsettled(error, call.operation),
                false => error,
            }
        })
    }

    async fn persist(
        &self,
        ctx: &Context,
        call: &Call<'_>,
        attempts: &mut Attempts,
    ) -> Result<Done> {
        let before = ctx.applied.get();
        let (what, session) = (call.operation.name(), Some(&self.caller));
        let mut tries = Tries::new(ctx, what, self.retries, &self.clock_offset, session);
        loop {
            // What becomes of messages comes back by itself, so that an interruption tells of queues only.
            if call.operation == Operation::CreateQueue {
                ctx.applied.set(Applied::Unknown);
            }
            let miss = match self.attempt(ctx, call).await? {
                Ok(done) => {
                    return Ok(Done {
                        repeated: attempts.perhaps_done,
                        ..done
                    });
                }
                Err(miss) => miss,
            };
            attempts.perhaps_done |= miss.may_have_taken_effect();
            attempts.in_flight |= miss.may_be_under_way();
            if !attempts.perhaps_done {
                ctx.applied.set(before);
            }
            let is_final = call.operation.effect() == Effect::Adds && miss.may_have_taken_effect();
            if is_final || !tries.prepare(&miss).await? {
                return Err(self.error(ctx, call, miss));
            }
        }
    }

    /// One signed request.
    async fn attempt(
        &self,
        ctx: &Context,
        call: &Call<'_>,
    ) -> Result<std::result::Result<Done, Miss>> {
        let credential = self.caller.current(ctx).await?;
        let resource = call.resource();
        let verb = call.method.as_str();
        let headers = call.headers.clone();
        let date = self
            .now(ctx)
            .strftime("%a, %d %b %Y %H:%M:%S GMT")
            .to_string();
        let signed = signer::sign(verb, &resource, headers, &date, &credential);
        let request = Request {
            headers: signed.headers.into_iter().collect(),
            body: call.body.clone().into_bytes(),
            timeout: call.timeout,
            ..Request::new(call.method, self.endpoint.with_resource(&resource))
        };
        let answer = ctx.http.send(request).await?;
        let what = call.operation.name();
        ctx.out.debug(&match &answer {
            Ok(response) => format!("{verb} {} {what}: {}", self.endpoint, response.status),
            Err(failure) => format!("{verb} {} {what}: {}", self.endpoint, failure.message),
        });
        Ok(match answer {
            Err(failure) => Err(Miss::Lost(failure)),
            Ok(response) => sort(call, &response, signed.string_to_sign),
        })
    }

    fn error(&self, ctx: &Context, call: &Call<'_>, miss: Miss) -> Error {
        let endpoint = self.endpoint.to_string();
        let host = self.endpoint.host();
        match miss {
            Miss::Refused(error, clues) => {
                let asked = Asked {
                    operation: call.operation,
                    queue: call.queue,
                    endpoint: &endpoint,
                    string_to_sign: &clues.string_to_sign,
                    whoami: &ctx.again("whoami --explain"),
                };
                let held = self.caller.held().credential;
                let key = [Some(&held.access_key_secret), held.security_token.as_ref()];
                let secrets: Vec<&Secret> = key.into_iter().flatten().collect();
                refusal::explain(error, asked, &secrets)
            }
            Miss::Nonsense(status, description) => http::nonsense(&host, status, &description),
            Miss::Lost(failure) => failure.explain(&host),
        }
    }
}

/// The failure of a call that may have been carried out; reading leaves nothing to be unsure of.
pub(super) fn unsettled(mut error: Error, operation: Operation) -> Error {
    if operation.effect() == Effect::Reads {
        return error;
    }
    error.details.applied = Applied::Unknown;
    if error.kind == Kind::Unavailable {
        error.kind = Kind::UnknownOutcome;
    }
    error
}
