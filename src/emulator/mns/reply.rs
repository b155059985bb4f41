//! What the emulator says about queues: the service's XML, its codes and its headers.

use hyper::Response;
use hyper::header::{DATE, HeaderName, HeaderValue, LOCATION};

use super::queue::{Counts, Millis, Receipt, Shown, Taken};
use crate::emulator::answer::{Page, Refusal};
use crate::emulator::body::Body;
use crate::mns::queue::{Attributes, RANGES};
use crate::mns::xml::capitalised;
use crate::mns::{NAMESPACE, VERSION};
use crate::xml::{Writer, speakable};

const XML: &str = "text/xml;charset=utf-8";

/// An answer without what is the same in all of them.
pub(in crate::emulator) struct Reply {
    page: Page,
    location: Option<String>,
}

impl From<Page> for Reply {
    fn from(page: Page) -> Self {
        Reply {
            page,
            location: None,
        }
    }
}

impl Reply {
    /// A status and nothing else.
    pub(super) fn empty(status: u16) -> Self {
        Page::new(status, XML, "").into()
    }

    /// The same with the address of what was made.
    pub(super) fn at(mut self, location: String) -> Self {
        self.location = Some(location);
        self
    }

    fn document(status: u16, root: &str, inside: impl FnOnce(&mut Writer)) -> Self {
        Page::new(status, XML, Writer::document(root, NAMESPACE, inside)).into()
    }
}

/// The state of a queue.
pub(super) struct Status {
    pub(super) name: String,
    pub(super) attributes: Attributes,
    pub(super) created: Millis,
    pub(super) modified: Millis,
    pub(super) counts: Counts,
}

impl Status {
    fn write(&self, writer: &mut Writer) {
        writer.text("QueueName", &self.name);
        writer.text("CreateTime", self.created / 1000);
        writer.text("LastModifyTime", self.modified / 1000);
        for (range, number) in RANGES.iter().zip(self.attributes.numbers()) {
            writer.optional(range.name, number);
        }
        writer.text("ActiveMessages", self.counts.active);
        writer.text("InactiveMessages", self.counts.inactive);
        writer.text("DelayMessages", self.counts.delayed);
        let logging = self.attributes.logging_enabled;
        writer.optional("LoggingEnabled", logging.map(capitalised));
    }
}

pub(super) fn status(status: &Status) -> Reply {
    Reply::document(200, "Queue", |writer| status.write(writer))
}

/// Addresses, with the state of each where it was asked for.
pub(super) fn queues(entries: Vec<(String, Option<Status>)>, marker: Option<String>) -> Reply {
    Reply::document(200, "Queues", |writer| {
        for (url, status) in entries {
            writer.element("Queue", |writer| {
                writer.text("QueueURL", url);
                if let Some(status) = status {
                    status.write(writer);
                }
            });
        }
        writer.optional("NextMarker", marker);
    })
}

pub(super) fn sent(taken: &Taken) -> Reply {
    Reply::document(201, "Message", |writer| write_taken(writer, taken))
}

/// One that failed makes the whole a failure, though the others are in the queue.
pub(super) fn sent_batch(results: &[Result<Taken, Refusal>]) -> Reply {
    let status = if results.iter().all(Result::is_ok) {
        201
    } else {
        500
    };
    Reply::document(status, "Messages", |writer| {
        for result in results {
            writer.element("Message", |writer| match result {
                Ok(taken) => write_taken(writer, taken),
                Err(refusal) => {
                    writer.text("ErrorCode", &refusal.code);
                    writer.text("ErrorMessage", &refusal.message);
                }
            });
        }
    })
}

fn write_taken(writer: &mut Writer, taken: &Taken) {
    writer.text("MessageId", &taken.id);
    writer.text("MessageBodyMD5", &taken.body_md5);
    let handle = taken.receipt.as_ref().map(|receipt| &receipt.handle);
    writer.optional("ReceiptHandle", handle);
}

/// Messages received or looked at, by a single or a batch call, with the times of a clock that is off by
/// `skew`.
pub(super) fn messages(found: &[Shown], batch: bool, skew: Millis) -> Result<Reply, Refusal> {
    match found {
        [] => Err(refused("MessageNotExist", "Message not exist.")),
        [message] if !batch => Ok(Reply::document(200, "Message", |writer| {
            write_message(writer, message, skew);
        })),
        _ => Ok(Reply::document(200, "Messages", |writer| {
            for message in found {
                writer.element("Message", |writer| write_message(writer, message, skew));
            }
        })),
    }
}

