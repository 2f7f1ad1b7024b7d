//! What stands in a room's log.

use base::{CallId, PersonId, Seq, UnixMs};

use super::{File, Speakers};

/// One event of a room's log, each message in its newest state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its number in the room.
    pub seq: Seq,
    /// When it was committed.
    pub at: UnixMs,
    /// Who did it.
    pub author: PersonId,
    /// What happened.
    pub kind: EventKind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventKind {
    /// Somebody said something.
    Message(Box<Message>),
    /// A message got a new text.
    Edited {
        /// Which message.
        target: Seq,
        /// Its newest text (empty when it was deleted since).
        text: String,
        /// Its newest revision.
        rev: u32,
        /// When it was last edited.
        edited_at: UnixMs,
        /// Whom it mentions now.
        mentions: Vec<PersonId>,
        /// Whether it mentions everybody now.
        mention_all: bool,
    },
    /// A message was deleted: its text is gone.
    Deleted {
        /// Which message.
        target: Seq,
    },
    /// A reaction was put on a message or taken off.
    Reacted {
        /// Which message.
        target: Seq,
        /// The emoji.
        emoji: String,
        /// Put on, or taken off.
        on: bool,
    },
    /// The room was made.
    Created,
    /// The author came in.
    Joined,
    /// The author left.
    Left,
    /// The author brought people in.
    Added {
        /// Whom.
        users: Vec<PersonId>,
    },
    /// The author took people out.
    Removed {
        /// Whom.
        users: Vec<PersonId>,
    },
    /// The room has a new name.
    Renamed {
        /// The name.
        name: String,
    },
    /// The room has a new topic.
    Topic {
        /// The topic.
        topic: String,
    },
    /// The room takes no more events.
    Archived,
    /// The room takes events again.
    Unarchived,
    /// Other people than before may speak in the room's calls.
    Speakers {
        /// Who.
        speakers: Speakers,
    },
    /// The author was the first to come into a call.
    CallStarted {
        /// Which.
        call: CallId,
    },
    /// The last one has left a call; the author is who started it.
    CallEnded(CallEnded),
}

/// How a call was, once it is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallEnded {
    /// Which.
    pub call: CallId,
    /// From the first who came to the last who left, in milliseconds.
    pub duration_ms: u64,
    /// Who was there, in the order they came; the first of them where they were very many.
    pub participants: Vec<PersonId>,
}

/// A message in its newest state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// Its number among the counting messages of the room.
    pub msg_seq: u64,
    /// The id its author's client made.
    pub client_id: Option<String>,
    /// The text, empty when deleted.
    pub text: String,
    /// How often it was edited.
    pub rev: u32,
    /// When it was last edited.
    pub edited_at: Option<UnixMs>,
    /// Whether only the tombstone stands.
    pub deleted: bool,
    /// The message it answers.
    pub reply_to: Option<Quote>,
    /// Its files.
    pub files: Vec<File>,
    /// Its reactions, in the order they first came.
    pub reactions: Vec<Reaction>,
    /// Whom it mentions.
    pub mentions: Vec<PersonId>,
    /// Whether it mentions everybody.
    pub mention_all: bool,
}

/// A quoted message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// Which message.
    pub seq: Seq,
    /// Who wrote it.
    pub author: PersonId,
    /// How it begins, on one line.
    pub excerpt: String,
    /// Whether it was deleted.
    pub deleted: bool,
}

/// One emoji on a message and who put it there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaction {
    /// The emoji.
    pub emoji: String,
    /// Who, in the order they did.
    pub users: Vec<PersonId>,
}
