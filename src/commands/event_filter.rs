//! Event types by which commands choose what they take. No command, but what several need.

use crate::context::Context;
use crate::error::{Error, Result};
use crate::event::{AI_UMBRELLA, EventSelection, EventType, catalogue};

/// Reads names joined by commas, also those that only messages carry. A name outside the catalogue passes, as
/// the service adds some.
///
/// # Errors
/// A usage error for what no event can be called, and for nothing or `none`, which would be waited for in vain.
pub fn parse(text: &str) -> Result<EventSelection> {
    let is_empty = text.split(',').all(|name| name.trim().is_empty());
    if is_empty || text.trim().eq_ignore_ascii_case("none") {
        return Err(
            Error::usage(format!("{text:?} names no event type to take")).hint(
                "for example TranscodeComplete,SnapshotComplete; vodcb events list shows them",
            ),
        );
    }
    EventSelection::parse_filter(text)
}

/// Warns of each name that the catalogue does not have: it is more often a slip than a new event.
pub fn warn_of_unknown(ctx: &Context, events: &EventSelection) {
    if let EventSelection::Only(names) = events {
        for name in names.iter().map(EventType::as_str) {
            if !is_known(name) {
                warn(ctx, name);
            }
        }
    }
}

/// Whether the catalogue has this name, as it spells it.
pub fn is_known(name: &str) -> bool {
    name == AI_UMBRELLA || catalogue::find(name).is_some()
}

/// Warns of a name that the catalogue does not have.
pub fn warn(ctx: &Context, name: &str) {
    let nearest = catalogue::nearest(name).join(", ");
    ctx.out.warn(&format!(
        "{name} is not an event type of the catalogue; did you mean {nearest}?"
    ));
}
