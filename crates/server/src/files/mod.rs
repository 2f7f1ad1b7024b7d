//! Uploaded bytes: where they lie, what they are, how they are shown.
//!
//! Knows no person and no room; `handle/files` decides who may.

pub mod blob;
pub mod image;
pub mod serve;
pub mod sniff;
