//! Revoked tokens of developers in the database.

use base::limits::REVOCATIONS_MAX;
use base::{Code, PersonId, RevocationId, UnixMs};
use domain::developer::{Revocation, Revoked};
use sea_orm::sea_query::{Expr, ExprTrait, Query};

use super::row;
use crate::Fault;
use crate::fault::Stop;
use crate::sql::{Bind as _, Database, Record, column, number, number_or_null};
use crate::table::Revocation as T;
use crate::transaction::Transaction;

const COLUMNS: [T; 6] = [
    T::Id,
    T::Subject,
    T::Before,
    T::EndsAt,
    T::CreatedAt,
    T::CreatedBy,
];

/// What is revoked as one text: `user:…` or `token:…`.
fn text_of(revoked: &Revoked) -> String {
    match revoked {
        Revoked::User { user, .. } => format!("user:{user}"),
        Revoked::Token { jti, .. } => format!("token:{jti}"),
    }
}

fn from_row(row: &Record) -> Result<Revocation, Fault> {
    let subject: String = column(row, "subject")?;
    let wrong = || Fault::data(format!("{subject:?} is nothing that can be revoked"));
    let revoked = match subject.split_once(':') {
        Some(("user", user)) => Revoked::User {
            user: user.to_owned(),
            before: UnixMs(number_or_null(row, "before")?.ok_or_else(wrong)?),
        },
        Some(("token", jti)) => Revoked::Token {
            jti: jti.to_owned(),
            ends_at: UnixMs(number_or_null(row, "ends_at")?.ok_or_else(wrong)?),
        },
        Some(_) | None => return Err(wrong()),
    };
    Ok(Revocation {
        id: RevocationId(number(row, "id")?),
        revoked,
        created_at: UnixMs(number(row, "created_at")?),
        created_by: PersonId(number(row, "created_by")?),
    })
}

/// Keeps a revocation, in the place of an older one of the same; `Conflict` when its id is taken
/// or there are too many. Those that have ended make room first.
pub(super) async fn put(tx: &Transaction, revocation: &Revocation) -> Result<(), Stop> {
    let taken = Query::select()
        .column(T::Id)
        .from(T::Table)
        .and_where(Expr::col(T::Id).eq(revocation.id.bind()))
        .take();
    if tx.query_one(&taken).await?.is_some() {
        return Err(Code::Conflict.into());
    }
    let subject = text_of(&revocation.revoked);
    let now = revocation.created_at;
    let standing = Query::select()
        .expr(Expr::col(T::Id).count())
        .from(T::Table)
        .and_where(Expr::col(T::Subject).ne(subject.as_str()))
        .and_where(
            Expr::col(T::EndsAt)
                .is_null()
                .or(Expr::col(T::EndsAt).gt(now.bind())),
        )
        .take();
    let standing = tx.query_one(&standing).await?;
    let standing = standing.map_or(Ok(0), |row| row.at::<i64>(0))?;
    if standing >= REVOCATIONS_MAX as i64 {
        return Err(Code::Conflict.into());
    }
    let gone = Query::delete()
        .from_table(T::Table)
        .and_where(
            Expr::col(T::Subject)
                .eq(subject.as_str())
                .or(Expr::col(T::EndsAt).lte(now.bind())),
        )
        .take();
    tx.execute(&gone).await?;
    let before = match &revocation.revoked {
        Revoked::User { before, .. } => Some(*before),
        Revoked::Token { .. } => None,
    };
    let insert = Query::insert()
        .into_table(T::Table)
        .columns(COLUMNS)
        .values_panic([
            revocation.id.bind().into(),
            subject.into(),
            before.bind().into(),
            revocation.ends_at().bind().into(),
            now.bind().into(),
            revocation.created_by.bind().into(),
        ])
        .take();
    tx.execute(&insert).await?;
    Ok(())
}

/// Takes a revocation back; `NotFound` when there is none.
pub(super) async fn delete(tx: &Transaction, id: RevocationId) -> Result<(), Stop> {
    row::delete(tx, T::Table, (T::Id, id.bind())).await
}

pub(super) async fn all(connection: &impl Database) -> Result<Vec<Revocation>, Fault> {
    row::all(connection, (T::Table, &COLUMNS), from_row).await
}
