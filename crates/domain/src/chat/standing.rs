//! How the actor stands to a room: the facts that every verb of a room starts from.
//!
//! Translates rooms and messages into the words of `auth::permit`. Used by every decision in
//! `chat` and by handlers that only need to ask whether something may be read.

use base::{Code, PersonId};

use super::{Event, EventKind, Message, Room, RoomKind};
use crate::Refusal;
use crate::auth::permit::{self, Actor, Object, Reach, RoomTraits, Verb};

/// Who acts, in which room, and as which member of it.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    /// Who acts.
    pub actor: Actor,
    /// The room.
    pub room: &'a Room,
    /// Whether the actor is in it.
    pub member: bool,
}

impl Standing<'_> {
    /// What matters of the room, in the words of `auth::permit`.
    #[must_use]
    pub fn traits(&self) -> RoomTraits {
        RoomTraits {
            reach: match self.room.kind {
                RoomKind::Open => Reach::Listed,
                RoomKind::Closed => Reach::Unlisted,
                RoomKind::Direct => Reach::Pair,
                RoomKind::Group => Reach::Private,
            },
            member: self.member,
            maker: self.room.created_by == self.actor.id,
        }
    }

    /// Whether the actor may do this in the room, archived or not.
    ///
    /// # Errors
    /// Those of [`permit::may`].
    pub fn may(&self, verb: Verb) -> Result<(), Refusal> {
        permit::may(self.actor, verb, Object::Room(self.traits()))
    }

    /// Whether the actor may do this in the room, and the room takes events.
    ///
    /// # Errors
    /// Those of [`permit::may`], then `room_archived`.
    pub fn may_append(&self, verb: Verb) -> Result<(), Refusal> {
        self.may(verb)?;
        if self.room.archived_at.is_some() {
            return Err(archived());
        }
        Ok(())
    }

    /// Whether the actor may do this to a message that still stands in a room that takes events.
    ///
    /// # Errors
    /// `not_found` when there is none or it was deleted, `room_archived`, and those of
    /// [`permit::may`].
    pub(super) fn may_change<'m>(
        &self,
        verb: Verb,
        target: Option<&'m Event>,
    ) -> Result<(&'m Event, &'m Message), Refusal> {
        self.may_append(Verb::SeeRoom)?;
        let (event, message) = standing_message(target)?;
        let own = event.author == self.actor.id;
        permit::may(
            self.actor,
            verb,
            Object::Message {
                room: self.traits(),
                own,
            },
        )?;
        Ok((event, message))
    }
}

fn archived() -> Refusal {
    Refusal::new(
        Code::RoomArchived,
        "This room is archived: it can be read, but not changed.",
    )
}

/// The message in an event, if it is one and was not deleted.
pub(super) fn standing_message(target: Option<&Event>) -> Result<(&Event, &Message), Refusal> {
    match target.map(|event| (event, &event.kind)) {
        Some((event, EventKind::Message(message))) if !message.deleted => Ok((event, message)),
        Some(_) | None => Err(Refusal::new(
            Code::NotFound,
            "There is no such message, or it was deleted.",
        )),
    }
}

/// Looks up a member of the room by folded handle.
///
/// Facts may be a lookup, too: the handler holds every handle in memory and a room may have ten
/// thousand members, so listing them for each post would cost more than the post.
pub type Roster<'a> = &'a (dyn Fn(&str) -> Option<PersonId> + 'a);

#[cfg(test)]
pub(super) mod tests {
    //! Facts that the tests of the verbs share.

    use base::{Epoch, RoomId, Seq, UnixMs};

    use super::*;
    use crate::auth::Role;
    use crate::chat::{Member, Notify, Speakers};

    pub(crate) const NOW: UnixMs = UnixMs(1_800_000_000_000);
    pub(crate) const LIN: PersonId = PersonId(1);
    pub(crate) const TOM: PersonId = PersonId(2);

    pub(crate) fn room(kind: RoomKind) -> Room {
        Room {
            id: RoomId(10),
            kind,
            name: "garden".into(),
            topic: String::new(),
            created_by: TOM,
            created_at: UnixMs(1),
            archived_at: None,
            speakers: Speakers::Everyone,
            epoch: Epoch(1),
            seq: Seq(40),
            msg_seq: 30,
        }
    }

    pub(crate) fn archived_room() -> Room {
        Room {
            archived_at: Some(UnixMs(2)),
            ..room(RoomKind::Open)
        }
    }

    pub(crate) fn member(person: PersonId) -> Member {
        Member {
            room: RoomId(10),
            person,
            joined_at: UnixMs(1),
            read_seq: Seq(7),
            read_msg_seq: 5,
            pinned: false,
            notify: Notify::All,
            may_speak: false,
        }
    }

    pub(crate) fn standing<'a>(room: &'a Room, member: Option<&'a Member>) -> Standing<'a> {
        Standing {
            actor: Actor {
                id: LIN,
                role: Role::Member,
            },
            room,
            member: member.is_some(),
        }
    }

    pub(crate) fn message(author: PersonId, text: &str) -> Event {
        let message = Message {
            msg_seq: 3,
            text: text.into(),
            ..Message::default()
        };
        Event {
            seq: Seq(4),
            at: UnixMs(3),
            author,
            kind: EventKind::Message(Box::new(message)),
        }
    }

    pub(crate) fn deleted_message(author: PersonId) -> Event {
        let message = Message {
            msg_seq: 3,
            deleted: true,
            ..Message::default()
        };
        Event {
            kind: EventKind::Message(Box::new(message)),
            ..message_event(author)
        }
    }

    fn message_event(author: PersonId) -> Event {
        message(author, "")
    }

    pub(crate) fn nobody(_: &str) -> Option<PersonId> {
        None
    }
}
