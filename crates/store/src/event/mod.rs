//! The room log: its rows, appending to it, reading it.
//!
//! A message's row is the message in its newest state. The rows of edits, deletions and reactions
//! point at it and carry none of its text, so that a deletion really erases.

pub(crate) mod change;
pub(crate) mod hydrate;
pub(crate) mod post;
mod read;
pub(crate) mod row;

pub use read::{Log, Page, Window};
