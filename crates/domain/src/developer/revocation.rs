//! Developers' tokens that are not taken any more though their signature is good.

use base::limits::TOKEN_ID_BYTES_MAX;
use base::{Code, PersonId, RevocationId, UnixMs};

use crate::Refusal;

/// Which tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revoked {
    /// All tokens of a user that were issued (`iat`) before a time. One that does not say when it
    /// was issued counts as old.
    User {
        /// Whose.
        user: String,
        /// Issued before this.
        before: UnixMs,
    },
    /// The token with this id (`jti`).
    Token {
        /// Its id.
        jti: String,
        /// When this can be forgotten, because the token has ended by itself.
        ends_at: UnixMs,
    },
}

/// Tokens that were revoked. One per user and per token: a newer one takes the place of the old.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// The id by which it is seen and taken back.
    pub id: RevocationId,
    /// Which.
    pub revoked: Revoked,
    /// When.
    pub created_at: UnixMs,
    /// By whom.
    pub created_by: PersonId,
}

impl Revocation {
    /// When it can be forgotten; none: never by itself.
    #[must_use]
    pub fn ends_at(&self) -> Option<UnixMs> {
        match self.revoked {
            Revoked::User { .. } => None,
            Revoked::Token { ends_at, .. } => Some(ends_at),
        }
    }

    /// Whether it still means something.
    #[must_use]
    pub fn holds(&self, now: UnixMs) -> bool {
        self.ends_at().is_none_or(|ends_at| now < ends_at)
    }
}

/// The id of a token.
///
/// # Errors
/// `bad_request` when it is empty or longer than tokens may say.
pub fn jti(raw: &str) -> Result<String, Refusal> {
    if raw.is_empty() || raw.len() > TOKEN_ID_BYTES_MAX {
        let detail = "Give the token's jti: 1 to 255 bytes.";
        return Err(Refusal::of(Code::BadRequest, "jti", detail));
    }
    Ok(raw.to_owned())
}
