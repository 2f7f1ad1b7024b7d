//! Rooms and what is said in them: one file per verb, records beside them.
//!
//! Never reads a store or a clock: facts and time come in, [`Append`]s and refusals go out.
//! Each verb is a function of `(now, facts, command)`; those that may find nothing to do return
//! an [`Option`], and the handler then answers as if it had been done.

pub mod add;
pub mod append;
pub mod call;
pub mod create;
pub mod delete;
pub mod edit;
pub mod emoji;
pub mod event;
pub mod excerpt;
pub mod file;
pub mod filter;
pub mod join;
pub mod member;
pub mod mention;
pub mod post;
pub mod presence;
pub mod prose;
pub mod react;
pub mod read;
pub mod room;
pub mod settings;
pub mod standing;
pub mod text;
pub mod typing;

pub use append::{Append, Change};
pub use call::OpenCall;
pub use event::{CallEnded, Event, EventKind, Message, Quote, Reaction};
pub use file::{File, Unposted};
pub use member::{Member, Notify};
pub use room::{Room, RoomKind, Speakers};
pub use standing::{Roster, Standing};
