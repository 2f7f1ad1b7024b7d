//! Opening the data directory: the lock, the connections, the schema.
//!
//! One process owns a directory. One connection writes ([`crate::Writer`]); the others can only
//! read, and say so to SQLite. Never migrates anything but the newest schema.

use std::fs::{File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sea_orm::{
    DatabaseConnection, DbBackend, SqlxSqliteConnector, Statement, TransactionTrait as _,
};
use sea_orm_migration::MigratorTrait;
use sqlx::ConnectOptions as _;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use thiserror::Error;

use crate::ballast::Ballast;
use crate::connection::{Connection, How};
use crate::migrate::Migrator;
use crate::sql::Database;
use crate::transaction::Transaction;
use crate::{Fault, Store, Writer};

/// The database file in the data directory.
pub(crate) const DATABASE_FILE: &str = "plaza.db";
/// The folder of uploaded files, named by their hash.
pub(crate) const BLOBS_FOLDER: &str = "blobs";
const LOCK_FILE: &str = "lock";

/// Earlier versions corrupt the file when one connection commits while another checkpoints
/// (<https://sqlite.org/wal.html#walresetbug>).
const SQLITE_VERSION_MIN: (u32, u32, u32) = (3, 51, 3);
const BUSY_TIMEOUT_MS: u64 = 5_000;
/// The writer meets nobody else who writes; it waits only for readers to leave the log when it cuts
/// it, and while it waits nothing is written. A backup reads for long: better to try again later.
const WRITER_BUSY_TIMEOUT_MS: u64 = 100;
/// What a page takes in the write-ahead log (<https://sqlite.org/walformat.html>).
pub(crate) const FRAME_BYTES: u64 = PAGE_BYTES as u64 + 24;
/// A post changes a handful of pages that lie apart; small pages keep what it writes small.
/// `docs/decisions/0006-the-room-log-on-disk.md` has the measurements.
const PAGE_BYTES: u32 = 2_048;
const WRITER_CACHE_KIB: u32 = 16 << 10;
const READER_CACHE_KIB: u32 = 4 << 10;
const STATEMENTS_CACHED: usize = 256;

/// How to open a store.
#[derive(Debug, Clone)]
pub struct Options {
    /// Connections that read.
    pub readers: u32,
    /// The SQLite VFS to use, none for the usual one. For tests of faults.
    pub vfs: Option<&'static str>,
    /// Bytes set aside to be freed when the disk is full; 0 sets none aside.
    pub ballast_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            readers: 4,
            vfs: None,
            ballast_bytes: base::limits::BALLAST_BYTES,
        }
    }
}

/// Why a data directory could not be opened. As text, a sentence for the person who runs it.
#[derive(Debug, Error)]
pub enum OpenError {
    /// Another process has it.
    #[error(
        "{} is in use by another Plaza process. Stop that one first, or give this one a data \
         directory of its own with --data.",
        dir.display()
    )]
    InUse {
        /// The data directory.
        dir: PathBuf,
    },
    /// It could not be made or written to.
    #[error(
        "{} cannot be used as the data directory: {source}. Check that it is a directory and that \
         this user may write to it.",
        dir.display()
    )]
    Directory {
        /// The data directory.
        dir: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// There is no database to read.
    #[error("{} holds no Plaza data. Check the path.", dir.display())]
    Missing {
        /// The data directory.
        dir: PathBuf,
    },
    /// The SQLite this was built with has a bug that corrupts files.
    #[error("SQLite {found} is too old: at least 3.51.3 is needed. Rebuild with a newer one.")]
    OldSqlite {
        /// Its version.
        found: String,
    },
    /// A newer version of Plaza wrote it.
    #[error(
        "{} was written by a newer version of Plaza ({migration}). Start that version, or restore \
         a backup made by this one.",
        dir.display()
    )]
    NewerData {
        /// The data directory.
        dir: PathBuf,
        /// The first step this version does not know.
        migration: String,
    },
    /// The database failed.
    #[error("the database could not be opened: {0}")]
    Broken(#[from] Fault),
}

/// The exclusive hold on a data directory; the system ends it with the process, however that ends.
#[derive(Debug)]
pub(crate) struct DirectoryLock {
    _file: File,
}

impl DirectoryLock {
    fn acquire(dir: &Path) -> Result<Self, OpenError> {
        let failed = |source| OpenError::Directory {
            dir: dir.to_owned(),
            source,
        };
        std::fs::create_dir_all(dir.join(BLOBS_FOLDER)).map_err(failed)?;
        let mut file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(dir.join(LOCK_FILE))
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(OpenError::InUse {
                    dir: dir.to_owned(),
                });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        // Only for whoever looks into the directory: the lock itself is what counts.
        file.set_len(0)
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .map_err(failed)?;
        Ok(Self { _file: file })
    }
}

/// How the writing connection is made, again after a fault that left the old one in doubt.
#[derive(Debug, Clone)]
pub(crate) struct WriterOptions {
    path: PathBuf,
    vfs: Option<&'static str>,
}

/// What the writing connection is told; the page size counts only where there is no database yet.
fn writer_pragmas() -> String {
    format!(
        "PRAGMA page_size = {PAGE_BYTES}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
         PRAGMA wal_autocheckpoint = 0; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; \
         PRAGMA foreign_keys = OFF; PRAGMA secure_delete = ON; \
         PRAGMA cache_size = -{WRITER_CACHE_KIB}"
    )
}

