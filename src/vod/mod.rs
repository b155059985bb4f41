//! ApsaraVideo VOD's three callback operations, version 2017-03-21.

pub mod client;
pub mod wire;

pub use client::Vod;
