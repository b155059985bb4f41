//! vodcb: the event callbacks of ApsaraVideo VOD, set up, proved, watched and repaired.
//!
//! # The map of the house
//!
//! A user's words come in at the door (`main`); each command is one room that reads like a recipe;
//! recipes use a few deep services; services speak pure protocols; and everything is said in six
//! words: **Target, Callback, `EventType`, Credential, Delivery, Change**.
//!
//! | floor | modules | may know |
//! |---|---|---|
//! | 5 | `main` | everything |
//! | 4 | [`commands`], [`emulator`] | what is below; a command never another command |
//! | 3 | [`openapi::client`], [`credential::chain`] and the other sources, [`sts`], [`ram`], [`vod::client`], [`mns::client`], [`mns::consume`], [`change::write`], [`change::settle`], [`change::turn`], [`change::history`], [`change::rotation`], [`delivery::send`], [`delivery::receive`], [`delivery::save`], [`delivery::load`], [`delivery::scenario`], [`delivery::trial`], [`delivery::report`], [`delivery::recording`], [`probe::service`], [`probe::network`], [`probe::receiver`], [`probe::rotation`], [`probe::queue`], [`probe::destination`] | the doors below |
//! | 2 | [`http`], [`output`], [`prompt`], [`settings`], [`context`], [`stop`], [`program`], [`render`] | terminal, network, process, files |
//! | 1 | [`openapi::rpc`], [`openapi::acs3`], [`openapi::refusal`], [`vod::wire`], [`mns::signer`], [`mns::xml`], [`mns::refusal`], [`delivery`], [`change::diff`], [`change::edit`], [`change::plan`], [`change::record`], [`change::lines`], [`change::undo`], [`manifest`], [`probe`] | pure protocols |
//! | 0 | [`exit`], [`error`], [`text`], [`order`], [`digest`], [`secret`], [`target`], [`callback`], [`event`], [`credential`], [`xml`], [`query`] | plain data |
//!
//! Imports never point upwards; a test reads them. Floors 0 and 1 and [`render`] know no
//! clock, randomness, environment, file, socket or async.
//!
//! The dangerous default of the API, where a request without an event list turns every
//! notification off, cannot be expressed: see [`event::EventSelection`]. [`change::write`] is the
//! only way to change a target.

pub mod callback;
pub mod change;
pub mod commands;
pub mod context;
pub mod credential;
pub mod delivery;
pub mod digest;
pub mod emulator;
pub mod error;
pub mod event;
pub mod exit;
pub mod http;
pub mod manifest;
pub mod mns;
pub mod openapi;
pub mod order;
pub mod output;
pub mod probe;
pub mod program;
pub mod prompt;
pub mod query;
pub mod ram;
pub mod render;
pub mod secret;
pub mod settings;
pub mod stop;
pub mod sts;
pub mod target;
pub mod text;
pub mod vod;
pub mod xml;

/// The version, with the commit in a release build from a repository: `0.1.0 (d73faab2c)`.
pub const VERSION: &str = env!("VERSION_WITH_COMMIT");
