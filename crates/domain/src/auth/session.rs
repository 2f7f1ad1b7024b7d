//! Browser sessions.

use base::{PersonId, SessionId, UnixMs};

/// A login of one browser. The secret itself is only in the browser's cookie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The id by which its owner sees and ends it.
    pub id: SessionId,
    /// SHA-256 of the secret in the cookie.
    pub secret_hash: [u8; 32],
    /// Whose it is.
    pub person: PersonId,
    /// When they logged in.
    pub created_at: UnixMs,
    /// When it was last used (kept to the hour, so that reading does not write).
    pub last_seen_at: UnixMs,
    /// When it ends unless it is used.
    pub expires_at: UnixMs,
    /// The browser as it names itself, cut to 200 characters.
    pub user_agent: String,
    /// The address it logged in from.
    pub address: String,
}
