//! The operations, once the caller is known.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::SignedDuration;
use tokio::sync::oneshot;

use super::queue::{BadHandle, Counts, Millis, Queue, Taken, completed};
use super::reply::{self, Reply, refused};
use super::request::Request;
use super::store::{Names, Place, Queues};
use super::terms::{Outgoing, check_batch, check_queue_name, number, outgoing};
use crate::emulator::Server;
use crate::emulator::answer::Refusal;
use crate::emulator::quirks::{Counters, Quirks};
use crate::mns::queue::Attributes;
use crate::mns::xml::read_attributes;
use crate::mns::{MAX_BATCH, MAX_MESSAGE_BYTES, MAX_WAIT, Operation};
use crate::xml::Element;

const MAX_QUEUES: usize = 1000;
const LONGEST_TIMEOUT: u32 = 43200;

/// What an operation works on.
struct Desk<'a> {
    queues: &'a Queues,
    quirks: &'a Quirks,
    request: &'a Request,
    place: &'a Place,
    now: Millis,
    /// How far the clock is off by which times are told.
    skew: Millis,
}

/// Does what is asked.
pub(super) async fn perform(
    server: &Server,
    request: &Request,
    place: &Place,
    hung_up: oneshot::Receiver<()>,
    skew: SignedDuration,
) -> Result<Reply, Refusal> {
    let desk = Desk {
        queues: &server.queues,
        quirks: &server.quirks,
        request,
        place,
        now: server.queues.now(),
        skew: skew.as_secs() * 1000,
    };
    let operation = request.operation.ok_or_else(reply::invalid_url)?;
    if operation != Operation::ListQueue {
        check_queue_name(&request.queue)?;
    }
    match operation {
        Operation::ListQueue => desk.list(),
        Operation::CreateQueue => desk.create(),
        Operation::SetQueueAttributes => desk.set(),
        Operation::GetQueueAttributes => desk.get(),
        Operation::DeleteQueue => Ok(desk.remove()),
        Operation::SendMessage => desk.send(),
        Operation::BatchSendMessage => desk.send_batch(),
        Operation::ReceiveMessage => desk.receive(None, hung_up).await,
        Operation::BatchReceiveMessage => desk.receive(Some(desk.count()?), hung_up).await,
        Operation::PeekMessage => desk.peek(None),
        Operation::BatchPeekMessage => desk.peek(Some(desk.count()?)),
        Operation::DeleteMessage => desk.delete(),
        Operation::BatchDeleteMessage => desk.delete_batch(),
        Operation::ChangeMessageVisibility => desk.change_visibility(),
    }
}

