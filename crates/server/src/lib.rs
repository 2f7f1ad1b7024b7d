//! placeholder

pub mod door;
