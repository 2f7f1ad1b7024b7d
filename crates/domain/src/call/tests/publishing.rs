//! What somebody publishes, from asking to its end.

use super::*;

#[test]
fn a_track_has_its_id_at_once_and_is_known_to_others_when_it_is_agreed() {
    let mut call = open();
    join(&mut call, ALICE, "alice");
    join(&mut call, BOB, "bob");
    let out = call.add_track(ALICE, track(MIC, TrackKind::Audio, Source::Microphone));
    assert!(matches!(told(&out, ALICE)[..], [Told::TrackPublished { cid, .. }] if cid == "cid-10"));
    assert!(told(&out, BOB).is_empty());
    let out = call.agreed(ALICE, &[agreed(MIC, "audio/opus")]);
    assert_eq!(
        seen(&out, BOB, ALICE).unwrap().tracks[0].mime(),
        "audio/opus"
    );
    assert_eq!(subscribed(&out), [(BOB, MIC)]);
    assert!(told(&out, ALICE).contains(&&Told::TrackSubscribed(MIC)));
    assert!(matches!(
        notes(&out)[..],
        [CallEvent::TrackPublished { .. }]
    ));
    let out = call.agreed(ALICE, &[agreed(MIC, "audio/opus")]);
    assert!(out.is_empty(), "nothing has changed");
}

#[test]
fn a_client_that_asks_twice_for_one_track_gets_the_same_id() {
    let mut call = open();
    join(&mut call, ALICE, "alice");
    call.add_track(ALICE, track(MIC, TrackKind::Audio, Source::Microphone));
    let mut again = track(CAMERA, TrackKind::Audio, Source::Microphone);
    again.codecs[0].cid = "cid-10".to_owned();
    let out = call.add_track(ALICE, again);
    let [Told::TrackPublished { track, .. }] = told(&out, ALICE)[..] else {
        panic!("{out:?}");
    };
    assert_eq!(track.id, MIC);
}

#[test]
fn a_section_that_is_not_sent_any_more_ends_its_track() {
    let mut call = open();
    join(&mut call, ALICE, "alice");
    join(&mut call, BOB, "bob");
    publish_mic(&mut call);
    let out = call.agreed(ALICE, &[]);
    assert!(seen(&out, BOB, ALICE).unwrap().tracks.is_empty());
    let orders = orders(&out);
    assert!(orders.contains(&&Order::Unsubscribe(BOB, MIC)));
    assert!(orders.contains(&&Order::Unpublish(ALICE, MIC)));
    assert!(matches!(
        notes(&out)[..],
        [CallEvent::TrackUnpublished { .. }]
    ));
}

#[test]
fn nobody_publishes_what_their_grants_do_not_allow() {
    let mut call = open();
    let mut listener = joining(ALICE, "alice");
    listener.grants.sources = vec![Source::Microphone];
    call.join(T0, listener, MANY).unwrap();
    let out = call.add_track(ALICE, track(CAMERA, TrackKind::Video, Source::Camera));
    let refused = Told::TrackRefused {
        cid: "cid-11".to_owned(),
        outcome: Outcome::NotAllowed,
    };
    assert_eq!(told(&out, ALICE), [&refused]);
    assert!(orders(&out).is_empty());
    let out = call.add_track(ALICE, track(MIC, TrackKind::Audio, Source::Microphone));
    assert!(matches!(
        told(&out, ALICE)[..],
        [Told::TrackPublished { .. }]
    ));
}

#[test]
fn nobody_publishes_without_end() {
    let mut call = open();
    join(&mut call, ALICE, "alice");
    let most = base::limits::CALL_TRACKS_PER_PARTICIPANT_MAX as u64;
    for number in 0..most {
        call.add_track(
            ALICE,
            track(TrackId(number), TrackKind::Audio, Source::Unknown),
        );
    }
    let out = call.add_track(
        ALICE,
        track(TrackId(most), TrackKind::Audio, Source::Unknown),
    );
    let outcome = Outcome::LimitExceeded;
    assert!(matches!(told(&out, ALICE)[..],
        [Told::TrackRefused { outcome: why, .. }] if *why == outcome));
}
