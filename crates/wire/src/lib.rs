//! Codecs: bytes to wire types and back.
//!
//! Pure: no socket, clock, thread or global in here, and nothing that a peer sends can panic or
//! grow memory without bound. The doors and sockets of `server` use it; it knows only `base`.

pub mod centrifugo;
pub mod engineio;
pub mod fossil;
pub mod livekit;
pub mod socketio;
pub mod websocket;
