//! Who and where: region, application, and what is set there now.

use super::Here;
use crate::commands::Connection;
use crate::context::Context;
use crate::credential::profile;
use crate::error::{Kind, Result};
use crate::prompt::{Choice, Judgement, Reply, Text};
use crate::render::callback::{self as view, Keys};
use crate::settings::{self, Flags};
use crate::target::region::{Standing, centres};
use crate::target::{AppId, Region};

/// Which profile, where there is a choice that nothing has decided.
pub(super) async fn who(ctx: &Context) -> Result<Context> {
    let named = ctx.flags.profile.is_some() || settings::emulator(&ctx.flags, &ctx.env)?;
    let names = profile::names(&ctx.env, ctx.home.as_deref());
    if named || names.len() < 2 {
        return Ok(ctx.clone());
    }
    let mut items = vec!["the usual one, which vodcb whoami explains".to_owned()];
    items.extend(names.iter().map(|name| format!("profile {name}")));
    let choice = Choice {
        title: "Whose key?".to_owned(),
        items,
        default: 0,
        back: false,
    };
    Ok(match ctx.prompt.choose(choice).await? {
        Reply::Answer(index) if index > 0 => ctx.with(Flags {
            profile: names.into_iter().nth(index - 1),
            ..ctx.flags.clone()
        }),
        _ => ctx.clone(),
    })
}

/// Asks until region and application are known, and reads what is set there.
pub(super) async fn ask(ctx: &Context, mut connection: Connection) -> Result<Here> {
    ctx.out
        .note(&format!("The key comes from {}.", connection.found.from));
    loop {
        if ctx.flags.region.is_none() {
            let region = region(ctx, &connection).await?;
            connection.vod = connection.at(ctx, &region)?;
            connection.target.region = region;
        }
        if ctx.flags.app_id.is_some() {
            break;
        }
        match application(ctx, &connection).await? {
            Reply::Answer(app_id) => {
                connection.target.app_id = app_id;
                break;
            }
            Reply::Back => {}
        }
    }
    let reading = connection.vod.get(ctx, &connection.target.app_id).await?;
    let (target, width) = (&connection.target, ctx.prompt.width);
    let shown = view::text(target, reading.callback.as_ref(), Keys::Masked, width);
    ctx.out.note(&format!("Set now:\n{shown}"));
    Ok(Here {
        ctx: ctx.with(Flags {
            region: Some(target.region.to_string()),
            app_id: Some(target.app_id.to_string()),
            ..ctx.flags.clone()
        }),
        now: reading.callback,
        connection,
    })
}

/// Which centre, of those that are open and served here: an endpoint that was named may serve only one.
async fn region(ctx: &Context, connection: &Connection) -> Result<Region> {
    let usual = &connection.target.region;
    let served =
        |id: &str| Region::parse(id).is_ok_and(|region| connection.at(ctx, &region).is_ok());
    let open: Vec<_> = centres()
        .iter()
        .filter(|centre| centre.standing != Standing::Deactivated && served(centre.id))
        .collect();
    if open.len() < 2 {
        return Ok(usual.clone());
    }
    let choice = Choice {
        title: "Region of the VOD centre".to_owned(),
        items: open
            .iter()
            .map(|centre| format!("{}  {} {}", centre.id, centre.name, centre.name_zh))
            .collect(),
        default: open
            .iter()
            .position(|centre| centre.id == usual.as_str())
            .unwrap_or_default(),
        back: false,
    };
    match ctx.prompt.choose(choice).await? {
        Reply::Answer(index) => Region::parse(open[index].id),
        Reply::Back => Ok(usual.clone()),
    }
}

async fn application(ctx: &Context, connection: &Connection) -> Result<Reply<AppId>> {
    let apps = match connection.vod.apps(ctx, None).await {
        Ok(apps) => apps,
        Err(error) if matches!(error.kind, Kind::Credentials | Kind::Rejected) => {
            ctx.out
                .warn(&format!("the applications cannot be listed: {error}"));
            return typed(ctx, &connection.target.app_id).await;
        }
        Err(error) => return Err(error),
    };
    let mut items: Vec<String> = apps
        .iter()
        .map(|app| {
            format!("{}  {}", app.app_id, app.name)
                .trim_end()
                .to_owned()
        })
        .collect();
    items.push("another one, typed in".to_owned());
    let usual = apps
        .iter()
        .position(|app| app.app_id == connection.target.app_id);
    let choice = Choice {
        title: "Application".to_owned(),
        items,
        default: usual.unwrap_or_default(),
        back: ctx.flags.region.is_none(),
    };
    Ok(match ctx.prompt.choose(choice).await? {
        Reply::Back => Reply::Back,
        Reply::Answer(index) => match apps.into_iter().nth(index) {
            Some(app) => Reply::Answer(app.app_id),
            None => return typed(ctx, &connection.target.app_id).await,
        },
    })
}

async fn typed(ctx: &Context, usual: &AppId) -> Result<Reply<AppId>> {
    let text = Text {
        title: "Application id".to_owned(),
        default: usual.to_string(),
        judge: |text| match AppId::parse(text) {
            Ok(_) => Judgement::Good(String::new()),
            Err(error) => Judgement::Bad(error.message),
        },
    };
    match ctx.prompt.text(text).await? {
        Reply::Back => Ok(Reply::Back),
        Reply::Answer(text) => AppId::parse(&text).map(Reply::Answer),
    }
}
