//! `vodcb verify`

mod recorded;
mod verdict;

use std::path::PathBuf;

use self::verdict::Judge;
use super::verification::{Against, unsigned_callback};
use crate::context::Context;
use crate::delivery::signature::Claim;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::Forms;
use crate::render::pairs;

/// Check the signature of a delivery, and say what is wrong with it
///
/// Takes the two headers, or deliveries that were kept: an HTTP request as text, or the lines that vodcb
/// listen --save writes. Exit 0 when every signature is right, 1 when one is not. A wrong
/// signature is compared with the usual mistakes. A right one proves that the sender knew the key; it
/// does not cover the body.
///
/// Of several deliveries the ones that are not right are shown, and how many there are of each kind;
/// -o ndjson shows all.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vodcb verify --url https://example.com/vod --timestamp 1519375990 --signature c72b… --auth-key-env VOD_KEY
  vodcb verify --delivery request.txt --url https://example.com/vod --auth-key-file key
  vodcb verify --delivery request.txt --configured
  vodcb verify --delivery events.ndjson --configured -o ndjson")]
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
    /// File with a whole delivery, or with many, one a line; - is standard input
    #[arg(long, value_name = "FILE")]
    delivery: Option<PathBuf>,
}

impl Args {
    /// The forms of a result: a file may hold several deliveries.
    pub fn forms(&self) -> Forms {
        match self.delivery {
            Some(_) => Forms::DocumentOrStream,
            None => Forms::Document,
        }
    }
}

/// Verifies offline, unless `--configured` asks the service.
///
/// # Errors
/// A usage error for what cannot be read or is missing; with `--configured` those of a Get.
pub async fn run(ctx: &Context, args: &Args) -> Result<Exit> {
    args.check()?;
    let known = args.against.read(ctx).await?;
    if known.urls.is_empty() || known.keys.is_empty() {
        let what = if known.urls.is_empty() {
            "the configured URL"
        } else {
            "the callback key"
        };
        let error = Error::usage(format!("{what} is needed to verify a signature"));
        return Err(if args.against.configured {
            unsigned_callback(ctx, error)
        } else {
            error.hint("give --url URL and --auth-key-env NAME, or --configured to take both from the service")
        });
    }
    let judge = Judge {
        known,
        max_age: args.against.max_age,
        now: (ctx.now)().as_second(),
    };
    if let Some(from) = &args.delivery {
        return recorded::run(ctx, judge, from).await;
    }
    let verdict = judge.judge(&args.claim(), &[]);
    ctx.out
        .show(&verdict.alone(), |width| pairs(&verdict.lines(), width))?;
    Ok(verdict.exit())
}

impl Args {
    fn check(&self) -> Result<()> {
        if self.signature.is_none() && self.delivery.is_none() {
            return Err(Error::usage("there is nothing to verify")
                .hint("give --timestamp and --signature, or --delivery FILE"));
        }
        let stdin = self
            .delivery
            .as_ref()
            .is_some_and(|file| file.as_os_str() == "-");
        if stdin && self.against.source.auth_key_stdin {
            return Err(Error::usage(
                "the delivery and the key cannot both come from standard input",
            )
            .hint("give the key with --auth-key-env or --auth-key-file"));
        }
        Ok(())
    }

    /// The two headers of the command line.
    fn claim(&self) -> Claim {
        let text = |given: &Option<String>| given.as_deref().unwrap_or_default().trim().to_owned();
        Claim {
            timestamp: text(&self.timestamp),
            signature: text(&self.signature),
            body: None,
        }
    }
}
