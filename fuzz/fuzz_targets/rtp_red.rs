//! Redundant audio, packet after packet: never a panic, nothing outside of the packet, no number
//! twice.
#![no_main]

use std::collections::HashSet;

use libfuzzer_sys::fuzz_target;
use media::red::{BLOCKS_MAX, Unpacker};

fuzz_target!(|packets: Vec<(u16, &[u8])>| {
    let mut unpacker = Unpacker::default();
    let mut given = HashSet::new();
    for (number, payload) in packets {
        let sequence = 65_536 + u64::from(number);
        let inside = unpacker.unpack(sequence, 960 * u32::from(number), payload);
        assert!(inside.len() <= BLOCKS_MAX);
        for plain in inside {
            assert!(!payload[plain.range.clone()].is_empty());
            assert_eq!(plain.recovered, plain.sequence != sequence);
            assert!(given.insert(plain.sequence));
        }
    }
});
