//! The outbox of webhooks: events in the order they happened, kept until every webhook was told.
//!
//! Beside it stand the leases: connections, and channels they hear, whose end has still to be told.
//! A lease belongs to one start of the server; those of another start are over, and their ends are
//! written as events. The outbox is bounded: when a webhook is told nothing for so long that it is
//! full, its oldest events are given up and counted, and the others lose nothing by it.

use std::collections::HashMap;

use base::UnixMs;
use domain::developer::EventKind;
use sea_orm::TransactionTrait as _;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Order, Query};

use crate::fault::Stop;
use crate::sql::{
    Bind as _, Database, Record, Stored as _, column, count, int, number, statement, stored,
    stored_enum, uint,
};
use crate::table::{WebhookCursor as C, WebhookEvent as E, WebhookLease as L};
use crate::transaction::Transaction;
use crate::{Done, Fault, Outcome, Store};

stored_enum!(EventKind {
    Connect = 0,
    Disconnect = 1,
    Join = 2,
    Leave = 3,
    Call = 4,
});

/// Something that happened to a connection, or in a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxEvent {
    /// When.
    pub at: UnixMs,
    /// What.
    pub kind: EventKind,
    /// The connection; empty for what happens in calls.
    pub client: String,
    /// Whose it is.
    pub user: String,
    /// Which channel it began or ceased to hear; empty for events of the connection itself.
    pub channel: String,
    /// More about it: a JSON object. Of a call, all there is to tell.
    pub detail: String,
}

/// An event as it lies in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// Its number: larger for what happened later, never used twice.
    pub id: u64,
    /// The event.
    pub event: OutboxEvent,
}

/// How far a webhook has been told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OutboxCursor {
    /// The last event that it took.
    pub position: u64,
    /// Events that were given up since it was last told of that.
    pub lost: u64,
}

/// What is done to the outbox.
#[derive(Debug, Clone)]
pub enum OutboxCommand {
    /// Writes events, in order, and their leases.
    Record {
        /// This start of the server.
        start_id: u64,
        /// The events.
        events: Vec<OutboxEvent>,
        /// How many events the outbox holds at most.
        events_max: u64,
    },
    /// Ends the leases of other starts of the server: their ends become events.
    Expire {
        /// This start of the server.
        start_id: u64,
        /// When that was found out.
        at: UnixMs,
        /// How many events the outbox holds at most.
        events_max: u64,
    },
    /// A webhook took everything up to a number, and a word that some were lost.
    Take {
        /// Which webhook.
        webhook: String,
        /// The last event that it took.
        position: u64,
        /// How many lost events it was told of.
        lost: u64,
    },
    /// Events were lost before they could be written.
    Lose {
        /// How many.
        count: u64,
    },
    /// The webhooks of the configuration file: those that are new hear of everything from now on,
    /// the others that the file named before are forgotten.
    Configure {
        /// Their names, all beginning with [`CONFIGURED`].
        webhooks: Vec<String>,
    },
}

/// What the names of the configuration file's webhooks begin with.
pub const CONFIGURED: &str = "file:";

impl OutboxCommand {
    /// About how many bytes it holds.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        match self {
            Self::Record { events, .. } => events.iter().map(OutboxEvent::size_bytes).sum(),
            Self::Expire { .. } | Self::Take { .. } | Self::Lose { .. } => 0,
            Self::Configure { webhooks } => webhooks.iter().map(String::len).sum(),
        }
    }

    /// Whether it takes data away rather than adding any.
    #[must_use]
    pub fn erases(&self) -> bool {
        match self {
            Self::Take { .. } => true,
            Self::Record { .. }
            | Self::Expire { .. }
            | Self::Lose { .. }
            | Self::Configure { .. } => false,
        }
    }
}

impl OutboxEvent {
    fn size_bytes(&self) -> usize {
        64 + self.client.len() + self.user.len() + self.channel.len() + self.detail.len()
    }
}

/// Carries out a command; never refused.
pub(crate) async fn apply(tx: &Transaction, command: &OutboxCommand) -> Result<Outcome, Stop> {
    let dropped = match command {
        OutboxCommand::Record {
            start_id,
            events,
            events_max,
        } => {
            insert(tx, events).await?;
            keep_leases(tx, *start_id, events).await?;
            clear_unwanted(tx).await?;
            prune(tx, *events_max).await?
        }
        OutboxCommand::Expire {
            start_id,
            at,
            events_max,
        } => {
            expire(tx, *start_id, *at).await?;
            clear_unwanted(tx).await?;
            prune(tx, *events_max).await?
        }
        OutboxCommand::Take {
            webhook,
            position,
            lost,
        } => {
            take(tx, webhook, *position, *lost).await?;
            0
        }
        OutboxCommand::Lose { count } => {
            lose(tx, *count).await?;
            *count
        }
        OutboxCommand::Configure { webhooks } => {
            configure(tx, webhooks).await?;
            0
        }
    };
    Ok(Outcome::Done(Done::Outbox { dropped }))
}

