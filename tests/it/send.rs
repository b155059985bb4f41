//! `vodcb send`: what goes out, what is made of the answer, and that nothing of it is lost on the way.

mod command;
mod hints;
mod listener;
mod round_trip;
mod scenarios;
mod storm;
