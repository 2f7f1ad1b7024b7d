//! What the rooms are and who is in them, in memory: read from the database at first need, then
//! kept up by the publisher in commit order.
//!
//! Whoever may do something is judged by it; the store looks again inside the transaction. It holds
//! no text of anybody and no read marks.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base::limits::{ROSTER_PEOPLE_MAX, ROSTER_ROOMS_MAX};
use base::{PersonId, RoomId};
use domain::chat::{EventKind, Room};
use store::{Appended, Fault, RoomCreated, Store};

/// How often a read is repeated when something changes under it.
const READS_MAX: usize = 4;

/// The members of a room.
pub type Members = Arc<HashSet<PersonId>>;

/// A room and who is in it.
#[derive(Debug, Clone)]
pub struct Roster {
    /// The room; its counters are those of the newest event that was published.
    pub room: Room,
    /// Everybody in it.
    pub members: Members,
}

#[derive(Debug, Default)]
struct Rooms {
    known: HashMap<RoomId, Roster>,
    /// The members of all of them.
    people: usize,
    /// Counts changes, so that a read which one overtook is not kept.
    changes: u64,
}

impl Rooms {
    fn keep(&mut self, roster: &Roster) {
        let count = roster.members.len();
        if self.known.len() >= ROSTER_ROOMS_MAX || self.people + count > ROSTER_PEOPLE_MAX {
            self.known.clear();
            self.people = 0;
        }
        if let Some(before) = self.known.insert(roster.room.id, roster.clone()) {
            self.people -= before.members.len();
        }
        self.people += count;
    }
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
        let rooms = self.lock();
        let roster = rooms.known.get(&room)?;
        Some(Arc::clone(&roster.members))
    }

    /// The members of a room; nobody is in one that is not there.
    ///
    /// # Errors
    /// The database can not be read.
    pub async fn members(&self, store: &Store, room: RoomId) -> Result<Members, Fault> {
        let roster = self.roster(store, room).await?;
        Ok(roster.map(|roster| roster.members).unwrap_or_default())
    }

    /// A room and who is in it.
    ///
    /// # Errors
    /// The database can not be read.
    pub async fn roster(&self, store: &Store, room: RoomId) -> Result<Option<Roster>, Fault> {
        let mut latest = None;
        for _ in 0..READS_MAX {
            let changes = {
                let rooms = self.lock();
                if let Some(roster) = rooms.known.get(&room) {
                    return Ok(Some(roster.clone()));
                }
                rooms.changes
            };
            let Some((room, people)) = store.roster(room).await? else {
                return Ok(None);
            };
            let members = Arc::new(people.into_iter().collect());
            let roster = Roster { room, members };
            let mut rooms = self.lock();
            if rooms.changes == changes {
                rooms.keep(&roster);
                return Ok(Some(roster));
            }
            latest = Some(roster);
        }
        Ok(latest)
    }

    /// A room that was made.
    pub fn created(&self, created: &RoomCreated) {
        let mut rooms = self.lock();
        rooms.changes += 1;
        rooms.keep(&Roster {
            room: created.room.clone(),
            members: Arc::new(created.members.iter().copied().collect()),
        });
    }

    /// An event that was appended to a room's log.
    pub fn appended(&self, appended: &Appended) {
        let mut rooms = self.lock();
        rooms.changes += u64::from(changes(&appended.event.kind));
        let rooms = &mut *rooms;
        let Some(roster) = rooms.known.get_mut(&appended.room) else {
            return;
        };
        roster.room.seq = appended.seq;
        roster.room.msg_seq = appended.msg_seq;
        let author = appended.event.author;
        let before = roster.members.len();
        match &appended.event.kind {
            EventKind::Joined => come(&mut roster.members, &[author]),
            EventKind::Added { users } => come(&mut roster.members, users),
            EventKind::Left => go(&mut roster.members, &[author]),
            EventKind::Removed { users } => go(&mut roster.members, users),
            EventKind::Renamed { name } => roster.room.name.clone_from(name),
            EventKind::Topic { topic } => roster.room.topic.clone_from(topic),
            EventKind::Archived => roster.room.archived_at = Some(appended.event.at),
            EventKind::Unarchived => roster.room.archived_at = None,
            EventKind::Speakers { speakers } => roster.room.speakers = *speakers,
            EventKind::Message(_)
            | EventKind::Edited { .. }
            | EventKind::Deleted { .. }
            | EventKind::Reacted { .. }
            | EventKind::CallStarted { .. }
            | EventKind::CallEnded(_)
            | EventKind::Created => {}
        }
        rooms.people = rooms.people - before + roster.members.len();
    }
}