fn write_message(writer: &mut Writer, message: &Shown, skew: Millis) {
    writer.text("MessageId", &message.id);
    if let Some(receipt) = &message.receipt {
        writer.text("ReceiptHandle", &receipt.handle);
        writer.text("NextVisibleTime", receipt.next_visible + skew);
    }
    writer.text("MessageBody", &message.body);
    writer.text("MessageBodyMD5", &message.body_md5);
    writer.text("EnqueueTime", message.enqueued + skew);
    writer.text(
        "FirstDequeueTime",
        message.first_dequeued.map_or(0, |first| first + skew),
    );
    writer.text("DequeueCount", message.dequeue_count);
    writer.text("Priority", message.priority);
}

pub(super) fn visibility(receipt: &Receipt, skew: Millis) -> Reply {
    Reply::document(200, "ChangeVisibility", |writer| {
        writer.text("ReceiptHandle", &receipt.handle);
        writer.text("NextVisibleTime", receipt.next_visible + skew);
    })
}

/// The handles that were not good; all others are deleted.
pub(super) fn not_deleted(handles: &[&str]) -> Reply {
    let refusal = bad_handle();
    Reply::document(404, "Errors", |writer| {
        for handle in handles {
            writer.element("Error", |writer| {
                writer.text("ErrorCode", &refusal.code);
                writer.text("ErrorMessage", &refusal.message);
                writer.text("ReceiptHandle", handle);
            });
        }
    })
}

/// A refusal with the status that belongs to its code.
pub(in crate::emulator) fn refused(code: &str, message: impl Into<String>) -> Refusal {
    let status = match code {
        "AccessDenied" | "InvalidAccessKeyId" | "SignatureDoesNotMatch" | "QpsLimitExceeded" => 403,
        "QueueNotExist" | "MessageNotExist" => 404,
        "TimeExpired" => 408,
        "QueueAlreadyExist" => 409,
        "InternalError" | "InternalServerError" => 500,
        _ => 400,
    };
    Refusal::new(status, code, message)
}

pub(super) fn invalid(words: &str) -> Refusal {
    refused("InvalidArgument", words)
}

pub(super) fn invalid_url() -> Refusal {
    refused("InvalidRequestURL", "Http request URL is invalid.")
}

pub(super) fn malformed() -> Refusal {
    refused("MalformedXML", "The XML you provided was not well-formed.")
}

pub(super) fn no_queue() -> Refusal {
    refused("QueueNotExist", "The queue name you provided is not exist.")
}

pub(super) fn bad_handle() -> Refusal {
    refused(
        "ReceiptHandleError",
        "The receipt handle you provide is not valid.",
    )
}

pub(super) fn too_large() -> Refusal {
    let words = "The request body is larger than the service accepts.";
    Refusal::new(413, "RequestEntityTooLarge", words)
}

/// What every answer to one request has in common.
pub(super) struct Letterhead {
    pub(super) request_id: String,
    pub(super) host: String,
    /// The server's clock as an HTTP date.
    pub(super) date: String,
}

impl Letterhead {
    pub(super) fn refusal(&self, refusal: &Refusal) -> Reply {
        Reply::document(refusal.status, "Error", |writer| {
            writer.text("Code", &refusal.code);
            writer.text("Message", speakable(&refusal.message));
            writer.text("RequestId", &self.request_id);
            writer.text("HostId", format!("http://{}", speakable(&self.host)));
        })
    }

    pub(super) fn reply(&self, reply: Reply) -> Response<Body> {
        self.headed(reply.page.whole(), reply.location)
    }

    /// The same, broken off.
    pub(super) fn truncated(&self, reply: Reply) -> Response<Body> {
        self.headed(reply.page.half(), reply.location)
    }

    fn headed(&self, mut response: Response<Body>, location: Option<String>) -> Response<Body> {
        let texts = [
            (HeaderName::from_static("x-mns-version"), VERSION),
            (
                HeaderName::from_static("x-mns-request-id"),
                &self.request_id,
            ),
            (DATE, &self.date),
            (LOCATION, location.as_deref().unwrap_or_default()),
        ];
        for (name, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
            if let Ok(value) = HeaderValue::from_str(text) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}
