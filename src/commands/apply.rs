//! `vodcb apply`

use super::declared::{Files, Wish, plan};
use super::key_reference::Keys;
use super::queue_lookup::refuse_missing;
use super::{Connection, connect, is_fingerprint, written_but_not_shown};
use crate::change::plan::{Plan, Step};
use crate::change::write::{Ask, Done, Order, Wanted, change};
use crate::context::Context;
use crate::error::{Applied, Error, Kind, Result};
use crate::exit::Exit;
use crate::output::error_document;
use crate::render::plan::{self as view, Ended};
use crate::text::counted;

/// Make the service as a manifest declares
///
/// Reads every target first, looks up every queue that is to be written, and shows what would change;
/// nothing is written if any cannot be read or is not there. Then asks; a script says --yes. Each change
/// is written, read back and recorded like that of any other command. The first failure ends it, and so
/// does Ctrl-C once the change under way is done; running it again goes on where it stopped. Exits 8 when
/// a part was done and a part failed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vodcb apply -f callbacks.toml --dry-run
  vodcb apply -f callbacks.toml --yes
  vodcb apply -f base.toml -f shop.yaml --prune --yes
  vodcb apply -f callbacks.toml --if-match 7f3a9c12 --yes   only the plan that was reviewed")]
pub struct Args {
    #[command(flatten)]
    files: Files,
    /// Delete the callbacks in the manifest's regions that it does not declare
    #[arg(long)]
    prune: bool,
    /// Go on with the other targets when one fails
    #[arg(long)]
    keep_going: bool,
    /// Do not look whether the queues that are to be written are there
    #[arg(long)]
    no_queue_check: bool,
    /// Refuse unless the plan is the one with this fingerprint, as --dry-run showed it
    #[arg(long, value_name = "FINGERPRINT")]
    if_match: Option<String>,
}

impl Args {
    /// The flags that tell what is to be, for hints that are copied.
    fn words(&self) -> String {
        let prune = if self.prune { " --prune" } else { "" };
        format!("{}{prune}", self.files.words())
    }

    /// Makes sure that the fingerprint of a plan can be one.
    fn check(&self, ctx: &Context) -> Result<()> {
        match &self.if_match {
            Some(text) if !is_fingerprint(text) => Err(Error::usage(format!(
                "{text:?} is not the fingerprint of a plan"
            ))
            .hint(format!(
                "it is shown by {}",
                ctx.again(&format!("apply {} --dry-run", self.words()))
            ))),
            _ => Ok(()),
        }
    }

    /// How to go on with what is left, which is another plan than the one that was reviewed.
    fn again(&self, ctx: &Context) -> String {
        match self.if_match {
            None => {
                "run the same command again: it goes on with what is not yet as declared".to_owned()
            }
            Some(_) => format!(
                "--if-match takes the fingerprint of what is left, which is shown by {}",
                ctx.again(&format!("apply {} --dry-run", self.words()))
            ),
        }
    }
}

/// Plans, asks, and takes each step by the one write path.
///
/// # Errors
/// As `declared::plan` and `queue_lookup::refuse_missing`, and as `change::write::change` for the step
/// that failed; [`Kind::Partial`] when others had been taken; an interruption when a signal kept some
/// from being tried.
pub async fn run(ctx: &Context, args: &Args) -> Result<Exit> {
    args.check(ctx)?;
    let manifest = args.files.read(ctx).await?;
    let keys = Keys::resolve(ctx, &manifest).await?;
    let connection = connect(ctx).await?;
    let wish = Wish {
        manifest: &manifest,
        keys: Some(&keys),
        prune: args.prune,
    };
    let plan = plan(ctx, &connection, &wish).await?;
    check_plan(&plan, args.if_match.as_deref())?;
    if !args.no_queue_check {
        let wanted = plan.changes().filter_map(|step| {
            let entry = manifest.entries.iter().find(|it| it.target == step.target);
            let declared =
                entry.map(|entry| format!("{} is declared at {}", entry.target, entry.place));
            Some((step.after.as_ref()?, declared))
        });
        refuse_missing(ctx, &connection, wanted).await?;
    }
    ctx.out.check(&view::document(&plan))?;
    if plan.is_empty() || ctx.flags.dry_run {
        show_plan(ctx, &plan)?;
        connection.close().await;
        return Ok(Exit::Ok);
    }
    ctx.out.note(&view::text(&plan, ctx.out.width()));
    confirm(ctx, &plan).await?;
    let look = ctx.again(&format!("diff {}", args.words()));
    let again = args.again(ctx);
    ctx.stop.heed(format!("see how far it came with {look}"));
    let ended = carry_out(ctx, &connection, &plan, args.keep_going).await;
    connection.close().await;
    let document = view::outcome_document(&plan, &ended, error_document);
    let shown = ctx.out.show(&document, |_| view::outcome(&plan, &ended));
    let done = settled(&plan, &ended).and_then(|()| stopped(ctx, &ended, &look));
    let done = done.map_err(|error| {
        let given_up = ctx.stop.signal().is_none() && untried(&ended) > 0;
        let error = match given_up {
            true => error.hint("--keep-going goes on with the other targets when one fails"),
            false => error,
        };
        error.hint(again)
    });
    match (done, shown) {
        (Err(error), Err(unshown)) => Err(error.also(unshown)),
        (Ok(()), Err(error)) if written(&ended) > 0 => {
            let what = "the changes were written and read back";
            Err(written_but_not_shown(what, &look, error))
        }
        (done, shown) => done.and(shown).map(|()| Exit::Ok),
    }
}

/// How many changes were made.
fn written(ended: &[Ended]) -> usize {
    let made = ended.iter().filter(|end| matches!(end, Ended::Written(_)));
    made.count()
}

