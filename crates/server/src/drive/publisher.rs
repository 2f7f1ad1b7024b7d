//! Tells the living what was committed, in commit order.
//!
//! Two steps. [`Publisher::committed`] runs inside the writer, before the author's answer leaves:
//! it updates what is kept in memory, publishes to the room and to the people in it, and cuts off
//! whoever lost the right to listen, so that nothing is delivered past a removal. It reads nothing
//! and never waits. What needs reading (a room as each member sees it) goes in the same order to
//! [`Follow`], a task of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base::{PersonId, RoomId, Seq};
use bytes::Bytes;
use domain::auth::{Person, Role};
use domain::chat::{Event, EventKind, Message};
use domain::developer::{Change, Subject};
use domain::hub::{Lane, Publication, User};
use store::{Appended, Done, Entered, Recounted, RoomCreated, Store};
use tokio::sync::{Notify, mpsc};

use super::attendance::Attendance;
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
use crate::view::live::{Own, Place};

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
    /// Who is in the calls of rooms.
    pub attendance: Attendance,
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
    texts: Option<Texts>,
}

/// Who else is told of what happens in rooms, in the same order. Must not block.
pub struct Texts(Box<Telling>);

type Telling = dyn Fn(RoomId, &Event, Option<&Origin>) + Send + Sync;

impl std::fmt::Debug for Texts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Texts")
    }
}

impl Texts {
    /// Calls this with every event of a room.
    pub fn new(tell: impl Fn(RoomId, &Event, Option<&Origin>) + Send + Sync + 'static) -> Self {
        Self(Box::new(tell))
    }
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

/// What is left of a commit after the first step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    Nothing,
    /// Something has to be read before it can be told.
    Follows,
}

/// Tells those of these people who are there, each on their own stream.
pub(crate) fn tell_people<'a>(
    hub: &Hub,
    people: impl Iterator<Item = &'a PersonId>,
    data: impl FnOnce() -> Bytes,
) {
    let online = hub.online_of(people);
    if online.is_empty() {
        return;
    }
    let data = data();
    for person in online {
        let publication = Publication::new(Lane::Ephemeral, data.clone());
        hub.publish(&user_channel(person), publication);
    }
}

/// A counting message, as the people of its room hear of it.
pub(super) fn activity(appended: &Appended, message: &Message) -> Bytes {
    let event = &appended.event;
    let excerpt = match message.files.first() {
        Some(file) if message.text.is_empty() => file.name.clone(),
        Some(_) | None => domain::chat::excerpt::excerpt(&message.text),
    };
    view::json(&Own::Activity {
        room: appended.room,
        seq: event.seq,
        msg_seq: message.msg_seq,
        at: event.at,
        author: event.author,
        excerpt,
        mentions: message.mentions.clone(),
        mention_all: message.mention_all,
    })
}

