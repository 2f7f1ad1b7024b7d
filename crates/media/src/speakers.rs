//! Who speaks, from the audio levels of RFC 6464.
//!
//! Never hears anything. One [`Speakers`] per room; told every packet's level, asked every 100 ms.

use std::time::Instant;

use crate::event::Loudness;
use crate::id::TrackId;

/// What changed among the speakers.
#[derive(Debug, Clone, PartialEq)]
pub struct Spoken {
    /// Who speaks now, loudest first.
    pub speakers: Vec<Loudness>,
    /// Whose level is another than told before; 0 for who stopped.
    pub changed: Vec<Loudness>,
}

/// The levels of a room.
#[derive(Debug, Default)]
pub struct Speakers {}

impl Speakers {
    /// A packet of a microphone: its level as of RFC 6464, 0 (loudest) to 127 (silence) -dBov.
    pub fn observe(&mut self, _now: Instant, _track: TrackId, _level: u8) {}

    /// A microphone has gone or is muted.
    pub fn remove(&mut self, _track: TrackId) {}

    /// What changed, at most twice a second.
    pub fn tick(&mut self, _now: Instant) -> Option<Spoken> {
        None
    }
}
