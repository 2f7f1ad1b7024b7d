//! Redundant audio (RFC 2198) unpacked for subscribers that did not agree to it.
//!
//! Every packet carries the ones before it once more; what was lost is taken from there, so these
//! subscribers profit too. Never decodes sound. One [`Unpacker`] per published RED track.

use std::ops::Range;

use crate::window::Window;

/// Redundant blocks read from one packet at most: libwebrtc sends one or two.
pub const BLOCKS_MAX: usize = 9;

/// A plain packet that was inside, or could be recovered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plain {
    /// Its sequence number: smaller than the packet's for a recovered one.
    pub sequence: u64,
    /// Its time stamp.
    pub timestamp: u32,
    /// The payload type it has in the publisher's session.
    pub payload_type: u8,
    /// Where its payload lies in the packet's payload.
    pub range: Range<usize>,
    /// It fills a gap.
    pub recovered: bool,
}

struct Block {
    payload_type: u8,
    /// How far its time stamp lies back, 14 bits.
    back: u32,
    length: Option<usize>,
}

/// Unpacks the packets of one track.
#[derive(Debug, Default)]
pub struct Unpacker {
    first: Option<u64>,
    given: Window,
}

impl Unpacker {
    /// A packet of the same stream came plain: it is not to be recovered from a later one. False
    /// when it was recovered before.
    pub fn pass(&mut self, sequence: u64) -> bool {
        self.first.get_or_insert(sequence);
        self.given.accept(sequence)
    }

    /// The plain packets of a RED packet in order, recovered ones first, nothing twice. Empty when
    /// it is malformed.
    pub fn unpack(&mut self, sequence: u64, timestamp: u32, payload: &[u8]) -> Vec<Plain> {
        let Some((blocks, mut at)) = headers(payload) else {
            return Vec::new();
        };
        let first = *self.first.get_or_insert(sequence);
        let count = blocks.len() as u64;
        let mut plain = Vec::with_capacity(1);
        for (place, block) in (1..).zip(&blocks) {
            let end = block.length.map_or(payload.len(), |length| at + length);
            let range = at..end;
            if end > payload.len() {
                return Vec::new();
            }
            at = end;
            let Some(number) = (sequence + place).checked_sub(count) else {
                continue;
            };
            // What lies before the first packet was nobody's loss.
            if range.is_empty() || number < first || !self.given.accept(number) {
                continue;
            }
            plain.push(Plain {
                sequence: number,
                timestamp: timestamp.wrapping_sub(block.back),
                payload_type: block.payload_type,
                range,
                recovered: place < count,
            });
        }
        plain
    }
}

/// The headers of all blocks, the primary last, and where the first block's bytes are.
fn headers(payload: &[u8]) -> Option<(Vec<Block>, usize)> {
    let mut blocks = Vec::with_capacity(3);
    let mut rest = payload;
    loop {
        if let Some([a, b, c, d]) = rest
            .first_chunk::<4>()
            .filter(|header| header[0] & 0x80 != 0)
        {
            let packed = u32::from_be_bytes([0, *b, *c, *d]);
            let length = (packed & 0x3ff) as usize;
            let (payload_type, back) = (a & 0x7f, packed >> 10);
            blocks.push(Block {
                payload_type,
                back,
                length: Some(length),
            });
            rest = rest.get(4..)?;
        } else {
            let (header, after) = rest
                .split_first()
                .filter(|(header, _)| **header & 0x80 == 0)?;
            blocks.push(Block {
                payload_type: *header,
                back: 0,
                length: None,
            });
            return Some((blocks, payload.len() - after.len()));
        }
        if blocks.len() >= BLOCKS_MAX {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A RED packet of Opus (payload type 111): each earlier one with how far it lies back.
    fn packet(earlier: &[(u32, &[u8])], primary: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (back, block) in earlier {
            bytes.push(0x80 | 111);
            let packed = back << 10 | block.len() as u32;
            bytes.extend_from_slice(&packed.to_be_bytes()[1..]);
        }
        bytes.push(111);
        earlier
            .iter()
            .for_each(|(_, block)| bytes.extend_from_slice(block));
        bytes.extend_from_slice(primary);
        bytes
    }

    fn told(unpacker: &mut Unpacker, sequence: u64, bytes: &[u8]) -> Vec<(u64, u32, Vec<u8>)> {
        let plain = unpacker.unpack(sequence, 960 * sequence as u32, bytes);
        plain
            .into_iter()
            .map(|p| (p.sequence, p.timestamp, bytes[p.range].to_vec()))
            .collect()
    }

    #[test]
    fn the_primary_comes_out_alone_when_nothing_was_lost() {
        let mut unpacker = Unpacker::default();
        assert_eq!(
            told(&mut unpacker, 7, &packet(&[], b"seven")),
            [(7, 6720, b"seven".to_vec())]
        );
        let next = packet(&[(960, b"seven")], b"eight");
        assert_eq!(
            told(&mut unpacker, 8, &next),
            [(8, 7680, b"eight".to_vec())]
        );
    }

    #[test]
    fn what_was_lost_comes_out_of_the_next_packet() {
        let mut unpacker = Unpacker::default();
        told(&mut unpacker, 7, &packet(&[], b"seven"));
        let next = packet(&[(1920, b"eight"), (960, b"nine")], b"ten");
        assert_eq!(
            told(&mut unpacker, 10, &next),
            [
                (8, 7680, b"eight".to_vec()),
                (9, 8640, b"nine".to_vec()),
                (10, 9600, b"ten".to_vec())
            ]
        );
        assert_eq!(told(&mut unpacker, 9, &packet(&[], b"nine")), []);
    }

    #[test]
    fn nothing_before_the_first_packet_is_recovered() {
        let mut unpacker = Unpacker::default();
        let first = packet(&[(960, b"old")], b"new");
        assert_eq!(told(&mut unpacker, 3, &first), [(3, 2880, b"new".to_vec())]);
    }

    #[test]
    fn what_came_plain_is_not_recovered() {
        let mut unpacker = Unpacker::default();
        assert!(unpacker.pass(7));
        let next = packet(&[(960, b"seven")], b"eight");
        assert_eq!(
            told(&mut unpacker, 8, &next),
            [(8, 7680, b"eight".to_vec())]
        );
        told(&mut unpacker, 10, &packet(&[(960, b"nine")], b"ten"));
        assert!(!unpacker.pass(9));
    }

    #[test]
    fn blocks_that_lead_out_of_the_packet_are_refused() {
        let mut unpacker = Unpacker::default();
        let mut bytes = packet(&[(960, b"seven")], b"");
        bytes.truncate(7);
        assert_eq!(told(&mut unpacker, 8, &bytes), []);
        assert_eq!(told(&mut unpacker, 8, &[0xef, 0, 0]), []);
        assert_eq!(told(&mut unpacker, 8, &[0xef; 200]), []);
        assert_eq!(told(&mut unpacker, 8, &[]), []);
    }

    proptest! {
        #[test]
        fn any_bytes_give_ranges_inside(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let mut unpacker = Unpacker::default();
            for plain in unpacker.unpack(5, 0, &bytes) {
                prop_assert!(bytes.get(plain.range).is_some_and(|block| !block.is_empty()));
            }
        }
    }
}
