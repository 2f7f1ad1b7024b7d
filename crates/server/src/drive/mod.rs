//! The loops that own state.

pub mod hub;
