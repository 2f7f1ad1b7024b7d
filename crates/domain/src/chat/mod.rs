//! Rooms and what is said in them: one file per verb, records beside them.
//!
//! Never reads a store or a clock: facts and time come in, [`Append`]s and refusals go out.

pub mod append;
pub mod event;
pub mod file;
pub mod filter;
pub mod member;
pub mod room;

pub use append::{Append, Change};
pub use event::{Event, EventKind, Message, Quote, Reaction};
pub use file::File;
pub use member::{Member, Notify};
pub use room::{Room, RoomKind};
