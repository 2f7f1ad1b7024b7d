//! Rooms as one person sees them: what is unread, the newest message, the others.

use std::collections::HashMap;

use base::{PersonId, RoomId, Seq, UnixMs};
use domain::chat::{CallEnded, Notify, Room, RoomKind};
use sea_orm::{DatabaseTransaction, TransactionTrait as _};

use crate::event::hydrate;
use crate::event::row::Kind;
use crate::sql::{Database as _, Record, number, number_or_null, stored, yes};
use crate::{Fault, Store, call, hot, member, room};

/// A room as one person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomView {
    /// The room.
    pub room: Room,
    /// How many people are in it.
    pub member_count: u64,
    /// The newest message that stands, or the call that was since.
    pub last_message: Option<LastMessage>,
    /// The others, for direct and group rooms.
    pub peers: Vec<PersonId>,
    /// What is the person's own, none for somebody who is not in it.
    pub me: Option<Mine>,
}

/// The newest message of a room, or the call that was since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastMessage {
    /// Which.
    pub seq: Seq,
    /// Who wrote it.
    pub author: PersonId,
    /// How it begins, or the name of its first file; of a call, how long it was.
    pub excerpt: String,
    /// When.
    pub at: UnixMs,
    /// How the call was, none for a message.
    pub call: Option<CallEnded>,
}

/// What a member has of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mine {
    /// Everything up to here is read.
    pub read_seq: Seq,
    /// Messages of others after it that stand, at most
    /// [`base::limits::UNREAD_COUNT_MAX`].
    pub unread: u64,
    /// Of which mention them, at most the same number.
    pub mentions: u64,
    /// Whether it stands in their pinned section.
    pub pinned: bool,
    /// What they want to be told of.
    pub notify: Notify,
}

/// A row of a room view and the newest message it points at.
fn view_from_row(row: &Record) -> Result<(RoomView, Seq), Fault> {
    let me = match number_or_null(row, "person_id")? {
        None => None,
        Some(_) => Some(Mine {
            read_seq: Seq(number(row, "read_seq")?),
            unread: number(row, "unread")?,
            mentions: number(row, "mentions")?,
            pinned: yes(row, "pinned")?,
            notify: stored(row, "notify")?,
        }),
    };
    let view = RoomView {
        room: room::from_row(row)?,
        member_count: number(row, "member_count")?,
        last_message: None,
        peers: Vec::new(),
        me,
    };
    Ok((view, Seq(number(row, "last_message")?)))
}

/// Room views from their rows: the newest messages and the peers in a few statements for all.
async fn views(
    tx: &DatabaseTransaction,
    statement: sea_orm::Statement,
    person: PersonId,
) -> Result<Vec<RoomView>, Fault> {
    let rows = tx.query_all_raw(statement).await?;
    let rows = rows
        .iter()
        .map(view_from_row)
        .collect::<Result<Vec<_>, _>>()?;
    let keys: Vec<_> = rows
        .iter()
        .filter(|(_, last)| last.0 > 0)
        .map(|(view, last)| (view.room.id, *last))
        .collect();
    let messages = hydrate::rows_at(tx, &keys).await?;
    let wordless: Vec<_> = messages
        .values()
        .filter(|row| row.text.as_deref().unwrap_or_default().is_empty())
        .map(|row| (row.room, row.seq))
        .collect();
    let files = hydrate::files_of(tx, &wordless).await?;
    let small: Vec<RoomId> = rows
        .iter()
        .map(|(view, _)| &view.room)
        .filter(|room| matches!(room.kind, RoomKind::Direct | RoomKind::Group))
        .map(|room| room.id)
        .collect();
    let mut peers: HashMap<RoomId, Vec<PersonId>> = HashMap::new();
    for (room, peer) in member::people_in(tx, &small).await? {
        if peer != person {
            peers.entry(room).or_default().push(peer);
        }
    }
    let mut views = Vec::with_capacity(rows.len());
    for (mut view, last) in rows {
        if let Some(row) = messages.get(&(view.room.id, last)) {
            let is_call = row.kind == Kind::CallEnded;
            view.last_message = Some(LastMessage {
                seq: row.seq,
                author: row.author,
                excerpt: hydrate::excerpt_of(row, &files),
                at: row.at,
                call: is_call.then(|| call::ended(row)).transpose()?,
            });
        }
        view.peers = peers.remove(&view.room.id).unwrap_or_default();
        views.push(view);
    }
    Ok(views)
}

impl Store {
    /// One room as a person sees it.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn room_of(&self, room: RoomId, person: PersonId) -> Result<Option<RoomView>, Fault> {
        let tx = self.readers.begin().await?;
        Ok(views(&tx, hot::room_of(room, person), person).await?.pop())
    }

    /// One room as each of these people sees it, those left out who are not in it. What is the
    /// same for all of them is read once.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn room_of_members(
        &self,
        room: RoomId,
        people: &[PersonId],
    ) -> Result<Vec<(PersonId, RoomView)>, Fault> {
        if people.is_empty() {
            return Ok(Vec::new());
        }
        let tx = self.readers.begin().await?;
        // Of nobody in particular: the newest message, and all who are in a small room.
        let nobody = PersonId(0);
        let common = views(&tx, hot::room_of(room, nobody), nobody).await?.pop();
        let Some(common) = common else {
            return Ok(Vec::new());
        };
        let mut seen = Vec::with_capacity(people.len());
        for people in people.chunks(hot::KEYS_PER_STATEMENT) {
            for row in tx.query_all_raw(hot::room_of_members(room, people)).await? {
                let person = PersonId(number(&row, "person_id")?);
                let (mut view, _) = view_from_row(&row)?;
                view.last_message.clone_from(&common.last_message);
                view.peers.clone_from(&common.peers);
                view.peers.retain(|peer| *peer != person);
                seen.push((person, view));
            }
        }
        Ok(seen)
    }

    /// The rooms a person is in, in the order they were made.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn rooms_of(&self, person: PersonId) -> Result<Vec<RoomView>, Fault> {
        let tx = self.readers.begin().await?;
        views(&tx, hot::rooms_of(person), person).await
    }

    /// Every open room as a person sees it, in the order they were made.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn open_rooms(&self, person: PersonId) -> Result<Vec<RoomView>, Fault> {
        let tx = self.readers.begin().await?;
        views(&tx, hot::open_rooms(person), person).await
    }
}
