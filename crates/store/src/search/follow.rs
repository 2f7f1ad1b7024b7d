//! Following the log: what was committed is put into the index, in order, each step with its mark.

use std::collections::HashMap;
use std::sync::Arc;

use sea_orm::{ConnectionTrait as _, TransactionTrait as _};
use sqlx::sqlite::SqlitePool;
use sqlx::{Row as _, Sqlite, Transaction};

use super::index::origin;
use super::token::{Tokeniser, room_token};
use crate::event::hydrate::{self, Key};
use crate::event::row::{Kind, Row};
use crate::sql::int;
use crate::{Fault, Store, hot};

/// Events taken in one step.
const EVENTS_PER_STEP: usize = 1_000;

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
        while let Some(step) = self.next().await? {
            events += step.events;
            self.old_text_in_log |= self.apply(&step).await?;
        }
        if self.old_text_in_log {
            // What left the index leaves its write-ahead log, too.
            let row = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
                .fetch_one(&self.pool)
                .await?;
            let busy: i64 = row.try_get(0)?;
            self.old_text_in_log = busy != 0;
        }
        Ok(events)
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
            erased |= self.put(&mut tx, message, &text).await?;
        }
        sqlx::query("UPDATE mark SET committed = ?, origin = ?")
            .bind(step.committed)
            .bind(origin)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(erased)
    }

    /// Puts a message into the index as it stands now; answers whether an older text left it.
    async fn put(
        &self,
        tx: &mut Transaction<'_, Sqlite>,
        message: &Row,
        text: &str,
    ) -> Result<bool, Fault> {
        let old = sqlx::query("SELECT text FROM doc WHERE id = ?")
            .bind(message.id)
            .fetch_optional(&mut **tx)
            .await?;
        let old: Option<String> = old.map(|row| row.try_get(0)).transpose()?;
        if old.as_deref().unwrap_or_default() == text {
            return Ok(false);
        }
        if let Some(old) = &old {
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
        }
        if !text.is_empty() {
            sqlx::query("INSERT INTO doc VALUES (?, ?, ?, ?, ?, ?)")
                .bind(message.id)
                .bind(int(message.room.0))
                .bind(int(message.seq.0))
                .bind(int(message.author.0))
                .bind(int(message.at.0))
                .bind(text)
                .execute(&mut **tx)
                .await?;
            sqlx::query("INSERT INTO word (rowid, tokens, room) VALUES (?, ?, ?)")
                .bind(message.id)
                .bind(self.tokeniser.tokens(text))
                .bind(room_token(message.room))
                .execute(&mut **tx)
                .await?;
        }
        Ok(old.is_some())
    }
}
