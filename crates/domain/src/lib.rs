//! The rules of the house, all pure: `(now, facts, command) -> Result<events, Refusal>`.
//!
//! No clock, no socket, no thread, no lock, no randomness, no global. `server` loads facts, asks
//! here, commits what comes back through `store`, and only then tells others. `auth`, `chat`,
//! `hub` and `relay` never import each other's decisions; `chat` may use the records of `auth`,
//! `channel` and `relay` those of `hub`.

pub mod auth;
pub mod call;
pub mod channel;
pub mod chat;
pub mod developer;
pub mod hub;
pub mod refusal;
pub mod relay;

pub use refusal::Refusal;
