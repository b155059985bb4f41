//! `vodcb queue`

mod create;
mod forward;
mod status;
mod tail;

use std::time::Duration;

use clap::Subcommand;

use super::queue_lookup::with_similar;
use super::{Connection, connect};
use crate::callback::queue;
use crate::context::Context;
use crate::error::Result;
use crate::event::decode;
use crate::exit::Exit;
use crate::mns::queue::Attributes;
use crate::mns::{MAX_BATCH, Mns};
use crate::output::Forms;
use crate::render::queue as view;
use crate::settings::numbers::{self, whole};
use crate::settings::queue_account;
use crate::target::Region;
use crate::text::{counted, quoted};

/// Look after the queues that callbacks can go to
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vodcb queue create vod-events
  vodcb set --mns-queue vod-events
  vodcb queue status vod-events
  vodcb queue peek vod-events --count 5
  vodcb queue tail vod-events
  vodcb queue forward vod-events --to http://127.0.0.1:8080/vod")]
pub struct Args {
    /// Region of the queues, if it is not the callback's
    #[arg(long, global = true, value_name = "ID")]
    mns_region: Option<String>,
    /// Account that owns the queues, if it is not the caller's own
    #[arg(long, global = true, value_name = "ID")]
    account_id: Option<String>,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the queues
    #[command(after_help = "\
Examples:
  vodcb queue list
  vodcb queue list --prefix vod- --mns-region cn-beijing")]
    List {
        /// Only names that begin so
        #[arg(long, value_name = "TEXT", default_value = "")]
        prefix: String,
    },
    /// Create a queue whose attributes suit callbacks
    #[command(after_help = "\
Examples:
  vodcb queue create vod-events
  vodcb queue create vod-events --retention 604800")]
    Create {
        /// Letters, digits and hyphens
        name: String,
        /// Seconds a message is kept, 60 to 604800
        #[arg(long, value_name = "S", default_value_t = 345_600, value_parser = whole::<u32>(60..=604_800, "345600"))]
        retention: u32,
        /// Seconds a received message stays out of sight, 1 to 43200
        #[arg(long, value_name = "S", default_value_t = 60, value_parser = whole::<u32>(1..=43_200, "60"))]
        visibility: u32,
        /// Seconds a receipt waits for a message, 0 to 30
        #[arg(long, value_name = "S", default_value_t = 20, value_parser = whole::<u32>(0..=30, "20"))]
        polling: u32,
    },
    /// Show a queue, and what would lose events
    #[command(after_help = "\
Examples:
  vodcb queue status vod-events")]
    Status {
        /// The queue
        name: String,
    },
    /// Look at messages without receiving them
    #[command(after_help = "\
Examples:
  vodcb queue peek vod-events
  vodcb queue peek vod-events --count 5 -o json")]
    Peek {
        /// The queue
        name: String,
        /// How many at the most, 1 to 16
        #[arg(long, value_name = "N", default_value_t = 1, value_parser = whole::<u32>(1..=16, "16"))]
        count: u32,
    },
    Tail(tail::Args),
    Forward(Box<forward::Args>),
}

/// The value of `--for`.
fn seconds(text: &str) -> std::result::Result<Duration, String> {
    numbers::seconds(0.1..=31_536_000.0, "60")(text).map(Duration::from_secs_f64)
}

impl Args {
    /// The forms of a result.
    pub fn forms(&self) -> Forms {
        match self.stream() {
            Some(_) => Forms::Stream,
            None => Forms::Document,
        }
    }

    /// The word of a command that goes on taking messages, which cannot be shown beforehand.
    pub fn stream(&self) -> Option<&'static str> {
        match self.what {
            What::Tail(_) => Some("queue tail"),
            What::Forward(_) => Some("queue forward"),
            _ => None,
        }
    }
}

/// Asks the queue service.
///
/// # Errors
/// Those of the settings, of STS where the account is not named, and of the queue service.
pub async fn run(ctx: &Context, args: &Args) -> Result<Exit> {
    let connection = connect(ctx).await?;
    let (mns, region) = args.open(ctx, &connection).await?;
    let done = look_after(ctx, &connection, &mns, &region, args).await;
    let exit = match (done, args.what.queue()) {
        (Err(error), Some(name)) => return Err(with_similar(ctx, &mns, name, error).await),
        (done, _) => done?,
    };
    connection.close().await;
    Ok(exit)
}

