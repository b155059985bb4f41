//! Targets that manifests declare: reading the files, reading the targets, and how both differ. No
//! command, but what several begin with.

use std::collections::BTreeSet;

use futures_util::stream::StreamExt;

use super::key_reference::Keys;
use super::scope::{Missed, all_or_nothing, read};
use super::{Connection, read_input};
use crate::callback::{Callback, Destination};
use crate::change::edit::queue_region_advice;
use crate::change::plan::{Plan, Step};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::manifest::{self, Declared, Entry, Manifest, Syntax};
use crate::order;
use crate::settings;
use crate::target::{Region, Target};
use crate::text::quoted;
use crate::vod::client::Reading;

/// What comes of a target that cannot be read.
const UNREAD: &str = "nothing was compared";

/// Which manifests are meant.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Manifest")]
pub struct Files {
    /// Manifest to read, several if needed; - is standard input
    #[arg(short, long = "file", value_name = "FILE", required = true, num_args = 1..)]
    files: Vec<String>,
    /// How it is written, where its ending does not tell
    #[arg(long, value_name = "SYNTAX", value_enum)]
    format: Option<Syntax>,
}

impl Files {
    /// The flags that name them, for hints that are copied.
    pub fn words(&self) -> String {
        let files = self.files.iter().map(|file| format!("-f {}", quoted(file)));
        let format = self
            .format
            .map(|it| format!("--format {}", it.name().to_lowercase()));
        files.chain(format).collect::<Vec<_>>().join(" ")
    }

    /// Reads the files and puts them together.
    ///
    /// # Errors
    /// Usage errors: a file that cannot be read or used, global flags that name a target, and a target that
    /// an endpoint of the settings does not serve.
    pub async fn read(&self, ctx: &Context) -> Result<Manifest> {
        for (flag, value) in [
            ("--region", &ctx.flags.region),
            ("--app-id", &ctx.flags.app_id),
        ] {
            if value.is_some() {
                return Err(Error::usage(format!("{flag} does not go with a manifest"))
                    .hint("the manifest says which targets are meant"));
            }
        }
        let (mut manifests, mut failures) = (Vec::new(), Vec::new());
        for file in &self.files {
            match self.read_one(file).await {
                Ok(manifest) => manifests.push(manifest),
                Err(error) => failures.push(error),
            }
        }
        Error::all(failures)?;
        let manifest = manifest::merge(manifests)?;
        check_endpoints(ctx, &manifest)?;
        for warning in &manifest.warnings {
            ctx.out.warn(warning);
        }
        Ok(manifest)
    }

    async fn read_one(&self, file: &str) -> Result<Manifest> {
        let name = if file == "-" { "standard input" } else { file };
        let bytes = read_input(file).await.map_err(|error| {
            Error::usage(format!("{name} cannot be read"))
                .cause(error.to_string())
                .hint("vodcb export -f FILE writes a manifest of what is configured")
        })?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let right = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let place = manifest::end(&String::from_utf8_lossy(right), name);
            Error::usage(format!("{place}: this is not UTF-8"))
                .hint("save the file as UTF-8; PowerShell writes it with Out-File -Encoding utf8")
        })?;
        let named = self.format.or_else(|| Syntax::of_name(file));
        let syntax = named.unwrap_or_else(|| Syntax::of_text(&text));
        manifest::parse(&text, name, syntax).map_err(|error| match named {
            Some(_) => error,
            None => error.hint(format!(
                "it was read as {} by the look of it; --format says otherwise",
                syntax.name()
            )),
        })
    }
}

/// Makes sure that an endpoint of the settings serves every region, and tells where those first stand that
/// it does not serve.
fn check_endpoints(ctx: &Context, manifest: &Manifest) -> Result<()> {
    let check = |regions: &BTreeSet<&Region>| {
        settings::check_endpoint(&ctx.flags, &ctx.env, regions.iter().copied())
    };
    let entries = || manifest.entries.iter();
    let mut regions = order::set(entries().map(|entry| &entry.target.region));
    check(&regions).map_err(|error| {
        let first = entries().filter(|entry| regions.remove(&entry.target.region));
        let refused = first.filter(|entry| check(&[&entry.target.region].into()).is_err());
        refused.fold(error, |error, Entry { target, place, .. }| {
            error.cause(format!("{target} is declared at {place}"))
        })
    })
}

/// What is wanted of a plan.
#[derive(Debug)]
pub struct Wish<'a> {
    /// What the manifests declare.
    pub manifest: &'a Manifest,
    /// The values of its references; without them stored keys are taken for right.
    pub keys: Option<&'a Keys>,
    /// Whether other targets in its regions are to be deleted.
    pub prune: bool,
}

/// Reads every target and plans what would make it as declared.
///
/// # Errors
/// A conflict for a caller of another account; the first target's error when any cannot be read.
pub async fn plan(ctx: &Context, connection: &Connection, wish: &Wish<'_>) -> Result<Plan> {
    let Wish { manifest, .. } = wish;
    advise_on_regions(ctx, connection, wish);
    let account = account(ctx, connection, manifest).await?;
    let targets: Vec<Target> = manifest
        .entries
        .iter()
        .map(|entry| entry.target.clone())
        .collect();
    let present = read_all(ctx, connection, targets).await?;
    let mut plan = Plan::default();
    for (entry, reading) in manifest.entries.iter().zip(present) {
        plan.steps.push(step(ctx, wish, entry, reading, &account));
    }
    if wish.prune {
        let others = undeclared(ctx, connection, manifest).await?;
        let present = read_all(ctx, connection, others.clone()).await?;
        for (target, reading) in others.into_iter().zip(present) {
            if reading.callback.is_some() {
                plan.steps.push(Step::new(target, reading.callback, None));
            }
        }
    }
    advise(ctx, &plan);
    Ok(plan)
}

