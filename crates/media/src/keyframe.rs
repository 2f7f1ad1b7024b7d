//! When to ask a publisher for a keyframe: requests of many subscribers become few.
//!
//! Never sends. One [`Requests`] per track; `room` asks it after every change and on its timer.

use std::time::Instant;

/// The open requests of one track.
#[derive(Debug, Default)]
pub struct Requests {}

impl Requests {
    /// A subscriber needs a keyframe of an encoding. Cheap to repeat.
    pub fn ask(&mut self, _stream: u8) {}

    /// A keyframe of an encoding began to arrive: whoever asked is served.
    pub fn came(&mut self, _stream: u8) {}

    /// Nobody needs it any more (the encoding died, everybody left).
    pub fn forget(&mut self, _stream: u8) {}

    /// An encoding to send a PLI for now; ask until `None`. Repeats itself until the keyframe comes.
    pub fn due(&mut self, _now: Instant) -> Option<u8> {
        None
    }

    /// When [`Requests::due`] may have something, `None` when nothing is open.
    #[must_use]
    pub fn next(&self) -> Option<Instant> {
        None
    }
}
