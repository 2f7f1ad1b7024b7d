//! The first schema.
//!
//! Where SQLite asks for it, tables are `WITHOUT ROWID` and ids are `INTEGER PRIMARY KEY`. Why the
//! log is not: `docs/decisions/0006-the-room-log-on-disk.md`.

use sea_orm::DbBackend;
use sea_orm::sea_query::{IndexCreateStatement, TableCreateStatement};
use sea_orm_migration::prelude::*;

use crate::table::{
    Audit, Event, File, Head, Invite, Member, Mention, Person, Reaction, Remembered, Room, Rule,
    Session, Setting, Token,
};

pub(super) struct Start;

impl MigrationName for Start {
    fn name(&self) -> &str {
        "m0001_start"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Start {
    #[expect(
        elided_lifetimes_in_paths,
        reason = "the trait elides it, and async_trait compares"
    )]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        let mut tables = people_tables(backend);
        tables.extend(room_tables(backend));
        tables.extend(log_tables(backend));
        tables.extend(place_tables(backend));
        for table in tables {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

/// A column that holds an id of ours as the primary key. In SQLite only the word INTEGER makes it
/// the row's own number.
pub(super) fn id(backend: DbBackend, name: impl IntoIden) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    if backend == DbBackend::Sqlite {
        column.integer();
    } else {
        column.big_integer();
    }
    column.not_null().primary_key();
    column
}

pub(super) fn int(name: impl IntoIden) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.big_integer().not_null();
    column
}

pub(super) fn int_or_null(name: impl IntoIden) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.big_integer().null();
    column
}

pub(super) fn text(name: impl IntoIden) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.text().not_null();
    column
}

fn text_or_null(name: impl IntoIden) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.text().null();
    column
}

/// A text that is part of a key; MySQL wants to know how long it gets.
pub(super) fn name(name: impl IntoIden, chars_max: u32) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.string_len(chars_max).not_null();
    column
}

pub(super) fn hash(name: impl IntoIden) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.binary_len(32).not_null();
    column
}

pub(super) fn table(name: impl IntoTableRef, columns: Vec<ColumnDef>) -> TableCreateStatement {
    let mut table = Table::create();
    table.table(name);
    for mut column in columns {
        table.col(&mut column);
    }
    table
}

/// A table that is stored in the order of its key, with nothing beside it.
pub(super) fn keyed<C: IntoIden>(
    backend: DbBackend,
    name: impl IntoTableRef,
    columns: Vec<ColumnDef>,
    key: Vec<C>,
) -> TableCreateStatement {
    let mut table = table(name, columns);
    let mut primary = Index::create();
    for column in key {
        primary.col(column);
    }
    table.primary_key(&mut primary);
    if backend == DbBackend::Sqlite {
        table.extra("WITHOUT ROWID");
    }
    table
}

fn people_tables(backend: DbBackend) -> Vec<TableCreateStatement> {
    vec![
        table(
            Person::Table,
            vec![
                id(backend, Person::Id),
                name(Person::Name, 64),
                text(Person::DisplayName),
                name(Person::DisplayKey, 128),
                int(Person::Role),
                text_or_null(Person::Avatar),
                text_or_null(Person::PasswordHash),
                text(Person::Locale),
                int(Person::CreatedAt),
                int_or_null(Person::DeactivatedAt),
            ],
        ),
        table(
            Session::Table,
            vec![
                id(backend, Session::Id),
                hash(Session::SecretHash),
                int(Session::PersonId),
                int(Session::CreatedAt),
                int(Session::LastSeenAt),
                int(Session::ExpiresAt),
                text(Session::UserAgent),
                text(Session::Address),
            ],
        ),
        table(
            Token::Table,
            vec![
                id(backend, Token::Id),
                hash(Token::SecretHash),
                int(Token::PersonId),
                text(Token::Name),
                int(Token::CreatedAt),
                int_or_null(Token::LastUsedAt),
            ],
        ),
        keyed(
            backend,
            Invite::Table,
            vec![
                name(Invite::Code, 32),
                int(Invite::CreatedBy),
                int(Invite::CreatedAt),
                int(Invite::ExpiresAt),
                int(Invite::UsesMax),
                int(Invite::Uses),
                int(Invite::Role),
                int(Invite::RoomId),
            ],
            vec![Invite::Code],
        ),
    ]
}

fn room_tables(backend: DbBackend) -> Vec<TableCreateStatement> {
    let mut direct_key = ColumnDef::new(Room::DirectKey);
    direct_key.string_len(512).null();
    vec![
        table(
            Room::Table,
            vec![
                id(backend, Room::Id),
                int(Room::Kind),
                text(Room::Name),
                text(Room::Topic),
                int(Room::CreatedBy),
                int(Room::CreatedAt),
                int_or_null(Room::ArchivedAt),
                direct_key,
                int(Room::MemberCount),
            ],
        ),
        table(
            Head::Table,
            vec![
                id(backend, Head::RoomId),
                int(Head::Epoch),
                int(Head::Seq),
                int(Head::MsgSeq),
                int(Head::LastMessage),
            ],
        ),
        keyed(
            backend,
            Member::Table,
            vec![
                int(Member::RoomId),
                int(Member::PersonId),
                int(Member::JoinedAt),
                int(Member::ReadSeq),
                int(Member::ReadMsgSeq),
                int(Member::Pinned),
                int(Member::Notify),
            ],
            vec![Member::RoomId, Member::PersonId],
        ),
    ]
}

