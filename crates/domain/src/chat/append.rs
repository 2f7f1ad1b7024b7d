//! What a decision asks the store to append to a room's log.

use base::{CallId, FileId, PersonId, RoomId, Seq, UnixMs};

use super::Speakers;
use super::event::CallEnded;

/// One event to append, with the changes that belong to it, in one transaction.
///
/// The store checks again, inside that transaction, what may have moved since the facts were read:
/// that the author is a member (except for `Join`, `Create` and `EndCall`), that the room is not
/// archived (except to unarchive it and to end a call), that the target still stands. It assigns
/// the seq.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    /// The room.
    pub room: RoomId,
    /// Who does it.
    pub author: PersonId,
    /// When it was decided.
    pub at: UnixMs,
    /// What is appended.
    pub change: Change,
}

/// What is appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A message.
    Post {
        /// The client's id: unique per room and author, the second one returns the first result.
        client_id: Option<String>,
        /// The text, filtered.
        text: String,
        /// The message it answers.
        reply_to: Option<Seq>,
        /// Files uploaded by the author for this room and not posted yet.
        files: Vec<FileId>,
        /// Members whom it mentions.
        mentions: Vec<PersonId>,
        /// Whether it mentions everybody.
        mention_all: bool,
    },
    /// A new text for a message that still stands.
    Edit {
        /// Which message.
        target: Seq,
        /// The text, filtered.
        text: String,
        /// Whom it mentions now.
        mentions: Vec<PersonId>,
        /// Whether it mentions everybody now.
        mention_all: bool,
    },
    /// The message's text, files, reactions and mentions go; its place stays.
    Delete {
        /// Which message.
        target: Seq,
    },
    /// A reaction is put on or taken off. Without an effect, nothing is appended.
    React {
        /// Which message.
        target: Seq,
        /// The emoji.
        emoji: String,
        /// Put on, or taken off.
        on: bool,
    },
    /// The author becomes a member.
    Join,
    /// The author stops being a member.
    Leave,
    /// These become members; those who are already are passed over.
    Add {
        /// Whom.
        users: Vec<PersonId>,
    },
    /// These stop being members.
    Remove {
        /// Whom.
        users: Vec<PersonId>,
    },
    /// A new name.
    Rename {
        /// The name.
        name: String,
    },
    /// A new topic.
    SetTopic {
        /// The topic.
        topic: String,
    },
    /// The room takes no more events.
    Archive,
    /// The room takes events again.
    Unarchive,
    /// Other people than before may speak in the room's calls.
    SetSpeakers {
        /// Who.
        speakers: Speakers,
    },
    /// A call begins. The store refuses a second one in the same room.
    StartCall {
        /// Which.
        call: CallId,
    },
    /// A call is over. It is told whatever became of the room and of who started it; of a call that
    /// is not open, nothing is appended.
    EndCall(CallEnded),
}
