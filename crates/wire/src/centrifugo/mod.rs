//! The Centrifugo client protocol, version 2, in its two encodings.
//!
//! [`message`] holds the messages, [`Request`] the one request of a command, [`Encoding`] turns
//! frames into them and back, [`code`] holds the tables of error, unsubscribe and disconnect codes.
//! It decides nothing: what a command means is the business of the door. Source: `client.proto` of
//! centrifugal/protocol 0.21.

pub mod code;
mod encoding;
mod json;
pub mod message;
mod request;

pub use code::{Disconnect, ErrorCode, Unsubscribe};
pub use encoding::{Encoding, Malformed, Message, Messages, compact_json};
pub use message::{Command, Push, Reply};
pub use request::Request;
