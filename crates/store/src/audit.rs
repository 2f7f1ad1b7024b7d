//! The log of changes: who changed what, for the people who run the place.

use base::{PersonId, UnixMs};
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query};

use crate::fault::Stop;
use crate::sql::{Bind as _, Database as _, Record, column, number, number_or_null};
use crate::table::Audit as T;
use crate::transaction::Transaction;
use crate::{Done, Fault, Outcome, Store};

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its number, given when it is written.
    pub id: u64,
    /// When.
    pub at: UnixMs,
    /// Who, none for the server itself.
    pub actor: Option<PersonId>,
    /// What was done: `person.role`, `rule.create`.
    pub action: String,
    /// To what, as text: an id, a name.
    pub object: String,
    /// What else is worth knowing.
    pub detail: String,
}

fn from_row(row: &Record) -> Result<AuditEntry, Fault> {
    Ok(AuditEntry {
        id: number(row, "id")?,
        at: UnixMs(number(row, "at")?),
        actor: number_or_null(row, "actor")?.map(PersonId),
        action: column(row, "action")?,
        object: column(row, "object")?,
        detail: column(row, "detail")?,
    })
}

/// Writes an entry.
pub(crate) async fn append(tx: &Transaction, entry: &AuditEntry) -> Result<Outcome, Stop> {
    let insert = Query::insert()
        .into_table(T::Table)
        .columns([T::At, T::Actor, T::Action, T::Object, T::Detail])
        .values_panic([
            entry.at.bind().into(),
            entry.actor.bind().into(),
            entry.action.as_str().into(),
            entry.object.as_str().into(),
            entry.detail.as_str().into(),
        ])
        .take();
    tx.execute(&insert).await?;
    Ok(Outcome::Done(Done::Nothing))
}

impl Store {
    /// A page of entries, the newest first, below `before`.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn audit_page(
        &self,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<AuditEntry>, Fault> {
        let select = Query::select()
            .columns([T::Id, T::At, T::Actor, T::Action, T::Object, T::Detail])
            .from(T::Table)
            .and_where(Expr::col(T::Id).lt(before.unwrap_or(u64::MAX).bind()))
            .order_by(T::Id, Order::Desc)
            .limit(limit as u64)
            .take();
        self.readers
            .query_all(&select)
            .await?
            .iter()
            .map(from_row)
            .collect()
    }
}
