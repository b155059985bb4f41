//! `vodcb undo`

use super::key_source::KeySource;
use super::queue_lookup::refuse_missing;
use super::{Beside, Connection, carry_out, check_fingerprint, connect, needs_confirmation};
use crate::callback::Callback;
use crate::change::diff::Difference;
use crate::change::history::{self, Mode};
use crate::change::record::{Ended, Record};
use crate::change::undo::{self, Back, OldState};
use crate::change::write::{Ask, Order, Wanted};
use crate::context::Context;
use crate::error::Result;
use crate::exit::Exit;
use crate::render::history::time;
use crate::settings::numbers::whole;

/// Restore the callback as it was before a change
///
/// Takes back the last change of the target that took effect, or the one with the given number. Undoing
/// is a change like any other: it is shown, asked about at a terminal, recorded, and can be undone. A
/// script says --yes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vodcb undo --dry-run
  vodcb undo --yes
  vodcb undo 12 --region ap-southeast-1
  vodcb undo --since --yes                           what somebody changed elsewhere
  VOD_KEY=… vodcb undo 12 --auth-key-env VOD_KEY")]
pub struct Args {
    /// Number of the change to take back, as vodcb history lists it [default: the last of the target]
    #[arg(value_parser = whole::<u64>(0..=u64::MAX, "12"))]
    number: Option<u64>,
    /// Take back only what was changed since that change, and leave the callback as the change left it
    #[arg(long)]
    since: bool,
    #[command(flatten)]
    source: KeySource,
    /// Undo a change made with another access key, if both belong to one account
    #[arg(long)]
    allow_other_key: bool,
    /// Do not look whether the queue that is restored is there
    #[arg(long)]
    no_queue_check: bool,
    /// Refuse if the callback is not the one with this fingerprint; none means not configured
    #[arg(long, value_name = "FINGERPRINT")]
    if_match: Option<String>,
}

/// Restores a recorded state by the one write path.
///
/// # Errors
/// As `change::write::change`, with a conflict for a target that changes meanwhile; a usage error where nobody can confirm, and for a change that cannot be
/// found or must not or cannot be taken back.
pub async fn run(ctx: &Context, args: &Args) -> Result<Exit> {
    check_fingerprint(args.if_match.as_deref())?;
    needs_confirmation(ctx, "undo")?;
    let key = args.source.read(ctx).await?;
    if history::mode(ctx)? == Mode::Off {
        ctx.out
            .warn("VODCB_HISTORY=off: changes are not recorded, and neither is this undo");
    }
    let named = match args.number {
        Some(number) => Some(undo::numbered(&history::read(ctx)?, number)?.clone()),
        None => None,
    };
    let connection = connect(ctx).await?;
    let Connection { vod, target, .. } = &connection;
    if let Some(record) = &named {
        check(ctx, &connection, record, args)?;
    }
    let present = vod.get(ctx, &target.app_id).await?.callback;
    let record = match named {
        Some(record) => record,
        None => {
            // The history is read last: what made the target as it was found has its record by now.
            let records = history::read(ctx)?;
            let (place, account_id) = (vod.place(), vod.client.caller.account_id());
            let (account_id, present) = (account_id.as_deref(), present.as_ref());
            let record = undo::latest(&records, target, &place, account_id, present)?;
            check(ctx, &connection, record, args)?;
            record.clone()
        }
    };
    let back = match args.since {
        true => Back::After,
        false => Back::Before,
    };
    let old = undo::old_state(&record, back, key, present.as_ref())?;
    say(ctx, &record, back, present.as_ref(), &old);
    let is_change = !Difference::between(present.as_ref(), old.callback.as_ref()).is_empty();
    if is_change && !args.no_queue_check {
        let wanted = old.callback.iter().map(|callback| (callback, None));
        refuse_missing(ctx, &connection, wanted).await?;
    }
    let order = Order {
        command: &args.words(record.number),
        target,
        wanted: Wanted::Planned {
            before: present.as_ref(),
            after: old.callback.as_ref(),
        },
        ask: Ask::Always,
        if_match: args.if_match.as_deref(),
    };
    let beside = Beside {
        undone: Some(record.number),
        ..Beside::default()
    };
    carry_out(ctx, &connection, &order, &beside).await?;
    connection.close().await;
    Ok(Exit::Ok)
}

impl Args {
    /// The command line that takes back this change.
    fn words(&self, number: u64) -> String {
        let since = if self.since { " --since" } else { "" };
        format!("undo {number}{since}")
    }
}

/// Makes sure that the record is of this target, service and account.
fn check(ctx: &Context, connection: &Connection, record: &Record, args: &Args) -> Result<()> {
    let Connection { vod, target, .. } = connection;
    let again = ctx.again_at(&record.target, &args.words(record.number));
    undo::check_place(record, target, &vod.place(), &again)?;
    let caller = &vod.client.caller;
    undo::check_owner(
        record,
        caller.account_id().as_deref(),
        caller.shown_id().as_deref(),
        args.allow_other_key,
    )
}

/// Says which change is taken back, and what else goes with it.
fn say(ctx: &Context, record: &Record, back: Back, present: Option<&Callback>, old: &OldState) {
    let Record {
        number,
        command,
        at,
        ..
    } = record;
    let what = match back {
        Back::Before => "undoing",
        Back::After => "undoing what came after",
    };
    ctx.out.note(&format!(
        "{what} change {number}: {command} at {} UTC",
        time(*at)
    ));
    if Difference::between(present, old.callback.as_ref()).is_empty() {
        return;
    }
    let left = record.ending.as_ref();
    if let Some(ending) = left.filter(|ending| ending.result == Ended::Written)
        && back == Back::Before
        && ending.fingerprint != present.map(Callback::fingerprint)
    {
        ctx.out.warn(&format!(
            "the callback is not as change {number} left it; what was changed since then is taken back, too, and with --since nothing else"
        ));
    }
    for note in &old.notes {
        ctx.out.warn(note);
    }
}
