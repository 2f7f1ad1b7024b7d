//! Forwards packets made beforehand from one camera to a hundred viewers, through the policy alone:
//! what `cargo xtask instructions` counts the machine instructions of. No encryption and no
//! sockets.
//!
//! A third of the viewers sees each encoding, every second one of them with fewer pictures, and
//! now and then some of them change: as in a call, not as in a straight line.

use std::sync::Arc;
use std::time::{Duration, Instant};

use media::forward::Forwarder;
use media::packet::Packet;
use media::payload;
use media::source::{Shape, Source};
use media::{Codec, Layers};

const VIEWERS: usize = 100;
const PICTURES: u32 = 900;
/// Packets of a picture of each encoding, and how many more a keyframe has.
const PACKETS: [u32; 3] = [1, 2, 6];
const KEYFRAME_TIMES: u32 = 4;
const KEYFRAME_EVERY: u32 = 90;

/// The payload of a VP8 packet (RFC 7741) as Chromium sends it.
fn body(picture: u32, temporal: u8, starts: bool, key: bool) -> Arc<[u8]> {
    let mut body = vec![0_u8; 1100];
    let long = 0x8000 | (picture as u16 & 0x7fff);
    let head = [
        0x80 | u8::from(starts) << 4,
        0xf0,
        (long >> 8) as u8,
        long as u8,
    ];
    body[..4].copy_from_slice(&head);
    body[4] = (picture / 4) as u8;
    body[5] = temporal << 6 | 0x20 | (picture / KEYFRAME_EVERY) as u8 & 0x1f;
    body[6] = u8::from(!key);
    Arc::from(body)
}

fn packets(begin: Instant) -> Vec<Packet> {
    let mut packets = Vec::new();
    let mut sequences = [70_000_u64, 80_000, 90_000];
    for picture in 0..PICTURES {
        let key = picture % KEYFRAME_EVERY == 0;
        let temporal = if key {
            0
        } else {
            [0, 2, 1, 2][picture as usize % 4]
        };
        let arrival = begin + Duration::from_millis(33) * picture;
        for (stream, sequence) in (0_u8..).zip(&mut sequences) {
            let count = PACKETS[usize::from(stream)] * if key { KEYFRAME_TIMES } else { 1 };
            for place in 0..count {
                *sequence += 1;
                let body = body(picture, temporal, place == 0, key);
                let marker = place + 1 == count;
                packets.push(Packet {
                    stream,
                    sequence: *sequence,
                    timestamp: picture * 3000 + u32::from(stream) * 77_777,
                    marker,
                    arrival,
                    payload: payload::Payload::EMPTY,
                    body,
                    frame: None,
                    descriptor: None,
                });
            }
        }
    }
    packets
}

/// Everything that happens for each packet. Kept apart, so that it can be counted alone.
#[inline(never)]
fn forward_everything(
    packets: &mut [Packet],
    source: &mut Source,
    viewers: &mut [Forwarder],
) -> (u64, u64) {
    let (mut sent, mut mixed) = (0, 0);
    for packet in packets {
        let Some(payload) = payload::read(Codec::Vp8, packet.marker, &packet.body) else {
            continue;
        };
        packet.payload = payload;
        if !source.observe(packet) {
            continue;
        }
        for viewer in &mut *viewers {
            if let Some(out) = viewer.forward(source, packet) {
                sent += 1;
                mixed ^= out.sequence ^ u64::from(out.timestamp);
            }
        }
    }
    (sent, mixed)
}

fn main() {
    let mut packets = packets(Instant::now());
    let mut source = Source::new(Shape::Simulcast);
    let mut viewers: Vec<_> = (0..VIEWERS)
        .map(|viewer| Forwarder::new(90_000, viewer as u16, 1))
        .collect();
    let (mut sent, mut mixed) = (0, 0);
    let third = packets.len() / 3;
    for (turn, part) in packets.chunks_mut(third).enumerate() {
        for (place, viewer) in viewers.iter_mut().enumerate() {
            let spatial = ((place + if place % 7 == 0 { turn } else { 0 }) % 3) as u8;
            let temporal = if place % 2 == 0 { 3 } else { 1 };
            viewer.aim(Some(Layers { spatial, temporal }));
        }
        let (more, mix) = forward_everything(part, &mut source, &mut viewers);
        sent += more;
        mixed ^= mix;
    }
    println!("received {} forwarded {sent} check {mixed}", packets.len());
}
