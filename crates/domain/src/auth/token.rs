//! API tokens for scripts.

use base::{PersonId, TokenId, UnixMs};

/// An API token: acts as its owner. The secret itself is shown once and not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The id by which its owner sees and revokes it.
    pub id: TokenId,
    /// SHA-256 of the secret.
    pub secret_hash: [u8; 32],
    /// As whom it acts.
    pub person: PersonId,
    /// What its owner calls it.
    pub name: String,
    /// When it was made.
    pub created_at: UnixMs,
    /// When it was last used (kept to the hour).
    pub last_used_at: Option<UnixMs>,
}
