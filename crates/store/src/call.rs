//! Calls that go on, noted so that one which the server's own end cut off is ended at the next
//! start, and how a call lies in its row of the log.

use base::{CallId, PersonId, RoomId, UnixMs};
use domain::chat::{CallEnded, OpenCall};
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};
use serde::{Deserialize, Serialize};

use crate::event::row::Row;
use crate::fault::Stop;
use crate::sql::{Bind as _, Database as _, Record, column, number};
use crate::table::Call as T;
use crate::transaction::Transaction;
use crate::{Done, Fault, Outcome, Store};

/// A call goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteCall {
    /// Where.
    pub room: RoomId,
    /// Which.
    pub call: CallId,
    /// When this was so.
    pub at: UnixMs,
    /// Who was there so far.
    pub participants: Vec<PersonId>,
}

/// A call that is over, in its row.
#[derive(Serialize, Deserialize)]
struct Data {
    call: CallId,
    duration_ms: u64,
    participants: Vec<PersonId>,
}

pub(crate) fn data(ended: &CallEnded) -> Result<String, Fault> {
    Ok(serde_json::to_string(&Data {
        call: ended.call,
        duration_ms: ended.duration_ms,
        participants: ended.participants.clone(),
    })?)
}

/// How the call of a row was.
pub(crate) fn ended(row: &Row) -> Result<CallEnded, Fault> {
    let data: Data = serde_json::from_str(row.data.as_deref().unwrap_or_default())?;
    Ok(CallEnded {
        call: data.call,
        duration_ms: data.duration_ms,
        participants: data.participants,
    })
}

/// Which call began with a row.
pub(crate) fn started(row: &Row) -> Result<CallId, Fault> {
    Ok(serde_json::from_str(
        row.data.as_deref().unwrap_or_default(),
    )?)
}

fn select() -> SelectStatement {
    Query::select()
        .columns([
            T::RoomId,
            T::CallId,
            T::StartedBy,
            T::StartedAt,
            T::NotedAt,
            T::Participants,
        ])
        .from(T::Table)
        .order_by(T::RoomId, Order::Asc)
        .take()
}

fn from_row(row: &Record) -> Result<OpenCall, Fault> {
    let participants: String = column(row, "participants")?;
    Ok(OpenCall {
        room: RoomId(number(row, "room_id")?),
        call: CallId(number(row, "call_id")?),
        started_by: PersonId(number(row, "started_by")?),
        started_at: UnixMs(number(row, "started_at")?),
        noted_at: UnixMs(number(row, "noted_at")?),
        participants: serde_json::from_str(&participants)?,
    })
}

/// The call that goes on in a room.
pub(crate) async fn open_in(tx: &Transaction, room: RoomId) -> Result<Option<OpenCall>, Fault> {
    let select = select()
        .and_where(Expr::col(T::RoomId).eq(room.bind()))
        .take();
    let row = tx.query_one(&select).await?;
    row.as_ref().map(from_row).transpose()
}

pub(crate) async fn insert(tx: &Transaction, open: &OpenCall) -> Result<(), Fault> {
    let insert = Query::insert()
        .into_table(T::Table)
        .columns([
            T::RoomId,
            T::CallId,
            T::StartedBy,
            T::StartedAt,
            T::NotedAt,
            T::Participants,
        ])
        .values_panic([
            open.room.bind().into(),
            open.call.0.bind().into(),
            open.started_by.bind().into(),
            open.started_at.bind().into(),
            open.noted_at.bind().into(),
            serde_json::to_string(&open.participants)?.into(),
        ])
        .take();
    tx.execute(&insert).await?;
    Ok(())
}

pub(crate) async fn delete(tx: &Transaction, room: RoomId) -> Result<(), Fault> {
    let delete = Query::delete()
        .from_table(T::Table)
        .and_where(Expr::col(T::RoomId).eq(room.bind()))
        .take();
    tx.execute(&delete).await?;
    Ok(())
}

/// Notes that calls go on.
pub(crate) async fn note(tx: &Transaction, notes: &[NoteCall]) -> Result<Outcome, Stop> {
    for note in notes {
        let update = Query::update()
            .table(T::Table)
            .value(T::NotedAt, note.at.bind())
            .value(T::Participants, serde_json::to_string(&note.participants)?)
            .and_where(Expr::col(T::RoomId).eq(note.room.bind()))
            .and_where(Expr::col(T::CallId).eq(note.call.0.bind()))
            .take();
        tx.execute(&update).await?;
    }
    Ok(Outcome::Done(Done::Nothing))
}

impl Store {
    /// The calls that go on, by room. At a start: those that the server's end cut off.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn open_calls(&self) -> Result<Vec<OpenCall>, Fault> {
        let rows = self.readers.query_all(&select()).await?;
        rows.iter().map(from_row).collect()
    }
}
