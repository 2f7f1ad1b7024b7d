//! RFC 6455, the server's side, without any input or output of its own.
//!
//! Bytes go in as they came from the socket and are unmasked where they lie; whole messages come
//! out. [`Decoder`] keeps memory only while a frame or a message is incomplete, never more than
//! twice the message limit. No extension is negotiated yet: a frame with a reserved bit is a
//! violation, and [`frame::Head`] is where RFC 7692 will read RSV1.

mod close;
mod decode;
pub mod frame;
mod handshake;

pub use close::{CloseCode, close_frame};
pub use decode::{Decoder, Flow, Incoming};
pub use frame::{Opcode, Violation, write_frame};
pub use handshake::{BadKey, accept_key};
