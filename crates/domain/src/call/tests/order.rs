//! What moderators do, and what grants allow.

use super::*;

#[test]
fn a_moderator_silences_a_track_and_its_publisher_is_told() {
    let mut call = open();
    join(&mut call, ALICE, "alice");
    join(&mut call, BOB, "bob");
    publish_mic(&mut call);
    let (track, out) = call.silence(ALICE, MIC, true).unwrap();
    assert!(track.muted);
    assert!(told(&out, ALICE).contains(&&Told::Muted(MIC, true)));
    assert_eq!(orders(&out), [&Order::Mute(MIC, true)]);
    assert!(seen(&out, BOB, ALICE).unwrap().tracks[0].muted);
    assert_eq!(
        call.silence(ALICE, CAMERA, true).unwrap_err(),
        Refused::NoTrack
    );
}

#[test]
fn who_may_not_publish_any_more_stops_publishing() {
    let mut call = open();
    join(&mut call, ALICE, "alice");
    join(&mut call, BOB, "bob");
    publish_mic(&mut call);
    let listener = ParticipantChange {
        grants: Some(Grants {
            publish: false,
            ..Grants::default()
        }),
        ..ParticipantChange::default()
    };
    let (_, out) = call.change(ALICE, listener).unwrap();
    assert!(told(&out, ALICE).contains(&&Told::TrackUnpublished(MIC)));
    assert!(orders(&out).contains(&&Order::Unpublish(ALICE, MIC)));
    let me = seen(&out, ALICE, ALICE).unwrap();
    assert!(!me.grants.publish && me.tracks.is_empty());
}

#[test]
fn who_may_not_hear_any_more_hears_nothing() {
    let mut call = open();
    join(&mut call, ALICE, "alice");
    join(&mut call, BOB, "bob");
    publish_mic(&mut call);
    let deaf = ParticipantChange {
        grants: Some(Grants {
            subscribe: false,
            ..Grants::default()
        }),
        ..ParticipantChange::default()
    };
    let (_, out) = call.change(BOB, deaf).unwrap();
    assert!(orders(&out).contains(&&Order::Unsubscribe(BOB, MIC)));
}

#[test]
fn people_change_themselves_only_where_they_may() {
    let mut call = open();
    join(&mut call, ALICE, "alice");
    let change = || ParticipantChange {
        attributes: [("hand".to_owned(), "1".to_owned())].into(),
        ..ParticipantChange::default()
    };
    let answer = |outcome| Told::Answer {
        request: 7,
        outcome,
    };
    let out = call.change_self(ALICE, 7, change());
    assert_eq!(told(&out, ALICE), [&answer(Outcome::NotAllowed)]);
    let grants = Some(Grants {
        update_metadata: true,
        ..Grants::default()
    });
    let permitted = ParticipantChange {
        grants,
        ..ParticipantChange::default()
    };
    call.change(ALICE, permitted).unwrap();
    let out = call.change_self(ALICE, 7, change());
    assert!(told(&out, ALICE).contains(&&answer(Outcome::Done)));
    assert_eq!(seen(&out, ALICE, ALICE).unwrap().attributes["hand"], "1");
    let mut none = change();
    none.attributes.insert("hand".to_owned(), String::new());
    let out = call.change_self(ALICE, 7, none);
    assert!(seen(&out, ALICE, ALICE).unwrap().attributes.is_empty());
    let mut long = change();
    long.metadata = Some("x".repeat(100_000));
    let out = call.change_self(ALICE, 7, long);
    assert!(told(&out, ALICE).contains(&&answer(Outcome::LimitExceeded)));
}

#[test]
fn nobody_sees_a_hidden_participant_who_sees_everybody() {
    let mut call = open();
    join(&mut call, ALICE, "alice");
    let mut hidden = joining(BOB, "watcher");
    hidden.grants.hidden = true;
    let (welcome, out) = call.join(T0, hidden, MANY).unwrap();
    assert_eq!(welcome.others.len(), 1);
    assert!(told(&out, ALICE).is_empty());
    assert_eq!(call.info().participants_count, 1);
    let (welcome, _) = join(&mut call, CAROL, "carol");
    assert_eq!(welcome.others.len(), 1);
    let out = call.leave(T0, BOB);
    assert!(told(&out, ALICE).is_empty());
}
