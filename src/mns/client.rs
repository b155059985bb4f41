//! Queues over the network: the operations as functions.
//!
//! "Nothing there" is an answer and not an error: a receipt of no message is an empty list. Deleting
//! is repeated when its answer was lost, and a receipt handle that is unknown by then counts as
//! deleted; the worst that can follow is a second delivery, which the service allows anyway.

mod call;
mod creation;
mod limits;
mod pages;
mod sort;

use std::cell::Cell;

use super::message::Message;
use super::operation::Operation;
use super::queue::{Attributes, Status};
use super::xml::{self, Unexpected};
use crate::callback::queue::check_account_id;
use crate::context::Context;
use crate::credential::session::Session;
use crate::error::{Error, Result};
use crate::http::{self, Method, clock};
use crate::openapi::encode;
use crate::target::{Endpoint, Region};
use crate::xml::Element;
use call::{Call, Done};
pub use creation::Creation;
use limits::{check_batch, check_wait, patience, wait_query};
pub use pages::Pages;

/// The codes of a receipt handle that is not, or no longer, good; the second is of an older edition.
const BAD_HANDLE: [&str; 2] = ["ReceiptHandleError", "MessageNotExist"];

/// The queues of one account in one region.
#[derive(Debug)]
pub struct Mns {
    /// Where they are.
    pub endpoint: Endpoint,
    /// Who asks.
    pub caller: Session,
    /// How often a call is tried again.
    pub retries: u32,
    /// The service's clock minus ours, learnt from a refusal.
    pub clock_offset: Cell<jiff::SignedDuration>,
}

impl Mns {
    /// Queues at an endpoint.
    pub fn new(endpoint: Endpoint, caller: Session, retries: u32) -> Self {
        Mns {
            endpoint,
            caller,
            retries,
            clock_offset: Cell::default(),
        }
    }

    /// The public endpoint of an account's queues, by https.
    ///
    /// # Errors
    /// A usage error for something that is no account id.
    pub fn endpoint_for(account_id: &str, region: &Region) -> Result<Endpoint> {
        check_account_id(account_id)?;
        Endpoint::of_host(&format!("{account_id}.mns.{region}.aliyuncs.com"))
    }

    /// The service's time, as far as it is known.
    pub fn now(&self, ctx: &Context) -> jiff::Timestamp {
        clock::corrected((ctx.now)(), self.clock_offset.get())
    }

