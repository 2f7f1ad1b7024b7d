//! The server from outside: real HTTP and real sockets against a started server.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that can not go on fails"
)]

mod api;
mod auth;
mod calls;
mod centrifugo;
mod channels;
mod developer;
mod disk_full;
mod door;
mod files;
mod filter;
mod house;
mod life;
mod listen;
mod live;
mod livekit;
mod livekit_api;
mod maps;
mod operator;
mod permission;
mod plain;
mod proxy;
mod refusal;
mod search;
mod socket;
mod socketio;
mod webhooks;
