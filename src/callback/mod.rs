//! The callback of a target: method, destination, authentication, events.
//!
//! A [`Callback`] may come from the service, whose rules are looser than ours, so it is plain data;
//! what a user types passes [`url`], [`queue`] and [`auth_key`] first.

pub mod auth_key;
pub mod queue;
pub mod url;

use crate::digest;
use crate::error::{Error, Result};
use crate::event::EventSelection;
use crate::secret::Secret;

/// The configuration of one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callback {
    /// Where events go.
    pub destination: Destination,
    /// Which events go there.
    pub events: EventSelection,
}

/// Where events go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// A POST to one URL.
    Http {
        /// The URL, byte for byte as configured, since the signature covers it so.
        url: String,
        /// Whether deliveries are signed.
        auth: Auth,
    },
    /// A message in one queue.
    Mns {
        /// The public endpoint of the queue's account and region.
        endpoint: String,
        /// The queue's name.
        queue: String,
    },
}

/// Whether and with what HTTP deliveries are signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Auth {
    /// `AuthSwitch`.
    pub on: bool,
    /// `AuthKey`. It stays stored while the switch is off.
    pub key: StoredKey,
}

/// The key as far as the service tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoredKey {
    /// No key.
    Absent,
    /// The key itself.
    Known(Secret),
    /// There is one, but the answer hides it.
    Hidden,
}

impl Auth {
    /// No signature and no key.
    pub const OFF: Auth = Auth {
        on: false,
        key: StoredKey::Absent,
    };

    /// Whether deliveries are signed, as the API spells it.
    pub fn switch(&self) -> &'static str {
        if self.on { "on" } else { "off" }
    }

    /// The key, if it is known.
    pub fn known_key(&self) -> Option<&Secret> {
        match &self.key {
            StoredKey::Known(key) => Some(key),
            StoredKey::Absent | StoredKey::Hidden => None,
        }
    }

    /// True when there is a key that cannot be read: it is hidden, or it signs and is not shown at all.
    pub fn hides_key(&self) -> bool {
        match self.key {
            StoredKey::Hidden => true,
            StoredKey::Absent => self.on,
            StoredKey::Known(_) => false,
        }
    }
}

/// `CallbackType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// HTTP requests.
    Http,
    /// Messages in a queue of Simple Message Queue, formerly MNS.
    Mns,
}

impl Method {
    /// The value on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Method::Http => "HTTP",
            Method::Mns => "MNS",
        }
    }

    /// Takes the wire's values in any case, and the names the documentation uses for the queue product.
    ///
    /// # Errors
    /// A usage error that lists the two methods.
    pub fn parse(text: &str) -> Result<Self> {
        let word: String = text
            .to_lowercase()
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect();
        match word.as_str() {
            "http" | "https" => Ok(Method::Http),
            "mns"
            | "smq"
            | "messageservice"
            | "messagenotificationservice"
            | "simplemessagequeue"
            | "simplemessagequeuesmq"
            | "simplemessagequeueformerlymns"
            | "simplemessagequeuesmqformerlymns" => Ok(Method::Mns),
            _ => Err(Error::usage(format!("{text:?} is not a callback method"))
                .hint("the methods are HTTP and MNS (Simple Message Queue)")),
        }
    }
}

impl Callback {
    /// The method that goes with the destination.
    pub fn method(&self) -> Method {
        match self.destination {
            Destination::Http { .. } => Method::Http,
            Destination::Mns { .. } => Method::Mns,
        }
    }

    /// URL and authentication, where events go to a URL.
    pub fn http(&self) -> Option<(&str, &Auth)> {
        match &self.destination {
            Destination::Http { url, auth } => Some((url, auth)),
            Destination::Mns { .. } => None,
        }
    }

    /// Whether and with what deliveries are signed; `None` where there are none.
    pub fn auth(&self) -> Option<&Auth> {
        self.http().map(|(_, auth)| auth)
    }

    /// Eight hex digits that change with anything the user can set, the key included.
    ///
    /// It is the start of a SHA-256 over the values. Who can guess a weak key can test the guess with
    /// it, so it is no more public than the callback.
    pub fn fingerprint(&self) -> String {
        let mut values = vec![self.method().as_str().to_owned(), self.events.to_wire()];
        match &self.destination {
            Destination::Http { url, auth } => {
                values.push(url.clone());
                values.push(auth.switch().to_owned());
                values.push(match &auth.key {
                    StoredKey::Absent => String::new(),
                    StoredKey::Known(key) => key.expose().to_owned(),
                    StoredKey::Hidden => "hidden".to_owned(),
                });
            }
            Destination::Mns { endpoint, queue } => {
                values.push(endpoint.clone());
                values.push(queue.clone());
            }
        }
        // With its length, so that no two lists of values are the same bytes.
        digest::fingerprint(values.iter().map(|value| {
            let length = (value.len() as u64).to_be_bytes();
            [&length[..], value.as_bytes()].concat()
        }))
    }
}