impl WriterOptions {
    pub(crate) fn connect(&self) -> Result<Transaction, Fault> {
        let how = How {
            vfs: self.vfs,
            busy_timeout_ms: WRITER_BUSY_TIMEOUT_MS,
            statements_cached: STATEMENTS_CACHED,
            pragmas: &writer_pragmas(),
        };
        Ok(Transaction::on(Connection::open(&self.path, how)?))
    }

    /// Brings the schema up to date on a connection of its own.
    async fn migrate(&self, dir: &Path) -> Result<(), OpenError> {
        let options = base_options(&self.path, self.vfs)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .pragma("secure_delete", "ON");
        let connection = connect(options, 1).await?;
        migrate(&connection, dir).await?;
        connection.close().await.map_err(Fault::from)?;
        Ok(())
    }
}

fn base_options(path: &Path, vfs: Option<&'static str>) -> SqliteConnectOptions {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(Duration::from_millis(BUSY_TIMEOUT_MS))
        // Only the writer checkpoints, when it says so.
        .pragma("wal_autocheckpoint", "0")
        .pragma("temp_store", "MEMORY")
        .pragma("trusted_schema", "OFF")
        .foreign_keys(false)
        .disable_statement_logging();
    match vfs {
        Some(vfs) => options.vfs(vfs),
        None => options,
    }
}

async fn connect(
    options: SqliteConnectOptions,
    connections: u32,
) -> Result<DatabaseConnection, Fault> {
    let pool: SqlitePool = SqlitePoolOptions::new()
        .max_connections(connections)
        .min_connections(1)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options)
        .await?;
    Ok(SqlxSqliteConnector::from_sqlx_sqlite_pool(pool))
}

/// One connection of its own, for a backup or for looking at one. It leaves no log beside the file
/// when it closes and nobody else has it open.
pub(crate) async fn connect_alone(path: &Path) -> Result<DatabaseConnection, Fault> {
    connect(base_options(path, None), 1).await
}

async fn check_version(connection: &impl Database) -> Result<(), OpenError> {
    let select = Statement::from_string(DbBackend::Sqlite, "SELECT sqlite_version()");
    let row = connection
        .query_one_raw(select)
        .await
        .map_err(Fault::from)?;
    let found: String = row
        .ok_or_else(|| Fault::data("SQLite does not tell its version"))?
        .at(0)
        .map_err(Fault::from)?;
    let mut parts = found.split('.').map(|part| part.parse().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    if (next(), next(), next()) < SQLITE_VERSION_MIN {
        return Err(OpenError::OldSqlite { found });
    }
    Ok(())
}

async fn migrate(connection: &DatabaseConnection, dir: &Path) -> Result<(), OpenError> {
    let applied = Migrator::get_migration_models(connection)
        .await
        .map_err(Fault::from)?;
    let known: Vec<String> = Migrator::get_migration_files()
        .iter()
        .map(|file| file.name().to_owned())
        .collect();
    if let Some(newer) = applied.iter().find(|model| !known.contains(&model.version)) {
        let migration = newer.version.clone();
        return Err(OpenError::NewerData {
            dir: dir.to_owned(),
            migration,
        });
    }
    // All steps or none: a start that is cut short leaves what the next one can go on from.
    let tx = connection.begin().await.map_err(Fault::from)?;
    Migrator::up(&tx, None).await.map_err(Fault::from)?;
    tx.commit().await.map_err(Fault::from)?;
    Ok(())
}

impl Store {
    /// Opens the data directory for this process alone: makes it when it is not there, brings the
    /// schema up to date, and gives out the readers and the one writer.
    ///
    /// # Errors
    /// [`OpenError`], whose text tells the operator what to do.
    pub async fn open(dir: &Path, options: Options) -> Result<(Self, Writer), OpenError> {
        let lock = DirectoryLock::acquire(dir)?;
        let path = dir.join(DATABASE_FILE);
        let writer_options = WriterOptions {
            path: path.clone(),
            vfs: options.vfs,
        };
        // Stays open while the schema is looked at, so that no log is cut for a last one that goes.
        let tx = writer_options.connect()?;
        check_version(&tx).await?;
        writer_options.migrate(dir).await?;
        let ballast = Ballast::set_aside(dir, options.ballast_bytes);
        let readers = connect_readers(&path, &options).await?;
        let store = Self::new(dir, readers);
        Ok((store, Writer::new(tx, writer_options, ballast, lock)))
    }

    /// Opens only readers, beside a running server or on a directory that no server uses. For
    /// backups and for looking.
    ///
    /// # Errors
    /// [`OpenError`], whose text tells the operator what to do.
    pub async fn open_readers(dir: &Path) -> Result<Self, OpenError> {
        let path = dir.join(DATABASE_FILE);
        if !path.is_file() {
            return Err(OpenError::Missing {
                dir: dir.to_owned(),
            });
        }
        let options = Options {
            readers: 1,
            ..Options::default()
        };
        let readers = connect_readers(&path, &options).await?;
        check_version(&readers).await?;
        Ok(Self::new(dir, readers))
    }
}

async fn connect_readers(path: &Path, options: &Options) -> Result<DatabaseConnection, Fault> {
    let connect_options = base_options(path, options.vfs)
        .statement_cache_capacity(STATEMENTS_CACHED)
        .pragma("cache_size", format!("-{READER_CACHE_KIB}"))
        .pragma("query_only", "ON");
    connect(connect_options, options.readers.max(1)).await
}