    /// The names of the queues that begin with `prefix`, page by page.
    pub fn list_queues(&self, prefix: &str) -> Pages<'_> {
        Pages::new(self, prefix)
    }

    /// Reads the attributes of a queue.
    ///
    /// # Errors
    /// `QueueNotExist`, and what every call can meet.
    pub async fn get_attributes(&self, ctx: &Context, queue: &str) -> Result<Status> {
        let call = Call::new(Operation::GetQueueAttributes, queue, Method::Get)?;
        self.asked(ctx, call, xml::read_status).await
    }

    /// Receives up to sixteen messages, waiting for the first up to so many seconds, or as long as the queue
    /// says; there may be more even if fewer come.
    ///
    /// # Errors
    /// `QueueNotExist`, and what every call can meet.
    pub async fn batch_receive(
        &self,
        ctx: &Context,
        queue: &str,
        count: usize,
        wait: Option<u32>,
    ) -> Result<Vec<Message>> {
        check_batch(count)?;
        check_wait(wait)?;
        let call = Call::new(Operation::BatchReceiveMessage, queue, Method::Get)?
            .query(format!("numOfMessages={count}"))
            .query(wait_query(wait))
            .timeout(patience(ctx, wait));
        self.messages(ctx, call).await
    }

    /// Looks at the next message and leaves it.
    ///
    /// # Errors
    /// As [`Mns::batch_receive`].
    pub async fn peek(&self, ctx: &Context, queue: &str) -> Result<Option<Message>> {
        let call = Call::new(Operation::PeekMessage, queue, Method::Get)?.query("peekonly=true");
        Ok(self.messages(ctx, call).await?.pop())
    }

    /// Looks at up to sixteen messages and leaves them.
    ///
    /// # Errors
    /// As [`Mns::batch_receive`].
    pub async fn batch_peek(
        &self,
        ctx: &Context,
        queue: &str,
        count: usize,
    ) -> Result<Vec<Message>> {
        check_batch(count)?;
        let call = Call::new(Operation::BatchPeekMessage, queue, Method::Get)?
            .query("peekonly=true")
            .query(format!("numOfMessages={count}"));
        self.messages(ctx, call).await
    }

    /// Deletes up to sixteen received messages, and gives a code, for example `ReceiptHandleError`, for each that
    /// was not deleted.
    ///
    /// # Errors
    /// What every call can meet; a bad handle is an entry, not an error.
    pub async fn batch_delete(
        &self,
        ctx: &Context,
        queue: &str,
        handles: &[&str],
    ) -> Result<Vec<String>> {
        check_batch(handles.len())?;
        let call = Call::new(Operation::BatchDeleteMessage, queue, Method::Delete)?
            .body(xml::write_receipt_handles(handles));
        let Done {
            status,
            root,
            repeated,
            ..
        } = self.call(ctx, &call).await?;
        let Some(root) = root else {
            return Ok(Vec::new());
        };
        let mut codes =
            xml::read_failures(&root).map_err(|odd| self.odd(call.operation, status, odd))?;
        codes.retain(|code| !(repeated && BAD_HANDLE.contains(&code.as_str())));
        // A list that tells of more says no more than that none was.
        codes.truncate(handles.len());
        Ok(codes)
    }

    /// Lets a received message come back after so many seconds from now, and gives its new handle to go on with.
    ///
    /// # Errors
    /// `ReceiptHandleError` when the handle is outdated; an unknown outcome.
    pub async fn change_visibility(
        &self,
        ctx: &Context,
        queue: &str,
        handle: &str,
        seconds: u32,
    ) -> Result<String> {
        if !(1..=43200).contains(&seconds) {
            return Err(Error::usage(
                "a message stays out of sight for 1 to 43200 seconds",
            ));
        }
        let call = Call::new(Operation::ChangeMessageVisibility, queue, Method::Put)?
            .query(format!("ReceiptHandle={}", encode(handle)))
            .query(format!("VisibilityTimeout={seconds}"));
        self.asked(ctx, call, xml::read_visibility).await
    }

    /// Received or looked at; the code decides between "nothing there" and trouble, since proxies
    /// answer 404 as well.
    async fn messages(&self, ctx: &Context, call: Call<'_>) -> Result<Vec<Message>> {
        let done = match self.call(ctx, &call).await {
            Err(error) if error.details.code.as_deref() == Some("MessageNotExist") => {
                return Ok(Vec::new());
            }
            done => done?,
        };
        let received = clock::at_answer(done.date.as_deref(), self.now(ctx));
        let mut messages = self.read(&call, done, xml::read_messages)?;
        for message in &mut messages {
            message.received = Some(received);
        }
        Ok(messages)
    }

    /// A call whose answer has a body.
    async fn asked<T>(
        &self,
        ctx: &Context,
        call: Call<'_>,
        read: impl FnOnce(&Element) -> std::result::Result<T, Unexpected>,
    ) -> Result<T> {
        let done = self.call(ctx, &call).await?;
        self.read(&call, done, read)
    }

    fn read<T>(
        &self,
        call: &Call<'_>,
        done: Done,
        read: impl FnOnce(&Element) -> std::result::Result<T, Unexpected>,
    ) -> Result<T> {
        let read = match &done.root {
            Some(root) => read(root),
            None => Err(Unexpected("the answer is empty".to_owned())),
        };
        read.map_err(|odd| self.odd(call.operation, done.status, odd))
    }

    /// The service did something, and nobody knows what.
    fn odd(&self, operation: Operation, status: u16, Unexpected(why): Unexpected) -> Error {
        let error = http::nonsense(
            &self.endpoint.host(),
            status,
            &format!("HTTP status {status}: {why}"),
        );
        call::unsettled(error, operation)
    }
}
