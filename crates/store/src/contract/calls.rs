//! Exams about calls in the log, and about those that a crash cut off.

use base::{CallId, Code, PersonId, UnixMs};
use domain::chat::{CallEnded, Change, EventKind, OpenCall, Speakers};

use super::town::{ANN, BEN, LOBBY, OWNER, STRANGER, Town, text};
use crate::{Appended, Command, Done, LetSpeak, NoteCall, Outcome};

const CALL: CallId = CallId(900);

fn ended(participants: &[PersonId]) -> CallEnded {
    CallEnded {
        call: CALL,
        duration_ms: 65_000,
        participants: participants.to_vec(),
    }
}

async fn start(town: &mut Town, by: PersonId) -> Appended {
    town.append(by, LOBBY, Change::StartCall { call: CALL })
        .await
}

pub async fn a_call_stands_in_the_history_and_counts_as_no_message(mut town: Town) {
    town.say(BEN, "shall we talk?").await;
    let before = town.store.room_of(LOBBY, OWNER).await.unwrap().unwrap();
    let started = start(&mut town, ANN).await;
    assert_eq!(started.event.kind, EventKind::CallStarted { call: CALL });
    let over = ended(&[ANN, BEN]);
    town.append(ANN, LOBBY, Change::EndCall(over.clone())).await;
    let history = town.history().await;
    let kinds: Vec<_> = history.iter().rev().take(2).map(|it| &it.kind).collect();
    let (begun, told) = (
        EventKind::CallStarted { call: CALL },
        EventKind::CallEnded(over.clone()),
    );
    assert_eq!(kinds, [&told, &begun]);
    let after = town.store.room_of(LOBBY, OWNER).await.unwrap().unwrap();
    assert_eq!(after.me.unwrap().unread, before.me.unwrap().unread);
    assert_eq!(after.room.msg_seq, before.room.msg_seq);
    let last = after.last_message.unwrap();
    assert_eq!((last.author, last.excerpt.as_str()), (ANN, "☎ 1:05"));
    assert_eq!(last.call, Some(over));
}

pub async fn a_room_shows_the_call_until_something_is_said(mut town: Town) {
    start(&mut town, ANN).await;
    let over = town
        .append(ANN, LOBBY, Change::EndCall(ended(&[ANN, BEN])))
        .await;
    let said = town.say(BEN, "that was good").await;
    let last = |view: crate::RoomView| view.last_message.unwrap();
    let seen = town.store.room_of(LOBBY, ANN).await.unwrap().unwrap();
    assert_eq!((last(seen.clone()).seq, last(seen).call), (said, None));
    town.append(BEN, LOBBY, Change::Delete { target: said })
        .await;
    let seen = town.store.room_of(LOBBY, ANN).await.unwrap().unwrap();
    assert_eq!(last(seen).seq, over.event.seq);
}

pub async fn a_room_has_one_call_at_a_time(mut town: Town) {
    start(&mut town, ANN).await;
    let second = Change::StartCall { call: CallId(901) };
    let refused = town.append_refused(BEN, LOBBY, second.clone()).await;
    assert_eq!(refused, Code::Conflict);
    let other = CallEnded {
        call: CallId(901),
        ..ended(&[BEN])
    };
    let nothing = town.try_append(BEN, LOBBY, Change::EndCall(other)).await;
    assert!(matches!(nothing, Outcome::Done(Done::Nothing)));
    town.append(ANN, LOBBY, Change::EndCall(ended(&[ANN])))
        .await;
    let again = town
        .try_append(ANN, LOBBY, Change::EndCall(ended(&[ANN])))
        .await;
    assert!(matches!(again, Outcome::Done(Done::Nothing)));
    town.append(BEN, LOBBY, second).await;
    let stranger = Change::StartCall { call: CALL };
    let refused = town.append_refused(STRANGER, LOBBY, stranger).await;
    assert_eq!(refused, Code::Forbidden);
}

pub async fn a_call_ends_whoever_left_and_whatever_became_of_the_room(mut town: Town) {
    start(&mut town, ANN).await;
    town.append(ANN, LOBBY, Change::Leave).await;
    town.append(OWNER, LOBBY, Change::Archive).await;
    town.append(ANN, LOBBY, Change::EndCall(ended(&[ANN])))
        .await;
    assert_eq!(town.store.open_calls().await.unwrap(), []);
    let start = Change::StartCall { call: CALL };
    let refused = town.append_refused(OWNER, LOBBY, start).await;
    assert_eq!(refused, Code::RoomArchived);
}

pub async fn a_call_that_was_cut_off_is_known_as_it_was_noted(mut town: Town) {
    let at = start(&mut town, ANN).await.event.at;
    let note = |call, at| NoteCall {
        room: LOBBY,
        call,
        at,
        participants: vec![ANN, BEN],
    };
    let notes = vec![note(CALL, UnixMs(at.0 + 30_000)), note(CallId(1), at)];
    town.done(Command::NoteCalls(notes)).await;
    let open = OpenCall {
        room: LOBBY,
        call: CALL,
        started_by: ANN,
        started_at: at,
        noted_at: UnixMs(at.0 + 30_000),
        participants: vec![ANN, BEN],
    };
    let noted = town.store.open_calls().await.unwrap();
    assert_eq!(noted, std::slice::from_ref(&open));
    let end = open.end(UnixMs(at.0 + 90_000), open.noted_at);
    let Done::Appended(appended) = town.done(Command::Append(end)).await else {
        panic!("nothing appended")
    };
    let wanted = CallEnded {
        duration_ms: 30_000,
        ..ended(&[ANN, BEN])
    };
    assert_eq!(appended.event.kind, EventKind::CallEnded(wanted));
}

pub async fn a_stage_remembers_who_was_chosen_to_speak(mut town: Town) {
    let stage = Change::SetSpeakers {
        speakers: Speakers::Chosen,
    };
    town.append(OWNER, LOBBY, stage).await;
    let room = town.store.room(LOBBY).await.unwrap().unwrap();
    assert_eq!(room.speakers, Speakers::Chosen);
    let choose = |person| LetSpeak {
        room: LOBBY,
        person,
        may_speak: true,
    };
    town.done(Command::LetSpeak(choose(ANN))).await;
    let refused = town.refused(Command::LetSpeak(choose(STRANGER))).await;
    assert_eq!(refused, Code::NotFound);
    let chosen = |member: Option<domain::chat::Member>| member.unwrap().may_speak;
    assert!(chosen(town.store.member(LOBBY, ANN).await.unwrap()));
    assert!(!chosen(town.store.member(LOBBY, BEN).await.unwrap()));
    town.append(ANN, LOBBY, Change::Leave).await;
    town.append(ANN, LOBBY, Change::Join).await;
    assert!(!chosen(town.store.member(LOBBY, ANN).await.unwrap()));
    let everyone = Change::SetSpeakers {
        speakers: Speakers::Everyone,
    };
    let told = town.append(OWNER, LOBBY, everyone).await;
    let wanted = EventKind::Speakers {
        speakers: Speakers::Everyone,
    };
    assert_eq!(told.event.kind, wanted);
    town.append(ANN, LOBBY, text("now all may speak")).await;
}
