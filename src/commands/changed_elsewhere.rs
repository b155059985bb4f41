//! A change that was made elsewhere. No command, but what those say that read a callback.

use super::Connection;
use crate::callback::Callback;
use crate::change::history::{self, Mode};
use crate::change::undo;
use crate::context::Context;
use crate::render::history::time;

/// Says where a callback is no longer as the last change left it that the history here knows of, and what brings that
/// back. Where no hint is said nothing is read.
pub fn changed_elsewhere(ctx: &Context, connection: &Connection, present: Option<&Callback>) {
    let is_recording = history::mode(ctx).is_ok_and(|mode| mode != Mode::Off);
    if !ctx.out.hints() || !is_recording {
        return;
    }
    let Connection { vod, target, .. } = connection;
    let records = history::path(ctx).map_or_else(|_| Vec::new(), |path| history::newest(&path));
    let caller = &vod.client.caller;
    let account_id = caller.account_id();
    let account_id = account_id.as_deref();
    let Some(record) = undo::overtaken(&records, target, &vod.place(), account_id, present) else {
        return;
    };
    // The history has the changes of every account, and another one's says nothing of this callback.
    if undo::check_owner(record, account_id, caller.shown_id().as_deref(), false).is_err() {
        return;
    }
    let (number, command) = (record.number, &record.command);
    let at = time(record.at);
    let undo = ctx.again_at(target, &format!("undo {number} --since"));
    ctx.out.hint(&format!(
        "the callback is not as change {number} ({command}, {at} UTC) left it, the last one in the history here; if that was not meant, {undo} restores it"
    ));
}
