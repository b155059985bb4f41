//! Making a queue, and the certainty about it.

use jiff::Timestamp;

use super::call::Call;
use super::{Attributes, Mns, Status, xml};
use crate::context::Context;
use crate::error::{Applied, Error, Kind, Result};
use crate::http::Method;
use crate::mns::operation::Operation;
use crate::openapi::TOLERANCE;

/// Whose a queue is that is there as wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Creation {
    /// This call made it.
    Made,
    /// It was there before.
    Found,
    /// An earlier attempt of this call may have made it, or somebody else at that time.
    Unclear,
}

impl Creation {
    /// What the call changed.
    pub const fn applied(self) -> Applied {
        match self {
            Creation::Made => Applied::Yes,
            Creation::Found => Applied::No,
            Creation::Unclear => Applied::Unknown,
        }
    }
}

impl Mns {
    /// Makes a queue, unless it is there with these attributes. When an attempt may have made it although it
    /// failed, another one or reading back settles that it is there.
    ///
    /// # Errors
    /// `QueueAlreadyExist` when it is there with others; a usage error for numbers out of range; an unknown
    /// outcome when reading back does not tell.
    pub async fn create_queue(
        &self,
        ctx: &Context,
        queue: &str,
        attributes: &Attributes,
    ) -> Result<Creation> {
        attributes.check()?;
        let so_far = ctx.applied.get();
        let made = self.put(ctx, queue, attributes).await;
        ctx.applied.set(so_far.and(match &made {
            Ok(creation) => creation.applied(),
            Err(error) => error.details.applied,
        }));
        if matches!(made, Ok(Creation::Unclear)) {
            ctx.out.warn(&format!(
                "the queue {queue} is there; whether this run made it is not known"
            ));
        }
        made
    }

    async fn put(&self, ctx: &Context, queue: &str, attributes: &Attributes) -> Result<Creation> {
        let begun = (ctx.now)();
        let call = Call::new(Operation::CreateQueue, queue, Method::Put)?
            .body(xml::write_attributes(attributes));
        match self.call(ctx, &call).await {
            Ok(done) if done.status == 201 => Ok(Creation::Made),
            Ok(done) if !done.repeated => Ok(Creation::Found),
            Ok(_) => {
                let found = self.get_attributes(ctx, queue).await;
                Ok(found.map_or(Creation::Unclear, |found| self.by_age(begun, &found)))
            }
            Err(lost) if lost.details.applied == Applied::Unknown => {
                self.settle(ctx, queue, attributes, begun, lost).await
            }
            Err(error) => Err(error),
        }
    }

    /// Only that a queue is older than the call tells who made it.
    fn by_age(&self, begun: Timestamp, found: &Status) -> Creation {
        let begun = |created| begun.duration_since(created) + self.clock_offset.get();
        match found.created {
            Some(created) if begun(created) > TOLERANCE => Creation::Found,
            _ => Creation::Unclear,
        }
    }

    /// That there is no queue proves something only if nothing is under way any more.
    async fn settle(
        &self,
        ctx: &Context,
        queue: &str,
        wanted: &Attributes,
        begun: Timestamp,
        mut lost: Error,
    ) -> Result<Creation> {
        match self.get_attributes(ctx, queue).await {
            Ok(found) if wanted.differences(&found.attributes).next().is_none() => {
                ctx.out
                    .warn(&format!("{lost}, but reading back shows the queue"));
                Ok(self.by_age(begun, &found))
            }
            Ok(_) => {
                let what = format!("the queue {queue} is there with other attributes");
                let mut error = Error::new(Kind::Rejected, what)
                    .cause(format!("its creation was not confirmed: {lost}"));
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
