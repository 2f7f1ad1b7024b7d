//! Small bridges between records and SQL values. Knows no table.

use base::{Epoch, PersonId, RoomId, Seq, UnixMs};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, TryGetable, Value};

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

/// One column of a row by its name.
pub(crate) fn column<T: TryGetable>(row: &QueryResult, name: &str) -> Result<T, DbErr> {
    row.try_get("", name)
}

/// A column that holds an id, a seq, a time or a count.
pub(crate) fn number(row: &QueryResult, name: &str) -> Result<u64, DbErr> {
    column::<i64>(row, name).map(uint)
}

/// A column that may hold one.
pub(crate) fn number_or_null(row: &QueryResult, name: &str) -> Result<Option<u64>, DbErr> {
    column::<Option<i64>>(row, name).map(|value| value.map(uint))
}

/// A column that holds yes or no as 1 or 0.
pub(crate) fn yes(row: &QueryResult, name: &str) -> Result<bool, DbErr> {
    column::<i64>(row, name).map(|value| value != 0)
}

/// A column that holds a SHA-256.
pub(crate) fn hash(row: &QueryResult, name: &str) -> Result<[u8; 32], Fault> {
    let bytes: Vec<u8> = column(row, name)?;
    bytes
        .try_into()
        .map_err(|_| Fault::data(format!("{name} is not a hash")))
}

/// How many rows of `what` (a table and a condition) there are.
pub(crate) async fn count(
    connection: &impl ConnectionTrait,
    statement: Statement,
) -> Result<u64, DbErr> {
    let row = connection.query_one_raw(statement).await?;
    row.map_or(Ok(0), |row| row.try_get_by_index::<i64>(0).map(uint))
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
pub(crate) fn stored<T: Stored>(row: &QueryResult, name: &str) -> Result<T, Fault> {
    T::from_number(column(row, name)?)
}
