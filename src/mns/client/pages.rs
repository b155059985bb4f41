//! The list of queues, read page by page.

use super::Mns;
use super::call::Call;
use crate::context::Context;
use crate::error::Result;
use crate::mns::xml;

/// A list of queues.
#[derive(Debug)]
pub struct Pages<'a> {
    mns: &'a Mns,
    prefix: String,
    position: Position,
}

#[derive(Debug)]
enum Position {
    /// The next page begins here; empty for the first.
    Marker(String),
    End,
}

impl<'a> Pages<'a> {
    pub(super) fn new(mns: &'a Mns, prefix: &str) -> Self {
        Pages {
            mns,
            prefix: prefix.to_owned(),
            position: Position::Marker(String::new()),
        }
    }

    /// The next page of names; `None` after the last. A page may be empty.
    ///
    /// # Errors
    /// What every call can meet.
    pub async fn next(&mut self, ctx: &Context) -> Result<Option<Vec<String>>> {
        let Position::Marker(marker) = &self.position else {
            return Ok(None);
        };
        let headers = [("x-mns-prefix", &self.prefix), ("x-mns-marker", marker)];
        let mut call = Call::list_queues();
        for (name, value) in headers.into_iter().filter(|(_, value)| !value.is_empty()) {
            call = call.header(name, value);
        }
        let page = self.mns.asked(ctx, call, xml::read_page).await?;
        self.position = match page.next_marker {
            // A marker that leads nowhere would be followed for ever.
            Some(next) if next != *marker => Position::Marker(next),
            _ => Position::End,
        };
        Ok(Some(page.queues))
    }
}
