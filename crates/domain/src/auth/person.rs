//! People and their roles.

use base::{PersonId, UnixMs};
use serde::{Deserialize, Serialize};

/// What a person may do in the whole place; ordered, a higher one may all that a lower one may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees only the rooms they were brought into.
    Guest,
    /// Joins and makes rooms, invites if the place allows it.
    Member,
    /// Also removes what others wrote and keeps the word filter.
    Moderator,
    /// Also manages people, rooms and the place.
    Admin,
    /// Also makes and unmakes admins and owners. There is always one.
    Owner,
}

/// Somebody with an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their id.
    pub id: PersonId,
    /// The handle: what is mentioned and typed at login. Unique, lower case, no spaces.
    pub name: String,
    /// The name that others see.
    pub display_name: String,
    /// What they may do.
    pub role: Role,
    /// The hash of the uploaded avatar (its file name), none for a generated tile.
    pub avatar: Option<String>,
    /// The password hash in PHC form, none until one is set.
    pub password_hash: Option<String>,
    /// The language they chose: `en` or `zh`.
    pub locale: String,
    /// When the account was made.
    pub created_at: UnixMs,
    /// Since when they may not come in any more.
    pub deactivated_at: Option<UnixMs>,
}
