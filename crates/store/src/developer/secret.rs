//! Token secrets in the database. They lie there readable, as HMAC needs them: the data directory
//! is its owner's alone.

use base::limits::TOKEN_SECRETS_MAX;
use base::{Code, PersonId, SecretId, UnixMs};
use domain::developer::TokenSecret;
use sea_orm::sea_query::{Expr, ExprTrait, Query};

use super::row;
use crate::Fault;
use crate::fault::Stop;
use crate::sql::{Bind as _, Database, Record, column, number, number_or_null};
use crate::table::DeveloperSecret as T;
use crate::transaction::Transaction;

const COLUMNS: [T; 6] = [
    T::Id,
    T::Secret,
    T::Name,
    T::CreatedAt,
    T::CreatedBy,
    T::EndsAt,
];

fn from_row(row: &Record) -> Result<TokenSecret, Fault> {
    Ok(TokenSecret {
        id: SecretId(number(row, "id")?),
        secret: column::<String>(row, "secret")?.into(),
        name: column(row, "name")?,
        created_at: UnixMs(number(row, "created_at")?),
        created_by: PersonId(number(row, "created_by")?),
        ends_at: number_or_null(row, "ends_at")?.map(UnixMs),
    })
}

/// Keeps a new secret; `Conflict` when its id is taken or there are too many. Those that have
/// ended make room first.
pub(super) async fn make(tx: &Transaction, secret: &TokenSecret) -> Result<(), Stop> {
    let near = Query::select()
        .columns(COLUMNS)
        .from(T::Table)
        .and_where(
            Expr::col(T::Id)
                .eq(secret.id.bind())
                .or(Expr::col(T::EndsAt).is_null())
                .or(Expr::col(T::EndsAt).gt(secret.created_at.bind())),
        )
        .take();
    let near = tx.query_all(&near).await?;
    let near = near.iter().map(from_row).collect::<Result<Vec<_>, _>>()?;
    if near.len() >= TOKEN_SECRETS_MAX || near.iter().any(|other| other.id == secret.id) {
        return Err(Code::Conflict.into());
    }
    let ended = Query::delete()
        .from_table(T::Table)
        .and_where(Expr::col(T::EndsAt).lte(secret.created_at.bind()))
        .take();
    tx.execute(&ended).await?;
    let insert = Query::insert()
        .into_table(T::Table)
        .columns(COLUMNS)
        .values_panic([
            secret.id.bind().into(),
            (*secret.secret).into(),
            secret.name.as_str().into(),
            secret.created_at.bind().into(),
            secret.created_by.bind().into(),
            secret.ends_at.bind().into(),
        ])
        .take();
    tx.execute(&insert).await?;
    Ok(())
}

/// Puts a secret in the place of another; `NotFound` when that is gone or was rotated before.
pub(super) async fn rotate(
    tx: &Transaction,
    (old, ends_at): (SecretId, UnixMs),
    new: &TokenSecret,
) -> Result<(), Stop> {
    let standing = Query::select()
        .column(T::Id)
        .from(T::Table)
        .and_where(Expr::col(T::Id).eq(old.bind()))
        .and_where(Expr::col(T::EndsAt).is_null())
        .take();
    if tx.query_one(&standing).await?.is_none() {
        return Err(Code::NotFound.into());
    }
    make(tx, new).await?;
    let update = Query::update()
        .table(T::Table)
        .value(T::EndsAt, ends_at.bind())
        .and_where(Expr::col(T::Id).eq(old.bind()))
        .take();
    tx.execute(&update).await?;
    Ok(())
}

/// Revokes a secret; `NotFound` when there is none.
pub(super) async fn revoke(tx: &Transaction, id: SecretId) -> Result<(), Stop> {
    row::delete(tx, T::Table, (T::Id, id.bind())).await
}

pub(super) async fn all(connection: &impl Database) -> Result<Vec<TokenSecret>, Fault> {
    row::all(connection, (T::Table, &COLUMNS), from_row).await
}
