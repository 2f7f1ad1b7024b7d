//! Socket.IO, version 5 of the protocol (version 4 of the library): namespaces, events with any
//! arguments, acknowledgements.
//!
//! [`Packet`] is one packet of a client. Its arguments stay the JSON that they came as, with
//! placeholders where bytes belong ([`Arguments`]); nothing is written anew on its way from one
//! client to the others. [`Parser`] tells the default encoding from that of
//! `socket.io-msgpack-parser` and writes packets in either, as whole WebSocket frames; [`Decoder`]
//! reads both, [`Session`] judges what may come when. Nothing in here decides what an event means.
//! Source: the protocol's own description (socketio/socket.io-protocol) and the behaviour of
//! socket.io-parser 4.2 and socket.io-msgpack-parser 3.0.

mod arguments;
mod decode;
mod encode;
mod msgpack;
mod packet;
mod relayed;
mod session;

pub use arguments::Arguments;
pub use decode::Decoder;
pub use packet::{Event, MAIN_NAMESPACE, Malformed, Packet, Parser};
pub use relayed::Relayed;
pub use session::{Session, Step};
