//! Who comes, who goes, who comes back, and when a call is over.

use super::*;

#[test]
fn whoever_joins_finds_the_others_and_they_hear_of_it() {
    let mut call = open();
    let (welcome, _) = join(&mut call, ALICE, "alice");
    assert!(welcome.others.is_empty());
    let (welcome, out) = join(&mut call, BOB, "bob");
    assert_eq!(welcome.others[0].identity.as_str(), "alice");
    assert_eq!(seen(&out, ALICE, BOB).unwrap().name, "BOB");
    assert_eq!(seen(&out, BOB, BOB), None, "they have their welcome");
    assert_eq!(call.info().participants_count, 2);
}

#[test]
fn the_product_hears_of_somebody_when_their_media_stands_and_once_only() {
    let mut call = open();
    let (_, out) = call.join(T0, joining(ALICE, "alice"), MANY).unwrap();
    assert!(notes(&out).is_empty());
    let out = call.connected(ALICE);
    assert!(matches!(notes(&out)[..], [CallEvent::Joined { .. }]));
    assert_eq!(seen(&out, ALICE, ALICE).unwrap().state, State::Active);
    assert!(call.connected(ALICE).is_empty());
}

#[test]
fn a_version_rises_with_every_change() {
    let mut call = open();
    join(&mut call, ALICE, "alice");
    join(&mut call, BOB, "bob");
    let mut before = call.participant(ALICE).unwrap().version;
    for out in [publish_mic(&mut call), call.mute(ALICE, MIC, true)] {
        let version = seen(&out, BOB, ALICE).unwrap().version;
        assert!(version > before);
        before = version;
    }
}

#[test]
fn the_same_identity_joining_again_sends_the_older_one_away() {
    let mut call = open();
    join(&mut call, ALICE, "alice");
    join(&mut call, BOB, "bob");
    let (_, out) = join(&mut call, CAROL, "alice");
    let leave = Told::Leave(LeaveReason::DuplicateIdentity, LeaveAction::Disconnect);
    assert_eq!(told(&out, ALICE), [&leave]);
    assert!(orders(&out).contains(&&Order::Close(ALICE)));
    let gone = seen(&out, BOB, ALICE).unwrap();
    assert_eq!(gone.state, State::Disconnected);
    assert_eq!(call.find(&"alice".into()).unwrap().id, CAROL);
    assert_eq!(call.participants().count(), 2);
}

#[test]
fn a_full_call_takes_nobody_but_who_is_in_it_already() {
    let options = CallOptions {
        participants_max: 1,
        ..CallOptions::default()
    };
    let (mut call, _) = Call::open(T0, CallId(1), "pair".into(), options);
    join(&mut call, ALICE, "alice");
    let refused = call.join(T0, joining(BOB, "bob"), MANY);
    assert_eq!(refused.unwrap_err(), Refused::Full);
    assert!(call.join(T0, joining(CAROL, "alice"), MANY).is_ok());
    let mut call = open();
    let refused = call.join(T0, joining(BOB, "bob"), 0);
    assert_eq!(
        refused.unwrap_err(),
        Refused::Full,
        "the server's own bound"
    );
}

#[test]
fn texts_that_are_too_long_are_refused() {
    let mut call = open();
    let mut long = joining(ALICE, "alice");
    long.metadata = "x".repeat(100_000);
    assert_eq!(call.join(T0, long, MANY).unwrap_err(), Refused::TooLong);
    let long = joining(ALICE, &"x".repeat(1_000));
    assert_eq!(call.join(T0, long, MANY).unwrap_err(), Refused::TooLong);
}

#[test]
fn who_loses_their_socket_may_come_back_for_a_while() {
    let mut call = open();
    join(&mut call, ALICE, "alice");
    join(&mut call, BOB, "bob");
    assert!(call.lose(T0, ALICE, Socket(ALICE.0)).is_empty());
    assert!(call.due(T0.plus_ms(4_999)).is_empty(), "they stay");
    let (welcome, out) = call.resume(ALICE, Socket(77)).unwrap();
    assert_eq!(welcome.participant.id, ALICE);
    assert!(seen(&out, ALICE, BOB).is_some());
    assert!(call.due(T0.plus_ms(60_000)).is_empty());
    assert!(
        call.lose(T0, ALICE, Socket(ALICE.0)).is_empty(),
        "a socket of before"
    );
    assert_eq!(call.socket(ALICE), Some(Socket(77)));
}

#[test]
fn who_does_not_come_back_has_gone() {
    let mut call = open();
    join(&mut call, ALICE, "alice");
    join(&mut call, BOB, "bob");
    call.lose(T0, ALICE, Socket(ALICE.0));
    let out = call.due(T0.plus_ms(5_000));
    assert_eq!(
        seen(&out, BOB, ALICE).unwrap().left,
        Some(LeaveReason::SignalClose)
    );
    assert!(matches!(notes(&out)[..], [CallEvent::Left { .. }]));
    assert_eq!(
        call.resume(ALICE, Socket(1)).unwrap_err(),
        Refused::NoParticipant
    );
}

#[test]
fn who_was_away_hears_who_has_gone_meanwhile() {
    let mut call = open();
    join(&mut call, ALICE, "alice");
    join(&mut call, BOB, "bob");
    call.lose(T0, ALICE, Socket(ALICE.0));
    call.leave(T0, BOB);
    let (_, out) = call.resume(ALICE, Socket(77)).unwrap();
    assert_eq!(seen(&out, ALICE, BOB).unwrap().state, State::Disconnected);
}

#[test]
fn whose_media_never_stands_joins_anew() {
    let mut call = open();
    call.join(T0, joining(ALICE, "alice"), MANY).unwrap();
    let out = call.due(T0.plus_ms(60_000));
    let leave = Told::Leave(LeaveReason::JoinFailure, LeaveAction::Reconnect);
    assert_eq!(told(&out, ALICE), [&leave]);
    assert!(notes(&out).is_empty(), "they never were in the call");
    assert!(call.is_empty());
}

#[test]
fn a_call_waits_for_the_first_and_after_the_last_and_is_over_then() {
    let mut call = open();
    assert!(!call.is_over(T0.plus_ms(299_000)));
    assert!(call.is_over(T0.plus_ms(300_000)));
    join(&mut call, ALICE, "alice");
    assert!(!call.is_over(T0.plus_ms(900_000)));
    call.leave(T0.plus_ms(900_000), ALICE);
    assert!(!call.is_over(T0.plus_ms(919_000)));
    assert!(call.is_over(T0.plus_ms(920_000)));
    let out = call.close(T0, LeaveReason::RoomClosed);
    let [CallEvent::Ended { identities, .. }] = notes(&out)[..] else {
        panic!("{out:?}");
    };
    assert_eq!(identities[0].as_str(), "alice");
}

#[test]
fn a_call_that_is_ended_sends_everybody_away() {
    let mut call = open();
    join(&mut call, ALICE, "alice");
    join(&mut call, BOB, "bob");
    let out = call.close(T0, LeaveReason::RoomDeleted);
    let leave = Told::Leave(LeaveReason::RoomDeleted, LeaveAction::Disconnect);
    for id in [ALICE, BOB] {
        assert!(told(&out, id).contains(&&leave));
    }
    assert!(call.is_empty());
}
