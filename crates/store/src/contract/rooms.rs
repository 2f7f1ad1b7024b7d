//! Exams about rooms and how people see them.

use base::{Code, RoomId};
use domain::chat::{Change, Notify, RoomKind};

use super::town::{ANN, BEN, LOBBY, OWNER, STRANGER, Town, room, text};
use crate::{Command, Done, Outcome, SetPreferences};

fn there(outcome: &Outcome) -> RoomId {
    match outcome {
        Outcome::Duplicate(Done::RoomCreated(created)) => {
            assert!(created.events.is_empty());
            created.room.id
        }
        other => panic!("not the one that is there: {other:?}"),
    }
}

pub async fn the_same_people_have_one_direct_room(mut town: Town) {
    let (first, group) = (RoomId(200), RoomId(201));
    let created = town.new_room(room(first, RoomKind::Direct), &[ANN]).await;
    assert_eq!(created.members, vec![OWNER, ANN]);
    assert_eq!((created.room.seq.0, created.events.len()), (2, 2));
    let again = town
        .create_room(room(RoomId(202), RoomKind::Direct), &[ANN])
        .await;
    assert_eq!(there(&again), first);
    let mut back = room(RoomId(203), RoomKind::Direct);
    back.created_by = ANN;
    assert_eq!(there(&town.create_room(back, &[OWNER]).await), first);
    town.new_room(room(group, RoomKind::Group), &[ANN]).await;
    town.new_room(room(RoomId(204), RoomKind::Direct), &[])
        .await;
    let mine = town.store.rooms_of(ANN).await.unwrap();
    let direct = mine.iter().find(|view| view.room.id == first).unwrap();
    assert_eq!(
        (direct.peers.clone(), direct.member_count),
        (vec![OWNER], 2)
    );
    let taken = town.create_room(room(first, RoomKind::Open), &[]).await;
    assert!(matches!(taken, Outcome::Refused(Code::Conflict)));
}

pub async fn a_group_follows_its_members(mut town: Town) {
    let first = RoomId(210);
    town.new_room(room(first, RoomKind::Group), &[ANN]).await;
    town.append(OWNER, first, Change::Add { users: vec![BEN] })
        .await;
    let three = town
        .create_room(room(RoomId(211), RoomKind::Group), &[BEN, ANN])
        .await;
    assert_eq!(there(&three), first);
    let two = town
        .create_room(room(RoomId(212), RoomKind::Group), &[ANN])
        .await;
    assert!(matches!(two, Outcome::Done(_)));
    // Now two groups come to have the same people; both go on.
    town.append(BEN, first, Change::Leave).await;
    let again = town
        .create_room(room(RoomId(213), RoomKind::Group), &[ANN])
        .await;
    assert_eq!(there(&again), RoomId(212));
    town.append(ANN, first, text("still here")).await;
}

pub async fn open_rooms_are_seen_by_all_and_closed_ones_by_members(mut town: Town) {
    let (open, closed) = (RoomId(220), RoomId(221));
    town.new_room(room(open, RoomKind::Open), &[]).await;
    town.new_room(room(closed, RoomKind::Closed), &[ANN]).await;
    let ids = |views: Vec<crate::RoomView>| -> Vec<RoomId> {
        views.iter().map(|view| view.room.id).collect()
    };
    assert_eq!(
        ids(town.store.rooms_of(ANN).await.unwrap()),
        vec![LOBBY, closed]
    );
    assert_eq!(ids(town.store.rooms_of(STRANGER).await.unwrap()), vec![]);
    let listed = town.store.open_rooms(ANN).await.unwrap();
    let members: Vec<bool> = listed.iter().map(|view| view.me.is_some()).collect();
    assert_eq!(members, [true, false]);
    assert_eq!(ids(listed), vec![LOBBY, open]);
    let seen = town.store.room_of(closed, STRANGER).await.unwrap().unwrap();
    assert!(seen.me.is_none());
    assert!(town.store.room_of(RoomId(9), ANN).await.unwrap().is_none());
    let (facts, member) = town.store.standing(closed, ANN).await.unwrap().unwrap();
    assert_eq!((facts.id, member.unwrap().person), (closed, ANN));
    assert!(
        town.store
            .standing(closed, BEN)
            .await
            .unwrap()
            .unwrap()
            .1
            .is_none()
    );
}

pub async fn a_room_is_read_for_all_its_members_as_for_each(mut town: Town) {
    town.say(ANN, "hello").await;
    let people = [OWNER, ANN, BEN, STRANGER];
    let seen = town.store.room_of_members(LOBBY, &people).await.unwrap();
    let mut members: Vec<_> = seen.iter().map(|(person, _)| *person).collect();
    members.sort_unstable();
    assert_eq!(members, [OWNER, ANN, BEN]);
    for (person, view) in seen {
        let alone = town.store.room_of(LOBBY, person).await.unwrap();
        assert_eq!(Some(view), alone);
    }
}

pub async fn preferences_are_kept_per_member(mut town: Town) {
    let set = SetPreferences {
        room: LOBBY,
        person: ANN,
        pinned: Some(true),
        notify: None,
    };
    town.done(Command::SetPreferences(set)).await;
    let set = SetPreferences {
        pinned: None,
        notify: Some(Notify::Nothing),
        ..set
    };
    let Done::Preferences(member) = town.done(Command::SetPreferences(set)).await else {
        panic!("no preferences")
    };
    assert_eq!((member.pinned, member.notify), (true, Notify::Nothing));
    let me = town
        .store
        .room_of(LOBBY, ANN)
        .await
        .unwrap()
        .unwrap()
        .me
        .unwrap();
    assert_eq!((me.pinned, me.notify), (true, Notify::Nothing));
    let other = town.store.member(LOBBY, BEN).await.unwrap().unwrap();
    assert_eq!((other.pinned, other.notify), (false, Notify::All));
    let stranger = SetPreferences {
        person: STRANGER,
        ..set
    };
    assert_eq!(
        town.refused(Command::SetPreferences(stranger)).await,
        Code::Forbidden
    );
}
