//! What the tables of this folder have in common: every row is found by its id.

use base::Code;
use sea_orm::sea_query::{
    Expr, ExprTrait, IntoColumnRef, IntoIden, IntoTableRef, Order, Query, Value,
};

use crate::Fault;
use crate::fault::Stop;
use crate::sql::{Database, Record};
use crate::transaction::Transaction;

/// Deletes the row whose id is this one; `NotFound` when there is none.
pub(super) async fn delete(
    tx: &Transaction,
    table: impl IntoTableRef,
    (column, id): (impl IntoColumnRef, Value),
) -> Result<(), Stop> {
    let delete = Query::delete()
        .from_table(table)
        .and_where(Expr::col(column).eq(id))
        .take();
    if tx.execute(&delete).await? == 0 {
        return Err(Code::NotFound.into());
    }
    Ok(())
}

/// Every row of a table, the oldest first. `columns` begins with the id.
pub(super) async fn all<C: IntoIden + Copy, T>(
    connection: &impl Database,
    (table, columns): (impl IntoTableRef, &[C]),
    from_row: fn(&Record) -> Result<T, Fault>,
) -> Result<Vec<T>, Fault> {
    let mut select = Query::select();
    select.columns(columns.iter().copied()).from(table);
    if let Some(id) = columns.first() {
        select.order_by(*id, Order::Asc);
    }
    let rows = connection.query_all(&select).await?;
    rows.iter().map(from_row).collect()
}
