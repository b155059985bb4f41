//! A request for a queue, taken apart and not yet believed.

use std::collections::BTreeMap;

use hyper::header::{AUTHORIZATION, HOST};
use hyper::http::request::Parts;
use md5::{Digest, Md5};
use percent_encoding::percent_decode_str;

use crate::callback::queue::parse_host;
use crate::emulator::journal;
use crate::mns::Operation;
use crate::mns::signer::Headers;
use crate::openapi::Parameters;
use crate::order;
use crate::target::Region;
use crate::xml::{self, Element, Malformed};

/// Whether a request speaks this protocol: by its path, or by its signature.
pub(in crate::emulator) fn is_for_queues(head: &Parts) -> bool {
    let path = head.uri.path();
    let authorization = head.headers.get(AUTHORIZATION);
    path == "/queues"
        || path.starts_with("/queues/")
        || authorization.is_some_and(|value| value.as_bytes().starts_with(b"MNS "))
}

/// A request.
pub(super) struct Request {
    /// The verb.
    pub(super) method: String,
    /// Path and query as in the request line.
    pub(super) resource: String,
    /// The headers by lower-case name.
    pub(super) headers: Headers,
    /// What the client took the emulator for, with the port.
    pub(super) host: String,
    /// What it asks for, if there is such a thing.
    pub(super) operation: Option<Operation>,
    /// The queue it is about; empty for all.
    pub(super) queue: String,
    /// The body; `None` when there is none.
    pub(super) document: Option<Result<Element, Malformed>>,
    /// MD5 of the body.
    pub(super) body_md5: [u8; 16],
    /// The decoded query, names in lower case, since the clients do not agree on it.
    query: BTreeMap<String, String>,
}

impl Request {
    /// Takes a request apart.
    pub(super) fn read(head: &Parts, body: &[u8]) -> Self {
        let headers = order::map(head.headers.iter().map(|(name, value)| {
            let text = String::from_utf8_lossy(value.as_bytes()).trim().to_owned();
            (name.as_str().to_owned(), text)
        }));
        let query = decoded(head.uri.query().unwrap_or_default());
        let segments: Vec<&str> = head.uri.path().split('/').skip(1).collect();
        let document = (!body.is_empty()).then(|| {
            let text = std::str::from_utf8(body).map_err(|error| Malformed(error.to_string()))?;
            xml::parse(text)
        });
        let method = head.method.as_str();
        let resource = head.uri.path_and_query();
        Request {
            operation: operation(method, &segments, &query, document.as_ref()),
            method: method.to_owned(),
            resource: resource.map_or_else(String::new, |text| text.as_str().to_owned()),
            host: headers.get(HOST.as_str()).cloned().unwrap_or_default(),
            queue: segments.get(1).copied().unwrap_or_default().to_owned(),
            body_md5: Md5::digest(body).into(),
            document,
            headers,
            query,
        }
    }

    /// A header's value; empty when it is absent.
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// A query parameter by its name in lower case.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// The key it names; empty when it names none.
    pub(super) fn access_key_id(&self) -> &str {
        let rest = self.header(AUTHORIZATION.as_str()).strip_prefix("MNS ");
        let pair = rest.and_then(|rest| rest.split_once(':'));
        pair.map_or("", |(id, _)| id)
    }

    /// The account that the host names, if it names one.
    pub(super) fn account_id(&self) -> Option<String> {
        parse_host(&self.origin()).map(|host| host.account_id)
    }

    /// The region that the host names, else the first one.
    pub(super) fn region(&self) -> String {
        parse_host(&self.origin())
            .and_then(|host| Region::parse(&host.region).ok())
            .unwrap_or_default()
            .to_string()
    }

    /// The address of a queue as the client would write it.
    pub(super) fn url_of(&self, queue: &str) -> String {
        format!("{}/queues/{queue}", self.origin())
    }

    fn origin(&self) -> String {
        format!("http://{}", self.host)
    }

    /// The operation for the journal, known or not.
    pub(super) fn action(&self) -> String {
        match self.operation {
            Some(operation) => operation.name().to_owned(),
            None => journal::place(&self.method, &self.resource),
        }
    }

    /// What was asked, for the journal.
    pub(super) fn parameters(&self) -> Parameters {
        let extra = self.headers.iter().filter(|(name, _)| {
            name.starts_with("x-mns-") && !matches!(name.as_str(), "x-mns-version" | "x-mns-date")
        });
        let queue = ("QueueName".to_owned(), self.queue.clone());
        let own = self.query.iter().chain(extra);
        let own = own.map(|(name, value)| (name.clone(), value.clone()));
        order::map(own.chain((!self.queue.is_empty()).then_some(queue)))
    }
}

/// `+` stays what it is: a receipt handle may come as raw Base64.
fn decoded(query: &str) -> BTreeMap<String, String> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    order::map(pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = percent_decode_str(value).decode_utf8_lossy().into_owned();
        (name.to_ascii_lowercase(), value)
    }))
}

fn operation(
    method: &str,
    segments: &[&str],
    query: &BTreeMap<String, String>,
    document: Option<&Result<Element, Malformed>>,
) -> Option<Operation> {
    let has = |name: &str| query.contains_key(name);
    let is_true = |name: &str| query.get(name).is_some_and(|value| value == "true");
    let root = document.and_then(|document| document.as_ref().ok());
    let operation = match (method, segments) {
        ("GET", ["queues"]) => Operation::ListQueue,
        ("PUT", ["queues", _]) if is_true("metaoverride") => Operation::SetQueueAttributes,
        ("PUT", ["queues", _]) => Operation::CreateQueue,
        ("GET", ["queues", _]) => Operation::GetQueueAttributes,
        ("DELETE", ["queues", _]) => Operation::DeleteQueue,
        ("POST", ["queues", _, "messages"]) => match root {
            Some(root) if root.name == "Messages" => Operation::BatchSendMessage,
            _ => Operation::SendMessage,
        },
        ("GET", ["queues", _, "messages"]) => match (is_true("peekonly"), has("numofmessages")) {
            (false, false) => Operation::ReceiveMessage,
            (false, true) => Operation::BatchReceiveMessage,
            (true, false) => Operation::PeekMessage,
            (true, true) => Operation::BatchPeekMessage,
        },
        ("DELETE", ["queues", _, "messages"]) if has("receipthandle") || document.is_none() => {
            Operation::DeleteMessage
        }
        ("DELETE", ["queues", _, "messages"]) => Operation::BatchDeleteMessage,
        ("PUT", ["queues", _, "messages"]) => Operation::ChangeMessageVisibility,
        _ => return None,
    };
    Some(operation)
}
