//! The names of tables and columns, for statements and migrations alike. Nothing else.

use sea_orm::DeriveIden;

#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum Person {
    Table,
    Id,
    Name,
    DisplayName,
    /// The display name as it is compared at login.
    DisplayKey,
    Role,
    Avatar,
    PasswordHash,
    Locale,
    CreatedAt,
    DeactivatedAt,
}

#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum Session {
    Table,
    Id,
    SecretHash,
    PersonId,
    CreatedAt,
    LastSeenAt,
    ExpiresAt,
    UserAgent,
    Address,
}

#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum Token {
    Table,
    Id,
    SecretHash,
    PersonId,
    Name,
    CreatedAt,
    LastUsedAt,
}

#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum Invite {
    Table,
    Code,
    CreatedBy,
    CreatedAt,
    ExpiresAt,
    UsesMax,
    Uses,
    Role,
    RoomId,
}

#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum Room {
    Table,
    Id,
    Kind,
    Name,
    Topic,
    CreatedBy,
    CreatedAt,
    ArchivedAt,
    /// The set of members of a direct or group room, unique.
    DirectKey,
    MemberCount,
    /// Who may speak in its calls.
    Speakers,
}

/// The counters of a room apart from its description: the row that every post changes is small,
/// so that a batch over many rooms changes few pages.
#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum Head {
    Table,
    RoomId,
    Epoch,
    Seq,
    MsgSeq,
    /// The newest message that stands, 0 for none.
    LastMessage,
}

#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum Member {
    Table,
    RoomId,
    PersonId,
    JoinedAt,
    ReadSeq,
    ReadMsgSeq,
    Pinned,
    Notify,
    MaySpeak,
}

/// Calls that go on: one in a room at most.
#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum Call {
    Table,
    RoomId,
    #[sea_orm(iden = "call_id")]
    Id,
    StartedBy,
    StartedAt,
    /// Until when it is known to have gone on.
    NotedAt,
    /// Who was there, a JSON list of ids.
    Participants,
}

/// The log. A message's row is the message in its newest state; the others carry no text of it.
#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum Event {
    Table,
    /// The order of all commits: what followers of the whole log go by. Never shown.
    Id,
    RoomId,
    Seq,
    Kind,
    Author,
    At,
    /// How many counting messages there were up to and including this event.
    MsgSeq,
    ClientId,
    /// 62 bits of a hash of room, author and client id: unique, small in its index.
    ClientKey,
    Text,
    Rev,
    EditedAt,
    Deleted,
    ReplyTo,
    MentionAll,
    Target,
    /// What other kinds carry: an emoji, people, a name, a topic.
    Data,
}

/// One row per mentioned person; person 0 stands for everybody.
#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum Mention {
    Table,
    RoomId,
    Seq,
    PersonId,
    Author,
}

#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum Reaction {
    Table,
    RoomId,
    Seq,
    Emoji,
    PersonId,
    /// The event that put it there: what reactions are ordered by.
    AtSeq,
}

#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum File {
    Table,
    Id,
    RoomId,
    UploadedBy,
    UploadedAt,
    Hash,
    Name,
    MediaType,
    SizeBytes,
    WidthPx,
    HeightPx,
    ThumbHash,
    /// The message it was posted with.
    Seq,
    Position,
}

#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum Rule {
    Table,
    Id,
    Pattern,
    Kind,
    Action,
    IgnoreSeparators,
    WholeWord,
    Enabled,
    Note,
    CreatedAt,
    Hits,
}

#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum Setting {
    Table,
    Key,
    Value,
}

#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum Audit {
    Table,
    Id,
    At,
    Actor,
    Action,
    Object,
    Detail,
}

#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum Remembered {
    Table,
    PersonId,
    Key,
    RequestHash,
    Status,
    Body,
    At,
}

#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum ApiKey {
    Table,
    Id,
    SecretHash,
    Name,
    CreatedAt,
    CreatedBy,
    LastUsedAt,
}

/// A secret that developers sign tokens with.
#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum DeveloperSecret {
    Table,
    Id,
    Secret,
    Name,
    CreatedAt,
    CreatedBy,
    EndsAt,
}

#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum Ban {
    Table,
    Id,
    /// Who, as one text.
    Subject,
    Reason,
    CreatedAt,
    CreatedBy,
    EndsAt,
}

#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum Revocation {
    Table,
    Id,
    /// Whose tokens or which token, as one text.
    Subject,
    Before,
    EndsAt,
    CreatedAt,
    CreatedBy,
}

#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum Webhook {
    Table,
    Id,
    Name,
    Url,
    Secret,
    Events,
    Channels,
    Enabled,
    CreatedAt,
    CreatedBy,
}

/// Events on their way to webhooks.
#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum WebhookEvent {
    Table,
    /// The order in which they happened; never used twice.
    Id,
    At,
    Kind,
    Client,
    User,
    /// Empty for events of the connection itself.
    Channel,
    /// More about it, as JSON.
    Detail,
}

/// How far each webhook has been told.
#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum WebhookCursor {
    Table,
    /// The webhook, by its id or its place in the configuration.
    Webhook,
    Position,
    /// Events that were given up since it was last told of that.
    Lost,
}

/// Connections, and the channels they hear, whose end has still to be told.
#[derive(DeriveIden, Clone, Copy)]
pub(crate) enum WebhookLease {
    Table,
    Client,
    /// Empty for the connection itself.
    Channel,
    User,
    /// Which start of the server it belongs to.
    StartId,
}
