//! Who somebody is and what that allows: people, roles, sessions, invitations, API tokens.
//!
//! Never hashes, signs or looks at a clock: `server/handle/auth` does that and brings the results.
//! [`permit::may`] is the one question about permission; nothing else compares roles.

pub mod invite;
pub mod name;
pub mod permit;
pub mod person;
pub mod session;
pub mod throttle;
pub mod token;

pub use invite::Invite;
pub use permit::{Actor, Object, Verb, may};
pub use person::{Person, Role};
pub use session::Session;
pub use token::Token;
