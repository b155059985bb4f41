//! After the write: a test delivery, and the same by command.

use jiff::SignedDuration;

use super::{Answers, Here};
use crate::callback::{Auth, Callback, Destination};
use crate::change::edit::AuthEdit;
use crate::commands::tell_of_key;
use crate::delivery::rules;
use crate::delivery::send::{Delivery, Proof, deliver};
use crate::error::Result;
use crate::event::compose::Draft;
use crate::manifest::{Syntax, export};
use crate::prompt::{Choice, Reply};
use crate::text::{escape_line, quoted};

/// Offers to hand a sample event to the receiver, as VOD would. Never an error: the change is written.
pub(super) async fn offer_delivery(here: &Here, url: &str, auth: &Auth) {
    let ctx = &here.ctx;
    let choice = Choice {
        title: "Send a test event to the URL now, signed as VOD does?".to_owned(),
        items: vec!["No".to_owned(), "Yes".to_owned()],
        default: 0,
        back: false,
    };
    // Leaving this question is a no.
    if matches!(ctx.prompt.choose(choice).await, Ok(Reply::Answer(1)))
        && let Err(error) = deliver_sample(here, url, auth).await
    {
        let words = format!("the change is written, but the test event could not be sent: {error}");
        ctx.out.warn(&words);
        for hint in &error.hints {
            ctx.out.hint(hint);
        }
    }
}

async fn deliver_sample(here: &Here, url: &str, auth: &Auth) -> Result<()> {
    let ctx = &here.ctx;
    let event = Draft::sample("FileUploadComplete", false)?.dated((ctx.now)());
    let proof = match auth.known_key().filter(|_| auth.on) {
        Some(key) => Proof::Signed {
            url: url.to_owned(),
            key: key.clone(),
            shift: SignedDuration::ZERO,
        },
        None => Proof::Unsigned,
    };
    let delivery = Delivery {
        url: url.to_owned(),
        proof,
        body: event.to_bytes(),
    };
    let outcome = deliver(&ctx.http, ctx.now, rules::VOD, &delivery, |attempt| {
        let took = attempt.took.as_millis();
        ctx.out.note(&format!(
            "attempt {}: {} after {took} ms",
            attempt.number, attempt.answer
        ));
    })
    .await?;
    let last = outcome.attempts.last();
    match last.and_then(|attempt| attempt.answer.hint()) {
        None => ctx.out.note("delivered: the receiver answered 200 in time"),
        Some(hint) => {
            ctx.out
                .warn("the receiver did not take the event; VOD would have dropped it");
            ctx.out.hint(&hint);
        }
    }
    Ok(())
}

/// Says how the same is done without questions, and where a new key is found.
pub(super) fn explain(here: &Here, answers: &Answers, callback: &Callback) {
    let out = &here.ctx.out;
    if matches!(answers.auth, AuthEdit::Key(_)) {
        tell_of_key(&here.ctx, None);
    }
    out.note(&format!(
        "The same by command:\n  {}",
        escape_line(&command(here, answers, callback))
    ));
    out.note(&format!(
        "As a manifest, for vodcb apply:\n{}",
        manifest(here, callback)
    ));
}

fn command(here: &Here, answers: &Answers, callback: &Callback) -> String {
    let mut words = vec!["set".to_owned()];
    match &callback.destination {
        Destination::Http { url, auth } => {
            words.push(format!("--http-url {}", quoted(url)));
            if matches!(answers.auth, AuthEdit::Key(_)) {
                words.push("--auth-key-env VOD_CALLBACK_KEY".to_owned());
            } else if !auth.on {
                words.push("--auth off".to_owned());
            }
        }
        Destination::Mns { endpoint, queue } => {
            words.push(format!("--mns-queue {}", quoted(queue)));
            // Without it the queue would be looked for where the settings and the present callback say.
            words.push(format!("--mns-endpoint {}", quoted(endpoint)));
        }
    }
    let events = callback.events.names().join(",");
    let events = if events.is_empty() { "none" } else { &events };
    words.push(format!("--events {events}"));
    here.ctx.again(&words.join(" "))
}

/// The callback as `vodcb export` writes it, without the comment on top; keys are references.
fn manifest(here: &Here, callback: &Callback) -> String {
    let callbacks = [(here.connection.target.clone(), callback.clone())];
    let text = export(None, &callbacks, Syntax::Toml).text;
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}
