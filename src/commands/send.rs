//! `vodcb send`

mod editor;
mod scenarios;
mod storm;

use serde::Serialize;

use super::event_source::{Body, EventSource};
use super::receiver::{Receiver, ReceiverFlags, Signing, sent_but_not_shown};
use crate::context::Context;
use crate::delivery::load::{Load, MOST};
use crate::delivery::report::{self, AttemptReport};
use crate::delivery::rules::{Rules, VOD};
use crate::delivery::scenario::{self, Scenario};
use crate::delivery::send::{Attempt, Delivery, deliver, headers};
use crate::error::{Error, Result};
use crate::event::compose::Draft;
use crate::event::decode;
use crate::exit::Exit;
use crate::output::Format;
use crate::settings::numbers::whole;
use crate::text::{counted, escape, escape_line};

/// The event of scenarios when none is named.
const ORDINARY: &str = "TranscodeComplete";
/// Deliveries of a load that are under way at a time.
const CONCURRENCY: u64 = 16;

/// Send an event to a receiver, as VOD would
///
/// Takes a sample of the catalogue or a body of yours, signs it when a key is given, and keeps to VOD's
/// rules: three attempts with a second between them, five seconds for each answer, only status 200
/// counts. Exit 0 when it was delivered, 1 when VOD would have dropped it. With --scenario the receiver is
/// tried in situations it should bear; exit 1 when it fails in one.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vodcb send TranscodeComplete --to http://localhost:8080/vod
  vodcb send StreamTranscodeComplete --fail --set VideoId=abc --to http://localhost:8080/vod --auth-key-env VOD_KEY
  vodcb send --data body.json --to configured --yes
  vodcb send --scenario all --to http://localhost:8080/vod --auth-key-env VOD_KEY
  vodcb send FileUploadComplete --count 1000 --rate 100 --to http://localhost:8080/vod")]
pub struct Args {
    #[command(flatten)]
    source: EventSource,
    /// Change the body in $VISUAL or $EDITOR before it is sent; an emptied file cancels
    #[arg(long, help_heading = "Event")]
    edit: bool,
    #[command(flatten)]
    receiver: ReceiverFlags,
    /// Try once, where VOD would try three times
    #[arg(long)]
    once: bool,
    /// Try the receiver in this situation; may be given several times, all stands for all of them
    #[arg(long, value_name = "NAME", help_heading = "Scenarios and load")]
    scenario: Vec<String>,
    /// List the scenarios with what is sent and which answer is right
    #[arg(long, help_heading = "Scenarios and load")]
    list_scenarios: bool,
    /// Send so many events, those of a sample each with an id of its own
    #[arg(long, value_name = "N", value_parser = whole::<u64>(1..=MOST, "100"), help_heading = "Scenarios and load")]
    count: Option<u64>,
    /// Begin so many of them in a second; as fast as the receiver answers if not given
    #[arg(long, value_name = "R", value_parser = rate, help_heading = "Scenarios and load")]
    rate: Option<f64>,
    /// Have at most so many of them under way at a time [default: 16]
    #[arg(long, value_name = "N", value_parser = whole::<u64>(1..=4096, "50"), help_heading = "Scenarios and load")]
    concurrency: Option<u64>,
}

/// Sends, and judges the answers.
///
/// # Errors
/// A usage error for what cannot be made or sent, before anything is sent.
pub async fn run(ctx: &Context, args: &Args) -> Result<Exit> {
    if args.list_scenarios {
        return scenarios::list(ctx);
    }
    let scenarios = scenario::named(&args.scenario)?;
    args.check(!scenarios.is_empty())?;
    let ordinary = (!scenarios.is_empty()).then_some(ORDINARY);
    let mut body = args.source.compose_or(ctx, ordinary).await?;
    if args.edit {
        body = editor::edited(ctx, body).await?;
    }
    let receiver = args.receiver.find(ctx, Signing::Anew).await?;
    if ctx.flags.dry_run {
        return plan(ctx, args, &scenarios, &receiver, &body);
    }
    if !scenarios.is_empty() {
        let draft = match body {
            Body::Composed(draft) => draft,
            Body::AsGiven(bytes) => Draft::parse(&bytes)?,
        };
        return scenarios::run(ctx, &scenarios, draft, &receiver, args.load(storm::USUAL)).await;
    }
    warn_of(ctx, &body);
    match args.count {
        None | Some(1) => one(ctx, args.rules(), &receiver, &body).await,
        Some(count) => storm::run(ctx, args.rules(), &receiver, &body, args.load(count)).await,
    }
}

