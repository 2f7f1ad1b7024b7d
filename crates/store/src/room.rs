//! Rooms in the database: their description, their head, and how a person sees them.

use std::collections::HashMap;
use std::sync::Arc;

use base::{Code, Epoch, PersonId, RoomId, Seq, UnixMs};
use domain::chat::{Event, Member, Notify, Room, RoomKind};
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query, SimpleExpr};
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult, TransactionTrait as _, Value};

use crate::event::change::Scene;
use crate::event::hydrate;
use crate::fault::Stop;
use crate::sql::{
    Bind as _, Stored as _, column, int, number, number_or_null, stored, stored_enum, yes,
};
use crate::table::{Event as E, Room as T};
use crate::{Appended, Done, Fault, Outcome, Store, hot, member};

stored_enum!(RoomKind { Open = 0, Closed = 1, Direct = 2, Group = 3 });

/// Rows looked at to find the newest message that stands, when the newest was deleted.
const LAST_MESSAGE_SCAN_ROWS_MAX: u64 = 1_000;

/// A new room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateRoom {
    /// The room; its counters are set by the store.
    pub room: Room,
    /// Who is in it besides the person who makes it.
    pub members: Vec<PersonId>,
}

/// A room that was made, or the one that was there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomCreated {
    /// The room after it.
    pub room: Room,
    /// Who is in it.
    pub members: Vec<PersonId>,
    /// What stands in its log: `created`, then `added`. Empty for one that was there.
    pub events: Vec<Arc<Event>>,
}

/// A room as one person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomView {
    /// The room.
    pub room: Room,
    /// How many people are in it.
    pub member_count: u64,
    /// The newest message that stands.
    pub last_message: Option<LastMessage>,
    /// The others, for direct and group rooms.
    pub peers: Vec<PersonId>,
    /// What is the person's own, none for somebody who is not in it.
    pub me: Option<Mine>,
}

/// The newest message of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastMessage {
    /// Which.
    pub seq: Seq,
    /// Who wrote it.
    pub author: PersonId,
    /// How it begins, or the name of its first file.
    pub excerpt: String,
    /// When.
    pub at: UnixMs,
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

/// Where a room's log stands: what appending needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    pub(crate) room: RoomId,
    pub(crate) kind: RoomKind,
    pub(crate) epoch: Epoch,
    pub(crate) seq: Seq,
    pub(crate) msg_seq: u64,
    pub(crate) last_message: Seq,
    pub(crate) archived: bool,
}

impl Head {
    fn read(row: &QueryResult) -> Result<Self, Fault> {
        Ok(Self {
            room: RoomId(number(row, "room_id")?),
            kind: stored(row, "kind")?,
            epoch: epoch(row)?,
            seq: Seq(number(row, "seq")?),
            msg_seq: number(row, "msg_seq")?,
            last_message: Seq(number(row, "last_message")?),
            archived: yes(row, "archived")?,
        })
    }

    /// The next seq, for an event that is no message.
    pub(crate) fn append(&mut self) -> Seq {
        self.seq = self.seq.next();
        self.seq
    }

    /// The next seq, for a message.
    pub(crate) fn append_message(&mut self) -> Seq {
        self.msg_seq += 1;
        self.last_message = self.append();
        self.last_message
    }

    pub(crate) fn appended(&self, event: Event, target: Option<Event>) -> Appended {
        Appended {
            room: self.room,
            epoch: self.epoch,
            seq: self.seq,
            msg_seq: self.msg_seq,
            event: Arc::new(event),
            target: target.map(Arc::new),
        }
    }

    fn values(self) -> [Value; 5] {
        [
            self.room.bind(),
            self.epoch.bind(),
            self.seq.bind(),
            self.msg_seq.bind(),
            self.last_message.bind(),
        ]
    }
}

fn epoch(row: &QueryResult) -> Result<Epoch, Fault> {
    let epoch = u32::try_from(number(row, "epoch")?);
    epoch
        .map(Epoch)
        .map_err(|_| Fault::data("an epoch of more than 32 bits"))
}

pub(crate) async fn heads(
    connection: &impl ConnectionTrait,
    rooms: &[RoomId],
) -> Result<HashMap<RoomId, Head>, Fault> {
    let mut found = HashMap::with_capacity(rooms.len());
    for rooms in rooms.chunks(hot::KEYS_PER_STATEMENT) {
        for row in connection.query_all_raw(hot::heads(rooms)).await? {
            let head = Head::read(&row)?;
            found.insert(head.room, head);
        }
    }
    Ok(found)
}

pub(crate) async fn head(
    connection: &impl ConnectionTrait,
    room: RoomId,
) -> Result<Option<Head>, Fault> {
    Ok(heads(connection, &[room]).await?.remove(&room))
}

pub(crate) async fn put_heads(tx: &DatabaseTransaction, heads: Vec<Head>) -> Result<(), Fault> {
    for statement in hot::put_heads(heads.into_iter().map(Head::values).collect()) {
        tx.execute_raw(statement).await?;
    }
    Ok(())
}

