//! What a signature is verified against. No command, but flags that several take.

use super::key_source::{KeySource, variable_leniently};
use super::receiver::{configured, shown_key};
use crate::callback::url;
use crate::context::Context;
use crate::delivery::signature::{NamedKey, NamedUrl};
use crate::error::{Error, Result};
use crate::settings::numbers::whole;

/// The flags that name URLs and keys.
#[derive(Debug, Default, clap::Args)]
pub struct Against {
    /// URL as it is configured; may be given several times, as overrides have URLs of their own
    #[arg(long, value_name = "URL", help_heading = "Signature")]
    pub url: Vec<String>,
    /// Take URL and key from the callback that is configured now
    #[arg(long, help_heading = "Signature")]
    pub configured: bool,
    /// Count a signature as wrong when it is older than this, or as far in the future
    #[arg(long, value_name = "SECONDS", value_parser = whole::<u64>(0..=u64::MAX, "300"), help_heading = "Signature")]
    pub max_age: Option<u64>,
    #[command(flatten)]
    pub source: KeySource,
    /// Accept the key in this variable too, as during a change of keys
    #[arg(long, value_name = "NAME", help_heading = "Callback key")]
    previous_key_env: Option<String>,
}

/// The error of a key that is needed and was looked for in a callback that has authentication off.
pub fn unsigned_callback(ctx: &Context, error: Error) -> Error {
    let set = ctx.again("set --generate-auth-key");
    error
        .cause(
            "authentication of the configured callback is off, so VOD does not sign its deliveries",
        )
        .hint(format!(
            "{set} switches it on with a new key; or leave --configured out"
        ))
}

/// What is known of the signer.
#[derive(Debug, Default)]
pub struct Known {
    /// The URLs that may have been signed.
    pub urls: Vec<NamedUrl>,
    /// The keys that may have signed.
    pub keys: Vec<NamedKey>,
}

impl Against {
    /// True when anything is named to verify signatures with.
    pub fn is_named(&self) -> bool {
        !self.url.is_empty()
            || self.configured
            || self.max_age.is_some()
            || self.source.is_named()
            || self.previous_key_env.is_some()
    }

    /// Reads what the flags name; with `--configured` the service is asked.
    ///
    /// # Errors
    /// A usage error for a URL that VOD could never have, what is no key, a key that cannot be read, and a callback
    /// without a URL or whose key VOD does not show; those of a Get.
    pub async fn read(&self, ctx: &Context) -> Result<Known> {
        let mut known = Known::default();
        for text in &self.url {
            // What it warns about, private addresses above all, is what receivers in development have.
            url::check(text)?;
            known.urls.push(NamedUrl {
                name: "--url".to_owned(),
                url: text.clone(),
            });
        }
        if let Some(key) = self.source.read_leniently(ctx).await? {
            known.keys.push(NamedKey {
                name: "given key".to_owned(),
                key,
            });
        }
        if let Some(name) = &self.previous_key_env {
            known.keys.push(NamedKey {
                name: "previous key".to_owned(),
                key: variable_leniently(ctx, name)?,
            });
        }
        if self.configured {
            let (url, auth) = configured(ctx).await?;
            let key = match self.source.is_named() {
                true => auth.known_key().cloned(),
                false => shown_key(&auth)?,
            };
            known.urls.push(NamedUrl {
                name: "the configured URL".to_owned(),
                url,
            });
            known.keys.extend(key.map(|key| NamedKey {
                name: "configured key".to_owned(),
                key,
            }));
        }
        Ok(known)
    }
}
