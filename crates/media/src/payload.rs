//! What the first bytes of a payload say: does a picture begin, is it a keyframe, which layer.
//!
//! VP8 (RFC 7741), VP9 (RFC 9628), H.264 (RFC 6184), AV1 (its RTP payload format by AOMedia). Never
//! decodes, and reads only what end-to-end encryption leaves open. The input comes from peers: all
//! reading is bounded by its length. `room` calls it once for each incoming packet.

use crate::command::{Codec, Layers};

/// What a payload says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payload {
    /// A decoder can begin with this packet: it holds the beginning of a keyframe.
    pub keyframe: bool,
    /// It begins a frame (of its spatial layer).
    pub starts: bool,
    /// It ends a frame (of its spatial layer).
    pub ends: bool,
    /// Its layers. The spatial one is that inside the stream (SVC), not the simulcast encoding.
    pub layers: Layers,
    /// A subscriber of fewer temporal layers may go up to this one's here (VP8 Y, VP9 U).
    pub up: bool,
    /// The frame needs no earlier picture of its own spatial layer (VP9, not P).
    pub fresh: bool,
    /// The numbers of a VP8 descriptor.
    pub numbers: Option<PictureNumbers>,
}

/// The running numbers of a VP8 payload descriptor, those that it has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PictureNumbers {
    /// PictureID.
    pub picture: Option<PictureId>,
    /// TL0PICIDX.
    pub base: Option<u8>,
    /// KEYIDX, 5 bits.
    pub key: Option<u8>,
}

/// A PictureID and how it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureId {
    /// The number.
    pub value: u16,
    /// Written in 15 bits instead of 7.
    pub long: bool,
}

impl Payload {
    /// A packet that carries nothing, and begins and ends nothing: padding to probe bandwidth.
    pub const EMPTY: Self = Self {
        keyframe: false,
        starts: false,
        ends: false,
        layers: Layers {
            spatial: 0,
            temporal: 0,
        },
        up: false,
        fresh: false,
        numbers: None,
    };

    /// A packet that stands for itself: sound.
    pub const WHOLE: Self = Self {
        keyframe: true,
        starts: true,
        ends: true,
        fresh: true,
        ..Self::EMPTY
    };
}

/// Reads a payload; `None` when it is malformed. Sound is always a frame of its own. A dependency
/// descriptor, where there is one, knows better: [`crate::descriptor::Frame::describe`].
#[must_use]
pub fn read(codec: Codec, marker: bool, payload: &[u8]) -> Option<Payload> {
    if payload.is_empty() {
        return Some(Payload::EMPTY);
    }
    let mut bytes = Bytes { rest: payload };
    match codec {
        Codec::Opus | Codec::Pcmu | Codec::Pcma => Some(Payload::WHOLE),
        Codec::Vp8 => vp8(&mut bytes, marker),
        Codec::Vp9 => vp9(&mut bytes),
        Codec::H264 => h264(payload, marker),
        Codec::Av1 => av1(payload, marker),
    }
}

struct Bytes<'a> {
    rest: &'a [u8],
}

impl Bytes<'_> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    /// A PictureID: the first bit says whether 15 bits follow or 7.
    fn picture(&mut self) -> Option<PictureId> {
        let first = self.next()?;
        let high = u16::from(first & 0x7f);
        if first & 0x80 == 0 {
            return Some(PictureId {
                value: high,
                long: false,
            });
        }
        Some(PictureId {
            value: high << 8 | u16::from(self.next()?),
            long: true,
        })
    }
}

/// RFC 7741 section 4.2 and 4.3.
fn vp8(bytes: &mut Bytes<'_>, marker: bool) -> Option<Payload> {
    let required = bytes.next()?;
    let (mut numbers, mut temporal, mut up) = (PictureNumbers::default(), 0, false);
    if required & 0x80 != 0 {
        let present = bytes.next()?;
        let has = |bit: u8| present & bit != 0;
        if has(0x80) {
            numbers.picture = Some(bytes.picture()?);
        }
        if has(0x40) {
            numbers.base = Some(bytes.next()?);
        }
        if has(0x20) || has(0x10) {
            let octet = bytes.next()?;
            if has(0x20) {
                (temporal, up) = (octet >> 6, octet & 0x20 != 0);
            }
            numbers.key = has(0x10).then_some(octet & 0x1f);
        }
    }
    let first = *bytes.rest.first()?;
    let starts = required & 0x10 != 0 && required & 0x07 == 0;
    let keyframe = starts && first & 0x01 == 0;
    Some(Payload {
        keyframe,
        starts,
        ends: marker,
        layers: Layers {
            spatial: 0,
            temporal,
        },
        up,
        fresh: keyframe,
        numbers: Some(numbers),
    })
}

