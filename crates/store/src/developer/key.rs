//! Keys for the server HTTP API in the database.

use base::limits::API_KEYS_MAX;
use base::{Code, KeyId, PersonId, UnixMs};
use domain::developer::ApiKey;
use sea_orm::sea_query::{Expr, ExprTrait, Query};

use super::row;
use crate::Fault;
use crate::fault::Stop;
use crate::sql::{Bind as _, Database, Record, column, hash, number, number_or_null};
use crate::table::ApiKey as T;
use crate::transaction::Transaction;

const COLUMNS: [T; 6] = [
    T::Id,
    T::SecretHash,
    T::Name,
    T::CreatedAt,
    T::CreatedBy,
    T::LastUsedAt,
];

fn from_row(row: &Record) -> Result<ApiKey, Fault> {
    Ok(ApiKey {
        id: KeyId(number(row, "id")?),
        secret_hash: hash(row, "secret_hash")?,
        name: column(row, "name")?,
        created_at: UnixMs(number(row, "created_at")?),
        created_by: PersonId(number(row, "created_by")?),
        last_used_at: number_or_null(row, "last_used_at")?.map(UnixMs),
    })
}

/// Keeps a new key; `Conflict` when its id is taken or there are too many.
pub(super) async fn make(tx: &Transaction, key: &ApiKey) -> Result<(), Stop> {
    let others = all(tx).await?;
    if others.len() >= API_KEYS_MAX || others.iter().any(|other| other.id == key.id) {
        return Err(Code::Conflict.into());
    }
    let insert = Query::insert()
        .into_table(T::Table)
        .columns(COLUMNS)
        .values_panic([
            key.id.bind().into(),
            key.secret_hash.to_vec().into(),
            key.name.as_str().into(),
            key.created_at.bind().into(),
            key.created_by.bind().into(),
            key.last_used_at.bind().into(),
        ])
        .take();
    tx.execute(&insert).await?;
    Ok(())
}

/// Revokes a key; `NotFound` when there is none.
pub(super) async fn revoke(tx: &Transaction, id: KeyId) -> Result<(), Stop> {
    row::delete(tx, T::Table, (T::Id, id.bind())).await
}

/// Notes that a key was used.
pub(super) async fn touch(tx: &Transaction, id: KeyId, at: UnixMs) -> Result<(), Stop> {
    let update = Query::update()
        .table(T::Table)
        .value(T::LastUsedAt, at.bind())
        .and_where(Expr::col(T::Id).eq(id.bind()))
        .take();
    tx.execute(&update).await?;
    Ok(())
}

pub(super) async fn all(connection: &impl Database) -> Result<Vec<ApiKey>, Fault> {
    row::all(connection, (T::Table, &COLUMNS), from_row).await
}
