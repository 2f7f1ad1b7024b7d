//! Who is in a room, and how far they have read.

use std::collections::HashSet;

use base::{Code, PersonId, RoomId, Seq, UnixMs};
use domain::chat::{Member, Notify};
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};

use crate::fault::Stop;
use crate::head::{self, Head};
use crate::sql::{Bind as _, Database, Record, Stored as _, number, stored, stored_enum, yes};
use crate::table::Member as T;
use crate::transaction::Transaction;
use crate::{Done, Fault, Outcome, Store, hot, room};

stored_enum!(Notify { All = 0, Mentions = 1, Nothing = 2 });

/// Somebody has read up to here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MarkRead {
    /// In which room.
    pub room: RoomId,
    /// Who.
    pub person: PersonId,
    /// Everything up to here; cut to the head.
    pub seq: Seq,
    /// Also back: "mark as unread from here". Without it the larger seq wins.
    pub rewind: bool,
}

/// What somebody wants of a room; what is `None` stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetPreferences {
    /// Of which room.
    pub room: RoomId,
    /// Who.
    pub person: PersonId,
    /// Whether it stands in their pinned section.
    pub pinned: Option<bool>,
    /// What they want to be told of.
    pub notify: Option<Notify>,
}

/// Somebody may speak in a room's calls where only chosen people do, or not any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LetSpeak {
    /// In which room.
    pub room: RoomId,
    /// Who.
    pub person: PersonId,
    /// Whether they may.
    pub may_speak: bool,
}

/// How far somebody has read a room and what is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadMark {
    /// The room.
    pub room: RoomId,
    /// Who.
    pub person: PersonId,
    /// Everything up to here is read.
    pub read_seq: Seq,
    /// Messages of others after it that stand, at most [`base::limits::UNREAD_COUNT_MAX`].
    pub unread: u64,
    /// Of which mention them, at most the same number.
    pub mentions: u64,
}

fn select() -> SelectStatement {
    Query::select()
        .columns([
            T::RoomId,
            T::PersonId,
            T::JoinedAt,
            T::ReadSeq,
            T::ReadMsgSeq,
            T::Pinned,
            T::Notify,
            T::MaySpeak,
        ])
        .from(T::Table)
        .take()
}

pub(crate) fn from_row(row: &Record) -> Result<Member, Fault> {
    Ok(Member {
        room: RoomId(number(row, "room_id")?),
        person: PersonId(number(row, "person_id")?),
        joined_at: UnixMs(number(row, "joined_at")?),
        read_seq: Seq(number(row, "read_seq")?),
        read_msg_seq: number(row, "read_msg_seq")?,
        pinned: yes(row, "pinned")?,
        notify: stored(row, "notify")?,
        may_speak: yes(row, "may_speak")?,
    })
}

fn this(room: RoomId, person: PersonId) -> Expr {
    Expr::col(T::RoomId)
        .eq(room.bind())
        .and(Expr::col(T::PersonId).eq(person.bind()))
}

pub(crate) async fn one(
    connection: &impl Database,
    room: RoomId,
    person: PersonId,
) -> Result<Option<Member>, Fault> {
    let select = select().and_where(this(room, person)).take();
    connection
        .query_one(&select)
        .await?
        .as_ref()
        .map(from_row)
        .transpose()
}

/// The pairs in rows of [`hot::memberships`].
pub(crate) fn read_pairs(
    rows: impl IntoIterator<Item = Record>,
) -> Result<HashSet<(RoomId, PersonId)>, Fault> {
    let read = |row| {
        let room = RoomId(number(&row, "room_id")?);
        Ok((room, PersonId(number(&row, "person_id")?)))
    };
    rows.into_iter().map(read).collect()
}

/// Which of these people are in a room.
pub(crate) async fn of_room(
    tx: &Transaction,
    room: RoomId,
    people: &[PersonId],
) -> Result<HashSet<PersonId>, Fault> {
    let pairs: Vec<_> = people.iter().map(|person| (room, *person)).collect();
    let asked = pairs.chunks(hot::KEYS_PER_STATEMENT);
    let rows = tx.together(asked.map(hot::memberships).collect())?;
    let found = read_pairs(rows.into_iter().flatten())?;
    Ok(found.into_iter().map(|(_, person)| person).collect())
}

/// Who is in these rooms.
pub(crate) async fn people_in(
    connection: &impl Database,
    rooms: &[RoomId],
) -> Result<Vec<(RoomId, PersonId)>, Fault> {
    let mut found = Vec::new();
    for rooms in rooms.chunks(hot::KEYS_PER_STATEMENT) {
        for row in connection.query_all_raw(hot::people_in(rooms)).await? {
            found.push((
                RoomId(number(&row, "room_id")?),
                PersonId(number(&row, "person_id")?),
            ));
        }
    }
    Ok(found)
}

