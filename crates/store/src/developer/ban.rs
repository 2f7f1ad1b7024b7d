//! Bans in the database.

use base::limits::BANS_MAX;
use base::{BanId, Code, PersonId, UnixMs};
use domain::developer::{Ban, Subject};
use sea_orm::sea_query::{Expr, ExprTrait, Query};

use super::row;
use crate::Fault;
use crate::fault::Stop;
use crate::sql::{Bind as _, Database, Record, column, number, number_or_null};
use crate::table::Ban as T;
use crate::transaction::Transaction;

const COLUMNS: [T; 6] = [
    T::Id,
    T::Subject,
    T::Reason,
    T::CreatedAt,
    T::CreatedBy,
    T::EndsAt,
];

/// A subject as one text: `user:…` or `address:…`.
fn text_of(subject: &Subject) -> String {
    match subject {
        Subject::User(user) => format!("user:{user}"),
        Subject::Address(network) => format!("address:{network}"),
    }
}

fn subject_of(text: &str) -> Result<Subject, Fault> {
    let wrong = || Fault::data(format!("{text:?} is no subject of a ban"));
    match text.split_once(':') {
        Some(("user", user)) => Ok(Subject::User(user.to_owned())),
        Some(("address", network)) => network.parse().map(Subject::Address).map_err(|_| wrong()),
        Some(_) | None => Err(wrong()),
    }
}

fn from_row(row: &Record) -> Result<Ban, Fault> {
    Ok(Ban {
        id: BanId(number(row, "id")?),
        subject: subject_of(&column::<String>(row, "subject")?)?,
        reason: column(row, "reason")?,
        created_at: UnixMs(number(row, "created_at")?),
        created_by: PersonId(number(row, "created_by")?),
        ends_at: number_or_null(row, "ends_at")?.map(UnixMs),
    })
}

/// Keeps a ban, in the place of an older one of the same subject; `Conflict` when its id is taken
/// or there are too many. Those that have ended make room first.
pub(super) async fn put(tx: &Transaction, ban: &Ban) -> Result<(), Stop> {
    let taken = Query::select()
        .column(T::Id)
        .from(T::Table)
        .and_where(Expr::col(T::Id).eq(ban.id.bind()))
        .take();
    if tx.query_one(&taken).await?.is_some() {
        return Err(Code::Conflict.into());
    }
    let subject = text_of(&ban.subject);
    let standing = Query::select()
        .expr(Expr::col(T::Id).count())
        .from(T::Table)
        .and_where(Expr::col(T::Subject).ne(subject.as_str()))
        .and_where(
            Expr::col(T::EndsAt)
                .is_null()
                .or(Expr::col(T::EndsAt).gt(ban.created_at.bind())),
        )
        .take();
    let standing = tx.query_one(&standing).await?;
    let standing = standing.map_or(Ok(0), |row| row.at::<i64>(0))?;
    if standing >= BANS_MAX as i64 {
        return Err(Code::Conflict.into());
    }
    let gone = Query::delete()
        .from_table(T::Table)
        .and_where(
            Expr::col(T::Subject)
                .eq(subject.as_str())
                .or(Expr::col(T::EndsAt).lte(ban.created_at.bind())),
        )
        .take();
    tx.execute(&gone).await?;
    let insert = Query::insert()
        .into_table(T::Table)
        .columns(COLUMNS)
        .values_panic([
            ban.id.bind().into(),
            subject.into(),
            ban.reason.as_str().into(),
            ban.created_at.bind().into(),
            ban.created_by.bind().into(),
            ban.ends_at.bind().into(),
        ])
        .take();
    tx.execute(&insert).await?;
    Ok(())
}

/// Lifts a ban; `NotFound` when there is none.
pub(super) async fn lift(tx: &Transaction, id: BanId) -> Result<(), Stop> {
    row::delete(tx, T::Table, (T::Id, id.bind())).await
}

pub(super) async fn all(connection: &impl Database) -> Result<Vec<Ban>, Fault> {
    row::all(connection, (T::Table, &COLUMNS), from_row).await
}
