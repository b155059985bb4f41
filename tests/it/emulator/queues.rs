//! The emulator's queues, spoken to by hand: requests signed here, XML written and searched here.

mod attributes;
mod faults;
mod gate;
mod messages;
mod polling;
mod time;

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use vodcb::credential::Credential;
use vodcb::emulator::Config;
use vodcb::mns::signer::{self, Headers};
use vodcb::xml::{self, Element};

use super::twin::{Reply, Twin, config, credential, now};

/// 2026-03-01T08:05:00Z, the clock of [`now`].
pub const START: i64 = 1_772_352_300_000;

/// A time that a test moves on.
pub fn at(clock: &AtomicI64) -> Timestamp {
    Timestamp::from_millisecond(clock.load(Ordering::SeqCst)).unwrap()
}

pub fn pass(clock: &AtomicI64, milliseconds: i64) {
    clock.fetch_add(milliseconds, Ordering::SeqCst);
}

/// An emulator, and a client with the same clock.
pub struct Shop {
    pub twin: Twin,
    now: fn() -> Timestamp,
}

impl Shop {
    pub fn new() -> Self {
        Shop::of(config())
    }

    pub fn of(config: Config) -> Self {
        let now = config.now;
        Shop {
            twin: Twin::of(config),
            now,
        }
    }

    pub fn with_clock(now: fn() -> Timestamp) -> Self {
        let mut config = config();
        config.now = now;
        Shop::of(config)
    }

    pub fn with_queue(name: &str) -> Self {
        let shop = Shop::new();
        shop.create(name, "");
        shop
    }

    /// A signed request with further headers.
    pub fn ask_with(
        &self,
        method: &str,
        resource: &str,
        more: &[(&str, &str)],
        body: &str,
    ) -> Reply {
        let headers = sign(method, resource, more, (self.now)());
        self.send(method, resource, &headers, body)
            .expect("an answer")
    }

    pub fn ask(&self, method: &str, resource: &str, body: &str) -> Reply {
        self.ask_with(method, resource, &[], body)
    }

    /// A request with just these headers.
    pub fn send(
        &self,
        method: &str,
        resource: &str,
        headers: &Headers,
        body: &str,
    ) -> Option<Reply> {
        self.twin
            .raw(http(&self.twin, method, resource, headers, body).as_bytes())
    }

    #[track_caller]
    pub fn create(&self, name: &str, attributes: &str) {
        let reply = self.ask(
            "PUT",
            &format!("/queues/{name}"),
            &format!("<Queue>{attributes}</Queue>"),
        );
        assert_eq!(reply.status, 201, "{reply:?}");
    }

    /// Puts a message into `q`.
    #[track_caller]
    pub fn put(&self, body: &str, more: &str) -> Element {
        let text = format!("<Message><MessageBody>{body}</MessageBody>{more}</Message>");
        let reply = self.ask("POST", "/queues/q/messages", &text);
        assert_eq!(reply.status, 201, "{reply:?}");
        parsed(&reply)
    }

    /// Receives from `q`, up to sixteen.
    pub fn take(&self) -> Vec<Element> {
        let reply = self.ask("GET", "/queues/q/messages?numOfMessages=16", "");
        match reply.status {
            200 => parsed(&reply).children,
            _ => {
                assert_eq!(verdict(&reply), (404, "MessageNotExist".into()));
                Vec::new()
            }
        }
    }

    pub fn peek(&self) -> Vec<Element> {
        let reply = self.ask(
            "GET",
            "/queues/q/messages?peekonly=true&numOfMessages=16",
            "",
        );
        if reply.status == 200 {
            parsed(&reply).children
        } else {
            Vec::new()
        }
    }

    pub fn delete(&self, handle: &str) -> (u16, String) {
        verdict(&self.ask(
            "DELETE",
            &format!("/queues/q/messages?ReceiptHandle={handle}"),
            "",
        ))
    }

    /// Active, inactive and delayed messages of `q`.
    pub fn counts(&self) -> [u64; 3] {
        let root = parsed(&self.ask("GET", "/queues/q", ""));
        ["ActiveMessages", "InactiveMessages", "DelayMessages"]
            .map(|name| root.text_of(name).unwrap().parse().unwrap())
    }
}

/// The headers of a signed request.
pub fn sign(method: &str, resource: &str, more: &[(&str, &str)], now: Timestamp) -> Headers {
    sign_by(&credential(), method, resource, more, now)
}

/// The same by any key.
pub fn sign_by(
    key: &Credential,
    method: &str,
    resource: &str,
    more: &[(&str, &str)],
    now: Timestamp,
) -> Headers {
    let more = more.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
    let date = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    signer::sign(method, resource, more.collect(), &date, key).headers
}

/// The bytes of a request that closes the connection.
pub fn http(twin: &Twin, method: &str, resource: &str, headers: &Headers, body: &str) -> String {
    let mut text = format!("{method} {resource} HTTP/1.1\r\nconnection: close\r\n");
    if !headers.contains_key("host") {
        text += &format!("host: {}\r\n", twin.address());
    }
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    if !body.is_empty() || method != "GET" {
        text += &format!("content-length: {}\r\n", body.len());
    }
    format!("{text}\r\n{body}")
}

#[track_caller]
pub fn parsed(reply: &Reply) -> Element {
    xml::parse(&reply.body).unwrap_or_else(|error| panic!("{error:?}: {reply:?}"))
}

/// The status, and the code of a refusal or nothing.
pub fn verdict(reply: &Reply) -> (u16, String) {
    let root = xml::parse(&reply.body).unwrap_or_default();
    (
        reply.status,
        root.text_of("Code").unwrap_or_default().to_owned(),
    )
}

pub fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

pub fn bodies(messages: &[Element]) -> Vec<&str> {
    messages
        .iter()
        .map(|message| message.text_of("MessageBody").unwrap())
        .collect()
}

pub fn handle(message: &Element) -> &str {
    message.text_of("ReceiptHandle").unwrap()
}

#[test]
fn the_tests_share_one_clock() {
    assert_eq!(now().as_millisecond(), START);
}
