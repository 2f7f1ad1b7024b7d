//! RFC 6455, the server's side, without any input or output of its own.
//!
//! Bytes go in as they came from the socket and are unmasked where they lie; whole messages come
//! out. [`Decoder`] keeps memory only while a frame or a message is incomplete, never more than
//! twice the message limit. The one extension is permessage-deflate (RFC 7692): [`negotiate`]
//! answers offers, an [`Inflater`] unpacks what comes in, a [`Deflater`] packs frames that go out.

mod close;
mod decode;
mod deflate;
pub mod frame;
mod handshake;

pub use close::{CloseCode, close_frame};
pub use decode::{Decoder, Flow, Incoming};
pub use deflate::{Deflater, Inflater, negotiate};
pub use frame::{Opcode, Terms, Violation, write_frame};
pub use handshake::{BadKey, accept_key};