/// RFC 9628 section 4.2.
fn vp9(bytes: &mut Bytes<'_>) -> Option<Payload> {
    let flags = bytes.next()?;
    let has = |bit: u8| flags & bit != 0;
    let (predicted, flexible) = (has(0x40), has(0x10));
    if has(0x80) {
        bytes.picture()?;
    }
    let (mut layers, mut up) = (
        Layers {
            spatial: 0,
            temporal: 0,
        },
        false,
    );
    if has(0x20) {
        let octet = bytes.next()?;
        layers = Layers {
            spatial: octet >> 1 & 0x07,
            temporal: octet >> 5,
        };
        up = octet & 0x10 != 0;
        if !flexible {
            bytes.next()?;
        }
    }
    if flexible && predicted {
        // Up to three references, each says whether another follows.
        let mut references = 1;
        while bytes.next()? & 0x01 != 0 {
            references += 1;
            if references > 3 {
                return None;
            }
        }
    }
    let starts = has(0x08);
    Some(Payload {
        keyframe: starts && !predicted && layers.spatial == 0,
        starts,
        ends: has(0x04),
        layers,
        up,
        fresh: !predicted,
        numbers: None,
    })
}

/// The types of NAL units that matter here (RFC 6184 section 5.2, H.264 table 7-1).
const NAL_SPS: u8 = 7;
const NAL_STAP_A: u8 = 24;
const NAL_FU_A: u8 = 28;

/// RFC 6184. A keyframe begins with its sequence parameter set: a decoder that came from another
/// encoding can not use a picture without.
fn h264(payload: &[u8], marker: bool) -> Option<Payload> {
    let (first, rest) = payload.split_first()?;
    let kind = first & 0x1f;
    let (keyframe, starts) = match kind {
        NAL_STAP_A => (aggregated(rest).any(|kind| kind == NAL_SPS), true),
        NAL_FU_A => {
            let header = *rest.first()?;
            let starts = header & 0x80 != 0;
            (starts && header & 0x1f == NAL_SPS, starts)
        }
        _ => (kind == NAL_SPS, true),
    };
    Some(Payload {
        keyframe,
        starts,
        ends: marker,
        fresh: keyframe,
        ..Payload::EMPTY
    })
}

/// The types of the units of a STAP-A packet; ends where a length leads out of it.
fn aggregated(mut rest: &[u8]) -> impl Iterator<Item = u8> {
    std::iter::from_fn(move || {
        let (length, units) = rest.split_first_chunk::<2>()?;
        let (unit, after) = units.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        rest = after;
        unit.first().map(|first| first & 0x1f)
    })
}

