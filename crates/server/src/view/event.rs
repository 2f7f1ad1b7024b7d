//! Events of a room's log, and the files in them.

use base::{CallId, Epoch, FileId, PersonId, RoomId, Seq, UnixMs};
use domain::chat::{self, EventKind, Speakers};
use serde::Serialize;
use utoipa::ToSchema;

/// A file.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct File {
    /// Its id.
    #[schema(value_type = String)]
    pub id: FileId,
    /// Its name.
    pub name: String,
    /// Its media type, by looking at the bytes.
    pub media_type: String,
    /// Its size in bytes.
    pub size: u64,
    /// `image` when it can be shown, else `file`.
    pub kind: &'static str,
    /// Width in pixels, null when it is no image.
    pub width: Option<u32>,
    /// Height in pixels, null when it is no image.
    pub height: Option<u32>,
    /// Where the bytes are.
    pub url: String,
    /// Where a smaller picture is, null when it is no image.
    pub thumb_url: Option<String>,
}

/// A quoted message.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Quote {
    /// Which message.
    #[schema(value_type = u64)]
    pub seq: Seq,
    /// Who wrote it.
    #[schema(value_type = String)]
    pub author: PersonId,
    /// How it begins.
    pub excerpt: String,
    /// Whether it was deleted.
    pub deleted: bool,
}

/// An emoji and who put it there.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Reaction {
    /// The emoji.
    pub emoji: String,
    /// Who, in the order they did.
    #[schema(value_type = Vec<String>)]
    pub users: Vec<PersonId>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Body {
    /// Somebody said something.
    Message {
        /// Its number among the messages.
        msg_seq: u64,
        /// The id its author's client made.
        client_id: Option<String>,
        /// The text, empty when deleted.
        text: String,
        /// How often it was edited.
        rev: u32,
        /// When it was last edited.
        #[schema(value_type = Option<u64>)]
        edited_at: Option<UnixMs>,
        /// Whether only its place is left.
        deleted: bool,
        /// The message it answers.
        reply_to: Option<Quote>,
        /// Its files.
        files: Vec<File>,
        /// Its reactions.
        reactions: Vec<Reaction>,
        /// Whom it mentions.
        #[schema(value_type = Vec<String>)]
        mentions: Vec<PersonId>,
        /// Whether it mentions everybody.
        mention_all: bool,
    },
    /// A message has a new text.
    Edited {
        /// Which message.
        #[schema(value_type = u64)]
        target: Seq,
        /// The text.
        text: String,
        /// How often it was edited.
        rev: u32,
        /// When.
        #[schema(value_type = u64)]
        edited_at: UnixMs,
        /// Whom it mentions now.
        #[schema(value_type = Vec<String>)]
        mentions: Vec<PersonId>,
        /// Whether it mentions everybody now.
        mention_all: bool,
    },
    /// A message is gone.
    Deleted {
        /// Which message.
        #[schema(value_type = u64)]
        target: Seq,
    },
    /// A reaction came or went.
    Reacted {
        /// On which message.
        #[schema(value_type = u64)]
        target: Seq,
        /// The emoji.
        emoji: String,
        /// Came, or went.
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
        #[schema(value_type = Vec<String>)]
        users: Vec<PersonId>,
    },
    /// The author took people out.
    Removed {
        /// Whom.
        #[schema(value_type = Vec<String>)]
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
    /// Other people than before may speak in its calls.
    Speakers {
        /// everyone or chosen.
        #[schema(value_type = String, example = "everyone")]
        speakers: Speakers,
    },
    /// The author was the first to come into a call.
    #[serde(rename = "call_started")]
    CallStarted {
        /// Which.
        #[schema(value_type = String)]
        call: CallId,
    },
    /// A call is over.
    #[serde(rename = "call_ended")]
    CallEnded(CallEnded),
}

/// How a call was.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CallEnded {
    /// Which.
    #[schema(value_type = String)]
    pub call: CallId,
    /// From the first who came to the last who left, in milliseconds.
    pub duration_ms: u64,
    /// Who was there, in the order they came.
    #[schema(value_type = Vec<String>)]
    pub participants: Vec<PersonId>,
}

/// An event.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Event {
    /// Its number in the room.
    #[schema(value_type = u64)]
    pub seq: Seq,
    /// When it was committed.
    #[schema(value_type = u64)]
    pub at: UnixMs,
    /// Who did it.
    #[schema(value_type = String)]
    pub author: PersonId,
    /// What happened.
    #[serde(flatten)]
    pub body: Body,
}

/// A page of a room's log.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct EventPage {
    /// The history that the seqs belong to.
    #[schema(value_type = String)]
    pub epoch: Epoch,
    /// The newest event of the room at the time of reading.
    #[schema(value_type = u64)]
    pub seq: Seq,
    /// The events, ascending.
    pub events: Vec<Event>,
    /// Whether there are older ones.
    pub has_before: bool,
    /// Whether there are newer ones.
    pub has_after: bool,
}

/// The answer to a post.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Posted {
    /// The history that the seq belongs to.
    #[schema(value_type = String)]
    pub epoch: Epoch,
    /// The message.
    pub event: Event,
    /// Whether it stood there before, under the same client id.
    pub duplicate: bool,
}

/// A message found by a search.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Hit {
    /// The room.
    #[schema(value_type = String)]
    pub room: RoomId,
    /// The message.
    pub event: Event,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Hits {
    /// Newest first.
    pub hits: Vec<Hit>,
    /// Goes back in as `cursor` for the next page, null at the end.
    pub next: Option<String>,
}

