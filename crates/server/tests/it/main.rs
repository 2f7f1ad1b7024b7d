//! The server from outside: real HTTP and real sockets against a started server.

mod auth;
mod door;
mod files;
mod filter;
mod house;
mod life;
mod operator;
mod permission;
mod search;
