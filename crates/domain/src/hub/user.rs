//! Who a connection belongs to, as a name.

use std::fmt;
use std::sync::Arc;

use base::PersonId;

/// Who a connection belongs to: a person's id as text, or any other name that a developer's
/// backend gives its own users. The empty name is the anonymous user.
///
/// Clones share the text. A name that reads as a [`PersonId`] belongs to a person: whoever takes
/// names from outside refuses those, see [`User::names_a_person`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct User(Option<Arc<str>>);

impl User {
    /// Who has not said who they are.
    pub const ANONYMOUS: Self = Self(None);

    /// The user of this name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self((!name.is_empty()).then(|| name.into()))
    }

    /// The name; empty for the anonymous user.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }

    /// Whether nobody knows who it is.
    #[must_use]
    pub const fn is_anonymous(&self) -> bool {
        self.0.is_none()
    }

    /// Whether this is how a person is named.
    #[must_use]
    pub fn names_a_person(&self) -> bool {
        self.as_str().parse::<PersonId>().is_ok()
    }
}

impl From<PersonId> for User {
    fn from(person: PersonId) -> Self {
        Self(Some(person.to_string().into()))
    }
}

impl From<&str> for User {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl fmt::Display for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_named_by_their_id_and_nobody_else_is() {
        let ada = PersonId(77);
        assert!(User::from(ada).names_a_person());
        assert_eq!(User::from(ada), User::new(&ada.to_string()));
        assert!(!User::new("42").names_a_person());
        assert!(User::new("").is_anonymous() && !User::ANONYMOUS.names_a_person());
    }
}
