//! `vodcb listen`: what is shown, answered, kept and handed on, and how it ends.

mod commands;
mod forwarding;
mod hostile;
mod parts;
mod queue;
mod saving;
mod showing;
mod signatures;
pub mod world;
