//! Which queue: one of the region's, or a new one.

use super::{Answers, Here};
use crate::callback::Destination;
use crate::callback::queue::{check_name, parse_host};
use crate::change::edit::{DestinationEdit, QueuePlace};
use crate::error::{Kind, Result};
use crate::mns::Mns;
use crate::mns::queue::Attributes;
use crate::prompt::{Choice, Judgement, Reply, Text};
use crate::target::Region;
use crate::target::region::{Standing, centres};

/// As many as can be looked through.
const LISTED: usize = 200;

/// A queue that is made when the change is confirmed.
pub(super) struct NewQueue {
    mns: Mns,
    name: String,
}

pub(super) async fn ask(here: &Here, answers: &mut Answers) -> Result<Reply<()>> {
    let ctx = &here.ctx;
    answers.new_queue = None;
    loop {
        let Reply::Answer(region) = region(here).await? else {
            return Ok(Reply::Back);
        };
        let account_id = here.connection.own_account(ctx).await?;
        let mns = here
            .connection
            .queues(ctx, &region, Some(&account_id))
            .await?;
        let names = names(here, &mns).await?;
        let mut items = names.clone();
        items.push("a new queue, or one typed in".to_owned());
        let present = here.queue_now();
        let choice = Choice {
            title: format!("Queue of {account_id} in {region}"),
            default: names
                .iter()
                .position(|name| Some(name.as_str()) == present)
                .unwrap_or_default(),
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
                if !names.contains(&name) && !exists(here, &mns, &name).await? {
                    ctx.out.note(&format!(
                        "The queue {name} will be created with the change."
                    ));
                    let name = name.clone();
                    answers.new_queue = Some(NewQueue { mns, name });
                }
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

impl NewQueue {
    /// Creates it with attributes that suit callbacks.
    pub(super) async fn create(&self, here: &Here) -> Result<()> {
        let attributes = Attributes::for_callbacks();
        self.mns
            .create_queue(&here.ctx, &self.name, &attributes)
            .await?;
        here.ctx
            .out
            .note(&format!("created the queue {}", self.name));
        Ok(())
    }
}

impl Here {
    fn queue_now(&self) -> Option<&str> {
        match &self.now.as_ref()?.destination {
            Destination::Mns { queue, .. } => Some(queue),
            Destination::Http { .. } => None,
        }
    }
}

/// The region of the queue: the present one, or the advised one, comes first to hand.
async fn region(here: &Here) -> Result<Reply<Region>> {
    let centre = &here.connection.target.region;
    let advised = centre.advised_queue_region();
    let present = match here.now.as_ref().map(|callback| &callback.destination) {
        Some(Destination::Mns { endpoint, .. }) => parse_host(endpoint),
        _ => None,
    };
    let present = present.map(|host| host.region);
    let mut regions = vec![advised.clone()];
    let open = centres()
        .iter()
        .filter(|centre| centre.standing == Standing::Open);
    for row in open {
        let region = Region::parse(&row.id)?;
        if region != advised {
            regions.push(region);
        }
    }
    let choice = Choice {
        title: "Region of the queue".to_owned(),
        items: regions
            .iter()
            .map(|region| match *region == advised {
                true => format!("{region}  advised by the documentation"),
                false => region.to_string(),
            })
            .collect(),
        default: regions
            .iter()
            .position(|region| Some(region.as_str()) == present.as_deref())
            .unwrap_or_default(),
        back: true,
    };
    Ok(match here.ctx.prompt.choose(choice).await? {
        Reply::Back => Reply::Back,
        Reply::Answer(index) => Reply::Answer(regions.swap_remove(index)),
    })
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

/// Whether there is a queue of this name; one that may not be looked at counts as there.
async fn exists(here: &Here, mns: &Mns, name: &str) -> Result<bool> {
    match mns.get_attributes(&here.ctx, name).await {
        Ok(_) => Ok(true),
        Err(error) if error.code() == "QueueNotExist" => Ok(false),
        Err(error) if error.kind == Kind::Credentials => {
            here.ctx
                .out
                .warn(&format!("the queue cannot be looked up: {error}"));
            Ok(true)
        }
        Err(error) => Err(error),
    }
}
