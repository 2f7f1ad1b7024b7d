//! A connection of SQLite on the caller's own thread: a statement is a call, not a message to
//! another thread and one back.
//!
//! It blocks, so only who has a thread to itself may hold one: the writer. Readers share theirs
//! through a pool and go the other way. It speaks SeaORM's statements and values and the store's
//! rows, so that whoever builds and reads those need not know which way they go.
//! `docs/decisions/0009-the-writer-calls-sqlite.md` tells what that was worth.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::types::Value as Cell;
use rusqlite::{CachedStatement, OpenFlags};
use sea_orm::{DbErr, RuntimeErr, Statement, Value};
use sqlx::error::{DatabaseError, ErrorKind};
use thiserror::Error;

use crate::Fault;
use crate::sql::{Fields, Record, int};

/// The rows of one statement.
pub(crate) type Rows = Vec<Record>;

/// How one is opened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct How<'a> {
    /// The SQLite VFS to use, none for the usual one.
    pub(crate) vfs: Option<&'static str>,
    /// How long to wait for others, in milliseconds.
    pub(crate) busy_timeout_ms: u64,
    /// How many statements stay prepared.
    pub(crate) statements_cached: usize,
    /// What is said to it first.
    pub(crate) pragmas: &'a str,
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Connection(rusqlite::Connection);

impl Connection {
    /// Opens the database at a path, makes it when there is none.
    pub(crate) fn open(path: &Path, how: How<'_>) -> Result<Self, DbErr> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let opened = match how.vfs {
            Some(vfs) => rusqlite::Connection::open_with_flags_and_vfs(path, flags, vfs),
            None => rusqlite::Connection::open_with_flags(path, flags),
        };
        let connection = opened.map_err(failed)?;
        let patience = Duration::from_millis(how.busy_timeout_ms);
        connection.busy_timeout(patience).map_err(failed)?;
        connection.set_prepared_statement_cache_capacity(how.statements_cached);
        connection.execute_batch(how.pragmas).map_err(failed)?;
        Ok(Self(connection))
    }

    /// Carries out a statement and gives all of its rows.
    pub(crate) fn rows(&self, statement: Statement) -> Result<Rows, DbErr> {
        self.read(statement, usize::MAX)
    }

    /// Carries out a statement as far as its first row.
    pub(crate) fn first(&self, statement: Statement) -> Result<Option<Record>, DbErr> {
        Ok(self.read(statement, 1)?.pop())
    }

    /// Carries out a statement and tells how many rows it changed.
    pub(crate) fn execute(&self, statement: Statement) -> Result<u64, DbErr> {
        self.read(statement, usize::MAX)?;
        Ok(self.0.changes())
    }

    /// Carries out statements without values, in order.
    pub(crate) fn batch(&self, sql: &str) -> Result<(), DbErr> {
        self.0.execute_batch(sql).map_err(failed)
    }

    /// Carries out one statement without values or rows, kept prepared.
    pub(crate) fn run(&self, sql: &str) -> Result<(), DbErr> {
        let mut prepared = self.0.prepare_cached(sql).map_err(failed)?;
        prepared.raw_execute().map_err(failed)?;
        Ok(())
    }

    pub(crate) fn close(self) -> Result<(), Fault> {
        self.0.close().map_err(|(_, error)| failed(error).into())
    }

    fn read(&self, statement: Statement, most: usize) -> Result<Rows, DbErr> {
        let mut prepared = self.0.prepare_cached(&statement.sql).map_err(failed)?;
        let values = statement.values.map_or_else(Vec::new, |values| values.0);
        bind(&mut prepared, values)?;
        let names = prepared.column_names();
        let names: Arc<[String]> = names.into_iter().map(str::to_owned).collect();
        let mut found = prepared.raw_query();
        let mut rows = Vec::new();
        while let Some(row) = found.next().map_err(failed)? {
            rows.push(read_row(&names, row)?);
            if rows.len() == most {
                break;
            }
        }
        Ok(rows)
    }
}

fn bind(prepared: &mut CachedStatement<'_>, values: Vec<Value>) -> Result<(), DbErr> {
    for (at, value) in values.into_iter().enumerate() {
        let bound = prepared.raw_bind_parameter(at + 1, bindable(value)?);
        bound.map_err(failed)?;
    }
    Ok(())
}

/// The kinds of values that the store binds; another one is a mistake of ours.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the list is the query builder's, which adds kinds with its features"
)]
fn bindable(value: Value) -> Result<Cell, DbErr> {
    let bound = match value {
        Value::BigInt(number) => number.map(Cell::Integer),
        // What sea-query makes of a limit.
        Value::BigUnsigned(number) => number.map(|number| Cell::Integer(int(number))),
        Value::Int(number) => number.map(|number| Cell::Integer(number.into())),
        Value::String(text) => text.map(Cell::Text),
        Value::Bytes(bytes) => bytes.map(Cell::Blob),
        Value::Bool(yes) => yes.map(|yes| Cell::Integer(yes.into())),
        other => {
            let detail = format!("a value that nobody binds: {other:?}");
            return Err(DbErr::Custom(detail));
        }
    };
    Ok(bound.unwrap_or(Cell::Null))
}

fn read_row(names: &Arc<[String]>, row: &rusqlite::Row<'_>) -> Result<Record, DbErr> {
    let cells = (0..names.len()).map(|at| row.get(at));
    let values = cells.collect::<Result<_, _>>().map_err(failed)?;
    let names = Arc::clone(names);
    Ok(Record::Own(Fields { names, values }))
}

/// What SQLite refused or could not do, told as the other driver tells it, so that there is one
/// place that classifies.
#[derive(Debug, Error)]
#[error("(code: {code}) {source}")]
struct Failed {
    code: i32,
    source: rusqlite::Error,
}

fn failed(error: rusqlite::Error) -> DbErr {
    let code = error
        .sqlite_error()
        .map_or(0, |reported| reported.extended_code);
    let failed = Failed {
        code,
        source: error,
    };
    DbErr::Exec(RuntimeErr::SqlxError(
        sqlx::Error::Database(Box::new(failed)).into(),
    ))
}

impl DatabaseError for Failed {
    fn message(&self) -> &str {
        "SQLite failed"
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        Some(self.code.to_string().into())
    }

    fn as_error(&self) -> &(dyn StdError + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn StdError + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn StdError + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}
