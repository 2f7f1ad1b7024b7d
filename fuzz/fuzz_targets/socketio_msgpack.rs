//! Socket.IO packets in MessagePack: never a panic, and what is written is read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::engineio::{self, payload};
use wire::socketio::{Decoder, Packet, Parser};

fuzz_target!(|bytes: &[u8]| {
    let Ok(Some(Packet::Event {
        namespace, event, ..
    })) = Decoder::new(1 << 20).binary(bytes.to_vec())
    else {
        return;
    };
    let mut body = Vec::new();
    payload::from_frames(&Parser::Msgpack.event(&namespace, &event, None), &mut body);
    let packets = payload::packets(&body).expect("what was written");
    let [engineio::Packet::Binary(bytes)] = packets.as_slice() else {
        panic!("{packets:?}");
    };
    let again = Decoder::new(1 << 20).binary(bytes.clone());
    let Ok(Some(Packet::Event { event: again, .. })) = again else {
        panic!("{again:?}");
    };
    assert_eq!(again.name, event.name);
    assert_eq!(again.arguments.values(), event.arguments.values());
});
