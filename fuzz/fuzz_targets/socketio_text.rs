//! Socket.IO packets as text with attachments: never a panic, and what is written is read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::engineio::{self, payload};
use wire::socketio::{Decoder, Packet, Parser};

fn read(body: &[u8]) -> Option<Packet> {
    let mut decoder = Decoder::new(1 << 20);
    for packet in payload::packets(body).ok()? {
        let read = match packet {
            engineio::Packet::Message(text) => decoder.text(text),
            engineio::Packet::Binary(bytes) => decoder.binary(bytes),
            _ => return None,
        };
        if let Some(packet) = read.ok()? {
            return Some(packet);
        }
    }
    None
}

fuzz_target!(|body: &[u8]| {
    let Some(Packet::Event {
        namespace, event, ..
    }) = read(body)
    else {
        return;
    };
    for parser in [Parser::Json, Parser::Msgpack] {
        let mut again = Vec::new();
        payload::from_frames(&parser.event(&namespace, &event, None), &mut again);
        // A body of a client is bounded in packets; one that the server writes is not.
        if event.arguments.attachments().len() >= 63 {
            continue;
        }
        let Some(Packet::Event { event: read, .. }) = read(&again) else {
            panic!("not read again");
        };
        assert_eq!(read.name, event.name);
        if parser == Parser::Json {
            assert_eq!(read, event);
        }
    }
});
