//! Sends signed calls to one product, tries again where that helps, and explains refusals.
//!
//! Each attempt has its own nonce, time stamp and signature. A write whose effect is unknown is
//! never repeated here: the caller reads back first, see `change::write`.

use std::cell::Cell;
use std::time::Duration;

use serde_json::Value;

use super::refusal::{self, Asked, Cause, Reading, Refusal};
use super::{Parameters, acs3, canonical_query, rpc};
use crate::context::Context;
use crate::credential::Credential;
use crate::error::{Applied, Error, Result};
use crate::http::{self, Failure, Method, Request, Response, backoff, clock_offset};
use crate::secret::Secret;
use crate::settings::SignatureKind;
use crate::target::Endpoint;

/// The service's own wish is followed up to this, as the vendor's command line tool does.
const LONGEST_WISH: Duration = Duration::from_secs(60);

/// A product at an address, called by somebody.
#[derive(Debug)]
pub struct Client {
    /// The product's short name in RAM actions, for example `vod`.
    pub product: &'static str,
    /// The version of its API.
    pub version: &'static str,
    /// Where it is.
    pub endpoint: Endpoint,
    /// Who calls.
    pub credential: Credential,
    /// How it is signed.
    pub signature: SignatureKind,
    /// How often a call is tried again.
    pub retries: u32,
    /// Sent along as `RegionId`, as the vendor's command line tool does.
    pub region: String,
    /// The service's clock minus ours, learnt from a refusal.
    pub clock_offset: Cell<jiff::SignedDuration>,
}

/// Whether a call changes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It may be repeated at will.
    Reads,
    /// Its effect must be known before it is repeated.
    Writes,
}

/// The answer of a call that was carried out.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The answer as data.
    pub value: Value,
    /// The answer as it came.
    pub text: String,
    /// For the vendor's support.
    pub request_id: Option<String>,
}

/// One attempt that was not carried out.
#[derive(Debug)]
enum Miss {
    Refused(Refusal, Clues),
    Nonsense(u16, String),
    Lost(Failure),
}

/// What an answer says beside its body.
#[derive(Debug)]
struct Clues {
    retry_after: Option<Duration>,
    date: Option<String>,
    string_to_sign: String,
}

/// Where the parameters of an RPC call travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Body,
    Query,
}

/// What to do about a miss.
enum Next {
    Again(Duration),
    AgainInQuery,
    AgainWithClock(jiff::SignedDuration),
    GiveUp,
}

impl Client {
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
        let mut place = match self.signature {
            SignatureKind::Rpc => Place::Body,
            SignatureKind::Acs3 => Place::Query,
        };
        let mut clock_corrected = false;
        let mut tried = 0;
        loop {
            let miss = match self.attempt(ctx, action, parameters, place).await? {
                Ok(answer) => return Ok(answer),
                Err(miss) => miss,
            };
            match self.next(ctx, &miss, effect, place, tried, clock_corrected) {
                Next::GiveUp => return Err(self.error(action, parameters, miss, effect)),
                Next::AgainInQuery => {
                    ctx.out.detail(
                        "the service did not see the body; sending the parameters in the query",
                    );
                    place = Place::Query;
                }
                Next::AgainWithClock(offset) => {
                    clock_corrected = true;
                    self.clock_offset.set(offset);
                    ctx.out.warn(&http::clock_warning(offset));
                }
                Next::Again(pause) => {
                    tried += 1;
                    ctx.out.detail(&format!(
                        "{action} failed, trying again in {} ms ({tried} of {})",
                        pause.as_millis(),
                        self.retries
                    ));
                    tokio::time::sleep(pause).await;
                }
            }
        }
    }

    fn next(
        &self,
        ctx: &Context,
        miss: &Miss,
        effect: Effect,
        place: Place,
        tried: u32,
        clock_corrected: bool,
    ) -> Next {
        if effect == Effect::Writes && miss.may_have_taken_effect() {
            return Next::GiveUp;
        }
        let wish = match miss {
            Miss::Refused(refusal, clues) => match refusal.cause() {
                Cause::ClockOff if !clock_corrected => {
                    return clock_offset(clues.date.as_deref(), (ctx.now)())
                        .map_or(Next::GiveUp, Next::AgainWithClock);
                }
                Cause::ParameterNotSeen if place == Place::Body => return Next::AgainInQuery,
                Cause::Throttled | Cause::ServerTrouble => clues.retry_after,
                _ => return Next::GiveUp,
            },
            Miss::Nonsense(..) | Miss::Lost(_) => None,
        };
        if tried >= self.retries {
            return Next::GiveUp;
        }
        Next::Again(wish.map_or_else(
            || backoff::pause(ctx.random, tried),
            |wish| wish.min(LONGEST_WISH),
        ))
    }

    /// One signed request.
    async fn attempt(
        &self,
        ctx: &Context,
        action: &str,
        parameters: &Parameters,
        place: Place,
    ) -> Result<std::result::Result<Answer, Miss>> {
        let now = (ctx.now)() + self.clock_offset.get();
        let envelope = rpc::Envelope {
            action,
            version: self.version,
            timestamp: &now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            nonce: &(ctx.nonce)(),
        };
        let signed = self.sign(envelope, parameters, place);
        let request = Request {
            headers: signed.headers,
            body: signed.body,
            ..Request::new(Method::Post, self.endpoint.with_query(&signed.query))
        };
        let answer = ctx.http.send(request).await?;
        ctx.out.debug(&match &answer {
            Ok(response) => format!("POST {} {action}: {}", self.endpoint, response.status),
            Err(failure) => format!("POST {} {action}: {}", self.endpoint, failure.message),
        });
        Ok(match answer {
            Err(failure) => Err(Miss::Lost(failure)),
            Ok(response) => sort(response, signed.string_to_sign),
        })
    }

    fn sign(&self, envelope: rpc::Envelope<'_>, parameters: &Parameters, place: Place) -> Signed {
        let mut operation = parameters.clone();
        operation.insert("RegionId".into(), self.region.clone());
        match self.signature {
            SignatureKind::Rpc => Signed::rpc(envelope, &operation, &self.credential, place),
            SignatureKind::Acs3 => Signed::acs3(
                envelope,
                &operation,
                &self.credential,
                &self.endpoint.host(),
            ),
        }
    }

    fn error(&self, action: &str, parameters: &Parameters, miss: Miss, effect: Effect) -> Error {
        let unknown = effect == Effect::Writes && miss.may_have_taken_effect();
        let host = self.endpoint.host();
        let mut error = match miss {
            Miss::Refused(refusal, clues) => {
                let asked = Asked {
                    product: self.product,
                    action,
                    host: &host,
                    string_to_sign: &clues.string_to_sign,
                };
                let key = parameters.get("AuthKey").map(Secret::new);
                let secrets: Vec<&Secret> = [
                    Some(&self.credential.access_key_secret),
                    self.credential.security_token.as_ref(),
                    key.as_ref(),
                ]
                .into_iter()
                .flatten()
                .collect();
                refusal::explain(&refusal, asked, &secrets)
            }
            Miss::Nonsense(status, excerpt) => http::nonsense(&host, status, &excerpt),
            Miss::Lost(failure) => failure.explain(&host),
        };
        if unknown {
            error.details.applied = Applied::Unknown;
        }
        error
    }
}

