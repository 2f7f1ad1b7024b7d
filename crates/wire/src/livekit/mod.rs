//! LiveKit's signalling protocol, versions 0 and 1 of its path (protocol 17): frames, the request
//! that opens a connection, access tokens, and the envelope of data packets.
//!
//! The message types are those of the crate `livekit-protocol`, under [`proto`]; they go no further
//! than the doors. Nothing in here decides what a message means. Source: the published protobuf
//! files and the behaviour of livekit-client 2.23.

mod claims;
mod data;
mod frame;
mod join;
mod message;

pub use claims::{Claims, VideoGrant};
pub use data::{Envelope, user_packet};
pub use frame::{Encoding, encode, request};
pub use join::{Query, unwrap_join};
pub use livekit_protocol as proto;
pub use message::{read, write};

use thiserror::Error;

/// Bytes that are not what they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("malformed: {0}")]
pub struct Malformed(pub &'static str);
