//! The Security Token Service: who is calling, and temporary keys for a role.
//!
//! Version 2015-04-01. A key for a role is asked for with another key, or with the token of an OIDC
//! provider and no key at all.

use serde_json::Value;

use crate::context::Context;
use crate::credential::{Credential, Issued};
use crate::error::{Error, Kind, Result};
use crate::openapi::client::{Caller, Client, Effect};
use crate::openapi::{Parameters, member};
use crate::secret::Secret;
use crate::settings::{retries, variable};
use crate::target::Endpoint;

/// The version of its API.
pub const VERSION: &str = "2015-04-01";
/// The lifetime that is asked for when none is configured, as the SDKs do.
const USUAL_SECONDS: u64 = 3600;

/// A role to take on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// `acs:ram::ACCOUNT:role/NAME`.
    pub arn: String,
    /// The name of the session in the service's logs; one is made up when there is none.
    pub session_name: Option<String>,
    /// Seconds the key shall live, 900 and more.
    pub seconds: Option<u64>,
    /// A policy that narrows the role's.
    pub policy: Option<String>,
    /// A word that the role's owner asks for.
    pub external_id: Option<String>,
}

impl Role {
    /// The account that the role belongs to.
    pub fn account_id(&self) -> Option<&str> {
        let id = self.arn.split(':').nth(3)?;
        let is_number = !id.is_empty() && id.chars().all(|c| c.is_ascii_digit());
        is_number.then_some(id)
    }
}

/// Who is calling; every member may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// The number of the account.
    pub account_id: Option<String>,
    /// `Account`, `RAMUser` or `AssumedRoleUser`.
    pub identity_type: Option<String>,
    /// The name of the identity in policies.
    pub arn: Option<String>,
    /// For the vendor's support.
    pub request_id: Option<String>,
}

/// STS at an address.
fn client(endpoint: &Endpoint, caller: Caller, retries: u32) -> Client {
    Client {
        retries,
        ..Client::new("sts", VERSION, endpoint.clone(), caller)
    }
}

/// Asks who is calling; needs no permission.
///
/// # Errors
/// As [`Client::call`].
pub async fn caller_identity(
    ctx: &Context,
    endpoint: &Endpoint,
    caller: Caller,
    retries: u32,
) -> Result<Identity> {
    let client = client(endpoint, caller, retries);
    let answer = client
        .call(ctx, "GetCallerIdentity", &Parameters::new(), Effect::Reads)
        .await?;
    let text = |name: &str| member(&answer.value, name)?.as_str().map(str::to_owned);
    Ok(Identity {
        account_id: text("AccountId"),
        identity_type: text("IdentityType"),
        arn: text("Arn"),
        request_id: answer.request_id.clone(),
    })
}

/// Takes a role on with another key.
///
/// # Errors
/// As [`Client::call`], and an answer without a key.
pub async fn assume_role(
    ctx: &Context,
    endpoint: &Endpoint,
    base: Credential,
    role: &Role,
) -> Result<Issued> {
    let mut parameters = role.parameters(ctx);
    parameters.extend(
        role.external_id
            .clone()
            .map(|id| ("ExternalId".to_owned(), id)),
    );
    let client = client(
        endpoint,
        Caller::fixed(base),
        retries(&ctx.flags, &ctx.env)?,
    );
    let answer = client
        .call(ctx, "AssumeRole", &parameters, Effect::Reads)
        .await?;
    issued(member(&answer.value, "Credentials"), "AssumeRole")
}

/// Takes a role on with the token of an OIDC provider; the request is not signed.
///
/// # Errors
/// As [`Client::call`], and an answer without a key.
pub async fn assume_role_with_oidc(
    ctx: &Context,
    endpoint: &Endpoint,
    provider_arn: &str,
    token: &Secret,
    role: &Role,
) -> Result<Issued> {
    let mut parameters = role.parameters(ctx);
    parameters.insert("OIDCProviderArn".into(), provider_arn.to_owned());
    parameters.insert("OIDCToken".into(), token.expose().to_owned());
    let client = client(endpoint, Caller::Nobody, retries(&ctx.flags, &ctx.env)?);
    let answer = client
        .call(ctx, "AssumeRoleWithOIDC", &parameters, Effect::Reads)
        .await?;
    issued(member(&answer.value, "Credentials"), "AssumeRoleWithOIDC")
}

impl Role {
    fn parameters(&self, ctx: &Context) -> Parameters {
        let named = variable(&ctx.env, &["ALIBABA_CLOUD_ROLE_SESSION_NAME"]);
        let made_up = || match named {
            Some((_, name)) => name.to_owned(),
            None => format!("vodcb-{}", (ctx.now)().as_second()),
        };
        let seconds = self.seconds.unwrap_or(USUAL_SECONDS);
        let mut parameters: Parameters = [
            ("RoleArn", self.arn.clone()),
            (
                "RoleSessionName",
                self.session_name.clone().unwrap_or_else(made_up),
            ),
            ("DurationSeconds", seconds.to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        parameters.extend(
            self.policy
                .clone()
                .map(|policy| ("Policy".to_owned(), policy)),
        );
        parameters
    }
}

/// Reads `AccessKeyId`, `AccessKeySecret`, `SecurityToken` and `Expiration`, the shape that STS, the
/// metadata service and credentials URIs share; small first letters are accepted.
///
/// # Errors
/// A credentials error that names the origin and the first missing member.
pub fn issued(object: Option<&Value>, origin: &str) -> Result<Issued> {
    let text = |name: &str| {
        let text = member(object?, name)?.as_str();
        text.filter(|text| !text.is_empty())
    };
    let needed = |name: &str| {
        text(name).ok_or_else(|| {
            Error::new(
                Kind::Credentials,
                format!("{origin} answers without {name}"),
            )
        })
    };
    let expires = text("Expiration")
        .map(|text| {
            text.parse().map_err(|_| {
                Error::new(
                    Kind::Credentials,
                    format!("{origin} answers with an expiration that is no time"),
                )
            })
        })
        .transpose()?;
    Ok(Issued {
        credential: Credential {
            access_key_id: needed("AccessKeyId")?.to_owned(),
            access_key_secret: Secret::new(needed("AccessKeySecret")?),
            security_token: Some(Secret::new(needed("SecurityToken")?)),
        },
        expires,
    })
}
