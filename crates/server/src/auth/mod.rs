//! The mechanics of being somebody: hashing, cookies, signed tokens, throttles.
//!
//! Rules live in `domain::auth`; here is only what needs a clock, randomness or a processor.

pub mod access_token;
pub mod cookie;
pub mod developer_token;
pub mod jwks;
pub mod password;
pub mod secret;
pub mod socket_token;
pub mod throttle;
