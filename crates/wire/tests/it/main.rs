//! The codecs against what they promise, against each other and against a peer.

#![expect(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test that can not go on fails"
)]

mod centrifugo;
mod socketio;
mod websocket;
