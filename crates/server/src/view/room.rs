//! Rooms as a person sees them.

use base::{Epoch, PersonId, RoomId, Seq, UnixMs};
use domain::chat::{Notify, RoomKind, Speakers};
use serde::Serialize;
use store::RoomView;
use utoipa::ToSchema;

use super::call::Call;
use super::event::{CallEnded, call_ended};
use crate::pinyin;

/// The newest message of a room, or the call that was since.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct LastMessage {
    /// Which.
    #[schema(value_type = u64)]
    pub seq: Seq,
    /// Who wrote it.
    #[schema(value_type = String)]
    pub author: PersonId,
    /// How it begins; of a call, `☎` and how long it was.
    pub excerpt: String,
    /// When.
    #[schema(value_type = u64)]
    pub at: UnixMs,
    /// How the call was, null for a message.
    pub call: Option<CallEnded>,
}

/// How a member stands in a room.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Mine {
    /// Everything up to here is read.
    #[schema(value_type = u64)]
    pub read_seq: Seq,
    /// Unread messages of others, up to 100.
    pub unread: u64,
    /// Unread messages that mention them.
    pub mentions: u64,
    /// Whether it is pinned.
    pub pinned: bool,
    /// What they want to be told of.
    #[schema(value_type = String, example = "all")]
    pub notify: Notify,
}

/// A room.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Room {
    /// Its id.
    #[schema(value_type = String)]
    pub id: RoomId,
    /// open, closed, direct or group.
    #[schema(value_type = String, example = "open")]
    pub kind: RoomKind,
    /// Its name; empty for direct and group rooms.
    pub name: String,
    /// What it is about.
    pub topic: String,
    /// When it was made.
    #[schema(value_type = u64)]
    pub created_at: UnixMs,
    /// Whether it takes no more events.
    pub archived: bool,
    /// Who may speak in its calls: everyone or chosen.
    #[schema(value_type = String, example = "everyone")]
    pub speakers: Speakers,
    /// The history that its seqs belong to.
    #[schema(value_type = String)]
    pub epoch: Epoch,
    /// The newest event.
    #[schema(value_type = u64)]
    pub seq: Seq,
    /// How many messages there were.
    pub msg_seq: u64,
    /// How many people are in it.
    pub member_count: u64,
    /// The newest message.
    pub last_message: Option<LastMessage>,
    /// The call that goes on, null when none does.
    pub call: Option<Call>,
    /// How the name is typed on a Latin keyboard.
    pub pinyin: String,
    /// The others, for direct and group rooms.
    #[schema(value_type = Vec<String>)]
    pub peers: Vec<PersonId>,
    /// Null when not a member.
    pub me: Option<Mine>,
}

/// A member in a list.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Member {
    /// Who.
    #[schema(value_type = String)]
    pub user: PersonId,
    /// Since when.
    #[schema(value_type = u64)]
    pub joined_at: UnixMs,
    /// Whether they may speak where only chosen people do.
    pub may_speak: bool,
}

/// How far somebody has read.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct ReadMark {
    /// Everything up to here is read.
    #[schema(value_type = u64)]
    pub read_seq: Seq,
    /// Unread messages of others, up to 100.
    pub unread: u64,
    /// Unread messages that mention them.
    pub mentions: u64,
}

/// A room as one person sees it, with the call that goes on in it.
#[must_use]
pub fn room(record: &RoomView, call: Option<Call>) -> Room {
    let room = &record.room;
    Room {
        id: room.id,
        kind: room.kind,
        name: room.name.clone(),
        topic: room.topic.clone(),
        created_at: room.created_at,
        archived: room.archived_at.is_some(),
        speakers: room.speakers,
        epoch: room.epoch,
        seq: room.seq,
        msg_seq: room.msg_seq,
        member_count: record.member_count,
        last_message: record.last_message.as_ref().map(|last| LastMessage {
            seq: last.seq,
            author: last.author,
            excerpt: last.excerpt.clone(),
            at: last.at,
            call: last.call.as_ref().map(call_ended),
        }),
        call,
        pinyin: pinyin::reading(&room.name),
        peers: record.peers.clone(),
        me: record.me.as_ref().map(|mine| Mine {
            read_seq: mine.read_seq,
            unread: mine.unread,
            mentions: mine.mentions,
            pinned: mine.pinned,
            notify: mine.notify,
        }),
    }
}

/// A read mark.
#[must_use]
pub fn read_mark(record: &store::ReadMark) -> ReadMark {
    ReadMark {
        read_seq: record.read_seq,
        unread: record.unread,
        mentions: record.mentions,
    }
}
