//! The wall clock and the source of randomness: the only places where the server reads them.

use std::time::{SystemTime, UNIX_EPOCH};

use base::UnixMs;

/// Now. A clock set before 1970 counts as 1970.
#[must_use]
pub fn now() -> UnixMs {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    UnixMs(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// The number for a new id.
#[must_use]
pub fn mint() -> u64 {
    base::id::mint(now(), rand::random())
}

/// 256 random bits from a cryptographic generator that the system seeds.
#[must_use]
pub fn secret() -> [u8; 32] {
    rand::random()
}
