//! The writing connection and the transaction under way on it.
//!
//! It begins with the first statement and ends when told; one that is left without any costs
//! nothing. Statements block, on the writer's own thread. It never decides what is written;
//! [`crate::Writer`] alone owns one.

use std::sync::{Mutex, MutexGuard, PoisonError};

use sea_orm::{DbBackend, DbErr, Statement};

use crate::Fault;
use crate::connection::{Connection, Rows};
use crate::sql::{Database, Record};

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

/// The writing connection; one transaction after the other. The lock is never waited for: there is
/// one writer.
#[derive(Debug)]
pub(crate) struct Transaction(Mutex<Line>);

#[derive(Debug)]
struct Line {
    connection: Connection,
    phase: Phase,
}

impl Transaction {
    /// No transaction is under way yet.
    pub(crate) fn on(connection: Connection) -> Self {
        Self(Mutex::new(Line {
            connection,
            phase: Phase::Ended,
        }))
    }

    /// Begins one with the next statement.
    pub(crate) fn begin(&self) {
        self.line().phase = Phase::Beginning;
    }

    /// Carries out statements, in order, and answers with the rows of each.
    pub(crate) fn together(&self, statements: Vec<Statement>) -> Result<Vec<Rows>, DbErr> {
        let mut line = self.line();
        let connection = line.ready()?;
        statements
            .into_iter()
            .map(|statement| connection.rows(statement))
            .collect()
    }

    /// Makes what was done durable.
    pub(crate) fn commit(&self) -> Result<(), DbErr> {
        self.line().end("COMMIT")
    }

    /// Undoes what was done. An error: SQLite has undone it by itself, or it is not known.
    pub(crate) fn rollback(&self) -> Result<(), DbErr> {
        self.line().end("ROLLBACK")
    }

    pub(crate) fn close(self) -> Result<(), Fault> {
        let line = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        line.connection.close()
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        // A panic inside leaves a transaction that is undone with its connection.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    /// The connection, the transaction begun where it is due.
    fn ready(&mut self) -> Result<&Connection, DbErr> {
        if self.phase == Phase::Beginning {
            self.phase = Phase::Begun;
            self.connection.run("BEGIN IMMEDIATE")?;
        }
        Ok(&self.connection)
    }

    fn end(&mut self, how: &'static str) -> Result<(), DbErr> {
        let began = self.phase == Phase::Begun;
        self.phase = Phase::Ended;
        if began {
            self.connection.run(how)?;
        }
        Ok(())
    }
}

impl Database for Transaction {
    fn backend(&self) -> DbBackend {
        DbBackend::Sqlite
    }

    async fn execute_raw(&self, statement: Statement) -> Result<u64, DbErr> {
        self.line().ready()?.execute(statement)
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<(), DbErr> {
        self.line().ready()?.batch(sql)
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<Record>, DbErr> {
        self.line().ready()?.first(statement)
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<Record>, DbErr> {
        self.line().ready()?.rows(statement)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::connection::How;
    use crate::sql::statement;

    async fn transaction() -> Transaction {
        let how = How {
            vfs: None,
            busy_timeout_ms: 0,
            statements_cached: 8,
            pragmas: "",
        };
        let connection = Connection::open(Path::new(":memory:"), how).unwrap();
        let transaction = Transaction::on(connection);
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

    fn number(row: &Record) -> i64 {
        row.at(0).unwrap()
    }

    #[tokio::test]
    async fn statements_that_travel_together_are_answered_one_by_one() {
        let transaction = transaction().await;
        transaction.begin();
        let above = statement("SELECT n FROM t WHERE n > ? ORDER BY n", vec![1i64.into()]);
        let sent = vec![put(1), put(2), put(3), above, count()];
        let rows = transaction.together(sent).unwrap();
        assert!(rows[..3].iter().all(Vec::is_empty));
        assert_eq!(rows[3].iter().map(number).collect::<Vec<_>>(), [2, 3]);
        assert_eq!(number(&rows[4][0]), 3);
        transaction.rollback().unwrap();
        let left = transaction.query_one_raw(count()).await.unwrap().unwrap();
        assert_eq!(
            number(&left),
            0,
            "the transaction began with the first of them"
        );
    }

    #[tokio::test]
    async fn those_behind_a_statement_that_fails_do_not_happen_and_those_before_can_be_undone() {
        let transaction = transaction().await;
        transaction.begin();
        let sent = vec![put(1), put(1), put(2)];
        transaction.together(sent).unwrap_err();
        transaction.rollback().unwrap();
        let left = transaction.query_one_raw(count()).await.unwrap().unwrap();
        assert_eq!(number(&left), 0);
        transaction.begin();
        transaction.together(vec![put(7)]).unwrap();
        transaction.commit().unwrap();
        transaction.rollback().unwrap();
        let left = transaction.query_one_raw(count()).await.unwrap().unwrap();
        assert_eq!(number(&left), 1, "what was committed stays");
    }

    #[tokio::test]
    async fn a_transaction_without_a_statement_costs_nothing_and_harms_nothing() {
        let transaction = transaction().await;
        transaction.begin();
        transaction.commit().unwrap();
        transaction.begin();
        transaction.rollback().unwrap();
        transaction.execute_raw(put(1)).await.unwrap();
    }

    #[tokio::test]
    async fn a_statement_that_begins_a_transaction_tells_only_what_it_changed_itself() {
        let transaction = transaction().await;
        let three = statement("INSERT INTO t VALUES (1), (2), (3)", Vec::new());
        transaction.execute_raw(three).await.unwrap();
        transaction.begin();
        let none = statement("DELETE FROM t WHERE n = 9", Vec::new());
        let done = transaction.execute_raw(none).await.unwrap();
        assert_eq!(done, 0);
        let one = statement("DELETE FROM t WHERE n = 1", Vec::new());
        let done = transaction.execute_raw(one).await.unwrap();
        assert_eq!(done, 1);
    }
}
