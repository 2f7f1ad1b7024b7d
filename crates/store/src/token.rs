//! API tokens in the database.

use base::limits::TOKENS_PER_PERSON_MAX;
use base::{Code, PersonId, TokenId, UnixMs};
use domain::auth::{Person, Token};
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};

use crate::fault::Stop;
use crate::sql::{Bind as _, Database as _, Record, column, hash, number, number_or_null};
use crate::table::Token as T;
use crate::transaction::Transaction;
use crate::{Done, Fault, Outcome, Store, person};

fn select() -> SelectStatement {
    Query::select()
        .columns([
            T::Id,
            T::SecretHash,
            T::PersonId,
            T::Name,
            T::CreatedAt,
            T::LastUsedAt,
        ])
        .from(T::Table)
        .take()
}

fn from_row(row: &Record) -> Result<Token, Fault> {
    Ok(Token {
        id: TokenId(number(row, "id")?),
        secret_hash: hash(row, "secret_hash")?,
        person: PersonId(number(row, "person_id")?),
        name: column(row, "name")?,
        created_at: UnixMs(number(row, "created_at")?),
        last_used_at: number_or_null(row, "last_used_at")?.map(UnixMs),
    })
}

/// Keeps a new token; `Conflict` when its id is taken or the person has too many.
pub(crate) async fn create(tx: &Transaction, token: &Token) -> Result<Outcome, Stop> {
    let near = select()
        .and_where(
            Expr::col(T::PersonId)
                .eq(token.person.bind())
                .or(Expr::col(T::Id).eq(token.id.bind()))
                .or(Expr::col(T::SecretHash).eq(token.secret_hash.to_vec())),
        )
        .take();
    let near = tx.query_all(&near).await?;
    let near = near.iter().map(from_row).collect::<Result<Vec<_>, _>>()?;
    let mine = near
        .iter()
        .filter(|other| other.person == token.person)
        .count();
    let clash = near
        .iter()
        .any(|o| o.id == token.id || o.secret_hash == token.secret_hash);
    if clash || mine >= TOKENS_PER_PERSON_MAX {
        return Err(Code::Conflict.into());
    }
    let insert = Query::insert()
        .into_table(T::Table)
        .columns([
            T::Id,
            T::SecretHash,
            T::PersonId,
            T::Name,
            T::CreatedAt,
            T::LastUsedAt,
        ])
        .values_panic([
            token.id.bind().into(),
            token.secret_hash.to_vec().into(),
            token.person.bind().into(),
            token.name.as_str().into(),
            token.created_at.bind().into(),
            token.last_used_at.bind().into(),
        ])
        .take();
    tx.execute(&insert).await?;
    Ok(Outcome::Done(Done::Nothing))
}

/// Revokes one token of a person; `NotFound` when they have no such token.
pub(crate) async fn revoke(
    tx: &Transaction,
    person: PersonId,
    token: TokenId,
) -> Result<Outcome, Stop> {
    let delete = Query::delete()
        .from_table(T::Table)
        .and_where(Expr::col(T::Id).eq(token.bind()))
        .and_where(Expr::col(T::PersonId).eq(person.bind()))
        .take();
    if tx.execute(&delete).await? == 0 {
        return Err(Code::NotFound.into());
    }
    Ok(Outcome::Done(Done::Nothing))
}

pub(crate) async fn delete_all_of(tx: &Transaction, person: PersonId) -> Result<(), Fault> {
    let mine = Expr::col(T::PersonId).eq(person.bind());
    tx.execute(Query::delete().from_table(T::Table).and_where(mine))
        .await?;
    Ok(())
}

/// Notes that a token was used.
pub(crate) async fn touch(tx: &Transaction, token: TokenId, at: UnixMs) -> Result<Outcome, Stop> {
    let update = Query::update()
        .table(T::Table)
        .value(T::LastUsedAt, at.bind())
        .and_where(Expr::col(T::Id).eq(token.bind()))
        .take();
    tx.execute(&update).await?;
    Ok(Outcome::Done(Done::Nothing))
}

impl Store {
    /// The token with this secret (its SHA-256) and as whom it acts.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn token_by_secret(
        &self,
        secret_hash: &[u8; 32],
    ) -> Result<Option<(Token, Person)>, Fault> {
        let select = select()
            .and_where(Expr::col(T::SecretHash).eq(secret_hash.to_vec()))
            .take();
        let Some(row) = self.readers.query_one(&select).await? else {
            return Ok(None);
        };
        let token = from_row(&row)?;
        let person = person::by_id(&self.readers, token.person).await?;
        Ok(person.map(|person| (token, person)))
    }

    /// The tokens of a person, the newest first.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn tokens_of(&self, person: PersonId) -> Result<Vec<Token>, Fault> {
        let select = select()
            .and_where(Expr::col(T::PersonId).eq(person.bind()))
            .order_by(T::Id, Order::Desc)
            .take();
        self.readers
            .query_all(&select)
            .await?
            .iter()
            .map(from_row)
            .collect()
    }
}
