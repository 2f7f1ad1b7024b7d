//! One connection for everything (v1): join, publish, subscribe, talk.

use std::time::Duration;

use media::{Assigned, Codec, Command, Data, Event, Lane, MediaKind, PeerId, Role, TrackId};
use str0m::media::{Direction, Mid};

use super::{World, published};

const SOUND: TrackId = TrackId(1);
const CAMERA: TrackId = TrackId(2);

/// A client with room for what others publish.
fn join(world: &mut World) -> usize {
    let client = world.open(Role::Single);
    let it = &mut world.clients[client];
    it.section(str0m::media::MediaKind::Audio, Direction::RecvOnly);
    it.section(str0m::media::MediaKind::Video, Direction::RecvOnly);
    it.data();
    let answer = world.negotiate(client, |_, _| {});
    assert!(answer.text.contains("a=ice-lite") && answer.text.contains("a=setup:passive"));
    assert_eq!(answer.text.matches("a=inactive").count(), 2);
    assert!(answer.mid_to_track_id.is_empty());
    let peer = world.clients[client].peer;
    world.until("connected", |it| it.has(|it| *it == Event::Connected(peer)));
    client
}

/// The client publishes sound, or a picture, in a section of its own.
fn publish(world: &mut World, client: usize, track: TrackId, simulcast: bool) -> Mid {
    let kind = if track == SOUND {
        MediaKind::Audio
    } else {
        MediaKind::Video
    };
    world.publish(client, track, kind);
    let it = &mut world.clients[client];
    match kind {
        MediaKind::Audio => it.section(str0m::media::MediaKind::Audio, Direction::SendOnly),
        MediaKind::Video if simulcast => it.simulcast(),
        MediaKind::Video => it.section(str0m::media::MediaKind::Video, Direction::SendOnly),
    }
    let mut mid = None;
    world.negotiate(client, |negotiation, offered| {
        let section = offered
            .sections
            .iter()
            .find(|it| it.track.is_none())
            .unwrap();
        assert!(section.cid.as_deref().unwrap().starts_with("track"));
        negotiation.publish(&section.mid, published(track));
        mid = Some(Mid::from(section.mid.as_str()));
    });
    mid.unwrap()
}

/// The client gets a track that somebody publishes.
fn subscribe(world: &mut World, client: usize, track: TrackId, codec: Codec) {
    let assigned = world.subscribe(client, track, codec);
    assert!(matches!(assigned, Assigned::Section(_)), "{assigned:?}");
    assert!(world.clients[client].negotiation.has_news());
    // A browser offers the same empty section again; this client's library keeps it inactive, as it
    // was answered, so it has to offer another one.
    let kind = match codec {
        Codec::Opus => str0m::media::MediaKind::Audio,
        _ => str0m::media::MediaKind::Video,
    };
    world.clients[client].section(kind, Direction::RecvOnly);
    let answer = world.negotiate(client, |_, _| {});
    let id = format!("TR_{}", track.0);
    assert!(answer.mid_to_track_id.values().any(|it| *it == id));
    assert!(answer.text.contains(&format!("a=msid:PA_x|{id} {id}")));
}

#[test]
fn sound_reaches_every_subscriber_decrypted_and_in_order() {
    let mut world = World::new();
    let (speaker, first, second) = (join(&mut world), join(&mut world), join(&mut world));
    let mid = publish(&mut world, speaker, SOUND, false);
    subscribe(&mut world, first, SOUND, Codec::Opus);
    subscribe(&mut world, second, SOUND, Codec::Opus);
    for number in 0..100 {
        let now = world.now;
        world.clients[speaker].sound(now, mid, number, -20);
        world.run(Duration::from_millis(20));
    }
    for listener in [first, second] {
        let packets = &world.clients[listener].packets;
        assert_eq!(packets.len(), 100, "client {listener}");
        let numbers: Vec<u64> = packets.iter().map(|it| *it.seq_no).collect();
        assert!(
            numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]),
            "{numbers:?}"
        );
        assert!(packets.iter().all(|it| &*it.payload == b"opus"));
        assert!(
            packets
                .iter()
                .all(|it| it.header.ext_vals.audio_level == Some(-20))
        );
    }
    assert!(world.clients[speaker].packets.is_empty());
    assert!(world.has(|it| *it == Event::Flowing(SOUND)));
    let speaks = |it: &Event| match it {
        Event::Speakers { speakers, .. } => speakers.iter().any(|it| it.track == SOUND),
        _ => false,
    };
    assert!(world.has(speaks));
}

