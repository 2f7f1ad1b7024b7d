//! The loops that own state: the writer, the hub's shards, presence, and what follows a commit.

pub mod attendance;
pub mod calls;
mod changed;
pub mod developer;
pub mod directory;
pub mod follow;
pub mod hub;
pub mod media;
pub mod pages;
pub mod presence;
pub mod publisher;
pub mod roster;
pub mod typing;
pub mod webhooks;
pub mod writer;
