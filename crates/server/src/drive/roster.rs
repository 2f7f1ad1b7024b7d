//! Who is in which room, in memory: read from the database at first need, then kept up by the
//! publisher in commit order.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base::{PersonId, RoomId};
use store::{Fault, Store};

/// Rooms that are kept; when there are more, all are forgotten and read anew as needed.
const ROOMS_MAX: usize = 10_000;
/// How often a read is repeated when memberships change under it.
const READS_MAX: usize = 4;

/// The members of a room.
pub type Members = Arc<HashSet<PersonId>>;

#[derive(Debug, Default)]
struct Rooms {
    members: HashMap<RoomId, Members>,
    /// Counts changes, so that a read which one overtook is not kept.
    changes: u64,
}

/// The rosters; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Rosters(Arc<Mutex<Rooms>>);

impl Rosters {
    fn lock(&self) -> MutexGuard<'_, Rooms> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The members of a room, as far as is known without reading.
    #[must_use]
    pub fn known(&self, room: RoomId) -> Option<Members> {
        self.lock().members.get(&room).cloned()
    }

    /// The members of a room.
    ///
    /// # Errors
    /// The database can not be read.
    pub async fn members(&self, store: &Store, room: RoomId) -> Result<Members, Fault> {
        let mut latest = Members::default();
        for _ in 0..READS_MAX {
            let changes = {
                let rooms = self.lock();
                if let Some(members) = rooms.members.get(&room) {
                    return Ok(Arc::clone(members));
                }
                rooms.changes
            };
            latest = Arc::new(store.member_ids(room).await?.into_iter().collect());
            let mut rooms = self.lock();
            if rooms.changes == changes {
                if rooms.members.len() >= ROOMS_MAX {
                    rooms.members.clear();
                }
                rooms.members.insert(room, Arc::clone(&latest));
                return Ok(latest);
            }
        }
        Ok(latest)
    }

    /// Notes that people came in or went.
    pub fn change(&self, room: RoomId, people: &[PersonId], present: bool) {
        let mut rooms = self.lock();
        rooms.changes += 1;
        if let Some(members) = rooms.members.get_mut(&room) {
            let members = Arc::make_mut(members);
            for person in people {
                if present {
                    members.insert(*person);
                } else {
                    members.remove(person);
                }
            }
        }
    }
}
