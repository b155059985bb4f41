//! A key that a command prints: password managers, company logins.
//!
//! The command line is split as a shell would do it.

use std::time::Duration;

use serde::Deserialize;

use super::profile::or_default;
use super::{Credential, Issued};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::program;
use crate::secret::Secret;
use crate::settings::variable;

const USUAL_SECONDS: u64 = 60;

/// The command of a profile.
#[derive(Debug, Clone)]
pub struct External {
    /// The command line as the profile has it.
    pub command: String,
    /// The profile, for messages.
    pub profile: String,
}

/// What the command prints.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Printed {
    #[serde(deserialize_with = "or_default")]
    mode: String,
    #[serde(deserialize_with = "or_default")]
    access_key_id: String,
    #[serde(deserialize_with = "or_default")]
    access_key_secret: String,
    #[serde(deserialize_with = "or_default")]
    sts_token: String,
    #[serde(deserialize_with = "or_default")]
    expiration: String,
}

impl External {
    /// Runs the command and reads the key.
    ///
    /// # Errors
    /// A credentials error: the command line cannot be split, the command is missing, fails, takes too
    /// long, or prints something else.
    pub async fn obtain(&self, ctx: &Context) -> Result<Issued> {
        let words = shlex::split(&self.command)
            .filter(|words| !words.is_empty())
            .ok_or_else(|| self.trouble("its command line has an open quote or is empty"))?;
        let limit = time_limit(ctx)?;
        let printed = program::printed(&words, &ctx.cwd, limit)
            .await
            .map_err(|why| self.trouble(&why))?;
        let issued = self.read(&printed)?;
        if issued.has_ended(ctx.service_time()) {
            return Err(self.trouble("it prints a key that has ended already"));
        }
        Ok(issued)
    }

    /// Reads what the command printed.
    ///
    /// # Errors
    /// A credentials error for anything but a key.
    pub fn read(&self, stdout: &[u8]) -> Result<Issued> {
        // serde's message could quote the text, and the text may be a key.
        let printed: Printed = serde_json::from_slice(stdout).map_err(|error| {
            self.trouble(&format!(
                "it does not print one JSON object (line {})",
                error.line()
            ))
        })?;
        let temporary = match printed.mode.to_ascii_lowercase().as_str() {
            "ak" => false,
            "ststoken" => true,
            "" => !printed.sts_token.is_empty(),
            _ => return Err(self.trouble("it prints a mode other than AK and StsToken")),
        };
        for (name, value, needed) in [
            ("access_key_id", &printed.access_key_id, true),
            ("access_key_secret", &printed.access_key_secret, true),
            ("sts_token", &printed.sts_token, temporary),
        ] {
            if needed && value.is_empty() {
                return Err(self.trouble(&format!("it prints no {name}")));
            }
        }
        let expires = match printed.expiration.as_str() {
            "" => None,
            text => Some(
                text.parse()
                    .map_err(|_| self.trouble("it prints an expiration that is no time"))?,
            ),
        };
        Ok(Issued {
            credential: Credential {
                access_key_id: printed.access_key_id,
                access_key_secret: Secret::new(printed.access_key_secret),
                security_token: temporary.then(|| Secret::new(printed.sts_token)),
            },
            expires,
        })
    }

    fn trouble(&self, why: &str) -> Error {
        Error::new(Kind::Credentials, format!("the command of profile {:?} gives no key", self.profile))
            .cause(why)
            .hint("run the profile's process_command by hand; it must print {\"mode\":\"AK\",\"access_key_id\":…,\"access_key_secret\":…}")
    }
}

/// A minute, as in the SDKs, unless `VODCB_EXTERNAL_TIMEOUT` says otherwise.
///
/// # Errors
/// A usage error for anything but 0.1 to 3600 seconds.
pub fn time_limit(ctx: &Context) -> Result<Duration> {
    let Some((name, text)) = variable(&ctx.env, &["VODCB_EXTERNAL_TIMEOUT"]) else {
        return Ok(Duration::from_secs(USUAL_SECONDS));
    };
    let seconds = text
        .parse::<f64>()
        .ok()
        .filter(|seconds| (0.1..=3600.0).contains(seconds));
    seconds
        .map(Duration::from_secs_f64)
        .ok_or_else(|| Error::usage(format!("{name} takes seconds from 0.1 to 3600")))
}
