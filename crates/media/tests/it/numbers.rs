//! Numbers rewritten: whatever is left out, late or switched, a viewer sees one stream.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use media::Layers;
use media::munge::Munger;
use media::packet::{Packet, Rewritten, SenderClock};
use media::payload::{Payload, PictureId, PictureNumbers};
use proptest::prelude::*;

const NO_CLOCKS: [Option<SenderClock>; 3] = [None; 3];

/// A packet of a VP8 stream.
fn packet(stream: u8, sequence: u64, timestamp: u32, picture: u16) -> Packet {
    let numbers = PictureNumbers {
        picture: Some(PictureId {
            value: picture & 0x7fff,
            long: true,
        }),
        base: Some(picture as u8),
        key: Some(0),
    };
    Packet {
        stream,
        sequence,
        timestamp,
        marker: false,
        body: Arc::from([0_u8; 10]),
        arrival: Instant::now(),
        payload: Payload {
            starts: true,
            layers: Layers {
                spatial: 0,
                temporal: 0,
            },
            numbers: Some(numbers),
            ..Payload::EMPTY
        },
        frame: None,
        descriptor: None,
    }
}

fn later(mut packet: Packet, begin: Instant, ms: u64) -> Packet {
    packet.arrival = begin + Duration::from_millis(ms);
    packet
}

fn picture_of(out: Rewritten) -> u16 {
    out.numbers.unwrap().picture.unwrap().value
}

#[test]
fn what_is_dropped_leaves_no_gap() {
    let mut munger = Munger::new(90_000, 10, 1000);
    assert_eq!(
        munger
            .begin(&packet(0, 500, 0, 7), &NO_CLOCKS)
            .unwrap()
            .sequence,
        10
    );
    assert_eq!(munger.skip(&packet(0, 501, 3000, 8)), None);
    assert_eq!(munger.skip(&packet(0, 502, 3000, 8)), None);
    let out = munger.keep(&packet(0, 503, 6000, 9)).unwrap();
    assert_eq!(
        (out.sequence, out.timestamp, picture_of(out)),
        (11, 7000, 8)
    );
}

#[test]
fn what_the_network_lost_stays_a_gap_and_is_filled_when_it_comes() {
    let mut munger = Munger::new(90_000, 10, 1000);
    munger.begin(&packet(0, 500, 0, 7), &NO_CLOCKS).unwrap();
    assert_eq!(munger.skip(&packet(0, 502, 6000, 9)), None);
    assert_eq!(
        munger.keep(&packet(0, 504, 12_000, 11)).unwrap().sequence,
        13
    );
    let late = munger.keep(&packet(0, 501, 3000, 8)).unwrap();
    assert_eq!((late.sequence, picture_of(late)), (11, 8));
    // This one is not wanted, but the viewer misses something in its place.
    let filler = munger.skip(&packet(0, 503, 9000, 10)).unwrap();
    assert!(filler.empty);
    assert_eq!(filler.sequence, 12);
    assert_eq!(munger.keep(&packet(0, 502, 6000, 9)), None);
}

#[test]
fn lost_packets_in_the_middle_of_a_dropped_picture_leave_no_gap() {
    let mut munger = Munger::new(90_000, 10, 1000);
    munger.begin(&packet(0, 500, 0, 7), &NO_CLOCKS).unwrap();
    munger.skip(&packet(0, 501, 3000, 8));
    munger.skip(&packet(0, 504, 3000, 8));
    assert_eq!(munger.keep(&packet(0, 505, 6000, 9)).unwrap().sequence, 11);
    assert_eq!(munger.skip(&packet(0, 502, 3000, 8)), None);
}

#[test]
fn another_encoding_goes_on_with_all_numbers() {
    let begin = Instant::now();
    let mut munger = Munger::new(90_000, 65_530, u32::MAX - 3000);
    let mut first = packet(0, 500, 77, 0x7ffe);
    first.arrival = begin;
    munger.begin(&first, &NO_CLOCKS).unwrap();
    let second = later(packet(0, 501, 3077, 0x7fff), begin, 33);
    let last = munger.keep(&second).unwrap();
    let other = later(packet(1, 9000, 123_456, 42), begin, 66);
    let out = munger.begin(&other, &NO_CLOCKS).unwrap();
    assert_eq!(out.sequence, last.sequence + 1);
    assert_eq!(picture_of(out), (picture_of(last) + 1) & 0x7fff);
    let step = out.timestamp.wrapping_sub(last.timestamp);
    assert!((2900..=3000).contains(&step), "{step}");
    let numbers = out.numbers.unwrap();
    assert_eq!(
        numbers.base,
        Some(last.numbers.unwrap().base.unwrap().wrapping_add(1))
    );
    assert_eq!(
        numbers.key,
        Some((last.numbers.unwrap().key.unwrap() + 1) & 0x1f)
    );
}

