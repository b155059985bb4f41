//! Events from a queue instead of the internet: each message is handed to the listener itself, by VOD's
//! rules, so that saving, showing and handing on are the same as for deliveries by HTTP.

use std::cell::Cell;

use crate::callback::queue::check_name;
use crate::commands::connect;
use crate::context::Context;
use crate::delivery::send::{Delivery, Proof, deliver};
use crate::delivery::{report, rules};
use crate::error::Result;
use crate::event::{EventSelection, EventType, decode, summary};
use crate::mns::Message;
use crate::mns::consume::{PASSED_BY, Terms, Verdict, consume, pause_after};
use crate::target::Region;

/// Which queue.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Queue")]
pub(super) struct Feed {
    /// Take events from this queue; a message is deleted after the application's 200
    #[arg(
        long,
        value_name = "NAME",
        requires = "forward_to",
        conflicts_with = "bind"
    )]
    queue: Option<String>,
    /// Region of the queue, if it is not the callback's
    #[arg(long, value_name = "ID", requires = "queue")]
    mns_region: Option<String>,
    /// Account that owns the queue, if it is not the caller's own
    #[arg(long, value_name = "ID", requires = "queue")]
    account_id: Option<String>,
}

impl Feed {
    /// Whether events come from a queue.
    pub(super) fn is_wanted(&self) -> bool {
        self.queue.is_some()
    }

    /// What is said at the beginning.
    pub(super) fn words(&self, to: Option<&str>) -> Option<String> {
        let (queue, to) = (self.queue.as_deref()?, to?);
        Some(format!(
            "handing {queue} on to {to}; a message is deleted after a 200; Ctrl-C ends it"
        ))
    }

    /// Hands the queue's messages to the listener at this URL until the command shall end.
    ///
    /// # Errors
    /// Those of the settings, and of the queue service.
    pub(super) async fn run(
        &self,
        ctx: &Context,
        events: &EventSelection,
        url: &str,
    ) -> Result<()> {
        let Some(queue) = &self.queue else {
            return Ok(());
        };
        check_name(queue)?;
        let connection = connect(ctx).await?;
        let region = match &self.mns_region {
            Some(text) => Region::parse_strict(text)?,
            None => connection.target.region.clone(),
        };
        let mns = connection
            .queues(ctx, &region, self.account_id.as_deref())
            .await?;
        let terms = Terms {
            // One after the other, so that --exit-after ends where it says.
            concurrency: 1,
            ..Terms::default()
        };
        let hinted = Cell::new(false);
        let (_, ended) = consume(ctx, &mns, queue, &terms, async |message: &Message| {
            hand_over(ctx, events, url, message, &hinted).await
        })
        .await;
        ended?;
        connection.close().await;
        Ok(())
    }
}

async fn hand_over(
    ctx: &Context,
    events: &EventSelection,
    url: &str,
    message: &Message,
    hinted: &Cell<bool>,
) -> Result<Verdict> {
    let back_in = pause_after(message.dequeue_count);
    let body = match decode::own_bytes(message.body.as_bytes()) {
        Ok(body) => body.into_owned(),
        Err(why) => {
            ctx.out.warn(&report::no_event(&message.id, &why, back_in));
            return Ok(Verdict::Keep(back_in));
        }
    };
    let name = summary::read(&body).ok().and_then(|event| event.event_type);
    if name.is_some_and(|name| !events.sends(&EventType::from_service(&name))) {
        return Ok(Verdict::Pass(PASSED_BY));
    }
    let delivery = Delivery {
        url: url.to_owned(),
        proof: Proof::Unsigned,
        body,
    };
    let outcome = deliver(&ctx.http, ctx.now, rules::VOD, &delivery, |_| {}).await?;
    if outcome.is_delivered() {
        return Ok(Verdict::Delete);
    }
    if let Some(last) = outcome.attempts.last() {
        let kept = report::kept(last, back_in);
        ctx.out.warn(&format!("message {}: {kept}", message.id));
        // Once is enough: an application has usually one reason.
        if let Some(hint) = last.answer.hint().filter(|_| !hinted.replace(true)) {
            ctx.out.hint(&hint);
        }
    }
    Ok(Verdict::Keep(back_in))
}
