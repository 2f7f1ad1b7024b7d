//! Small bridges between records and SQL values, and between the two ways to the database: the
//! readers' pool and the writer's own connection. Knows no table.

use std::future::Future;
use std::sync::Arc;

use base::{Epoch, PersonId, RoomId, Seq, UnixMs};
use rusqlite::types::Value as Cell;
use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, StatementBuilder, TryGetable, Value,
};

use crate::Fault;

/// Ids, seqs and times stay below 2^53 and fit the signed integers of every database.
pub(crate) fn int(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// The way back from [`int`].
pub(crate) fn uint(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// A value bound to a statement.
pub(crate) trait Bind {
    fn bind(self) -> Value;
}

macro_rules! bind_as_int {
    ($($type:ty),*) => {$(
        impl Bind for $type {
            fn bind(self) -> Value {
                Value::BigInt(Some(int(self.0)))
            }
        }
        impl Bind for Option<$type> {
            fn bind(self) -> Value {
                Value::BigInt(self.map(|id| int(id.0)))
            }
        }
    )*};
}

bind_as_int!(
    PersonId,
    RoomId,
    Seq,
    UnixMs,
    base::FileId,
    base::SessionId,
    base::TokenId,
    base::RuleId,
    base::KeyId,
    base::SecretId,
    base::BanId,
    base::RevocationId,
    base::WebhookId
);

impl Bind for Epoch {
    fn bind(self) -> Value {
        Value::BigInt(Some(i64::from(self.0)))
    }
}

impl Bind for u64 {
    fn bind(self) -> Value {
        Value::BigInt(Some(int(self)))
    }
}

/// A hand-written statement with `?` for each value.
pub(crate) fn statement(sql: impl Into<String>, values: Vec<Value>) -> Statement {
    Statement::from_sql_and_values(DbBackend::Sqlite, sql, values)
}

/// What carries out statements: a reader of the pool or a transaction of it, or the writing
/// connection.
pub(crate) trait Database: Sync {
    /// Whose SQL it speaks.
    fn backend(&self) -> DbBackend;

    /// All rows.
    fn query_all_raw(
        &self,
        statement: Statement,
    ) -> impl Future<Output = Result<Vec<Record>, DbErr>> + Send;

    /// The first row, if there is one.
    fn query_one_raw(
        &self,
        statement: Statement,
    ) -> impl Future<Output = Result<Option<Record>, DbErr>> + Send;

    /// How many rows it changed.
    fn execute_raw(&self, statement: Statement) -> impl Future<Output = Result<u64, DbErr>> + Send;

    /// Statements without values, in order.
    fn execute_unprepared(&self, sql: &str) -> impl Future<Output = Result<(), DbErr>> + Send;

    /// All rows of what was built.
    fn query_all(
        &self,
        built: &impl StatementBuilder,
    ) -> impl Future<Output = Result<Vec<Record>, DbErr>> + Send {
        self.query_all_raw(built.build(&self.backend()))
    }

    /// The first row of what was built.
    fn query_one(
        &self,
        built: &impl StatementBuilder,
    ) -> impl Future<Output = Result<Option<Record>, DbErr>> + Send {
        self.query_one_raw(built.build(&self.backend()))
    }

    /// How many rows what was built changed.
    fn execute(
        &self,
        built: &impl StatementBuilder,
    ) -> impl Future<Output = Result<u64, DbErr>> + Send {
        self.execute_raw(built.build(&self.backend()))
    }
}

impl<C: ConnectionTrait> Database for C {
    fn backend(&self) -> DbBackend {
        self.get_database_backend()
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<Record>, DbErr> {
        let rows = ConnectionTrait::query_all_raw(self, statement).await?;
        Ok(rows.into_iter().map(Record::Pooled).collect())
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<Record>, DbErr> {
        let row = ConnectionTrait::query_one_raw(self, statement).await?;
        Ok(row.map(Record::Pooled))
    }

    async fn execute_raw(&self, statement: Statement) -> Result<u64, DbErr> {
        let done = ConnectionTrait::execute_raw(self, statement).await?;
        Ok(done.rows_affected())
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<(), DbErr> {
        ConnectionTrait::execute_unprepared(self, sql).await?;
        Ok(())
    }
}

/// A row, whichever way it came.
#[derive(Debug)]
pub(crate) enum Record {
    /// From the readers' pool.
    Pooled(QueryResult),
    /// From a connection of our own.
    Own(Fields),
}

/// The names of the columns and what is in them.
#[derive(Debug)]
pub(crate) struct Fields {
    pub(crate) names: Arc<[String]>,
    pub(crate) values: Vec<Cell>,
}

impl Record {
    /// One column by its place.
    pub(crate) fn at<T: Readable>(&self, place: usize) -> Result<T, DbErr> {
        match self {
            Self::Pooled(row) => row.try_get_by_index(place),
            Self::Own(fields) => read(fields.values.get(place), &place),
        }
    }
}

/// What a column can be read as.
pub(crate) trait Readable: TryGetable {
    /// `None` when it is something else.
    fn from_cell(cell: &Cell) -> Option<Self>;
}

impl Readable for i64 {
    fn from_cell(cell: &Cell) -> Option<Self> {
        match cell {
            Cell::Integer(number) => Some(*number),
            Cell::Null | Cell::Real(_) | Cell::Text(_) | Cell::Blob(_) => None,
        }
    }
}

impl Readable for String {
    fn from_cell(cell: &Cell) -> Option<Self> {
        match cell {
            Cell::Text(text) => Some(text.clone()),
            Cell::Null | Cell::Real(_) | Cell::Integer(_) | Cell::Blob(_) => None,
        }
    }
}

impl Readable for Vec<u8> {
    fn from_cell(cell: &Cell) -> Option<Self> {
        match cell {
            Cell::Blob(bytes) => Some(bytes.clone()),
            Cell::Null | Cell::Real(_) | Cell::Integer(_) | Cell::Text(_) => None,
        }
    }
}

impl<T: Readable> Readable for Option<T> {
    fn from_cell(cell: &Cell) -> Option<Self> {
        match cell {
            Cell::Null => Some(None),
            Cell::Integer(_) | Cell::Real(_) | Cell::Text(_) | Cell::Blob(_) => {
                T::from_cell(cell).map(Some)
            }
        }
    }
}

fn read<T: Readable>(cell: Option<&Cell>, what: &impl std::fmt::Debug) -> Result<T, DbErr> {
    let found = cell.and_then(T::from_cell);
    found.ok_or_else(|| DbErr::Type(format!("column {what:?} is not there or is {cell:?}")))
}

/// One column of a row by its name.
pub(crate) fn column<T: Readable>(row: &Record, name: &str) -> Result<T, DbErr> {
    match row {
        Record::Pooled(row) => row.try_get("", name),
        Record::Own(fields) => {
            let at = fields.names.iter().position(|known| known == name);
            read(at.and_then(|at| fields.values.get(at)), &name)
        }
    }
}

/// A column that holds an id, a seq, a time or a count.
pub(crate) fn number(row: &Record, name: &str) -> Result<u64, DbErr> {
    column::<i64>(row, name).map(uint)
}

/// A column that may hold one.
pub(crate) fn number_or_null(row: &Record, name: &str) -> Result<Option<u64>, DbErr> {
    column::<Option<i64>>(row, name).map(|value| value.map(uint))
}

/// A column that holds yes or no as 1 or 0.
pub(crate) fn yes(row: &Record, name: &str) -> Result<bool, DbErr> {
    column::<i64>(row, name).map(|value| value != 0)
}

/// A column that holds a SHA-256.
pub(crate) fn hash(row: &Record, name: &str) -> Result<[u8; 32], Fault> {
    let bytes: Vec<u8> = column(row, name)?;
    bytes
        .try_into()
        .map_err(|_| Fault::data(format!("{name} is not a hash")))
}

/// How many rows of `what` (a table and a condition) there are.
pub(crate) async fn count(connection: &impl Database, statement: Statement) -> Result<u64, DbErr> {
    let row = connection.query_one_raw(statement).await?;
    row.map_or(Ok(0), |row| row.at::<i64>(0).map(uint))
}

/// The enums of the domain as small integers: what is stored, never renumbered.
macro_rules! stored_enum {
    ($(#[$doc:meta])* $type:ty { $($variant:ident = $number:literal),* $(,)? }) => {
        impl crate::sql::Stored for $type {
            fn number(self) -> i64 {
                match self { $(<$type>::$variant => $number,)* }
            }
            fn from_number(number: i64) -> Result<Self, crate::Fault> {
                match number {
                    $($number => Ok(<$type>::$variant),)*
                    other => Err(crate::Fault::data(
                        format!("{other} is no {}", stringify!($type)),
                    )),
                }
            }
        }
    };
}
pub(crate) use stored_enum;

/// An enum that is stored as a small integer.
pub(crate) trait Stored: Sized {
    fn number(self) -> i64;
    fn from_number(number: i64) -> Result<Self, Fault>;
}

/// A column that holds such an enum.
pub(crate) fn stored<T: Stored>(row: &Record, name: &str) -> Result<T, Fault> {
    T::from_number(column(row, name)?)
}