impl Args {
    fn check(&self, scenarios: bool) -> Result<()> {
        if self.source.data.as_deref() == Some("-") && self.receiver.source.auth_key_stdin {
            return Err(
                Error::usage("the body and the key cannot both come from standard input")
                    .hint("give the key with --auth-key-env or --auth-key-file"),
            );
        }
        let is_load = self.count.is_some() || scenarios;
        let pace = [
            ("--rate", self.rate.is_some()),
            ("--concurrency", self.concurrency.is_some()),
        ];
        if let Some((flag, _)) = pace.iter().find(|(_, given)| *given && !is_load) {
            return Err(Error::usage(format!(
                "{flag} says how fast many events go, and only one is sent"
            ))
            .hint("add --count N"));
        }
        Ok(())
    }

    fn rules(&self) -> Rules {
        let attempts = if self.once { 1 } else { VOD.attempts };
        Rules { attempts, ..VOD }
    }

    fn load(&self, usual: u64) -> Load {
        Load {
            count: self.count.unwrap_or(usual),
            concurrency: usize::try_from(self.concurrency.unwrap_or(CONCURRENCY)).unwrap_or(1),
            rate: self.rate,
        }
    }
}

fn rate(text: &str) -> std::result::Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate.is_finite() && rate >= 0.001 => Ok(rate),
        _ => Err("events in a second are meant, for example 100 or 0.5".to_owned()),
    }
}

/// A body that is no event is sent all the same, as that may be the test.
fn warn_of(ctx: &Context, body: &Body) {
    if let Body::AsGiven(bytes) = body
        && let Err(error) = decode::unpack(bytes)
    {
        ctx.out
            .warn(&format!("{}; it is sent as it is", error.message));
    }
}

/// The result of one delivery; the order of the members is the order in JSON.
#[derive(Serialize)]
struct Document<'a> {
    schema_version: u8,
    url: &'a str,
    signed: bool,
    event_type: Option<String>,
    size: usize,
    result: &'static str,
    attempts: Vec<AttemptReport>,
}

async fn one(ctx: &Context, rules: Rules, receiver: &Receiver, body: &Body) -> Result<Exit> {
    let delivery = Delivery {
        url: receiver.url.clone(),
        proof: receiver.proof.clone(),
        body: body.to_bytes(),
    };
    let mut document = Document {
        schema_version: 1,
        url: &receiver.shown_url,
        signed: receiver.is_signed(),
        event_type: body.event_type(),
        size: delivery.body.len(),
        result: "delivered",
        attempts: Vec::new(),
    };
    ctx.out.check(&document)?;
    ctx.out.note(&format!(
        "{} of {}, {}, to {}",
        escape_line(document.event_type.as_deref().unwrap_or("a body")),
        counted(document.size, "byte", "bytes"),
        if document.signed {
            "signed"
        } else {
            "not signed"
        },
        escape_line(document.url),
    ));
    let mut told = Told::new(ctx, rules);
    let ended = tokio::select! {
        outcome = deliver(&ctx.http, ctx.now, rules, &delivery, |attempt| told.hear(attempt)) => Some(outcome?),
        () = ctx.stop.asked() => None,
    };
    document.result = match &ended {
        Some(outcome) if outcome.is_delivered() => "delivered",
        Some(_) => rules.failure(),
        None => "cut short",
    };
    let written = std::mem::replace(&mut told.written, Ok(()));
    document.attempts = std::mem::take(&mut told.attempts);
    let tried = document.attempts.len();
    written
        .and_then(|()| ctx.out.show(&document, |_| told.end(document.result)))
        .map_err(sent_but_not_shown)?;
    match ended {
        Some(outcome) if outcome.is_delivered() => Ok(Exit::Ok),
        Some(_) => Ok(Exit::Negative),
        None => Err(ctx.stop.cut_short(&format!(
            "attempts without a 200: {tried}; another one may have reached the receiver"
        ))),
    }
}

