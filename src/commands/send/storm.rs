//! Many events at once.

use serde::Serialize;

use crate::commands::event_source::Body;
use crate::commands::receiver::{Receiver, sent_but_not_shown};
use crate::context::Context;
use crate::delivery::load::{Latency, Load, Tally};
use crate::delivery::rules::{Answer, Rules};
use crate::delivery::trial::Trial;
use crate::error::Result;
use crate::exit::Exit;
use crate::output::Progress;
use crate::render::pairs;
use crate::text::{counted, escape_line};

/// The events of the scenario, unless `--count` says otherwise.
pub const USUAL: u64 = 200;

/// What became of a load; the order of the members is the order in JSON.
#[derive(Debug, Serialize)]
pub struct LoadReport {
    deliveries: u64,
    delivered: u64,
    not_delivered: u64,
    elapsed_seconds: f64,
    rate_per_second: f64,
    /// Attempts by status, or by what happened instead.
    answers: std::collections::BTreeMap<String, u64>,
    latency_ms: Option<Latency>,
    /// The failure that most attempts had.
    cause: Option<String>,
    /// What to do about it.
    hint: Option<String>,
}

/// The result of the command.
#[derive(Serialize)]
struct Document<'a> {
    schema_version: u8,
    url: &'a str,
    signed: bool,
    event_type: Option<String>,
    result: &'static str,
    #[serde(flatten)]
    load: LoadReport,
}

impl From<&Tally> for LoadReport {
    fn from(tally: &Tally) -> Self {
        LoadReport {
            deliveries: tally.ended(),
            delivered: tally.delivered,
            not_delivered: tally.not_delivered,
            elapsed_seconds: thousandths(tally.elapsed.as_secs_f64()),
            rate_per_second: thousandths(tally.rate()),
            answers: tally.answers.clone(),
            latency_ms: tally.latency(),
            cause: tally.usual_failure().map(ToString::to_string),
            hint: tally.usual_failure().and_then(Answer::hint),
        }
    }
}

/// More digits would pretend a precision that is not there.
fn thousandths(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

impl LoadReport {
    /// Names and values.
    pub fn rows(&self) -> Vec<(&'static str, String)> {
        let answers = self.answers.iter();
        let answers: Vec<String> = answers
            .map(|(name, count)| format!("{name}: {count}"))
            .collect();
        let mut rows = vec![
            (
                "Deliveries",
                format!(
                    "{} in {:.1} s, {:.0} a second",
                    self.deliveries, self.elapsed_seconds, self.rate_per_second
                ),
            ),
            ("Delivered", self.delivered.to_string()),
            ("Not delivered", self.not_delivered.to_string()),
            ("Answers", answers.join(", ")),
        ];
        rows.extend(self.latency_ms.map(|it| {
            let words = format!(
                "p50 {:.1} ms, p90 {:.1} ms, p99 {:.1} ms, longest {:.1} ms",
                it.p50, it.p90, it.p99, it.max
            );
            ("Answer times", words)
        }));
        rows.extend(self.cause.iter().map(|cause| ("Cause", escape_line(cause))));
        rows
    }
}

/// Sends them all and counts.
///
/// # Errors
/// As [`Trial::load`].
pub async fn run(
    ctx: &Context,
    rules: Rules,
    receiver: &Receiver,
    body: &Body,
    load: Load,
) -> Result<Exit> {
    let mut document = Document {
        schema_version: 1,
        url: &receiver.shown_url,
        signed: receiver.is_signed(),
        event_type: body.event_type(),
        result: "delivered",
        load: LoadReport::from(&Tally::default()),
    };
    ctx.out.check(&document)?;
    let trial = trial(ctx, receiver, load);
    let progress = expecting(ctx, load);
    let make = |id: &str| match body {
        Body::Composed(draft) => draft.clone().of_media(id).to_bytes(),
        Body::AsGiven(bytes) => bytes.clone(),
    };
    ctx.out.note(&format!(
        "{} to {}",
        counted(load.count, "event", "events"),
        escape_line(&receiver.shown_url)
    ));
    let stopped = ctx.stop.asked();
    let tally = trial.load(rules, make, || progress.step(), stopped).await?;
    drop(progress);
    document.load = LoadReport::from(&tally);
    if ctx.stop.is_asked() {
        document.result = "cut short";
    } else if tally.not_delivered > 0 {
        document.result = rules.failure();
    }
    ctx.out
        .show(&document, |width| pairs(&document.load.rows(), width))
        .map_err(sent_but_not_shown)?;
    if let Some(hint) = &document.load.hint {
        ctx.out.hint(hint);
    }
    if ctx.stop.is_asked() {
        return Err(ctx.stop.cut_short(&format!(
            "{} of {} came to an end, {} more under way may have arrived",
            tally.ended(),
            counted(load.count, "delivery", "deliveries"),
            tally.unknown
        )));
    }
    Ok(match tally.not_delivered {
        0 => Exit::Ok,
        _ => Exit::Negative,
    })
}

/// The receiver, as it is tried.
pub fn trial<'a>(ctx: &'a Context, receiver: &'a Receiver, storm: Load) -> Trial<'a> {
    Trial {
        http: &ctx.http,
        now: ctx.now,
        nonce: ctx.nonce,
        url: &receiver.url,
        proof: &receiver.proof,
        storm,
    }
}

/// A line that tells how many of a storm's events are done.
pub fn expecting(ctx: &Context, storm: Load) -> Progress<'_> {
    let progress = ctx.out.progress("events");
    progress.expect(usize::try_from(storm.count).unwrap_or(usize::MAX));
    progress
}
