//! People as others see them, and as they see themselves.

use base::PersonId;
use domain::auth::{Person as Record, Role};
use domain::chat::presence::Presence;
use serde::Serialize;
use utoipa::ToSchema;

use crate::pinyin;

/// A person.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Person {
    /// Their id.
    #[schema(value_type = String, example = "u00000000001")]
    pub id: PersonId,
    /// The handle.
    pub name: String,
    /// The name that others see.
    pub display_name: String,
    /// What they may do.
    #[schema(value_type = String, example = "member")]
    pub role: Role,
    /// Address of the picture, null for a tile drawn from the id.
    pub avatar: Option<String>,
    /// active, away or offline.
    #[schema(value_type = String, example = "active")]
    pub presence: Presence,
    /// Whether they may not come in any more.
    pub deactivated: bool,
    /// How the name is typed on a Latin keyboard, empty when there is nothing to read.
    pub pinyin: String,
}

/// A person, seen by themselves.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Me {
    /// What others see.
    #[serde(flatten)]
    pub person: Person,
    /// Whether they can log in with a password.
    pub has_password: bool,
    /// Their language: `en` or `zh`.
    pub locale: String,
}

/// A person as others see them.
#[must_use]
pub fn person(record: &Record, presence: Presence) -> Person {
    Person {
        id: record.id,
        name: record.name.clone(),
        display_name: record.display_name.clone(),
        role: record.role,
        avatar: record
            .avatar
            .as_ref()
            .map(|hash| format!("/avatars/{hash}")),
        presence,
        deactivated: record.deactivated_at.is_some(),
        pinyin: pinyin::reading(&record.display_name),
    }
}

/// A person as they see themselves.
#[must_use]
pub fn me(record: &Record, presence: Presence) -> Me {
    Me {
        person: person(record, presence),
        has_password: record.password_hash.is_some(),
        locale: record.locale.clone(),
    }
}
