//! A change to what developers work with: what is written, and what everybody is told after it.

use base::{BanId, KeyId, RevocationId, SecretId, UnixMs, WebhookId};

use super::{ApiKey, Ban, Revocation, TokenSecret, Webhook};

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A new key.
    MakeKey(ApiKey),
    /// A key that is over.
    RevokeKey(KeyId),
    /// A key that was used.
    UseKey(KeyId, UnixMs),
    /// A new secret.
    MakeSecret(TokenSecret),
    /// A secret that took the place of another.
    RotateSecret {
        /// The other.
        old: SecretId,
        /// Until when that still holds.
        old_ends_at: UnixMs,
        /// What took its place.
        new: TokenSecret,
    },
    /// A secret that is over at once.
    RevokeSecret(SecretId),
    /// A ban, in the place of an older one of the same subject.
    Ban(Ban),
    /// A ban that was lifted.
    Lift(BanId),
    /// Tokens that are not taken any more, in the place of an older word about the same.
    Revoke(Revocation),
    /// A revocation that was taken back.
    Unrevoke(RevocationId),
    /// A webhook, new or changed.
    PutWebhook(Webhook),
    /// A webhook that is over.
    DeleteWebhook(WebhookId),
}
