//! Rooms in the database: making them, what they are, who they are for.

use std::sync::Arc;

use base::{Code, PersonId, RoomId, Seq, UnixMs};
use domain::chat::{Event, Member, Room, RoomKind, Speakers};
use sea_orm::TransactionTrait as _;
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query, SimpleExpr};

use crate::event::change::Scene;
use crate::fault::Stop;
use crate::head::{self, Head};
use crate::sql::{
    Bind as _, Database, Record, Stored as _, column, number, number_or_null, stored, stored_enum,
};
use crate::table::Room as T;
use crate::transaction::Transaction;
use crate::{Done, Fault, Outcome, Store, hot, member};

stored_enum!(RoomKind { Open = 0, Closed = 1, Direct = 2, Group = 3 });
stored_enum!(Speakers { Everyone = 0, Chosen = 1 });

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

async fn set(
    tx: &Transaction,
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

pub(crate) async fn set_name(tx: &Transaction, room: RoomId, name: &str) -> Result<(), Fault> {
    set(tx, room, T::Name, name).await
}

pub(crate) async fn set_topic(tx: &Transaction, room: RoomId, topic: &str) -> Result<(), Fault> {
    set(tx, room, T::Topic, topic).await
}

pub(crate) async fn set_archived(
    tx: &Transaction,
    room: RoomId,
    at: Option<UnixMs>,
) -> Result<(), Fault> {
    set(tx, room, T::ArchivedAt, at.bind()).await
}

pub(crate) async fn set_speakers(
    tx: &Transaction,
    room: RoomId,
    speakers: Speakers,
) -> Result<(), Fault> {
    set(tx, room, T::Speakers, speakers.number()).await
}

/// Notes that people came or went: how many there are, and who a group now is.
pub(crate) async fn members_changed(
    tx: &Transaction,
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

async fn by_direct_key(tx: &Transaction, key: Option<&str>) -> Result<Option<RoomId>, Fault> {
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
pub(crate) async fn check_new(tx: &Transaction, room: &Room) -> Result<(), Stop> {
    if head::one(tx, room.id).await?.is_some() {
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
pub(crate) async fn create(tx: &Transaction, create: &CreateRoom) -> Result<Outcome, Stop> {
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
pub(crate) async fn write(tx: &Transaction, create: &CreateRoom) -> Result<RoomCreated, Stop> {
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
            T::Speakers,
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
            room.speakers.number().into(),
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

pub(crate) fn from_row(row: &Record) -> Result<Room, Fault> {
    Ok(Room {
        id: RoomId(number(row, "id")?),
        kind: stored(row, "kind")?,
        name: column(row, "name")?,
        topic: column(row, "topic")?,
        created_by: PersonId(number(row, "created_by")?),
        created_at: UnixMs(number(row, "created_at")?),
        archived_at: number_or_null(row, "archived_at")?.map(UnixMs),
        speakers: stored(row, "speakers")?,
        epoch: head::epoch(row)?,
        seq: Seq(number(row, "seq")?),
        msg_seq: number(row, "msg_seq")?,
    })
}

pub(crate) async fn by_id(connection: &impl Database, room: RoomId) -> Result<Option<Room>, Fault> {
    let row = connection
        .query_one_raw(hot::standing(room, PersonId(0)))
        .await?;
    row.as_ref().map(from_row).transpose()
}

impl Store {
    /// One room.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn room(&self, room: RoomId) -> Result<Option<Room>, Fault> {
        by_id(&self.readers, room).await
    }

    /// A room and everybody in it, as of one moment.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn roster(&self, room: RoomId) -> Result<Option<(Room, Vec<PersonId>)>, Fault> {
        let tx = self.readers.begin().await?;
        let Some(found) = by_id(&tx, room).await? else {
            return Ok(None);
        };
        let people = member::people_in(&tx, &[room]).await?;
        let people = people.into_iter().map(|(_, person)| person).collect();
        Ok(Some((found, people)))
    }

    /// The open rooms, archived ones too, in the order they were made: which, their names, and
    /// whether they take events.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn open_room_names(&self) -> Result<Vec<(RoomId, String, bool)>, Fault> {
        let select = Query::select()
            .columns([T::Id, T::Name, T::ArchivedAt])
            .from(T::Table)
            .and_where(Expr::col(T::Kind).eq(RoomKind::Open.number()))
            .order_by(T::Id, Order::Asc)
            .take();
        let rows = self.readers.query_all(&select).await?;
        let named = |row: &Record| {
            let open = number_or_null(row, "archived_at")?.is_none();
            Ok((RoomId(number(row, "id")?), column(row, "name")?, open))
        };
        rows.iter().map(named).collect()
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
