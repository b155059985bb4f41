//! `vodcb replay`

mod report;
mod tempo;

use std::path::PathBuf;

use super::event_filter;
use super::event_source::Edits;
use super::receiver::{Receiver, ReceiverFlags, Signing};
use crate::context::Context;
use crate::delivery::record::Recorded;
use crate::delivery::recording::{self, Found, Piece};
use crate::delivery::rules::{Rules, SIGNATURE, VOD};
use crate::delivery::send::{Delivery, Proof, deliver};
use crate::error::{Error, Kind, Result};
use crate::event::compose::{Draft, Edit};
use crate::event::decode::{self, explain};
use crate::event::{self, catalogue};
use crate::exit::Exit;
use crate::text::{counted, quoted};
use report::{Report, Summary};
use tempo::Tempo;

/// Send deliveries again that were recorded
///
/// Takes the lines that vodcb listen --save and queue tail -o ndjson write, or HTTP requests as text, one a
/// file, and sends them in their order by VOD's rules. They are signed anew when a key is given, so that a receiver
/// does not find them stale; --verbatim sends headers and body as they were recorded. Exit 0 when every
/// delivery was answered with 200, 1 when one was not or could not be read, or when there was none to send.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vodcb replay events.ndjson --to http://localhost:8080/vod --auth-key-env VOD_KEY
  vodcb replay events.ndjson --only TranscodeComplete --set VideoId=abc --to http://localhost:8080/vod
  vodcb replay events.ndjson --speed 10 --to http://localhost:8080/vod -o ndjson
  vodcb replay captured/ --verbatim --to http://localhost:8080/vod")]
pub struct Args {
    /// File of recorded deliveries, or a folder of such files; - is standard input
    #[arg(value_name = "FILE|DIR")]
    from: PathBuf,
    #[command(flatten)]
    receiver: ReceiverFlags,
    /// Send headers and body byte for byte as they were recorded
    #[arg(long, conflicts_with_all = ["set", "unset", "signed_url", "key"])]
    verbatim: bool,
    /// Only these event types
    #[arg(long, value_name = "EVENT,…", value_delimiter = ',')]
    only: Vec<String>,
    #[command(flatten)]
    edits: Edits,
    /// Keep the distances in time between deliveries, divided by this; 1 is as it was
    #[arg(long, value_name = "X", value_parser = tempo::speed)]
    speed: Option<f64>,
    /// Try each delivery once, where VOD would try three times
    #[arg(long)]
    once: bool,
}

/// Reads, sends and tells, one delivery at a time.
///
/// # Errors
/// A usage error for what is no recording, and for edits that are none.
pub async fn run(ctx: &Context, args: &Args) -> Result<Exit> {
    let edits = args.edits.parse()?;
    let only = only(ctx, &args.only)?;
    if args.from.as_os_str() == "-" && args.receiver.source.auth_key_stdin {
        return Err(Error::usage(
            "the deliveries and the key cannot both come from standard input",
        )
        .hint("give the key with --auth-key-env or --auth-key-file"));
    }
    let mut pieces = recording::open(&args.from);
    let signing = match args.verbatim {
        true => Signing::AsRecorded,
        false => Signing::Anew,
    };
    let receiver = args.receiver.find(ctx, signing).await?;
    let mut replay = Replay {
        ctx,
        args,
        receiver,
        edits,
        only,
        tempo: Tempo::new(args.speed),
        under_way: None,
        report: Report::new(ctx, args.rules()),
    };
    loop {
        let next = async {
            match pieces.recv().await {
                Some(Ok(piece)) => replay.take(piece).await.map(|()| true),
                Some(Err(unread)) => replay.cannot_go_on(unread).map(|()| false),
                None => Ok(false),
            }
        };
        let goes_on = tokio::select! {
            goes_on = next => goes_on?,
            () = ctx.stop.asked() => false,
        };
        if !goes_on {
            return replay.end();
        }
    }
}

impl Args {
    fn rules(&self) -> Rules {
        let attempts = if self.once { 1 } else { VOD.attempts };
        Rules { attempts, ..VOD }
    }
}

/// The names as the catalogue spells them. One it does not have may still be in the recording.
fn only(ctx: &Context, names: &[String]) -> Result<Vec<String>> {
    let mut known = Vec::new();
    for name in names {
        if name.eq_ignore_ascii_case(event::AI_UMBRELLA) {
            known.extend(catalogue::covered_by(event::AI_UMBRELLA).map(|event| event.name.clone()));
        } else if let Some(event) = catalogue::find(name) {
            known.push(event.name.clone());
        } else if name.is_empty() {
            return Err(Error::usage("--only names no event type")
                .hint("for example --only TranscodeComplete,SnapshotComplete"));
        } else {
            event_filter::warn(ctx, name);
            known.push(name.clone());
        }
    }
    Ok(known)
}

/// A replay under way.
struct Replay<'a> {
    ctx: &'a Context,
    args: &'a Args,
    receiver: Receiver,
    edits: Vec<Edit>,
    only: Vec<String>,
    tempo: Tempo,
    /// Where the delivery stands that is under way.
    under_way: Option<String>,
    report: Report<'a>,
}

