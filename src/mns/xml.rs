//! The bodies, from the client's side: requests written, answers read.
//!
//! Reading follows the service's own advice to ignore what is not known: order, namespaces and
//! further elements do not matter. What must be there and is not makes an answer [`Unexpected`].

use jiff::Timestamp;

use super::NAMESPACE;
use super::message::Message;
use super::queue::{Attributes, RANGES, Status};
use crate::openapi::refusal::Refusal;
use crate::xml::{Element, Writer};

/// An answer that is XML, but not the answer to this request; the words quote nothing of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unexpected(pub String);

type Read<T> = Result<T, Unexpected>;

/// The body of CreateQueue: only what is to be set.
pub fn write_attributes(attributes: &Attributes) -> String {
    Writer::document("Queue", NAMESPACE, |queue| {
        for (range, number) in RANGES.iter().zip(attributes.numbers()) {
            queue.optional(range.name, number);
        }
        let logging = attributes.logging_enabled;
        queue.optional("LoggingEnabled", logging.map(capitalised));
    })
}

/// `True` and `False`, as the service writes them.
pub fn capitalised(yes: bool) -> &'static str {
    if yes { "True" } else { "False" }
}

/// The body of BatchDeleteMessage.
pub fn write_receipt_handles(handles: &[&str]) -> String {
    Writer::document("ReceiptHandles", NAMESPACE, |writer| {
        for handle in handles {
            writer.text("ReceiptHandle", handle);
        }
    })
}

/// One page of a list of queues.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The names.
    pub queues: Vec<String>,
    /// Where the next page begins; `None` for the last.
    pub next_marker: Option<String>,
}

/// Reads the answer to ListQueue.
///
/// # Errors
/// When it is not one.
pub fn read_page(root: &Element) -> Read<Page> {
    expect(root, "Queues")?;
    let names = root.all("Queue").map(|queue| {
        let url = required(queue, "QueueURL")?;
        let name = url.trim_end_matches('/').rsplit('/').next();
        Ok(name.unwrap_or_default().to_owned())
    });
    Ok(Page {
        queues: names.collect::<Read<_>>()?,
        next_marker: filled(root, "NextMarker").map(str::to_owned),
    })
}

/// Reads the answer to GetQueueAttributes.
///
/// # Errors
/// When it is not one.
pub fn read_status(root: &Element) -> Read<Status> {
    expect(root, "Queue")?;
    let seconds = |name: &str| {
        let number: Option<i64> = number(root, name)?;
        Ok(number.and_then(|seconds| Timestamp::from_second(seconds).ok()))
    };
    Ok(Status {
        name: required(root, "QueueName")?.to_owned(),
        attributes: read_attributes(root)?,
        created: seconds("CreateTime")?,
        modified: seconds("LastModifyTime")?,
        active: number(root, "ActiveMessages")?,
        inactive: number(root, "InactiveMessages")?,
        delayed: number(root, "DelayMessages")?,
    })
}

/// Reads the attributes in a `<Queue>`.
///
/// # Errors
/// When one is no number.
pub fn read_attributes(root: &Element) -> Read<Attributes> {
    let mut attributes = Attributes {
        logging_enabled: match filled(root, "LoggingEnabled") {
            None => None,
            Some(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Some(text) if text.eq_ignore_ascii_case("false") => Some(false),
            Some(_) => {
                return Err(Unexpected(
                    "LoggingEnabled is neither True nor False".to_owned(),
                ));
            }
        },
        ..Attributes::default()
    };
    for (range, place) in RANGES.iter().zip(attributes.numbers_mut()) {
        *place = number(root, range.name)?;
    }
    Ok(attributes)
}

/// Reads what a single or a batch call received or looked at.
///
/// # Errors
/// When it is neither.
pub fn read_messages(root: &Element) -> Read<Vec<Message>> {
    match root.name.as_str() {
        "Message" => Ok(vec![message(root)?]),
        _ => {
            expect(root, "Messages")?;
            root.all("Message").map(message).collect()
        }
    }
}

fn message(entry: &Element) -> Read<Message> {
    Ok(Message {
        id: required(entry, "MessageId")?.to_owned(),
        receipt_handle: filled(entry, "ReceiptHandle").map(str::to_owned),
        body: required(entry, "MessageBody")?.to_owned(),
        body_md5: optional(entry, "MessageBodyMD5"),
        enqueued: milliseconds(entry, "EnqueueTime")?,
        received: None,
        next_visible: milliseconds(entry, "NextVisibleTime")?,
        first_dequeued: milliseconds(entry, "FirstDequeueTime")?,
        dequeue_count: number(entry, "DequeueCount")?.unwrap_or_default(),
        priority: number(entry, "Priority")?,
    })
}

/// Reads the new handle in the answer to ChangeMessageVisibility.
///
/// # Errors
/// When it is not one.
pub fn read_visibility(root: &Element) -> Read<String> {
    expect(root, "ChangeVisibility")?;
    Ok(required(root, "ReceiptHandle")?.to_owned())
}

/// Reads the codes of what a BatchDeleteMessage did not delete.
///
/// # Errors
/// When there is no list of them.
pub fn read_failures(root: &Element) -> Read<Vec<String>> {
    expect(root, "Errors")?;
    let codes = root.all("Error").map(|entry| optional(entry, "ErrorCode"));
    Ok(codes.collect())
}

/// Reads `<Error>`; `None` for anything else, and for one without a code.
pub fn read_error(status: u16, root: &Element) -> Option<Refusal> {
    let code = filled(root, "Code").filter(|_| root.name == "Error")?;
    Some(Refusal {
        status,
        code: code.to_owned(),
        message: optional(root, "Message"),
        request_id: filled(root, "RequestId").map(str::to_owned),
        ..Refusal::default()
    })
}

fn expect(root: &Element, name: &str) -> Read<()> {
    if root.name == name {
        return Ok(());
    }
    Err(Unexpected(format!("the answer is no <{name}>")))
}

fn required<'a>(element: &'a Element, name: &str) -> Read<&'a str> {
    let missing = || Unexpected(format!("the answer has no <{name}>"));
    element.text_of(name).ok_or_else(missing)
}

fn optional(element: &Element, name: &str) -> String {
    element.text_of(name).unwrap_or_default().to_owned()
}

/// The text unless it is blank.
fn filled<'a>(element: &'a Element, name: &str) -> Option<&'a str> {
    let text = element.text_of(name)?.trim();
    (!text.is_empty()).then_some(text)
}

fn number<T: std::str::FromStr>(element: &Element, name: &str) -> Read<Option<T>> {
    match filled(element, name).map(str::parse) {
        None => Ok(None),
        Some(Ok(number)) => Ok(Some(number)),
        Some(Err(_)) => Err(Unexpected(format!("{name} is no number"))),
    }
}

fn milliseconds(element: &Element, name: &str) -> Read<Option<Timestamp>> {
    let number: Option<i64> = number(element, name)?;
    Ok(number.and_then(|number| Timestamp::from_millisecond(number).ok()))
}
