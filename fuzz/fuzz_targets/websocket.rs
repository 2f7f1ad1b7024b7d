//! The WebSocket decoder: any bytes in any chunks give what they give in one piece.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::websocket::{Decoder, Flow, Violation};

/// Everything that comes out, as text, and how it ended.
fn decode<'a>(chunks: impl Iterator<Item = &'a [u8]>) -> (Vec<String>, Option<Violation>) {
    let mut decoder = Decoder::default();
    let mut seen = Vec::new();
    for chunk in chunks {
        let outcome = decoder.feed(&mut chunk.to_vec(), |incoming| {
            seen.push(format!("{incoming:?}"));
            Flow::Continue
        });
        if let Err(violation) = outcome {
            return (seen, Some(violation));
        }
    }
    (seen, None)
}

fuzz_target!(|input: (u8, &[u8])| {
    let (size, bytes) = input;
    let chunks = bytes.chunks(usize::from(size).max(1));
    assert_eq!(decode(chunks), decode(std::iter::once(bytes)));
});
