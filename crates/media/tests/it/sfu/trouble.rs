//! What goes wrong: silence, a new network, hostile bytes, the end.

use std::time::Duration;

use media::{Carrier, Codec, Command, Datagram, Event, Heard, PeerId, Role, TrackId};

use super::joining::{join, publish, subscribe};
use super::{ROOM, World, server};

const SOUND: TrackId = TrackId(1);

#[test]
fn a_client_that_falls_silent_is_gone_after_a_while_and_not_before() {
    let mut world = World::new();
    let (silent, other) = (join(&mut world), join(&mut world));
    let peers: Vec<PeerId> = world.clients.iter().map(|it| it.peer).collect();
    world.loses = Box::new(move |_, way, _| way == super::Way::ToServer(silent));
    world.run(Duration::from_secs(18));
    assert!(!world.has(|it| *it == Event::Disconnected(peers[silent])));
    world.run(Duration::from_secs(4));
    assert!(world.has(|it| *it == Event::Disconnected(peers[silent])));
    assert!(!world.has(|it| *it == Event::Disconnected(peers[other])));
}

#[test]
fn a_client_that_never_comes_is_forgotten() {
    let mut world = World::new();
    let client = world.open(Role::Single);
    let peer = world.clients[client].peer;
    world.run(Duration::from_secs(31));
    assert!(world.has(|it| *it == Event::Disconnected(peer)));
}

#[test]
fn ice_starts_anew_at_another_address_and_sound_goes_on() {
    let mut world = World::new();
    let (speaker, listener) = (join(&mut world), join(&mut world));
    let mid = publish(&mut world, speaker, SOUND, false);
    subscribe(&mut world, listener, SOUND, Codec::Opus);
    let talk = |world: &mut World, from: u64, to: u64| {
        for number in from..to {
            let now = world.now;
            world.clients[speaker].sound(now, mid, number, -20);
            world.run(Duration::from_millis(20));
        }
    };
    talk(&mut world, 0, 50);
    let before = world.clients[listener].packets.len();
    world.clients[speaker].move_to([10, 0, 9, 9]);
    let peer = world.clients[speaker].peer;
    let local = world.local(peer);
    let fragment = local.credentials.ufrag.clone();
    let answer = world.negotiate(speaker, |negotiation, _| {
        assert!(negotiation.restarts_ice());
        negotiation.restart_ice(local);
    });
    assert!(answer.text.contains(&fragment));
    assert!(
        answer
            .changes
            .iter()
            .any(|it| matches!(it, media::Change::RestartIce { .. }))
    );
    world.run(Duration::from_secs(3));
    talk(&mut world, 50, 100);
    let after = world.clients[listener].packets.len();
    assert!(after - before >= 45, "{before} and then {after}");
}

/// A generator of bytes that looks at what it is told (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let bits = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }
}

#[test]
fn hostile_bytes_from_a_known_address_harm_nobody() {
    let mut world = World::new();
    let (speaker, listener) = (join(&mut world), join(&mut world));
    let mid = publish(&mut world, speaker, SOUND, false);
    subscribe(&mut world, listener, SOUND, Codec::Opus);
    let source = world.clients[speaker].address;
    let mut random = Random(7);
    // What each protocol on the port begins with: STUN, DTLS, RTP, RTCP, nothing known.
    let begins: [&[u8]; 6] = [
        &[0, 1, 0, 8, 0x21, 0x12, 0xa4, 0x42],
        &[22, 254, 253, 0, 1],
        &[23, 254, 253, 0, 1, 0, 0],
        &[0x90, 111, 0, 1],
        &[0x81, 200, 0, 6],
        &[77],
    ];
    for round in 0..4000_usize {
        let mut bytes = begins[round % begins.len()].to_vec();
        let length = random.next() % 200;
        bytes.extend((0..length).map(|_| random.next() as u8));
        let datagram = Datagram {
            carrier: Carrier::Udp,
            source,
            destination: server(),
            bytes: &bytes,
        };
        world.worker.datagram(world.now, datagram);
        if round % 100 == 0 {
            world.run(Duration::from_millis(2));
        }
    }
    let before = world.clients[listener].packets.len();
    for number in 0..50 {
        let now = world.now;
        world.clients[speaker].sound(now, mid, number, -20);
        world.run(Duration::from_millis(20));
    }
    assert_eq!(world.clients[listener].packets.len() - before, 50);
}

