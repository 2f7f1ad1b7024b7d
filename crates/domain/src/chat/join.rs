//! Coming into a room and leaving it on one's own.

use base::{Code, UnixMs};

use super::standing::Standing;
use super::{Append, Change};
use crate::Refusal;
use crate::auth::Role;
use crate::auth::permit::Verb;

fn append(now: UnixMs, standing: Standing<'_>, change: Change) -> Append {
    Append {
        room: standing.room.id,
        author: standing.actor.id,
        at: now,
        change,
    }
}

/// Decides coming in; none for who is in already.
///
/// # Errors
/// `not_found` for unlisted rooms and guests, `room_archived`.
pub fn join(now: UnixMs, standing: Standing<'_>) -> Result<Option<Append>, Refusal> {
    if standing.member {
        return Ok(None);
    }
    standing.may_append(Verb::Join)?;
    Ok(Some(append(now, standing, Change::Join)))
}

/// Decides leaving; none for who is not in.
///
/// # Errors
/// `not_found`, `forbidden` for a direct room, `room_archived`.
pub fn leave(
    now: UnixMs,
    standing: Standing<'_>,
    rooms_count: usize,
) -> Result<Option<Append>, Refusal> {
    standing.may_append(Verb::SeeRoom)?;
    if !standing.member {
        return Ok(None);
    }
    standing.may(Verb::Leave)?;
    // A guest sees nothing but the rooms they are in, and cannot come back into any.
    if standing.actor.role == Role::Guest && rooms_count <= 1 {
        let detail = "This is the only room you are in, and guests cannot come back by \
             themselves. Ask a member to bring you into another one first.";
        return Err(Refusal::new(Code::Forbidden, detail));
    }
    Ok(Some(append(now, standing, Change::Leave)))
}

#[cfg(test)]
mod tests {
    use super::super::RoomKind;
    use super::super::standing::tests::{LIN, NOW, archived_room, member, room, standing};
    use super::*;

    #[test]
    fn an_open_room_is_joined_once() {
        let (room, me) = (room(RoomKind::Open), member(LIN));
        let joined = join(NOW, standing(&room, None)).unwrap().unwrap();
        assert_eq!((joined.author, joined.change), (LIN, Change::Join));
        assert_eq!(join(NOW, standing(&room, Some(&me))).unwrap(), None);
    }

    #[test]
    fn unlisted_rooms_do_not_exist_for_who_is_not_in() {
        for kind in [RoomKind::Closed, RoomKind::Direct, RoomKind::Group] {
            let room = room(kind);
            assert_eq!(
                join(NOW, standing(&room, None)).unwrap_err().code,
                Code::NotFound
            );
            assert_eq!(
                leave(NOW, standing(&room, None), 2).unwrap_err().code,
                Code::NotFound
            );
        }
    }

    #[test]
    fn a_guest_does_not_join() {
        let room = room(RoomKind::Open);
        let mut guest = standing(&room, None);
        guest.actor.role = Role::Guest;
        assert_eq!(join(NOW, guest).unwrap_err().code, Code::NotFound);
    }

    #[test]
    fn every_room_but_a_direct_one_can_be_left() {
        let me = member(LIN);
        for kind in [RoomKind::Open, RoomKind::Closed, RoomKind::Group] {
            let left = leave(NOW, standing(&room(kind), Some(&me)), 2)
                .unwrap()
                .unwrap();
            assert_eq!(left.change, Change::Leave);
        }
        let direct = leave(NOW, standing(&room(RoomKind::Direct), Some(&me)), 2);
        assert_eq!(direct.unwrap_err().code, Code::Forbidden);
        assert_eq!(
            leave(NOW, standing(&room(RoomKind::Open), None), 2).unwrap(),
            None
        );
    }

    #[test]
    fn an_archived_room_keeps_its_members() {
        let (room, me) = (archived_room(), member(LIN));
        assert_eq!(
            join(NOW, standing(&room, None)).unwrap_err().code,
            Code::RoomArchived
        );
        let left = leave(NOW, standing(&room, Some(&me)), 2);
        assert_eq!(left.unwrap_err().code, Code::RoomArchived);
    }

    #[test]
    fn a_guest_does_not_leave_their_last_room() {
        let (room, me) = (room(RoomKind::Open), member(LIN));
        let mut standing = standing(&room, Some(&me));
        assert!(leave(NOW, standing, 1).unwrap().is_some());
        standing.actor.role = Role::Guest;
        assert!(leave(NOW, standing, 2).unwrap().is_some());
        let refusal = leave(NOW, standing, 1).unwrap_err();
        assert_eq!(refusal.code, Code::Forbidden);
        assert!(refusal.detail.contains("Ask a member"));
    }
}
