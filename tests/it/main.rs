//! Every test in one binary: one link, shared helpers, a module a topic.
#![allow(missing_docs, clippy::unwrap_used)]

mod credentials;
mod emulator;
mod events;
mod exit_codes;
mod faults;
mod floors;
mod get_set_delete;
mod laws;
mod mns;
mod network;
mod odd_answers;
mod output;
mod queue;
mod readme;
mod refusal;
mod sandbox;
mod scenarios;
mod secrets;
mod sessions;
mod targets;
mod terminal;
mod validation;
mod vectors;
mod verify;
mod wire;
