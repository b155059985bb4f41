//! The emulator over a real socket, spoken to by hand so that every byte is the test's own.

#![allow(
    clippy::unwrap_used,
    reason = "clippy spares test functions only, not what they share"
)]

mod connections;
mod faults;
mod gateway;
mod handouts;
mod metadata;
mod oidc;
mod operations;
pub mod queues;
mod quirks;
mod roles;
mod storage;
pub mod twin;
mod vectors;
