//! Sessions, tokens, invitations, the place.

use base::{PersonId, RoomId, SessionId, TokenId, UnixMs, limits};
use domain::auth::{Invite as InviteRecord, Role, Session as SessionRecord, Token as TokenRecord};
use serde::Serialize;
use utoipa::ToSchema;

use super::person::{Me, Person};
use super::room::Room;

/// Limits that clients tell people of.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct PlaceLimits {
    /// Characters of one message.
    pub message_chars_max: usize,
    /// Bytes of one file.
    pub file_bytes_max: u64,
    /// Characters of a display name.
    pub name_chars_max: usize,
    /// Characters that a password must have.
    pub password_chars_min: usize,
}

impl PlaceLimits {
    /// With the operator's own limit for files.
    #[must_use]
    pub fn new(file_bytes_max: u64) -> Self {
        Self {
            message_chars_max: limits::MESSAGE_CHARS_MAX,
            file_bytes_max,
            name_chars_max: limits::DISPLAY_NAME_CHARS_MAX,
            password_chars_min: limits::PASSWORD_CHARS_MIN,
        }
    }
}

/// The place, open to all.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Place {
    /// Its name, empty before it is set up.
    pub name: String,
    /// Whether it was set up.
    pub set_up: bool,
    /// The server's version.
    pub version: &'static str,
    /// The language it speaks to strangers.
    pub locale: String,
    /// Limits worth knowing.
    pub limits: PlaceLimits,
}

/// The place in a bootstrap.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PlaceName {
    /// Its name.
    pub name: String,
    /// The server's version.
    pub version: &'static str,
    /// Whether there are calls.
    pub calls: bool,
}

/// Everything a client needs to begin.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Bootstrap {
    /// Oneself.
    pub me: Me,
    /// The place.
    pub place: PlaceName,
    /// Rooms one is in.
    pub rooms: Vec<Room>,
    /// People one may see.
    pub people: Vec<Person>,
}

/// The answer to setting up.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SetUp {
    /// The owner.
    pub me: Me,
    /// The first room.
    #[schema(value_type = String)]
    pub lobby: RoomId,
}

/// The answer to logging in.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct LoggedIn {
    /// Who one is now.
    pub me: Me,
}

/// The answer to accepting an invitation.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Entered {
    /// Who one is now.
    pub me: Me,
    /// The room to begin in.
    #[schema(value_type = String)]
    pub room: RoomId,
}

/// A login of one browser.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Session {
    /// Its id.
    #[schema(value_type = String)]
    pub id: SessionId,
    /// When it began.
    #[schema(value_type = u64)]
    pub created_at: UnixMs,
    /// When it was last used, to the hour.
    #[schema(value_type = u64)]
    pub last_seen_at: UnixMs,
    /// The browser, as it names itself.
    pub user_agent: String,
    /// From where it logged in.
    pub address: String,
    /// Whether this request came with it.
    pub current: bool,
}

/// All sessions of a person.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Sessions {
    /// Newest first.
    pub sessions: Vec<Session>,
}

/// A token for the live connection.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SocketToken {
    /// The JWT.
    pub token: String,
    /// When it ends.
    #[schema(value_type = u64)]
    pub expires_at: UnixMs,
}

/// An API token in a list.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Token {
    /// Its id.
    #[schema(value_type = String)]
    pub id: TokenId,
    /// What its owner calls it.
    pub name: String,
    /// When it was made.
    #[schema(value_type = u64)]
    pub created_at: UnixMs,
    /// When it was last used, to the hour.
    #[schema(value_type = Option<u64>)]
    pub last_used_at: Option<UnixMs>,
}

/// A token that was just made, with the only sight of its secret.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct NewToken {
    /// The secret: shown once.
    pub token: String,
    /// Its id.
    #[schema(value_type = String)]
    pub id: TokenId,
    /// What its owner calls it.
    pub name: String,
    /// When it was made.
    #[schema(value_type = u64)]
    pub created_at: UnixMs,
}

/// All tokens of a person.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Tokens {
    /// Newest first.
    pub tokens: Vec<Token>,
}

/// An invitation.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Invite {
    /// The code.
    pub code: String,
    /// The path of the link, without the host.
    pub path: String,
    /// When it ends.
    #[schema(value_type = u64)]
    pub expires_at: UnixMs,
    /// How many it may let in.
    pub uses_max: u32,
    /// How many it has let in.
    pub uses: u32,
    /// As what.
    #[schema(value_type = String)]
    pub role: Role,
    /// Where they stand first.
    #[schema(value_type = String)]
    pub room: RoomId,
    /// Who made it.
    #[schema(value_type = String)]
    pub created_by: PersonId,
    /// When.
    #[schema(value_type = u64)]
    pub created_at: UnixMs,
}

/// Invitations in a list.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Invites {
    /// Newest first.
    pub invites: Vec<Invite>,
}

/// An invitation as the invited sees it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Invitation {
    /// Where to.
    pub place_name: String,
    /// By whom.
    pub invited_by: String,
    /// Into which room.
    pub room_name: String,
    /// As what.
    #[schema(value_type = String)]
    pub role: Role,
}

/// A session in a list.
#[must_use]
pub fn session(record: &SessionRecord, current: Option<SessionId>) -> Session {
    Session {
        id: record.id,
        created_at: record.created_at,
        last_seen_at: record.last_seen_at,
        user_agent: record.user_agent.clone(),
        address: record.address.clone(),
        current: current == Some(record.id),
    }
}

/// A token in a list.
#[must_use]
pub fn token(record: &TokenRecord) -> Token {
    Token {
        id: record.id,
        name: record.name.clone(),
        created_at: record.created_at,
        last_used_at: record.last_used_at,
    }
}

/// An invitation.
#[must_use]
pub fn invite(record: &InviteRecord) -> Invite {
    Invite {
        code: record.code.clone(),
        path: format!("/i/{}", record.code),
        expires_at: record.expires_at,
        uses_max: record.uses_max,
        uses: record.uses,
        role: record.role,
        room: record.room,
        created_by: record.created_by,
        created_at: record.created_at,
    }
}
