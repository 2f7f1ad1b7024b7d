//! Invitations: a link that lets people in.

use base::{PersonId, RoomId, UnixMs};

use super::Role;

/// An invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    /// The code in the link, eight characters in two groups: `7Q4M-XKTD`.
    pub code: String,
    /// Who made it.
    pub created_by: PersonId,
    /// When it was made.
    pub created_at: UnixMs,
    /// From when it lets nobody in.
    pub expires_at: UnixMs,
    /// How many people it may let in.
    pub uses_max: u32,
    /// How many it has let in.
    pub uses: u32,
    /// The role of those who come in.
    pub role: Role,
    /// The room they stand in first.
    pub room: RoomId,
}
