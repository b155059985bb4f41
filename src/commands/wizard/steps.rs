//! How events arrive: method, destination, authentication.

use super::{Answers, Here, pick};
use crate::callback::{Callback, Destination, Method, auth_key, url};
use crate::change::diff;
use crate::change::edit::{AuthEdit, DestinationEdit};
use crate::change::history::{self, Mode};
use crate::commands::typed_key::typed_key;
use crate::error::Result;
use crate::probe::Report;
use crate::probe::network::{self, From};
use crate::prompt::{Choice, Judgement, Reply, Text};
use crate::render::check as view;

pub(super) async fn method(here: &Here, answers: &mut Answers) -> Result<Reply<()>> {
    let is_queue = matches!(
        here.now.as_ref().map(|callback| &callback.destination),
        Some(Destination::Mns { .. })
    );
    let choice = Choice {
        title: "How should events arrive?".to_owned(),
        items: vec![
            "HTTP: pushed to one URL at once; three tries within seconds, then lost".to_owned(),
            "Queue: kept up to 7 days while you are down; you fetch, nothing is signed".to_owned(),
        ],
        default: usize::from(is_queue),
        back: true,
    };
    Ok(match here.ctx.prompt.choose(choice).await? {
        Reply::Back => Reply::Back,
        Reply::Answer(index) => {
            let method = if index == 0 {
                Method::Http
            } else {
                Method::Mns
            };
            answers.method = Some(method);
            answers.auth = AuthEdit::default();
            Reply::Answer(())
        }
    })
}

pub(super) async fn destination(here: &Here, answers: &mut Answers) -> Result<Reply<()>> {
    if answers.method == Some(Method::Mns) {
        return super::queue::ask(here, answers).await;
    }
    answers.new_queue = None;
    loop {
        let Reply::Answer(text) = address(here).await? else {
            return Ok(Reply::Back);
        };
        if let Reply::Answer(()) = reachable(here, &text).await? {
            answers.destination = Some(DestinationEdit::Url(text));
            return Ok(Reply::Answer(()));
        }
    }
}

/// Offers to look whether the receiver can be reached; nothing is delivered to it.
async fn reachable(here: &Here, url: &str) -> Result<Reply<()>> {
    let ctx = &here.ctx;
    let choice = Choice {
        title: "Look now whether the URL can be reached from here?".to_owned(),
        items: vec!["No".to_owned(), "Yes; nothing is sent to it".to_owned()],
        default: 0,
        back: true,
    };
    Ok(match ctx.prompt.choose(choice).await? {
        Reply::Back => Reply::Back,
        Reply::Answer(index) => {
            if index == 1 {
                let report = Report::new(network::look(ctx, url, From::HereToo).await?);
                ctx.out.note(&view::report(&report, ctx.prompt.width));
            }
            Reply::Answer(())
        }
    })
}

async fn address(here: &Here) -> Result<Reply<String>> {
    let now = here.now.as_ref().map(|callback| &callback.destination);
    let default = match now {
        Some(Destination::Http { url, .. }) => url.clone(),
        _ => String::new(),
    };
    let text = Text {
        title: "URL".to_owned(),
        default,
        judge,
    };
    let reply = here.ctx.prompt.text(text).await?;
    if let Reply::Answer(text) = &reply {
        for warning in url::check(text)? {
            here.ctx.out.warn(&warning);
        }
    }
    Ok(reply)
}

/// The rules of `vodcb set`, while it is typed.
fn judge(text: &str) -> Judgement {
    let size = format!("{} of {} bytes", text.len(), url::MAX_BYTES);
    match url::check(text) {
        Err(error) => Judgement::Bad(format!("{size}: {error}")),
        Ok(warnings) => Judgement::Good(match warnings.first() {
            Some(warning) => format!("{size}; {warning}"),
            None => size,
        }),
    }
}

enum AuthChoice {
    Keep,
    Generate,
    Type,
    Off,
}

pub(super) async fn auth(here: &Here, answers: &mut Answers) -> Result<Reply<()>> {
    answers.shows_key = false;
    loop {
        let Reply::Answer(choice) = auth_choice(here).await? else {
            return Ok(Reply::Back);
        };
        answers.auth = match choice {
            AuthChoice::Keep => AuthEdit::Keep,
            AuthChoice::Off => AuthEdit::Off,
            AuthChoice::Type => match typed_key(&here.ctx, true).await? {
                Reply::Answer(key) => AuthEdit::Key(key),
                Reply::Back => continue,
            },
            AuthChoice::Generate => {
                answers.shows_key = history::mode(&here.ctx)? != Mode::Full;
                if answers.shows_key && !may_print(here).await? {
                    continue;
                }
                AuthEdit::Key(auth_key::generate(here.ctx.random))
            }
        };
        return Ok(Reply::Answer(()));
    }
}

async fn auth_choice(here: &Here) -> Result<Reply<AuthChoice>> {
    let mut rows: Vec<(String, AuthChoice)> = Vec::new();
    if let Some(auth) = here.now.as_ref().and_then(Callback::auth) {
        let key = diff::shown_key(&auth.key).unwrap_or_else(|| "none".to_owned());
        let words = format!("As now: {}, key {key}", auth.switch());
        rows.push((words, AuthChoice::Keep));
    }
    rows.push(("A new key, generated".to_owned(), AuthChoice::Generate));
    rows.push((
        "A key of your own, typed hidden".to_owned(),
        AuthChoice::Type,
    ));
    rows.push((
        "Off: whoever knows the URL can post to it".to_owned(),
        AuthChoice::Off,
    ));
    pick(here, "Are deliveries signed?", rows).await
}

/// A generated key that neither the history nor, perhaps, the service tells later must be seen once.
async fn may_print(here: &Here) -> Result<bool> {
    let choice = Choice {
        title: "VODCB_HISTORY keeps no keys, so a generated one could be lost. Print it once it is written?".to_owned(),
        items: vec![
            "Yes, print it".to_owned(),
            "No, choose otherwise".to_owned(),
        ],
        default: 0,
        back: true,
    };
    let reply = here.ctx.prompt.choose(choice).await?;
    Ok(matches!(reply, Reply::Answer(0)))
}
