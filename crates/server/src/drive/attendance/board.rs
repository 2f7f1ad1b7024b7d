//! Who is in the calls of rooms. Pure: time comes in, what is to be told comes out.

use std::collections::HashMap;

use base::limits::CALL_USERS_SHOWN_MAX;
use base::{CallId, PersonId, RoomId, UnixMs};
use domain::call::ParticipantId;
use domain::chat::{Append, OpenCall};
use store::NoteCall;

use crate::view;

/// One stay of a person in a call. A person who moves to another device has two for a moment.
#[derive(Debug, Clone, Copy)]
struct Stay {
    id: ParticipantId,
    person: PersonId,
    joined_at: UnixMs,
}

#[derive(Debug)]
struct Ongoing {
    open: OpenCall,
    stays: Vec<Stay>,
    /// When the last one left, while nobody is there.
    empty_since: Option<UnixMs>,
    /// Whom a moderator took out: not for this call any more.
    barred: Vec<PersonId>,
}

impl Ongoing {
    /// Everybody who is there, once, in the order they came.
    fn people(&self) -> Vec<(PersonId, UnixMs)> {
        let mut people: Vec<(PersonId, UnixMs)> = Vec::with_capacity(self.stays.len());
        for stay in &self.stays {
            if !people.iter().any(|(person, _)| *person == stay.person) {
                people.push((stay.person, stay.joined_at));
            }
        }
        people
    }
}

/// The calls that go on in rooms of the place.
#[derive(Debug, Default)]
pub(super) struct Board {
    ongoing: HashMap<RoomId, Ongoing>,
}

impl Board {
    /// A call begins with the stay of the person who came first.
    pub(super) fn began(&mut self, open: OpenCall) {
        let ongoing = Ongoing {
            stays: Vec::new(),
            empty_since: None,
            barred: Vec::new(),
            open,
        };
        self.ongoing.insert(ongoing.open.room, ongoing);
    }

    /// Somebody is there. Whether that makes them one more of those whom the log will name.
    pub(super) fn came(
        &mut self,
        room: RoomId,
        (id, person): (ParticipantId, PersonId),
        joined_at: UnixMs,
    ) -> bool {
        let Some(ongoing) = self.ongoing.get_mut(&room) else {
            return false;
        };
        if ongoing.stays.iter().all(|stay| stay.id != id) {
            ongoing.stays.push(Stay {
                id,
                person,
                joined_at,
            });
        }
        ongoing.empty_since = None;
        let before = ongoing.open.participants.len();
        ongoing.open.came(person);
        ongoing.open.participants.len() > before
    }

    /// Somebody has gone. Whether they were there.
    pub(super) fn went(&mut self, now: UnixMs, room: RoomId, id: ParticipantId) -> bool {
        let Some(ongoing) = self.ongoing.get_mut(&room) else {
            return false;
        };
        let before = ongoing.stays.len();
        ongoing.stays.retain(|stay| stay.id != id);
        if ongoing.stays.is_empty() && before > 0 {
            ongoing.empty_since = Some(now);
        }
        ongoing.stays.len() < before
    }

    /// Only these stays are left, as somebody found out who had missed events.
    pub(super) fn only(&mut self, now: UnixMs, room: RoomId, there: &[ParticipantId]) {
        let Some(ongoing) = self.ongoing.get_mut(&room) else {
            return;
        };
        ongoing.stays.retain(|stay| there.contains(&stay.id));
        if ongoing.stays.is_empty() {
            ongoing.empty_since.get_or_insert(now);
        }
    }

    /// A call is over: what is appended to the log.
    pub(super) fn ended(&mut self, now: UnixMs, room: RoomId) -> Option<Append> {
        let ongoing = self.ongoing.remove(&room)?;
        let until = ongoing.empty_since.unwrap_or(now);
        Some(ongoing.open.end(now, until))
    }

    /// The rooms in which calls go on.
    pub(super) fn rooms(&self) -> Vec<RoomId> {
        self.ongoing.keys().copied().collect()
    }

    /// Whether a call goes on there.
    pub(super) fn goes_on(&self, room: RoomId) -> bool {
        self.ongoing.contains_key(&room)
    }

    /// Nobody lets this person in again for as long as the call goes on.
    pub(super) fn bar(&mut self, room: RoomId, person: PersonId) {
        if let Some(ongoing) = self.ongoing.get_mut(&room)
            && !ongoing.barred.contains(&person)
        {
            ongoing.barred.push(person);
        }
    }

