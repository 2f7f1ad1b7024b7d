//! Payloads of every codec: never a panic, and a keyframe always begins a frame.
#![no_main]

use libfuzzer_sys::fuzz_target;
use media::Codec;
use media::payload::read;

const CODECS: [Codec; 7] = [
    Codec::Opus,
    Codec::Pcmu,
    Codec::Pcma,
    Codec::Vp8,
    Codec::Vp9,
    Codec::H264,
    Codec::Av1,
];

fuzz_target!(|input: (bool, &[u8])| {
    let (marker, payload) = input;
    for codec in CODECS {
        let Some(said) = read(codec, marker, payload) else {
            assert!(!payload.is_empty());
            continue;
        };
        assert!(said.starts || !said.keyframe);
        assert!(said.layers.spatial < 8 && said.layers.temporal < 8);
        if let Some(picture) = said.numbers.and_then(|numbers| numbers.picture) {
            assert!(picture.value <= if picture.long { 0x7fff } else { 0x7f });
        }
    }
});