/// The newest message below a seq that stands, 0 for none near.
pub(crate) async fn last_message_before(
    tx: &DatabaseTransaction,
    room: RoomId,
    before: Seq,
) -> Result<Seq, Fault> {
    let near = Query::select()
        .columns([E::Seq, E::Kind, E::Deleted])
        .from(E::Table)
        .and_where(Expr::col(E::RoomId).eq(room.bind()))
        .and_where(Expr::col(E::Seq).lt(before.bind()))
        .order_by(E::Seq, Order::Desc)
        .limit(LAST_MESSAGE_SCAN_ROWS_MAX)
        .take();
    let select = Query::select()
        .column(E::Seq)
        .from_subquery(near, "near")
        .and_where(Expr::col(E::Kind).eq(0))
        .and_where(Expr::col(E::Deleted).eq(0))
        .limit(1)
        .take();
    let row = tx.query_one(&select).await?;
    Ok(row
        .map(|row| number(&row, "seq"))
        .transpose()?
        .map_or(Seq(0), Seq))
}

async fn set(
    tx: &DatabaseTransaction,
    room: RoomId,
    column: T,
    value: impl Into<SimpleExpr>,
) -> Result<(), Fault> {
    let update = Query::update()
        .table(T::Table)
        .value(column, value)
        .and_where(Expr::col(T::Id).eq(room.bind()))
        .take();
    tx.execute(&update).await?;
    Ok(())
}

pub(crate) async fn set_name(
    tx: &DatabaseTransaction,
    room: RoomId,
    name: &str,
) -> Result<(), Fault> {
    set(tx, room, T::Name, name).await
}

pub(crate) async fn set_topic(
    tx: &DatabaseTransaction,
    room: RoomId,
    topic: &str,
) -> Result<(), Fault> {
    set(tx, room, T::Topic, topic).await
}

pub(crate) async fn set_archived(
    tx: &DatabaseTransaction,
    room: RoomId,
    at: Option<UnixMs>,
) -> Result<(), Fault> {
    set(tx, room, T::ArchivedAt, at.bind()).await
}

/// Notes that people came or went: how many there are, and who a group now is.
pub(crate) async fn members_changed(
    tx: &DatabaseTransaction,
    head: &Head,
    change: i64,
) -> Result<(), Fault> {
    set(
        tx,
        head.room,
        T::MemberCount,
        Expr::col(T::MemberCount).add(change),
    )
    .await?;
    if head.kind != RoomKind::Group {
        return Ok(());
    }
    let people = member::people_in(tx, &[head.room]).await?;
    let key = direct_key(
        RoomKind::Group,
        people.into_iter().map(|(_, person)| person).collect(),
    );
    let taken = by_direct_key(tx, key.as_deref())
        .await?
        .is_some_and(|room| room != head.room);
    set(tx, head.room, T::DirectKey, key.filter(|_| !taken)).await
}

/// What makes a direct or group room the one of its members; none for other rooms.
fn direct_key(kind: RoomKind, mut people: Vec<PersonId>) -> Option<String> {
    let letter = match kind {
        RoomKind::Open | RoomKind::Closed => return None,
        RoomKind::Direct => 'd',
        RoomKind::Group => 'g',
    };
    people.sort_unstable();
    people.dedup();
    let people: Vec<String> = people
        .iter()
        .map(|person| format!("{:x}", person.0))
        .collect();
    Some(format!("{letter}:{}", people.join(",")))
}

async fn by_direct_key(
    tx: &DatabaseTransaction,
    key: Option<&str>,
) -> Result<Option<RoomId>, Fault> {
    let Some(key) = key else { return Ok(None) };
    let select = Query::select()
        .column(T::Id)
        .from(T::Table)
        .and_where(Expr::col(T::DirectKey).eq(key))
        .take();
    let row = tx.query_one(&select).await?;
    Ok(row.map(|row| number(&row, "id")).transpose()?.map(RoomId))
}

/// Whether a room may be made: `Conflict` when its id is taken.
pub(crate) async fn check_new(tx: &DatabaseTransaction, room: &Room) -> Result<(), Stop> {
    if head(tx, room.id).await?.is_some() {
        return Err(Code::Conflict.into());
    }
    Ok(())
}

fn everybody(create: &CreateRoom) -> Vec<PersonId> {
    let mut people = create.members.clone();
    people.push(create.room.created_by);
    people.sort_unstable();
    people.dedup();
    people
}

/// Makes a room, or answers with the direct or group room that these people have.
pub(crate) async fn create(tx: &DatabaseTransaction, create: &CreateRoom) -> Result<Outcome, Stop> {
    let key = direct_key(create.room.kind, everybody(create));
    if let Some(id) = by_direct_key(tx, key.as_deref()).await? {
        let room = by_id(tx, id)
            .await?
            .ok_or_else(|| Fault::data("a room without a head"))?;
        let members = member::people_in(tx, &[id]).await?;
        let members = members.into_iter().map(|(_, person)| person).collect();
        let there = RoomCreated {
            room,
            members,
            events: Vec::new(),
        };
        return Ok(Outcome::Duplicate(Done::RoomCreated(Arc::new(there))));
    }
    check_new(tx, &create.room).await?;
    let created = write(tx, create).await?;
    Ok(Outcome::Done(Done::RoomCreated(Arc::new(created))))
}

