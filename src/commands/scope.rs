//! Many targets: which ones are meant, and reading them all. No command, but what several begin with.
//!
//! Regions come in the order of the embedded table, applications in the order of their list with the
//! one every account has first, and results in the order of the targets.

use std::collections::BTreeSet;

use futures_util::stream::{self, Stream, StreamExt};

use super::Connection;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::target::region::{Standing, centres};
use crate::target::{AppId, Region, Target};
use crate::vod::client::Reading;

/// How many calls are under way at once: enough for the documented limit at answers that take four
/// seconds, and few enough for any proxy.
const IN_FLIGHT: usize = 64;

/// How many failures an error tells; documents tell them all.
const TOLD: usize = 10;

/// Which targets a command is about.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Targets")]
pub struct Scope {
    /// Every VOD centre that is open to everybody
    #[arg(long)]
    pub all_regions: bool,
    /// These regions, separated by commas
    #[arg(
        long,
        value_name = "ID,ID",
        value_delimiter = ',',
        conflicts_with_all = ["all_regions", "all"]
    )]
    pub regions: Vec<String>,
    /// Every application of the account, as ListAppInfo tells
    #[arg(long)]
    pub all_apps: bool,
    /// Every application in every centre: --all-regions --all-apps
    #[arg(long)]
    pub all: bool,
}

/// A target that could not be read, or a region whose applications could not be listed.
#[derive(Debug, Clone)]
pub struct Missed {
    /// The VOD centre.
    pub region: Region,
    /// The application; `None` when the list of the region's applications was asked for.
    pub app_id: Option<AppId>,
    /// Why.
    pub error: Error,
}

/// What a scope comes to.
#[derive(Debug, Clone, Default)]
pub struct Targets {
    /// The targets in stable order.
    pub found: Vec<Target>,
    /// The regions whose applications could not be listed.
    pub missed: Vec<Missed>,
}

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

impl Scope {
    /// True when the one target of the settings is meant.
    pub fn is_single(&self) -> bool {
        !self.many_regions() && !self.many_apps()
    }

    fn many_regions(&self) -> bool {
        self.all_regions || self.all || !self.regions.is_empty()
    }

    fn many_apps(&self) -> bool {
        self.all_apps || self.all
    }

    /// The regions it names, those of the embedded table in its order.
    fn regions(&self, ctx: &Context, connection: &Connection) -> Result<Vec<Region>> {
        let clash = |one: &str, many: &str| {
            Err(Error::usage(format!("{one} and {many} exclude each other"))
                .hint("leave one of them out"))
        };
        if self.many_regions() && ctx.flags.region.is_some() {
            return clash("--region", "several regions");
        }
        if self.many_apps() && ctx.flags.app_id.is_some() {
            return clash("--app-id", "--all-apps");
        }
        if !self.many_regions() {
            return Ok(vec![connection.target.region.clone()]);
        }
        if self.regions.is_empty() {
            return open_regions(ctx);
        }
        let mut named = Vec::new();
        for text in &self.regions {
            let region = Region::parse_strict(&text.trim().to_ascii_lowercase())?;
            if !named.contains(&region) {
                named.push(region);
            }
        }
        let rank = |region: &Region| {
            let rows = centres().iter();
            rows.take_while(|centre| centre.id != region.as_str())
                .count()
        };
        named.sort_by_key(rank);
        Ok(named)
    }
}

/// The centres that are open to everybody; with `-v` the others are told.
fn open_regions(ctx: &Context) -> Result<Vec<Region>> {
    let (open, others): (Vec<_>, Vec<_>) = centres()
        .iter()
        .partition(|centre| centre.standing == Standing::Open);
    for centre in others {
        let why = match centre.standing {
            Standing::Deactivated => "it was closed",
            Standing::Open | Standing::Industry => "it is an industry cloud; --regions can name it",
        };
        ctx.out.detail(&format!("{} is left out: {why}", centre.id));
    }
    open.iter()
        .map(|centre| Region::parse(&centre.id))
        .collect()
}

