//! The queue protocol: signatures, bodies, and the client against the emulator.

#![allow(
    clippy::unwrap_used,
    reason = "clippy spares test functions only, not what they share"
)]

mod client;
mod consume;
mod drain;
mod trouble;
mod vectors;
pub mod world;
mod xml;
