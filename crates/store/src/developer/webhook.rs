//! Webhooks in the database. What they are told lies in [`super::outbox`].

use base::limits::WEBHOOKS_MAX;
use base::{Code, PersonId, UnixMs, WebhookId};
use domain::developer::{EventKinds, Webhook};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};

use super::outbox;
use super::row;
use crate::Fault;
use crate::fault::Stop;
use crate::sql::{Bind as _, Database, Record, column, number, number_or_null, yes};
use crate::table::Webhook as T;
use crate::transaction::Transaction;

const COLUMNS: [T; 9] = [
    T::Id,
    T::Name,
    T::Url,
    T::Secret,
    T::Events,
    T::Channels,
    T::Enabled,
    T::CreatedAt,
    T::CreatedBy,
];

fn from_row(row: &Record) -> Result<Webhook, Fault> {
    Ok(Webhook {
        id: WebhookId(number(row, "id")?),
        name: column(row, "name")?,
        url: column(row, "url")?,
        secret: column::<String>(row, "secret")?.into(),
        events: EventKinds::from_bits(u8::try_from(number(row, "events")?).unwrap_or(0)),
        channels: serde_json::from_str(&column::<String>(row, "channels")?)?,
        enabled: yes(row, "enabled")?,
        created_at: UnixMs(number(row, "created_at")?),
        created_by: number_or_null(row, "created_by")?.map(PersonId),
    })
}

/// Writes a webhook, new or changed; `Conflict` when there are too many. One that is new,
/// or was off, hears of what happens from now on.
pub(super) async fn put(tx: &Transaction, hook: &Webhook) -> Result<(), Stop> {
    let others = Query::select()
        .expr(Expr::col(T::Id).count())
        .from(T::Table)
        .and_where(Expr::col(T::Id).ne(hook.id.bind()))
        .take();
    let others = tx.query_one(&others).await?;
    let others = others.map_or(Ok(0), |row| row.at::<i64>(0))?;
    if others >= WEBHOOKS_MAX as i64 {
        return Err(Code::Conflict.into());
    }
    let changed = OnConflict::column(T::Id)
        .update_columns([
            T::Name,
            T::Url,
            T::Secret,
            T::Events,
            T::Channels,
            T::Enabled,
        ])
        .to_owned();
    let channels = serde_json::to_string(&hook.channels).map_err(Fault::from)?;
    let insert = Query::insert()
        .into_table(T::Table)
        .columns(COLUMNS)
        .values_panic([
            hook.id.bind().into(),
            hook.name.as_str().into(),
            hook.url.as_str().into(),
            (*hook.secret).into(),
            i64::from(hook.events.bits()).into(),
            channels.into(),
            i64::from(hook.enabled).into(),
            hook.created_at.bind().into(),
            hook.created_by.bind().into(),
        ])
        .on_conflict(changed)
        .take();
    tx.execute(&insert).await?;
    let name = hook.id.to_string();
    if hook.enabled {
        outbox::begin_cursor(tx, &name).await?;
    } else {
        outbox::end_cursor(tx, &name).await?;
    }
    Ok(())
}

/// Takes a webhook out, and what waits for it; `NotFound` when there is none.
pub(super) async fn delete(tx: &Transaction, id: WebhookId) -> Result<(), Stop> {
    row::delete(tx, T::Table, (T::Id, id.bind())).await?;
    outbox::end_cursor(tx, &id.to_string()).await?;
    Ok(())
}

pub(super) async fn all(connection: &impl Database) -> Result<Vec<Webhook>, Fault> {
    row::all(connection, (T::Table, &COLUMNS), from_row).await
}
