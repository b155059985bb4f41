//! Deliveries: one event handed to a receiver, and how it proves where it comes from.
//!
//! VOD's rules for deliveries have their home here. [`rules`] says what counts as delivered,
//! [`signature`] is the formula and what is mistaken for it, [`record`] keeps a delivery and reads it
//! again, [`send`] hands an event to a receiver as VOD does.

pub mod record;
pub mod rules;
pub mod send;
pub mod signature;
