//! The rules of calls, one sentence each.

use std::collections::BTreeMap;
use std::sync::Arc;

use base::UnixMs;

use super::*;

const T0: UnixMs = UnixMs(1_000_000);
const MANY: u32 = 100;

const ALICE: ParticipantId = ParticipantId(2);
const BOB: ParticipantId = ParticipantId(4);
const CAROL: ParticipantId = ParticipantId(6);
const MIC: TrackId = TrackId(10);
const CAMERA: TrackId = TrackId(11);

fn open() -> Call {
    Call::open(T0, CallId(1), "standup".into(), CallOptions::default()).0
}

fn joining(id: ParticipantId, identity: &str) -> Joining {
    Joining {
        id,
        identity: identity.into(),
        name: identity.to_uppercase(),
        metadata: String::new(),
        attributes: BTreeMap::new(),
        grants: Grants::default(),
        kind: ParticipantKind::Standard,
        client_protocol: 2,
        capabilities: Vec::new(),
        auto_subscribe: true,
        socket: Socket(id.0),
    }
}

fn join(call: &mut Call, id: ParticipantId, identity: &str) -> (Welcome, Vec<Output>) {
    let joined = call.join(T0, joining(id, identity), MANY);
    let joined = joined.unwrap();
    call.connected(id);
    joined
}

fn track(id: TrackId, kind: TrackKind, source: Source) -> Track {
    let layer = |quality, width, height| Layer {
        quality,
        width,
        height,
        bitrate_bps: 0,
        spatial: 0,
        rid: String::new(),
    };
    let layers = match kind {
        TrackKind::Audio => Vec::new(),
        TrackKind::Video => vec![
            layer(Quality::Low, 320, 180),
            layer(Quality::Medium, 640, 360),
            layer(Quality::High, 1280, 720),
        ],
    };
    Track {
        id,
        kind,
        source,
        name: String::new(),
        muted: false,
        width: 0,
        height: 0,
        codecs: vec![TrackCodec {
            mime: String::new(),
            cid: format!("cid-{}", id.0),
            sdp_cid: String::new(),
            mid: String::new(),
            layers,
            layer_mode: 0,
        }],
        traits: Arc::default(),
        version: 1,
    }
}

fn agreed(track: TrackId, mime: &str) -> Agreed {
    Agreed {
        track,
        mid: "3".to_owned(),
        mime: mime.to_owned(),
        cid: Some(format!("cid-{}", track.0)),
    }
}

/// Alice publishes her microphone.
fn publish_mic(call: &mut Call) -> Vec<Output> {
    call.add_track(ALICE, track(MIC, TrackKind::Audio, Source::Microphone));
    call.agreed(ALICE, &[agreed(MIC, "audio/opus")])
}

/// Alice publishes her camera.
fn publish_camera(call: &mut Call) -> Vec<Output> {
    call.add_track(ALICE, track(CAMERA, TrackKind::Video, Source::Camera));
    call.agreed(ALICE, &[agreed(CAMERA, "video/VP8")])
}

/// What somebody is told.
fn told(out: &[Output], whom: ParticipantId) -> Vec<&Told> {
    let told = out.iter().filter_map(|output| match output {
        Output::Tell(all, told) if all.contains(&whom) => Some(told),
        Output::Tell(..) | Output::Order(_) | Output::Noted(_) => None,
    });
    told.collect()
}

fn orders(out: &[Output]) -> Vec<&Order> {
    let orders = out.iter().filter_map(|output| match output {
        Output::Order(order) => Some(order),
        Output::Tell(..) | Output::Noted(_) => None,
    });
    orders.collect()
}

fn notes(out: &[Output]) -> Vec<&CallEvent> {
    let notes = out.iter().filter_map(|output| match output {
        Output::Noted(event) => Some(event),
        Output::Tell(..) | Output::Order(_) => None,
    });
    notes.collect()
}

/// Who gets a track, as the orders say.
fn subscribed(out: &[Output]) -> Vec<(ParticipantId, TrackId)> {
    let subscribed = orders(out).into_iter().filter_map(|order| {
        if let Order::Subscribe {
            subscriber, track, ..
        } = order
        {
            return Some((*subscriber, *track));
        }
        None
    });
    subscribed.collect()
}

/// How somebody is, as others are told.
fn seen(out: &[Output], whom: ParticipantId, of: ParticipantId) -> Option<Arc<Participant>> {
    let mut all = told(out, whom).into_iter().filter_map(|told| {
        if let Told::Participants(all) = told {
            return all.iter().rfind(|it| it.id == of).cloned();
        }
        None
    });
    all.next_back()
}

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

#[test]
fn somebody_new_hears_what_is_there_unless_they_choose_for_themselves() {
    let mut call = open();
    join(&mut call, ALICE, "alice");
    publish_mic(&mut call);
    let (_, out) = call.join(T0, joining(BOB, "bob"), MANY).unwrap();
    assert_eq!(subscribed(&out), [(BOB, MIC)]);
    let mut chooser = joining(CAROL, "carol");
    chooser.auto_subscribe = false;
    let (_, out) = call.join(T0, chooser, MANY).unwrap();
    assert!(subscribed(&out).is_empty());
    assert_eq!(subscribed(&call.want(CAROL, &[MIC], true)), [(CAROL, MIC)]);
    assert!(
        call.want(CAROL, &[MIC], true).is_empty(),
        "they hear it already"
    );
    let out = call.want(CAROL, &[MIC], false);
    assert_eq!(orders(&out), [&Order::Unsubscribe(CAROL, MIC)]);
}