/// Finds the targets of a scope; the applications of several regions are listed at the same time.
///
/// # Errors
/// Usage errors of the flags. A region that cannot be listed is no error but missed.
pub async fn enumerate(ctx: &Context, connection: &Connection, scope: &Scope) -> Result<Targets> {
    let regions = scope.regions(ctx, connection)?;
    let mut targets = Targets::default();
    if !scope.many_apps() {
        let app_id = &connection.target.app_id;
        let target = |region| Target {
            region,
            app_id: app_id.clone(),
        };
        targets.found = regions.into_iter().map(target).collect();
        return Ok(targets);
    }
    let mut lists = std::pin::pin!(
        stream::iter(regions)
            .map(|region| async move {
                let apps = match connection.at(ctx, &region) {
                    Ok(vod) => vod.apps(ctx, None).await,
                    Err(error) => Err(error),
                };
                (region, apps)
            })
            .buffered(IN_FLIGHT)
    );
    while let Some((region, apps)) = lists.next().await {
        match apps {
            Ok(apps) => targets.found.extend(apps.into_iter().map(|app| Target {
                region: region.clone(),
                app_id: app.app_id,
            })),
            Err(error) => targets.missed.push(Missed {
                region,
                app_id: None,
                error: error.hint("name one application with --app-id instead of listing them"),
            }),
        }
    }
    Ok(targets)
}

/// Reads the targets, many at the same time and at the account's pace, and yields them in their order.
/// Nothing is kept of what was yielded.
pub fn read<'a>(
    ctx: &'a Context,
    connection: &'a Connection,
    targets: Vec<Target>,
) -> impl Stream<Item = (Target, Result<Reading>)> + 'a {
    let progress = ctx.out.progress("targets", targets.len());
    stream::iter(targets)
        .map(move |target| async move {
            let reading = match connection.at(ctx, &target.region) {
                Ok(vod) => vod.get(ctx, &target.app_id).await,
                Err(error) => Err(error),
            };
            (target, reading)
        })
        .buffered(IN_FLIGHT)
        .inspect(move |_| progress.step())
}

/// Finds and reads the targets of a scope, and makes of each answer what the caller needs of it.
/// Regions without service for the caller are told and no failure.
///
/// # Errors
/// As [`enumerate`], and when no target at all could be read.
pub async fn survey<T>(
    ctx: &Context,
    connection: &Connection,
    scope: &Scope,
    mut keep: impl FnMut(&Target, Reading) -> T,
) -> Result<Survey<T>> {
    let targets = enumerate(ctx, connection, scope).await?;
    let asked = targets.found.len() + targets.missed.len();
    let (mut found, mut missed) = (Vec::new(), targets.missed);
    let mut answering = BTreeSet::new();
    let mut readings = std::pin::pin!(read(ctx, connection, targets.found));
    while let Some((target, reading)) = readings.next().await {
        match reading {
            Ok(reading) => {
                found.push(keep(&target, reading));
                answering.insert(target.region);
            }
            Err(error) => missed.push(Missed {
                region: target.region,
                app_id: Some(target.app_id),
                error,
            }),
        }
    }
    if found.is_empty()
        && let Some(first) = missed.first()
    {
        return Err(nothing_read(first, asked));
    }
    let (unavailable, failed) = sort_out(missed, &answering);
    for region in &unavailable {
        ctx.out.warn(&region.to_string());
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
    let failing: BTreeSet<Region> = missed
        .iter()
        .filter(|one| !one.is_out_of_reach())
        .map(|one| one.region.clone())
        .collect();
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
fn nothing_read(first: &Missed, asked: usize) -> Error {
    if asked == 1 {
        return first.error.clone();
    }
    let mut error = first.error.clone();
    error.message = format!("nothing could be read; {first}");
    error
}

impl Missed {
    /// Whether the caller has no service there, so that nothing can be configured either.
    fn is_out_of_reach(&self) -> bool {
        self.error.details.no_service || self.error.kind == Kind::Credentials
    }
}

impl std::fmt::Display for Missed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.app_id {
            Some(app_id) => write!(f, "{app_id} in {}: {}", self.region, self.error)?,
            None => write!(f, "{}: {}", self.region, self.error)?,
        }
        match self.error.causes.first() {
            Some(cause) => write!(f, "; {cause}"),
            None => Ok(()),
        }
    }
}

impl<T> Survey<T> {
    /// The error of a survey some of whose targets failed.
    ///
    /// # Errors
    /// [`Kind::Partial`] with the failures, unless there are none.
    pub fn complete(&self) -> Result<()> {
        let Some(first) = self.failed.first() else {
            return Ok(());
        };
        let all = self.found.len() + self.failed.len();
        let mut error = Error::new(
            Kind::Partial,
            format!("{} of {all} targets could not be read", self.failed.len()),
        );
        error.causes = self
            .failed
            .iter()
            .take(TOLD)
            .map(Missed::to_string)
            .collect();
        if self.failed.len() > TOLD {
            error = error.cause(format!("and {} more", self.failed.len() - TOLD));
        }
        error.hints = first.error.hints.clone();
        Err(error)
    }
}
