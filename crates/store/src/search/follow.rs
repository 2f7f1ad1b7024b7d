//! Following the log: what was committed is put into the index, in order, each step with its mark.

use std::collections::HashMap;
use std::sync::Arc;

use sea_orm::TransactionTrait as _;
use sqlx::sqlite::SqlitePool;
use sqlx::{QueryBuilder, Row as _, Sqlite, Transaction};

use super::index::origin;
use super::token::{Tokeniser, room_token};
use crate::event::hydrate::{self, Key};
use crate::event::row::{Kind, Row};
use crate::sql::{Database as _, int};
use crate::{Fault, Store, hot};

/// Events taken in one step: some milliseconds, since posts that come meanwhile share the processor
/// with it.
const EVENTS_PER_STEP: usize = 256;
/// Messages put in by one statement.
const ROWS_PER_INSERT: usize = 64;

/// The one writer of the index.
#[derive(Debug)]
pub struct Indexer {
    store: Store,
    pool: SqlitePool,
    tokeniser: Arc<Tokeniser>,
    /// What left the index may still lie in its write-ahead log.
    old_text_in_log: bool,
}

/// What a step does to the index.
struct Step {
    /// The last event it takes in.
    committed: i64,
    events: usize,
    /// The messages it touches, in their newest state.
    messages: Vec<Row>,
    file_names: HashMap<Key, String>,
}

impl Indexer {
    pub(super) fn new(store: Store, pool: SqlitePool, tokeniser: Arc<Tokeniser>) -> Self {
        Self {
            store,
            pool,
            tokeniser,
            old_text_in_log: true,
        }
    }

    /// Whether text that left the index may still lie in its write-ahead log, because somebody was
    /// reading: then call [`Self::catch_up`] again soon.
    #[must_use]
    pub fn holds_old_text(&self) -> bool {
        self.old_text_in_log
    }

    /// Takes in everything that was committed since the last time; answers how many events that
    /// were. Call it at the start and after commits; a call that finds nothing costs one look.
    ///
    /// # Errors
    /// [`Fault`] when a disk or database fails. What was taken in before stays; call it again.
    pub async fn catch_up(&mut self) -> Result<usize, Fault> {
        let mut events = 0;
        loop {
            let step = self.step().await?;
            if step == 0 {
                return Ok(events);
            }
            events += step;
        }
    }

    /// Takes in the next events, at most a few hundred; answers how many those were, 0 when the
    /// index is up with the log. Who calls it rests between steps while others need the processor.
    ///
    /// # Errors
    /// Those of [`Self::catch_up`].
    pub async fn step(&mut self) -> Result<usize, Fault> {
        if let Some(step) = self.next().await? {
            self.old_text_in_log |= self.apply(&step).await?;
            return Ok(step.events);
        }
        if self.old_text_in_log {
            // What left the index leaves its write-ahead log, too.
            let row = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
                .fetch_one(&self.pool)
                .await?;
            let busy: i64 = row.try_get(0)?;
            self.old_text_in_log = busy != 0;
        }
        Ok(0)
    }

    async fn next(&self) -> Result<Option<Step>, Fault> {
        let mark = sqlx::query("SELECT committed FROM mark")
            .fetch_one(&self.pool)
            .await?;
        let tx = self.store.readers.begin().await?;
        let statement = hot::committed_after(mark.try_get(0)?, EVENTS_PER_STEP);
        let rows = tx.query_all_raw(statement).await?;
        let rows = rows.iter().map(Row::read).collect::<Result<Vec<_>, _>>()?;
        let Some(last) = rows.last() else {
            return Ok(None);
        };
        let (committed, events) = (last.id, rows.len());
        let mut messages = Vec::new();
        let mut changed: Vec<Key> = Vec::new();
        for row in rows {
            match (row.kind, row.target) {
                (Kind::Message, _) => messages.push(row),
                (Kind::Edited | Kind::Deleted, Some(target)) => changed.push((row.room, target)),
                _ => {}
            }
        }
        changed.sort_unstable();
        changed.dedup();
        messages.extend(hydrate::rows_at(&tx, &changed).await?.into_values());
        messages.sort_unstable_by_key(|row| row.id);
        messages.dedup_by_key(|row| row.id);
        let keys: Vec<Key> = messages.iter().map(|row| (row.room, row.seq)).collect();
        let files = hydrate::files_of(&tx, &keys).await?;
        let names = |files: Vec<domain::chat::File>| {
            files
                .into_iter()
                .map(|file| file.name)
                .collect::<Vec<_>>()
                .join(" ")
        };
        let file_names = files
            .into_iter()
            .map(|(key, files)| (key, names(files)))
            .collect();
        Ok(Some(Step {
            committed,
            events,
            messages,
            file_names,
        }))
    }