/// A file.
#[must_use]
pub fn file(record: &chat::File) -> File {
    let is_image = record.width_px.is_some();
    let url = format!("/files/{}", record.id);
    let thumb_url = match (&record.thumb_hash, is_image) {
        (Some(_), _) => Some(format!("{url}/thumb")),
        (None, true) => Some(url.clone()),
        (None, false) => None,
    };
    File {
        id: record.id,
        name: record.name.clone(),
        media_type: record.media_type.clone(),
        size: record.size_bytes,
        kind: if is_image { "image" } else { "file" },
        width: record.width_px,
        height: record.height_px,
        url,
        thumb_url,
    }
}

fn message(record: &chat::Message) -> Body {
    Body::Message {
        msg_seq: record.msg_seq,
        client_id: record.client_id.clone(),
        text: record.text.clone(),
        rev: record.rev,
        edited_at: record.edited_at,
        deleted: record.deleted,
        reply_to: record.reply_to.as_ref().map(|quote| Quote {
            seq: quote.seq,
            author: quote.author,
            excerpt: quote.excerpt.clone(),
            deleted: quote.deleted,
        }),
        files: record.files.iter().map(file).collect(),
        reactions: record
            .reactions
            .iter()
            .map(|reaction| Reaction {
                emoji: reaction.emoji.clone(),
                users: reaction.users.clone(),
            })
            .collect(),
        mentions: record.mentions.clone(),
        mention_all: record.mention_all,
    }
}

/// How a call was.
#[must_use]
pub fn call_ended(record: &chat::CallEnded) -> CallEnded {
    CallEnded {
        call: record.call,
        duration_ms: record.duration_ms,
        participants: record.participants.clone(),
    }
}

/// An event.
#[must_use]
pub fn event(record: &chat::Event) -> Event {
    let body = match &record.kind {
        EventKind::Message(record) => message(record),
        EventKind::Edited {
            target,
            text,
            rev,
            edited_at,
            mentions,
            mention_all,
        } => Body::Edited {
            target: *target,
            text: text.clone(),
            rev: *rev,
            edited_at: *edited_at,
            mentions: mentions.clone(),
            mention_all: *mention_all,
        },
        EventKind::Deleted { target } => Body::Deleted { target: *target },
        EventKind::Reacted { target, emoji, on } => Body::Reacted {
            target: *target,
            emoji: emoji.clone(),
            on: *on,
        },
        EventKind::Created => Body::Created,
        EventKind::Joined => Body::Joined,
        EventKind::Left => Body::Left,
        EventKind::Added { users } => Body::Added {
            users: users.clone(),
        },
        EventKind::Removed { users } => Body::Removed {
            users: users.clone(),
        },
        EventKind::Renamed { name } => Body::Renamed { name: name.clone() },
        EventKind::Topic { topic } => Body::Topic {
            topic: topic.clone(),
        },
        EventKind::Archived => Body::Archived,
        EventKind::Unarchived => Body::Unarchived,
        EventKind::Speakers { speakers } => Body::Speakers {
            speakers: *speakers,
        },
        EventKind::CallStarted { call } => Body::CallStarted { call: *call },
        EventKind::CallEnded(ended) => Body::CallEnded(call_ended(ended)),
    };
    Event {
        seq: record.seq,
        at: record.at,
        author: record.author,
        body,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_the_shape_of_the_protocol() {
        let record = chat::Event {
            seq: Seq(3),
            at: UnixMs(9),
            author: PersonId(1),
            kind: EventKind::Message(Box::new(chat::Message {
                msg_seq: 2,
                text: "hi".to_owned(),
                ..chat::Message::default()
            })),
        };
        let value = serde_json::to_value(event(&record)).unwrap();
        assert_eq!(
            value,
            serde_json::json!({
                "seq": 3, "at": 9, "author": "u00000000001", "kind": "message", "msg_seq": 2,
                "client_id": null, "text": "hi", "rev": 0, "edited_at": null, "deleted": false,
                "reply_to": null, "files": [], "reactions": [], "mentions": [],
                "mention_all": false
            })
        );
    }

    #[test]
    fn a_call_that_is_over_has_the_shape_of_the_protocol() {
        let record = chat::Event {
            seq: Seq(4),
            at: UnixMs(9),
            author: PersonId(1),
            kind: EventKind::CallEnded(chat::CallEnded {
                call: CallId(5),
                duration_ms: 61_000,
                participants: vec![PersonId(1)],
            }),
        };
        let value = serde_json::to_value(event(&record)).unwrap();
        let wanted = serde_json::json!({
            "seq": 4, "at": 9, "author": "u00000000001", "kind": "call_ended",
            "call": "c00000000005", "duration_ms": 61_000, "participants": ["u00000000001"]
        });
        assert_eq!(value, wanted);
    }

    #[test]
    fn an_event_without_parts_has_only_its_kind() {
        let kind = EventKind::Unarchived;
        let record = chat::Event {
            seq: Seq(1),
            at: UnixMs(2),
            author: PersonId(1),
            kind,
        };
        let value = serde_json::to_value(event(&record)).unwrap();
        let wanted = serde_json::json!({
            "seq": 1, "at": 2, "author": "u00000000001", "kind": "unarchived"
        });
        assert_eq!(value, wanted);
    }
}
