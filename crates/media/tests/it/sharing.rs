//! Bandwidth shared out among the tracks of one subscriber.

use std::time::{Duration, Instant};

use media::allocate::{Allocation, Allocator, Pause, Rates, Want};
use media::{Layers, MediaKind, TrackId};
use proptest::prelude::*;

/// A camera: 150, 500 and 1500 kbit/s, a temporal layer each way down costs about half.
const CAMERA: Rates = Rates([
    [60_000, 90_000, 150_000, 0],
    [200_000, 300_000, 500_000, 0],
    [600_000, 900_000, 1_500_000, 0],
]);
const SOUND: Rates = Rates([[32_000, 0, 0, 0], [0; 4], [0; 4]]);
const MOST: Layers = Layers {
    spatial: 2,
    temporal: 3,
};

fn camera(track: u64) -> Want {
    Want {
        track: TrackId(track),
        kind: MediaKind::Video,
        priority: 100,
        detail: false,
        enabled: true,
        most: MOST,
        rates: CAMERA,
    }
}

fn screen(track: u64) -> Want {
    Want {
        priority: 255,
        detail: true,
        ..camera(track)
    }
}

fn sound(track: u64) -> Want {
    Want {
        kind: MediaKind::Audio,
        rates: SOUND,
        ..camera(track)
    }
}

fn layers(spatial: u8, temporal: u8) -> Result<Layers, Pause> {
    Ok(Layers { spatial, temporal })
}

fn targets(allocation: &Allocation) -> Vec<Result<Layers, Pause>> {
    allocation.shares.iter().map(|share| share.target).collect()
}

fn once(estimate: u64, wants: &[Want]) -> Vec<Result<Layers, Pause>> {
    targets(&Allocator::default().allocate(Instant::now(), Some(estimate), wants))
}

/// An allocator and a clock of 100 ms.
struct Clocked {
    allocator: Allocator,
    now: Instant,
}

impl Clocked {
    fn new() -> Self {
        Self {
            allocator: Allocator::default(),
            now: Instant::now(),
        }
    }

    fn run(&mut self, ms: u64, estimate: u64, wants: &[Want]) -> Vec<Result<Layers, Pause>> {
        let mut last = Vec::new();
        for _ in 0..ms / 100 {
            last = targets(&self.allocator.allocate(self.now, Some(estimate), wants));
            self.now += Duration::from_millis(100);
        }
        last
    }
}

#[test]
fn pictures_of_one_priority_get_about_the_same() {
    let three = [camera(1), camera(2), camera(3)];
    assert_eq!(once(5_000_000, &three), vec![layers(2, 2); 3]);
    assert_eq!(once(1_600_000, &three), vec![layers(1, 2); 3]);
    assert_eq!(once(460_000, &three), vec![layers(0, 2); 3]);
    assert_eq!(once(200_000, &three), vec![layers(0, 0); 3]);
}

#[test]
fn a_screen_is_served_first_and_detail_before_movement() {
    let wants = [camera(1), screen(2)];
    assert_eq!(once(700_000, &wants), [layers(0, 1), layers(2, 0)]);
    assert_eq!(once(1_700_000, &wants), [layers(0, 2), layers(2, 2)]);
}

#[test]
fn sound_is_never_paused_and_comes_before_every_picture() {
    let wants = [camera(1), sound(2), sound(3)];
    assert_eq!(
        once(0, &wants),
        [Err(Pause::Bandwidth), layers(0, 3), layers(0, 3)]
    );
    assert_eq!(
        once(120_000, &wants),
        [Err(Pause::Bandwidth), layers(0, 3), layers(0, 3)]
    );
    assert_eq!(
        once(130_000, &wants),
        [layers(0, 0), layers(0, 3), layers(0, 3)]
    );
}

#[test]
fn when_not_all_fit_the_first_are_kept_and_the_others_paused() {
    let wants = [camera(2), camera(1), screen(3)];
    let paused = Err(Pause::Bandwidth);
    assert_eq!(once(130_000, &wants), [paused, layers(0, 0), layers(0, 0)]);
}

#[test]
fn what_nobody_looks_at_costs_nothing() {
    let hidden = Want {
        enabled: false,
        ..camera(1)
    };
    let allocation = Allocator::default().allocate(Instant::now(), Some(1_000_000), &[hidden]);
    assert_eq!(targets(&allocation), [Err(Pause::Disabled)]);
    assert_eq!((allocation.used, allocation.desired), (0, 0));
}

#[test]
fn a_track_that_nothing_came_of_yet_begins_at_its_least() {
    let new = Want {
        rates: Rates::default(),
        ..camera(1)
    };
    assert_eq!(once(100, &[new]), [layers(0, 3)]);
}

