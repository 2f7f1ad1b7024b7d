//! Plaza's server: everything that touches the world, around the pure crates.
//!
//! [`Server::start`] opens the data directory, starts the loops and serves; [`Running`] tells where
//! and ends it. Nothing here prints or reads arguments: that is `plaza`, the binary.

pub mod app;
pub mod assets;
pub mod auth;
pub mod clock;
pub mod config;
pub mod door;
pub mod drive;
pub mod files;
pub mod handle;
pub mod metrics;
pub mod net;
pub mod operator;
pub mod pinyin;
pub mod probe;
pub mod problem;
pub mod rest;
pub mod shutdown;
mod start;
pub mod view;

pub use config::Config;
pub use start::{Running, Server, StartError};
