//! What the policy sees of an RTP packet, and what it makes of it for one subscriber.
//!
//! The payload goes by untouched but for the numbers named here. `room` fills a [`Packet`] once
//! when it arrives and shares it between all subscribers.

use std::sync::Arc;
use std::time::Instant;

use crate::descriptor::Frame;
use crate::payload::{Payload, PictureNumbers};

/// Simulcast encodings of one track: `q`, `h`, `f`, from the least to the most.
pub const STREAMS_MAX: usize = 3;
/// Spatial layers that are told apart.
pub const SPATIAL_MAX: usize = 3;
/// Temporal layers that are told apart.
pub const TEMPORAL_MAX: usize = 4;

/// An incoming packet.
#[derive(Debug, Clone, PartialEq)]
pub struct Packet {
    /// Which encoding: 0 to 2 for the rids `q`, `h`, `f`; 0 where there is only one.
    pub stream: u8,
    /// The sequence number of its encoding, extended to 64 bit.
    pub sequence: u64,
    /// The RTP time stamp, in units of the codec's clock.
    pub timestamp: u32,
    /// The RTP marker: the last packet of a picture.
    pub marker: bool,
    /// The RTP payload; empty for padding that only probes bandwidth. Never read here.
    pub body: Arc<[u8]>,
    /// When it came.
    pub arrival: Instant,
    /// What its payload says.
    pub payload: Payload,
    /// What its dependency descriptor says, where it has one.
    pub frame: Option<Frame>,
    /// The dependency descriptor as it came.
    pub descriptor: Option<Arc<[u8]>>,
}

/// What becomes of a packet for one subscriber.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rewritten {
    /// The outgoing sequence number, extended; its low 16 bits go on the wire.
    pub sequence: u64,
    /// The outgoing time stamp.
    pub timestamp: u32,
    /// The outgoing marker.
    pub marker: bool,
    /// Send it with an empty payload: the packet came late and is not wanted any more, but the
    /// subscriber sees a gap in its place.
    pub empty: bool,
    /// The subscriber's encoding begins with this packet. What came too early of it is to be
    /// offered now: [`crate::source::Source::held_after`].
    pub begins: bool,
    /// What to write over the VP8 descriptor's numbers, where the packet has them.
    pub numbers: Option<PictureNumbers>,
    /// What to write over the dependency descriptor, where the packet has one.
    pub descriptor: Option<crate::descriptor::Rewrite>,
}

/// A publisher's two clocks at one moment, from an RTCP sender report (RFC 3550 section 6.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SenderClock {
    /// The publisher's wall clock, in microseconds since any moment it likes.
    pub wall_us: u64,
    /// The RTP time stamp at that moment.
    pub timestamp: u32,
}
