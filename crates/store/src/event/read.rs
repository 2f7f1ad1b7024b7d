//! Reading the log: pages of history, what a cursor has missed, single messages.

use base::{Cursor, Epoch, RoomId, Seq};
use domain::chat::Event;
use sea_orm::{DatabaseTransaction, TransactionTrait as _};

use super::hydrate::{self, Key};
use super::row::Row;
use crate::head::{self, Head};
use crate::sql::Database;
use crate::{Fault, Store, hot};

/// Which part of a room's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// The end.
    Newest,
    /// What lies before this seq.
    Before(Seq),
    /// What lies after this seq.
    After(Seq),
    /// This seq in the middle.
    Around(Seq),
}

/// A page of history: messages in their newest state and what else makes a line; no edits,
/// deletions or reactions of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The room's epoch.
    pub epoch: Epoch,
    /// The room's head at the time of reading.
    pub seq: Seq,
    /// The events, ascending.
    pub events: Vec<Event>,
    /// Whether there is history before the first one.
    pub has_before: bool,
    /// Whether there is history after the last one.
    pub has_after: bool,
}

/// Everything that stands in a room's log after a cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// The room's epoch.
    pub epoch: Epoch,
    /// The room's head at the time of reading.
    pub seq: Seq,
    /// The events, ascending and dense, of every kind, each message in its newest state.
    pub events: Vec<Event>,
    /// Whether they reach the head.
    pub complete: bool,
}

async fn rows(
    connection: &impl Database,
    statement: sea_orm::Statement,
) -> Result<Vec<Row>, Fault> {
    connection
        .query_all_raw(statement)
        .await?
        .iter()
        .map(Row::read)
        .collect()
}

/// The lines of a page, ascending, and whether there is more on either side.
struct Lines {
    rows: Vec<Row>,
    has_before: bool,
    has_after: bool,
}

/// The newest lines before a seq; whether something follows them is for the caller to know.
async fn lines_before(
    tx: &DatabaseTransaction,
    room: RoomId,
    before: Seq,
    limit: usize,
) -> Result<(Vec<Row>, bool), Fault> {
    let mut found = rows(tx, hot::timeline_before(room, before, limit + 1)).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    found.reverse();
    Ok((found, more))
}

async fn lines_after(
    tx: &DatabaseTransaction,
    room: RoomId,
    after: Seq,
    limit: usize,
) -> Result<(Vec<Row>, bool), Fault> {
    let mut found = rows(tx, hot::timeline_after(room, after, limit + 1)).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    Ok((found, more))
}

async fn lines(
    tx: &DatabaseTransaction,
    head: &Head,
    window: Window,
    limit: usize,
) -> Result<Lines, Fault> {
    let room = head.room;
    match window {
        Window::Newest => {
            let (rows, has_before) = lines_before(tx, room, head.seq.next(), limit).await?;
            Ok(Lines {
                rows,
                has_before,
                has_after: false,
            })
        }
        Window::Before(seq) => {
            let (rows, has_before) = lines_before(tx, room, seq, limit).await?;
            let above = Seq(seq.0.saturating_sub(1));
            let (_, has_after) = lines_after(tx, room, above, 0).await?;
            Ok(Lines {
                rows,
                has_before,
                has_after,
            })
        }
        Window::After(seq) => {
            let (rows, has_after) = lines_after(tx, room, seq, limit).await?;
            let (_, has_before) = lines_before(tx, room, Seq(seq.0.saturating_add(1)), 0).await?;
            Ok(Lines {
                rows,
                has_before,
                has_after,
            })
        }
        Window::Around(seq) => {
            let older = limit / 2;
            let (mut rows, has_before) = lines_before(tx, room, seq, older).await?;
            let above = Seq(seq.0.saturating_sub(1));
            let (newer, has_after) = lines_after(tx, room, above, limit - rows.len()).await?;
            rows.extend(newer);
            Ok(Lines {
                rows,
                has_before,
                has_after,
            })
        }
    }
}

fn without_rooms(events: Vec<(RoomId, Event)>) -> Vec<Event> {
    events.into_iter().map(|(_, event)| event).collect()
}

impl Store {
    /// A page of a room's history with at most `limit` events; none when there is no such room.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn page(
        &self,
        room: RoomId,
        window: Window,
        limit: usize,
    ) -> Result<Option<Page>, Fault> {
        let tx = self.readers.begin().await?;
        let Some(head) = head::one(&tx, room).await? else {
            return Ok(None);
        };
        let Lines {
            rows,
            has_before,
            has_after,
        } = lines(&tx, &head, window, limit).await?;
        let events = without_rooms(hydrate::events(&tx, rows).await?);
        Ok(Some(Page {
            epoch: head.epoch,
            seq: head.seq,
            events,
            has_before,
            has_after,
        }))
    }

    /// What a room's log holds after `after`, at most `limit` events; none when there is no such
    /// room. The caller compares the epoch before it believes the seq.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn log_since(
        &self,
        room: RoomId,
        after: Seq,
        limit: usize,
    ) -> Result<Option<Log>, Fault> {
        let tx = self.readers.begin().await?;
        let Some(head) = head::one(&tx, room).await? else {
            return Ok(None);
        };
        let rows = rows(&tx, hot::log_after(room, after, limit)).await?;
        let reached = rows.last().map_or(after, |row| row.seq);
        let events = without_rooms(hydrate::events(&tx, rows).await?);
        let complete = reached >= head.seq;
        Ok(Some(Log {
            epoch: head.epoch,
            seq: head.seq,
            events,
            complete,
        }))
    }

    /// Where rooms stand; unknown ones are left out.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn heads(&self, rooms: &[RoomId]) -> Result<Vec<(RoomId, Cursor)>, Fault> {
        let heads = head::many(&self.readers, rooms).await?;
        let cursor = |head: Head| {
            (
                head.room,
                Cursor {
                    epoch: head.epoch,
                    seq: head.seq,
                },
            )
        };
        Ok(heads.into_values().map(cursor).collect())
    }

    /// One event of a room, a message in its newest state.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn message(&self, room: RoomId, seq: Seq) -> Result<Option<Event>, Fault> {
        Ok(self
            .messages_at(&[(room, seq)])
            .await?
            .pop()
            .map(|(_, event)| event))
    }

    /// These events, in this order; gone ones are left out.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn messages_at(&self, keys: &[Key]) -> Result<Vec<(RoomId, Event)>, Fault> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let tx = self.readers.begin().await?;
        let mut found = hydrate::rows_at(&tx, keys).await?;
        let rows = keys.iter().filter_map(|key| found.remove(key)).collect();
        hydrate::events(&tx, rows).await
    }

    /// The newest messages of all rooms that stand, the newest first.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn newest_messages(&self, limit: usize) -> Result<Vec<(RoomId, Event)>, Fault> {
        let tx = self.readers.begin().await?;
        let rows = rows(&tx, hot::newest_messages(limit)).await?;
        hydrate::events(&tx, rows).await
    }
}
