//! `vodcb queue forward`

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::json;

use crate::callback::{queue, url};
use crate::commands::key_source::KeySource;
use crate::commands::lines::Lines;
use crate::commands::receiver::sent_but_not_shown;
use crate::context::Context;
use crate::delivery::report;
use crate::delivery::rules::{self, Answer};
use crate::delivery::send::{Attempt, Delivery, Proof, deliver};
use crate::error::{Error, Result};
use crate::event::decode;
use crate::exit::Exit;
use crate::mns::consume::{Terms, Totals, Verdict, consume, pause_after};
use crate::mns::{Message, Mns};
use crate::output::{Printer, Stream};
use crate::render::queue as view;
use crate::settings::numbers::whole;
use crate::text::counted;

const NOT_READ: &str = "standard output is not read, so lines are left out; forwarding goes on";

/// Hand each message to an HTTP receiver, as VOD would
///
/// A message is delivered by VOD's rules: POST, five seconds, three attempts, status 200 only; signed if a
/// key is given. It is deleted after a 200. Otherwise it stays in the queue and is tried again, after 10
/// seconds first, and at most ten minutes; the others go on meanwhile. What holds no event is handed to
/// nobody and stays, too. Several processes may share a queue.
/// Ctrl-C finishes what is under way and puts the rest back; exit 0. With --drain, --exit-after or --for it is
/// 1 when something was kept, or could not be deleted.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vodcb queue forward vod-events --to http://127.0.0.1:8080/vod
  vodcb queue forward vod-events --to https://example.com/vod --auth-key-env VOD_KEY --concurrency 8
  vodcb queue forward vod-events --to http://127.0.0.1:8080/vod --drain")]
pub struct Args {
    /// The queue
    pub(super) name: String,
    /// The receiver
    #[arg(long, value_name = "URL")]
    to: String,
    /// The URL to sign, if the receiver knows itself by another one than --to
    #[arg(long, value_name = "URL", requires = "key")]
    signed_url: Option<String>,
    /// How many deliveries at the same time, 1 to 256
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = whole::<u16>(1..=256, "4"))]
    concurrency: u16,
    /// Stop when nothing more can be received; what was kept, or another reader has, counts as nothing
    #[arg(long)]
    pub(super) drain: bool,
    /// Stop when so many messages were handed over or kept
    #[arg(long, value_name = "N", value_parser = whole::<u64>(1..=u64::MAX, "1"))]
    exit_after: Option<u64>,
    /// Stop after so many seconds
    #[arg(long = "for", value_name = "S", value_parser = super::seconds)]
    limit: Option<Duration>,
    #[command(flatten)]
    source: KeySource,
}

/// Forwards until something ends it; whether it came to an end by itself with nothing to do is told beside the exit.
/// `look` is the command line that shows what is in the queue.
///
/// # Errors
/// Those of receiving and deleting, and a usage error for a URL or a key that cannot be used.
pub async fn run(ctx: &Context, mns: &Mns, args: &Args, look: String) -> Result<(Exit, bool)> {
    queue::check_name(&args.name)?;
    // What it warns about, private addresses above all, is what receivers in development have.
    url::check(&args.to)?;
    let desk = Desk {
        ctx,
        args,
        look,
        proof: args.proof(ctx).await?,
        lines: Lines::new(&ctx.out),
        printer: Printer::start(Stream::Results)?,
        not_shown: Cell::default(),
        hinted: RefCell::default(),
    };
    let terms = Terms {
        concurrency: args.concurrency.into(),
        drain: args.drain,
        exit_after: args.exit_after,
        limit: args.limit,
        ..Terms::default()
    };
    let begun = Instant::now();
    desk.ready(mns).await?;
    let (totals, ended) = consume(ctx, mns, &args.name, &terms, async |message: &Message| {
        desk.forward(message).await
    })
    .await;
    // What was done is told even where it ends with an error.
    let is_nothing = totals == Totals::default();
    let summary = if is_nothing && ended.is_err() {
        String::new()
    } else {
        desk.summary(totals, begun.elapsed())
    };
    let shown = ctx.stop.unless_asked(desk.printer.close(summary)).await;
    ended?;
    shown.map_err(|error| match is_nothing {
        true => error,
        false => sent_but_not_shown(error),
    })?;
    let has_end = args.drain || args.exit_after.is_some() || args.limit.is_some();
    let all = totals.deleted + totals.kept + totals.again;
    let is_short = args.exit_after.is_some_and(|wanted| all < wanted);
    let stays = totals.kept + totals.damaged + totals.again > 0;
    let by_itself = !ctx.stop.is_asked();
    let exit = if has_end && by_itself && (stays || is_short) {
        Exit::Negative
    } else {
        Exit::Ok
    };
    Ok((exit, is_nothing && by_itself))
}