/// Brings people in; they have read what was there before them.
pub(crate) async fn insert(
    tx: &Transaction,
    head: &Head,
    people: &[PersonId],
    at: UnixMs,
) -> Result<(), Fault> {
    for person in people {
        let insert = Query::insert()
            .into_table(T::Table)
            .columns([
                T::RoomId,
                T::PersonId,
                T::JoinedAt,
                T::ReadSeq,
                T::ReadMsgSeq,
                T::Pinned,
                T::Notify,
            ])
            .values_panic([
                head.room.bind().into(),
                person.bind().into(),
                at.bind().into(),
                head.seq.bind().into(),
                head.msg_seq.bind().into(),
                0i64.into(),
                Notify::All.number().into(),
            ])
            .take();
        tx.execute(&insert).await?;
    }
    room::members_changed(tx, head, people.len().cast_signed() as i64).await
}

/// Takes people out.
pub(crate) async fn delete(
    tx: &Transaction,
    head: &Head,
    people: &[PersonId],
) -> Result<(), Fault> {
    for person in people {
        let delete = Query::delete()
            .from_table(T::Table)
            .and_where(this(head.room, *person))
            .take();
        tx.execute(&delete).await?;
    }
    room::members_changed(tx, head, -(people.len().cast_signed() as i64)).await
}

async fn read_mark(
    connection: &impl Database,
    room: RoomId,
    person: PersonId,
) -> Result<Option<ReadMark>, Fault> {
    let Some(row) = connection.query_one_raw(hot::room_of(room, person)).await? else {
        return Ok(None);
    };
    if crate::sql::number_or_null(&row, "person_id")?.is_none() {
        return Ok(None);
    }
    Ok(Some(ReadMark {
        room,
        person,
        read_seq: Seq(number(&row, "read_seq")?),
        unread: number(&row, "unread")?,
        mentions: number(&row, "mentions")?,
    }))
}

/// Moves a read mark; a mark that stays where it is writes nothing.
pub(crate) async fn mark_read(tx: &Transaction, mark: &MarkRead) -> Result<Outcome, Stop> {
    let member = one(tx, mark.room, mark.person)
        .await?
        .ok_or(Code::Forbidden)?;
    let head = head::one(tx, mark.room).await?.ok_or(Code::NotFound)?;
    let seq = mark.seq.min(head.seq);
    let seq = if mark.rewind {
        seq
    } else {
        seq.max(member.read_seq)
    };
    if seq != member.read_seq {
        let msg_seq = head::msg_seq_at(tx, mark.room, seq).await?;
        let update = Query::update()
            .table(T::Table)
            .value(T::ReadSeq, seq.bind())
            .value(T::ReadMsgSeq, msg_seq.bind())
            .and_where(this(mark.room, mark.person))
            .take();
        tx.execute(&update).await?;
    }
    let mark = read_mark(tx, mark.room, mark.person)
        .await?
        .ok_or(Code::Forbidden)?;
    Ok(Outcome::Done(Done::Read(mark)))
}

/// Changes what somebody wants of a room.
pub(crate) async fn set_preferences(
    tx: &Transaction,
    change: &SetPreferences,
) -> Result<Outcome, Stop> {
    let mut member = one(tx, change.room, change.person)
        .await?
        .ok_or(Code::Forbidden)?;
    member.pinned = change.pinned.unwrap_or(member.pinned);
    member.notify = change.notify.unwrap_or(member.notify);
    let update = Query::update()
        .table(T::Table)
        .value(T::Pinned, i64::from(member.pinned))
        .value(T::Notify, member.notify.number())
        .and_where(this(change.room, change.person))
        .take();
    tx.execute(&update).await?;
    Ok(Outcome::Done(Done::Preferences(member)))
}

/// Chooses somebody to speak, or takes it back.
pub(crate) async fn let_speak(tx: &Transaction, change: &LetSpeak) -> Result<Outcome, Stop> {
    one(tx, change.room, change.person)
        .await?
        .ok_or(Code::NotFound)?;
    let update = Query::update()
        .table(T::Table)
        .value(T::MaySpeak, i64::from(change.may_speak))
        .and_where(this(change.room, change.person))
        .take();
    tx.execute(&update).await?;
    Ok(Outcome::Done(Done::Nothing))
}

impl Store {
    /// A person's membership in a room.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn member(&self, room: RoomId, person: PersonId) -> Result<Option<Member>, Fault> {
        one(&self.readers, room, person).await
    }

    /// Everybody in a room.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn members(&self, room: RoomId) -> Result<Vec<Member>, Fault> {
        let select = select()
            .and_where(Expr::col(T::RoomId).eq(room.bind()))
            .order_by(T::PersonId, Order::Asc)
            .take();
        self.readers
            .query_all(&select)
            .await?
            .iter()
            .map(from_row)
            .collect()
    }

    /// The ids of everybody in a room.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn member_ids(&self, room: RoomId) -> Result<Vec<PersonId>, Fault> {
        let people = people_in(&self.readers, &[room]).await?;
        Ok(people.into_iter().map(|(_, person)| person).collect())
    }

    /// How far a member has read a room and what is left; none for somebody who is not in it.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn read_mark(
        &self,
        room: RoomId,
        person: PersonId,
    ) -> Result<Option<ReadMark>, Fault> {
        read_mark(&self.readers, room, person).await
    }
}
