//! Two connections for each participant (v0): the client offers what it sends, we offer what it
//! gets.

use std::time::Duration;

use media::{Assigned, Codec, Command, Event, Lane, MediaKind, Negotiation, Role, TrackId};
use str0m::change::SdpOffer;
use str0m::media::{Direction, Mid};

use super::{World, all, assignment, published};

const SOUND: TrackId = TrackId(1);
const CAMERA: TrackId = TrackId(2);

/// Our offer goes to the client, and its answer comes back.
fn offer(world: &mut World, client: usize) -> String {
    let it = &mut world.clients[client];
    let offer = it.negotiation.offer().unwrap();
    assert!(it.negotiation.is_waiting());
    let text = SdpOffer::from_sdp_string(&offer.text).unwrap();
    let answer = it.rtc.sdp_api().accept_offer(text).unwrap();
    let changes = it.negotiation.answered(&answer.to_sdp_string()).unwrap();
    world.changes(client, offer.changes);
    world.changes(client, changes);
    offer.text
}

/// A subscribing connection with its data channels.
fn subscriber(world: &mut World) -> usize {
    let client = world.open(Role::Subscriber);
    let text = offer(world, client);
    assert!(text.contains("a=setup:actpass") && text.contains("m=application"));
    let peer = world.clients[client].peer;
    world.until("data is open", |it| {
        it.has(|it| *it == Event::DataOpen(peer))
    });
    assert!(world.has(|it| *it == Event::Connected(peer)));
    client
}

/// A publishing connection whose first offer has sound only.
fn publisher(world: &mut World) -> (usize, Mid) {
    let client = world.open(Role::Publisher);
    world.publish(client, SOUND, MediaKind::Audio);
    world.clients[client].section(str0m::media::MediaKind::Audio, Direction::SendOnly);
    let mut mid = None;
    world.negotiate(client, |negotiation, offered| {
        mid = Some(name(negotiation, offered, SOUND));
    });
    let peer = world.clients[client].peer;
    world.until("connected", |it| it.has(|it| *it == Event::Connected(peer)));
    (client, mid.unwrap())
}

fn name(negotiation: &mut Negotiation, offered: &media::Offered, track: TrackId) -> Mid {
    let section = offered
        .sections
        .iter()
        .find(|it| it.track.is_none())
        .unwrap();
    negotiation.publish(&section.mid, published(track));
    Mid::from(section.mid.as_str())
}

fn want(world: &mut World, client: usize, track: TrackId, codec: Codec) -> Assigned {
    let peer = world.clients[client].peer;
    world.tell(Command::Subscribe {
        peer,
        track,
        settings: all(),
    });
    let negotiation = &mut world.clients[client].negotiation;
    negotiation.assign(track, assignment(track, codec))
}

#[test]
fn sound_and_a_camera_that_came_later_are_offered_one_after_the_other() {
    let mut world = World::new();
    let viewer = subscriber(&mut world);
    let (speaker, sound) = publisher(&mut world);
    assert!(matches!(
        want(&mut world, viewer, SOUND, Codec::Opus),
        Assigned::Section(_)
    ));
    let text = offer(&mut world, viewer);
    assert!(text.contains("a=msid:PA_x|TR_1 TR_1"));

    // The numbers of pictures were not in the publisher's first offer.
    world.publish(speaker, CAMERA, MediaKind::Video);
    world.clients[speaker].section(str0m::media::MediaKind::Video, Direction::SendOnly);
    let mut camera = None;
    world.negotiate(speaker, |negotiation, offered| {
        camera = Some(name(negotiation, offered, CAMERA));
    });
    want(&mut world, viewer, CAMERA, Codec::Vp8);
    offer(&mut world, viewer);
    let mut pictures = 0;
    for number in 0..100 {
        let now = world.now;
        let asked = !std::mem::take(&mut world.clients[speaker].keyframes_asked).is_empty();
        world.clients[speaker].sound(now, sound, number, -30);
        world.clients[speaker].picture(now, (camera.unwrap(), None), number, number == 0 || asked);
        pictures += 1;
        world.run(Duration::from_millis(20));
    }
    assert_eq!(pictures, 100);
    let packets = &world.clients[viewer].packets;
    let of = |number: u8| {
        packets
            .iter()
            .filter(|it| *it.header.payload_type == number)
            .count()
    };
    assert_eq!(of(111), 100);
    assert!(of(96) >= 60, "{}", of(96));
}

#[test]
fn what_is_wanted_while_an_offer_waits_goes_into_the_next() {
    let mut world = World::new();
    let viewer = subscriber(&mut world);
    world.publish(viewer, SOUND, MediaKind::Audio);
    want(&mut world, viewer, SOUND, Codec::Opus);
    let it = &mut world.clients[viewer];
    let first = it.negotiation.offer().unwrap();
    assert!(it.negotiation.offer().is_err(), "one at a time");
    it.negotiation
        .assign(CAMERA, assignment(CAMERA, Codec::Vp8));
    assert!(it.negotiation.has_news());
    let text = SdpOffer::from_sdp_string(&first.text).unwrap();
    let answer = it.rtc.sdp_api().accept_offer(text).unwrap().to_sdp_string();
    let changes = it.negotiation.answered(&answer).unwrap();
    assert!(!format!("{changes:?}").contains("TrackId(2)"));
    world.changes(viewer, changes);
    let text = offer(&mut world, viewer);
    assert!(text.contains("TR_1") && text.contains("TR_2"));
    assert!(!world.clients[viewer].negotiation.has_news());
}

#[test]
fn a_section_is_used_again_for_another_track() {
    let mut world = World::new();
    let viewer = subscriber(&mut world);
    want(&mut world, viewer, CAMERA, Codec::Vp8);
    offer(&mut world, viewer);
    let negotiation = &mut world.clients[viewer].negotiation;
    negotiation.unassign(CAMERA);
    let text = offer(&mut world, viewer);
    assert!(!text.contains("TR_2") && text.contains("a=inactive"));
    want(&mut world, viewer, TrackId(3), Codec::Vp8);
    let text = offer(&mut world, viewer);
    assert_eq!(text.matches("m=video").count(), 1);
    assert!(text.contains("a=msid:PA_x|TR_3 TR_3") && text.contains("a=sendonly"));
}

#[test]
fn data_goes_out_on_the_channels_that_we_opened() {
    let mut world = World::new();
    let viewer = subscriber(&mut world);
    let peer = world.clients[viewer].peer;
    world.tell(Command::Send(media::Data {
        to: vec![peer],
        lane: Lane::Reliable,
        bytes: vec![1, 2, 3].into(),
    }));
    world.run(Duration::from_millis(100));
    let data = &world.clients[viewer].data;
    assert_eq!(*data, [("_reliable".to_owned(), vec![1, 2, 3])]);
}

#[test]
fn an_answer_to_nothing_and_an_offer_to_a_subscriber_are_refused() {
    let mut world = World::new();
    let viewer = world.open(Role::Subscriber);
    let negotiation = &mut world.clients[viewer].negotiation;
    assert!(negotiation.answered("v=0\r\n").is_err());
    assert!(negotiation.offered("v=0\r\n").is_err());
    negotiation.offer().unwrap();
    assert!(negotiation.answered("v=0\r\n").is_err());
    assert!(negotiation.is_waiting(), "the offer waits on");
}
