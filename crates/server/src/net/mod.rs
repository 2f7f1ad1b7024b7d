//! Bytes from and to the world: the HTTP ports and what every request passes on its way in.
//!
//! Knows no rule of the house; `rest` and `door` sit on top of it.

pub mod accept;
pub mod caller;
pub(crate) mod cors;
pub mod guard;
pub mod listen;
pub mod origin;
pub mod outbound;
pub(crate) mod stream;
pub(crate) mod turn;
pub mod ws;
