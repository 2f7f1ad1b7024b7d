//! The WebSocket decoder, with packed messages and without: any bytes in any chunks give what they
//! give in one piece, and no message is longer than was agreed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::websocket::{Decoder, Flow, Incoming, Inflater, Terms, Violation};

const MESSAGE_BYTES_MAX: usize = 4 << 10;

/// Everything that comes out, as text, and how it ended.
fn decode<'a>(
    deflate: bool,
    chunks: impl Iterator<Item = &'a [u8]>,
) -> (Vec<String>, Option<Violation>) {
    let mut decoder = Decoder::new(Terms {
        message_bytes_max: MESSAGE_BYTES_MAX,
        deflate,
    });
    let mut inflater = Inflater::default();
    let mut seen = Vec::new();
    for chunk in chunks {
        let outcome = decoder.feed(&mut chunk.to_vec(), &mut inflater, |incoming| {
            if let Incoming::Text(text) = incoming {
                assert!(text.len() <= MESSAGE_BYTES_MAX);
            }
            if let Incoming::Binary(bytes) = incoming {
                assert!(bytes.len() <= MESSAGE_BYTES_MAX);
            }
            seen.push(format!("{incoming:?}"));
            Flow::Continue
        });
        if let Err(violation) = outcome {
            return (seen, Some(violation));
        }
    }
    (seen, None)
}

fuzz_target!(|input: (u8, bool, &[u8])| {
    let (size, deflate, bytes) = input;
    let chunks = bytes.chunks(usize::from(size).max(1));
    assert_eq!(decode(deflate, chunks), decode(deflate, std::iter::once(bytes)));
});