#[test]
fn what_comes_late_of_the_encoding_before_finds_its_place() {
    let begin = Instant::now();
    let mut munger = Munger::new(90_000, 10, 1000);
    munger
        .begin(&later(packet(0, 500, 0, 7), begin, 0), &NO_CLOCKS)
        .unwrap();
    munger
        .keep(&later(packet(0, 502, 6000, 9), begin, 66))
        .unwrap();
    munger
        .begin(&later(packet(1, 9000, 0, 50), begin, 99), &NO_CLOCKS)
        .unwrap();
    let late = munger
        .keep(&later(packet(0, 501, 3000, 8), begin, 100))
        .unwrap();
    assert_eq!(
        (late.sequence, late.timestamp, late.empty),
        (11, 4000, false)
    );
    assert_eq!(
        munger.keep(&later(packet(0, 503, 9000, 10), begin, 101)),
        None
    );
}

#[test]
fn sender_reports_relate_the_clocks_of_encodings() {
    let begin = Instant::now();
    let mut munger = Munger::new(90_000, 10, 0);
    let clock = |wall_us, timestamp| Some(SenderClock { wall_us, timestamp });
    let clocks = [clock(1_000_000, 50_000), clock(1_500_000, 900_000), None];
    // Captured when the wall clock showed 2.0 s.
    munger
        .begin(&later(packet(0, 1, 140_000, 1), begin, 0), &clocks)
        .unwrap();
    // Captured at 2.1 s, but 80 ms late.
    let other = later(packet(1, 1, 900_000 + 54_000, 1), begin, 180);
    assert_eq!(munger.begin(&other, &clocks).unwrap().timestamp, 9000);
    // A publisher whose clocks make no sense is not believed.
    let clocks = [
        clock(1_000_000, 50_000),
        clock(1_500_000, 900_000),
        clock(900_000_000, 0),
    ];
    let liar = later(packet(2, 1, 5, 1), begin, 280);
    assert_eq!(munger.begin(&liar, &clocks).unwrap().timestamp, 18_000);
}

#[test]
fn time_never_stands_or_runs_back_over_a_switch() {
    let begin = Instant::now();
    let mut munger = Munger::new(90_000, 10, 0);
    let clock = |timestamp| {
        Some(SenderClock {
            wall_us: 0,
            timestamp,
        })
    };
    let clocks = [clock(0), clock(0), None];
    munger
        .begin(&later(packet(0, 1, 3000, 1), begin, 0), &clocks)
        .unwrap();
    // The same picture in another encoding, and then one that is older.
    let same = munger
        .begin(&later(packet(1, 1, 3000, 1), begin, 5), &clocks)
        .unwrap();
    assert_eq!(same.timestamp, 1);
    let older = munger
        .begin(&later(packet(0, 2, 0, 1), begin, 9), &clocks)
        .unwrap();
    assert_eq!(older.timestamp, 2);
}

#[test]
fn the_same_encoding_resumes_on_its_own_clock() {
    let begin = Instant::now();
    let mut munger = Munger::new(90_000, 10, 0);
    munger
        .begin(&later(packet(0, 1, 5000, 1), begin, 0), &NO_CLOCKS)
        .unwrap();
    // Two minutes later, 40 ms late.
    let out = later(packet(0, 4000, 5000 + 120 * 90_000, 3000), begin, 120_040);
    let out = munger.begin(&out, &NO_CLOCKS).unwrap();
    assert_eq!(
        (out.sequence, out.timestamp, picture_of(out)),
        (11, 120 * 90_000, 2)
    );
}

proptest! {
    /// Everything arrives at some time, in any order within a bound; pictures are kept or dropped
    /// as a whole. What goes out is a row without a hole, in the order of the publisher.
    #[test]
    fn any_order_of_arrival_gives_a_row_without_holes(
        sizes in prop::collection::vec((1_u64..4, any::<bool>()), 2..20),
        swaps in prop::collection::vec((0_usize..60, 1_usize..8), 0..60),
        first in 0_u16..u16::MAX,
    ) {
        let mut packets = Vec::new();
        let mut sequence = 65_500;
        for (picture, (size, kept)) in sizes.iter().enumerate() {
            for _ in 0..*size {
                sequence += 1;
                packets.push((packet(0, sequence, picture as u32 * 3000, picture as u16), *kept));
            }
        }
        let mut munger = Munger::new(90_000, first, 0);
        let mut out = BTreeMap::new();
        let start = packet(0, 65_500, 0, 0x7fff);
        out.insert(65_500, munger.begin(&start, &NO_CLOCKS).unwrap());
        for (place, far) in swaps {
            if place + far < packets.len() {
                packets.swap(place, place + far);
            }
        }
        for (packet, kept) in &packets {
            let rewritten = if *kept { munger.keep(packet) } else { munger.skip(packet) };
            if let Some(rewritten) = rewritten {
                prop_assert!(rewritten.empty != *kept);
                out.insert(packet.sequence, rewritten);
            } else {
                prop_assert!(!kept, "{} was kept and has no place", packet.sequence);
            }
        }
        let numbers: Vec<u64> = out.values().map(|out| out.sequence).collect();
        let row: Vec<u64> = (u64::from(first)..).take(numbers.len()).collect();
        prop_assert_eq!(numbers, row);
    }
}