    /// Whether somebody was taken out of the call that goes on.
    pub(super) fn is_barred(&self, room: RoomId, person: PersonId) -> bool {
        let ongoing = self.ongoing.get(&room);
        ongoing.is_some_and(|ongoing| ongoing.barred.contains(&person))
    }

    /// Who is there and since when, each once.
    pub(super) fn people(&self, room: RoomId) -> Vec<(PersonId, UnixMs)> {
        self.ongoing.get(&room).map_or(Vec::new(), Ongoing::people)
    }

    /// Which call goes on, since when, and who came first.
    pub(super) fn origin(&self, room: RoomId) -> Option<(CallId, UnixMs, PersonId)> {
        let open = &self.ongoing.get(&room)?.open;
        Some((open.call, open.started_at, open.started_by))
    }

    /// The call as a room shows it.
    pub(super) fn seen(&self, room: RoomId) -> Option<view::call::Call> {
        let ongoing = self.ongoing.get(&room)?;
        let people = ongoing.people();
        let users = people.iter().map(|(person, _)| *person);
        Some(view::call::Call {
            id: ongoing.open.call,
            started_at: ongoing.open.started_at,
            started_by: ongoing.open.started_by,
            users: users.take(CALL_USERS_SHOWN_MAX).collect(),
            count: people.len(),
        })
    }

    /// What is noted on disk: that these calls went on until now, or until the last one left.
    pub(super) fn notes(&self, now: UnixMs) -> Vec<NoteCall> {
        let note = |ongoing: &Ongoing| NoteCall {
            room: ongoing.open.room,
            call: ongoing.open.call,
            at: ongoing.empty_since.unwrap_or(now),
            participants: ongoing.open.participants.clone(),
        };
        self.ongoing.values().map(note).collect()
    }
}

#[cfg(test)]
mod tests {
    use domain::chat::Change;

    use super::*;

    const ROOM: RoomId = RoomId(10);
    const ANN: PersonId = PersonId(1);
    const BEN: PersonId = PersonId(2);

    fn began() -> Board {
        let mut board = Board::default();
        board.began(OpenCall {
            room: ROOM,
            call: CallId(5),
            started_by: ANN,
            started_at: UnixMs(1_000),
            noted_at: UnixMs(1_000),
            participants: vec![ANN],
        });
        assert!(!board.came(ROOM, (ParticipantId(1), ANN), UnixMs(1_000)));
        board
    }

    #[test]
    fn moving_to_another_device_is_one_person_throughout() {
        let mut board = began();
        assert!(!board.came(ROOM, (ParticipantId(2), ANN), UnixMs(2_000)));
        assert_eq!(board.seen(ROOM).unwrap().users, [ANN]);
        assert!(board.went(UnixMs(2_001), ROOM, ParticipantId(1)));
        assert_eq!(board.people(ROOM), [(ANN, UnixMs(2_000))]);
        assert!(!board.went(UnixMs(2_002), ROOM, ParticipantId(1)));
    }

    #[test]
    fn a_call_lasts_until_its_last_participant_left() {
        let mut board = began();
        assert!(board.came(ROOM, (ParticipantId(2), BEN), UnixMs(3_000)));
        board.went(UnixMs(4_000), ROOM, ParticipantId(1));
        board.went(UnixMs(61_000), ROOM, ParticipantId(2));
        assert_eq!(board.notes(UnixMs(63_000))[0].at, UnixMs(61_000));
        let end = board.ended(UnixMs(66_000), ROOM).unwrap();
        let Change::EndCall(ended) = end.change else {
            panic!("not an end")
        };
        assert_eq!(
            (ended.duration_ms, ended.participants),
            (60_000, vec![ANN, BEN])
        );
        assert!(board.seen(ROOM).is_none() && !board.goes_on(ROOM));
    }

    #[test]
    fn who_missed_events_catches_up_with_who_is_there() {
        let mut board = began();
        board.came(ROOM, (ParticipantId(2), BEN), UnixMs(3_000));
        board.only(UnixMs(9_000), ROOM, &[ParticipantId(2)]);
        assert_eq!(board.seen(ROOM).unwrap().users, [BEN]);
        board.only(UnixMs(9_500), ROOM, &[]);
        assert_eq!(board.notes(UnixMs(20_000))[0].at, UnixMs(9_500));
    }

    #[test]
    fn who_was_taken_out_stays_out_of_this_call_only() {
        let mut board = began();
        board.bar(ROOM, BEN);
        assert!(board.is_barred(ROOM, BEN) && !board.is_barred(ROOM, ANN));
        board.ended(UnixMs(5_000), ROOM);
        assert!(!board.is_barred(ROOM, BEN));
    }
}
