//! Calls that go on, and who may speak in them.

use sea_orm_migration::prelude::*;

use super::m0001_start::{id, int, table, text};
use crate::table::{Call, Member, Room};

pub(super) struct Calls;

impl MigrationName for Calls {
    fn name(&self) -> &str {
        "m0003_calls"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Calls {
    #[expect(
        elided_lifetimes_in_paths,
        reason = "the trait elides it, and async_trait compares"
    )]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        let columns = vec![
            id(backend, Call::RoomId),
            int(Call::Id),
            int(Call::StartedBy),
            int(Call::StartedAt),
            int(Call::NotedAt),
            text(Call::Participants),
        ];
        manager.create_table(table(Call::Table, columns)).await?;
        let speakers = Table::alter()
            .table(Room::Table)
            .add_column(int(Room::Speakers).default(0))
            .to_owned();
        manager.alter_table(speakers).await?;
        let may_speak = Table::alter()
            .table(Member::Table)
            .add_column(int(Member::MaySpeak).default(0))
            .to_owned();
        manager.alter_table(may_speak).await
    }
}
