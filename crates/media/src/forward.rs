//! The way of a track to one subscriber: the choice of layers, then the rewriting of numbers.
//!
//! Never looks at payloads and never sends. `room` asks it for every packet of a subscribed track,
//! so nothing here allocates unless layers change.

use crate::command::Layers;
use crate::layer::{Kept, Selector, Verdict};
use crate::munge::Munger;
use crate::packet::{Packet, Rewritten};
use crate::source::Source;

/// One subscription's way.
#[derive(Debug)]
pub struct Forwarder {
    selector: Selector,
    munger: Munger,
}

impl Forwarder {
    /// Nothing is let through before [`Forwarder::aim`]. `clock_hz` is the codec's clock;
    /// `sequence` and `timestamp` are the first to go out.
    #[must_use]
    pub fn new(clock_hz: u32, sequence: u16, timestamp: u32) -> Self {
        Self {
            selector: Selector::new(),
            munger: Munger::new(clock_hz, sequence, timestamp),
        }
    }

    /// What the allocator decided: `None` pauses at once.
    pub fn aim(&mut self, target: Option<Layers>) {
        self.selector.aim(target);
    }

    /// What becomes of a packet that `source` has observed; `None` drops it and leaves no gap.
    pub fn forward(&mut self, source: &Source, packet: &Packet) -> Option<Rewritten> {
        match self.selector.choose(source, packet) {
            Verdict::Begin(kept) => {
                let rewritten = self.munger.begin(packet, source.clocks())?;
                Some(with(rewritten, kept))
            }
            Verdict::Keep(kept) => Some(with(self.munger.keep(packet)?, kept)),
            Verdict::Skip => self.munger.skip(packet),
            // Only what came late of the encoding sent before has a place.
            Verdict::Other => self.munger.keep(packet),
            Verdict::Nothing => None,
        }
    }

    /// The encoding that the subscriber waits for a keyframe of. Ask on a timer of 100 ms or so,
    /// and after [`Forwarder::aim`].
    #[must_use]
    pub fn waits_for(&self, source: &Source) -> Option<u8> {
        self.selector.waits_for(source)
    }

    /// The encoding to ask for a keyframe when the subscriber lost its picture (PLI, FIR).
    #[must_use]
    pub fn refresh(&self) -> Option<u8> {
        self.selector.stream()
    }

    /// What is being sent, `None` while nothing is.
    #[must_use]
    pub fn current(&self) -> Option<Layers> {
        self.selector.current()
    }
}

fn with(rewritten: Rewritten, kept: Kept) -> Rewritten {
    let descriptor = rewritten.descriptor.map(|mut descriptor| {
        descriptor.active = kept.active;
        descriptor
    });
    Rewritten {
        marker: kept.marker,
        descriptor,
        ..rewritten
    }
}