impl Args {
    async fn proof(&self, ctx: &Context) -> Result<Proof> {
        let Some(key) = self.source.read_leniently(ctx).await? else {
            return Ok(Proof::Unsigned);
        };
        let signed = self.signed_url.as_ref().unwrap_or(&self.to);
        url::check(signed)?;
        Ok(Proof::Signed {
            url: signed.clone(),
            key,
            shift: jiff::SignedDuration::ZERO,
        })
    }
}

/// What every delivery needs.
struct Desk<'a> {
    ctx: &'a Context,
    args: &'a Args,
    look: String,
    proof: Proof,
    lines: Lines<'a>,
    /// What prints: nobody who reads slowly holds a delivery up, or its deletion.
    printer: Printer,
    /// Lines that were left out.
    not_shown: Cell<u64>,
    /// Remedies that were told; each is told once.
    hinted: RefCell<BTreeSet<String>>,
}

impl Desk<'_> {
    async fn ready(&self, mns: &Mns) -> Result<()> {
        let (name, to) = (&self.args.name, url::without_password(&self.args.to));
        let endpoint = mns.endpoint.to_string();
        let document = json!({"schema_version": 1, "kind": "ready", "queue": name, "endpoint": endpoint, "to": to});
        self.ctx.out.note(&format!(
            "forwarding {name} to {to}; a message is deleted after a 200; Ctrl-C ends it"
        ));
        let piece = self.lines.piece(&document, |_| String::new());
        self.ctx.out.print_aside(piece.unwrap_or_default()).await
    }

    async fn forward(&self, message: &Message) -> Result<Verdict> {
        let pause = pause_after(message.dequeue_count);
        let body = match decode::own_bytes(message.body.as_bytes()) {
            Ok(body) => body.into_owned(),
            Err(why) => return Ok(self.keep(message, &why, pause)),
        };
        let delivery = Delivery {
            url: self.args.to.clone(),
            proof: self.proof.clone(),
            body,
        };
        let (ctx, quiet) = (self.ctx, |_: &_| {});
        let outcome = deliver(&ctx.http, ctx.now, rules::VOD, &delivery, quiet).await?;
        let back_in = (!outcome.is_delivered()).then_some(pause);
        let told = view::Told::new(decode::json(&delivery.body).as_ref());
        self.tell(message, &told, &outcome.attempts, back_in);
        let last = outcome.attempts.last();
        self.hint(last.and_then(|attempt| attempt.answer.hint_of_application()));
        Ok(back_in.map_or(Verdict::Delete, Verdict::Keep))
    }

    /// A message that holds no event is handed to nobody.
    fn keep(&self, message: &Message, why: &Error, pause: u32) -> Verdict {
        self.tell(message, &view::Told::new(None), &[], Some(pause));
        self.ctx
            .out
            .warn(&report::no_event(&message.id, why, pause));
        self.hint(Some(format!("look at it: {}", self.look)));
        Verdict::Keep(pause)
    }

    fn tell(
        &self,
        message: &Message,
        told: &view::Told,
        attempts: &[Attempt],
        back_in: Option<u32>,
    ) {
        let forwarded = Forwarded::new(&self.args.name, message, told, attempts, back_in);
        let rest = result(attempts, back_in);
        let text = |_| view::told(told, message, &rest);
        self.print(self.lines.piece(&forwarded, text));
    }

    /// A line that cannot be written ends it; what was handed over is deleted all the same.
    fn print(&self, piece: Option<String>) {
        if piece.is_none_or(|text| self.printer.print(text)) {
            return;
        }
        if self.printer.has_ended() {
            self.ctx.stop.ask();
        } else {
            self.lines.warn_once(NOT_READ);
            self.not_shown.set(self.not_shown.get() + 1);
        }
    }

    fn hint(&self, hint: Option<String>) {
        let is_new = |hint: &String| self.hinted.borrow_mut().insert(hint.clone());
        if let Some(hint) = hint.filter(is_new) {
            self.ctx.out.hint(&hint);
        }
    }

    fn summary(&self, totals: Totals, took: Duration) -> String {
        let Totals {
            deleted,
            kept,
            damaged,
            again,
        } = totals;
        let document = json!({
            "schema_version": 1,
            "kind": "summary",
            "queue": self.args.name,
            "forwarded": deleted,
            "kept": kept + damaged,
            "not_deleted": again,
            "not_shown": self.not_shown.get(),
            "took_ms": u64::try_from(took.as_millis()).unwrap_or_default(),
        });
        self.ctx.out.note(&summary(totals, self.not_shown.get()));
        let piece = self.lines.piece(&document, |_| String::new());
        piece.unwrap_or_default()
    }
}

