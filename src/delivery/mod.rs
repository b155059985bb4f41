//! Deliveries: one event handed to a receiver, and how it proves where it comes from.
//!
//! VOD's rules for deliveries have their home here. [`rules`] says what counts as delivered,
//! [`signature`] is the formula and what is mistaken for it, [`record`] keeps a delivery and reads it
//! again, [`send`] hands an event to a receiver as VOD does, [`load`] many of them, and [`trial`] tries a
//! receiver in the situations of [`scenario`].

pub mod load;
pub mod record;
pub mod report;
pub mod rules;
pub mod scenario;
pub mod send;
pub mod signature;
pub mod trial;
