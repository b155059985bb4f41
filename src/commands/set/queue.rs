//! Which queue `vodcb set` means, and whether it is there.

use super::{Args, Present};
use crate::callback::Destination;
use crate::callback::queue::{check_account_id, check_endpoint, check_name, parse_host};
use crate::change::edit::{DestinationEdit, Edit, QueuePlace};
use crate::commands::queue_lookup::{self, Missing};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::settings::queue_account;
use crate::target::Region;

/// A queue's endpoint begins with its account: the one of the present queue, the one of the variable, or the
/// caller's own.
pub(super) async fn find_account(
    ctx: &Context,
    present: &Present<'_>,
    destination: &mut DestinationEdit,
) -> Result<()> {
    let DestinationEdit::Queue { place, .. } = destination else {
        return Ok(());
    };
    let region = match place {
        Some(
            QueuePlace::Endpoint(_)
            | QueuePlace::Part {
                account_id: Some(_),
                ..
            },
        ) => return Ok(()),
        Some(QueuePlace::Part { region, .. }) => region.clone(),
        None => None,
    };
    let now = present.callback().await?;
    let now = now.map(|callback| &callback.destination);
    if matches!(now, Some(Destination::Mns { endpoint, .. }) if parse_host(endpoint).is_some()) {
        return Ok(());
    }
    let account_id = match queue_account(&ctx.env)? {
        Some(id) => id.to_owned(),
        None => {
            let own = present.connection.own_account(ctx).await?;
            ctx.out
                .detail(&format!("the queue's account is the caller's own, {own}"));
            own
        }
    };
    *place = Some(QueuePlace::Part {
        account_id: Some(account_id),
        region,
    });
    Ok(())
}

impl Args {
    pub(super) fn queue(&self) -> Result<Option<DestinationEdit>> {
        self.mns_queue.as_deref().map(check_name).transpose()?;
        let account_id = self.account_id.clone();
        account_id.as_deref().map(check_account_id).transpose()?;
        let region = self
            .mns_region
            .as_deref()
            .map(Region::parse_strict)
            .transpose()
            .map_err(|error| error.hint("a queue anywhere else is named with --mns-endpoint"))?;
        let place = match &self.mns_endpoint {
            Some(endpoint) => {
                let endpoint = check_endpoint(endpoint, self.allow_internal_endpoint)?;
                Some(QueuePlace::Endpoint(endpoint))
            }
            None if account_id.is_none() && region.is_none() => None,
            None => Some(QueuePlace::Part { account_id, region }),
        };
        if self.mns_queue.is_none() && place.is_none() {
            return Ok(None);
        }
        Ok(Some(DestinationEdit::Queue {
            name: self.mns_queue.clone(),
            place,
        }))
    }

    /// Looks at the queue, where one is named or the configured one is to be created if need be; `Some`
    /// when it is to be created.
    pub(super) async fn look_up(
        &self,
        ctx: &Context,
        present: &Present<'_>,
        edit: &Edit,
    ) -> Result<Option<Missing>> {
        let is_meant = match edit.destination {
            Some(DestinationEdit::Queue { .. }) => !self.no_queue_check,
            Some(DestinationEdit::Url(_)) => false,
            None => self.create_queue,
        };
        if !is_meant {
            return Ok(None);
        }
        let connection = present.connection;
        let wanted = edit.apply(present.callback().await?, &connection.target)?;
        let Destination::Mns { endpoint, queue } = wanted.callback.destination else {
            let target = &connection.target;
            return Err(Error::usage(format!(
                "there is no queue to create: the callback of {target} goes to a URL"
            ))
            .hint("name the queue, --mns-queue NAME, or leave --create-queue out"));
        };
        match queue_lookup::look_up(ctx, connection, &endpoint, &queue).await? {
            Some(missing) if !self.create_queue => Err(missing
                .refusal(ctx)
                .await
                .hint("--create-queue creates it with the change")
                .hint(
                    "a queue of another region or account is named with --mns-region or --account-id",
                )),
            missing => Ok(missing),
        }
    }
}