/// One message that was handed over, or was not, as data.
#[derive(Debug, Clone, Serialize)]
struct Forwarded<'a> {
    schema_version: u8,
    kind: &'static str,
    queue: &'a str,
    message_id: &'a str,
    dequeue_count: u32,
    event_type: Option<&'a str>,
    id: Option<&'a str>,
    status: Option<&'a str>,
    delivered: bool,
    back_in_seconds: Option<u32>,
    attempts: Vec<Tried>,
}

/// One attempt.
#[derive(Debug, Clone, Serialize)]
struct Tried {
    number: u32,
    at: String,
    took_ms: u128,
    status: Option<u16>,
    error: Option<String>,
}

impl<'a> Forwarded<'a> {
    fn new(
        queue: &'a str,
        message: &'a Message,
        told: &'a view::Told,
        attempts: &[Attempt],
        back_in: Option<u32>,
    ) -> Self {
        let delivered = back_in.is_none();
        let attempts = attempts.iter().map(|attempt| {
            let (status, error) = match &attempt.answer {
                Answer::Status { status, .. } => (Some(*status), None),
                Answer::Nothing { message, .. } => (None, Some(message.clone())),
            };
            Tried {
                number: attempt.number,
                at: attempt.at.to_string(),
                took_ms: attempt.took.as_millis(),
                status,
                error,
            }
        });
        Forwarded {
            schema_version: 1,
            kind: "forward",
            queue,
            message_id: &message.id,
            dequeue_count: message.dequeue_count,
            event_type: told.event_type.as_deref(),
            id: told.id.as_deref(),
            status: told.status.as_deref(),
            delivered,
            back_in_seconds: back_in,
            attempts: attempts.collect(),
        }
    }
}

/// What became of a delivery, for the end of a line.
fn result(attempts: &[Attempt], back_in: Option<u32>) -> String {
    let Some(last) = attempts.last() else {
        return "kept".to_owned();
    };
    let took = last.took.as_millis();
    match (last.number, back_in) {
        (1, None) => format!("{} in {took} ms", last.answer),
        (number, None) => format!("{} in {took} ms at attempt {number}", last.answer),
        (_, Some(seconds)) => report::kept(last, seconds),
    }
}

/// What became of all messages.
fn summary(totals: Totals, not_shown: u64) -> String {
    let Totals {
        deleted,
        kept,
        damaged,
        again,
    } = totals;
    let kept = kept + damaged;
    let mut text = format!("{deleted} handed over and deleted, {kept} kept in the queue");
    if again > 0 {
        text.push_str(&format!(
            ", {again} handed over but not deleted, as far as is known: they come once more then"
        ));
    }
    if not_shown > 0 {
        let lines = counted(not_shown, "line", "lines");
        text.push_str(&format!("; {lines} not shown"));
    }
    text
}
