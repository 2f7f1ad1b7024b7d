//! Keys for the server HTTP API.

use base::{KeyId, PersonId, UnixMs};

/// A key: whoever holds it may use the server HTTP API. The key itself is shown once and not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The id by which it is seen and revoked.
    pub id: KeyId,
    /// SHA-256 of the key.
    pub secret_hash: [u8; 32],
    /// What it is called.
    pub name: String,
    /// When it was made.
    pub created_at: UnixMs,
    /// Who made it.
    pub created_by: PersonId,
    /// When it was last used (kept to the hour).
    pub last_used_at: Option<UnixMs>,
}

/// A key is noted as used at most this often, in milliseconds.
const USE_NOTED_EVERY_MS: u64 = 3600 * 1000;

impl ApiKey {
    /// Whether this use is worth a note.
    #[must_use]
    pub fn is_note_due(&self, now: UnixMs) -> bool {
        self.last_used_at
            .is_none_or(|at| now.since_ms(at) >= USE_NOTED_EVERY_MS)
    }
}
