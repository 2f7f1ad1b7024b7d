//! The doors: thin adapters between a client's protocol and the hub, the handles behind one trait.

pub mod backend;
pub(crate) mod centrifugo;
