//! `vodcb key rotate --abandon`: a rotation is given up, whatever became of the callback meanwhile.

use super::Args;
use crate::callback::{Auth, Callback};
use crate::change::rotation::{Place, Rotation};
use crate::commands::{Connection, keys};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::render::key::{self as view, KeyStatus};

/// Forgets the keys, unless VOD signs with the new one.
///
/// # Errors
/// A usage error where VOD does; those of a Get.
pub(super) async fn run(ctx: &Context, args: &Args, connection: &Connection) -> Result<Exit> {
    let (vod, target) = (&connection.vod, &connection.target);
    let callback = vod.get(ctx, &target.app_id).await?.callback;
    let http = callback.as_ref().and_then(Callback::http);
    let auth = http.map(|(_, auth)| auth);
    let configured = auth.and_then(Auth::known_key);
    let mut place = Place::of(ctx, vod, target)?;
    let begun = place.load(ctx, configured)?;
    let status = |rotation: Option<&Rotation>| {
        let rotation = rotation.map(|it| it.status(auth, keys(args.show_auth_key)));
        KeyStatus::new(target, http).rotating(rotation)
    };
    let show = |rotation: Option<&Rotation>| {
        let status = status(rotation);
        ctx.out.show(&status, |width| view::text(&status, width))
    };
    let Some(begun) = begun else {
        show(None)?;
        ctx.out.note("already so; no rotation was begun");
        return Ok(Exit::Ok);
    };
    let is_overtaken = begun.is_overtaken(auth);
    // A run may have ended between the write and its note.
    let is_given = configured.map_or(begun.switched.is_some(), |key| *key == begun.new);
    if is_given && !is_overtaken {
        let finish = ctx.again("key rotate --finish");
        return Err(
            Error::usage("VOD signs with the new key already").hint(format!("finish it: {finish}"))
        );
    }
    if ctx.flags.dry_run {
        ctx.out.note("dry run; nothing was forgotten");
        return show(Some(&begun)).map(|()| Exit::Ok);
    }
    ctx.out.check(&status(None))?;
    place.forget()?;
    show(None)?;
    ctx.out
        .note(match (is_overtaken, begun.switched.is_some()) {
            (false, _) => "the new key is forgotten; VOD was never given it",
            (true, true) => {
                "both keys are forgotten; VOD was given the new one, and signs with neither now"
            }
            (true, false) => "both keys are forgotten; VOD signs with neither",
        });
    Ok(Exit::Ok)
}
