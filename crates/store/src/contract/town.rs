//! A place with people and rooms, and short words for what exams do in it.

use std::sync::Arc;

use base::{Code, Epoch, FileId, PersonId, RoomId, Seq, UnixMs};
use domain::auth::{Person, Role};
use domain::chat::{Append, Change, Event, EventKind, File, Message, Room, RoomKind, Speakers};

use crate::{
    Appended, Command, CreateRoom, Done, MarkRead, Outcome, ReadMark, RoomCreated, SetUp, Store,
    UpdatePerson, Window, Writer,
};

/// The owner, who opened the place.
pub const OWNER: PersonId = PersonId(1);
/// Somebody in the lobby.
pub const ANN: PersonId = PersonId(2);
/// Somebody else in the lobby.
pub const BEN: PersonId = PersonId(3);
/// Somebody in no room.
pub const STRANGER: PersonId = PersonId(4);
/// The room where everybody but the stranger is.
pub const LOBBY: RoomId = RoomId(100);

/// A store with a few people and the lobby.
#[derive(Debug)]
pub struct Town {
    pub store: Store,
    pub writer: Writer,
    pub now: UnixMs,
}

/// A person whose handle is made from their id.
#[must_use]
pub fn person(id: PersonId) -> Person {
    Person {
        id,
        name: format!("person{}", id.0),
        display_name: format!("Person {}", id.0),
        role: Role::Member,
        avatar: None,
        password_hash: Some("hash".to_owned()),
        locale: "en".to_owned(),
        created_at: UnixMs(1_000),
        deactivated_at: None,
    }
}

/// A room made by the owner.
#[must_use]
pub fn room(id: RoomId, kind: RoomKind) -> Room {
    Room {
        id,
        kind,
        name: format!("room{}", id.0),
        topic: String::new(),
        created_by: OWNER,
        created_at: UnixMs(1_000),
        archived_at: None,
        speakers: Speakers::Everyone,
        epoch: Epoch(7),
        seq: Seq(0),
        msg_seq: 0,
    }
}

/// A post of this text and nothing else.
#[must_use]
pub fn text(text: &str) -> Change {
    post(text, None)
}

/// A post with a client id.
#[must_use]
pub fn post(text: &str, client_id: Option<&str>) -> Change {
    Change::Post {
        client_id: client_id.map(str::to_owned),
        text: text.to_owned(),
        reply_to: None,
        files: Vec::new(),
        mentions: Vec::new(),
        mention_all: false,
    }
}

/// An image uploaded for the lobby.
#[must_use]
pub fn image(id: u64, by: PersonId) -> File {
    File {
        id: FileId(id),
        room: LOBBY,
        uploaded_by: by,
        uploaded_at: UnixMs(2_000),
        hash: format!("hash{id}"),
        name: format!("picture {id}.png"),
        media_type: "image/png".to_owned(),
        size_bytes: 10,
        width_px: Some(4),
        height_px: Some(3),
        thumb_hash: Some(format!("thumb{id}")),
    }
}

/// The message an event is.
#[must_use]
pub fn message(event: &Event) -> &Message {
    match &event.kind {
        EventKind::Message(message) => message,
        other => panic!("not a message: {other:?}"),
    }
}

impl Town {
    /// Opens the place in a fresh store.
    pub async fn found(store: Store, writer: Writer) -> Self {
        let mut town = Self {
            store,
            writer,
            now: UnixMs(10_000),
        };
        let owner = person(OWNER);
        let lobby = room(LOBBY, RoomKind::Open);
        let set_up = SetUp {
            place_name: "Town".to_owned(),
            owner,
            lobby,
        };
        town.done(Command::SetUp(Box::new(set_up))).await;
        for id in [ANN, BEN, STRANGER] {
            town.come_in(id).await;
        }
        town.append(STRANGER, LOBBY, Change::Leave).await;
        town
    }

