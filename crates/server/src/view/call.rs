//! Calls that go on in rooms.

use base::{CallId, PersonId, UnixMs};
use serde::Serialize;
use utoipa::ToSchema;

/// A call that goes on in a room.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Call {
    /// Which.
    #[schema(value_type = String)]
    pub id: CallId,
    /// Since when.
    #[schema(value_type = u64)]
    pub started_at: UnixMs,
    /// Who came first.
    #[schema(value_type = String)]
    pub started_by: PersonId,
    /// Who is in it, in the order they came; the first hundred.
    #[schema(value_type = Vec<String>)]
    pub users: Vec<PersonId>,
    /// How many are in it.
    pub count: usize,
}

/// Somebody in a call.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Participant {
    /// Who.
    #[schema(value_type = String)]
    pub user: PersonId,
    /// Since when.
    #[schema(value_type = u64)]
    pub joined_at: UnixMs,
    /// Whether they may speak.
    pub may_speak: bool,
}

/// A call with everybody in it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Attended {
    /// Which.
    #[schema(value_type = String)]
    pub id: CallId,
    /// Since when.
    #[schema(value_type = u64)]
    pub started_at: UnixMs,
    /// Who came first.
    #[schema(value_type = String)]
    pub started_by: PersonId,
    /// Everybody in it, in the order they came.
    pub participants: Vec<Participant>,
}

/// What a person needs to come into a call.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Ticket {
    /// Where a LiveKit client connects to.
    pub url: String,
    /// The access token it connects with.
    pub token: String,
    /// Until when it may be used to come in.
    #[schema(value_type = u64)]
    pub expires_at: UnixMs,
    /// Whether they may speak.
    pub speak: bool,
    /// Whether they may mute others, take them out and choose who speaks.
    pub keep: bool,
}
