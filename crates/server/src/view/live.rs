//! What travels on `user:<id>` and `place`.

use base::{CallId, PersonId, RoomId, Seq, UnixMs};
use domain::chat::presence::Presence;
use serde::Serialize;

use super::call::Call;
use super::person::{Me, Person};
use super::room::Room;

/// One person's own stream.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Own {
    /// A counting message in a room of theirs.
    Activity {
        /// The room.
        room: RoomId,
        /// The message.
        seq: Seq,
        /// Its number among the messages.
        msg_seq: u64,
        /// When.
        at: UnixMs,
        /// Who wrote it.
        author: PersonId,
        /// How it begins.
        excerpt: String,
        /// Whom it mentions.
        mentions: Vec<PersonId>,
        /// Whether it mentions everybody.
        mention_all: bool,
    },
    /// A message that may have counted is gone.
    ActivityDeleted {
        /// The room.
        room: RoomId,
        /// The message.
        seq: Seq,
    },
    /// Read on some device.
    Read {
        /// The room.
        room: RoomId,
        /// Everything up to here.
        read_seq: Seq,
        /// What is left.
        unread: u64,
        /// Of which mentions.
        mentions: u64,
    },
    /// Joined, added, or the room changed.
    Room {
        /// The room as they see it.
        room: Box<Room>,
    },
    /// Left or removed.
    RoomGone {
        /// The room.
        room: RoomId,
    },
    /// The call of a room of theirs is so now; null when none goes on.
    Call {
        /// The room.
        room: RoomId,
        /// The call.
        call: Option<Call>,
    },
    /// Somebody calls them.
    Ring {
        /// The direct or group room.
        room: RoomId,
        /// The call.
        call: CallId,
        /// Who came first.
        from: PersonId,
    },
    /// Somebody turned down a call that rings.
    CallDeclined {
        /// The room.
        room: RoomId,
        /// The call.
        call: CallId,
        /// Who.
        user: PersonId,
    },
    /// They changed.
    Me {
        /// As they see themselves.
        me: Box<Me>,
    },
}

/// A change of presence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PresenceChange {
    /// Who.
    pub user: PersonId,
    /// How they are now.
    pub presence: Presence,
}

/// What everybody but guests hears.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Place {
    /// Somebody new or changed.
    Person {
        /// Who.
        person: Box<Person>,
    },
    /// People came, went or rested.
    Presence {
        /// Who, how.
        changes: Vec<PresenceChange>,
    },
    /// The place has a new name.
    Place {
        /// The name.
        name: String,
    },
    /// An open room appeared or changed.
    RoomListed {
        /// The room, seen by nobody in particular.
        room: Box<Room>,
    },
}
