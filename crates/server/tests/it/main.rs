//! The server's parts against real sockets.

mod centrifugo;
