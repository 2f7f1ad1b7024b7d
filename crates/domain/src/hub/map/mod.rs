//! Channels that hold the newest value of each key, and the changes that led there.
//!
//! [`Maps`] owns them all: entries by key, and per map a short stream of its last changes, from
//! which who was away for a moment catches up. [`answer`] decides what a client that builds its
//! copy is told next: a page of the entries, a page of the changes since, or the rest of both and
//! that it is live. Nothing here knows who may do what, and payloads are whatever the caller makes
//! of them.

mod entry;
mod flow;
mod read;
mod store;
#[cfg(test)]
mod tests;

pub use entry::{Entry, KeyMode, MapRules, Suppressed, Version, Write};
pub use flow::{Answered, Ask, Phase, Unrecoverable, answer};
pub use read::{Changes as MapChanges, State, StateQuery};
pub use store::{Fresh, Full, Made, Maps, Written};
