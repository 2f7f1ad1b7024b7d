//! Bytes from and to the world.

pub mod ws;
