//! Browser sessions in the database.

use base::{Code, PersonId, SessionId, UnixMs};
use domain::auth::{Person, Session};
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};

use crate::fault::Stop;
use crate::sql::{Bind as _, Database as _, Record, column, hash, number};
use crate::table::Session as T;
use crate::transaction::Transaction;
use crate::{Done, Fault, Outcome, Store, person};

/// A session to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartSession {
    /// The session.
    pub session: Session,
    /// The hash that the person's password was verified against; none for who has none.
    pub password_hash: Option<String>,
}

fn select() -> SelectStatement {
    Query::select()
        .columns([
            T::Id,
            T::SecretHash,
            T::PersonId,
            T::CreatedAt,
            T::LastSeenAt,
            T::ExpiresAt,
            T::UserAgent,
            T::Address,
        ])
        .from(T::Table)
        .take()
}

fn from_row(row: &Record) -> Result<Session, Fault> {
    Ok(Session {
        id: SessionId(number(row, "id")?),
        secret_hash: hash(row, "secret_hash")?,
        person: PersonId(number(row, "person_id")?),
        created_at: UnixMs(number(row, "created_at")?),
        last_seen_at: UnixMs(number(row, "last_seen_at")?),
        expires_at: UnixMs(number(row, "expires_at")?),
        user_agent: column(row, "user_agent")?,
        address: column(row, "address")?,
    })
}

/// Starts a session; sessions of the same person that ended by time go on the way. Verifying a
/// password takes a while: `WrongPassword` when the person has another one by now, or is locked.
pub(crate) async fn start(tx: &Transaction, start: &StartSession) -> Result<Outcome, Stop> {
    let session = &start.session;
    let person = person::by_id(tx, session.person).await?;
    let fits = |person: &Person| {
        person.deactivated_at.is_none() && person.password_hash == start.password_hash
    };
    if !person.as_ref().is_some_and(fits) {
        return Err(Code::WrongPassword.into());
    }
    let taken = select()
        .and_where(
            Expr::col(T::Id)
                .eq(session.id.bind())
                .or(Expr::col(T::SecretHash).eq(session.secret_hash.to_vec())),
        )
        .take();
    if tx.query_one(&taken).await?.is_some() {
        return Err(Code::Conflict.into());
    }
    let expired = Query::delete()
        .from_table(T::Table)
        .and_where(Expr::col(T::PersonId).eq(session.person.bind()))
        .and_where(Expr::col(T::ExpiresAt).lte(session.created_at.bind()))
        .take();
    tx.execute(&expired).await?;
    let insert = Query::insert()
        .into_table(T::Table)
        .columns([
            T::Id,
            T::SecretHash,
            T::PersonId,
            T::CreatedAt,
            T::LastSeenAt,
            T::ExpiresAt,
            T::UserAgent,
            T::Address,
        ])
        .values_panic([
            session.id.bind().into(),
            session.secret_hash.to_vec().into(),
            session.person.bind().into(),
            session.created_at.bind().into(),
            session.last_seen_at.bind().into(),
            session.expires_at.bind().into(),
            session.user_agent.as_str().into(),
            session.address.as_str().into(),
        ])
        .take();
    tx.execute(&insert).await?;
    Ok(Outcome::Done(Done::Nothing))
}

/// Ends one session of a person; `NotFound` when they have no such session.
pub(crate) async fn end(
    tx: &Transaction,
    person: PersonId,
    session: SessionId,
) -> Result<Outcome, Stop> {
    let delete = Query::delete()
        .from_table(T::Table)
        .and_where(Expr::col(T::Id).eq(session.bind()))
        .and_where(Expr::col(T::PersonId).eq(person.bind()))
        .take();
    if tx.execute(&delete).await? == 0 {
        return Err(Code::NotFound.into());
    }
    Ok(Outcome::Done(Done::Ended(vec![session])))
}

/// Ends all sessions of a person but one.
pub(crate) async fn delete_all_of(
    tx: &Transaction,
    person: PersonId,
    except: Option<SessionId>,
) -> Result<(), Fault> {
    let kept = except.unwrap_or(SessionId(0));
    let mine = Expr::col(T::PersonId)
        .eq(person.bind())
        .and(Expr::col(T::Id).ne(kept.bind()));
    tx.execute(Query::delete().from_table(T::Table).and_where(mine))
        .await?;
    Ok(())
}

/// Notes that a session was used, and until when it now lasts. An ended one stays ended.
pub(crate) async fn touch(
    tx: &Transaction,
    session: SessionId,
    at: UnixMs,
    expires_at: UnixMs,
) -> Result<Outcome, Stop> {
    let update = Query::update()
        .table(T::Table)
        .value(T::LastSeenAt, at.bind())
        .value(T::ExpiresAt, expires_at.bind())
        .and_where(Expr::col(T::Id).eq(session.bind()))
        .take();
    tx.execute(&update).await?;
    Ok(Outcome::Done(Done::Nothing))
}

impl Store {
    /// The session with this secret (its SHA-256) and whose it is. Whether it has ended by time or
    /// its person was deactivated is for the caller to see.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn session_by_secret(
        &self,
        secret_hash: &[u8; 32],
    ) -> Result<Option<(Session, Person)>, Fault> {
        let select = select()
            .and_where(Expr::col(T::SecretHash).eq(secret_hash.to_vec()))
            .take();
        let Some(row) = self.readers.query_one(&select).await? else {
            return Ok(None);
        };
        let session = from_row(&row)?;
        let person = person::by_id(&self.readers, session.person).await?;
        Ok(person.map(|person| (session, person)))
    }

    /// The sessions of a person, the newest first.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn sessions_of(&self, person: PersonId) -> Result<Vec<Session>, Fault> {
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
