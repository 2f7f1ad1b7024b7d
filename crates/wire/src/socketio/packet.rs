//! One packet, whatever it was encoded in.

use bytes::Bytes;
use thiserror::Error;

use base::limits::SOCKETIO_EVENT_NAME_BYTES_MAX;

use super::arguments::Arguments;

/// The namespace that everybody has.
pub const MAIN_NAMESPACE: &str = "/";
/// Names that both ends use for themselves: an event with one of them breaks who receives it.
const RESERVED: [&str; 6] = [
    "connect",
    "connect_error",
    "disconnect",
    "disconnecting",
    "newListener",
    "removeListener",
];

/// Something that is not a packet, or above a limit; the connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Malformed {
    /// Not the shape of a packet.
    #[error("not a Socket.IO packet")]
    Shape,
    /// A payload that is no JSON or MessagePack, or not what its kind of packet carries.
    #[error("a payload that does not fit the packet")]
    Payload,
    /// The name of a namespace, an event or a number that is too long.
    #[error("a name or number that is too long")]
    TooLong,
    /// An event that has a name of the protocol itself.
    #[error("a reserved event name")]
    Reserved,
    /// More attachments than may be, or text and bytes in the wrong order.
    #[error("attachments that do not fit the packet")]
    Attachments,
    /// Nested deeper than may be.
    #[error("nested too deeply")]
    TooDeep,
}

/// How a client encodes its packets; the first one tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parser {
    /// Text, and attachments behind it.
    Json,
    /// `socket.io-msgpack-parser`: one message of bytes for each packet.
    Msgpack,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its name; one that came as a number is written as text.
    pub name: String,
    /// What comes with it.
    pub arguments: Arguments,
}

impl Event {
    /// Whether an event may have this name.
    ///
    /// # Errors
    /// [`Malformed::Reserved`] or [`Malformed::TooLong`].
    pub fn check_name(name: &str) -> Result<(), Malformed> {
        if RESERVED.contains(&name) {
            return Err(Malformed::Reserved);
        }
        if name.len() > SOCKETIO_EVENT_NAME_BYTES_MAX {
            return Err(Malformed::TooLong);
        }
        Ok(())
    }
}

/// One packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet {
    /// A client wants to speak in a namespace.
    Connect {
        /// Which.
        namespace: String,
        /// What it shows for it: a JSON object, or empty.
        auth: Bytes,
    },
    /// One side leaves the namespace.
    Disconnect {
        /// Which.
        namespace: String,
    },
    /// Something happened.
    Event {
        /// Where.
        namespace: String,
        /// The number to acknowledge it by.
        id: Option<u64>,
        /// What.
        event: Event,
    },
    /// The answer to an event.
    Ack {
        /// Where.
        namespace: String,
        /// Of which event.
        id: u64,
        /// What is answered.
        arguments: Arguments,
    },
}

impl Packet {
    /// The namespace that it belongs to.
    #[must_use]
    pub fn namespace(&self) -> &str {
        match self {
            Self::Connect { namespace, .. }
            | Self::Disconnect { namespace }
            | Self::Event { namespace, .. }
            | Self::Ack { namespace, .. } => namespace,
        }
    }
}