#[test]
fn a_picture_begins_with_a_keyframe_that_the_publisher_was_asked_for() {
    let mut world = World::new();
    let (publisher, viewer) = (join(&mut world), join(&mut world));
    let mid = publish(&mut world, publisher, CAMERA, false);
    let mut number = 0;
    let mut film = |world: &mut World, frames: u64| {
        for _ in 0..frames {
            let now = world.now;
            let asked = !std::mem::take(&mut world.clients[publisher].keyframes_asked).is_empty();
            world.clients[publisher].picture(now, (mid, None), number, number == 0 || asked);
            number += 1;
            world.run(Duration::from_millis(33));
        }
    };
    film(&mut world, 10);
    subscribe(&mut world, viewer, CAMERA, Codec::Vp8);
    film(&mut world, 60);
    let packets = &world.clients[viewer].packets;
    assert!(packets.len() > 40, "{}", packets.len());
    let begins = |it: &str0m::rtp::RtpPacket| it.payload[4] & 1 == 0;
    assert!(begins(&packets[0]));
    let numbers: Vec<u64> = packets.iter().map(|it| *it.seq_no).collect();
    assert!(
        numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]),
        "{numbers:?}"
    );
}

#[test]
fn what_is_lost_on_either_side_is_repaired() {
    let mut world = World::new();
    let (publisher, viewer) = (join(&mut world), join(&mut world));
    let mid = publish(&mut world, publisher, CAMERA, false);
    subscribe(&mut world, viewer, CAMERA, Codec::Vp8);
    let film = |world: &mut World, from: u64, to: u64| {
        for number in from..to {
            let now = world.now;
            world.clients[publisher].picture(now, (mid, None), number, number % 30 == 0);
            world.run(Duration::from_millis(33));
        }
    };
    film(&mut world, 0, 60);
    let mut count = 0_u32;
    world.loses = Box::new(move |_, bytes| {
        // Every eleventh packet of a picture is lost, wherever it goes; repairs come through.
        let is_picture = bytes.len() > 500 && bytes[0] >= 128 && bytes[1] & 0x7f == 96;
        count += u32::from(is_picture);
        is_picture && count.is_multiple_of(11)
    });
    film(&mut world, 60, 180);
    world.loses = Box::new(|_, _| false);
    film(&mut world, 180, 210);
    let packets = &world.clients[viewer].packets;
    let mut numbers: Vec<u64> = packets.iter().map(|it| *it.seq_no).collect();
    numbers.sort_unstable();
    let gaps: Vec<_> = numbers
        .windows(2)
        .filter(|pair| pair[0] + 1 != pair[1])
        .collect();
    assert!(gaps.is_empty(), "{gaps:?} of {}", numbers.len());
    assert!(numbers.len() >= 200, "{}", numbers.len());
}

#[test]
fn data_goes_both_ways_on_both_lanes() {
    let mut world = World::new();
    let (first, second) = (join(&mut world), join(&mut world));
    let peers: Vec<PeerId> = world.clients.iter().map(|it| it.peer).collect();
    world.until("data is open", |it| {
        peers
            .iter()
            .all(|peer| it.has(|it| *it == Event::DataOpen(*peer)))
    });
    world.clients[first].say("_reliable", b"hello");
    world.clients[first].say("_lossy", b"there");
    world.run(Duration::from_millis(200));
    for (lane, bytes) in [(Lane::Reliable, b"hello"), (Lane::Lossy, b"there")] {
        let said = Event::Data {
            peer: peers[first],
            lane,
            bytes: bytes.to_vec().into(),
        };
        assert!(world.events.contains(&said));
        world.tell(Command::Send(Data {
            to: vec![peers[second], PeerId(9)],
            lane,
            bytes: bytes.to_vec().into(),
        }));
    }
    world.run(Duration::from_millis(200));
    let heard = |label: &str, bytes: &[u8]| {
        let data = &world.clients[second].data;
        data.contains(&(label.to_owned(), bytes.to_vec()))
    };
    assert!(heard("_reliable", b"hello") && heard("_lossy", b"there"));
    assert!(world.clients[first].data.is_empty());
}
