//! Moving one's read mark.

use base::{Code, Seq};

use super::standing::Standing;
use crate::Refusal;
use crate::auth::permit::Verb;

/// A read mark to store: a position in the log, never a number of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Everything up to here is read.
    pub seq: Seq,
    /// Whether it may go back: marked as unread on purpose. Otherwise the store keeps the larger.
    pub rewind: bool,
}

/// Decides a read mark; none when it `stands` there or further already. `head` is the room's newest
/// event. Archived rooms are read too.
///
/// # Errors
/// `bad_request` beyond the head of the room, `not_found`, `forbidden`.
pub fn read(
    standing: Standing<'_>,
    (head, stands): (Seq, Seq),
    (seq, rewind): (Seq, bool),
) -> Result<Option<Mark>, Refusal> {
    standing.may(Verb::MarkRead)?;
    if seq > head {
        return Err(Refusal::of(
            Code::BadRequest,
            "seq",
            "This is beyond the newest event of the room.",
        ));
    }
    let moves = if rewind { seq != stands } else { seq > stands };
    Ok(moves.then_some(Mark { seq, rewind }))
}

#[cfg(test)]
mod tests {
    use super::super::RoomKind;
    use super::super::standing::tests::{LIN, archived_room, member, room, standing};
    use super::*;

    /// The head of the room, and where the mark stands.
    const AT: (Seq, Seq) = (Seq(40), Seq(7));

    #[test]
    fn marks_of_several_devices_merge_by_the_larger() {
        let (room, me) = (room(RoomKind::Open), member(LIN));
        let standing = standing(&room, Some(&me));
        let on = Mark {
            seq: Seq(9),
            rewind: false,
        };
        assert_eq!(read(standing, AT, (Seq(9), false)).unwrap(), Some(on));
        assert_eq!(read(standing, AT, (Seq(7), false)).unwrap(), None);
        assert_eq!(read(standing, AT, (Seq(3), false)).unwrap(), None);
    }

    #[test]
    fn only_a_rewind_goes_back() {
        let (room, me) = (room(RoomKind::Open), member(LIN));
        let back = Mark {
            seq: Seq(3),
            rewind: true,
        };
        assert_eq!(
            read(standing(&room, Some(&me)), AT, (Seq(3), true)).unwrap(),
            Some(back)
        );
        assert_eq!(
            read(standing(&room, Some(&me)), AT, (Seq(7), true)).unwrap(),
            None
        );
    }

    #[test]
    fn nobody_reads_beyond_the_head() {
        let (room, me) = (room(RoomKind::Open), member(LIN));
        assert!(
            read(standing(&room, Some(&me)), AT, (Seq(40), false))
                .unwrap()
                .is_some()
        );
        let refusal = read(standing(&room, Some(&me)), AT, (Seq(41), false)).unwrap_err();
        assert_eq!(
            (refusal.code, refusal.field),
            (Code::BadRequest, Some("seq"))
        );
    }

    #[test]
    fn an_archived_room_is_read_by_its_members_only() {
        let (room, me) = (archived_room(), member(LIN));
        assert!(
            read(standing(&room, Some(&me)), AT, (Seq(40), false))
                .unwrap()
                .is_some()
        );
        let outside = read(standing(&room, None), AT, (Seq(40), false)).unwrap_err();
        assert_eq!(outside.code, Code::Forbidden);
    }
}
