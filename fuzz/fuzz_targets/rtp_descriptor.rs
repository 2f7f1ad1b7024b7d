//! Dependency descriptors of a stream, one after another: never a panic, what is written anew is
//! read again, and nothing grows.
#![no_main]

use libfuzzer_sys::fuzz_target;
use media::descriptor::{Reader, Rewrite, TARGETS_MAX};

fuzz_target!(|packets: Vec<&[u8]>| {
    let mut reader = Reader::default();
    for bytes in packets {
        // Header extensions carry no more.
        let bytes = &bytes[..bytes.len().min(255)];
        let Ok(frame) = reader.read(bytes) else {
            continue;
        };
        assert!((1..=TARGETS_MAX).contains(&frame.structure.targets.len()));
        assert!(frame.references.distances().iter().all(|distance| *distance > 0));
        for active in [None, Some(1)] {
            let number = frame.number.wrapping_add(9);
            let written = reader.rewrite(bytes, Rewrite { number, active }).expect("was read");
            assert!(written.len() <= bytes.len() + 5);
            let again = reader.read(&written).expect("was written");
            assert_eq!(again.number, number);
            assert_eq!(again.indications, frame.indications);
            assert_eq!(again.references, frame.references);
            assert_eq!(again.layers, frame.layers);
        }
    }
});
