//! The ground every other crate stands on: ids, time, cursors, limits and error codes.
//!
//! It knows nobody: no clock, no socket, no randomness, no other crate of the workspace.
//! Every crate may use it.

pub mod code;
pub mod cursor;
pub mod id;
pub mod limits;
pub mod network;
pub mod time;

pub use code::Code;
pub use cursor::{Cursor, Epoch, Seq};
pub use id::{
    BanId, CallId, FileId, KeyId, PersonId, RevocationId, RoomId, RuleId, SecretId, SessionId,
    TokenId, WebhookId,
};
pub use network::Network;
pub use time::UnixMs;
