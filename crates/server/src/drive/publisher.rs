//! Tells the living what was committed, in commit order.
//!
//! Two steps. [`Publisher::committed`] runs inside the writer, before the author's answer leaves:
//! it updates what is kept in memory, publishes to the room, and cuts off whoever lost the right to
//! listen, so that nothing is delivered past a removal. It reads nothing and never waits. What
//! needs reading (a room as each member sees it) goes in the same order to [`Follow`], a task of
//! its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base::{PersonId, RoomId};
use domain::auth::{Person, Role};
use domain::chat::{Event, EventKind};
use domain::developer::{Change, Subject};
use domain::hub::{Lane, Publication, User};
use store::{Appended, Done, Entered, RoomCreated, Store};
use tokio::sync::{Notify, mpsc};

use super::developer::DeveloperBoard;
use super::directory::Directory;
use super::follow::Follow;
use super::hub::Hub;
use super::hub::inspect::Expelled;
use super::pages::Pages;
use super::presence::PresenceBoard;
use super::roster::Rosters;
use super::webhooks::Webhooks;
use super::writer::{Committed, Origin};
use crate::view;

/// The client is told to come back and be looked at anew: it may now do more or less than before.
pub const COME_BACK: u32 = 3011;
/// The login behind the connection is over: the client must not come back by itself.
pub const LOGIN_ENDED: u32 = 3503;
/// Who is banned may not be here: the client must not come back by itself.
pub const BANNED: u32 = 3507;
/// The subscription is over for good.
pub const UNSUBSCRIBED: u32 = 2000;
/// Commits whose consequences may wait; past that they are dropped and counted, and once the rest
/// was told all clients are made to come back and read anew.
const WAITING_MAX: usize = 65_536;

/// What is shared by those who tell.
#[derive(Debug, Clone)]
pub struct Known {
    /// Everybody with an account.
    pub directory: Directory,
    /// Who is in which room.
    pub rosters: Rosters,
    /// Who is there.
    pub presence: PresenceBoard,
    /// What was just read of the rooms' logs.
    pub pages: Pages,
    /// What is in force for developers.
    pub developer: DeveloperBoard,
    /// Who is told what happens to connections.
    pub webhooks: Webhooks,
}

/// Whether the second step was spared something that it should have told.
#[derive(Debug, Clone, Default)]
pub struct Missed(Arc<AtomicBool>);

impl Missed {
    fn note(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether something was missed since the last time.
    #[must_use]
    pub fn take(&self) -> bool {
        self.0.swap(false, Ordering::AcqRel)
    }
}

/// The first step: see the module.
#[derive(Debug)]
pub struct Publisher {
    hub: Hub,
    known: Known,
    follow: mpsc::Sender<Committed>,
    missed: Missed,
    index: Arc<Notify>,
}

/// The channel of a room's log.
#[must_use]
pub fn room_channel(room: RoomId) -> String {
    format!("room:{room}")
}

/// The channel of who is typing in a room.
#[must_use]
pub fn typing_channel(room: RoomId) -> String {
    format!("typing:{room}")
}

/// The channel of one person's own stream.
#[must_use]
pub fn user_channel(person: PersonId) -> String {
    format!("user:{person}")
}

/// The channel that everybody but guests hears.
pub const PLACE_CHANNEL: &str = "place";

impl Publisher {
    /// Makes the first step and starts the second. `index` is woken when there is something new to
    /// search in.
    #[must_use]
    pub fn new(hub: Hub, known: Known, store: Store, index: Arc<Notify>) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        let missed = Missed::default();
        let follow = Follow::new(hub.clone(), known.clone(), store, missed.clone());
        tokio::spawn(follow.run(receiver));
        Self {
            hub,
            known,
            follow: sender,
            missed,
            index,
        }
    }

    /// One commit, in order. Never waits.
    pub fn committed(&mut self, committed: Committed) {
        self.tell(&committed.done, committed.origin.as_ref());
        if self.follow.try_send(committed).is_err() {
            self.missed.note();
            metrics::counter!("plaza_publisher_follow_dropped_total").increment(1);
        }
    }

