//! The writing connection and the transaction under way on it.
//!
//! Every call of sqlx is a message to the thread of its connection and one back, two wake-ups that
//! cost more than most statements. So what belongs together travels together: a transaction's
//! beginning with its first statement, several statements in one text, and its end with its last.
//! `docs/decisions/0008-one-trip-to-read-one-to-write.md` tells what that was worth. It never
//! decides what is written; [`crate::Writer`] alone owns one.

use futures_util::TryStreamExt as _;
use sea_orm::prelude::async_trait::async_trait;
use sea_orm::sea_query::Values;
use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement, Value,
};
use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteQueryResult};
use sqlx::{
    Arguments as _, AssertSqlSafe, ConnectOptions as _, Connection as _, Either, Executor as _,
    SqliteConnection,
};
use tokio::sync::Mutex;

use crate::Fault;
use crate::sql::int;

const BEGIN: &str = "BEGIN IMMEDIATE;";
const COMMIT: &str = ";COMMIT";

/// How far a transaction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// There is none.
    Ended,
    /// It begins with its next statement.
    Beginning,
    /// The database knows of it, or may.
    Begun,
}

/// The writing connection; one transaction after the other.
#[derive(Debug)]
pub(crate) struct Transaction(Mutex<Line>);

#[derive(Debug)]
struct Line {
    connection: SqliteConnection,
    phase: Phase,
}

/// The rows of one statement.
pub(crate) type Rows = Vec<QueryResult>;

impl Transaction {
    /// Connects; no transaction is under way yet.
    pub(crate) async fn connect(options: &SqliteConnectOptions) -> Result<Self, Fault> {
        Ok(Self(Mutex::new(Line {
            connection: options.connect().await?,
            phase: Phase::Ended,
        })))
    }

    /// Begins one with the next statement; one that is left without any costs nothing.
    pub(crate) fn begin(&mut self) {
        self.0.get_mut().phase = Phase::Beginning;
    }

    /// Carries out statements in one trip, in order, and answers with the rows of each.
    pub(crate) async fn together(&self, statements: Vec<Statement>) -> Result<Vec<Rows>, DbErr> {
        let (sql, values) = joined(statements);
        self.0.lock().await.travel(sql, values).await
    }

    /// Carries out statements and commits, in one trip.
    pub(crate) async fn together_and_commit(
        &self,
        statements: Vec<Statement>,
    ) -> Result<(), DbErr> {
        let (mut sql, values) = joined(statements);
        sql.push_str(COMMIT);
        let mut line = self.0.lock().await;
        line.travel(sql, values).await?;
        line.phase = Phase::Ended;
        Ok(())
    }

    /// Makes what was done durable.
    pub(crate) async fn commit(&mut self) -> Result<(), DbErr> {
        self.0.get_mut().end("COMMIT").await
    }

    /// Undoes what was done. An error: SQLite has undone it by itself, or it is not known.
    pub(crate) async fn rollback(&mut self) -> Result<(), DbErr> {
        self.0.get_mut().end("ROLLBACK").await
    }

    pub(crate) async fn close(self) -> Result<(), Fault> {
        Ok(self.0.into_inner().connection.close().await?)
    }
}

impl Line {
    /// The text that goes to the database, the transaction's beginning with it where it is due.
    fn text(&mut self, sql: String) -> String {
        if self.phase != Phase::Beginning {
            return sql;
        }
        self.phase = Phase::Begun;
        format!("{BEGIN}{sql}")
    }

    async fn travel(&mut self, sql: String, values: Vec<Value>) -> Result<Vec<Rows>, DbErr> {
        Ok(self.carry(sql, values).await?.0)
    }

    /// The rows of each statement, and what the last one did. Nobody wants to know that of those
    /// before it: a `BEGIN` says of itself that it changed what the statement before it changed.
    async fn carry(
        &mut self,
        sql: String,
        values: Vec<Value>,
    ) -> Result<(Vec<Rows>, SqliteQueryResult), DbErr> {
        let sql = self.text(sql);
        let began = usize::from(sql.starts_with(BEGIN));
        let query = sqlx::query_with(AssertSqlSafe(sql), arguments(values)?);
        let mut found = self.connection.fetch_many(query);
        let mut all = vec![Vec::new()];
        let mut last = SqliteQueryResult::default();
        // Each statement's rows are followed by a mark that it is over.
        while let Some(next) = found.try_next().await.map_err(failed)? {
            match next {
                Either::Right(row) => {
                    if let Some(rows) = all.last_mut() {
                        rows.push(row.into());
                    }
                }
                Either::Left(over) => {
                    last = over;
                    all.push(Vec::new());
                }
            }
        }
        all.drain(..began);
        Ok((all, last))
    }

    async fn end(&mut self, how: &'static str) -> Result<(), DbErr> {
        let began = self.phase == Phase::Begun;
        self.phase = Phase::Ended;
        if began {
            self.connection.execute(how).await.map_err(failed)?;
        }
        Ok(())
    }
}

fn joined(statements: Vec<Statement>) -> (String, Vec<Value>) {
    let mut all = String::new();
    let mut values = Vec::new();
    for statement in statements {
        if !all.is_empty() {
            all.push(';');
        }
        all.push_str(&statement.sql);
        values.extend(statement.values.map_or_else(Vec::new, |values| values.0));
    }
    (all, values)
}

