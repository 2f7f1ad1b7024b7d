//! LiveKit's doors: its signalling for clients, and its server API.

pub(crate) mod twirp;
pub mod view;