fn log_tables(backend: DbBackend) -> Vec<TableCreateStatement> {
    vec![
        table(
            Event::Table,
            vec![
                id(backend, Event::Id),
                int(Event::RoomId),
                int(Event::Seq),
                int(Event::Kind),
                int(Event::Author),
                int(Event::At),
                int(Event::MsgSeq),
                text_or_null(Event::ClientId),
                int_or_null(Event::ClientKey),
                text_or_null(Event::Text),
                int(Event::Rev),
                int_or_null(Event::EditedAt),
                int(Event::Deleted),
                int_or_null(Event::ReplyTo),
                int(Event::MentionAll),
                int_or_null(Event::Target),
                text_or_null(Event::Data),
            ],
        ),
        keyed(
            backend,
            Mention::Table,
            vec![
                int(Mention::RoomId),
                int(Mention::Seq),
                int(Mention::PersonId),
                int(Mention::Author),
            ],
            vec![Mention::RoomId, Mention::Seq, Mention::PersonId],
        ),
        keyed(
            backend,
            Reaction::Table,
            vec![
                int(Reaction::RoomId),
                int(Reaction::Seq),
                name(Reaction::Emoji, 64),
                int(Reaction::PersonId),
                int(Reaction::AtSeq),
            ],
            vec![
                Reaction::RoomId,
                Reaction::Seq,
                Reaction::Emoji,
                Reaction::PersonId,
            ],
        ),
        file_table(backend),
    ]
}

fn file_table(backend: DbBackend) -> TableCreateStatement {
    table(
        File::Table,
        vec![
            id(backend, File::Id),
            int(File::RoomId),
            int(File::UploadedBy),
            int(File::UploadedAt),
            name(File::Hash, 64),
            text(File::Name),
            text(File::MediaType),
            int(File::SizeBytes),
            int_or_null(File::WidthPx),
            int_or_null(File::HeightPx),
            text_or_null(File::ThumbHash),
            int_or_null(File::Seq),
            int(File::Position),
        ],
    )
}

fn place_tables(backend: DbBackend) -> Vec<TableCreateStatement> {
    vec![
        table(
            Rule::Table,
            vec![
                id(backend, Rule::Id),
                text(Rule::Pattern),
                int(Rule::Kind),
                int(Rule::Action),
                int(Rule::IgnoreSeparators),
                int(Rule::WholeWord),
                int(Rule::Enabled),
                text(Rule::Note),
                int(Rule::CreatedAt),
                int(Rule::Hits),
            ],
        ),
        keyed(
            backend,
            Setting::Table,
            vec![name(Setting::Key, 64), text(Setting::Value)],
            vec![Setting::Key],
        ),
        table(
            Audit::Table,
            vec![
                id(backend, Audit::Id),
                int(Audit::At),
                int_or_null(Audit::Actor),
                text(Audit::Action),
                text(Audit::Object),
                text(Audit::Detail),
            ],
        ),
        keyed(
            backend,
            Remembered::Table,
            vec![
                int(Remembered::PersonId),
                name(Remembered::Key, 64),
                hash(Remembered::RequestHash),
                int(Remembered::Status),
                text(Remembered::Body),
                int(Remembered::At),
            ],
            vec![Remembered::PersonId, Remembered::Key],
        ),
    ]
}

pub(super) fn index<C: IntoIden>(
    name: &str,
    table: impl IntoTableRef,
    columns: Vec<C>,
) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(name).table(table);
    for column in columns {
        index.col(column);
    }
    index
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        index("person_name", Person::Table, vec![Person::Name])
            .unique()
            .take(),
        index(
            "person_display_key",
            Person::Table,
            vec![Person::DisplayKey],
        ),
        index("session_secret", Session::Table, vec![Session::SecretHash])
            .unique()
            .take(),
        index("session_person", Session::Table, vec![Session::PersonId]),
        index("token_secret", Token::Table, vec![Token::SecretHash])
            .unique()
            .take(),
        index("token_person", Token::Table, vec![Token::PersonId]),
        index("room_direct_key", Room::Table, vec![Room::DirectKey])
            .unique()
            .take(),
        index("room_kind", Room::Table, vec![Room::Kind]),
        index(
            "member_person",
            Member::Table,
            vec![Member::PersonId, Member::RoomId],
        ),
        index("event_seq", Event::Table, vec![Event::RoomId, Event::Seq])
            .unique()
            .take(),
        index("event_client_key", Event::Table, vec![Event::ClientKey])
            .unique()
            .take(),
        index(
            "mention_person",
            Mention::Table,
            vec![Mention::PersonId, Mention::RoomId, Mention::Seq],
        ),
        index("file_seq", File::Table, vec![File::RoomId, File::Seq]),
        index("file_hash", File::Table, vec![File::Hash]),
        index("file_thumb_hash", File::Table, vec![File::ThumbHash]),
        index("person_avatar", Person::Table, vec![Person::Avatar]),
        index("remembered_at", Remembered::Table, vec![Remembered::At]),
    ]
}