/// The kinds of values that the store binds; another one is a mistake of ours.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the list is the query builder's, which adds kinds with its features"
)]
fn arguments(values: Vec<Value>) -> Result<SqliteArguments, DbErr> {
    let mut arguments = SqliteArguments::default();
    for value in values {
        let added = match value {
            Value::BigInt(number) => arguments.add(number),
            // What sea-query makes of a limit.
            Value::BigUnsigned(number) => arguments.add(number.map(int)),
            Value::Int(number) => arguments.add(number),
            Value::String(text) => arguments.add(text),
            Value::Bytes(bytes) => arguments.add(bytes),
            Value::Bool(yes) => arguments.add(yes),
            other => {
                return Err(DbErr::Custom(format!(
                    "a value that nobody binds: {other:?}"
                )));
            }
        };
        added.map_err(|error| DbErr::Custom(error.to_string()))?;
    }
    Ok(arguments)
}

fn failed(error: sqlx::Error) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(error.into()))
}

fn parts(statement: Statement) -> (String, Vec<Value>) {
    let values = statement.values.unwrap_or(Values(Vec::new()));
    (statement.sql, values.0)
}

#[async_trait]
impl ConnectionTrait for Transaction {
    fn get_database_backend(&self) -> DbBackend {
        DbBackend::Sqlite
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let (sql, values) = parts(statement);
        let (_, last) = self.0.lock().await.carry(sql, values).await?;
        Ok(last.into())
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let mut line = self.0.lock().await;
        let sql = AssertSqlSafe(line.text(sql.to_owned()));
        Ok(line.connection.execute(sql).await.map_err(failed)?.into())
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let (sql, values) = parts(statement);
        let mut line = self.0.lock().await;
        let query = sqlx::query_with(AssertSqlSafe(line.text(sql)), arguments(values)?);
        let row = line
            .connection
            .fetch_optional(query)
            .await
            .map_err(failed)?;
        Ok(row.map(QueryResult::from))
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let (sql, values) = parts(statement);
        let mut all = self.0.lock().await.travel(sql, values).await?;
        Ok(all.drain(..).next().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::statement;

    async fn transaction() -> Transaction {
        let options = SqliteConnectOptions::new().filename(":memory:");
        let transaction = Transaction::connect(&options).await.unwrap();
        transaction
            .execute_unprepared("CREATE TABLE t (n INTEGER UNIQUE)")
            .await
            .unwrap();
        transaction
    }

    fn put(number: i64) -> Statement {
        statement("INSERT INTO t VALUES (?)", vec![number.into()])
    }

    fn count() -> Statement {
        statement("SELECT count(*) FROM t", Vec::new())
    }

    fn number(row: &QueryResult) -> i64 {
        row.try_get_by_index(0).unwrap()
    }

    #[tokio::test]
    async fn statements_that_travel_together_are_answered_one_by_one() {
        let mut transaction = transaction().await;
        transaction.begin();
        let above = statement("SELECT n FROM t WHERE n > ? ORDER BY n", vec![1i64.into()]);
        let sent = vec![put(1), put(2), put(3), above, count()];
        let rows = transaction.together(sent).await.unwrap();
        assert!(rows[..3].iter().all(Vec::is_empty));
        assert_eq!(rows[3].iter().map(number).collect::<Vec<_>>(), [2, 3]);
        assert_eq!(number(&rows[4][0]), 3);
        transaction.rollback().await.unwrap();
        let left = transaction.query_one_raw(count()).await.unwrap().unwrap();
        assert_eq!(
            number(&left),
            0,
            "the transaction began with the first of them"
        );
    }

    #[tokio::test]
    async fn a_statement_that_fails_keeps_the_commit_behind_it_from_happening() {
        let mut transaction = transaction().await;
        transaction.begin();
        let sent = vec![put(1), put(1), put(2)];
        transaction.together_and_commit(sent).await.unwrap_err();
        transaction.rollback().await.unwrap();
        let left = transaction.query_one_raw(count()).await.unwrap().unwrap();
        assert_eq!(number(&left), 0);
        transaction.begin();
        transaction.together_and_commit(vec![put(7)]).await.unwrap();
        transaction.rollback().await.unwrap();
        let left = transaction.query_one_raw(count()).await.unwrap().unwrap();
        assert_eq!(number(&left), 1, "what was committed stays");
    }

    #[tokio::test]
    async fn a_transaction_without_a_statement_costs_nothing_and_harms_nothing() {
        let mut transaction = transaction().await;
        transaction.begin();
        transaction.commit().await.unwrap();
        transaction.begin();
        transaction.rollback().await.unwrap();
        transaction.execute_raw(put(1)).await.unwrap();
    }

    #[tokio::test]
    async fn a_statement_that_begins_a_transaction_tells_only_what_it_changed_itself() {
        let mut transaction = transaction().await;
        let three = statement("INSERT INTO t VALUES (1), (2), (3)", Vec::new());
        transaction.execute_raw(three).await.unwrap();
        transaction.begin();
        let none = statement("DELETE FROM t WHERE n = 9", Vec::new());
        let done = transaction.execute_raw(none).await.unwrap();
        assert_eq!(done.rows_affected(), 0);
        let one = statement("DELETE FROM t WHERE n = 1", Vec::new());
        let done = transaction.execute_raw(one).await.unwrap();
        assert_eq!(done.rows_affected(), 1);
    }
}
