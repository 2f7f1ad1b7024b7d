//! The second step of publishing: what has to be read before it can be told.
//!
//! Runs in commit order on a task of its own, so a slow read delays nobody's acknowledgement.
//! Values are absolute: one that was read a little later than its event is merely newer. So a room
//! that changes again and again is told at most once a second, however many changes that were.

use base::{PersonId, RoomId};
use bytes::Bytes;
use domain::auth::Person;
use domain::chat::{EventKind, RoomKind};
use domain::hub::{Lane, Publication};
use store::{Appended, Done, Entered, Fault, ReadMark, Recounted, RoomCreated, RoomView, Store};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::changed::{ChangedRooms, until};
use super::hub::Hub;
use super::publisher::{
    COME_BACK, Known, Missed, PLACE_CHANNEL, activity, activity_deleted, tell_people,
};
use super::writer::Committed;
use crate::view::live::{Own, Place};
use crate::view::{self, person, room};

/// The task's own.
#[derive(Debug)]
pub struct Follow {
    hub: Hub,
    known: Known,
    store: Store,
    changed: ChangedRooms,
    missed: Missed,
}

impl Follow {
    /// Ready to run.
    #[must_use]
    pub fn new(hub: Hub, known: Known, store: Store, missed: Missed) -> Self {
        Self {
            hub,
            known,
            store,
            changed: ChangedRooms::default(),
            missed,
        }
    }

    /// Takes commits until the publisher is gone.
    pub async fn run(mut self, mut commits: mpsc::Receiver<Committed>) {
        loop {
            let next = self.changed.next_at(Instant::now());
            let told = tokio::select! {
                () = until(next) => self.rooms_changed().await,
                committed = commits.recv() => match committed {
                    Some(committed) => self.one(&committed.done).await,
                    None => return,
                },
            };
            if let Err(fault) = told {
                tracing::error!(%fault, "a commit could not be told to everybody");
            }
            if commits.is_empty() && self.missed.take() {
                self.start_over();
            }
        }
    }

    /// Something was not told, nobody knows to whom: everybody comes back and reads anew.
    fn start_over(&self) {
        tracing::warn!("more was committed than could be told; connections start over");
        for person in self.known.directory.all() {
            if self.hub.is_online(person.id) {
                self.hub.disconnect_user(person.id, COME_BACK);
            }
        }
    }

    async fn one(&mut self, done: &Done) -> Result<(), Fault> {
        match done {
            Done::Appended(appended) => self.appended(appended).await,
            Done::RoomCreated(created) => self.room_created(created).await,
            Done::Entered(entered) => self.entered(entered).await,
            Done::Read(mark) => {
                self.read(mark);
                Ok(())
            }
            Done::Preferences(member) => self.room_to(member.room, member.person).await,
            Done::Person(person) => {
                self.person(person);
                Ok(())
            }
            // Told whole by the first step, or to nobody.
            Done::Ended(_)
            | Done::PlaceRenamed(_)
            | Done::Together(_)
            | Done::Developer(_)
            | Done::Outbox { .. }
            | Done::Nothing => Ok(()),
        }
    }

    fn seen(&self, record: &RoomView) -> room::Room {
        room::room(record, self.known.attendance.seen(record.room.id))
    }

    fn own(&self, person: PersonId, data: Bytes) {
        tell_people(&self.hub, [person].iter(), || data);
    }

    fn place(&self, told: &Place) {
        let publication = Publication::new(Lane::Ephemeral, view::json(told));
        self.hub.publish(PLACE_CHANNEL, publication);
    }

    /// What the first step would have told, had it known who is in the room.
    async fn members(&self, room: RoomId, data: Bytes) -> Result<(), Fault> {
        let members = self.known.rosters.members(&self.store, room).await?;
        tell_people(&self.hub, members.iter(), || data);
        Ok(())
    }

    async fn room_to(&self, room: RoomId, person: PersonId) -> Result<(), Fault> {
        if !self.hub.is_online(person) {
            return Ok(());
        }
        let Some(record) = self.store.room_of(room, person).await? else {
            return Ok(());
        };
        if record.me.is_some() {
            let told = Own::Room {
                room: Box::new(self.seen(&record)),
            };
            self.own(person, view::json(&told));
        }
        Ok(())
    }

