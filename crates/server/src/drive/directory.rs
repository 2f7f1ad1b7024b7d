//! Everybody who has an account, in memory: who they are, by id and by handle.
//!
//! Loaded at start, then written only by the publisher in commit order, so that a reader sees what
//! is durable. Checking a permission or a mention costs no read of the database.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use base::PersonId;
use domain::auth::Person;

#[derive(Debug, Default)]
struct People {
    by_id: HashMap<PersonId, Arc<Person>>,
    by_handle: HashMap<String, PersonId>,
}

/// The directory; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Directory(Arc<RwLock<People>>);

impl Directory {
    /// With the people who are known already.
    #[must_use]
    pub fn new(people: Vec<Person>) -> Self {
        let directory = Self::default();
        for person in people {
            directory.put(person);
        }
        directory
    }

    /// Adds somebody or replaces what was known of them.
    pub fn put(&self, person: Person) {
        let mut people = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let (id, name) = (person.id, person.name.clone());
        if let Some(before) = people.by_id.insert(id, Arc::new(person)) {
            people.by_handle.remove(&before.name);
        }
        people.by_handle.insert(name, id);
    }

    /// Somebody by id.
    #[must_use]
    pub fn person(&self, id: PersonId) -> Option<Arc<Person>> {
        let people = self.0.read().unwrap_or_else(PoisonError::into_inner);
        people.by_id.get(&id).cloned()
    }

    /// Somebody by their folded handle.
    #[must_use]
    pub fn by_handle(&self, handle: &str) -> Option<PersonId> {
        let people = self.0.read().unwrap_or_else(PoisonError::into_inner);
        people.by_handle.get(handle).copied()
    }

    /// Everybody, in the order they came.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Person>> {
        let people = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = people.by_id.values().cloned().collect();
        all.sort_unstable_by_key(|person| person.id);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::UnixMs;
    use domain::auth::Role;

    fn person(id: u64, name: &str) -> Person {
        Person {
            id: PersonId(id),
            name: name.to_owned(),
            display_name: name.to_owned(),
            role: Role::Member,
            avatar: None,
            password_hash: None,
            locale: "en".to_owned(),
            created_at: UnixMs(0),
            deactivated_at: None,
        }
    }

    #[test]
    fn a_handle_that_was_given_up_leads_to_nobody() {
        let directory = Directory::new(vec![person(1, "ada")]);
        directory.put(person(1, "countess"));
        assert_eq!(directory.by_handle("ada"), None);
        assert_eq!(directory.by_handle("countess"), Some(PersonId(1)));
        assert_eq!(directory.all().len(), 1);
    }
}