#[test]
fn a_publisher_chooses_who_hears_them() {
    let mut call = open();
    join(&mut call, ALICE, "alice");
    join(&mut call, BOB, "bob");
    join(&mut call, CAROL, "carol");
    publish_mic(&mut call);
    let only_carol = Permission {
        all: false,
        some: vec![Listener {
            id: None,
            identity: Some("carol".into()),
            tracks: None,
        }],
    };
    let out = call.permit(ALICE, only_carol);
    assert_eq!(orders(&out), [&Order::Unsubscribe(BOB, MIC)]);
    let barred = |allowed| Told::MayHear {
        publisher: ALICE,
        track: MIC,
        allowed,
    };
    assert_eq!(told(&out, BOB), [&barred(false)]);
    assert!(told(&out, CAROL).is_empty());
    let out = call.permit(ALICE, Permission::default());
    assert_eq!(told(&out, BOB), [&barred(true)]);
    assert_eq!(subscribed(&out), [(BOB, MIC)]);
}

#[test]
fn a_picture_comes_no_larger_than_it_is_shown() {
    let mut call = open();
    join(&mut call, ALICE, "alice");
    join(&mut call, BOB, "bob");
    publish_camera(&mut call);
    let mut spatial = |setting| {
        let out = call.set(BOB, &[CAMERA], setting);
        let [Order::Receive(_, _, reception)] = orders(&out)[..] else {
            panic!("{out:?}");
        };
        (reception.enabled, reception.spatial)
    };
    let shown = |width, height| Setting {
        width,
        height,
        ..Setting::default()
    };
    assert_eq!(spatial(shown(200, 100)), (true, 0));
    assert_eq!(spatial(shown(640, 360)), (true, 1));
    assert_eq!(spatial(shown(4000, 3000)), (true, 2));
    let low = Setting {
        quality: Some(Quality::Low),
        ..Setting::default()
    };
    assert_eq!(spatial(low), (true, 0));
    let off = Setting {
        disabled: true,
        ..Setting::default()
    };
    assert!(!spatial(off).0);
}

#[test]
fn a_publisher_hears_how_large_a_picture_is_wanted() {
    let mut call = open();
    join(&mut call, ALICE, "alice");
    publish_camera(&mut call);
    for (most, quality) in [
        (Some(0), Some(Quality::Low)),
        (Some(2), Some(Quality::High)),
        (None, None),
    ] {
        let out = call.wanted(CAMERA, most);
        assert!(matches!(told(&out, ALICE)[..],
            [Told::Wanted { most, .. }] if *most == quality));
    }
    assert!(call.wanted(TrackId(99), None).is_empty());
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

#[test]
fn data_goes_to_those_who_are_named_or_to_everybody_else() {
    let mut call = open();
    for (id, name) in [(ALICE, "alice"), (BOB, "bob"), (CAROL, "carol")] {
        join(&mut call, id, name);
    }
    assert_eq!(call.route(ALICE, &[], false), Ok(vec![BOB, CAROL]));
    let named = ["carol".to_owned(), "nobody".to_owned()];
    assert_eq!(call.route(ALICE, &named, false), Ok(vec![CAROL]));
    assert_eq!(
        call.route(ALICE, &[], true),
        Ok(vec![]),
        "figures are for those who may"
    );
    let silent = ParticipantChange {
        grants: Some(Grants {
            publish_data: false,
            ..Grants::default()
        }),
        ..ParticipantChange::default()
    };
    call.change(ALICE, silent).unwrap();
    assert_eq!(call.route(ALICE, &[], false), Err(Refused::Forbidden));
}

#[test]
fn who_stops_speaking_is_told_once_more() {
    let mut call = open();
    join(&mut call, ALICE, "alice");
    join(&mut call, BOB, "bob");
    publish_mic(&mut call);
    let speaking = |level, active| Speaking {
        participant: ALICE,
        level,
        active,
    };
    let out = call.speakers(&[(MIC, 0.5)]);
    assert_eq!(
        told(&out, BOB),
        [&Told::Speakers(vec![speaking(0.5, true)])]
    );
    assert!(call.speakers(&[(MIC, 0.5)]).is_empty());
    let out = call.speakers(&[]);
    assert_eq!(
        told(&out, BOB),
        [&Told::Speakers(vec![speaking(0.0, false)])]
    );
}

#[test]
fn quality_is_told_to_oneself_and_to_those_who_hear_one() {
    let mut call = open();
    for (id, name) in [(ALICE, "alice"), (BOB, "bob"), (CAROL, "carol")] {
        join(&mut call, id, name);
    }
    publish_mic(&mut call);
    call.want(CAROL, &[MIC], false);
    let out = call.quality(ALICE, ConnectionQuality::Good, 3.5);
    assert!(!told(&out, ALICE).is_empty() && !told(&out, BOB).is_empty());
    assert!(told(&out, CAROL).is_empty());
}