#[test]
fn packets_that_were_tampered_with_do_not_come_through() {
    let mut world = World::new();
    let (speaker, listener) = (join(&mut world), join(&mut world));
    let mid = publish(&mut world, speaker, SOUND, false);
    subscribe(&mut world, listener, SOUND, Codec::Opus);
    let source = world.clients[speaker].address;
    for number in 0..50 {
        let now = world.now;
        world.clients[speaker].sound(now, mid, number, -20);
        world.clients[speaker].tick(now);
        // The same packets again, each with one bit turned.
        let sent: Vec<Vec<u8>> = world.clients[speaker]
            .sent
            .iter()
            .map(|it| it.contents.to_vec())
            .collect();
        for mut bytes in sent.into_iter().filter(|it| it[0] >= 128) {
            let last = bytes.len() - 1;
            bytes[last] ^= 1;
            let datagram = Datagram {
                carrier: Carrier::Udp,
                source,
                destination: server(),
                bytes: &bytes,
            };
            world.worker.datagram(now, datagram);
        }
        world.run(Duration::from_millis(20));
    }
    let packets = &world.clients[listener].packets;
    assert!(packets.iter().all(|it| &*it.payload == b"opus"));
    assert_eq!(packets.len(), 50);
}

#[test]
fn bytes_from_nowhere_are_nobodys() {
    let mut world = World::new();
    join(&mut world);
    let local = world.local(PeerId(100));
    let mut check = vec![0, 1, 0, 60, 0x21, 0x12, 0xa4, 0x42];
    check.extend([0; 12]);
    let username = format!("{}:them", local.credentials.ufrag);
    check.extend([0, 6, 0, username.len() as u8]);
    check.extend(username.bytes());
    check.resize(check.len().next_multiple_of(4), 0);
    check.extend([0, 8, 0, 20]);
    check.extend([1; 20]);
    let length = (check.len() - 20) as u16;
    check[2..4].copy_from_slice(&length.to_be_bytes());
    for bytes in [&check[..], &[0x90; 40], &[22; 40], &[]] {
        let datagram = Datagram {
            carrier: Carrier::Udp,
            source: ([10, 9, 9, 9], 9).into(),
            destination: server(),
            bytes,
        };
        assert_eq!(world.worker.datagram(world.now, datagram), Heard::Dropped);
    }
}

#[test]
fn a_call_that_ends_says_goodbye() {
    let mut world = World::new();
    let client = join(&mut world);
    world.tell(Command::CloseRoom(ROOM));
    world.run(Duration::from_millis(500));
    assert!(world.clients[client].is_closed);
    let peer = world.clients[client].peer;
    assert!(
        !world.has(|it| *it == Event::Disconnected(peer)),
        "it was told, not found"
    );
}

#[test]
fn what_does_not_exist_can_be_told_anything() {
    let mut world = World::new();
    let peer = PeerId(7);
    let commands = [
        Command::Close(peer),
        Command::Open {
            room: media::RoomId(99),
            peer,
        },
        Command::Unpublish(SOUND),
        Command::Mute {
            track: SOUND,
            muted: true,
        },
        Command::Unsubscribe { peer, track: SOUND },
        Command::Change {
            peer,
            changes: vec![media::Change::OpenData { ours: true }],
        },
        Command::CloseRoom(media::RoomId(99)),
    ];
    for command in commands {
        world.tell(command);
    }
    world.run(Duration::from_millis(10));
    assert!(world.events.is_empty());
}
