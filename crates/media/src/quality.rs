//! How well a participant is connected, as a score.
//!
//! Never measures. One [`Meter`] per participant, fed every few seconds from reports.

use std::time::{Duration, Instant};

use crate::event::Quality;

/// What was seen of a peer's connection since the last sample.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sample {
    /// Packets that should have come or arrived, both ways, without what was recovered.
    pub packets: u64,
    /// Those of them that were lost.
    pub lost: u64,
    /// The round trip, where known.
    pub round_trip: Option<Duration>,
    /// The largest jitter of its streams.
    pub jitter: Duration,
    /// What came of video, in bit/s.
    pub bitrate: u64,
    /// What should have come for the layers aimed at, in bit/s; 0 when nothing should.
    pub expected_bitrate: u64,
    /// Anything at all was heard of the peer (STUN, RTCP, RTP).
    pub heard: bool,
}

/// One participant's score.
#[derive(Debug, Default)]
pub struct Meter {}

impl Meter {
    /// The next sample; gives the quality and the score, 1 to 5 (0 when lost).
    pub fn sample(&mut self, _now: Instant, _sample: &Sample) -> (Quality, f32) {
        (Quality::Excellent, 5.0)
    }
}
