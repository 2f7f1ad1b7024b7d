//! Centrifugo commands in protobuf: never a panic, always an end, and what is written is read
//! again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::centrifugo::{Command, Encoding};

const ENCODING: Encoding = Encoding::Protobuf;

fn written(frame: &[u8]) -> (Vec<u8>, usize) {
    let mut out = Vec::new();
    let mut count = 0;
    for command in ENCODING.decode::<Command>(frame).map_while(Result::ok) {
        ENCODING.append(&command, &mut out);
        count += 1;
    }
    (out, count)
}

fuzz_target!(|frame: &[u8]| {
    assert!(ENCODING.decode::<Command>(frame).count() <= frame.len() + 1);
    let (once, count) = written(frame);
    if count > 0 {
        assert_eq!(written(&once), (once.clone(), count));
    }
});
