//! Which receiver deliveries go to, and how they are signed. No command, but flags that several take.

use super::key_source::KeySource;
use super::{connect, needs_confirmation};
use crate::callback::{Auth, Destination, url};
use crate::context::Context;
use crate::delivery::send::Proof;
use crate::error::{Error, Kind, Result};
use crate::secret::Secret;

/// The word that stands for the URL VOD delivers to now.
const CONFIGURED: &str = "configured";

/// The flags that name a receiver.
#[derive(Debug, Default, clap::Args)]
pub struct ReceiverFlags {
    /// URL of the receiver; or the word configured, for the one that VOD delivers to now
    #[arg(long, value_name = "URL")]
    to: Option<String>,
    /// Sign for this URL, where the receiver knows itself by another one than --to
    #[arg(long, value_name = "URL", help_heading = "Callback key")]
    signed_url: Option<String>,
    /// Where the key comes from.
    #[command(flatten)]
    pub source: KeySource,
}

/// The error of a delivery that was made although its result could not be shown.
pub fn sent_but_not_shown(error: Error) -> Error {
    let mut partial = Error::new(
        Kind::Partial,
        "deliveries were made, but their result could not be shown",
    )
    .cause(error.message)
    .hint("look at the receiver before sending them again");
    partial.causes.extend(error.causes);
    partial
}

/// What the signature of a delivery is made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signing {
    /// A key, where there is one.
    Anew,
    /// Nothing: the delivery has the headers that it came with.
    AsRecorded,
}

/// A receiver that may be sent to.
#[derive(Debug)]
pub struct Receiver {
    /// Where it is.
    pub url: String,
    /// The same as it may be shown.
    pub shown_url: String,
    /// How deliveries are signed.
    pub proof: Proof,
}

impl Receiver {
    /// Whether deliveries are signed.
    pub const fn is_signed(&self) -> bool {
        matches!(self.proof, Proof::Signed { .. })
    }
}

impl ReceiverFlags {
    /// Finds the receiver. Sending to the configured one is confirmed, since it is a real one.
    ///
    /// # Errors
    /// A usage error for a missing or bad URL or key, and for a confirmation that nobody gives; those of
    /// a Get with `--to configured`, and a usage error where VOD does not show the key to sign with.
    pub async fn find(&self, ctx: &Context, signing: Signing) -> Result<Receiver> {
        let Some(to) = &self.to else {
            return Err(Error::usage("no receiver is named")
                .hint("for example --to http://localhost:8080/vod")
                .hint("for the receiver that is configured at VOD: --to configured"));
        };
        if to != CONFIGURED {
            // A test may go where the service cannot reach, so its warnings do not matter here.
            url::check(to)?;
        }
        if let Some(signed_url) = &self.signed_url {
            url::check(signed_url)?;
        }
        let given = self.source.read_leniently(ctx).await?;
        let (url, key) = if to == CONFIGURED {
            needs_confirmation(ctx, "sending to the configured receiver")?;
            let (url, auth) = configured(ctx).await?;
            let key = match (given, signing) {
                (Some(key), _) => Some(key),
                (None, Signing::Anew) => shown_key(&auth)?,
                (None, Signing::AsRecorded) => None,
            };
            confirm(ctx, &url).await?;
            (url, key)
        } else {
            (to.clone(), given)
        };
        let proof = match (key, &self.signed_url) {
            (Some(key), signed_url) => Proof::Signed {
                url: signed_url.as_ref().unwrap_or(&url).clone(),
                key,
                shift: jiff::SignedDuration::ZERO,
            },
            (None, None) => Proof::Unsigned,
            (None, Some(_)) => {
                return Err(
                    Error::usage("--signed-url is given, and no key to sign with")
                        .hint("add --auth-key-env NAME, --auth-key-file FILE or --auth-key-stdin"),
                );
            }
        };
        let shown_url = url::without_password(&url).into_owned();
        Ok(Receiver {
            url,
            shown_url,
            proof,
        })
    }
}

async fn confirm(ctx: &Context, url: &str) -> Result<()> {
    if ctx.flags.yes || ctx.flags.dry_run {
        return Ok(());
    }
    let question = format!(
        "Send events that never happened to {}, where VOD delivers to now?",
        crate::text::escape_line(&url::without_password(url))
    );
    if ctx.prompt.confirm(question).await? {
        return Ok(());
    }
    Err(Error::new(Kind::Interrupted, "cancelled; nothing was sent"))
}

/// The URL that is configured for the target now, and how its deliveries are signed.
///
/// # Errors
/// Those of a Get; a usage error when the target has no HTTP callback.
pub async fn configured(ctx: &Context) -> Result<(String, Auth)> {
    let connection = connect(ctx).await?;
    let reading = connection.vod.get(ctx, &connection.target.app_id).await?;
    let Some(Destination::Http { url, auth }) =
        reading.callback.map(|callback| callback.destination)
    else {
        return Err(Error::usage(format!(
            "no HTTP callback is configured for {}",
            connection.target
        ))
        .hint("give the URL itself, and the key with --auth-key-env NAME"));
    };
    connection.close().await;
    Ok((url, auth))
}

/// The key that VOD shows; `None` where it signs nothing and shows none.
///
/// # Errors
/// A usage error where it signs and does not show with what: without the key nothing could be signed or verified as
/// VOD does it, and every conclusion would be wrong.
pub fn shown_key(auth: &Auth) -> Result<Option<Secret>> {
    let key = auth.known_key().cloned();
    if auth.on && key.is_none() {
        return Err(
            Error::usage("the callback is signed, but VOD does not show the key").hint(
                "give the key: --auth-key-env NAME, --auth-key-file FILE or --auth-key-stdin",
            ),
        );
    }
    Ok(key)
}