/// A message that may have counted is gone.
pub(super) fn activity_deleted(room: RoomId, seq: Seq) -> Bytes {
    view::json(&Own::ActivityDeleted { room, seq })
}

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
            hub: hub.quiet(),
            known,
            follow: sender,
            missed,
            index,
            texts: None,
        }
    }

    /// Tells these, too, of what happens in rooms.
    #[must_use]
    pub fn telling(mut self, texts: Texts) -> Self {
        self.texts = Some(texts);
        self
    }

    /// What was committed at once, in order. Never waits.
    pub fn committed(&mut self, all: Vec<Committed>) {
        for committed in all {
            self.one(committed);
        }
        self.hub.wake();
    }

    fn one(&mut self, committed: Committed) {
        if let Done::Together(all) = committed.done {
            for done in all {
                let origin = committed.origin.clone();
                self.one(Committed { done, origin });
            }
            return;
        }
        if self.tell(&committed.done, committed.origin.as_ref()) == Rest::Nothing {
            return;
        }
        if self.follow.try_send(committed).is_err() {
            self.missed.note();
            metrics::counter!("plaza_publisher_follow_dropped_total").increment(1);
        }
    }

    fn tell(&self, done: &Done, origin: Option<&Origin>) -> Rest {
        match done {
            Done::Appended(appended) => self.appended(appended, origin),
            Done::RoomCreated(created) => {
                self.room_created(created);
                Rest::Follows
            }
            Done::Entered(entered) => {
                self.entered(entered);
                Rest::Follows
            }
            Done::Person(person) => {
                self.person_changed(person);
                Rest::Follows
            }
            Done::Ended(sessions) => {
                for session in sessions {
                    self.hub.disconnect_session(*session, LOGIN_ENDED);
                }
                Rest::Nothing
            }
            Done::Read(_) | Done::Preferences(_) => Rest::Follows,
            Done::PlaceRenamed(name) => {
                let told = Place::Place { name: name.clone() };
                let publication = Publication::new(Lane::Ephemeral, view::json(&told));
                self.hub.publish(PLACE_CHANNEL, publication);
                Rest::Nothing
            }
            Done::Developer(change) => {
                self.developer_changed(change);
                Rest::Nothing
            }
            Done::Outbox { dropped } => {
                self.known.webhooks.written(*dropped);
                Rest::Nothing
            }
            // Taken apart before.
            Done::Together(_) | Done::Nothing => Rest::Nothing,
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

    fn appended(&self, appended: &Appended, origin: Option<&Origin>) -> Rest {
        let room = appended.room;
        self.known.rosters.appended(appended);
        let epoch = appended.epoch.to_string().into();
        self.publish(room, &epoch, (&appended.event, origin));
        match &appended.event.kind {
            EventKind::Message(message) => {
                self.index.notify_one();
                self.activity(room, || activity(appended, message))
            }
            EventKind::Deleted { target } => {
                self.index.notify_one();
                self.activity(room, || activity_deleted(room, *target))
            }
            EventKind::Edited { .. } => {
                self.index.notify_one();
                match &appended.recounted {
                    Recounted::People(people) if people.is_empty() => Rest::Nothing,
                    Recounted::People(_) | Recounted::All => Rest::Follows,
                }
            }
            EventKind::Left => {
                self.went(room, &[appended.event.author]);
                Rest::Follows
            }
            EventKind::Removed { users } => {
                self.went(room, users);
                Rest::Follows
            }
            EventKind::Joined
            | EventKind::Added { .. }
            | EventKind::Renamed { .. }
            | EventKind::Topic { .. }
            | EventKind::Unarchived
            | EventKind::CallEnded(_) => Rest::Follows,
            EventKind::Archived | EventKind::Speakers { .. } => {
                self.known.attendance.doubt(room);
                Rest::Follows
            }
            EventKind::Reacted { .. } | EventKind::Created | EventKind::CallStarted { .. } => {
                Rest::Nothing
            }
        }
    }

    /// Tells the people of a room what counts, beside the event itself: so whoever listens to both
    /// gets both in one write. Mostly who is in the room is known; else it has to be read.
    fn activity(&self, room: RoomId, data: impl FnOnce() -> Bytes) -> Rest {
        match self.known.rosters.known(room) {
            Some(members) => {
                tell_people(&self.hub, members.iter(), data);
                Rest::Nothing
            }
            None => Rest::Follows,
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
        if let Some(Texts(tell)) = &self.texts {
            tell(room, event, origin);
        }
    }

    fn went(&self, room: RoomId, people: &[PersonId]) {
        self.known.attendance.doubt(room);
        for person in people {
            self.hub
                .unsubscribe_user(*person, &room_channel(room), UNSUBSCRIBED);
            self.hub
                .unsubscribe_user(*person, &typing_channel(room), UNSUBSCRIBED);
        }
    }

    fn room_created(&self, created: &RoomCreated) {
        self.known.rosters.created(created);
        let epoch = created.room.epoch.to_string().into();
        for event in &created.events {
            self.publish(created.room.id, &epoch, (event, None));
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
        self.known.attendance.doubt_all();
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