/// How many changes were not tried.
fn untried(ended: &[Ended]) -> usize {
    let left = ended.iter().filter(|end| matches!(end, Ended::NotTried));
    left.count()
}

/// A plan with nothing left to do is no other plan, but one that was carried out before.
fn check_plan(plan: &Plan, expected: Option<&str>) -> Result<()> {
    let found = plan.fingerprint();
    match expected.filter(|_| !plan.is_empty()) {
        Some(expected) if !expected.eq_ignore_ascii_case(&found) => Err(Error::new(
            Kind::Conflict,
            "the plan is not the one that --if-match expects",
        )
        .cause(format!("expected fingerprint {expected}, found {found}"))
        .hint("the service or the manifest changed since; look at the plan with --dry-run")),
        _ => Ok(()),
    }
}

fn show_plan(ctx: &Context, plan: &Plan) -> Result<()> {
    ctx.out.note(if plan.is_empty() {
        "already so; nothing was written"
    } else {
        "dry run; nothing was written"
    });
    ctx.out
        .show(&view::document(plan), |width| match plan.is_empty() {
            true => view::text(plan, width),
            false => format!("{}plan {}\n", view::text(plan, width), plan.fingerprint()),
        })
}

async fn confirm(ctx: &Context, plan: &Plan) -> Result<()> {
    if ctx.flags.yes {
        return Ok(());
    }
    let count = plan.changes().count();
    if !ctx.prompt.interactive {
        return Err(Error::usage(format!(
            "apply would change {}, and nobody is there to confirm it",
            counted(count, "target", "targets")
        ))
        .hint("add --yes, or --dry-run to see what would change"));
    }
    if ctx
        .prompt
        .confirm(match count {
            1 => "Make this change?".to_owned(),
            _ => format!("Make these {count} changes?"),
        })
        .await?
    {
        return Ok(());
    }
    Err(Error::unconfirmed())
}

/// Takes the steps one after another, in the order of the plan; one ending for each. A signal lets the
/// one under way come to its end.
async fn carry_out(
    ctx: &Context,
    connection: &Connection,
    plan: &Plan,
    keep_going: bool,
) -> Vec<Ended> {
    let mut ended = Vec::new();
    let mut stopped = false;
    let progress = ctx.out.progress("changes");
    progress.expect(plan.changes().count());
    for step in plan.changes() {
        let end = match stopped || ctx.stop.is_asked() {
            true => Ended::NotTried,
            false => take(ctx, connection, step).await,
        };
        stopped |= matches!(end, Ended::Failed(_)) && !keep_going;
        ended.push(end);
        progress.step();
    }
    ended
}

async fn take(ctx: &Context, connection: &Connection, step: &Step) -> Ended {
    let order = Order {
        command: "apply",
        target: &step.target,
        wanted: Wanted::Planned {
            before: step.before.as_ref(),
            after: step.after.as_ref(),
        },
        ask: Ask::Never,
        if_match: None,
    };
    let outcome = match connection.at(ctx, &step.target.region) {
        Ok(vod) => change(ctx, &vod, &order, |_| Ok(())).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(outcome) if outcome.done == Done::Written => Ended::Written(outcome.number),
        Ok(_) => Ended::AlreadySo,
        // A signal came before anything was sent.
        Err(error) if matches!(error.kind, Kind::Interrupted | Kind::Terminated) => Ended::NotTried,
        Err(error) => Ended::Failed(error),
    }
}

/// The interruption that kept changes from being tried.
fn stopped(ctx: &Context, ended: &[Ended], look: &str) -> Result<()> {
    let left = untried(ended);
    let Some(kind) = ctx.stop.signal().filter(|_| left > 0) else {
        return Ok(());
    };
    let written = written(ended);
    let all = ended.len();
    Err(Error::new(
        kind,
        format!(
            "{}: {written} of {} made, {left} not tried",
            kind.name(),
            counted(all, "change", "changes")
        ),
    )
    .applied(ctx.applied.get())
    .hint(format!("see what is left with {look}")))
}

/// The error of a plan that was not carried out whole. It is partial when anything was written; otherwise
/// the first failure speaks, or the first that may have written all the same.
fn settled(plan: &Plan, ended: &[Ended]) -> Result<()> {
    let failures: Vec<(&Step, &Error)> = plan
        .changes()
        .zip(ended)
        .filter_map(|(step, ended)| match ended {
            Ended::Failed(error) => Some((step, error)),
            _ => None,
        })
        .collect();
    let doubtful = |(_, error): &&(&Step, &Error)| error.details.applied == Applied::Unknown;
    let Some((_, speaker)) = failures.iter().find(doubtful).or(failures.first()) else {
        return Ok(());
    };
    let written = written(ended);
    let mut error = (*speaker).clone();
    error.message = format!(
        "{written} of {} made, {} failed",
        counted(ended.len(), "change", "changes"),
        failures.len()
    );
    error.causes.clear();
    for (step, failure) in &failures {
        let (place, told) = (step.target.to_string(), failure.to_string());
        error.causes.push(match told.starts_with(&place) {
            true => told,
            false => format!("{place}: {told}"),
        });
        error
            .causes
            .extend(failure.causes.iter().map(|cause| format!("  {cause}")));
        error.details.applied = error.details.applied.and(failure.details.applied);
        error.details.retryable &= failure.details.retryable;
    }
    if written > 0 {
        error.kind = Kind::Partial;
        error.details.applied = error.details.applied.and(Applied::Yes);
    }
    Err(error.hints_of(failures.iter().map(|(_, failure)| *failure)))
}
