//! Who gets what of whom: tracks, data, who speaks, how well.

use super::*;

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
