//! Secrets that developers sign connection and subscription tokens with.

use std::fmt;
use std::sync::Arc;

use base::limits::SECRET_KEPT_S_MAX;
use base::{Code, PersonId, SecretId, UnixMs};

use crate::Refusal;

/// A secret. It has to be readable by the server, since HMAC is checked with the secret itself; it
/// is shown once and never told again.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenSecret {
    /// The id by which it is seen, rotated and revoked.
    pub id: SecretId,
    /// The HMAC key, as the text that developers hold.
    pub secret: Arc<str>,
    /// What it is called.
    pub name: String,
    /// When it was made.
    pub created_at: UnixMs,
    /// Who made it.
    pub created_by: PersonId,
    /// Until when it holds, once another has taken its place.
    pub ends_at: Option<UnixMs>,
}

impl fmt::Debug for TokenSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSecret")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("ends_at", &self.ends_at)
            .finish_non_exhaustive()
    }
}

impl TokenSecret {
    /// Whether tokens under it are taken.
    #[must_use]
    pub fn holds(&self, now: UnixMs) -> bool {
        self.ends_at.is_none_or(|ends_at| now < ends_at)
    }
}

/// How long a secret still holds after a rotation when nobody says, in seconds: a day.
const KEPT_S_DEFAULT: u64 = 24 * 3600;

/// Until when a secret holds that is rotated now.
///
/// # Errors
/// `conflict` when it was rotated before, `bad_request` when `keep_s` is too long.
pub fn rotate(now: UnixMs, old: &TokenSecret, keep_s: Option<u64>) -> Result<UnixMs, Refusal> {
    if old.ends_at.is_some() {
        let detail = "This secret was rotated already. Rotate the one that took its place.";
        return Err(Refusal::new(Code::Conflict, detail));
    }
    let keep_s = keep_s.unwrap_or(KEPT_S_DEFAULT);
    if keep_s > SECRET_KEPT_S_MAX {
        let detail = "An old secret may hold for 30 days (2592000 seconds) at most.";
        return Err(Refusal::of(Code::BadRequest, "keep_s", detail));
    }
    Ok(now.plus_ms(keep_s * 1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotated_secret_holds_until_its_time_and_is_not_rotated_twice() {
        let mut secret = TokenSecret {
            id: SecretId(1),
            secret: "k".into(),
            name: "app".to_owned(),
            created_at: UnixMs(0),
            created_by: PersonId(1),
            ends_at: None,
        };
        let now = UnixMs(1_000);
        secret.ends_at = Some(rotate(now, &secret, Some(2)).unwrap());
        assert!(secret.holds(UnixMs(2_999)) && !secret.holds(UnixMs(3_000)));
        assert_eq!(rotate(now, &secret, None).unwrap_err().code, Code::Conflict);
        assert!(!format!("{secret:?}").contains("\"k\""), "never in a log");
    }
}
