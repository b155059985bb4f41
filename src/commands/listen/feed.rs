//! Events from a queue instead of the internet: each message is handed to the listener itself, by VOD's
//! rules, so that saving, showing and handing on are the same as for deliveries by HTTP.

use std::cell::{Cell, RefCell};

use crate::callback::queue::check_name;
use crate::commands::connect;
use crate::commands::queue_lookup::with_similar;
use crate::context::Context;
use crate::delivery::seen::Seen;
use crate::delivery::send::{Delivery, Proof, deliver};
use crate::delivery::{report, rules};
use crate::error::Result;
use crate::event::{EventSelection, EventType, decode, summary};
use crate::mns::Message;
use crate::mns::consume::{PASSED_BY, Terms, Totals, Verdict, consume, pause_after};
use crate::target::Region;

/// How many bodies are remembered, to tell those that come again.
const REMEMBERED: usize = 10_000;

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

    /// Makes sure that a queue and a region which are named can be some.
    ///
    /// # Errors
    /// A usage error otherwise.
    pub(super) fn check(&self) -> Result<()> {
        self.queue.as_deref().map(check_name).transpose()?;
        self.region().map(|_| ())
    }

    /// The region that is named.
    fn region(&self) -> Result<Option<Region>> {
        let named = self.mns_region.as_deref();
        named.map(Region::parse_strict).transpose()
    }

    /// What is said at the beginning.
    pub(super) fn words(&self, to: Option<&str>) -> Option<String> {
        let (queue, to) = (self.queue.as_deref()?, to?);
        Some(format!(
            "handing {queue} on to {to}; a message is deleted after a 200; Ctrl-C ends it"
        ))
    }

    /// Hands the queue's messages to the listener at this URL until the command shall end, or so many were
    /// handed over or kept, which ends the command. None without a queue.
    ///
    /// # Errors
    /// Those of the settings. Those of the queue service are told with what was done before.
    pub(super) async fn run(
        &self,
        ctx: &Context,
        events: &EventSelection,
        url: &str,
        exit_after: Option<u64>,
    ) -> Result<Option<Fed>> {
        let Some(queue) = &self.queue else {
            return Ok(None);
        };
        let connection = connect(ctx).await?;
        let region = self.region()?;
        let mns = connection
            .queues(ctx, region.as_ref(), self.account_id.as_deref())
            .await?;
        let terms = Terms {
            // One after the other, so that --exit-after ends where it says.
            concurrency: 1,
            exit_after,
            ..Terms::default()
        };
        let desk = Desk {
            ctx,
            events,
            url,
            hinted: Cell::new(false),
            seen: RefCell::new(Seen::new(REMEMBERED)),
            duplicates: Cell::new(0),
        };
        let (totals, ended) = consume(ctx, &mns, queue, &terms, async |message: &Message| {
            desk.hand_over(message).await
        })
        .await;
        let ended = match ended {
            Err(error) => Err(with_similar(ctx, &mns, queue, error).await),
            Ok(()) => Ok(()),
        };
        connection.close().await;
        ctx.stop.ask();
        Ok(Some(Fed {
            totals,
            duplicates: desk.duplicates.get(),
            ended,
        }))
    }
}

/// What became of the messages.
pub(super) struct Fed {
    pub(super) totals: Totals,
    /// Those that were handed over whose body was handed over before.
    pub(super) duplicates: u64,
    /// What ended it, which does not undo what was handed over before.
    pub(super) ended: Result<()>,
}

/// What handing over needs.
struct Desk<'a> {
    ctx: &'a Context,
    events: &'a EventSelection,
    url: &'a str,
    hinted: Cell<bool>,
    seen: RefCell<Seen>,
    duplicates: Cell<u64>,
}

impl Desk<'_> {
    async fn hand_over(&self, message: &Message) -> Result<Verdict> {
        let ctx = self.ctx;
        let back_in = pause_after(message.dequeue_count);
        let body = match decode::own_bytes(message.body.as_bytes()) {
            Ok(body) => body.into_owned(),
            Err(why) => {
                ctx.out.warn(&report::no_event(&message.id, &why, back_in));
                return Ok(Verdict::Keep(back_in));
            }
        };
        let name = summary::read(&body).ok().and_then(|event| event.event_type);
        if name.is_some_and(|name| !self.events.sends(&EventType::from_service(&name))) {
            return Ok(Verdict::Pass(PASSED_BY));
        }
        let delivery = Delivery {
            url: self.url.to_owned(),
            proof: Proof::Unsigned,
            body,
        };
        let outcome = deliver(&ctx.http, ctx.now, rules::VOD, &delivery, |_| {}).await?;
        if outcome.is_delivered() {
            let is_again = self.seen.borrow_mut().again(&delivery.body);
            self.duplicates
                .set(self.duplicates.get() + u64::from(is_again));
            return Ok(Verdict::Delete);
        }
        if let Some(last) = outcome.attempts.last() {
            let kept = report::kept(last, back_in);
            ctx.out.warn(&format!("message {}: {kept}", message.id));
            // Once is enough: an application has usually one reason.
            if let Some(hint) = last
                .answer
                .hint_of_application()
                .filter(|_| !self.hinted.replace(true))
            {
                ctx.out.hint(&hint);
            }
        }
        Ok(Verdict::Keep(back_in))
    }
}
