//! One row of the log, as it lies in the database.

use base::{PersonId, RoomId, Seq, UnixMs};
use sea_orm::Value;
use sha2::{Digest as _, Sha256};

use crate::Fault;
use crate::sql::{
    Bind as _, Record, Stored as _, column, number, number_or_null, stored, stored_enum, yes,
};

/// The kinds of rows. The numbers stand in databases: 1 to 4 are no lines of a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Message,
    Edited,
    Deleted,
    ReactedOn,
    ReactedOff,
    Created,
    Joined,
    Left,
    Added,
    Removed,
    Renamed,
    Topic,
    Archived,
    Unarchived,
    SpeakersEveryone,
    SpeakersChosen,
    CallStarted,
    CallEnded,
}

stored_enum!(Kind {
    Message = 0,
    Edited = 1,
    Deleted = 2,
    ReactedOn = 3,
    ReactedOff = 4,
    Created = 5,
    Joined = 6,
    Left = 7,
    Added = 8,
    Removed = 9,
    Renamed = 10,
    Topic = 11,
    Archived = 12,
    Unarchived = 13,
    SpeakersEveryone = 14,
    SpeakersChosen = 15,
    CallStarted = 16,
    CallEnded = 17,
});

#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// Its place in the order of all commits, 0 until it is written.
    pub(crate) id: i64,
    pub(crate) room: RoomId,
    pub(crate) seq: Seq,
    pub(crate) kind: Kind,
    pub(crate) author: PersonId,
    pub(crate) at: UnixMs,
    pub(crate) msg_seq: u64,
    pub(crate) client_id: Option<String>,
    pub(crate) text: Option<String>,
    pub(crate) rev: u32,
    pub(crate) edited_at: Option<UnixMs>,
    pub(crate) deleted: bool,
    pub(crate) reply_to: Option<Seq>,
    pub(crate) mention_all: bool,
    pub(crate) target: Option<Seq>,
    pub(crate) data: Option<String>,
}

impl Row {
    /// A row of this kind with nothing else in it.
    pub(crate) fn new(room: RoomId, seq: Seq, kind: Kind, author: PersonId, at: UnixMs) -> Self {
        Self {
            id: 0,
            room,
            seq,
            kind,
            author,
            at,
            msg_seq: 0,
            client_id: None,
            text: None,
            rev: 0,
            edited_at: None,
            deleted: false,
            reply_to: None,
            mention_all: false,
            target: None,
            data: None,
        }
    }

    pub(crate) fn read(row: &Record) -> Result<Self, Fault> {
        Ok(Self {
            id: column(row, "id")?,
            room: RoomId(number(row, "room_id")?),
            seq: Seq(number(row, "seq")?),
            kind: stored(row, "kind")?,
            author: PersonId(number(row, "author")?),
            at: UnixMs(number(row, "at")?),
            msg_seq: number(row, "msg_seq")?,
            client_id: column(row, "client_id")?,
            text: column(row, "text")?,
            rev: u32::try_from(number(row, "rev")?).unwrap_or(u32::MAX),
            edited_at: number_or_null(row, "edited_at")?.map(UnixMs),
            deleted: yes(row, "deleted")?,
            reply_to: number_or_null(row, "reply_to")?.map(Seq),
            mention_all: yes(row, "mention_all")?,
            target: number_or_null(row, "target")?.map(Seq),
            data: column(row, "data")?,
        })
    }

    /// The values of an insert, in the order of its statement.
    pub(crate) fn values(self, client_key: Option<i64>) -> [Value; 16] {
        [
            self.room.bind(),
            self.seq.bind(),
            self.kind.number().into(),
            self.author.bind(),
            self.at.bind(),
            self.msg_seq.bind(),
            self.client_id.into(),
            client_key.into(),
            self.text.into(),
            u64::from(self.rev).bind(),
            self.edited_at.bind(),
            i64::from(self.deleted).into(),
            self.reply_to.bind(),
            i64::from(self.mention_all).into(),
            self.target.bind(),
            self.data.into(),
        ]
    }
}

/// What makes a client's id of a post unique, as 62 bits: small in its index, and the same for the
/// same room, author and id. Two different ones may fall together; whoever finds a row by it
/// compares.
pub(crate) fn client_key(room: RoomId, author: PersonId, client_id: &str) -> i64 {
    let mut hash = Sha256::new();
    hash.update(room.0.to_le_bytes());
    hash.update(author.0.to_le_bytes());
    hash.update(client_id.as_bytes());
    let digest = hash.finalize();
    let mut bytes = [0u8; 8];
    bytes.copy_from_slice(&digest[..8]);
    (u64::from_le_bytes(bytes) >> 2).cast_signed()
}
