//! Who gets how much of a subscriber's bandwidth.
//!
//! Never measures: estimates and rates come in. One [`Allocator`] per subscriber, asked on a timer
//! (every 100 ms or so) and when subscriptions change.

use std::time::Instant;

use crate::command::{Layers, MediaKind};
use crate::id::TrackId;
use crate::packet::{SPATIAL_MAX, TEMPORAL_MAX};

/// What the layers of a track cost in bit/s, each with all below it that it needs. 0: not there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rates(pub [[u64; TEMPORAL_MAX]; SPATIAL_MAX]);

/// A subscription as the allocator sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Want {
    /// Which track.
    pub track: TrackId,
    /// Sound is never paused.
    pub kind: MediaKind,
    /// Larger comes first: screens 255.
    pub priority: u8,
    /// Whether anybody looks at it, and its publisher sends it.
    pub enabled: bool,
    /// Not more than this.
    pub most: Layers,
    /// What it costs.
    pub rates: Rates,
}

/// Why a track is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pause {
    /// The subscriber does not want it now, or it is muted.
    Disabled,
    /// The publisher sends nothing of it.
    Silent,
    /// There is no bandwidth for its least layer. This alone is told to the subscriber.
    Bandwidth,
}

/// What a track gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Which track.
    pub track: TrackId,
    /// How much, or why nothing. While [`Pause::Silent`], aim at `most` and take what comes.
    pub target: Result<Layers, Pause>,
}

/// What a subscriber gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allocation {
    /// One for each want, in its order.
    pub shares: Vec<Share>,
    /// What that costs, in bit/s.
    pub used: u64,
    /// What everything wanted would cost, with room to grow: what the pacer should probe for.
    pub desired: u64,
}

/// Shares out one subscriber's bandwidth.
#[derive(Debug, Default)]
pub struct Allocator {}

impl Allocator {
    /// Shares out `estimate` bit/s; `None` when there is no estimate yet.
    pub fn allocate(
        &mut self,
        _now: Instant,
        _estimate: Option<u64>,
        wants: &[Want],
    ) -> Allocation {
        let shares = wants.iter().map(|want| Share {
            track: want.track,
            target: Ok(want.most),
        });
        Allocation {
            shares: shares.collect(),
            used: 0,
            desired: 0,
        }
    }
}