#[test]
fn nobody_gets_more_than_it_wants_or_than_there_is() {
    let small = Want {
        most: Layers {
            spatial: 0,
            temporal: 1,
        },
        ..camera(1)
    };
    assert_eq!(once(9_000_000, &[small]), [layers(0, 1)]);
    let mut rates = CAMERA;
    rates.0[2] = [0; 4];
    assert_eq!(
        once(9_000_000, &[Want { rates, ..camera(1) }]),
        [layers(1, 2)]
    );
}

#[test]
fn it_goes_down_at_once_and_up_only_after_a_while_with_room_to_spare() {
    let mut clocked = Clocked::new();
    let wants = [camera(1)];
    assert_eq!(clocked.run(5000, 2_000_000, &wants), [layers(2, 2)]);
    assert_eq!(clocked.run(100, 600_000, &wants), [layers(1, 2)]);
    assert_eq!(clocked.run(2900, 2_000_000, &wants), [layers(1, 2)]);
    assert_eq!(
        clocked.run(200, 1_600_000, &wants),
        [layers(1, 2)],
        "too little to spare"
    );
    assert_eq!(clocked.run(200, 2_000_000, &wants), [layers(2, 2)]);
}

#[test]
fn steps_up_that_fail_are_tried_less_and_less_often() {
    let mut clocked = Clocked::new();
    let wants = [camera(1)];
    clocked.run(5000, 2_000_000, &wants);
    let mut rises = Vec::new();
    let mut high = true;
    for round in 0..1200 {
        // Whatever it takes turns out not to be there.
        let estimate = if high { 700_000 } else { 2_000_000 };
        let now_high = clocked.run(100, estimate, &wants) == [layers(2, 2)];
        if now_high && !high {
            rises.push(round / 10);
        }
        high = now_high;
    }
    println!("rose after seconds {rises:?}");
    assert!(rises.len() <= 8, "{rises:?}");
}

#[test]
fn what_is_desired_is_all_that_is_wanted_and_some_more() {
    let wants = [camera(1), sound(2)];
    let allocation = Allocator::default().allocate(Instant::now(), Some(300_000), &wants);
    assert_eq!(allocation.used, 182_000);
    assert_eq!(allocation.desired, 1_532_000 * 5 / 4);
}

prop_compose! {
    fn any_want()(
        track in 0_u64..1000,
        is_sound in prop::bool::weighted(0.2),
        priority in prop::sample::select(vec![0_u8, 100, 255]),
        enabled in prop::bool::weighted(0.9),
        most in (0_u8..3, 0_u8..4),
        size in 1_u64..40,
    ) -> Want {
        let mut rates = CAMERA;
        rates.0.iter_mut().flatten().for_each(|rate| *rate = *rate * size / 10);
        let kind = if is_sound { MediaKind::Audio } else { MediaKind::Video };
        let most = Layers { spatial: most.0, temporal: most.1 };
        let detail = priority == 255;
        Want { track: TrackId(track), kind, priority, detail, enabled, most, rates }
    }
}

proptest! {
    #[test]
    fn shares_fit_the_estimate_and_the_wishes(
        wants in prop::collection::vec(any_want(), 0..12),
        estimates in prop::collection::vec(0_u64..20_000_000, 1..12),
    ) {
        let mut wants = wants;
        wants.sort_by_key(|want| want.track);
        wants.dedup_by_key(|want| want.track);
        let (mut one, mut other) = (Clocked::new(), Clocked::new());
        for estimate in estimates {
            let allocation = one.allocator.allocate(one.now, Some(estimate), &wants);
            let again = other.allocator.allocate(one.now, Some(estimate), &wants);
            prop_assert_eq!(&allocation, &again, "the same input gives the same output");
            one.now += Duration::from_millis(700);
            let sound = wants.iter().filter(|want| want.kind == MediaKind::Audio && want.enabled);
            let sound: u64 = sound.map(|want| want.rates.0[2][2]).sum();
            // A picture at its least may go on a little above what there is.
            prop_assert!(allocation.used <= sound + estimate.saturating_sub(sound) * 5 / 4 + 2);
            prop_assert!(allocation.desired >= allocation.used);
            for (want, share) in wants.iter().zip(&allocation.shares) {
                prop_assert_eq!(want.track, share.track);
                match share.target {
                    Ok(layers) => {
                        prop_assert!(want.enabled);
                        prop_assert!(layers.spatial <= want.most.spatial);
                        prop_assert!(layers.temporal <= want.most.temporal);
                    }
                    Err(Pause::Disabled) => prop_assert!(!want.enabled),
                    Err(Pause::Bandwidth) => prop_assert!(want.kind == MediaKind::Video),
                }
            }
        }
    }
}
