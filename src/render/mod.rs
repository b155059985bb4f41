//! Text for people, made by pure functions: data and a width in, lines out.
//!
//! Everything that did not come from this program passes [`escape`] on its way into a table, since
//! event bodies, URLs and messages are written by strangers.

pub mod callback;
pub mod check;
pub mod event;
pub mod history;
pub mod key;
mod layout;
pub mod listen;
pub mod plan;
pub mod queue;
pub mod setup;
pub mod targets;

pub use crate::text::escape;
pub use layout::{folded, pairs, table};
