//! Calls as they stand in a room's log: who may come, who may speak, when one begins and ends.
//!
//! Knows no sound and no picture: what goes on inside a call is `domain::call`'s. Used by
//! `server/handle/calls` alone.

use base::limits::CALL_PEOPLE_NOTED_MAX;
use base::{CallId, PersonId, RoomId, UnixMs};

use super::standing::Standing;
use super::{Append, CallEnded, Change, Speakers};
use crate::Refusal;
use crate::auth::permit::{self, Object, Verb};

/// A call that goes on, or went on when the server was last heard of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenCall {
    /// Where.
    pub room: RoomId,
    /// Which.
    pub call: CallId,
    /// Who came first.
    pub started_by: PersonId,
    /// When they came.
    pub started_at: UnixMs,
    /// Until when it is known to have gone on.
    pub noted_at: UnixMs,
    /// Who was there so far, in the order they came, at most [`CALL_PEOPLE_NOTED_MAX`].
    pub participants: Vec<PersonId>,
}

impl OpenCall {
    /// Somebody came.
    pub fn came(&mut self, person: PersonId) {
        let room_left = self.participants.len() < CALL_PEOPLE_NOTED_MAX;
        if room_left && !self.participants.contains(&person) {
            self.participants.push(person);
        }
    }

    /// What is appended when it is over. `until` is when the last one left; for a call that the
    /// server's own end cut off, when it was last noted.
    #[must_use]
    pub fn end(&self, now: UnixMs, until: UnixMs) -> Append {
        Append {
            room: self.room,
            author: self.started_by,
            at: now,
            change: Change::EndCall(CallEnded {
                call: self.call,
                duration_ms: until.0.saturating_sub(self.started_at.0),
                participants: self.participants.clone(),
            }),
        }
    }
}

/// A call that is over, on one line, in no language: how long people talked, nothing more for one
/// that nobody else came to.
#[must_use]
pub fn excerpt(ended: &CallEnded) -> String {
    if ended.participants.len() < 2 {
        return "☎".to_owned();
    }
    let seconds = ended.duration_ms / 1_000;
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("☎ {minutes}:{seconds:02}"),
        1.. => format!("☎ {hours}:{minutes:02}:{seconds:02}"),
    }
}

/// Decides the beginning of a call.
///
/// # Errors
/// `not_found`, `forbidden` for guests and who is not in the room, `room_archived`.
pub fn start(now: UnixMs, standing: Standing<'_>, call: CallId) -> Result<Append, Refusal> {
    standing.may_append(Verb::StartCall)?;
    Ok(Append {
        room: standing.room.id,
        author: standing.actor.id,
        at: now,
        change: Change::StartCall { call },
    })
}

/// What somebody may do in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grants {
    /// Send sound and pictures.
    pub speak: bool,
    /// Mute others, take them out, choose who speaks.
    pub keep: bool,
}

/// Decides coming into a call; where there is none yet it also takes the right to start one.
/// `chosen`: whether a moderator lets the actor speak.
///
/// # Errors
/// `not_found`, `forbidden`, `room_archived`.
pub fn join(standing: Standing<'_>, goes_on: bool, chosen: bool) -> Result<Grants, Refusal> {
    standing.may_append(Verb::JoinCall)?;
    if !goes_on {
        standing.may(Verb::StartCall)?;
    }
    Ok(grants(standing, chosen))
}

/// What somebody may do who is in a call.
#[must_use]
pub fn grants(standing: Standing<'_>, chosen: bool) -> Grants {
    let voice = Object::Voice {
        room: standing.traits(),
        granted: chosen || standing.room.speakers == Speakers::Everyone,
    };
    Grants {
        speak: permit::may(standing.actor, Verb::Speak, voice).is_ok(),
        keep: standing.may(Verb::KeepCall).is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use base::Code;

    use super::super::standing::tests::{LIN, NOW, TOM, archived_room, member, room, standing};
    use super::super::{Room, RoomKind};
    use super::*;
    use crate::auth::Role;

    fn stage() -> Room {
        Room {
            speakers: Speakers::Chosen,
            ..room(RoomKind::Open)
        }
    }

    #[test]
    fn on_a_stage_one_listens_until_one_is_chosen() {
        let (stage, me) = (stage(), member(LIN));
        let mine = standing(&stage, Some(&me));
        let listener = Grants {
            speak: false,
            keep: false,
        };
        assert_eq!(join(mine, true, false).unwrap(), listener);
        assert!(join(mine, true, true).unwrap().speak);
        let mut moderator = mine;
        moderator.actor.role = Role::Moderator;
        let both = Grants {
            speak: true,
            keep: true,
        };
        assert_eq!(join(moderator, true, false).unwrap(), both);
    }

    #[test]
    fn a_guest_comes_into_a_call_that_goes_on() {
        let (room, me) = (room(RoomKind::Direct), member(LIN));
        let mut guest = standing(&room, Some(&me));
        guest.actor.role = Role::Guest;
        assert!(join(guest, true, false).unwrap().speak);
        let refusal = join(guest, false, false).unwrap_err();
        assert_eq!(refusal.code, Code::Forbidden);
        let refusal = start(NOW, guest, CallId(1)).unwrap_err();
        assert_eq!(refusal.code, Code::Forbidden);
    }

    #[test]
    fn a_call_is_told_by_its_length_on_one_line() {
        let ended = |participants, duration_ms| CallEnded {
            call: CallId(3),
            duration_ms,
            participants,
        };
        let both = || vec![LIN, TOM];
        assert_eq!(excerpt(&ended(both(), 61_900)), "☎ 1:01");
        assert_eq!(excerpt(&ended(both(), 3_723_000)), "☎ 1:02:03");
        assert_eq!(excerpt(&ended(vec![LIN], 9_000)), "☎", "nobody came");
    }

    #[test]
    fn an_archived_room_has_no_calls() {
        let (room, me) = (archived_room(), member(LIN));
        let mine = standing(&room, Some(&me));
        let refusal = start(NOW, mine, CallId(1)).unwrap_err();
        assert_eq!(refusal.code, Code::RoomArchived);
        let refusal = join(mine, true, true).unwrap_err();
        assert_eq!(refusal.code, Code::RoomArchived);
    }

    #[test]
    fn whoever_was_there_is_told_once_and_very_many_are_cut() {
        let mut open = OpenCall {
            room: RoomId(10),
            call: CallId(3),
            started_by: LIN,
            started_at: UnixMs(1_000),
            noted_at: UnixMs(1_000),
            participants: vec![LIN],
        };
        open.came(TOM);
        open.came(LIN);
        let ended = open.end(NOW, UnixMs(61_000));
        let wanted = Change::EndCall(CallEnded {
            call: CallId(3),
            duration_ms: 60_000,
            participants: vec![LIN, TOM],
        });
        assert_eq!((ended.author, ended.change), (LIN, wanted));
        for id in 0..=CALL_PEOPLE_NOTED_MAX as u64 {
            open.came(PersonId(100 + id));
        }
        assert_eq!(open.participants.len(), CALL_PEOPLE_NOTED_MAX);
    }
}
