//! The index's file: opening it, its tables, making it anew when it can not be trusted.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions as _, Row as _};

use super::Indexer;
use super::token::{TOKENS_VERSION, Tokeniser};
use crate::{Fault, Store};

const FILE: &str = "search.db";
const READERS: u32 = 2;
const BUSY_TIMEOUT_MS: u64 = 5_000;
const CACHE_KIB: u32 = 8 << 10;

/// `doc` keeps what was indexed of each message, because taking something out of the index needs
/// exactly what was put in. `word` keeps no text of its own and overwrites what leaves it.
const SCHEMA: &str = "
CREATE TABLE mark (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL,
  committed INTEGER NOT NULL, origin INTEGER NOT NULL);
CREATE TABLE doc (id INTEGER PRIMARY KEY, room_id INTEGER NOT NULL, seq INTEGER NOT NULL,
  author INTEGER NOT NULL, at INTEGER NOT NULL, text TEXT NOT NULL);
CREATE UNIQUE INDEX doc_seq ON doc (room_id, seq);
CREATE VIRTUAL TABLE word USING fts5 (tokens, room, content='', tokenize='unicode61');
INSERT INTO word (word, rank) VALUES ('secure-delete', 1);
";

/// The index, for reading. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Index {
    pub(super) pool: SqlitePool,
    pub(super) tokeniser: Arc<Tokeniser>,
}

impl Index {
    /// Opens the index of a store, made anew when there is none, when it belongs to another
    /// history, or when it can not be read. It is behind until [`Indexer::catch_up`] was called.
    ///
    /// # Errors
    /// [`Fault`] when the disk or the database fails.
    pub async fn open(store: &Store) -> Result<(Self, Indexer), Fault> {
        let tokeniser = Arc::new(Tokeniser::new()?);
        let path = store.dir().join(FILE);
        let origin = origin(store).await?;
        let writer = match open_writer(&path, origin).await {
            Ok(Some(writer)) => writer,
            Ok(None) => make_anew(&path, origin).await?,
            Err(fault) => {
                tracing::warn!(%fault, "the search index can not be read; it is made anew");
                make_anew(&path, origin).await?
            }
        };
        let options = options(&path).pragma("query_only", "ON");
        let pool = SqlitePoolOptions::new()
            .max_connections(READERS)
            .test_before_acquire(false)
            .connect_with(options)
            .await?;
        let index = Self {
            pool,
            tokeniser: Arc::clone(&tokeniser),
        };
        Ok((index, Indexer::new(store.clone(), writer, tokeniser)))
    }
}

/// What tells one history from another: the epoch of the first room, which a restored backup
/// changes. 0 as long as there is no room.
pub(super) async fn origin(store: &Store) -> Result<i64, Fault> {
    use crate::sql::Database as _;
    let select = "SELECT epoch FROM head ORDER BY room_id LIMIT 1";
    let row = store
        .readers
        .query_one_raw(crate::sql::statement(select, Vec::new()))
        .await?;
    Ok(row.map(|row| row.at::<i64>(0)).transpose()?.unwrap_or(0))
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(Duration::from_millis(BUSY_TIMEOUT_MS))
        .pragma("cache_size", format!("-{CACHE_KIB}"))
        .disable_statement_logging()
}

async fn connect(path: &Path) -> Result<SqlitePool, Fault> {
    let options = options(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // What a power cut takes is read from the log again.
        .synchronous(SqliteSynchronous::Normal)
        .pragma("secure_delete", "ON");
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options)
        .await?;
    Ok(pool)
}

/// The writing connection when the file is there and belongs to this history.
async fn open_writer(path: &Path, origin: i64) -> Result<Option<SqlitePool>, Fault> {
    if !path.is_file() {
        return Ok(None);
    }
    let pool = connect(path).await?;
    let mark = sqlx::query("SELECT version, origin FROM mark")
        .fetch_one(&pool)
        .await?;
    let belongs = mark.try_get::<i64, _>(0)? == TOKENS_VERSION
        && [origin, 0].contains(&mark.try_get::<i64, _>(1)?);
    if belongs {
        return Ok(Some(pool));
    }
    pool.close().await;
    Ok(None)
}

async fn make_anew(path: &Path, origin: i64) -> Result<SqlitePool, Fault> {
    for end in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        match std::fs::remove_file(PathBuf::from(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    let pool = connect(path).await?;
    sqlx::raw_sql(SCHEMA).execute(&pool).await?;
    sqlx::query("INSERT INTO mark VALUES (1, ?, 0, ?)")
        .bind(TOKENS_VERSION)
        .bind(origin)
        .execute(&pool)
        .await?;
    Ok(pool)
}
