//! A key for a person who logged in with aliyun-cli: CloudSSO and OAuth.
//!
//! The login itself needs a browser and belongs to aliyun-cli, and so does refreshing it: a refresh
//! token changes with each use, and whoever uses it must write `config.json`, which we never do. What
//! is used is the key that aliyun-cli stored, while it is good, or the access token, which is exchanged
//! for a key.

use serde_json::{Value, json};

use super::Issued;
use super::fetch::{fetch, origin};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::http::{Method, Request};
use crate::secret::Secret;
use crate::settings::address;
use crate::sts::issued;
use crate::target::Endpoint;
use crate::text::quoted;

/// A login that can be exchanged.
#[derive(Debug, Clone)]
pub struct Login {
    /// The profile, for messages.
    pub profile: String,
    /// The token of the login.
    pub access_token: Secret,
    /// Where and for what it is exchanged.
    pub site: Site,
}

/// Where a token is exchanged for a key.
#[derive(Debug, Clone)]
pub enum Site {
    /// The CloudSSO of a company.
    CloudSso {
        /// Where people sign in; the exchange is at the same host.
        sign_in_url: String,
        /// The account to work in.
        account_id: String,
        /// The access configuration to work with.
        access_config: String,
    },
    /// The vendor's own login.
    OAuth {
        /// Where the exchange of the site is.
        host: &'static str,
    },
}

impl Site {
    /// The site of the vendor that this `oauth_site_type` means. A token is shown to no other.
    pub fn oauth(site_type: &str) -> Option<Self> {
        let host = match site_type.to_ascii_uppercase().as_str() {
            "CN" => "oauth.aliyun.com",
            "INTL" => "oauth.alibabacloud.com",
            _ => return None,
        };
        Some(Site::OAuth { host })
    }

    /// The aliyun command that renews the login.
    fn command(&self, profile: &str) -> String {
        let profile = quoted(profile);
        match self {
            Site::CloudSso { .. } => {
                format!("aliyun configure --mode CloudSSO --profile {profile}")
            }
            Site::OAuth { .. } => format!("aliyun sts GetCallerIdentity --profile {profile}"),
        }
    }
}

impl Login {
    /// The account that is worked in, where the profile names it.
    pub fn account_id(&self) -> Option<&str> {
        match &self.site {
            Site::CloudSso { account_id, .. } => Some(account_id),
            Site::OAuth { .. } => None,
        }
    }

    /// Exchanges the token for a key.
    ///
    /// # Errors
    /// A credentials error with the aliyun command that logs in again.
    pub async fn obtain(&self, ctx: &Context) -> Result<Issued> {
        let (address, body) = self.address(ctx)?;
        let what = format!("the login of profile {:?} cannot be used now", self.profile);
        let answer = fetch(ctx, &what, || self.request(&address, &body)).await?;
        self.read(answer.status, &answer.body)
    }

    /// Reads the answer of the exchange.
    ///
    /// # Errors
    /// A credentials error for an answer without a key.
    pub fn read(&self, status: u16, body: &[u8]) -> Result<Issued> {
        let value: Option<Value> = serde_json::from_slice(body).ok();
        let Some(value) = value.filter(|value| status == 200 && value.get("error").is_none())
        else {
            let why = format!("the exchange answers with status {status}");
            return Err(match status {
                401 | 403 => expired(&self.profile, &self.site, &why),
                _ => self.refused(&why),
            });
        };
        issued(
            value.get("CloudCredential").or(Some(&value)),
            "the login's exchange",
        )
    }

    fn address(&self, ctx: &Context) -> Result<(String, String)> {
        let plain = ctx.flags.allow_http;
        Ok(match &self.site {
            Site::CloudSso {
                sign_in_url,
                account_id,
                access_config,
            } => (
                format!(
                    "{}/cloud-credentials",
                    Endpoint::parse(&self.sign_in(sign_in_url)?, plain)?
                ),
                json!({"AccountId": account_id, "AccessConfigurationId": access_config})
                    .to_string(),
            ),
            Site::OAuth { host } => {
                let named = address(&ctx.flags, &ctx.env, "VODCB_OAUTH_ENDPOINT")?;
                let endpoint = named.map_or_else(|| Endpoint::of_host(host), Ok)?;
                (format!("{endpoint}/v1/exchange"), String::new())
            }
        })
    }

    fn request(&self, address: &str, body: &str) -> Request {
        let mut request = Request::new(Method::Post, address);
        let token = format!("Bearer {}", self.access_token.expose());
        request.headers.push(("authorization".into(), token));
        request
            .headers
            .push(("content-type".into(), "application/json".into()));
        request.body = body.as_bytes().to_vec();
        request
    }

    /// Where people sign in, without the page.
    fn sign_in(&self, address: &str) -> Result<String> {
        origin(address).ok_or_else(|| {
            let profile = &self.profile;
            let what = format!("the login of profile {profile:?} cannot be used");
            Error::new(Kind::Credentials, what)
                .cause("its cloud_sso_sign_in_url is no address that begins with https://")
                .hint(format!("set it up anew: {}", self.site.command(profile)))
        })
    }

    /// Nothing says that the login has ended.
    fn refused(&self, why: &str) -> Error {
        let what = format!("the login of profile {:?} gives no key", self.profile);
        let members = match self.site {
            Site::CloudSso { .. } => "cloud_sso_account_id and cloud_sso_access_config",
            Site::OAuth { .. } => "oauth_site_type",
        };
        Error::new(Kind::Credentials, what)
            .cause(why)
            .hint(format!("check {members} of the profile"))
            .hint(format!(
                "or log in anew: {}",
                self.site.command(&self.profile)
            ))
    }
}

/// The error for a login that has ended, with the command that renews it.
pub fn expired(profile: &str, site: &Site, why: &str) -> Error {
    Error::new(
        Kind::Credentials,
        format!("the login of profile {profile:?} has ended"),
    )
    .cause(why)
    .hint(format!("renew it: {}", site.command(profile)))
}
