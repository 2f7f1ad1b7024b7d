//! What a peer receives: its tracks, its share of bandwidth, how well it is connected.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::allocate::{Allocator, Pause, Want};
use crate::event::{Event, Quality};
use crate::id::TrackId;
use crate::peer::Statistics;
use crate::peers::Peers;
use crate::quality::{Meter, Sample};
use crate::track::Track;

/// How often a connection is judged.
const JUDGED_EVERY: Duration = Duration::from_secs(5);

/// A peer's share of the calls.
#[derive(Debug, Default)]
pub(crate) struct Subscriber {
    /// What it wants.
    pub(crate) tracks: Vec<TrackId>,
    /// What its path carries, in bit/s.
    pub(crate) estimate: Option<u64>,
    allocator: Allocator,
    meter: Meter,
    /// The last counters of each of its streams, and those at the last judgement.
    counters: HashMap<u64, (Statistics, Option<Statistics>)>,
    /// What was probed for last, in bit/s.
    desired: u64,
    judged: Option<Instant>,
    quality: Option<Quality>,
}

impl Subscriber {
    /// Takes counters of one of its streams.
    pub(crate) fn count(&mut self, statistics: Statistics) {
        let entry = self.counters.entry(statistics.stream);
        entry.or_insert((statistics, None)).0 = statistics;
    }

    /// Notes what is wanted; returns whether it is another than before.
    fn is_probing_for(&mut self, desired: u64) -> bool {
        std::mem::replace(&mut self.desired, desired) != desired
    }

    /// Judges the connection when it is time to, and tells what changed.
    pub(crate) fn judge(&mut self, now: Instant, heard: Instant) -> Option<(Quality, f32)> {
        let before = *self.judged.get_or_insert(now);
        if now < before + JUDGED_EVERY {
            return None;
        }
        self.judged = Some(now);
        let mut sample = Sample {
            heard: heard > before,
            ..Sample::default()
        };
        let seconds = (now - before).as_secs().max(1);
        for (latest, last) in self.counters.values_mut() {
            let base = last.replace(*latest).unwrap_or_default();
            let packets = latest.packets.saturating_sub(base.packets);
            sample.packets += packets;
            sample.lost += lost(packets, latest.loss);
            sample.bitrate += latest.bytes.saturating_sub(base.bytes) * 8 / seconds;
            sample.jitter = sample.jitter.max(latest.jitter);
            sample.round_trip = sample.round_trip.max(latest.round_trip);
        }
        let (quality, score) = self.meter.sample(now, &sample);
        (self.quality.replace(quality) != Some(quality)).then_some((quality, score))
    }
}

/// How many of so many packets a fraction is.
fn lost(packets: u64, fraction: f32) -> u64 {
    // Thousandths are finer than what reports carry (RFC 3550, 6.4.1: 256ths).
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a fraction of a thousand fits"
    )]
    let thousandths = (fraction.clamp(0.0, 1.0) * 1000.0) as u64;
    packets * thousandths / 1000
}

/// Shares out the bandwidth of one subscriber among its tracks.
pub(crate) fn allocate(
    now: Instant,
    place: usize,
    peers: &mut Peers,
    tracks: &mut HashMap<TrackId, Track>,
    events: &mut impl Extend<Event>,
) {
    let Some(slot) = peers.get_mut(place) else {
        return;
    };
    let subscriber = &mut slot.subscriber;
    let wants: Vec<Want> = subscriber
        .tracks
        .iter()
        .filter_map(|track| tracks.get(track)?.want(now, place))
        .collect();
    if wants.is_empty() {
        return;
    }
    let allocation = subscriber
        .allocator
        .allocate(now, subscriber.estimate, &wants);
    for share in &allocation.shares {
        let (target, is_paused) = match share.target {
            Ok(layers) => (Some(layers), false),
            Err(Pause::Disabled) => (None, false),
            Err(Pause::Bandwidth) => (None, true),
        };
        let Some(track) = tracks.get_mut(&share.track) else {
            continue;
        };
        if track.aim(place, target, is_paused) {
            events.extend([Event::Paused {
                peer: slot.peer.id,
                track: share.track,
                paused: is_paused,
            }]);
        }
    }
    if slot.subscriber.is_probing_for(allocation.desired) {
        slot.peer.aim(allocation.desired);
    }
}
