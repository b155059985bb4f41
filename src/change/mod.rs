//! A change of a target: what is wanted, how it differs, how it is written, what is remembered.
//!
//! [`mod@write`] is the only way to change a target. VOD switches every notification off when a
//! request omits the event list, so a change of the URL must read first and send the list back.

pub mod diff;
pub mod edit;
pub mod history;
pub mod lines;
pub mod plan;
pub mod record;
pub mod rotation;
pub mod settle;
pub mod turn;
pub mod undo;
pub mod write;
