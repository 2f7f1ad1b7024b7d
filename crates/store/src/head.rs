//! Where a room's log stands: the few numbers that every append moves.

use std::collections::HashMap;
use std::sync::Arc;

use base::{Epoch, RoomId, Seq};
use domain::chat::{Event, RoomKind};
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query};
use sea_orm::{Statement, Value};

use crate::sql::{Bind as _, Database, Record, number, stored, yes};
use crate::table::Event as E;
use crate::transaction::Transaction;
use crate::{Appended, Fault, Recounted, hot};

/// Rows looked at to find the newest message that stands, when the newest was deleted.
const LAST_MESSAGE_SCAN_ROWS_MAX: u64 = 1_000;

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
    fn read(row: &Record) -> Result<Self, Fault> {
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

    /// The next seq, for a call that is over: a list shows it like the newest message, and it
    /// counts as none.
    pub(crate) fn append_call(&mut self) -> Seq {
        self.last_message = self.append();
        self.last_message
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
            recounted: Recounted::People(Vec::new()),
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

pub(crate) fn epoch(row: &Record) -> Result<Epoch, Fault> {
    let epoch = u32::try_from(number(row, "epoch")?);
    epoch
        .map(Epoch)
        .map_err(|_| Fault::data("an epoch of more than 32 bits"))
}

/// The heads in rows of [`hot::heads`].
pub(crate) fn read_all(
    rows: impl IntoIterator<Item = Record>,
) -> Result<HashMap<RoomId, Head>, Fault> {
    let read = |row| Head::read(&row).map(|head| (head.room, head));
    rows.into_iter().map(read).collect()
}

pub(crate) async fn many(
    connection: &impl Database,
    rooms: &[RoomId],
) -> Result<HashMap<RoomId, Head>, Fault> {
    let mut found = HashMap::with_capacity(rooms.len());
    for rooms in rooms.chunks(hot::KEYS_PER_STATEMENT) {
        found.extend(read_all(
            connection.query_all_raw(hot::heads(rooms)).await?,
        )?);
    }
    Ok(found)
}

pub(crate) async fn one(connection: &impl Database, room: RoomId) -> Result<Option<Head>, Fault> {
    let row = connection.query_one_raw(hot::heads(&[room])).await?;
    row.as_ref().map(Head::read).transpose()
}

/// What moves heads.
pub(crate) fn put(heads: impl IntoIterator<Item = Head>) -> Vec<Statement> {
    hot::put_heads(heads.into_iter().map(Head::values).collect())
}

/// The newest message (or call that was) below a seq that stands, 0 for none near.
pub(crate) async fn last_message_before(
    tx: &Transaction,
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
        .and_where(Expr::col(E::Kind).is_in([0, 17]))
        .and_where(Expr::col(E::Deleted).eq(0))
        .limit(1)
        .take();
    let row = tx.query_one(&select).await?;
    Ok(row
        .map(|row| number(&row, "seq"))
        .transpose()?
        .map_or(Seq(0), Seq))
}

/// How many messages a room had counted up to a seq.
pub(crate) async fn msg_seq_at(tx: &Transaction, room: RoomId, seq: Seq) -> Result<u64, Fault> {
    let select = Query::select()
        .column(E::MsgSeq)
        .from(E::Table)
        .and_where(Expr::col(E::RoomId).eq(room.bind()))
        .and_where(Expr::col(E::Seq).eq(seq.bind()))
        .take();
    let row = tx.query_one(&select).await?;
    Ok(row
        .map(|row| number(&row, "msg_seq"))
        .transpose()?
        .unwrap_or(0))
}
