//! Engine.IO, version 4: the packets below Socket.IO, on HTTP long-polling and on WebSockets.
//!
//! [`Packet`] is one packet, [`payload`] splits and joins the bodies of polling, [`request`] reads
//! the query of a request and knows the errors of the protocol, [`Session`] judges what may come
//! when. Nothing in here reads a clock or a socket. Version 3 is not spoken. Source: the protocol's
//! own description (socketio/engine.io-protocol) and the behaviour of engine.io 6.6.

mod packet;
pub mod payload;
pub mod request;
mod session;

pub use packet::{Malformed, Packet};
pub use request::{Asked, ErrorCode, Transport};
pub use session::{Due, Ended, Opening, Probe, Session, Step, Timing};
