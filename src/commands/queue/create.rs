//! `vodcb queue create`

use crate::callback::queue;
use crate::commands::{Connection, created_but_not_shown};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::mns::queue::{Attributes, Status};
use crate::mns::{Creation, Mns};
use crate::render::queue as view;

/// Creates the queue unless it is there with these attributes, and shows what is there then.
///
/// # Errors
/// Those of the queue service; done in part when it was created and cannot be shown.
pub(super) async fn run(
    ctx: &Context,
    mns: &Mns,
    name: &str,
    attributes: &Attributes,
    look: &str,
) -> Result<()> {
    queue::check_name(name)?;
    let planned = Status {
        name: name.to_owned(),
        attributes: *attributes,
        ..Status::default()
    };
    let planned = view::QueueStatus::new(&planned, &mns.endpoint.to_string());
    ctx.out.check(&planned)?;
    if ctx.flags.dry_run {
        return rehearse(ctx, mns, name, attributes, &planned).await;
    }
    ctx.stop
        .leave(format!("look before doing anything else: {look}"));
    let creation = match mns.create_queue(ctx, name, attributes).await {
        Err(error) if error.code() == "QueueAlreadyExist" => {
            return Err(match mns.get_attributes(ctx, name).await {
                Ok(found) => differing(&found, attributes, error),
                Err(_) => error,
            });
        }
        created => created?,
    };
    let found = mns.get_attributes(ctx, name).await;
    let shown = found.and_then(|found| {
        ctx.out.note(match creation {
            Creation::Made => "created and read back",
            Creation::Found => "already so; nothing was created",
            Creation::Unclear => "read back",
        });
        let status = view::QueueStatus::new(&found, &mns.endpoint.to_string());
        ctx.out.show(&status, |width| view::status(&status, width))
    });
    shown.map_err(|error| created_but_not_shown(creation, look, error))
}

/// What may follow the creation of a queue.
pub(super) fn tell_next(ctx: &Context, connection: &Connection, set: &str) {
    ctx.out.hint(&if connection.is_emulated() {
        "this emulator ended with the command, and the queue with it; for one that stays: vodcb emulator start"
            .to_owned()
    } else {
        format!("have callbacks go there: {set}")
    });
}

/// Says what would come of it, by a look at what is there.
async fn rehearse(
    ctx: &Context,
    mns: &Mns,
    name: &str,
    wanted: &Attributes,
    planned: &view::QueueStatus,
) -> Result<()> {
    let found = match mns.get_attributes(ctx, name).await {
        Err(error) if error.code() == "QueueNotExist" => {
            ctx.out
                .note(&format!("dry run; the queue {name} would be created"));
            return ctx.out.show(planned, |width| view::status(planned, width));
        }
        found => found?,
    };
    if wanted.differences(&found.attributes).next().is_some() {
        let mut error = Error::new(
            Kind::Rejected,
            format!("a queue {name} is there with other attributes, so it would not be created"),
        );
        error.details.code = Some("QueueAlreadyExist".to_owned());
        return Err(differing(&found, wanted, error));
    }
    ctx.out.note("dry run; already so");
    let status = view::QueueStatus::new(&found, &mns.endpoint.to_string());
    ctx.out.show(&status, |width| view::status(&status, width))
}

/// Names what another queue of that name has, and this one was to have.
fn differing(found: &Status, wanted: &Attributes, mut error: Error) -> Error {
    for (name, wanted, there) in wanted.differences(&found.attributes) {
        error = error.cause(format!("{name} is {there} there, not {wanted}"));
    }
    error.hint("ask for what is there, choose another name, or change the queue in the console")
}
