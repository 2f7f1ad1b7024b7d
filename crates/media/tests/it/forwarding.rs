//! Whole calls: what a viewer sees when layers come and go and the network does its worst.

use media::Layers;

use crate::call::Call;
use crate::network::Weather;

const FINE: Weather = Weather {
    loss_permille: 0,
    double_permille: 0,
    delay_ms: 20,
    jitter_ms: 0,
    again_ms: 0,
};

fn spatial(call: &Call) -> Option<u8> {
    call.current().map(|layers| layers.spatial)
}

#[test]
fn a_viewer_gets_the_best_encoding_soon_and_without_a_hole() {
    let mut call = Call::new(1, 3, FINE, FINE);
    call.run(5000);
    call.check();
    assert_eq!(spatial(&call), Some(2));
    let still = call.receiver.longest_still(1000, 5000);
    println!(
        "first picture after {} ms, then still for {still} ms",
        call.receiver.shown[0].0
    );
    assert!(call.receiver.shown[0].0 < 700);
    assert!(still <= 70, "{still} ms");
}

#[test]
fn an_encoding_that_falls_silent_is_left_for_one_that_flows() {
    for gone in [2_u8, 1] {
        let mut call = Call::new(2, 3, FINE, FINE);
        call.most = Layers {
            spatial: gone,
            temporal: 3,
        };
        call.run(4000);
        assert_eq!(spatial(&call), Some(gone));
        call.publisher.switch(gone, false);
        call.run(4000);
        let still = call.receiver.longest_still(3500, 8000);
        println!("encoding {gone} fell silent: still for {still} ms");
        assert!(still <= 900, "{still} ms");
        assert_eq!(spatial(&call), Some(gone - 1));
        call.publisher.switch(gone, true);
        call.run(4000);
        assert_eq!(spatial(&call), Some(gone));
        let still = call.receiver.longest_still(8000, 12_000);
        assert!(still <= 200, "{still} ms on the way back");
        call.check();
    }
}

#[test]
fn when_the_small_encodings_fall_silent_the_large_one_is_taken() {
    let mut call = Call::new(3, 3, FINE, FINE);
    call.most = Layers {
        spatial: 0,
        temporal: 3,
    };
    call.run(3000);
    assert_eq!(spatial(&call), Some(0));
    call.publisher.switch(0, false);
    call.publisher.switch(1, false);
    call.run(3000);
    assert_eq!(spatial(&call), Some(2));
    let still = call.receiver.longest_still(2500, 6000);
    assert!(still <= 900, "{still} ms");
    call.check();
}

#[test]
fn an_encoding_that_appears_later_is_taken_when_it_does() {
    let mut call = Call::new(4, 3, FINE, FINE);
    call.publisher.switch(1, false);
    call.publisher.switch(2, false);
    call.run(3000);
    assert_eq!(spatial(&call), Some(0));
    call.publisher.switch(2, true);
    call.run(1500);
    assert_eq!(spatial(&call), Some(2));
    assert!(call.receiver.longest_still(1000, 4500) <= 150);
    call.check();
}

#[test]
fn all_encodings_stopping_and_coming_back_is_survived() {
    let mut call = Call::new(5, 3, FINE, FINE);
    call.run(3000);
    for stream in 0..3 {
        call.publisher.switch(stream, false);
    }
    call.run(10_000);
    for stream in 0..3 {
        call.publisher.switch(stream, true);
    }
    call.run(2000);
    assert!(call.receiver.longest_still(13_300, 15_000) <= 100);
    call.check();
}

#[test]
fn a_muted_track_sends_nothing_and_begins_with_a_keyframe_again() {
    let mut call = Call::new(6, 3, FINE, FINE);
    call.run(3000);
    call.source.mute(true);
    call.run(2000);
    assert_eq!(call.rate(3100, 5000), 0);
    assert_eq!(call.current(), None);
    call.source.mute(false);
    call.run(3000);
    let still = call.receiver.longest_still(5000, 8000);
    println!("unmuted: still for {still} ms");
    assert!(still <= 700, "{still} ms");
    assert_eq!(spatial(&call), Some(2));
    call.check();
}

#[test]
fn a_tile_off_screen_costs_nothing_and_comes_back() {
    let mut call = Call::new(7, 3, FINE, FINE);
    call.run(3000);
    call.enabled = false;
    call.run(1000);
    assert_eq!(call.rate(3200, 4000), 0);
    call.enabled = true;
    call.run(2000);
    assert!(call.receiver.longest_still(4000, 6000) <= 800);
    call.check();
}

#[test]
fn a_smaller_tile_gets_a_smaller_encoding_without_a_stop() {
    let mut call = Call::new(8, 3, FINE, FINE);
    call.run(3000);
    call.most = Layers {
        spatial: 0,
        temporal: 3,
    };
    call.run(2000);
    assert_eq!(spatial(&call), Some(0));
    call.most = Layers {
        spatial: 1,
        temporal: 3,
    };
    call.run(2000);
    assert_eq!(spatial(&call), Some(1));
    // While it waits for the keyframe, the large encoding goes on with a quarter of its pictures.
    let still = call.receiver.longest_still(2000, 7000);
    assert!(still <= 150, "{still} ms");
    call.check();
}

