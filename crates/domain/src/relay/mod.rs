//! Events that clients relay to each other through the server: who gets one, by its name, and what
//! is kept for those who come back after a cut.
//!
//! Pure. [`Rules`] decide what becomes of an event, [`Rooms`] are those that one socket is in,
//! [`Recall`] keeps the newest events of a namespace and the sockets that may come back. It knows
//! no wire format: an event is whatever the caller makes of it. `server::handle::namespaces` owns
//! them; the door of Socket.IO asks.

mod recall;
mod rooms;
mod rules;

pub use recall::{Away, Place, Recall, RecallLimits, SocketId};
pub use rooms::Rooms;
pub use rules::{Moves, Plan, Reach, Rule, Rules, To};
