//! `vodcb verify`

use serde::Serialize;

use super::read_input;
use super::verification::{Against, Known};
use crate::context::Context;
use crate::delivery::record;
use crate::delivery::signature::{Claim, Verdict, verify};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::render::pairs;

/// Check the signature of a delivery, and say what is wrong with it
///
/// Takes the two headers, or a whole delivery that was kept: an HTTP request as text, or a JSON
/// envelope. Exit 0 when the signature is right, 1 when it is not. A wrong signature is compared with
/// the usual mistakes. A right one proves that the sender knew the key; it does not cover the body.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vodcb verify --url https://example.com/vod --timestamp 1519375990 --signature c72b… --auth-key-env VOD_KEY
  vodcb verify --delivery request.txt --url https://example.com/vod --auth-key-file key
  vodcb verify --delivery request.txt --configured")]
pub struct Args {
    #[command(flatten)]
    against: Against,
    /// Value of X-VOD-TIMESTAMP
    #[arg(
        long,
        value_name = "T",
        requires = "signature",
        conflicts_with = "delivery"
    )]
    timestamp: Option<String>,
    /// Value of X-VOD-SIGNATURE
    #[arg(
        long,
        value_name = "S",
        requires = "timestamp",
        conflicts_with = "delivery"
    )]
    signature: Option<String>,
    /// File with a whole delivery; - is standard input
    #[arg(long, value_name = "FILE")]
    delivery: Option<String>,
}

/// The result; the order of the members is the order in JSON.
#[derive(Debug, Serialize)]
struct Document {
    schema_version: u8,
    valid: bool,
    signature: &'static str,
    key: Option<String>,
    url: Option<String>,
    timestamp: String,
    age_seconds: Option<i64>,
    fresh: Option<bool>,
    reasons: Vec<String>,
    covers_body: bool,
}

/// Verifies offline, unless `--configured` asks the service.
///
/// # Errors
/// A usage error for what cannot be read or is missing; with `--configured` those of a Get.
pub async fn run(ctx: &Context, args: &Args) -> Result<Exit> {
    let claim = args.claim().await?;
    let Known { urls, keys } = args.against.read(ctx).await?;
    if urls.is_empty() || keys.is_empty() {
        let what = if urls.is_empty() {
            "the configured URL"
        } else {
            "the callback key"
        };
        return Err(Error::usage(format!("{what} is needed to verify a signature"))
            .hint("give --url URL and --auth-key-env NAME, or --configured to take both from the service"));
    }
    let document = args.judge(ctx, &claim, &verify(&claim, &urls, &keys));
    ctx.out
        .show(&document, |width| pairs(&document.lines(), width))?;
    Ok(if document.valid {
        Exit::Ok
    } else {
        Exit::Negative
    })
}

impl Args {
    async fn claim(&self) -> Result<Claim> {
        if let (Some(timestamp), Some(signature)) = (&self.timestamp, &self.signature) {
            return Ok(Claim {
                timestamp: timestamp.trim().to_owned(),
                signature: signature.trim().to_owned(),
                body: None,
            });
        }
        let Some(file) = &self.delivery else {
            return Err(Error::usage("there is nothing to verify")
                .hint("give --timestamp and --signature, or --delivery FILE"));
        };
        if file == "-" && self.against.source.auth_key_stdin {
            return Err(Error::usage(
                "the delivery and the key cannot both come from standard input",
            )
            .hint("give the key with --auth-key-env or --auth-key-file"));
        }
        let bytes = read_input(file).await.map_err(|error| {
            Error::usage(format!("{file} cannot be read"))
                .cause(error.to_string())
                .hint("give a file, or - for standard input")
        })?;
        record::read(&bytes)?.claim().ok_or_else(|| {
            Error::usage("this delivery is not signed: X-VOD-TIMESTAMP or X-VOD-SIGNATURE is missing")
                .hint("switch authentication on with vodcb set --auth on, and have proxies pass the headers on")
        })
    }

    fn judge(&self, ctx: &Context, claim: &Claim, verdict: &Verdict) -> Document {
        let age = claim
            .timestamp
            .parse::<i64>()
            .ok()
            .map(|time| (ctx.now)().as_second().saturating_sub(time));
        let fresh = self
            .against
            .max_age
            .map(|most| age.is_some_and(|age| age.unsigned_abs() <= most));
        let (right, key, url, mut reasons) = match verdict {
            Verdict::Valid { key, url } => (true, Some(key.clone()), Some(url.clone()), Vec::new()),
            Verdict::NearMiss(reasons) => (false, None, None, reasons.clone()),
            Verdict::Invalid => (
                false,
                None,
                None,
                vec!["no usual mistake explains it: another key, or another URL".to_owned()],
            ),
        };
        if fresh == Some(false) {
            reasons.push("the time is further away than --max-age allows".to_owned());
        }
        Document {
            schema_version: 1,
            valid: right && fresh != Some(false),
            signature: if right { "right" } else { "wrong" },
            key,
            url,
            timestamp: claim.timestamp.clone(),
            age_seconds: age,
            fresh,
            reasons,
            covers_body: false,
        }
    }
}

impl Document {
    fn lines(&self) -> Vec<(&'static str, String)> {
        let mut lines = vec![("Signature", self.signature.to_owned())];
        lines.extend(self.key.clone().map(|key| ("Key", key)));
        lines.extend(self.url.clone().map(|url| ("URL", url)));
        lines.push(("Time", self.timestamp.clone()));
        lines.extend(self.age_seconds.map(|age| ("Age", format!("{age} s"))));
        lines.extend(self.reasons.iter().map(|reason| ("Reason", reason.clone())));
        lines.push(("Body", "not covered by the signature".to_owned()));
        lines
    }
}