/// Says what is unusual about the regions, and which of them --prune does not look at.
fn advise_on_regions(ctx: &Context, connection: &Connection, wish: &Wish<'_>) {
    let Manifest {
        entries,
        default_regions,
        ..
    } = wish.manifest;
    let declared = order::set(entries.iter().map(|entry| &entry.target.region));
    for region in &declared {
        // That of the settings was told before.
        if **region != connection.target.region
            && let Some(warning) = region.warning()
        {
            ctx.out.warn(&warning);
        }
    }
    if !wish.prune {
        return;
    }
    // An empty list is more often a mistake than a wish, so nothing is deleted for it.
    let mut idle = default_regions
        .iter()
        .filter(|region| !declared.contains(region))
        .map(Region::to_string)
        .collect::<Vec<_>>();
    if declared.is_empty() && idle.is_empty() {
        idle.push("any region".to_owned());
    }
    if !idle.is_empty() {
        ctx.out.warn(&format!(
            "--prune does not look at {}: the manifest declares no callback there",
            idle.join(", ")
        ));
        ctx.out
            .hint("an entry with state = \"absent\" has its region looked at, and deletes the callback it names");
    }
}

/// Says what could not be compared, and what is unusual about what is to be written.
fn advise(ctx: &Context, plan: &Plan) {
    for step in &plan.steps {
        let advice = match &step.after {
            Some(Callback {
                destination: Destination::Mns { endpoint, .. },
                ..
            }) if step.is_change() => queue_region_advice(endpoint, &step.target),
            _ => None,
        };
        for said in step.unseen.iter().chain(&advice) {
            ctx.out.warn(&format!("{}: {said}", step.target));
        }
    }
}

fn step(ctx: &Context, wish: &Wish<'_>, entry: &Entry, reading: Reading, account: &str) -> Step {
    let before = reading.callback;
    let declaration = match &entry.declared {
        Declared::Kept => return Step::kept(entry.target.clone(), before),
        Declared::Absent => return Step::new(entry.target.clone(), before, None),
        Declared::Callback(declaration) => declaration,
    };
    let reference = declaration.key();
    let key = wish
        .keys
        .zip(reference)
        .and_then(|(keys, reference)| keys.get(ctx, reference));
    let after = declaration.callback(before.as_ref(), key, account);
    Step::new(entry.target.clone(), before, Some(after))
}

/// The caller's account, asked for only where it matters, and compared with the one the manifest is for.
async fn account(ctx: &Context, connection: &Connection, manifest: &Manifest) -> Result<String> {
    let queues = |entry: &Entry| matches!(&entry.declared, Declared::Callback(callback) if callback.needs_account());
    if manifest.account.is_none() && !manifest.entries.iter().any(queues) {
        return Ok(String::new());
    }
    let caller = connection.caller_identity(ctx).await?;
    let found = caller.account_id.ok_or_else(|| {
        Error::usage("STS does not tell the caller's account")
            .hint("leave account out, and name account_id at every mns_queue")
    })?;
    match &manifest.account {
        Some((wanted, place)) if *wanted != found => Err(Error::new(
            Kind::Conflict,
            format!("the manifest is for account {wanted}, but the caller belongs to {found}"),
        )
        .cause(format!("{place} says so"))
        .hint(format!(
            "choose other credentials, for example with --profile; {} shows the present ones",
            ctx.again("whoami")
        ))),
        _ => Ok(found),
    }
}

/// Reads the targets, all or none.
async fn read_all(
    ctx: &Context,
    connection: &Connection,
    targets: Vec<Target>,
) -> Result<Vec<Reading>> {
    let (all, mut found, mut missed) = (targets.len(), Vec::new(), Vec::new());
    let mut readings = std::pin::pin!(read(ctx, connection, targets));
    while let Some((target, reading)) = readings.next().await {
        match reading {
            Ok(reading) => found.push(reading),
            Err(error) => missed.push(Missed {
                region: target.region,
                app_id: Some(target.app_id),
                error,
            }),
        }
    }
    all_or_nothing(&missed, all, UNREAD).map(|()| found)
}

/// The targets in the manifest's regions that it does not declare.
async fn undeclared(
    ctx: &Context,
    connection: &Connection,
    manifest: &Manifest,
) -> Result<Vec<Target>> {
    let targets = || manifest.entries.iter().map(|entry| &entry.target);
    let declared = order::set(targets().map(Target::place));
    // Regions with one host have one list.
    let regions = order::map(targets().map(|target| (target.region.vod_host(), &target.region)));
    let (all, mut found, mut missed) = (regions.len(), Vec::new(), Vec::new());
    for region in regions.into_values() {
        let apps = match connection.at(ctx, region) {
            Ok(vod) => vod.apps(ctx, None).await,
            Err(error) => Err(error),
        };
        match apps {
            Ok(apps) => found.extend(apps.into_iter().map(|app| Target {
                region: region.clone(),
                app_id: app.app_id,
            })),
            Err(error) => missed.push(Missed {
                region: region.clone(),
                app_id: None,
                error: error.hint("--prune needs the list of applications (vod:ListAppInfo)"),
            }),
        }
    }
    all_or_nothing(&missed, all, UNREAD)?;
    found.retain(|target| !declared.contains(&target.place()));
    Ok(found)
}
