//! Sends signed calls to one product, tries again where that helps, and explains refusals.
//!
//! Each attempt has its own nonce, time stamp and signature. A write whose effect is unknown is
//! never repeated here: the caller reads back first, see `change::settle`.

pub mod attempt;
mod caller;
mod signed;
mod sort;

use std::cell::Cell;
use std::rc::Rc;

use jiff::SignedDuration;
use serde_json::Value;

pub use caller::Caller;

use super::refusal::{self, Asked, Cause, Refusal};
use super::{Parameters, rpc};
use crate::context::Context;
use crate::credential::Credential;
use crate::error::{Applied, Error, Result};
use crate::http::pace::Pace;
use crate::http::{self, Method, Request, clock};
use crate::secret::Secret;
use crate::settings::SignatureKind;
use crate::target::Endpoint;
use attempt::{Clues, Miss, Tries};
use signed::{Place, Signed};
use sort::sort;

/// A product at an address, called by somebody.
#[derive(Debug, Clone)]
pub struct Client {
    /// The product's short name in RAM actions, for example `vod`.
    pub product: &'static str,
    /// The version of its API.
    pub version: &'static str,
    /// Where it is.
    pub endpoint: Endpoint,
    /// Who calls.
    pub caller: Caller,
    /// How it is signed.
    pub signature: SignatureKind,
    /// How often a call is tried again.
    pub retries: u32,
    /// Sent along as `RegionId`, as the vendor's command line tool does.
    pub region: Option<String>,
    /// How fast the calls go out; clones keep one pace together.
    pub pace: Rc<Pace>,
    /// What answers taught; clones learn together.
    pub learnt: Rc<Learnt>,
}

/// What answers taught about the service.
#[derive(Debug, Default)]
pub struct Learnt {
    /// The service's clock minus ours by the last answer that told it.
    pub seen_offset: Cell<Option<SignedDuration>>,
    /// True once the service did not see the body of a request.
    pub query_only: Cell<bool>,
}

/// Whether a call changes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It may be repeated at will.
    Reads,
    /// Its effect must be known before it is repeated.
    Writes,
}

/// The answer of a call that was carried out. It may hold keys, so it cannot be printed whole.
#[derive(Clone)]
pub struct Answer {
    /// The answer as data.
    pub value: Value,
    /// The answer as it came.
    pub text: String,
    /// For the vendor's support.
    pub request_id: Option<String>,
}

/// What is asked.
#[derive(Clone, Copy)]
struct Call<'a> {
    action: &'a str,
    parameters: &'a Parameters,
    effect: Effect,
}

impl Client {
    /// A product that is called with RPC 1.0 and three retries.
    pub fn new(
        product: &'static str,
        version: &'static str,
        endpoint: Endpoint,
        caller: Caller,
    ) -> Self {
        Client {
            product,
            version,
            endpoint,
            caller,
            signature: SignatureKind::Rpc,
            retries: 3,
            region: None,
            pace: Rc::default(),
            learnt: Rc::default(),
        }
    }

    /// The same product at another centre, for the same caller and at the same pace.
    #[must_use]
    pub fn at(&self, endpoint: Endpoint, region: String) -> Self {
        Client {
            endpoint,
            region: Some(region),
            ..self.clone()
        }
    }

    /// Calls an operation until it is carried out or there is no point in trying again.
    ///
    /// # Errors
    /// The refusal with its remedy, or the reason why there is no answer. `applied` is `Unknown`
    /// when a write may have taken effect.
    pub async fn call(
        &self,
        ctx: &Context,
        action: &str,
        parameters: &Parameters,
        effect: Effect,
    ) -> Result<Answer> {
        let call = Call {
            action,
            parameters,
            effect,
        };
        let answer = self.persist(ctx, call);
        ctx.out.waiting(&self.endpoint.host(), answer).await
    }

    async fn persist(&self, ctx: &Context, call: Call<'_>) -> Result<Answer> {
        let Call { action, effect, .. } = call;
        let mut place = match self.signature {
            SignatureKind::Rpc if !self.learnt.query_only.get() => Place::Body,
            SignatureKind::Rpc | SignatureKind::Acs3 => Place::Query,
        };
        let (clock_offset, session) = (&ctx.clock_offset, self.caller.session());
        let mut tries = Tries::new(ctx, action, self.retries, clock_offset, session);
        loop {
            let pass = self.pace.pass(action).await;
            let before = ctx.applied.get();
            if effect == Effect::Writes {
                ctx.applied.set(Applied::Unknown);
            }
            let attempt = self.attempt(ctx, call, place).await;
            // Its errors are those of what was never sent.
            let miss = match attempt.inspect_err(|_| ctx.applied.set(before))? {
                Ok(answer) => return Ok(answer),
                Err(miss) => miss,
            };
            drop(pass);
            if !miss.may_have_taken_effect() {
                ctx.applied.set(before);
            } else if effect == Effect::Writes {
                return Err(self.error(ctx, call, miss));
            }
            if place == Place::Body && is_unseen(&miss) {
                self.learn_query_only(ctx);
                place = Place::Query;
            } else if !tries.prepare(&miss).await? {
                return Err(self.error(ctx, call, miss));
            }
        }
    }