    fn tell(&self, done: &Done, origin: Option<&Origin>) {
        match done {
            Done::Appended(appended) => self.appended(appended, origin),
            Done::RoomCreated(created) => self.room_created(created),
            Done::Entered(entered) => self.entered(entered),
            Done::Person(person) => self.person_changed(person),
            Done::Ended(sessions) => {
                for session in sessions {
                    self.hub.disconnect_session(*session, LOGIN_ENDED);
                }
            }
            Done::Developer(change) => self.developer_changed(change),
            Done::Outbox { dropped } => self.known.webhooks.written(*dropped),
            Done::Read(_) | Done::Preferences(_) | Done::Nothing => {}
        }
    }

    /// From here on connects are judged by it; whoever is open and should not be is cut off.
    fn developer_changed(&self, change: &Change) {
        self.known.developer.apply(change);
        match change {
            Change::Ban(ban) => match &ban.subject {
                Subject::User(user) => self.hub.disconnect_user(User::new(user), BANNED),
                Subject::Address(network) => {
                    self.hub.expel(Expelled::Address(*network), BANNED);
                }
            },
            Change::Revoke(revocation) => {
                let tokens = Expelled::Tokens(revocation.revoked.clone());
                self.hub.expel(tokens, LOGIN_ENDED);
            }
            Change::PutWebhook(_) | Change::DeleteWebhook(_) => self.known.webhooks.look_again(),
            Change::MakeKey(_)
            | Change::RevokeKey(_)
            | Change::UseKey(..)
            | Change::MakeSecret(_)
            | Change::RotateSecret { .. }
            | Change::RevokeSecret(_)
            | Change::Lift(_)
            | Change::Unrevoke(_) => {}
        }
    }

    fn appended(&self, appended: &Appended, origin: Option<&Origin>) {
        let epoch = appended.epoch.to_string().into();
        self.publish(appended.room, &epoch, (&appended.event, origin));
        let room = appended.room;
        match &appended.event.kind {
            EventKind::Joined => self.came_in(room, &[appended.event.author]),
            EventKind::Added { users } => self.came_in(room, users),
            EventKind::Left => self.went(room, &[appended.event.author]),
            EventKind::Removed { users } => self.went(room, users),
            EventKind::Message(_) | EventKind::Edited { .. } | EventKind::Deleted { .. } => {
                self.index.notify_one();
            }
            EventKind::Reacted { .. }
            | EventKind::Created
            | EventKind::Renamed { .. }
            | EventKind::Topic { .. }
            | EventKind::Archived
            | EventKind::Unarchived => {}
        }
    }

    fn publish(&self, room: RoomId, epoch: &Arc<str>, (event, origin): (&Event, Option<&Origin>)) {
        let lane = Lane::Durable {
            offset: event.seq.0,
            epoch: Arc::clone(epoch),
        };
        let data = view::json(&view::event::event(event));
        let publication = Publication {
            verbatim: origin.and_then(|origin| origin.verbatim.clone()),
            except: origin.map(|origin| origin.client),
            ..Publication::new(lane, data)
        };
        // Before anybody hears of it: see `Pages`.
        self.known.pages.forget(room);
        self.hub.publish(&room_channel(room), publication);
    }

    fn came_in(&self, room: RoomId, people: &[PersonId]) {
        self.known.rosters.change(room, people, true);
    }

    fn went(&self, room: RoomId, people: &[PersonId]) {
        self.known.rosters.change(room, people, false);
        for person in people {
            self.hub
                .unsubscribe_user(*person, &room_channel(room), UNSUBSCRIBED);
            self.hub
                .unsubscribe_user(*person, &typing_channel(room), UNSUBSCRIBED);
        }
    }

    fn room_created(&self, created: &RoomCreated) {
        let room = created.room.id;
        self.known.rosters.change(room, &created.members, true);
        let epoch = created.room.epoch.to_string().into();
        for event in &created.events {
            self.publish(room, &epoch, (event, None));
        }
    }

    fn entered(&self, entered: &Entered) {
        self.known.directory.put(entered.person.clone());
        for created in &entered.created {
            self.room_created(created);
        }
        for appended in &entered.joined {
            self.appended(appended, None);
        }
    }

    fn person_changed(&self, person: &Person) {
        let before = self.known.directory.person(person.id);
        self.known.directory.put(person.clone());
        if person.deactivated_at.is_some() {
            self.hub.disconnect_user(person.id, LOGIN_ENDED);
            return;
        }
        // Guests hear less than others, and that is settled when a connection opens.
        let was_guest = before.is_some_and(|before| before.role == Role::Guest);
        if was_guest != (person.role == Role::Guest) {
            self.hub.disconnect_user(person.id, COME_BACK);
        }
    }
}