fn sort(response: Response, string_to_sign: String) -> std::result::Result<Answer, Miss> {
    let header_id = response.header("x-acs-request-id").map(str::to_owned);
    match refusal::read(response.status, &response.body, header_id.as_deref()) {
        Reading::Success(value) => Ok(Answer {
            request_id: value
                .get("RequestId")
                .and_then(Value::as_str)
                .map(str::to_owned)
                .or(header_id),
            value,
            text: response.body,
        }),
        Reading::Refused(refusal) => Err(Miss::Refused(
            refusal,
            Clues {
                retry_after: response
                    .header("x-acs-retry-after")
                    .and_then(|text| text.trim().parse().ok())
                    .map(Duration::from_millis),
                date: response.header("date").map(str::to_owned),
                string_to_sign,
            },
        )),
        Reading::Nonsense(excerpt) => Err(Miss::Nonsense(response.status, excerpt)),
    }
}

impl Miss {
    /// A refusal proves that nothing happened, unless the server broke down over it.
    fn may_have_taken_effect(&self) -> bool {
        match self {
            Miss::Refused(refusal, _) => refusal.cause() == Cause::ServerTrouble,
            Miss::Nonsense(..) => true,
            Miss::Lost(failure) => failure.sent,
        }
    }
}

/// A request as it goes over the wire.
struct Signed {
    query: String,
    headers: Vec<(String, String)>,
    body: String,
    string_to_sign: String,
}

impl Signed {
    /// Everything in the form body, so that no key stands in a URL; or all of it in the query.
    fn rpc(
        envelope: rpc::Envelope<'_>,
        operation: &Parameters,
        credential: &Credential,
        place: Place,
    ) -> Self {
        let signed = rpc::sign("POST", envelope, operation, credential);
        let encoded = canonical_query(&signed.parameters);
        let (query, body) = match place {
            Place::Body => (String::new(), encoded),
            Place::Query => (encoded, String::new()),
        };
        let form = "application/x-www-form-urlencoded";
        Signed {
            query,
            headers: vec![("content-type".to_owned(), form.to_owned())],
            body,
            string_to_sign: signed.string_to_sign,
        }
    }

    /// Always in the query, as the official clients do: the operation is named in a header, so a
    /// service that ignored a body would carry out a Set of nothing.
    fn acs3(
        envelope: rpc::Envelope<'_>,
        operation: &Parameters,
        credential: &Credential,
        host: &str,
    ) -> Self {
        let query = canonical_query(operation);
        let mut signed = acs3::sign(envelope, host, &query, credential);
        // The HTTP client writes this one itself, from the same endpoint.
        signed.headers.remove("host");
        signed
            .headers
            .insert("accept".into(), "application/json".into());
        Signed {
            query,
            headers: signed.headers.into_iter().collect(),
            body: String::new(),
            string_to_sign: signed.string_to_sign,
        }
    }
}
