//! A receiver in the situations it should bear.

use serde::Serialize;
use serde_json::json;

use super::storm::{LoadReport, expecting, trial};
use crate::commands::receiver::{Receiver, sent_but_not_shown};
use crate::context::Context;
use crate::delivery::load::Load;
use crate::delivery::report::AttemptReport;
use crate::delivery::scenario::{Ordinary, SCENARIOS, Scenario};
use crate::delivery::trial::Finding;
use crate::error::Result;
use crate::event::compose::Draft;
use crate::exit::Exit;
use crate::output::Format;
use crate::probe::Verdict;
use crate::render::table;
use crate::text::escape_line;

/// Shows what there is.
///
/// # Errors
/// When stdout cannot be written.
pub fn list(ctx: &Context) -> Result<Exit> {
    let rows = SCENARIOS.iter().map(|it| {
        json!({"name": it.name, "sends": it.sends, "expects": it.expects, "needs_key": it.needs_key})
    });
    let document = json!({"schema_version": 1, "scenarios": rows.collect::<Vec<_>>()});
    ctx.out.show(&document, |width| {
        let rows: Vec<Vec<String>> = SCENARIOS
            .iter()
            .map(|it| [it.name, it.sends, it.expects].map(str::to_owned).to_vec())
            .collect();
        table(&["Scenario", "Sends", "Right answer"], &rows, width)
    })?;
    Ok(Exit::Ok)
}

/// The ordinary case, without which the others prove nothing, and then these.
pub fn in_order(scenarios: &[&'static Scenario]) -> impl Iterator<Item = &'static Scenario> {
    let plain = &SCENARIOS[0];
    let others = scenarios.iter().copied().filter(|it| it.name != plain.name);
    std::iter::once(plain).chain(others)
}

/// The result; the order of the members is the order in JSON.
#[derive(Serialize)]
struct Document<'a> {
    schema_version: u8,
    url: &'a str,
    signed: bool,
    result: Verdict,
    scenarios: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    name: &'static str,
    result: Verdict,
    sends: &'static str,
    expects: &'static str,
    cause: Option<String>,
    remedy: Option<String>,
    deliveries: Vec<DeliveryRow>,
    load: Option<LoadReport>,
}

#[derive(Serialize)]
struct DeliveryRow {
    what: String,
    result: Verdict,
    #[serde(flatten)]
    attempt: AttemptReport,
}

/// Tries them one after the other, as [`in_order`] has them.
///
/// # Errors
/// As [`crate::delivery::trial::Trial::run`].
pub async fn run(
    ctx: &Context,
    scenarios: &[&'static Scenario],
    draft: Draft,
    receiver: &Receiver,
    storm: Load,
) -> Result<Exit> {
    let mut document = Document {
        schema_version: 1,
        url: &receiver.shown_url,
        signed: receiver.is_signed(),
        result: Verdict::Pass,
        scenarios: Vec::new(),
    };
    ctx.out.check(&document)?;
    let trial = trial(ctx, receiver, storm);
    let mut under_way = None;
    for scenario in in_order(scenarios) {
        // Of other media each, so that a receiver that knows an event already does not judge the next by it.
        let id = (ctx.nonce)();
        let ordinary = Ordinary {
            draft: draft.clone().of_media(&id),
            now: (ctx.now)(),
            id,
        };
        let progress = expecting(ctx, storm);
        let finding = tokio::select! {
            finding = trial.run(scenario, &ordinary, || progress.step()) => finding?,
            () = ctx.stop.asked() => {
                under_way = Some(scenario);
                break;
            }
        };
        drop(progress);
        document.result = document.result.max(finding.verdict);
        let row = Row::from(finding);
        if ctx.out.format == Format::Table {
            ctx.out.print(&row.text()).map_err(sent_but_not_shown)?;
        }
        document.scenarios.push(row);
        if scenario.name == SCENARIOS[0].name && document.result == Verdict::Fail {
            ctx.out
                .warn("the receiver does not take an ordinary event, so nothing else was tried");
            break;
        }
    }
    ctx.out
        .show(&document, |_| format!("{}\n", document.summary()))
        .map_err(sent_but_not_shown)?;
    if let Some(scenario) = under_way {
        return Err(ctx.stop.cut_short(&format!(
            "{} scenarios were tried, {} was under way",
            document.scenarios.len(),
            scenario.name
        )));
    }
    Ok(match document.result {
        Verdict::Fail => Exit::Negative,
        Verdict::Skip | Verdict::Pass | Verdict::Warn => Exit::Ok,
    })
}

impl Document<'_> {
    fn summary(&self) -> String {
        let count = |verdict: Verdict| {
            let rows = self.scenarios.iter();
            rows.filter(|row| row.result == verdict).count()
        };
        let all = [Verdict::Pass, Verdict::Warn, Verdict::Fail, Verdict::Skip];
        let words = all.map(|verdict| format!("{} {}", count(verdict), verdict.as_str()));
        words.join(", ")
    }
}

impl From<Finding> for Row {
    fn from(finding: Finding) -> Self {
        let scenario = finding.scenario;
        let deliveries = finding.answers.iter().map(|(shot, attempt)| DeliveryRow {
            what: shot.what.clone(),
            result: shot.wanted.judge(&attempt.answer),
            attempt: AttemptReport::from(attempt),
        });
        // What is wrong with an ordinary delivery is what a single one would be told, too.
        let is_plain = scenario.name == SCENARIOS[0].name;
        let ordinary_failure = finding.answers.last().filter(|_| is_plain);
        Row {
            name: scenario.name,
            result: finding.verdict,
            sends: scenario.sends,
            expects: scenario.expects,
            cause: finding.cause,
            remedy: (finding.verdict > Verdict::Pass).then(|| {
                let hint = ordinary_failure.and_then(|(_, attempt)| attempt.hint());
                hint.unwrap_or_else(|| scenario.remedy.to_owned())
            }),
            deliveries: deliveries.collect(),
            load: finding.tally.as_ref().map(LoadReport::from),
        }
    }
}

impl Row {
    fn text(&self) -> String {
        let mut text = format!(
            "{}  {:<19} {}\n",
            self.result.as_str(),
            self.name,
            self.sends
        );
        let more = |label: &str, words: &str| format!("      {label:<12} {words}\n");
        if self.result > Verdict::Pass {
            text.push_str(&more("expected", self.expects));
        }
        if let Some(cause) = &self.cause {
            let label = if self.result == Verdict::Skip {
                "because"
            } else {
                "found"
            };
            text.push_str(&more(label, &escape_line(cause)));
        }
        if let Some(remedy) = &self.remedy {
            text.push_str(&more("remedy", remedy));
        }
        for (name, value) in self.load.iter().flat_map(LoadReport::rows) {
            text.push_str(&more(name, &value));
        }
        text
    }
}
