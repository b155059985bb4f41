//! Reading many targets at the same time, in their order, and telling what could not be read.

use std::collections::BTreeSet;

use futures_util::stream::{self, Stream, StreamExt};
use tokio::sync::mpsc;

use super::{IN_FLIGHT, Missed, Scope, find};
use crate::commands::Connection;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::order;
use crate::target::{Region, Target};
use crate::text::counted;
use crate::vod::client::Reading;

/// How many failures an error tells; documents tell them all.
const TOLD: usize = 10;

/// What was read of many targets.
#[derive(Debug, Clone)]
pub struct Survey<T> {
    /// What was made of each answer, in the order of the targets.
    pub found: Vec<T>,
    /// The regions that have no service for the caller, each with one of the answers that say so.
    pub unavailable: Vec<Missed>,
    /// Everything else that could not be read.
    pub failed: Vec<Missed>,
}

/// Reads the targets, many at the same time and at the account's pace, and yields them in their order.
/// Nothing is kept of what was yielded.
pub fn read<'a>(
    ctx: &'a Context,
    connection: &'a Connection,
    targets: Vec<Target>,
) -> impl Stream<Item = (Target, Result<Reading>)> + 'a {
    let progress = ctx.out.progress("targets");
    progress.expect(targets.len());
    read_each(ctx, connection, stream::iter(targets)).inspect(move |_| progress.step())
}

fn read_each<'a>(
    ctx: &'a Context,
    connection: &'a Connection,
    targets: impl Stream<Item = Target> + 'a,
) -> impl Stream<Item = (Target, Result<Reading>)> + 'a {
    targets
        .map(move |target| async move {
            let reading = match connection.at(ctx, &target.region) {
                Ok(vod) => vod.get(ctx, &target.app_id).await,
                Err(error) => Err(error),
            };
            (target, reading)
        })
        .buffered(IN_FLIGHT)
}

/// Finds and reads the targets of a scope, and makes of each answer what the caller needs of it.
/// Regions without service for the caller are told and no failure.
///
/// # Errors
/// Usage errors of the flags, and when no target at all could be read.
pub async fn survey<T>(
    ctx: &Context,
    connection: &Connection,
    scope: &Scope,
    mut keep: impl FnMut(&Target, Reading) -> T,
) -> Result<Survey<T>> {
    let progress = ctx.out.progress("targets");
    // Reading begins while other regions are still listed.
    let (finder, mut finds) = mpsc::unbounded_channel();
    let finding = async {
        let finder = finder;
        find(ctx, connection, scope, |target| {
            progress.expect(1);
            // The reader below goes on until this end is dropped.
            let _ = finder.send(target);
        })
        .await
    };
    let (mut found, mut failed) = (Vec::new(), Vec::new());
    let mut answering = BTreeSet::new();
    let reading = async {
        let targets = stream::poll_fn(|task| finds.poll_recv(task));
        let mut readings = std::pin::pin!(read_each(ctx, connection, targets));
        while let Some((target, reading)) = readings.next().await {
            progress.step();
            match reading {
                Ok(reading) => {
                    found.push(keep(&target, reading));
                    answering.insert(target.region);
                }
                Err(error) => failed.push(Missed {
                    region: target.region,
                    app_id: Some(target.app_id),
                    error,
                }),
            }
        }
    };
    let (missed, ()) = tokio::join!(finding, reading);
    let mut missed = missed?;
    missed.append(&mut failed);
    if found.is_empty()
        && let Some(first) = missed.first()
    {
        return Err(nothing_read(first, missed.len()));
    }
    let (unavailable, failed) = sort_out(missed, &answering);
    for region in &unavailable {
        ctx.out.warn(&format!("not available: {region}"));
    }
    Ok(Survey {
        found,
        unavailable,
        failed,
    })
}

/// A region where nothing answers and everything that was asked says that there is no service or no
/// permission is unavailable, once; the rest failed.
fn sort_out(missed: Vec<Missed>, answering: &BTreeSet<Region>) -> (Vec<Missed>, Vec<Missed>) {
    let failing = missed.iter().filter(|one| !one.is_out_of_reach());
    let failing = order::set(failing.map(|one| one.region.clone()));
    let mut unavailable: Vec<Missed> = Vec::new();
    let mut failed = Vec::new();
    for one in missed {
        if failing.contains(&one.region) || answering.contains(&one.region) {
            failed.push(one);
        } else if unavailable.iter().all(|known| known.region != one.region) {
            unavailable.push(Missed {
                app_id: None,
                ..one
            });
        }
    }
    (unavailable, failed)
}

/// The first error speaks for all of them: it decides the exit code and has the remedy.
fn nothing_read(first: &Missed, all: usize) -> Error {
    let mut error = first.error.clone();
    if all > 1 {
        error.message = format!("nothing could be read; {}: {error}", first.place());
    }
    error
}

/// What was missed, line by line, within reason.
fn told(missed: &[Missed]) -> Vec<String> {
    let mut lines: Vec<String> = missed.iter().take(TOLD).map(Missed::to_string).collect();
    if missed.len() > TOLD {
        lines.push(format!("and {} more", missed.len() - TOLD));
    }
    lines
}

/// The error of a command that does nothing unless everything it is about could be read; `so` is what
/// was not done.
///
/// # Errors
/// The first failure, which decides the exit code and has the remedy, with the others told below.
pub fn all_or_nothing(missed: &[Missed], all: usize, so: &str) -> Result<()> {
    let Some(first) = missed.first() else {
        return Ok(());
    };
    let mut error = first.error.clone();
    error.message = format!("{} of {all} could not be read, so {so}", missed.len());
    error.causes = told(missed);
    error.details.retryable = missed.iter().all(|one| one.error.details.retryable);
    Err(error.hints_of(missed.iter().map(|one| &one.error)))
}

impl<T> Survey<T> {
    /// What could not be read and may be configured all the same: where VOD is not activated nothing
    /// can be, where permission is missing nobody knows.
    pub fn unread(&self) -> Vec<Missed> {
        let hidden = self.unavailable.iter();
        hidden
            .filter(|one| !one.error.details.no_service)
            .chain(&self.failed)
            .cloned()
            .collect()
    }

    /// The error of a survey some of whose targets failed.
    ///
    /// # Errors
    /// [`Kind::Partial`] with the failures, unless there are none.
    pub fn complete(&self) -> Result<()> {
        if self.failed.is_empty() {
            return Ok(());
        }
        let all = self.found.len() + self.failed.len();
        let all = counted(all, "target", "targets");
        let message = format!("{} of {all} could not be read", self.failed.len());
        let mut error = Error::new(Kind::Partial, message);
        error.causes = told(&self.failed);
        // Trying again helps only where it helps with all.
        error.details.retryable = self.failed.iter().all(|one| one.error.details.retryable);
        Err(error.hints_of(self.failed.iter().map(|one| &one.error)))
    }
}