async fn insert(tx: &Transaction, events: &[OutboxEvent]) -> Result<(), Fault> {
    if events.is_empty() {
        return Ok(());
    }
    let mut insert = Query::insert();
    insert.into_table(E::Table).columns([
        E::At,
        E::Kind,
        E::Client,
        E::User,
        E::Channel,
        E::Detail,
    ]);
    for event in events {
        insert.values_panic([
            event.at.bind().into(),
            event.kind.number().into(),
            event.client.as_str().into(),
            event.user.as_str().into(),
            event.channel.as_str().into(),
            event.detail.as_str().into(),
        ]);
    }
    tx.execute(&insert).await?;
    Ok(())
}

/// What a batch leaves of the leases it touches: whose they become, none when they end.
type Touched<'a> = HashMap<(&'a str, &'a str), Option<&'a str>>;

async fn keep_leases(tx: &Transaction, start_id: u64, events: &[OutboxEvent]) -> Result<(), Fault> {
    let mut touched = Touched::new();
    let mut gone = Vec::new();
    for event in events {
        let key = (event.client.as_str(), event.channel.as_str());
        match event.kind {
            EventKind::Connect | EventKind::Join => {
                touched.insert(key, Some(&event.user));
            }
            EventKind::Leave => {
                touched.insert(key, None);
            }
            EventKind::Disconnect => {
                touched.retain(|(client, _), _| *client != key.0);
                gone.push(key.0);
            }
            EventKind::Call => {}
        }
    }
    if !gone.is_empty() {
        let delete = Query::delete()
            .from_table(L::Table)
            .and_where(Expr::col(L::Client).is_in(gone))
            .take();
        tx.execute(&delete).await?;
    }
    for (client, channel) in touched
        .iter()
        .filter(|(_, user)| user.is_none())
        .map(|it| it.0)
    {
        let delete = Query::delete()
            .from_table(L::Table)
            .and_where(Expr::col(L::Client).eq(*client))
            .and_where(Expr::col(L::Channel).eq(*channel))
            .take();
        tx.execute(&delete).await?;
    }
    let mut insert = Query::insert();
    insert
        .into_table(L::Table)
        .columns([L::Client, L::Channel, L::User, L::StartId])
        .on_conflict(
            OnConflict::columns([L::Client, L::Channel])
                .update_columns([L::User, L::StartId])
                .to_owned(),
        );
    let mut any = false;
    for ((client, channel), user) in &touched {
        if let Some(user) = user {
            any = true;
            insert.values_panic([
                (*client).into(),
                (*channel).into(),
                (*user).into(),
                start_id.bind().into(),
            ]);
        }
    }
    if any {
        tx.execute(&insert).await?;
    }
    Ok(())
}

/// Ends what belongs to other starts: first what a connection heard, then the connection.
async fn expire(tx: &Transaction, start_id: u64, at: UnixMs) -> Result<(), Fault> {
    const ENDED: &str = r#"{"code":3001,"reason":"the server stopped"}"#;
    let sql = "INSERT INTO webhook_event (at, kind, client, user, channel, detail) \
         SELECT ?, CASE channel WHEN '' THEN ? ELSE ? END, client, user, channel, ? \
         FROM webhook_lease WHERE start_id <> ? ORDER BY client, channel DESC";
    let values = vec![
        at.bind(),
        EventKind::Disconnect.number().into(),
        EventKind::Leave.number().into(),
        ENDED.into(),
        start_id.bind(),
    ];
    tx.execute_raw(statement(sql, values)).await?;
    let delete = Query::delete()
        .from_table(L::Table)
        .and_where(Expr::col(L::StartId).ne(start_id.bind()))
        .take();
    tx.execute(&delete).await?;
    Ok(())
}

/// Gives up the oldest events above the bound; says how many.
async fn prune(tx: &Transaction, events_max: u64) -> Result<u64, Fault> {
    let (first, last) = ends(tx).await?;
    if last < first + events_max {
        return Ok(0);
    }
    let floor = last - events_max;
    let sql = "UPDATE webhook_cursor SET lost = lost + ? - position, position = ? \
         WHERE position < ?";
    let values = vec![floor.bind(), floor.bind(), floor.bind()];
    tx.execute_raw(statement(sql, values)).await?;
    let delete = Query::delete()
        .from_table(E::Table)
        .and_where(Expr::col(E::Id).lte(floor.bind()))
        .take();
    Ok(tx.execute(&delete).await?)
}

/// The numbers of the first and the last event; for an empty outbox the last that ever was, and
/// the one after it.
async fn ends(connection: &impl Database) -> Result<(u64, u64), Fault> {
    let sql = "SELECT min(id) AS first, \
         max(coalesce((SELECT max(id) FROM webhook_event), 0), \
             coalesce((SELECT max(position) FROM webhook_cursor), 0), \
             coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'webhook_event'), 0)) AS last \
         FROM webhook_event";
    let row = connection.query_one_raw(statement(sql, Vec::new())).await?;
    let row = row.ok_or_else(|| Fault::data("an aggregate without a row"))?;
    let last = number(&row, "last")?;
    let first: Option<i64> = column(&row, "first")?;
    Ok((first.map_or(last + 1, uint), last))
}

