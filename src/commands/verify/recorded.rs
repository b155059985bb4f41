//! Deliveries that were kept. One is shown as the headers of the command line are; several are a stream.

use std::ops::ControlFlow;
use std::path::Path;

use serde::Serialize;
use tokio::sync::mpsc::{Receiver, channel};
use tokio::task::JoinHandle;

use super::verdict::{Document, Judge};
use crate::commands::lines::Lines;
use crate::context::Context;
use crate::delivery::recording::{self, Found, Piece};
use crate::error::{Error, Kind, Result};
use crate::exit::Exit;
use crate::output::{Format, Forms};
use crate::render::pairs;
use crate::text::{counted, escape_line};

/// Verdicts that may wait to be shown.
const AHEAD: usize = 64;

/// A delivery that was looked at.
#[derive(Debug)]
struct Judged {
    piece: Piece,
    /// Its verdict; none for what is no delivery.
    verdict: Option<Document>,
}

/// A line of the stream; `kind` comes first.
#[derive(Serialize)]
struct Line<'a, T> {
    schema_version: u8,
    kind: &'a str,
    file: &'a str,
    line: Option<u64>,
    #[serde(flatten)]
    body: T,
}

#[derive(Serialize)]
struct Damaged<'a> {
    message: &'a str,
}

/// What is said at the end; the order of the members is the order in JSON.
#[derive(Debug, Default, Serialize)]
struct Summary {
    schema_version: u8,
    kind: &'static str,
    deliveries: u64,
    right: u64,
    wrong: u64,
    unsigned: u64,
    /// Could not be read.
    damaged: u64,
}

/// Verifies what a file holds, and shows one delivery as such and several as a stream.
///
/// # Errors
/// A usage error for what cannot be read, holds no delivery, or does not fit the form of the output.
pub async fn run(ctx: &Context, judge: Judge, from: &Path) -> Result<Exit> {
    let lines = Lines::new(&ctx.out);
    let every_one = ctx.out.format == Format::Ndjson;
    let (mut judged, reader) = read(judge, from, every_one);
    // The first is kept back until it is clear whether it is the only one.
    let (mut first, mut several) = (None, every_one);
    while let Some(next) = judged.recv().await {
        if matches!(next.piece.found, Found::Torn) {
            show(ctx, &lines, &next)?;
            continue;
        }
        if !several {
            let Some(first) = first.take() else {
                first = Some(next);
                continue;
            };
            check_stream(ctx)?;
            show(ctx, &lines, &first)?;
            several = true;
        }
        show(ctx, &lines, &next)?;
    }
    let summary = reader.await.map_err(|error| {
        Error::new(Kind::Internal, "reading stopped").cause(error.to_string())
    })??;
    match first {
        Some(only) if summary.deliveries + summary.damaged == 1 => return alone(ctx, only),
        Some(first) => {
            check_stream(ctx)?;
            show(ctx, &lines, &first)?;
        }
        None => {}
    }
    end(&lines, from, &summary)
}

/// A usual form of one document gives way, and JSON is written a line each.
fn check_stream(ctx: &Context) -> Result<()> {
    let asked_for = ctx.flags.output;
    asked_for.map_or(Ok(()), |form| Forms::Stream.check(form))
}

/// Reads and verifies on a thread of its own, so that Ctrl-C is heard. What comes back first is always
/// the first delivery; of the others those that are not right, or every one.
fn read(
    judge: Judge,
    from: &Path,
    every_one: bool,
) -> (Receiver<Judged>, JoinHandle<Result<Summary>>) {
    let from = from.to_owned();
    let (sender, receiver) = channel(AHEAD);
    let reader = tokio::task::spawn_blocking(move || {
        let mut summary = Summary {
            schema_version: 1,
            kind: "summary",
            ..Summary::default()
        };
        recording::each(&from, |entry| {
            if !every_one && summary.deliveries > 0 && judge.is_right(entry.bytes) {
                summary.deliveries += 1;
                summary.right += 1;
                return ControlFlow::Continue(());
            }
            let Some(piece) = entry.piece() else {
                return ControlFlow::Continue(());
            };
            let first = summary.deliveries + summary.damaged == 0;
            let verdict = match &piece.found {
                Found::Delivery(recorded) => Some(judge.delivery(recorded)),
                Found::Torn | Found::Damaged(_) => None,
            };
            summary.count(&piece, verdict.as_ref());
            let quiet = verdict.as_ref().is_some_and(|verdict| verdict.valid);
            if quiet && !every_one && !first {
                return ControlFlow::Continue(());
            }
            match sender.blocking_send(Judged { piece, verdict }) {
                Ok(()) => ControlFlow::Continue(()),
                // Nobody wants to know any more.
                Err(_) => ControlFlow::Break(()),
            }
        })?;
        Ok(summary)
    });
    (receiver, reader)
}

