//! The queues that callbacks are to go to, looked at before anything is written. No command, but what
//! those that write begin with.
//!
//! VOD takes any name, and drops in silence what it cannot write; so a queue that is not there, or a
//! place where nobody may look, is told before the change.

use std::cell::Cell;
use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt};

use super::Connection;
use crate::callback::queue::{Host, parse_host};
use crate::callback::{Callback, Destination};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::mns::queue::Attributes;
use crate::mns::{Creation, Mns};
use crate::order;
use crate::render::queue::QueueStatus;
use crate::target::Region;

/// As many names are looked through for a similar one.
const MANY: usize = 5000;
/// No more similar names than these are told, and only if they are as similar as this.
const FEW: usize = 3;
const SIMILAR: f64 = 0.8;
/// As many queues are looked at at once.
const AT_ONCE: usize = 16;

/// A queue that is not there.
pub struct Missing {
    mns: Mns,
    /// Its name.
    pub name: String,
    /// Whose it is to be, and where.
    host: Host,
    /// The service's own words.
    error: Error,
    /// What became of its creation.
    creation: Cell<Option<Creation>>,
}

/// Makes sure that every queue that these callbacks go to is there, each looked at once. Beside a callback is what
/// says where it is declared, if it is.
///
/// # Errors
/// All that are missing in one error; those of a look.
pub async fn refuse_missing<'a>(
    ctx: &Context,
    connection: &Connection,
    callbacks: impl Iterator<Item = (&'a Callback, Option<String>)>,
) -> Result<()> {
    let mut queues = BTreeMap::<_, Vec<String>>::new();
    for (callback, declared) in callbacks {
        if let Destination::Mns { endpoint, queue } = &callback.destination {
            let queue = (endpoint.as_str(), queue.as_str());
            queues.entry(queue).or_default().extend(declared);
        }
    }
    let mut looks = stream::iter(queues)
        .map(async |((endpoint, name), declared)| {
            let look = look_up(ctx, connection, endpoint, name).await;
            look.map(|missing| Some((missing?, declared)))
        })
        .buffered(AT_ONCE);
    let (mut refusals, mut remedies) = (Vec::new(), Vec::new());
    while let Some(look) = looks.next().await {
        if let Some((missing, declared)) = look? {
            let refusal = missing.refusal(ctx).await;
            refusals.push(declared.into_iter().fold(refusal, Error::cause));
            let create = ctx.again(&format!("queue create {missing} {}", missing.host.words()));
            remedies.push(format!("{create} creates a queue that suits callbacks"));
        }
    }
    Error::all(refusals).map_err(|error| {
        let error = remedies.into_iter().fold(error, Error::hint);
        error.hint("--no-queue-check writes without a look at the queues")
    })
}

/// Looks the queue at an endpoint up, and warns of attributes that lose events. `Some` when it is not
/// there. Those of `--emulator` live as long as one command, so there is nothing to look at.
///
/// # Errors
/// When it cannot be found out.
pub async fn look_up(
    ctx: &Context,
    connection: &Connection,
    endpoint: &str,
    name: &str,
) -> Result<Option<Missing>> {
    if connection.is_emulated() {
        return Ok(None);
    }
    let Some(host) = parse_host(endpoint) else {
        let why = format!("{endpoint} is not an endpoint of queues that can be asked");
        return Err(Error::usage(why).hint("--no-queue-check writes it without a look"));
    };
    let region = Region::parse(&host.region)?;
    let account = Some(host.account_id.as_str());
    let mns = connection.queues(ctx, Some(&region), account).await?;
    match mns.get_attributes(ctx, name).await {
        Ok(status) => {
            for warning in QueueStatus::new(&status, endpoint).warnings {
                ctx.out.warn(&format!("queue {name}: {warning}"));
            }
            Ok(None)
        }
        Err(error) if error.code() != "QueueNotExist" => Err(unlooked(name, error)),
        Err(error) => Ok(Some(Missing {
            mns,
            name: name.to_owned(),
            host,
            error,
            creation: Cell::default(),
        })),
    }
}