    /// Carries out a step; answers whether something left the index.
    async fn apply(&mut self, step: &Step) -> Result<bool, Fault> {
        let origin = origin(&self.store).await?;
        let mut tx = self.pool.begin().await?;
        let before = indexed(&mut tx, &step.messages).await?;
        let mut fresh = Vec::new();
        let mut erased = false;
        for message in &step.messages {
            let mut text = message.text.clone().unwrap_or_default();
            if let Some(names) = step.file_names.get(&(message.room, message.seq)) {
                text = if text.is_empty() {
                    names.clone()
                } else {
                    format!("{text}\n{names}")
                };
            }
            let old = before.get(&message.id).map(String::as_str);
            if old.unwrap_or_default() == text {
                continue;
            }
            if let Some(old) = old {
                self.take_out(&mut tx, message, old).await?;
                erased = true;
            }
            if !text.is_empty() {
                fresh.push((message, text));
            }
        }
        for some in fresh.chunks(ROWS_PER_INSERT) {
            self.put_in(&mut tx, some).await?;
        }
        sqlx::query("UPDATE mark SET committed = ?, origin = ?")
            .bind(step.committed)
            .bind(origin)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(erased)
    }

    async fn take_out(
        &self,
        tx: &mut Transaction<'_, Sqlite>,
        message: &Row,
        old: &str,
    ) -> Result<(), Fault> {
        sqlx::query("INSERT INTO word (word, rowid, tokens, room) VALUES ('delete', ?, ?, ?)")
            .bind(message.id)
            .bind(self.tokeniser.tokens(old))
            .bind(room_token(message.room))
            .execute(&mut **tx)
            .await?;
        sqlx::query("DELETE FROM doc WHERE id = ?")
            .bind(message.id)
            .execute(&mut **tx)
            .await?;
        Ok(())
    }

    /// Puts messages into the index as they stand now.
    async fn put_in(
        &self,
        tx: &mut Transaction<'_, Sqlite>,
        messages: &[(&Row, String)],
    ) -> Result<(), Fault> {
        let mut doc = QueryBuilder::<Sqlite>::new("INSERT INTO doc ");
        doc.push_values(messages, |mut row, (message, text)| {
            row.push_bind(message.id)
                .push_bind(int(message.room.0))
                .push_bind(int(message.seq.0))
                .push_bind(int(message.author.0))
                .push_bind(int(message.at.0))
                .push_bind(text);
        });
        doc.build().execute(&mut **tx).await?;
        let mut word = QueryBuilder::<Sqlite>::new("INSERT INTO word (rowid, tokens, room) ");
        word.push_values(messages, |mut row, (message, text)| {
            row.push_bind(message.id)
                .push_bind(self.tokeniser.tokens(text))
                .push_bind(room_token(message.room));
        });
        word.build().execute(&mut **tx).await?;
        Ok(())
    }
}

/// What the index holds of these messages, which are in the order of their ids.
async fn indexed(
    tx: &mut Transaction<'_, Sqlite>,
    messages: &[Row],
) -> Result<HashMap<i64, String>, Fault> {
    let mut found = HashMap::new();
    for some in messages.chunks(hot::KEYS_PER_STATEMENT) {
        let mut select = QueryBuilder::<Sqlite>::new("SELECT id, text FROM doc WHERE id IN (");
        let mut ids = select.separated(",");
        for message in some {
            ids.push_bind(message.id);
        }
        select.push(")");
        for row in select.build().fetch_all(&mut **tx).await? {
            found.insert(row.try_get(0)?, row.try_get(1)?);
        }
    }
    Ok(found)
}