#[test]
fn less_bandwidth_is_obeyed_at_once_and_more_after_a_while() {
    let mut call = Call::new(9, 3, FINE, FINE);
    call.estimate = Some(4_000_000);
    call.run(4000);
    assert_eq!(spatial(&call), Some(2));
    call.estimate = Some(800_000);
    call.run(3000);
    assert_eq!(spatial(&call), Some(1));
    let rate = call.rate(5000, 7000);
    println!("800 kbit/s: sent {rate} bit/s");
    assert!(rate <= 840_000, "{rate}");
    call.estimate = Some(150_000);
    call.run(3000);
    let rate = call.rate(8000, 10_000);
    println!("150 kbit/s: sent {rate} bit/s at {:?}", call.current());
    assert!(rate <= 157_000, "{rate}");
    assert_eq!(
        call.current(),
        Some(Layers {
            spatial: 0,
            temporal: 0
        })
    );
    assert!(!call.paused);
    call.estimate = Some(40_000);
    call.run(2000);
    assert!(call.paused);
    assert_eq!(call.rate(10_300, 12_000), 0);
    call.estimate = Some(4_000_000);
    call.run(8000);
    assert_eq!(spatial(&call), Some(2));
    let back = call
        .receiver
        .shown
        .iter()
        .find(|(at, _)| *at > 12_000)
        .unwrap()
        .0
        - 12_000;
    println!("resumed after {back} ms");
    assert!((500..1500).contains(&back), "{back} ms");
    call.check();
}

#[test]
fn an_estimate_that_swings_does_not_make_the_picture_swing() {
    let mut call = Call::new(10, 3, FINE, FINE);
    call.estimate = Some(1_600_000);
    call.run(4000);
    let mut changes = 0;
    let mut last = call.current();
    for round in 0..200_u64 {
        call.estimate = Some(if round % 2 == 0 { 700_000 } else { 2_000_000 });
        call.run(100);
        changes += usize::from(call.current() != last);
        last = call.current();
    }
    println!("{changes} changes in 20 s of swinging");
    assert!(changes <= 8, "{changes}");
    call.check();
}

#[test]
fn encodings_are_related_by_reports_so_that_time_does_not_jump() {
    let mut call = Call::new(11, 3, FINE, FINE);
    for round in 0..6 {
        call.most = Layers {
            spatial: if round % 2 == 0 { 2 } else { 0 },
            temporal: 3,
        };
        call.run(3000);
    }
    call.check();
    // How late each picture is on the outgoing time line, against when it was captured.
    let late = |out: &crate::receiver::Out| {
        out.numbers
            .timestamp
            .wrapping_sub((out.truth.captured_ms * 90) as u32)
            .cast_signed()
    };
    let lateness: Vec<i32> = call.sent.iter().skip(400).map(late).collect();
    let spread = lateness.iter().max().unwrap() - lateness.iter().min().unwrap();
    println!("pictures are off by up to {spread} ticks after 5 switches");
    assert!(spread <= 90, "{spread}");
}

#[test]
fn reorder_alone_leaves_no_gap() {
    for seed in 0..10 {
        let weather = Weather {
            jitter_ms: 30,
            double_permille: 20,
            ..FINE
        };
        let mut call = Call::new(seed, 3, weather, FINE);
        for most in [2, 0, 1, 2] {
            call.most = Layers {
                spatial: most,
                temporal: if seed % 2 == 0 { 3 } else { 1 },
            };
            call.run(2500);
        }
        call.check();
        let still = call.receiver.longest_still(1500, 10_000);
        println!("seed {seed}: reordered, still for {still} ms");
        assert!(still <= 1500, "seed {seed}: {still} ms");
    }
}

#[test]
fn loss_on_both_sides_freezes_no_picture_for_long() {
    for (loss_permille, again_ms, still_ms_max) in [(50, 60, 500), (200, 60, 1200), (10, 0, 3500)] {
        let mut worst = (0, 0);
        for seed in 0..10 {
            let weather = Weather {
                loss_permille,
                double_permille: 10,
                delay_ms: 30,
                jitter_ms: 10,
                again_ms,
            };
            let mut call = Call::new(seed, 3, weather, weather);
            for most in [2, 1, 2, 0, 2] {
                call.most = Layers {
                    spatial: most,
                    temporal: 3,
                };
                call.run(4000);
            }
            call.check();
            worst = worst.max((call.receiver.longest_still(2000, 20_000), seed));
        }
        println!(
            "{loss_permille} ‰ lost, again after {again_ms} ms: still for {worst:?} (ms, seed)"
        );
        assert!(worst.0 <= still_ms_max, "{loss_permille} ‰: {worst:?}");
    }
}

#[test]
fn a_still_screen_keeps_its_encoding() {
    let mut call = Call::new(12, 2, FINE, FINE);
    call.publisher.temporal = false;
    call.run(3000);
    call.publisher.frames_ms = 1000;
    call.run(20_000);
    assert_eq!(spatial(&call), Some(1));
    assert!(call.receiver.longest_still(3000, 23_000) <= 2100);
    call.check();
}

#[test]
fn keyframes_are_asked_for_seldom() {
    let mut call = Call::new(13, 3, FINE, FINE);
    call.run(30_000);
    assert!(call.keyframes_asked <= 4, "{}", call.keyframes_asked);
}