    fn room_gone(&self, room: RoomId, people: &[PersonId]) {
        let data = view::json(&Own::RoomGone { room });
        for person in people {
            self.own(*person, data.clone());
        }
    }

    async fn appended(&mut self, appended: &Appended) -> Result<(), Fault> {
        let (room, event) = (appended.room, &appended.event);
        match &event.kind {
            EventKind::Message(message) => self.members(room, activity(appended, message)).await,
            EventKind::Deleted { target } => {
                self.members(room, activity_deleted(room, *target)).await
            }
            EventKind::Joined => self.room_to(room, event.author).await,
            EventKind::Added { users } => {
                for person in users {
                    self.room_to(room, *person).await?;
                }
                Ok(())
            }
            EventKind::Left => {
                self.room_gone(room, &[event.author]);
                Ok(())
            }
            EventKind::Removed { users } => {
                self.room_gone(room, users);
                Ok(())
            }
            EventKind::Renamed { .. }
            | EventKind::Topic { .. }
            | EventKind::Archived
            | EventKind::Unarchived
            | EventKind::Speakers { .. }
            | EventKind::CallEnded(_) => {
                self.changed.changed(room);
                Ok(())
            }
            EventKind::Edited { .. } => self.recounted(room, &appended.recounted).await,
            EventKind::Reacted { .. } | EventKind::Created | EventKind::CallStarted { .. } => {
                Ok(())
            }
        }
    }

    /// Tells people whose mentions an edit changed what now counts.
    async fn recounted(&self, room: RoomId, recounted: &Recounted) -> Result<(), Fault> {
        let mut people: Vec<PersonId> = match recounted {
            Recounted::People(people) => people.clone(),
            Recounted::All => {
                let members = self.known.rosters.members(&self.store, room).await?;
                members.iter().copied().collect()
            }
        };
        people.retain(|person| self.hub.is_online(*person));
        for (person, view) in self.store.room_of_members(room, &people).await? {
            if let Some(mine) = view.me {
                self.read(&ReadMark {
                    room,
                    person,
                    read_seq: mine.read_seq,
                    unread: mine.unread,
                    mentions: mine.mentions,
                });
            }
        }
        Ok(())
    }

    async fn rooms_changed(&mut self) -> Result<(), Fault> {
        for room in self.changed.due(Instant::now()) {
            let members = self.known.rosters.members(&self.store, room).await?;
            let mut online: Vec<PersonId> = members.iter().copied().collect();
            online.retain(|person| self.hub.is_online(*person));
            for (person, record) in self.store.room_of_members(room, &online).await? {
                let told = Own::Room {
                    room: Box::new(self.seen(&record)),
                };
                self.own(person, view::json(&told));
            }
            self.listed(room).await?;
        }
        Ok(())
    }

    /// Tells everybody of an open room. Seen by nobody in particular, so `me` is null.
    async fn listed(&self, room: RoomId) -> Result<(), Fault> {
        let nobody = PersonId(0);
        let Some(record) = self.store.room_of(room, nobody).await? else {
            return Ok(());
        };
        if record.room.kind == RoomKind::Open {
            self.place(&Place::RoomListed {
                room: Box::new(self.seen(&record)),
            });
        }
        Ok(())
    }

    async fn room_created(&self, created: &RoomCreated) -> Result<(), Fault> {
        for person in &created.members {
            self.room_to(created.room.id, *person).await?;
        }
        self.listed(created.room.id).await
    }

    async fn entered(&mut self, entered: &Entered) -> Result<(), Fault> {
        self.person(&entered.person);
        for created in &entered.created {
            self.room_created(created).await?;
        }
        for appended in &entered.joined {
            self.appended(appended).await?;
        }
        Ok(())
    }

    fn read(&self, mark: &ReadMark) {
        let told = Own::Read {
            room: mark.room,
            read_seq: mark.read_seq,
            unread: mark.unread,
            mentions: mark.mentions,
        };
        self.own(mark.person, view::json(&told));
    }

    fn person(&self, record: &Person) {
        let presence = self.known.presence.of(record.id);
        self.own(
            record.id,
            view::json(&Own::Me {
                me: Box::new(person::me(record, presence)),
            }),
        );
        let told = person::person(record, presence);
        self.place(&Place::Person {
            person: Box::new(told),
        });
    }
}