fn come(members: &mut Members, people: &[PersonId]) {
    Arc::make_mut(members).extend(people);
}

fn go(members: &mut Members, people: &[PersonId]) {
    let members = Arc::make_mut(members);
    for person in people {
        members.remove(person);
    }
}

/// Whether an event changes who is in the room or what it is; those that do not make no read void.
fn changes(kind: &EventKind) -> bool {
    match kind {
        EventKind::Message(_)
        | EventKind::Edited { .. }
        | EventKind::Deleted { .. }
        | EventKind::Reacted { .. }
        | EventKind::CallStarted { .. }
        | EventKind::CallEnded(_) => false,
        EventKind::Created
        | EventKind::Joined
        | EventKind::Left
        | EventKind::Added { .. }
        | EventKind::Removed { .. }
        | EventKind::Renamed { .. }
        | EventKind::Topic { .. }
        | EventKind::Archived
        | EventKind::Unarchived
        | EventKind::Speakers { .. } => true,
    }
}

#[cfg(test)]
mod tests {
    use base::{Epoch, Seq, UnixMs};
    use domain::chat::{Event, RoomKind};
    use store::Recounted;

    use super::*;

    const ROOM: RoomId = RoomId(10);
    const ANN: PersonId = PersonId(1);
    const BEN: PersonId = PersonId(2);

    fn rosters() -> Rosters {
        let room = Room {
            id: ROOM,
            kind: RoomKind::Closed,
            name: "garden".to_owned(),
            topic: String::new(),
            created_by: ANN,
            created_at: UnixMs(1),
            archived_at: None,
            speakers: domain::chat::Speakers::Everyone,
            epoch: Epoch(1),
            seq: Seq(1),
            msg_seq: 0,
        };
        let rosters = Rosters::default();
        rosters.created(&RoomCreated {
            room,
            members: vec![ANN],
            events: Vec::new(),
        });
        rosters
    }

    fn append(rosters: &Rosters, seq: u64, kind: EventKind) -> Roster {
        let event = Event {
            seq: Seq(seq),
            at: UnixMs(seq),
            author: ANN,
            kind,
        };
        rosters.appended(&Appended {
            room: ROOM,
            epoch: Epoch(1),
            seq: Seq(seq),
            msg_seq: 0,
            event: Arc::new(event),
            target: None,
            recounted: Recounted::People(Vec::new()),
        });
        rosters.lock().known[&ROOM].clone()
    }

    #[test]
    fn what_is_published_is_known_at_once() {
        let rosters = rosters();
        let after = append(&rosters, 2, EventKind::Added { users: vec![BEN] });
        assert_eq!(*after.members, HashSet::from([ANN, BEN]));
        assert_eq!(after.room.seq, Seq(2));
        let renamed = EventKind::Renamed {
            name: "yard".to_owned(),
        };
        assert_eq!(append(&rosters, 3, renamed).room.name, "yard");
        let archived = append(&rosters, 4, EventKind::Archived);
        assert_eq!(archived.room.archived_at, Some(UnixMs(4)));
        let open = append(&rosters, 5, EventKind::Unarchived);
        assert_eq!(open.room.archived_at, None);
        let removed = EventKind::Removed { users: vec![BEN] };
        assert_eq!(*append(&rosters, 6, removed).members, HashSet::from([ANN]));
        assert_eq!(append(&rosters, 7, EventKind::Left).members.len(), 0);
        assert_eq!(rosters.lock().people, 0);
    }

    #[test]
    fn what_is_kept_is_bounded_by_people_too() {
        let rosters = rosters();
        let crowd: Vec<PersonId> = (0..ROSTER_PEOPLE_MAX as u64).map(PersonId).collect();
        let mut room = rosters.lock().known[&ROOM].room.clone();
        room.id = RoomId(11);
        rosters.created(&RoomCreated {
            room,
            members: crowd,
            events: Vec::new(),
        });
        assert!(rosters.known(ROOM).is_none(), "forgotten, to be read anew");
        assert_eq!(rosters.lock().people, ROSTER_PEOPLE_MAX);
    }
}