fn unlooked(name: &str, error: Error) -> Error {
    let denied = error.kind == Kind::Credentials;
    let error = error.cause(format!(
        "nothing was changed: the queue {name} could not be looked up"
    ));
    error.hint(if denied {
        "--no-queue-check writes without a look at the queue"
    } else {
        "try again, or write without a look at the queue: --no-queue-check"
    })
}

/// The error with the names that could have been meant, where it is that there is no such queue.
pub async fn with_similar(ctx: &Context, mns: &Mns, name: &str, mut error: Error) -> Error {
    if error.code() == "QueueNotExist" {
        let similar = similar(ctx, mns, name).await;
        let meant = (!similar.is_empty()).then(|| did_you_mean(&similar));
        error.hints.splice(0..0, meant);
    }
    error
}

fn did_you_mean(names: &[String]) -> String {
    format!("did you mean {}?", names.join(", "))
}

/// Without the right to list there are no names to tell, which is no error of its own.
async fn similar(ctx: &Context, mns: &Mns, name: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut pages = mns.list_queues("");
    while names.len() < MANY
        && let Ok(Some(page)) = pages.next(ctx).await
    {
        names.extend(page);
    }
    let alike = |other: &str| strsim::jaro_winkler(&other.to_lowercase(), &name.to_lowercase());
    let rated = names.into_iter().map(|other| (alike(&other), other));
    order::highest(rated.filter(|(rating, _)| *rating >= SIMILAR), FEW)
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

impl Missing {
    /// The error that it is not there; the names that could have been meant come first.
    pub async fn refusal(&self, ctx: &Context) -> Error {
        let mut told = Error::new(Kind::Rejected, self.error.message.clone())
            .cause(format!(
                "looked for in {}, at {}",
                self.host.region, self.mns.endpoint
            ))
            .cause("nothing was changed");
        told.details = self.error.details.clone();
        let similar = similar(ctx, &self.mns, &self.name).await;
        match similar.is_empty() {
            true => told,
            false => told.hint(did_you_mean(&similar)),
        }
    }

    /// Creates it with attributes that suit callbacks, unless somebody else was faster.
    ///
    /// # Errors
    /// Those of the queue service; nothing else was changed then.
    pub async fn create(&self, ctx: &Context) -> Result<()> {
        let attributes = Attributes::for_callbacks();
        // It tells whether the callback names the queue, too.
        let look = ctx.again(&format!("queue status {self} {}", self.host.words()));
        ctx.stop
            .leave(format!("look before doing anything else: {look}"));
        let made = self.mns.create_queue(ctx, &self.name, &attributes).await;
        let creation = made.map_err(|error| error.cause("the callback was not changed"))?;
        self.creation.set(Some(creation));
        match creation {
            Creation::Made => ctx.out.note(&format!("created the queue {self}")),
            Creation::Found => ctx.out.note(&format!(
                "the queue {self} is there by now; somebody else created it"
            )),
            // Warned of where that came out.
            Creation::Unclear => {}
        }
        Ok(())
    }

    /// What became of its creation; `None` when that was not tried.
    pub fn creation(&self) -> Option<Creation> {
        self.creation.get()
    }

    /// The error of the change that was to follow. It does not undo the creation, so that a part is done.
    pub fn told_with(&self, mut error: Error) -> Error {
        let (creation, cause) = match self.creation.get() {
            None | Some(Creation::Found) => return error,
            Some(creation @ Creation::Made) => (creation, "was created before, and stays"),
            Some(creation @ Creation::Unclear) => (creation, "may have been created, and stays"),
        };
        error.kind = Kind::Partial;
        error.details.applied = error.details.applied.and(creation.applied());
        error.cause(format!("the queue {self} {cause}"))
    }

    /// Says what would be done about it.
    pub fn plan(&self, ctx: &Context) {
        let text = format!("dry run; the queue {} would be created", self.name);
        ctx.out.note(&text);
    }
}