async fn take(tx: &Transaction, webhook: &str, position: u64, lost: u64) -> Result<(), Fault> {
    let sql = "UPDATE webhook_cursor SET position = max(position, ?), lost = max(lost - ?, 0) \
         WHERE webhook = ?";
    let values = vec![position.bind(), lost.bind(), webhook.into()];
    tx.execute_raw(statement(sql, values)).await?;
    clear(tx).await
}

/// Deletes what every webhook has taken; everything, when there is no webhook.
async fn clear(tx: &Transaction) -> Result<(), Fault> {
    let sql = "DELETE FROM webhook_event WHERE id <= \
         coalesce((SELECT min(position) FROM webhook_cursor), 9007199254740991)";
    tx.execute_raw(statement(sql, Vec::new())).await?;
    Ok(())
}

/// Deletes everything when no webhook is left that could take it.
async fn clear_unwanted(tx: &Transaction) -> Result<(), Fault> {
    let sql = "DELETE FROM webhook_event WHERE NOT EXISTS (SELECT 1 FROM webhook_cursor)";
    tx.execute_raw(statement(sql, Vec::new())).await?;
    Ok(())
}

async fn lose(tx: &Transaction, count: u64) -> Result<(), Fault> {
    let sql = "UPDATE webhook_cursor SET lost = lost + ?";
    tx.execute_raw(statement(sql, vec![count.bind()])).await?;
    Ok(())
}

/// Lets a webhook hear of everything from now on, unless it does already.
pub(super) async fn begin_cursor(tx: &Transaction, webhook: &str) -> Result<(), Fault> {
    let (_, last) = ends(tx).await?;
    let insert = Query::insert()
        .into_table(C::Table)
        .columns([C::Webhook, C::Position, C::Lost])
        .values_panic([webhook.into(), last.bind().into(), int(0).into()])
        .on_conflict(OnConflict::column(C::Webhook).do_nothing().to_owned())
        .take();
    tx.execute(&insert).await?;
    Ok(())
}

/// A webhook hears of nothing any more.
pub(super) async fn end_cursor(tx: &Transaction, webhook: &str) -> Result<(), Fault> {
    let delete = Query::delete()
        .from_table(C::Table)
        .and_where(Expr::col(C::Webhook).eq(webhook))
        .take();
    tx.execute(&delete).await?;
    clear(tx).await
}

async fn configure(tx: &Transaction, webhooks: &[String]) -> Result<(), Fault> {
    let select = Query::select().column(C::Webhook).from(C::Table).take();
    for row in tx.query_all(&select).await? {
        let known: String = column(&row, "webhook")?;
        if known.starts_with(CONFIGURED) && !webhooks.contains(&known) {
            end_cursor(tx, &known).await?;
        }
    }
    for webhook in webhooks {
        begin_cursor(tx, webhook).await?;
    }
    Ok(())
}

fn from_row(row: &Record) -> Result<OutboxRow, Fault> {
    Ok(OutboxRow {
        id: number(row, "id")?,
        event: OutboxEvent {
            at: UnixMs(number(row, "at")?),
            kind: stored(row, "kind")?,
            client: column(row, "client")?,
            user: column(row, "user")?,
            channel: column(row, "channel")?,
            detail: column(row, "detail")?,
        },
    })
}

impl Store {
    /// How far a webhook has been told, and what follows; at most `limit` events, in order. None
    /// for a webhook that is told nothing.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn outbox(
        &self,
        webhook: &str,
        limit: usize,
    ) -> Result<Option<(OutboxCursor, Vec<OutboxRow>)>, Fault> {
        let tx = self.readers.begin().await?;
        let select = Query::select()
            .columns([C::Position, C::Lost])
            .from(C::Table)
            .and_where(Expr::col(C::Webhook).eq(webhook))
            .take();
        let Some(row) = tx.query_one(&select).await? else {
            return Ok(None);
        };
        let cursor = OutboxCursor {
            position: number(&row, "position")?,
            lost: number(&row, "lost")?,
        };
        let select = Query::select()
            .columns([
                E::Id,
                E::At,
                E::Kind,
                E::Client,
                E::User,
                E::Channel,
                E::Detail,
            ])
            .from(E::Table)
            .and_where(Expr::col(E::Id).gt(cursor.position.bind()))
            .order_by(E::Id, Order::Asc)
            .limit(limit as u64)
            .take();
        let rows = tx.query_all(&select).await?;
        let rows = rows.iter().map(from_row).collect::<Result<_, _>>()?;
        Ok(Some((cursor, rows)))
    }

    /// How many events wait for a webhook, at most: those that it does not want count too.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn outbox_waiting(&self, webhook: &str) -> Result<u64, Fault> {
        let sql = "SELECT count(*) FROM webhook_event WHERE id > \
             coalesce((SELECT position FROM webhook_cursor WHERE webhook = ?), 9007199254740991)";
        Ok(count(&self.readers, statement(sql, vec![webhook.into()])).await?)
    }

    /// How many events the outbox holds.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn outbox_events(&self) -> Result<u64, Fault> {
        let sql = "SELECT count(*) FROM webhook_event";
        Ok(count(&self.readers, statement(sql, Vec::new())).await?)
    }
}
