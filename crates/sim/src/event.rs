//! Events of a room's log as clients see them: what `docs/protocol.md` says, no more.

use serde::{Deserialize, Serialize};

/// One event, as REST pages and publications carry it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its number in the room.
    pub seq: u64,
    /// When it was committed, in milliseconds since 1970.
    pub at: u64,
    /// Who did it.
    pub author: String,
    /// What happened.
    pub kind: String,
    /// Messages: the number among counting messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub msg_seq: Option<u64>,
    /// Messages: the id that the author's client made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Messages and edits: the newest text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// Messages and edits: how often edited.
    #[serde(default)]
    pub rev: u64,
    /// Messages: whether only the tombstone stands.
    #[serde(default)]
    pub deleted: bool,
    /// Messages and edits: who is mentioned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<String>,
    /// Messages: what stands on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<Reaction>,
    /// Edits, deletions and reactions: of which message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<u64>,
    /// Added and removed: whom.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<String>,
}

/// One emoji and who put it there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaction {
    /// The emoji.
    pub emoji: String,
    /// Who.
    pub users: Vec<String>,
}

/// The part of an event that no later event changes: what identifies it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity<'a> {
    at: u64,
    author: &'a str,
    kind: &'a str,
    msg_seq: Option<u64>,
    client_id: Option<&'a str>,
    target: Option<u64>,
    users: &'a [String],
}

impl Event {
    /// What never changes about it.
    #[must_use]
    pub fn identity(&self) -> Identity<'_> {
        Identity {
            at: self.at,
            author: &self.author,
            kind: &self.kind,
            msg_seq: self.msg_seq,
            client_id: self.client_id.as_deref(),
            target: self.target,
            users: &self.users,
        }
    }

    /// Whether it is a message.
    #[must_use]
    pub fn is_message(&self) -> bool {
        self.kind == "message"
    }

    /// Whether it changes another event and therefore stands in no page of history.
    #[must_use]
    pub fn is_hidden(&self) -> bool {
        matches!(self.kind.as_str(), "edited" | "deleted" | "reacted")
    }

    /// A message's text as it was posted, while nobody has changed it.
    #[must_use]
    pub fn first_text(&self) -> Option<&str> {
        (self.is_message() && self.rev == 0 && !self.deleted).then_some(self.text.as_str())
    }
}
