//! A camera: VP8 in up to three encodings of three temporal layers each, as Chromium sends it.

use media::Layers;
use media::payload::{Payload, PictureId, PictureNumbers};

use crate::network::Chance;

/// A packet and the truth about it.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) stream: u8,
    pub(crate) sequence: u64,
    pub(crate) timestamp: u32,
    pub(crate) marker: bool,
    pub(crate) bytes: usize,
    pub(crate) payload: Payload,
    pub(crate) truth: Truth,
}

/// Which picture of which encoding, and what it needs to be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Truth {
    pub(crate) stream: u8,
    pub(crate) picture: u64,
    pub(crate) needs: Option<u64>,
    pub(crate) captured_ms: u64,
}

#[derive(Debug, Clone)]
struct Encoding {
    on: bool,
    sequence: u64,
    timestamp_off: u32,
    picture: u64,
    base: u8,
    key: u8,
    /// Pictures since the keyframe.
    since_key: u64,
    key_wanted: bool,
    base_picture: u64,
    middle_picture: u64,
}

/// The camera.
#[derive(Debug)]
pub(crate) struct Publisher {
    encodings: Vec<Encoding>,
    pub(crate) frames_ms: u64,
    pub(crate) temporal: bool,
    chance: Chance,
}

/// Packets of a picture of each encoding, and how many a keyframe has.
const PACKETS: [u64; 3] = [1, 2, 6];
const KEY_PACKETS: [u64; 3] = [4, 9, 24];

impl Publisher {
    pub(crate) fn new(seed: u64, encodings: u8) -> Self {
        let mut chance = Chance(seed);
        let encodings = (0..encodings)
            .map(|_| Encoding {
                on: true,
                sequence: 65_536 + chance.below(65_536),
                timestamp_off: chance.next() as u32,
                picture: chance.below(32_768),
                base: chance.next() as u8,
                key: chance.next() as u8 & 0x1f,
                since_key: 0,
                key_wanted: true,
                base_picture: 0,
                middle_picture: 0,
            })
            .collect();
        Self {
            encodings,
            frames_ms: 33,
            temporal: true,
            chance,
        }
    }

    pub(crate) fn switch(&mut self, stream: u8, on: bool) {
        let encoding = &mut self.encodings[usize::from(stream)];
        if on && !encoding.on {
            encoding.key_wanted = true;
        }
        encoding.on = on;
    }

    /// A PLI arrived.
    pub(crate) fn keyframe(&mut self, stream: u8) {
        self.encodings[usize::from(stream)].key_wanted = true;
    }

    pub(crate) fn timestamp_of(&self, stream: u8, now_ms: u64) -> u32 {
        ((now_ms * 90) as u32).wrapping_add(self.encodings[usize::from(stream)].timestamp_off)
    }

    /// The packets of one captured picture.
    pub(crate) fn capture(&mut self, now_ms: u64) -> Vec<Sent> {
        let mut sent = Vec::new();
        for stream in 0..self.encodings.len() {
            if self.encodings[stream].on {
                self.encode(stream, now_ms, &mut sent);
            }
        }
        sent
    }

    fn encode(&mut self, stream: usize, now_ms: u64, sent: &mut Vec<Sent>) {
        let temporal = self.temporal;
        let more = self.chance.below(2);
        let encoding = &mut self.encodings[stream];
        encoding.picture += 1;
        let keyframe = std::mem::take(&mut encoding.key_wanted);
        encoding.since_key = if keyframe { 0 } else { encoding.since_key + 1 };
        let place = if temporal { encoding.since_key % 4 } else { 0 };
        let (layer, up, needs) = match place {
            0 => (0, false, (!keyframe).then_some(encoding.base_picture)),
            1 => (2, true, Some(encoding.base_picture)),
            2 => (1, true, Some(encoding.base_picture)),
            _ => (2, false, Some(encoding.middle_picture)),
        };
        match layer {
            0 => {
                encoding.base_picture = encoding.picture;
                encoding.base = encoding.base.wrapping_add(1);
            }
            1 => encoding.middle_picture = encoding.picture,
            _ => {}
        }
        encoding.key = encoding.key.wrapping_add(u8::from(keyframe)) & 0x1f;
        let count = if keyframe {
            KEY_PACKETS[stream]
        } else {
            PACKETS[stream] + more
        };
        let truth = Truth {
            stream: stream as u8,
            picture: encoding.picture,
            needs,
            captured_ms: now_ms,
        };
        for packet in 0..count {
            encoding.sequence += 1;
            let numbers = PictureNumbers {
                picture: Some(PictureId {
                    value: encoding.picture as u16 & 0x7fff,
                    long: true,
                }),
                base: Some(encoding.base),
                key: Some(encoding.key),
            };
            sent.push(Sent {
                stream: stream as u8,
                sequence: encoding.sequence,
                timestamp: ((now_ms * 90) as u32).wrapping_add(encoding.timestamp_off),
                marker: packet + 1 == count,
                bytes: 1000,
                payload: Payload {
                    keyframe: keyframe && packet == 0,
                    starts: packet == 0,
                    ends: packet + 1 == count,
                    layers: Layers {
                        spatial: 0,
                        temporal: layer,
                    },
                    up,
                    fresh: keyframe,
                    numbers: Some(numbers),
                },
                truth,
            });
        }
    }
}

impl Publisher {
    pub(crate) fn encodings(&self) -> u8 {
        self.encodings.len() as u8
    }
}
