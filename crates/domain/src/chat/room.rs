//! Rooms.

use base::{Epoch, PersonId, RoomId, Seq, UnixMs};
use serde::{Deserialize, Serialize};

/// What kind of room it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RoomKind {
    /// Listed; every member of the place may join.
    Open,
    /// Not listed; members bring others in.
    Closed,
    /// Two people (or one, with oneself).
    Direct,
    /// A few people, without a name of its own.
    Group,
}

/// Who may speak in a room's calls. Moderators of the room always may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Speakers {
    /// Everybody who is in the room.
    Everyone,
    /// Those whom a moderator lets; the others listen. The room is a stage.
    Chosen,
}

/// A room: one ordered event log with members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// Its id.
    pub id: RoomId,
    /// What kind it is.
    pub kind: RoomKind,
    /// Its name, empty for direct and group rooms.
    pub name: String,
    /// What it is about.
    pub topic: String,
    /// Who made it.
    pub created_by: PersonId,
    /// When it was made.
    pub created_at: UnixMs,
    /// Since when it takes no more events.
    pub archived_at: Option<UnixMs>,
    /// Who may speak in its calls.
    pub speakers: Speakers,
    /// The history its seqs belong to.
    pub epoch: Epoch,
    /// The newest event.
    pub seq: Seq,
    /// How many counting messages there were: what unread is counted by.
    pub msg_seq: u64,
}
