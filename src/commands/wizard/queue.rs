//! Which queue: the present one, one of a region's, or a new one.

use super::{Answers, Here, pick};
use crate::callback::Destination;
use crate::callback::queue::{check_name, endpoint};
use crate::change::edit::{DestinationEdit, QueuePlace};
use crate::commands::queue_lookup::{Missing, look_up};
use crate::error::{Kind, Result};
use crate::mns::Mns;
use crate::prompt::{Choice, Judgement, Reply, Text};
use crate::target::Region;
use crate::target::region::{Standing, centres};

/// As many as can be looked through.
const LISTED: usize = 200;

/// Where a queue is looked for.
enum Place {
    /// It stays: its endpoint and name.
    AsNow(String, String),
    /// In this region.
    In(Region),
}

pub(super) async fn ask(here: &Here, answers: &mut Answers) -> Result<Reply<()>> {
    let ctx = &here.ctx;
    answers.new_queue = None;
    loop {
        let region = match place(here).await? {
            Reply::Back => return Ok(Reply::Back),
            Reply::Answer(Place::AsNow(endpoint, name)) => {
                answers.destination = None;
                answers.new_queue = missing(here, &endpoint, &name).await;
                return Ok(Reply::Answer(()));
            }
            Reply::Answer(Place::In(region)) => region,
        };
        let account_id = here.connection.queue_account(ctx).await?;
        let mns = here
            .connection
            .queues(ctx, Some(&region), Some(&account_id))
            .await?;
        let names = names(here, &mns).await?;
        let mut items = names.clone();
        items.push("a new queue, or one typed in".to_owned());
        let choice = Choice {
            title: format!("Queue of {account_id} in {region}"),
            default: 0,
            items,
            back: true,
        };
        let Reply::Answer(index) = ctx.prompt.choose(choice).await? else {
            continue;
        };
        let name = match names.get(index) {
            Some(name) => name.clone(),
            None => {
                let Reply::Answer(name) = typed(here).await? else {
                    continue;
                };
                let endpoint = endpoint(&account_id, &region);
                answers.new_queue = missing(here, &endpoint, &name).await;
                name
            }
        };
        answers.destination = Some(DestinationEdit::Queue {
            name: Some(name),
            place: Some(QueuePlace::Part {
                account_id: Some(account_id),
                region: Some(region),
            }),
        });
        return Ok(Reply::Answer(()));
    }
}

/// The present queue, or the region of another one; the advised region comes first to hand.
async fn place(here: &Here) -> Result<Reply<Place>> {
    let centre = &here.connection.target.region;
    let advised = centre.advised_queue_region();
    let mut rows = Vec::new();
    if let Some(Destination::Mns { endpoint, queue }) =
        here.now.as_ref().map(|callback| &callback.destination)
    {
        let words = format!("As now: {queue} at {endpoint}");
        rows.push((words, Place::AsNow(endpoint.clone(), queue.clone())));
    }
    let words = format!("{advised}  advised by the documentation");
    rows.push((words, Place::In(advised.clone())));
    let open = centres()
        .iter()
        .filter(|centre| centre.standing == Standing::Open);
    for row in open {
        let region = Region::parse(row.id)?;
        if region != advised {
            rows.push((region.to_string(), Place::In(region)));
        }
    }
    pick(here, "Region of the queue", rows).await
}

/// The names that can be listed; none when that is not permitted.
async fn names(here: &Here, mns: &Mns) -> Result<Vec<String>> {
    let mut names = Vec::new();
    let mut pages = mns.list_queues("");
    loop {
        match pages.next(&here.ctx).await {
            Ok(Some(page)) if names.len() < LISTED => names.extend(page),
            Ok(_) => return Ok(names),
            Err(error) if error.kind == Kind::Credentials => {
                here.ctx
                    .out
                    .warn(&format!("the queues cannot be listed: {error}"));
                return Ok(names);
            }
            Err(error) => return Err(error),
        }
    }
}

async fn typed(here: &Here) -> Result<Reply<String>> {
    let text = Text {
        title: "Name of the queue".to_owned(),
        default: "vod-events".to_owned(),
        judge: |text| match check_name(text) {
            Ok(()) => Judgement::Good(String::new()),
            Err(error) => Judgement::Bad(error.message),
        },
    };
    here.ctx.prompt.text(text).await
}

/// The queue if it is not there, so that it is created with the change. One that cannot be looked at
/// counts as there.
async fn missing(here: &Here, endpoint: &str, name: &str) -> Option<Missing> {
    let out = &here.ctx.out;
    match look_up(&here.ctx, &here.connection, endpoint, name).await {
        Ok(missing) => {
            if missing.is_some() {
                out.note(&format!(
                    "The queue {name} will be created with the change."
                ));
            }
            missing
        }
        Err(error) => {
            out.warn(&format!("the queue cannot be looked up: {error}"));
            None
        }
    }
}
