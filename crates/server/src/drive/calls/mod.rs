//! Calls: one task owns what is going on in them, and everybody else asks it through [`Calls`].
//!
//! The rules stand in `domain::call`; here they meet time, randomness, the media threads and the
//! sockets of participants. Doors, the REST door and moderators come through the handle; nobody
//! else touches the state.

mod handle;

pub use handle::{Calls, DataLane, SentData};
