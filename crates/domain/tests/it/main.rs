//! The rules met with anything that can be typed: they refuse or clean it, and never fall over.

mod messages;
mod names;
