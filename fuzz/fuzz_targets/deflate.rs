//! Packed messages: offers never panic, what is packed is no longer than it was and comes out the
//! same, and packing twice changes nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::websocket::{
    Decoder, Deflater, Flow, Incoming, Inflater, Opcode, Terms, negotiate, write_frame,
};

/// The same frame as a client writes it, with a mask that changes nothing.
fn masked(frame: &[u8]) -> Vec<u8> {
    let head = match frame[1] {
        126 => 4,
        127 => 10,
        _ => 2,
    };
    let mut out = frame[..head].to_vec();
    out[1] |= 0x80;
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&frame[head..]);
    out
}

fuzz_target!(|input: (&str, &[u8])| {
    let (offer, payload) = input;
    let _ = negotiate([offer]);
    let mut plain = Vec::new();
    write_frame(Opcode::Binary, payload, &mut plain);
    let packed = Deflater::default().pack(&plain);
    assert!(packed.len() <= plain.len());
    assert_eq!(Deflater::default().pack(&packed), packed);
    let terms = Terms {
        message_bytes_max: payload.len().max(1),
        deflate: true,
    };
    let mut seen = None;
    let fed = Decoder::new(terms).feed(
        &mut masked(&packed),
        &mut Inflater::default(),
        |incoming| {
            if let Incoming::Binary(bytes) = incoming {
                seen = Some(bytes.to_vec());
            }
            Flow::Continue
        },
    );
    assert_eq!((fed, seen.as_deref()), (Ok(()), Some(payload)));
});
