//! The Centrifugo door over real sockets, in both encodings, with an application in memory.

mod backend;
mod bad_input;
mod client;
mod connecting;
mod delta;
mod load;
mod streams;
mod transports;