impl Replay<'_> {
    async fn take(&mut self, piece: Piece) -> Result<()> {
        let recorded = match &piece.found {
            Found::Delivery(recorded) => recorded,
            Found::Torn => {
                self.ctx.out.warn(&format!(
                    "{}: the last line is not complete, as after a crash; it was left out",
                    piece.place()
                ));
                return Ok(());
            }
            Found::Damaged(message) => return self.damaged(&piece, message),
        };
        if self.leaves_out(recorded) {
            self.report.summary.left_out += 1;
            return Ok(());
        }
        let delivery = match self.delivery(recorded) {
            Ok(delivery) => delivery,
            Err(error) => return self.damaged(&piece, &error.message),
        };
        if self.ctx.flags.dry_run {
            return self.report.sent(&piece, recorded, &delivery, None);
        }
        self.tempo.keep(recorded.received_at.as_deref()).await;
        let (ctx, rules) = (self.ctx, self.args.rules());
        self.under_way = Some(piece.place());
        let outcome = deliver(&ctx.http, ctx.now, rules, &delivery, |_| {}).await?;
        self.under_way = None;
        let outcome = Some(&outcome);
        self.report.sent(&piece, recorded, &delivery, outcome)
    }

    /// Whether `--only` wants other events.
    fn leaves_out(&self, recorded: &Recorded) -> bool {
        if self.only.is_empty() {
            return false;
        }
        let event = decode::unpack(&recorded.body).ok();
        let name = event.and_then(|(event, _)| explain(&event).event_type);
        !self.only.iter().any(|only| name.as_ref() == Some(only))
    }

    fn delivery(&self, recorded: &Recorded) -> Result<Delivery> {
        let mut body = recorded.body.clone();
        if !self.edits.is_empty() {
            let mut draft = Draft::parse(&body)?;
            for edit in &self.edits {
                if let Some(remark) = draft.edit(edit)? {
                    self.report.lines.warn_once(&remark);
                }
            }
            body = draft.to_bytes();
        }
        // A message of a queue came without headers, and is sent as a delivery all the same.
        let proof = if self.args.verbatim && !recorded.headers.is_empty() {
            Proof::Recorded(recorded.end_to_end_headers())
        } else {
            self.receiver.proof.clone()
        };
        if matches!(proof, Proof::Unsigned) && recorded.header(SIGNATURE).is_some() {
            let words = "the deliveries were signed and are sent without a signature: \
                 give the key with --auth-key-env NAME, or add --verbatim";
            self.report.lines.warn_once(words);
        }
        Ok(Delivery {
            url: self.receiver.url.clone(),
            proof,
            body,
        })
    }

    /// A line is left out. A file that is no recording at all is an order that cannot be carried out.
    fn damaged(&mut self, piece: &Piece, message: &str) -> Result<()> {
        if piece.line.is_none() && !self.args.from.is_dir() {
            return Err(Error::usage(format!("{}: {message}", piece.place()))
                .hint(recording::HINT)
                .hint(format!(
                    "to send the body of an event: vodcb send --data {} --to URL",
                    quoted(&self.args.from.display().to_string())
                )));
        }
        self.report.damaged(piece, message)
    }

    /// Ends it where the recording cannot be read any further, in view of what was delivered before.
    fn cannot_go_on(&self, unread: Error) -> Result<()> {
        if self.report.summary.made() == 0 {
            return Err(unread);
        }
        self.report.sum_up()?;
        let made = counted(self.report.summary.made(), "delivery", "deliveries");
        let mut partial = Error::new(
            Kind::Partial,
            format!("{made} came to an end; the rest was not read"),
        )
        .cause(unread.message);
        partial.causes.extend(unread.causes);
        partial.hints.extend(unread.hints);
        Err(partial.hint("look at the receiver before sending them again"))
    }

    fn cut_short(&self) -> Error {
        let under_way = match &self.under_way {
            Some(place) => format!("{place} was under way and may have arrived"),
            None => "none was under way".to_owned(),
        };
        self.ctx.stop.cut_short(&format!(
            "{} sent to the end, {under_way}; the rest was not sent",
            counted(self.report.summary.deliveries, "delivery", "deliveries")
        ))
    }

    fn end(self) -> Result<Exit> {
        let Summary {
            deliveries,
            not_delivered,
            left_out,
            damaged,
            ..
        } = self.report.summary;
        let is_cut = self.ctx.stop.is_asked();
        if deliveries + damaged == 0 && !is_cut {
            let why = if left_out == 0 {
                ""
            } else {
                ": --only leaves all of them out"
            };
            self.ctx.out.warn(&format!("nothing was sent{why}"));
        }
        self.report.sum_up()?;
        if is_cut {
            return Err(self.cut_short());
        }
        // What was never sent has proved nothing.
        Ok(match not_delivered + damaged {
            0 if deliveries > 0 => Exit::Ok,
            _ => Exit::Negative,
        })
    }
}
