//! Which layer a subscriber gets now.
//!
//! [`Source`] watches what a publisher really sends, [`Selector`] chooses from it for one
//! subscriber. Neither looks at payloads nor at the clock.

use std::time::Instant;

use crate::allocate::Rates;
use crate::packet::{Packet, SenderClock};

/// How a track carries its layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Sound.
    Audio,
    /// One encoding or several side by side, each a stream of its own.
    Simulcast,
    /// All spatial layers in one stream: VP9 and AV1.
    Svc,
}

/// What a publisher sends of one track: which layers live, what they cost, their clocks.
#[derive(Debug)]
pub struct Source {}

impl Source {
    /// Nothing seen yet.
    #[must_use]
    pub fn new(_shape: Shape, _clock_hz: u32) -> Self {
        Self {}
    }

    /// Every packet of the track, before it is forwarded; also while muted.
    pub fn observe(&mut self, _packet: &Packet) {}

    /// A sender report came for an encoding.
    pub fn clock(&mut self, _stream: u8, _clock: SenderClock) {}

    /// An encoding started anew under another SSRC.
    pub fn restart(&mut self, _stream: u8) {}

    /// Silenced or not: silence then means nothing.
    pub fn mute(&mut self, _now: Instant, _muted: bool) {}

    /// What each living layer costs, for the allocator.
    #[must_use]
    pub fn rates(&self, _now: Instant) -> Rates {
        Rates::default()
    }
}