impl Summary {
    fn count(&mut self, piece: &Piece, verdict: Option<&Document>) {
        match verdict {
            None if matches!(piece.found, Found::Torn) => return,
            None => self.damaged += 1,
            Some(verdict) if verdict.valid => self.right += 1,
            Some(verdict) if verdict.is_unsigned() => self.unsigned += 1,
            Some(_) => self.wrong += 1,
        }
        self.deliveries += u64::from(verdict.is_some());
    }
}

/// The only delivery of a file.
fn alone(ctx: &Context, judged: Judged) -> Result<Exit> {
    let (verdict, recorded) = match (judged.verdict, judged.piece.found) {
        (Some(verdict), Found::Delivery(recorded)) => (verdict, recorded),
        (_, Found::Damaged(why)) => return Err(Error::usage(why).hint(recording::HINT)),
        _ => return Err(Error::usage("the delivery is not complete")),
    };
    ctx.out
        .show(&verdict.alone(), |width| pairs(&verdict.lines(), width))?;
    if verdict.is_unsigned() && recorded.message.is_none() {
        let set = ctx.again("set --auth on");
        ctx.out.hint(&format!(
            "switch authentication on with {set}, and have proxies pass the headers on"
        ));
    }
    Ok(verdict.exit())
}

/// One of several.
fn show(ctx: &Context, lines: &Lines<'_>, Judged { piece, verdict }: &Judged) -> Result<()> {
    let (file, line, place) = (piece.file.as_str(), piece.line, piece.place());
    match (verdict, &piece.found) {
        (Some(verdict), _) => {
            let document = Line {
                schema_version: 1,
                kind: "verdict",
                file,
                line,
                body: verdict,
            };
            let words = || match verdict.valid {
                true => String::new(),
                false => format!("{}\n", escape_line(&format!("{place}  {}", verdict.line()))),
            };
            lines.show(&document, |_| words())?;
        }
        (None, Found::Damaged(message)) => {
            ctx.out.warn(&format!("{place}: {message}"));
            let body = Damaged { message };
            let document = Line {
                schema_version: 1,
                kind: "damaged",
                file,
                line,
                body,
            };
            lines.show(&document, |_| String::new())?;
        }
        (None, _) => {
            ctx.out.warn(&format!(
                "{place}: the last line is not complete, as after a crash; it was left out"
            ));
        }
    }
    Ok(())
}

fn end(lines: &Lines<'_>, from: &Path, summary: &Summary) -> Result<Exit> {
    let Summary {
        deliveries,
        right,
        wrong,
        unsigned,
        damaged,
        ..
    } = *summary;
    if deliveries + damaged == 0 {
        return Err(
            Error::usage(format!("there is no delivery in {}", from.display()))
                .hint(recording::HINT),
        );
    }
    lines.show(summary, |_| {
        let damaged = match damaged {
            0 => String::new(),
            count => format!("; {} damaged", counted(count, "line", "lines")),
        };
        let deliveries = counted(deliveries, "delivery", "deliveries");
        format!("{deliveries}: {right} right, {wrong} wrong, {unsigned} not signed{damaged}\n")
    })?;
    Ok(if right == deliveries && damaged == 0 {
        Exit::Ok
    } else {
        Exit::Negative
    })
}