impl Desk<'_> {
    fn names<T>(&self, work: impl FnOnce(&mut Names) -> T) -> T {
        self.queues.with(self.place, work)
    }

    fn queue<T>(&self, work: impl FnOnce(&mut Queue) -> Result<T, Refusal>) -> Result<T, Refusal> {
        self.names(|names| {
            let queue = names.queues.get_mut(&self.request.queue);
            work(queue.ok_or_else(reply::no_queue)?)
        })
    }

    fn list(&self) -> Result<Reply, Refusal> {
        let header = |name: &str| self.request.header(name);
        let prefix = header("x-mns-prefix");
        let count = match header("x-mns-ret-number") {
            "" => MAX_QUEUES,
            text => text
                .parse()
                .ok()
                .filter(|count| (1..=MAX_QUEUES).contains(count))
                .ok_or_else(|| reply::invalid("x-mns-ret-number must be from 1 to 1000."))?,
        };
        // The last name of the page before; the clients take it for opaque.
        let after = STANDARD.decode(header("x-mns-marker")).ok();
        let after = after
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .ok_or_else(|| reply::invalid("x-mns-marker is not valid."))?;
        let with_meta = header("x-mns-with-meta").eq_ignore_ascii_case("true");
        Ok(self.names(|names| {
            let fits = |name: &str| name > after.as_str() && name.starts_with(prefix);
            let mut found = names.queues.iter_mut().filter(|(name, _)| fits(name));
            let page: Vec<_> = found.by_ref().take(count).collect();
            let last = page.last().map(|(name, _)| STANDARD.encode(name.as_str()));
            let marker = last.filter(|_| found.next().is_some());
            let entries = page.into_iter().map(|(name, queue)| {
                let status = with_meta.then(|| self.status(name, queue));
                (self.request.url_of(name), status)
            });
            reply::queues(entries.collect(), marker)
        }))
    }

    fn status(&self, name: &str, queue: &mut Queue) -> reply::Status {
        reply::Status {
            name: name.to_owned(),
            attributes: queue.attributes,
            created: queue.created + self.skew,
            modified: queue.modified + self.skew,
            counts: match self.quirks.counters {
                Counters::Exact => queue.counts(self.now),
                Counters::Zero => Counts::default(),
            },
        }
    }

    fn create(&self) -> Result<Reply, Refusal> {
        let given = self.attributes()?;
        let name = &self.request.queue;
        let url = self.request.url_of(name);
        self.names(|names| {
            if let Some(queue) = names.queues.get(name) {
                return if queue.attributes == completed(&given) {
                    Ok(Reply::empty(204).at(url))
                } else {
                    let words = "The queue you want to create is already exist.";
                    Err(refused("QueueAlreadyExist", words))
                };
            }
            if names.mourns(name, self.now) {
                let words = "The queue you want to create was deleted recently.";
                return Err(refused("QueueDeletedRecently", words));
            }
            if names.queues.len() >= MAX_QUEUES {
                return Err(reply::invalid("There are 1000 queues already."));
            }
            let queue = Queue::new(&given, self.queues.birth(), self.now);
            names.queues.insert(name.clone(), queue);
            Ok(Reply::empty(201).at(url))
        })
    }

    fn set(&self) -> Result<Reply, Refusal> {
        let given = self.attributes()?;
        self.queue(|queue| {
            queue.change(&given, self.now);
            Ok(Reply::empty(204))
        })
    }

    fn get(&self) -> Result<Reply, Refusal> {
        let name = &self.request.queue;
        self.queue(|queue| Ok(reply::status(&self.status(name, queue))))
    }

    fn remove(&self) -> Reply {
        self.names(|names| names.remove(&self.request.queue, self.now));
        self.queues.wake();
        Reply::empty(204)
    }

    fn send(&self) -> Result<Reply, Refusal> {
        let message = outgoing(self.document("Message")?)?;
        let taken = self.queue(|queue| self.put(queue, message))?;
        self.queues.wake();
        let url = format!("{}/messages/{}", self.url(), taken.id);
        Ok(reply::sent(&taken).at(url))
    }

    fn send_batch(&self) -> Result<Reply, Refusal> {
        let root = self.document("Messages")?;
        let messages: Vec<Outgoing> = root
            .all("Message")
            .map(outgoing)
            .collect::<Result<_, _>>()?;
        check_batch(messages.len())?;
        let bytes: usize = messages.iter().map(|message| message.body.len()).sum();
        if bytes > MAX_MESSAGE_BYTES {
            return Err(reply::invalid("The messages together exceed 65536 bytes."));
        }
        let results: Vec<_> = self.queue(|queue| {
            let results = messages.into_iter();
            Ok(results.map(|message| self.put(queue, message)).collect())
        })?;
        self.queues.wake();
        Ok(reply::sent_batch(&results).at(self.url() + "/messages"))
    }

    fn put(&self, queue: &mut Queue, message: Outgoing) -> Result<Taken, Refusal> {
        if message.body.len() > queue.largest() {
            return Err(reply::invalid(
                "The message is larger than MaximumMessageSize of the queue.",
            ));
        }
        let lease = self.queues.lease(&message.body);
        let lease = lease.ok_or_else(Refusal::internal)?;
        Ok(queue.send(message, lease, self.now))
    }

    async fn receive(
        &self,
        count: Option<usize>,
        hung_up: oneshot::Receiver<()>,
    ) -> Result<Reply, Refusal> {
        let wait = match self.request.query("waitseconds") {
            None => None,
            Some(text) => Some(number(text, "waitseconds", 0, MAX_WAIT)?),
        };
        let wait = wait.map(|seconds| Duration::from_secs(u64::from(seconds)));
        let name = &self.request.queue;
        let found = self
            .queues
            .receive(self.place, name, count.unwrap_or(1), wait, hung_up)
            .await
            .ok_or_else(reply::no_queue)?;
        reply::messages(&found, count.is_some(), self.skew)
    }

    fn peek(&self, count: Option<usize>) -> Result<Reply, Refusal> {
        let found = self.queue(|queue| Ok(queue.peek(count.unwrap_or(1), self.now)))?;
        reply::messages(&found, count.is_some(), self.skew)
    }

    fn delete(&self) -> Result<Reply, Refusal> {
        let handle = self.handle()?;
        self.queue(|queue| {
            let done = queue.delete(handle, self.now);
            done.map_err(|BadHandle| reply::bad_handle())
        })?;
        Ok(Reply::empty(204))
    }

    fn delete_batch(&self) -> Result<Reply, Refusal> {
        let root = self.document("ReceiptHandles")?;
        let handles: Vec<&str> = root
            .all("ReceiptHandle")
            .map(|handle| handle.text.trim())
            .collect();
        check_batch(handles.len())?;
        let bad: Vec<&str> = self.queue(|queue| {
            let bad = |handle: &&str| queue.delete(handle, self.now).is_err();
            Ok(handles.into_iter().filter(bad).collect())
        })?;
        Ok(if bad.is_empty() {
            Reply::empty(204)
        } else {
            reply::not_deleted(&bad)
        })
    }

    fn change_visibility(&self) -> Result<Reply, Refusal> {
        let handle = self.handle()?;
        let text = self
            .request
            .query("visibilitytimeout")
            .ok_or_else(|| refused("MissingVisibilityTimeout", "VisibilityTimeout is required."))?;
        let seconds = number(text, "VisibilityTimeout", 1, LONGEST_TIMEOUT)?;
        let receipt = self.queue(|queue| {
            let done = queue.change_visibility(handle, seconds, self.now);
            done.map_err(|BadHandle| reply::bad_handle())
        })?;
        // Somebody may wait for the time it had before.
        self.queues.wake();
        Ok(reply::visibility(&receipt, self.skew))
    }

    fn url(&self) -> String {
        self.request.url_of(&self.request.queue)
    }

    fn handle(&self) -> Result<&str, Refusal> {
        let handle = self.request.query("receipthandle").unwrap_or_default();
        if handle.is_empty() {
            let words = "ReceiptHandle is required.";
            return Err(refused("MissingReceiptHandle", words));
        }
        Ok(handle)
    }

    fn count(&self) -> Result<usize, Refusal> {
        let text = self.request.query("numofmessages").unwrap_or_default();
        number(text, "numOfMessages", 1, MAX_BATCH as u32).map(|count| count as usize)
    }

    /// The body, which must have this root.
    fn document(&self, root: &str) -> Result<&Element, Refusal> {
        match &self.request.document {
            Some(Ok(document)) if document.name == root => Ok(document),
            _ => Err(reply::malformed()),
        }
    }

    /// The attributes in the body; none when there is no body.
    fn attributes(&self) -> Result<Attributes, Refusal> {
        if self.request.document.is_none() {
            return Ok(Attributes::default());
        }
        let given = read_attributes(self.document("Queue")?)
            .map_err(|odd| reply::invalid(&format!("{}.", odd.0)))?;
        match given.out_of_range() {
            None => Ok(given),
            Some(range) => Err(reply::invalid(&format!(
                "The value of {} should between {} and {}.",
                range.name, range.min, range.max
            ))),
        }
    }
}
