//! A camera in three layers: what each viewer gets, and what the publisher is told of it.

use std::time::Duration;

use media::{Codec, Command, Event, Layers, Settings, TrackId};
use str0m::media::Mid;

use super::joining::{join, publish, subscribe};
use super::{World, all};

const CAMERA: TrackId = TrackId(2);
const LAYERS: [(&str, usize); 3] = [("q", 200), ("h", 500), ("f", 1100)];

/// Sends pictures in all three layers; keyframes where they are asked for.
struct Camera {
    publisher: usize,
    mid: Mid,
    number: u64,
}

impl Camera {
    fn film(&mut self, world: &mut World, frames: u64) {
        for _ in 0..frames {
            let now = world.now;
            let it = &mut world.clients[self.publisher];
            let asked = std::mem::take(&mut it.keyframes_asked);
            for (rid, bytes) in LAYERS {
                let is_asked = asked.iter().any(|it| it.1.is_some_and(|it| &*it == rid));
                let key = self.number == 0 || is_asked;
                it.frame(now, (self.mid, Some(rid)), (self.number, bytes), key);
            }
            self.number += 1;
            world.run(Duration::from_millis(33));
        }
    }
}

fn set(world: &mut World, client: usize, spatial: Option<u8>) {
    let peer = world.clients[client].peer;
    let settings = match spatial {
        Some(spatial) => Settings {
            most: Layers {
                spatial,
                temporal: 3,
            },
            ..all()
        },
        None => Settings {
            enabled: false,
            ..all()
        },
    };
    world.tell(Command::Subscribe {
        peer,
        track: CAMERA,
        settings,
    });
}

/// The sizes of what came since.
fn sizes(world: &mut World, client: usize) -> Vec<usize> {
    let packets = std::mem::take(&mut world.clients[client].packets);
    let pictures = packets.iter().filter(|it| *it.header.payload_type == 96);
    pictures.map(|it| it.payload.len() - 5).collect()
}

fn start(viewers: usize) -> (World, Camera, Vec<usize>) {
    let mut world = World::new();
    let publisher = join(&mut world);
    let viewers: Vec<usize> = (0..viewers).map(|_| join(&mut world)).collect();
    let mid = publish(&mut world, publisher, CAMERA, true);
    let mut camera = Camera {
        publisher,
        mid,
        number: 0,
    };
    camera.film(&mut world, 10);
    for viewer in &viewers {
        subscribe(&mut world, *viewer, CAMERA, Codec::Vp8);
    }
    (world, camera, viewers)
}

#[test]
fn each_viewer_gets_the_layer_that_its_tile_is_for() {
    let (mut world, mut camera, viewers) = start(2);
    set(&mut world, viewers[0], Some(0));
    camera.film(&mut world, 300);
    let (small, large) = (sizes(&mut world, viewers[0]), sizes(&mut world, viewers[1]));
    assert!(small.iter().all(|it| *it == 200), "{small:?}");
    assert_eq!(large.last(), Some(&1100), "{large:?}");
    // The tiles change places.
    set(&mut world, viewers[0], Some(2));
    set(&mut world, viewers[1], Some(0));
    camera.film(&mut world, 300);
    let (large, small) = (sizes(&mut world, viewers[0]), sizes(&mut world, viewers[1]));
    assert_eq!(large.last(), Some(&1100));
    assert_eq!(small.last(), Some(&200));
}

#[test]
fn a_tile_off_screen_gets_nothing_and_a_switch_leaves_no_hole() {
    let (mut world, mut camera, viewers) = start(1);
    camera.film(&mut world, 200);
    set(&mut world, viewers[0], None);
    camera.film(&mut world, 3);
    let packets = std::mem::take(&mut world.clients[viewers[0]].packets);
    camera.film(&mut world, 30);
    assert!(sizes(&mut world, viewers[0]).is_empty());
    set(&mut world, viewers[0], Some(2));
    camera.film(&mut world, 100);
    let after = &world.clients[viewers[0]].packets;
    let numbers: Vec<u64> = packets.iter().chain(after).map(|it| *it.seq_no).collect();
    assert!(!after.is_empty());
    assert!(
        numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]),
        "{numbers:?}"
    );
}

#[test]
fn the_publisher_is_told_what_anybody_wants_and_less_only_after_a_while() {
    let (mut world, mut camera, viewers) = start(2);
    let told = |world: &mut World| -> Vec<Option<u8>> {
        let events = std::mem::take(&mut world.events);
        let wanted = events.into_iter().filter_map(|it| match it {
            Event::Wanted { most, .. } => Some(most.map(|it| it.spatial)),
            _ => None,
        });
        wanted.collect()
    };
    camera.film(&mut world, 10);
    assert_eq!(told(&mut world).last(), Some(&Some(2)));
    set(&mut world, viewers[0], Some(0));
    set(&mut world, viewers[1], Some(1));
    camera.film(&mut world, 60);
    assert_eq!(told(&mut world), []);
    camera.film(&mut world, 90);
    assert_eq!(told(&mut world), [Some(1)]);
    set(&mut world, viewers[0], Some(2));
    camera.film(&mut world, 5);
    assert_eq!(told(&mut world), [Some(2)]);
    for viewer in viewers {
        set(&mut world, viewer, None);
    }
    camera.film(&mut world, 150);
    assert_eq!(told(&mut world), [None]);
}
