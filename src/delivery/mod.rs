//! Deliveries: one event handed to a receiver, and how it proves where it comes from.
//!
//! VOD's rules for deliveries have their home here. [`rules`] says what counts as delivered,
//! [`signature`] is the formula and what is mistaken for it, [`variants`] are the usual mistakes about what was
//! signed, and [`elsewhere`] finds what was signed for another URL. [`record`] keeps a delivery and reads it
//! again, [`recording`] reads many, [`send`] hands an event to a receiver as VOD does, [`load`] many of
//! them, and [`trial`] tries a receiver in the situations of [`scenario`]. The other side is [`receive`], a
//! receiver, with [`save`], the file that it keeps deliveries in, and [`notice`], what it tells of them.

pub mod elsewhere;
pub mod expect;
pub mod load;
pub mod notice;
pub mod receive;
pub mod record;
pub mod recording;
pub mod reply;
pub mod report;
pub mod rules;
pub mod save;
pub mod scenario;
pub mod seen;
pub mod send;
pub mod signature;
pub mod trial;
pub mod variants;
