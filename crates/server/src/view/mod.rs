//! What records look like outside: the shapes of `docs/protocol.md`, the same for REST and live.
//!
//! Turns records into JSON shapes and nothing else: no reading, no deciding. Whoever publishes to
//! many encodes once with [`json`].

pub mod account;
pub mod admin;
pub mod call;
pub mod developer;
pub mod event;
pub mod filter;
pub mod live;
pub mod person;
pub mod room;

use bytes::Bytes;
use serde::Serialize;

/// Encodes a view. Views hold nothing that JSON can not say, so failing is impossible in practice;
/// an empty text would be the visible sign of such a bug.
#[must_use]
pub fn json(view: &impl Serialize) -> Bytes {
    serde_json::to_vec(view)
        .map(Bytes::from)
        .unwrap_or_default()
}