    /// Somebody new comes in through an invitation of their own and stands in the lobby.
    pub async fn come_in(&mut self, id: PersonId) {
        let code = format!("CODE-{}", id.0);
        let invite = domain::auth::Invite {
            code: code.clone(),
            created_by: OWNER,
            created_at: UnixMs(500),
            expires_at: UnixMs(1_000_000),
            uses_max: 1,
            uses: 0,
            role: Role::Member,
            room: LOBBY,
        };
        self.done(Command::CreateInvite(Box::new(invite))).await;
        let accept = crate::AcceptInvite {
            code,
            person: person(id),
        };
        self.done(Command::AcceptInvite(Box::new(accept))).await;
    }

    pub async fn commit(&mut self, command: Command) -> Outcome {
        self.writer.commit(vec![command]).await.pop().unwrap()
    }

    pub async fn done(&mut self, command: Command) -> Done {
        match self.commit(command).await {
            Outcome::Done(done) => done,
            other => panic!("not done: {other:?}"),
        }
    }

    pub async fn refused(&mut self, command: Command) -> Code {
        match self.commit(command).await {
            Outcome::Refused(code) => code,
            other => panic!("not refused: {other:?}"),
        }
    }

    pub fn by(&mut self, author: PersonId, room: RoomId, change: Change) -> Command {
        self.now = self.now.plus_ms(1);
        Command::Append(Append {
            room,
            author,
            at: self.now,
            change,
        })
    }

    pub async fn try_append(&mut self, author: PersonId, room: RoomId, change: Change) -> Outcome {
        let command = self.by(author, room, change);
        self.commit(command).await
    }

    pub async fn append(&mut self, author: PersonId, room: RoomId, change: Change) -> Appended {
        match self.try_append(author, room, change).await {
            Outcome::Done(Done::Appended(appended)) => appended,
            other => panic!("not appended: {other:?}"),
        }
    }

    pub async fn append_refused(&mut self, author: PersonId, room: RoomId, change: Change) -> Code {
        let command = self.by(author, room, change);
        self.refused(command).await
    }

    /// Says something in the lobby and answers with its seq.
    pub async fn say(&mut self, author: PersonId, words: &str) -> Seq {
        self.append(author, LOBBY, text(words)).await.event.seq
    }

    pub async fn read(&mut self, person: PersonId, seq: Seq, rewind: bool) -> ReadMark {
        let mark = MarkRead {
            room: LOBBY,
            person,
            seq,
            rewind,
        };
        match self.done(Command::MarkRead(mark)).await {
            Done::Read(mark) => mark,
            other => panic!("no mark: {other:?}"),
        }
    }

    pub async fn create_room(&mut self, room: Room, members: &[PersonId]) -> Outcome {
        let create = CreateRoom {
            room,
            members: members.to_vec(),
        };
        self.commit(Command::CreateRoom(Box::new(create))).await
    }

    pub async fn new_room(&mut self, room: Room, members: &[PersonId]) -> Arc<RoomCreated> {
        match self.create_room(room, members).await {
            Outcome::Done(Done::RoomCreated(created)) => created,
            other => panic!("no room: {other:?}"),
        }
    }

    pub async fn update(
        &mut self,
        id: PersonId,
        change: impl FnOnce(&mut UpdatePerson),
    ) -> Outcome {
        let mut update = UpdatePerson::of(id, self.now);
        change(&mut update);
        self.commit(Command::UpdatePerson(Box::new(update))).await
    }

    /// The lobby's whole history.
    pub async fn history(&self) -> Vec<Event> {
        self.store
            .page(LOBBY, Window::Newest, 200)
            .await
            .unwrap()
            .unwrap()
            .events
    }

    /// The lobby's whole log.
    pub async fn log(&self) -> Vec<Event> {
        self.store
            .log_since(LOBBY, Seq(0), 10_000)
            .await
            .unwrap()
            .unwrap()
            .events
    }

    /// A message of the lobby as it stands.
    pub async fn message(&self, seq: Seq) -> Message {
        message(&self.store.message(LOBBY, seq).await.unwrap().unwrap()).clone()
    }
}
