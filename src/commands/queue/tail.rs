//! `vodcb queue tail`

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use crate::callback::queue;
use crate::commands::event_filter;
use crate::commands::lines::Lines;
use crate::context::Context;
use crate::delivery::record::{Envelope, QueueMessage, Recorded};
use crate::error::Result;
use crate::event::{EventSelection, EventType, decode};
use crate::exit::Exit;
use crate::mns::consume::{PASSED_BY, Terms, Verdict, consume};
use crate::mns::{Message, Mns};
use crate::output::Format;
use crate::render::queue as view;
use crate::settings::numbers::whole;

/// Show events as they come, until Ctrl-C
///
/// Every message is shown once. It stays in the queue and is out of sight of other readers for some
/// seconds; the service counts a receipt each time. --ack deletes what was shown. With -o ndjson each line is
/// an envelope that other commands read; its body is the event's bytes, its event the same as JSON.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vodcb queue tail vod-events
  vodcb queue tail vod-events --events TranscodeComplete --exit-after 1 --for 60
  vodcb queue tail vod-events --ack -o ndjson >>events.ndjson")]
pub struct Args {
    /// The queue
    pub(super) name: String,
    /// Delete what was shown, once it was written to standard output
    #[arg(long)]
    ack: bool,
    /// Only these event types; others are neither shown nor deleted
    #[arg(long, value_name = "A,B")]
    events: Option<String>,
    /// Stop when so many messages were shown; exit 1 if --for ends earlier
    #[arg(long, value_name = "N", value_parser = whole::<u64>(1..=u64::MAX, "1"))]
    exit_after: Option<u64>,
    /// Stop after so many seconds
    #[arg(long = "for", value_name = "S", value_parser = super::seconds)]
    limit: Option<Duration>,
}

/// Shows messages until something ends it.
///
/// # Errors
/// Those of receiving, and of deleting with `--ack`.
pub async fn run(ctx: &Context, mns: &Mns, args: &Args) -> Result<Exit> {
    queue::check_name(&args.name)?;
    let wanted = match &args.events {
        Some(text) => event_filter::parse(text)?,
        None => EventSelection::All,
    };
    event_filter::warn_of_unknown(ctx, &wanted);
    ctx.out.note(&if args.ack {
        format!("what is shown is deleted from {}; Ctrl-C ends it", args.name)
    } else {
        format!("messages stay in {}: each is back {PASSED_BY} s after it was shown; --ack deletes them; Ctrl-C ends it", args.name)
    });
    let lines = Lines::new(&ctx.out);
    let terms = Terms {
        concurrency: 1,
        once: true,
        exit_after: args.exit_after,
        limit: args.limit,
        ..Terms::default()
    };
    let (totals, ended) = consume(ctx, mns, &args.name, &terms, async |message: &Message| {
        let event = decode::unpack(message.body.as_bytes()).ok();
        let event = event.map(|(event, _)| event);
        let told = view::Told::new(event.as_ref());
        if !is_wanted(&wanted, told.event_type.as_deref()) {
            return Ok(Verdict::Pass(PASSED_BY));
        }
        let Some(text) = piece(ctx, &lines, &args.name, message, (event.as_ref(), &told)) else {
            return Ok(Verdict::Pass(PASSED_BY));
        };
        // While nobody reads it, this waits, and the message stays out of sight of others.
        ctx.out.print_aside(text).await?;
        // Nobody reads any more, so nothing counts as shown.
        if ctx.out.is_closed() {
            ctx.stop.ask();
            return Ok(Verdict::Pass(1));
        }
        Ok(if args.ack {
            Verdict::Delete
        } else {
            Verdict::Keep(PASSED_BY)
        })
    })
    .await;
    ended?;
    let shown = totals.deleted + totals.kept + totals.again;
    let is_short = args.exit_after.is_some_and(|wanted| shown < wanted);
    if let Some(wanted) = args.exit_after.filter(|_| is_short && !ctx.stop.is_asked()) {
        ctx.out.warn(&format!(
            "the time was up after {shown} of {wanted} messages"
        ));
    }
    Ok(if is_short && !ctx.stop.is_asked() {
        Exit::Negative
    } else {
        Exit::Ok
    })
}

/// A message as it is kept, and the event in it; null where it holds none.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    envelope: Envelope<'a>,
    event: Option<&'a Value>,
}

/// What is no event is wanted unless event types are named.
fn is_wanted(wanted: &EventSelection, event_type: Option<&str>) -> bool {
    match event_type {
        Some(name) => wanted.sends(&EventType::from_service(name)),
        None => *wanted == EventSelection::All,
    }
}

fn piece(
    ctx: &Context,
    lines: &Lines<'_>,
    queue: &str,
    message: &Message,
    (event, told): (Option<&Value>, &view::Told),
) -> Option<String> {
    let recorded = match ctx.out.format {
        Format::Ndjson => Recorded {
            received_at: Some((ctx.now)().to_string()),
            message: Some(QueueMessage {
                queue: queue.to_owned(),
                message_id: message.id.clone(),
                dequeue_count: Some(message.dequeue_count.into()),
            }),
            body: decode::unwrapped(message.body.as_bytes()).into_owned(),
            ..Recorded::default()
        },
        _ => Recorded::default(),
    };
    let envelope = recorded.envelope();
    lines.piece(&Line { envelope, event }, |_| view::told(told, message, ""))
}