/// Tells of attempts as they happen, and of each cause once.
struct Told<'a> {
    ctx: &'a Context,
    rules: Rules,
    hints: Vec<String>,
    attempts: Vec<AttemptReport>,
    /// Whether stdout could be written.
    written: Result<()>,
}

impl<'a> Told<'a> {
    fn new(ctx: &'a Context, rules: Rules) -> Self {
        Told {
            ctx,
            rules,
            hints: Vec::new(),
            attempts: Vec::new(),
            written: Ok(()),
        }
    }

    fn hear(&mut self, attempt: &Attempt) {
        self.attempts.push(AttemptReport::from(attempt));
        let out = &self.ctx.out;
        if out.format == Format::Table && self.written.is_ok() {
            let said = report::said(attempt).map(|said| format!("  {said}\n"));
            let line = format!("attempt {}: {}\n", attempt.number, report::line(attempt));
            self.written = out.print(&(line + &said.unwrap_or_default()));
        }
        if let Some(hint) = attempt.hint()
            && !self.hints.contains(&hint)
        {
            out.hint(&hint);
            self.hints.push(hint);
        }
    }

    fn end(&self, result: &str) -> String {
        match result {
            "delivered" => "delivered\n".to_owned(),
            "dropped" => format!(
                "dropped: VOD gives up after {}\n",
                counted(self.rules.attempts, "attempt", "attempts")
            ),
            "cut short" => "cut short\n".to_owned(),
            _ => format!(
                "not delivered: VOD would try again after {} s, {} times in all\n",
                VOD.pause.as_secs(),
                VOD.attempts
            ),
        }
    }
}

/// The request as it would go out.
#[derive(Serialize)]
struct Plan<'a> {
    schema_version: u8,
    url: &'a str,
    headers: Vec<(String, String)>,
    body: String,
    /// How many events; of scenarios only those of a storm are many.
    count: u64,
    /// The scenarios that vary it.
    scenarios: Vec<&'static str>,
}

fn plan(
    ctx: &Context,
    args: &Args,
    scenarios: &[&'static Scenario],
    receiver: &Receiver,
    body: &Body,
) -> Result<Exit> {
    let names: Vec<&str> = match scenarios {
        [] => Vec::new(),
        some => scenarios::in_order(some).map(|it| it.name).collect(),
    };
    let plan = Plan {
        schema_version: 1,
        url: &receiver.shown_url,
        headers: headers(&receiver.proof, (ctx.now)()),
        body: String::from_utf8_lossy(&body.to_bytes()).into_owned(),
        count: args.count.unwrap_or(1),
        scenarios: names,
    };
    ctx.out
        .note(&match (plan.scenarios.as_slice(), plan.count) {
            ([], 1) => "dry run; this would be sent:".to_owned(),
            ([], count) => {
                let each = match body {
                    Body::Composed(_) => ", each with an id of its own",
                    Body::AsGiven(_) => "",
                };
                format!("dry run; {count} of these would be sent{each}:")
            }
            (names, _) => format!(
                "dry run; variations of this would be sent, by the scenarios {}:",
                names.join(", ")
            ),
        });
    ctx.out.show(&plan, |_| {
        let mut text = format!("POST {}\n", escape_line(plan.url));
        for (name, value) in &plan.headers {
            text.push_str(&format!("{name}: {}\n", escape_line(value)));
        }
        format!("{text}\n{}\n", escape(&plan.body))
    })?;
    Ok(Exit::Ok)
}
