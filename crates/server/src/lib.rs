//! placeholder

pub mod door;
pub mod drive;
pub mod net;
