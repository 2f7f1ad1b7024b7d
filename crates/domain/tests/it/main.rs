//! The rules met with anything that can be typed: they refuse or clean it, and never fall over.

#![expect(clippy::unwrap_used, reason = "a test says what it needs by failing")]

mod messages;
mod names;
