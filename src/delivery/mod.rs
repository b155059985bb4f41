//! Deliveries: one event handed to a receiver, and how it proves where it comes from.
//!
//! VOD's rules for deliveries have their home here. [`signature`] is the formula and what is mistaken
//! for it; [`record`] reads a delivery that somebody kept.

pub mod record;
pub mod signature;
