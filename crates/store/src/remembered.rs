//! Answers remembered under the idempotency key of their request, for a day.

use base::limits::IDEMPOTENCY_LIFE_MS;
use base::{PersonId, UnixMs};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};

use crate::fault::Stop;
use crate::sql::{Bind as _, Database as _, column, hash, number};
use crate::table::Remembered as T;
use crate::transaction::Transaction;
use crate::{Done, Fault, Outcome, Store};

/// The answer to a request. Never put the text of a message into one: it would outlive a deletion.
/// Nor a plain hash of a request: that of a password can be guessed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// Who asked.
    pub person: PersonId,
    /// Under which key.
    pub key: String,
    /// A keyed hash of the request, to tell another request under the same key.
    pub request_hash: [u8; 32],
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: String,
    /// When it was given.
    pub at: UnixMs,
}

/// Keeps an answer, the first one under its key; those that are too old go.
pub(crate) async fn put(tx: &Transaction, remembered: &Remembered) -> Result<Outcome, Stop> {
    let old_at = remembered.at.0.saturating_sub(IDEMPOTENCY_LIFE_MS);
    let old = Expr::col(T::At).lt(old_at.bind());
    tx.execute(Query::delete().from_table(T::Table).and_where(old))
        .await?;
    let insert = Query::insert()
        .into_table(T::Table)
        .columns([
            T::PersonId,
            T::Key,
            T::RequestHash,
            T::Status,
            T::Body,
            T::At,
        ])
        .values_panic([
            remembered.person.bind().into(),
            remembered.key.as_str().into(),
            remembered.request_hash.to_vec().into(),
            u64::from(remembered.status).bind().into(),
            remembered.body.as_str().into(),
            remembered.at.bind().into(),
        ])
        .on_conflict(
            OnConflict::columns([T::PersonId, T::Key])
                .do_nothing()
                .to_owned(),
        )
        .take();
    tx.execute(&insert).await?;
    Ok(Outcome::Done(Done::Nothing))
}

impl Store {
    /// What was answered under this key; the caller looks whether it is still valid by time.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn remembered(
        &self,
        person: PersonId,
        key: &str,
    ) -> Result<Option<Remembered>, Fault> {
        let select = Query::select()
            .columns([T::RequestHash, T::Status, T::Body, T::At])
            .from(T::Table)
            .and_where(Expr::col(T::PersonId).eq(person.bind()))
            .and_where(Expr::col(T::Key).eq(key))
            .take();
        let Some(row) = self.readers.query_one(&select).await? else {
            return Ok(None);
        };
        Ok(Some(Remembered {
            person,
            key: key.to_owned(),
            request_hash: hash(&row, "request_hash")?,
            status: u16::try_from(number(&row, "status")?).unwrap_or(500),
            body: column(&row, "body")?,
            at: UnixMs(number(&row, "at")?),
        }))
    }
}
