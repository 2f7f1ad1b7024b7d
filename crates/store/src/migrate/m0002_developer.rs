//! What operators keep for developers, and the outbox of webhooks.

use sea_orm::DbBackend;
use sea_orm::sea_query::TableCreateStatement;
use sea_orm_migration::prelude::*;

use super::m0001_start::{hash, id, index, int, int_or_null, keyed, name, table, text};
use crate::table::{
    ApiKey, Ban, DeveloperSecret, Revocation, Webhook, WebhookCursor, WebhookEvent, WebhookLease,
};

pub(super) struct Developer;

impl MigrationName for Developer {
    fn name(&self) -> &str {
        "m0002_developer"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Developer {
    #[expect(
        elided_lifetimes_in_paths,
        reason = "the trait elides it, and async_trait compares"
    )]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        let mut tables = kept_tables(backend);
        tables.extend(outbox_tables(backend));
        for table in tables {
            manager.create_table(table).await?;
        }
        let unique = [
            index("ban_subject", Ban::Table, vec![Ban::Subject]),
            index(
                "revocation_subject",
                Revocation::Table,
                vec![Revocation::Subject],
            ),
        ];
        for mut index in unique {
            manager.create_index(index.unique().take()).await?;
        }
        Ok(())
    }
}

fn kept_tables(backend: DbBackend) -> Vec<TableCreateStatement> {
    vec![
        table(
            ApiKey::Table,
            vec![
                id(backend, ApiKey::Id),
                hash(ApiKey::SecretHash),
                text(ApiKey::Name),
                int(ApiKey::CreatedAt),
                int(ApiKey::CreatedBy),
                int_or_null(ApiKey::LastUsedAt),
            ],
        ),
        table(
            DeveloperSecret::Table,
            vec![
                id(backend, DeveloperSecret::Id),
                text(DeveloperSecret::Secret),
                text(DeveloperSecret::Name),
                int(DeveloperSecret::CreatedAt),
                int(DeveloperSecret::CreatedBy),
                int_or_null(DeveloperSecret::EndsAt),
            ],
        ),
        table(
            Ban::Table,
            vec![
                id(backend, Ban::Id),
                name(Ban::Subject, 300),
                text(Ban::Reason),
                int(Ban::CreatedAt),
                int(Ban::CreatedBy),
                int_or_null(Ban::EndsAt),
            ],
        ),
        table(
            Revocation::Table,
            vec![
                id(backend, Revocation::Id),
                name(Revocation::Subject, 300),
                int_or_null(Revocation::Before),
                int_or_null(Revocation::EndsAt),
                int(Revocation::CreatedAt),
                int(Revocation::CreatedBy),
            ],
        ),
        table(
            Webhook::Table,
            vec![
                id(backend, Webhook::Id),
                text(Webhook::Name),
                text(Webhook::Url),
                text(Webhook::Secret),
                int(Webhook::Events),
                text(Webhook::Channels),
                int(Webhook::Enabled),
                int(Webhook::CreatedAt),
                int_or_null(Webhook::CreatedBy),
            ],
        ),
    ]
}

fn outbox_tables(backend: DbBackend) -> Vec<TableCreateStatement> {
    let mut number = id(backend, WebhookEvent::Id);
    // An id that was deleted must not come again: cursors point behind it.
    number.auto_increment();
    vec![
        table(
            WebhookEvent::Table,
            vec![
                number,
                int(WebhookEvent::At),
                int(WebhookEvent::Kind),
                text(WebhookEvent::Client),
                text(WebhookEvent::User),
                text(WebhookEvent::Channel),
                text(WebhookEvent::Detail),
            ],
        ),
        keyed(
            backend,
            WebhookCursor::Table,
            vec![
                name(WebhookCursor::Webhook, 64),
                int(WebhookCursor::Position),
                int(WebhookCursor::Lost),
            ],
            vec![WebhookCursor::Webhook],
        ),
        keyed(
            backend,
            WebhookLease::Table,
            vec![
                name(WebhookLease::Client, 64),
                name(WebhookLease::Channel, 255),
                text(WebhookLease::User),
                int(WebhookLease::StartId),
            ],
            vec![WebhookLease::Client, WebhookLease::Channel],
        ),
    ]
}
