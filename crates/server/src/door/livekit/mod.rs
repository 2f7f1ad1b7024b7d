//! LiveKit's doors: its signalling for clients, and its server API.

pub mod view;
