//! The codecs against what they promise, against each other and against a peer.

mod centrifugo;
mod socketio;
mod websocket;
