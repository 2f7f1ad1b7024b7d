//! The bench for a whole server: it starts the real binary, talks to it as clients do, kills it,
//! and checks what is left against what was promised.
//!
//! Dev only, never part of the product. [`checker`] is pure and tested against histories that were
//! spoiled on purpose; everything else touches the world, but only on loopback.

pub mod checker;
pub mod client;
pub mod crash;
pub mod event;
pub mod fill;
pub mod herd;
pub mod history;
pub mod people;
pub mod place;
pub mod posts;
pub mod start;
pub mod talk;