/// The aggregation header of AV1: Z (continues), Y, W, N (a coded video sequence begins).
fn av1(payload: &[u8], marker: bool) -> Option<Payload> {
    let (header, _) = payload.split_first().filter(|(_, rest)| !rest.is_empty())?;
    let starts = header & 0x80 == 0;
    let keyframe = starts && header & 0x08 != 0;
    Some(Payload {
        keyframe,
        starts,
        ends: marker,
        fresh: keyframe,
        ..Payload::EMPTY
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn payload(codec: Codec, bytes: &[u8]) -> Payload {
        read(codec, false, bytes).unwrap()
    }

    #[test]
    fn a_vp8_keyframe_tells_its_numbers_and_layer() {
        let bytes = [0x90, 0xf0, 0x81, 0x02, 7, 0x80 | 0x20 | 5, 0x10, 0, 0];
        assert_eq!(
            payload(Codec::Vp8, &bytes),
            Payload {
                keyframe: true,
                starts: true,
                ends: false,
                layers: Layers {
                    spatial: 0,
                    temporal: 2
                },
                up: true,
                fresh: true,
                numbers: Some(PictureNumbers {
                    picture: Some(PictureId {
                        value: 0x102,
                        long: true
                    }),
                    base: Some(7),
                    key: Some(5),
                }),
            }
        );
    }

    #[test]
    fn a_vp8_picture_id_may_be_short_and_all_else_absent() {
        let read = payload(Codec::Vp8, &[0x90, 0x80, 0x12, 0x11]);
        let numbers = read.numbers.unwrap();
        assert_eq!(
            numbers.picture,
            Some(PictureId {
                value: 0x12,
                long: false
            })
        );
        assert!(!read.keyframe && numbers.base.is_none() && numbers.key.is_none());
    }

    #[test]
    fn only_the_first_packet_of_a_vp8_keyframe_begins_it() {
        assert!(payload(Codec::Vp8, &[0x10, 0x10]).keyframe);
        assert!(!payload(Codec::Vp8, &[0x00, 0x10]).keyframe);
        assert!(!payload(Codec::Vp8, &[0x11, 0x10]).starts);
    }

    #[test]
    fn a_vp8_descriptor_without_a_payload_is_malformed() {
        for bytes in [
            &[0x90][..],
            &[0x90, 0xf0],
            &[0x90, 0xf0, 0x81, 0x02, 7],
            &[0x10],
        ] {
            assert_eq!(read(Codec::Vp8, true, bytes), None);
        }
    }

    #[test]
    fn vp9_layers_and_references_are_read() {
        let read = payload(Codec::Vp9, &[0xac, 0x80, 1, 0b0101_0100, 9, 0]);
        assert_eq!(
            read.layers,
            Layers {
                spatial: 2,
                temporal: 2
            }
        );
        assert!(read.starts && read.ends && read.up && read.fresh && !read.keyframe);
        let key = payload(Codec::Vp9, &[0xa8, 0x01, 0, 9, 0]);
        assert!(key.keyframe);
        let flexible = [0xf8, 0x01, 0, 0x03, 0x02, 0];
        assert!(!payload(Codec::Vp9, &flexible).fresh);
        assert_eq!(read_vp9(&[0xf8, 0x01, 0, 0x03, 0x03, 0x03, 0x02]), None);
    }

    fn read_vp9(bytes: &[u8]) -> Option<Payload> {
        read(Codec::Vp9, false, bytes)
    }

    #[test]
    fn an_h264_keyframe_begins_with_its_parameters() {
        assert!(payload(Codec::H264, &[0x67, 1, 2]).keyframe);
        assert!(payload(Codec::H264, &[0x78, 0, 2, 0x67, 1, 0, 1, 0x68]).keyframe);
        assert!(payload(Codec::H264, &[0x78, 0, 1, 0x68, 0, 1, 0x67]).keyframe);
        assert!(!payload(Codec::H264, &[0x78, 0, 9, 0x67, 1]).keyframe);
        assert!(!payload(Codec::H264, &[0x65, 1]).keyframe);
        assert!(!payload(Codec::H264, &[0x7c, 0x05]).starts);
        assert!(payload(Codec::H264, &[0x7c, 0x87]).keyframe);
        assert_eq!(read(Codec::H264, false, &[0x7c]), None);
    }

    #[test]
    fn an_av1_sequence_begins_where_its_header_says_so() {
        assert!(payload(Codec::Av1, &[0x18, 0x0a]).keyframe);
        assert!(!payload(Codec::Av1, &[0x98, 0x0a]).starts);
        assert!(!payload(Codec::Av1, &[0x10, 0x0a]).keyframe);
        assert_eq!(read(Codec::Av1, false, &[0x18]), None);
    }

    #[test]
    fn padding_begins_and_ends_nothing() {
        assert_eq!(payload(Codec::Vp8, &[]), Payload::EMPTY);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            for codec in [Codec::Opus, Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1] {
                if let Some(read) = read(codec, true, &bytes) {
                    prop_assert!(!read.keyframe || read.starts);
                    prop_assert!(read.layers.spatial < 8 && read.layers.temporal < 8);
                }
            }
        }
    }
}