async fn look_after(
    ctx: &Context,
    connection: &Connection,
    mns: &Mns,
    region: &Region,
    args: &Args,
) -> Result<Exit> {
    match &args.what {
        What::List { prefix } => list(ctx, mns, prefix, region).await?,
        What::Create {
            name,
            retention,
            visibility,
            polling,
        } => {
            let attributes = Attributes {
                message_retention_period: Some(*retention),
                visibility_timeout: Some(*visibility),
                polling_wait_seconds: Some(*polling),
                ..Attributes::for_callbacks()
            };
            let look = ctx.again(&args.words(&format!("queue status {name}")));
            create::run(ctx, mns, name, &attributes, &look).await?;
            if !ctx.flags.dry_run {
                let set = ctx.again(&args.words(&format!("set --mns-queue {name}")));
                create::tell_next(ctx, connection, &set);
            }
        }
        What::Status { name } => {
            let place = args.place(ctx, mns, region)?;
            status::run(ctx, connection, mns, name, &place).await?;
        }
        What::Peek { name, count } => {
            if peek(ctx, mns, name, *count).await? == 0 {
                args.tell_hidden(ctx, mns, name).await;
            }
        }
        What::Tail(args) => return tail::run(ctx, mns, args).await,
        What::Forward(forward) => {
            let look = ctx.again(&args.words(&format!("queue tail {}", forward.name)));
            let (exit, is_nothing) = forward::run(ctx, mns, forward, look).await?;
            if forward.drain && is_nothing {
                args.tell_hidden(ctx, mns, &forward.name).await;
            }
            return Ok(exit);
        }
    }
    Ok(Exit::Ok)
}

impl What {
    /// The queue that has to be there.
    fn queue(&self) -> Option<&str> {
        match self {
            What::List { .. } | What::Create { .. } => None,
            What::Status { name } | What::Peek { name, .. } => Some(name),
            What::Tail(args) => Some(&args.name),
            What::Forward(args) => Some(&args.name),
        }
    }
}

impl Args {
    /// A command about the same queues, for hints that are copied.
    fn words(&self, command: &str) -> String {
        let flags = [
            ("mns-region", &self.mns_region),
            ("account-id", &self.account_id),
        ];
        flags
            .into_iter()
            .filter_map(|(name, value)| Some(format!(" --{name} {}", quoted(value.as_deref()?))))
            .fold(command.to_owned(), |line, flag| line + &flag)
    }

    /// Tells how many messages nobody can receive now, where none was found. Who may not look hears nothing of it.
    async fn tell_hidden(&self, ctx: &Context, mns: &Mns, name: &str) {
        let status = mns.get_attributes(ctx, name).await;
        if let Some(hidden @ 1..) = status.ok().and_then(|status| status.inactive) {
            let hidden = counted(hidden, "message is", "messages are");
            let look = ctx.again(&self.words(&format!("queue status {name}")));
            ctx.out.note(&format!(
                "{hidden} out of sight now, in work or kept for a later try; {look}"
            ));
        }
    }

    async fn open(&self, ctx: &Context, connection: &Connection) -> Result<(Mns, Region)> {
        let region = self.mns_region.as_deref().map(Region::parse_strict);
        let region = region.transpose()?;
        let account_id = self.account_id.as_deref();
        let mns = connection.queues(ctx, region.as_ref(), account_id).await?;
        let region = match (region, queue::parse_host(&mns.endpoint.to_string())) {
            (Some(region), _) => region,
            (None, Some(host)) => Region::parse(&host.region)?,
            (None, None) => connection.target.region.clone(),
        };
        Ok((mns, region))
    }

    /// Which queues are looked at: those of this account, as far as it is known, in this region.
    fn place(&self, ctx: &Context, mns: &Mns, region: &Region) -> Result<(Option<String>, String)> {
        if let Some(host) = queue::parse_host(&mns.endpoint.to_string()) {
            return Ok((Some(host.account_id), host.region));
        }
        let account_id = self.account_id.as_deref().or(queue_account(&ctx.env)?);
        Ok((account_id.map(str::to_owned), region.to_string()))
    }
}

async fn list(ctx: &Context, mns: &Mns, prefix: &str, region: &Region) -> Result<()> {
    let mut names = Vec::new();
    let mut pages = mns.list_queues(prefix);
    while let Some(page) = pages.next(ctx).await? {
        names.extend(page);
    }
    let document =
        serde_json::json!({"schema_version": 1, "region": region.as_str(), "queues": names});
    ctx.out.show(&document, |width| {
        view::list(&names, prefix, region.as_str(), width)
    })
}

/// Shows messages; how many there were.
async fn peek(ctx: &Context, mns: &Mns, name: &str, count: u32) -> Result<usize> {
    queue::check_name(name)?;
    let most = usize::try_from(count).unwrap_or(MAX_BATCH);
    let messages = mns.batch_peek(ctx, name, most).await?;
    let shown: Vec<view::Shown> = messages
        .iter()
        .map(|message| {
            view::Shown::new(
                message,
                decode::unpack(message.body.as_bytes())
                    .ok()
                    .map(|(event, _)| event),
            )
        })
        .collect();
    let document = serde_json::json!({"schema_version": 1, "queue": name, "messages": shown});
    ctx.out
        .show(&document, |width| view::messages(&shown, width))?;
    Ok(shown.len())
}
