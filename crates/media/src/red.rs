//! Redundant audio (RFC 2198) unpacked for subscribers that did not agree to it.
//!
//! Never decodes sound. One [`Unpacker`] per published RED track.

use std::ops::Range;

/// A plain packet that was inside, or could be recovered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plain {
    /// Its sequence number: smaller than the packet's for a recovered one.
    pub sequence: u64,
    /// Its time stamp.
    pub timestamp: u32,
    /// The payload type it should have.
    pub payload_type: u8,
    /// Where its payload lies in the packet's payload.
    pub range: Range<usize>,
    /// It fills a gap.
    pub recovered: bool,
}

/// Unpacks the packets of one track.
#[derive(Debug, Default)]
pub struct Unpacker {}

impl Unpacker {
    /// The plain packets of a RED packet in order, recovered ones first, nothing twice. Empty when
    /// it is malformed.
    pub fn unpack(&mut self, _sequence: u64, _timestamp: u32, _payload: &[u8]) -> Vec<Plain> {
        Vec::new()
    }
}
