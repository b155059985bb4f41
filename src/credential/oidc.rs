//! A key for a role, asked for with the token of an OIDC provider: pods with RRSA, CI runners.
//!
//! The token stands in a file that others renew, so it is read anew each time.

use std::path::PathBuf;

use super::Issued;
use crate::context::{Context, Environment};
use crate::error::{Error, Kind, Result};
use crate::secret::Secret;
use crate::settings::{self, variable};
use crate::sts::{self, Role};
use crate::target::Endpoint;

pub(super) const TOKEN_FILE: [&str; 2] = [
    "ALIBABA_CLOUD_OIDC_TOKEN_FILE",
    "ALIBABACLOUD_OIDC_TOKEN_FILE",
];
pub(super) const PROVIDER: [&str; 2] = [
    "ALIBABA_CLOUD_OIDC_PROVIDER_ARN",
    "ALIBABACLOUD_OIDC_PROVIDER_ARN",
];
pub(super) const ROLE: [&str; 2] = ["ALIBABA_CLOUD_ROLE_ARN", "ALIBABACLOUD_ROLE_ARN"];

/// A role that a token opens.
#[derive(Debug, Clone)]
pub struct Oidc {
    /// The provider's name in policies.
    pub provider_arn: String,
    /// The file with the token.
    pub token_file: PathBuf,
    /// The role.
    pub role: Role,
    /// Where STS is.
    pub sts: Endpoint,
}

/// What the three variables say, or why there is nothing.
///
/// # Errors
/// As [`settings::file`].
pub fn from_environment(
    env: &Environment,
    sts: Endpoint,
) -> Result<std::result::Result<Oidc, String>> {
    let token_file = settings::file(env, &TOKEN_FILE)?;
    Ok(token_file
        .ok_or_else(|| unset(&TOKEN_FILE))
        .and_then(|token_file| with_token(env, token_file, sts)))
}

fn unset(names: &[&'static str]) -> String {
    format!("{} is not set", names[0])
}

fn with_token(
    env: &Environment,
    token_file: PathBuf,
    sts: Endpoint,
) -> std::result::Result<Oidc, String> {
    let needed = |names: &[&'static str]| {
        variable(env, names)
            .map(|(_, value)| value.to_owned())
            .ok_or_else(|| unset(names))
    };
    Ok(Oidc {
        token_file,
        provider_arn: needed(&PROVIDER)?,
        role: Role {
            arn: needed(&ROLE)?,
            session_name: variable(env, &["ALIBABA_CLOUD_ROLE_SESSION_NAME"])
                .map(|(_, name)| name.to_owned()),
            seconds: None,
            policy: None,
            external_id: None,
        },
        sts,
    })
}

impl Oidc {
    /// Reads the token and takes the role on.
    ///
    /// # Errors
    /// A credentials error for an unreadable or empty file, and STS's refusals.
    pub async fn obtain(&self, ctx: &Context) -> Result<Issued> {
        let shown = self.token_file.display();
        let token = std::fs::read_to_string(&self.token_file).map_err(|error| {
            Error::new(Kind::Credentials, format!("the OIDC token file {shown} cannot be read"))
                .cause(error.to_string())
                .hint("the platform that runs this writes it; check ALIBABA_CLOUD_OIDC_TOKEN_FILE and the file's rights")
        })?;
        let token = Secret::new(token.trim());
        if token.expose().is_empty() {
            return Err(Error::new(
                Kind::Credentials,
                format!("the OIDC token file {shown} is empty"),
            )
            .hint("the platform that runs this writes it; look there"));
        }
        sts::assume_role_with_oidc(ctx, &self.sts, &self.provider_arn, &token, &self.role)
            .await
            .map_err(|error| {
                let role = &self.role.arn;
                explain(error).cause(format!(
                    "taking on the role {role} with the token in {shown}"
                ))
            })
    }
}

/// Puts the remedy first that fits what STS refused; the general one only where nothing better is known.
fn explain(mut error: Error) -> Error {
    let remedy = match error.details.code.as_deref() {
        Some("AuthenticationFail.NoPermission") => {
            "the role's trust policy must name the provider, the issuer and the subject of the token"
        }
        Some("EntityNotExist.Role") => {
            "there is no such role in that account; compare the role's ARN, in ALIBABA_CLOUD_ROLE_ARN or the profile"
        }
        Some("InvalidParameter.RoleArn" | "InvalidParameter.OIDCProviderArn") => {
            "an ARN reads acs:ram::ACCOUNT:role/NAME, that of a provider acs:ram::ACCOUNT:oidc-provider/NAME"
        }
        Some("InvalidParameter.RoleSessionName") => {
            "a session name, as in ALIBABA_CLOUD_ROLE_SESSION_NAME, has 2 to 64 letters, digits and . @ - _"
        }
        _ => return error,
    };
    error.hints = vec![remedy.to_owned()];
    error
}
