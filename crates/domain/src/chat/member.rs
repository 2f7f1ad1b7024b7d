//! Who is in a room, and how far they have read.

use base::{PersonId, RoomId, Seq, UnixMs};
use serde::{Deserialize, Serialize};

/// What a member wants to be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Notify {
    /// Every message.
    All,
    /// Only being mentioned.
    Mentions,
    /// Nothing: the room is muted.
    Nothing,
}

/// A person in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The room.
    pub room: RoomId,
    /// The person.
    pub person: PersonId,
    /// When they came in.
    pub joined_at: UnixMs,
    /// Everything up to here is read: a position, valid even if that message is deleted.
    pub read_seq: Seq,
    /// The room's `msg_seq` at that position.
    pub read_msg_seq: u64,
    /// Whether it stands in their pinned section.
    pub pinned: bool,
    /// What they want to be told of.
    pub notify: Notify,
    /// Whether they may speak where only chosen people do.
    pub may_speak: bool,
}
