//! Making a queue, and the certainty about it.

use super::call::Call;
use super::{Attributes, Mns, xml};
use crate::context::Context;
use crate::error::{Applied, Error, Kind, Result};
use crate::http::Method;
use crate::mns::operation::Operation;

impl Mns {
    /// Makes a queue; true when it is new, false when it was there with these attributes. When the answer is
    /// lost, another attempt or reading back settles it: what is there as wanted is taken for the new one.
    ///
    /// # Errors
    /// `QueueAlreadyExist` when it is there with others; a usage error for numbers out of range; an unknown
    /// outcome when reading back does not tell.
    pub async fn create_queue(
        &self,
        ctx: &Context,
        queue: &str,
        attributes: &Attributes,
    ) -> Result<bool> {
        attributes.check()?;
        let so_far = ctx.applied.get();
        let made = self.put(ctx, queue, attributes).await;
        ctx.applied.set(so_far.and(match &made {
            Ok(true) => Applied::Yes,
            Ok(false) => Applied::No,
            Err(error) => error.details.applied,
        }));
        made
    }

    async fn put(&self, ctx: &Context, queue: &str, attributes: &Attributes) -> Result<bool> {
        let call = Call::new(Operation::CreateQueue, queue, Method::Put)?
            .body(xml::write_attributes(attributes));
        match self.call(ctx, &call).await {
            Ok(done) if done.repeated && done.status != 201 => {
                ctx.out
                    .warn("an answer was lost; the queue is there and is taken for the new one");
                Ok(true)
            }
            Ok(done) => Ok(done.status == 201),
            Err(lost) if lost.details.applied == Applied::Unknown => {
                self.settle(ctx, queue, attributes, lost).await
            }
            Err(error) => Err(error),
        }
    }

    /// That there is no queue proves something only if nothing is under way any more.
    async fn settle(
        &self,
        ctx: &Context,
        queue: &str,
        wanted: &Attributes,
        mut lost: Error,
    ) -> Result<bool> {
        match self.get_attributes(ctx, queue).await {
            Ok(found) if wanted.differences(&found.attributes).next().is_none() => {
                ctx.out.warn(&format!(
                    "the answer was lost ({lost}), but reading back shows the queue"
                ));
                Ok(true)
            }
            Ok(_) => {
                let what = format!("the queue {queue} is there with other attributes");
                let mut error = Error::new(Kind::Rejected, what)
                    .cause(format!("the answer to its creation was lost: {lost}"));
                error.details.code = Some("QueueAlreadyExist".to_owned());
                Err(error)
            }
            Err(error) if error.code() == "QueueNotExist" && !lost.details.in_flight => {
                if lost.kind == Kind::UnknownOutcome {
                    lost.kind = Kind::Unavailable;
                }
                let error = lost.cause("reading back shows that it was not created");
                Err(error.applied(Applied::No))
            }
            Err(error) => {
                // Also where the last attempt was refused, which says nothing of those before.
                lost.kind = Kind::UnknownOutcome;
                Err(lost
                    .cause(format!("whether it was created is not known: {error}"))
                    .hint("run the same command again: a queue that is there is not created twice"))
            }
        }
    }
}
