//! The way of a track to one subscriber: choice of layers, then the rewriting of numbers.
//!
//! Never looks at payloads and never sends. `room` asks it for every packet of a subscribed track.
use crate::command::Layers;
use crate::layer::{Shape, Source};
use crate::packet::{Packet, Rewritten};

/// One subscription's way.
#[derive(Debug)]
pub struct Forwarder {}

impl Forwarder {
    /// Nothing is let through before [`Forwarder::aim`]. `clock_hz` is the codec's clock;
    /// `sequence` (below 65 536) and `timestamp` are the first to go out.
    #[must_use]
    pub fn new(_shape: Shape, _clock_hz: u32, _sequence: u16, _timestamp: u32) -> Self {
        Self {}
    }

    /// What the allocator decided: `None` pauses.
    pub fn aim(&mut self, _target: Option<Layers>) {}

    /// What becomes of a packet; `None` drops it and leaves no gap. `source` has observed it.
    pub fn forward(&mut self, _source: &Source, _packet: &Packet) -> Option<Rewritten> {
        None
    }

    /// The encoding that the subscriber waits for a keyframe of. Ask after packets and on a timer.
    #[must_use]
    pub fn waits_for(&self, _source: &Source) -> Option<u8> {
        None
    }

    /// What is being sent, `None` while nothing is.
    #[must_use]
    pub fn current(&self) -> Option<Layers> {
        None
    }

    /// The subscriber lost its picture and asked for a keyframe (PLI, FIR): the encoding to pass
    /// that on to.
    #[must_use]
    pub fn refresh(&self) -> Option<u8> {
        None
    }
}
