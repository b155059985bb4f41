//! Simple Message Queue, whose wire still says MNS: the queues that callbacks can go to.
//!
//! [`signer`] is the header signature and [`xml`] the bodies, both pure; [`refusal`] says what the
//! service's errors mean to a user; [`client`] sends, waits and tries again, and
//! [`consume`] works a queue off. [`queue`], [`message`]
//! and [`operation`] are the words. Source: the vendor's API reference of 2021 to 2026 and its
//! clients for Python, Node and Go; what they leave open is in `docs/assumptions.md`.

pub mod client;
pub mod consume;
pub mod message;
pub mod operation;
pub mod queue;
pub mod refusal;
pub mod signer;
pub mod xml;

pub use client::{Creation, Mns};
pub use message::Message;
pub use operation::Operation;

/// The version of the protocol, sent as `x-mns-version`.
pub const VERSION: &str = "2015-06-06";
/// The namespace of every body.
pub const NAMESPACE: &str = "http://mns.aliyuncs.com/doc/v1/";
/// The most messages or receipt handles in one call.
pub const MAX_BATCH: usize = 16;
/// The longest wait for a message, in seconds.
pub const MAX_WAIT: u32 = 30;
/// The most bytes of a message's body, and of all bodies in a batch.
pub const MAX_MESSAGE_BYTES: usize = 65536;