/// Writes a room that was checked, its first event and its members.
pub(crate) async fn write(
    tx: &DatabaseTransaction,
    create: &CreateRoom,
) -> Result<RoomCreated, Stop> {
    let room = &create.room;
    let members = everybody(create);
    let insert = Query::insert()
        .into_table(T::Table)
        .columns([
            T::Id,
            T::Kind,
            T::Name,
            T::Topic,
            T::CreatedBy,
            T::CreatedAt,
            T::ArchivedAt,
            T::DirectKey,
            T::MemberCount,
        ])
        .values_panic([
            room.id.bind().into(),
            room.kind.number().into(),
            room.name.as_str().into(),
            room.topic.as_str().into(),
            room.created_by.bind().into(),
            room.created_at.bind().into(),
            room.archived_at.bind().into(),
            direct_key(room.kind, members.clone()).into(),
            0i64.into(),
        ])
        .take();
    tx.execute(&insert).await?;
    let head = Head {
        room: room.id,
        kind: room.kind,
        epoch: room.epoch,
        seq: Seq(0),
        msg_seq: 0,
        last_message: Seq(0),
        archived: false,
    };
    let mut scene = Scene {
        tx,
        head,
        author: room.created_by,
        at: room.created_at,
    };
    let mut events = vec![scene.create().await?.event];
    if let Done::Appended(added) = scene.add(&create.members).await? {
        events.push(added.event);
    }
    let room = Room {
        seq: scene.head.seq,
        msg_seq: 0,
        ..room.clone()
    };
    Ok(RoomCreated {
        room,
        members,
        events,
    })
}

fn from_row(row: &QueryResult) -> Result<Room, Fault> {
    Ok(Room {
        id: RoomId(number(row, "id")?),
        kind: stored(row, "kind")?,
        name: column(row, "name")?,
        topic: column(row, "topic")?,
        created_by: PersonId(number(row, "created_by")?),
        created_at: UnixMs(number(row, "created_at")?),
        archived_at: number_or_null(row, "archived_at")?.map(UnixMs),
        epoch: epoch(row)?,
        seq: Seq(number(row, "seq")?),
        msg_seq: number(row, "msg_seq")?,
    })
}

async fn by_id(connection: &impl ConnectionTrait, room: RoomId) -> Result<Option<Room>, Fault> {
    let row = connection
        .query_one_raw(hot::standing(room, PersonId(0)))
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// A row of a room view and the newest message it points at.
fn view_from_row(row: &QueryResult) -> Result<(RoomView, Seq), Fault> {
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
        room: from_row(row)?,
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
        view.last_message = messages.get(&(view.room.id, last)).map(|row| LastMessage {
            seq: row.seq,
            author: row.author,
            excerpt: hydrate::excerpt_of(row, &files),
            at: row.at,
        });
        view.peers = peers.remove(&view.room.id).unwrap_or_default();
        views.push(view);
    }
    Ok(views)
}

impl Store {
    /// One room.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn room(&self, room: RoomId) -> Result<Option<Room>, Fault> {
        by_id(&self.readers, room).await
    }

    /// One room as a person sees it.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn room_of(&self, room: RoomId, person: PersonId) -> Result<Option<RoomView>, Fault> {
        let tx = self.readers.begin().await?;
        Ok(views(&tx, hot::room_of(room, person), person).await?.pop())
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

    /// A room and a person's membership in it: the facts for a decision, in one statement.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn standing(
        &self,
        room: RoomId,
        person: PersonId,
    ) -> Result<Option<(Room, Option<Member>)>, Fault> {
        let row = self
            .readers
            .query_one_raw(hot::standing(room, person))
            .await?;
        let Some(row) = row else { return Ok(None) };
        let member = match number_or_null(&row, "person_id")? {
            Some(_) => Some(member::from_row(&row)?),
            None => None,
        };
        Ok(Some((from_row(&row)?, member)))
    }
}

/// How many messages a room had counted up to a seq.
pub(crate) async fn msg_seq_at(
    tx: &DatabaseTransaction,
    room: RoomId,
    seq: Seq,
) -> Result<u64, Fault> {
    let select = Query::select()
        .column(E::MsgSeq)
        .from(E::Table)
        .and_where(Expr::col(E::RoomId).eq(int(room.0)))
        .and_where(Expr::col(E::Seq).eq(seq.bind()))
        .take();
    let row = tx.query_one(&select).await?;
    Ok(row
        .map(|row| number(&row, "msg_seq"))
        .transpose()?
        .unwrap_or(0))
}
