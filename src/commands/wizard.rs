//! `vodcb wizard`

mod closing;
mod events;
mod place;
mod queue;
mod steps;

use super::queue_lookup::Missing;
use super::{Beside, Connection, carry_out, connect, keys};
use crate::callback::{Callback, Destination, Method};
use crate::change::diff::{self, Difference};
use crate::change::edit::{AuthEdit, DestinationEdit, Edit, EventsEdit};
use crate::change::write::{Ask, Done, Order, Wanted};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::event::EventSelection;
use crate::exit::Exit;
use crate::prompt::{Choice, Reply};
use crate::render::callback as view;

/// Set a callback up by questions and answers
///
/// Asks where, shows what is set now, asks for destination, authentication and events, shows the
/// difference and writes after a yes. Every question can be gone back from; Esc and Ctrl-C change
/// nothing. With --plain the questions are numbered lines, answered on standard input.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vodcb wizard
  vodcb wizard --region cn-shanghai --app-id app-1000000
  vodcb --emulator wizard            try it without an account
  vodcb wizard --plain               for screen readers and simple terminals")]
pub struct Args {}

/// Asks, and changes the target by the one write path.
///
/// # Errors
/// A usage error where nobody can answer, an interruption when a question is left, and those of
/// `change::write::change`.
pub async fn run(ctx: &Context, _args: &Args) -> Result<Exit> {
    if !ctx.prompt.interactive {
        return Err(
            Error::usage("the wizard asks questions, and nobody is there to answer")
                .hint(format!(
                    "in a script: {}",
                    ctx.again("set --http-url URL --events A,B")
                ))
                .hint(format!(
                    "{} takes the answers from standard input",
                    ctx.again("wizard --plain")
                )),
        );
    }
    converse(ctx).await
}

/// What was answered so far; what is `None` stays as it is.
#[derive(Default)]
struct Answers {
    method: Option<Method>,
    destination: Option<DestinationEdit>,
    auth: AuthEdit,
    events: Option<EventSelection>,
    /// A queue that is made when the change is confirmed.
    new_queue: Option<Missing>,
    /// Whether a new key is printed, since nothing keeps it.
    shows_key: bool,
}

impl Answers {
    fn edit(&self) -> Edit {
        Edit {
            destination: self.destination.clone(),
            events: EventsEdit {
                replace: self.events.clone(),
                ..EventsEdit::default()
            },
            auth: self.auth.clone(),
        }
    }
}

/// Where the conversation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Place,
    Method,
    Destination,
    Auth,
    Events,
    Confirm,
}

/// The place that was chosen, and what is set there.
struct Here {
    ctx: Context,
    connection: Connection,
    now: Option<Callback>,
}

async fn converse(ctx: &Context) -> Result<Exit> {
    let ctx = &place::who(ctx).await?;
    let mut here = place::ask(ctx, connect(ctx).await?).await?;
    let mut answers = Answers::default();
    let mut step = Step::Method;
    loop {
        let at = &here;
        step = match step {
            Step::Place => {
                here = place::ask(ctx, here.connection).await?;
                answers = Answers::default();
                Step::Method
            }
            Step::Method => next(
                steps::method(at, &mut answers).await?,
                Step::Place,
                Step::Destination,
            ),
            Step::Destination => {
                let reply = steps::destination(at, &mut answers).await?;
                let onward = match answers.method {
                    Some(Method::Mns) => Step::Events,
                    _ => Step::Auth,
                };
                next(reply, Step::Method, onward)
            }
            Step::Auth => next(
                steps::auth(at, &mut answers).await?,
                Step::Destination,
                Step::Events,
            ),
            Step::Events => {
                let back = match answers.method {
                    Some(Method::Mns) => Step::Destination,
                    _ => Step::Auth,
                };
                next(events::ask(at, &mut answers).await?, back, Step::Confirm)
            }
            Step::Confirm => match confirm(at, &answers).await? {
                Reply::Back => Step::Events,
                Reply::Answer(false) => break,
                Reply::Answer(true) => {
                    write(at, &answers).await?;
                    break;
                }
            },
        };
    }
    here.connection.close().await;
    Ok(Exit::Ok)
}

fn next(reply: Reply<()>, back: Step, onward: Step) -> Step {
    match reply {
        Reply::Back => back,
        Reply::Answer(()) => onward,
    }
}

/// Shows the difference; `false` when there is none, so that nothing is to be done.
async fn confirm(here: &Here, answers: &Answers) -> Result<Reply<bool>> {
    let (out, target) = (&here.ctx.out, &here.connection.target);
    let after = answers.edit().apply(here.now.as_ref(), target)?;
    let difference = Difference::between(here.now.as_ref(), Some(&after.callback));
    let title = match (difference.is_empty(), &answers.new_queue) {
        (true, None) => {
            out.note("already so; nothing was written");
            return Ok(Reply::Answer(false));
        }
        (true, Some(queue)) => format!("The callback is so already. Create the queue {queue}?"),
        (false, _) => {
            out.note(&view::difference(target, &difference, out.width()));
            format!("Write this to {target}?")
        }
    };
    for warning in after.notes {
        out.warn(&warning);
    }
    for risk in diff::risks(here.now.as_ref(), Some(&after.callback)) {
        out.warn(&risk);
    }
    if here.ctx.flags.yes {
        return Ok(Reply::Answer(true));
    }
    let choice = Choice {
        title,
        items: vec![
            "Yes, write it".to_owned(),
            "No, leave it as it is".to_owned(),
        ],
        default: 1,
        back: true,
    };
    match here.ctx.prompt.choose(choice).await? {
        Reply::Back => Ok(Reply::Back),
        Reply::Answer(0) => Ok(Reply::Answer(true)),
        Reply::Answer(_) => Err(crate::prompt::left()),
    }
}

/// Writes what was confirmed, unless somebody changed the target meanwhile.
async fn write(here: &Here, answers: &Answers) -> Result<()> {
    let target = &here.connection.target;
    let after = answers.edit().apply(here.now.as_ref(), target)?.callback;
    let order = Order {
        command: "wizard",
        target,
        wanted: Wanted::Planned {
            before: here.now.as_ref(),
            after: Some(&after),
        },
        ask: Ask::Never,
        if_match: None,
    };
    let beside = Beside {
        keys: keys(answers.shows_key),
        queue: answers.new_queue.as_ref(),
        undone: None,
    };
    let outcome = carry_out(&here.ctx, &here.connection, &order, &beside).await?;
    if outcome.done != Done::Written {
        return Ok(());
    }
    let Some(callback) = &outcome.callback else {
        return Ok(());
    };
    if let Destination::Http { url, auth } = &callback.destination {
        closing::offer_delivery(here, url, auth).await;
    }
    closing::explain(here, answers, callback);
    Ok(())
}

/// Has one of these chosen by its words, the first to begin with.
async fn pick<T>(here: &Here, title: &str, rows: Vec<(String, T)>) -> Result<Reply<T>> {
    let (items, mut meant): (Vec<String>, Vec<T>) = rows.into_iter().unzip();
    let choice = Choice {
        title: title.to_owned(),
        items,
        default: 0,
        back: true,
    };
    Ok(match here.ctx.prompt.choose(choice).await? {
        Reply::Back => Reply::Back,
        Reply::Answer(index) => Reply::Answer(meant.swap_remove(index)),
    })
}
