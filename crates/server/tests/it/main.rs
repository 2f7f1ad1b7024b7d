//! The server's parts against real sockets.
#![expect(clippy::unwrap_used, reason = "a test that can not go on fails")]

mod centrifugo;
