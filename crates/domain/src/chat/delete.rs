//! Taking a message away.

use base::{Seq, UnixMs};

use super::standing::Standing;
use super::{Append, Change, Event, EventKind};
use crate::Refusal;
use crate::auth::permit::Verb;

/// Decides a deletion; none when the message was deleted before.
///
/// # Errors
/// `not_found` when there is no such message, `forbidden` for somebody else's without being a
/// moderator, `room_archived`.
pub fn delete(
    now: UnixMs,
    standing: Standing<'_>,
    target: Seq,
    found: Option<&Event>,
) -> Result<Option<Append>, Refusal> {
    let found = found.filter(|event| event.seq == target);
    if let Some(EventKind::Message(message)) = found.map(|event| &event.kind)
        && message.deleted
    {
        standing.may_append(Verb::Post)?;
        return Ok(None);
    }
    standing.may_change(Verb::DeleteMessage, found)?;
    Ok(Some(Append {
        room: standing.room.id,
        author: standing.actor.id,
        at: now,
        change: Change::Delete { target },
    }))
}

#[cfg(test)]
mod tests {
    use base::Code;

    use super::super::RoomKind;
    use super::super::standing::tests::{
        LIN, NOW, TOM, archived_room, deleted_message, member, message, room, standing,
    };
    use super::*;
    use crate::auth::Role;

    fn decide(
        role: Role,
        kind: RoomKind,
        found: Option<&Event>,
    ) -> Result<Option<Append>, Refusal> {
        let (room, me) = (room(kind), member(LIN));
        let mut standing = standing(&room, Some(&me));
        standing.actor.role = role;
        delete(NOW, standing, Seq(4), found)
    }

    #[test]
    fn an_author_deletes_what_they_wrote() {
        let append = decide(Role::Guest, RoomKind::Direct, Some(&message(LIN, "x"))).unwrap();
        assert_eq!(append.unwrap().change, Change::Delete { target: Seq(4) });
    }

    #[test]
    fn a_moderator_deletes_what_others_wrote_in_rooms_only() {
        let theirs = message(TOM, "x");
        let refused = decide(Role::Member, RoomKind::Open, Some(&theirs)).unwrap_err();
        assert_eq!(refused.code, Code::Forbidden);
        assert!(
            decide(Role::Moderator, RoomKind::Open, Some(&theirs))
                .unwrap()
                .is_some()
        );
        let private = decide(Role::Moderator, RoomKind::Direct, Some(&theirs)).unwrap_err();
        assert_eq!(private.code, Code::Forbidden);
    }

    #[test]
    fn deleting_twice_is_done_once() {
        assert_eq!(
            decide(Role::Member, RoomKind::Open, Some(&deleted_message(LIN))).unwrap(),
            None
        );
        assert_eq!(
            decide(Role::Member, RoomKind::Open, None).unwrap_err().code,
            Code::NotFound
        );
    }

    #[test]
    fn an_archived_room_keeps_its_messages() {
        let (room, me, mine) = (archived_room(), member(LIN), message(LIN, "x"));
        let refusal = delete(NOW, standing(&room, Some(&me)), Seq(4), Some(&mine)).unwrap_err();
        assert_eq!(refusal.code, Code::RoomArchived);
    }
}