    fn learn_query_only(&self, ctx: &Context) {
        if !self.learnt.query_only.replace(true) {
            ctx.out.warn("the service did not see the body of the request; from now on the parameters, a callback key among them, are sent in the URL");
        }
    }

    /// One request.
    async fn attempt(
        &self,
        ctx: &Context,
        Call {
            action, parameters, ..
        }: Call<'_>,
        place: Place,
    ) -> Result<std::result::Result<Answer, Miss>> {
        let credential = self.caller.credential(ctx).await?;
        let now = ctx.service_time();
        let envelope = rpc::Envelope {
            action,
            version: self.version,
            timestamp: &now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            nonce: &(ctx.nonce)(),
        };
        let signed = self.sign(envelope, parameters, place, credential.as_ref());
        let request = Request {
            headers: signed.headers,
            body: signed.body.into_bytes(),
            ..Request::new(Method::Post, self.endpoint.with_query(&signed.query))
        };
        let answer = ctx.http.send(request).await?;
        ctx.out.debug(&match &answer {
            Ok(response) => format!("POST {} {action}: {}", self.endpoint, response.status),
            Err(failure) => format!("POST {} {action}: {}", self.endpoint, failure.message),
        });
        Ok(match answer {
            Err(failure) => Err(Miss::Lost(failure)),
            Ok(response) => {
                let offset = clock::offset(response.header("date"), (ctx.now)());
                let seen = &self.learnt.seen_offset;
                seen.set(offset.or(seen.get()));
                sort(response, signed.string_to_sign)
            }
        })
    }

    fn sign(
        &self,
        envelope: rpc::Envelope<'_>,
        parameters: &Parameters,
        place: Place,
        credential: Option<&Credential>,
    ) -> Signed {
        let mut operation = parameters.clone();
        operation.extend(self.region.clone().map(|id| ("RegionId".to_owned(), id)));
        match (credential, self.signature) {
            (None, _) => Signed::unsigned(envelope, &operation, place),
            (Some(credential), SignatureKind::Rpc) => {
                Signed::rpc(envelope, &operation, credential, place)
            }
            (Some(credential), SignatureKind::Acs3) => {
                Signed::acs3(envelope, &operation, credential, &self.endpoint.host())
            }
        }
    }

    fn error(&self, ctx: &Context, call: Call<'_>, miss: Miss) -> Error {
        let unknown = call.effect == Effect::Writes && miss.may_have_taken_effect();
        let in_flight = miss.may_be_under_way();
        let mut error = match miss {
            Miss::Refused(refusal, clues) => self.refused(ctx, call, &refusal, &clues),
            Miss::Nonsense(status, description) => {
                http::nonsense(&self.endpoint.host(), status, &description)
            }
            Miss::Lost(failure) => failure.explain(&self.endpoint.host()),
        };
        if unknown {
            error.details.applied = Applied::Unknown;
            error.details.in_flight = in_flight;
        }
        error
    }

    fn refused(&self, ctx: &Context, call: Call<'_>, refusal: &Refusal, clues: &Clues) -> Error {
        let sent = ["AuthKey", "OIDCToken"].map(|name| call.parameters.get(name).map(Secret::new));
        let held = self.caller.issued().map(|issued| issued.credential);
        let key = held
            .iter()
            .flat_map(|held| [Some(&held.access_key_secret), held.security_token.as_ref()]);
        let secrets: Vec<&Secret> = key.flatten().chain(sent.iter().flatten()).collect();
        let asked = Asked {
            product: self.product,
            action: call.action,
            host: &self.endpoint.host(),
            string_to_sign: &clues.string_to_sign,
            whoami: &ctx.again("whoami --explain"),
        };
        let mut error = refusal::explain(refusal, asked, &secrets);
        error.details.retry_after = clues.retry_after;
        error
    }
}

/// Whether the service says that it did not see what stood in the body.
fn is_unseen(miss: &Miss) -> bool {
    matches!(miss, Miss::Refused(refusal, _) if refusal.cause() == Cause::ParameterNotSeen)
}
