//! What a publisher really sends of a track: which layers live, what they cost, how their clocks
//! relate.
//!
//! What a publisher announced does not count here, only packets do: it may stop an encoding for
//! want of bandwidth, of processor or of viewers, at any moment and without a word. One [`Source`]
//! per track, owned by `room`; it never looks at payloads or at the clock.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::allocate::Rates;
use crate::descriptor::Frame;
use crate::packet::{Packet, SPATIAL_MAX, STREAMS_MAX, SenderClock, TEMPORAL_MAX};
use crate::window::Window;

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

/// A layer is silent when nothing came of it for so long, while others sent as many frames as
/// [`BEHIND_FRAMES_MAX`]: a still screen makes all layers slow, and none of them silent.
const SILENT: Duration = Duration::from_millis(500);
const BEHIND_FRAMES_MAX: u32 = 8;
/// Rates are counted over the running bucket and the one before it.
const BUCKET: Duration = Duration::from_secs(1);
/// A rate is not told from less than this.
const BUCKET_MIN: Duration = Duration::from_millis(100);

/// While a keyframe is waited for, so many packets of its encoding are held at most, and so long
/// after the last one who waited.
const HELD_PACKETS_MAX: usize = 96;
const HOLD: Duration = Duration::from_millis(500);

/// The latest packets of one encoding, while somebody waits for its keyframe: those of the keyframe
/// may come before its beginning.
#[derive(Debug, Default)]
struct Held {
    until: Option<Instant>,
    packets: VecDeque<Packet>,
    /// Everything that came and is higher than this is held.
    complete_after: u64,
}

impl Held {
    fn push(&mut self, packet: &Packet) {
        if self.until.is_none_or(|until| packet.arrival >= until) {
            self.until = None;
            self.packets.clear();
            return;
        }
        if self.packets.len() == HELD_PACKETS_MAX {
            let oldest = self.packets.pop_front().map_or(0, |packet| packet.sequence);
            self.complete_after = self.complete_after.max(oldest);
        }
        self.packets.push_back(packet.clone());
    }
}

/// What came of one spatial layer.
#[derive(Debug, Clone, Default)]
struct Flow {
    latest: Option<Instant>,
    /// Frames of other layers since.
    behind: u32,
    begun: Option<Instant>,
    bytes: [u64; TEMPORAL_MAX],
    bytes_before: Option<[u64; TEMPORAL_MAX]>,
}

impl Flow {
    fn count(&mut self, packet: &Packet) {
        self.latest = Some(packet.arrival);
        self.behind = 0;
        let begun = *self.begun.get_or_insert(packet.arrival);
        let age = packet.arrival.saturating_duration_since(begun);
        if age >= BUCKET {
            let before = std::mem::take(&mut self.bytes);
            self.bytes_before = (age < 2 * BUCKET).then_some(before);
            self.begun = Some(packet.arrival);
        }
        let temporal = usize::from(packet.payload.layers.temporal).min(TEMPORAL_MAX - 1);
        if let Some(bytes) = self.bytes.get_mut(temporal) {
            *bytes += packet.body.len() as u64;
        }
    }

    /// Bit/s of each temporal layer alone.
    fn rates(&self, now: Instant) -> [u64; TEMPORAL_MAX] {
        let age = self
            .begun
            .map_or(BUCKET, |begun| now.saturating_duration_since(begun));
        let before = self.bytes_before.unwrap_or_default();
        let span = age.max(BUCKET_MIN) + self.bytes_before.map_or(Duration::ZERO, |_| BUCKET);
        let span_us = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
        let mut rates = [0; TEMPORAL_MAX];
        for (rate, (now, before)) in rates.iter_mut().zip(self.bytes.iter().zip(before)) {
            *rate = (now + before).saturating_mul(8_000_000) / span_us;
        }
        rates
    }
}

/// What a publisher sends of one track.
#[derive(Debug)]
pub struct Source {
    shape: Shape,
    muted: bool,
    flows: [Flow; SPATIAL_MAX],
    windows: [Window; STREAMS_MAX],
    held: [Held; STREAMS_MAX],
    clocks: [Option<SenderClock>; STREAMS_MAX],
    generations: [u32; STREAMS_MAX],
    /// One bit for each spatial layer that lives.
    living: u8,
}

impl Source {
    /// Nothing seen yet.
    #[must_use]
    pub fn new(shape: Shape) -> Self {
        Self {
            shape,
            muted: false,
            flows: Default::default(),
            windows: Default::default(),
            held: Default::default(),
            clocks: [None; STREAMS_MAX],
            generations: [0; STREAMS_MAX],
            living: 0,
        }
    }

    /// Every packet of the track, before it is forwarded, also while muted. False when it came
    /// before (or so late that nobody can tell) and is to be dropped.
    #[must_use]
    pub fn observe(&mut self, packet: &Packet) -> bool {
        let window = self.windows.get_mut(usize::from(packet.stream));
        if !window.is_some_and(|window| window.accept(packet.sequence)) {
            return false;
        }
        if let Some(held) = self.held.get_mut(usize::from(packet.stream)) {
            held.push(packet);
        }
        if packet.body.is_empty() {
            return true;
        }
        if let Some(frame) = packet.frame.as_ref().filter(|frame| frame.attached) {
            self.expect(packet.arrival, frame);
        }
        let layer = self.layer(packet);
        for (other, flow) in self.flows.iter_mut().enumerate() {
            if other == layer {
                flow.count(packet);
                self.living |= 1 << layer;
            } else if packet.payload.starts {
                flow.behind = flow.behind.saturating_add(1);
                let silent = flow.behind >= BEHIND_FRAMES_MAX
                    && flow.latest.is_none_or(|latest| {
                        packet.arrival.saturating_duration_since(latest) >= SILENT
                    });
                if silent {
                    self.living &= !(1 << other);
                }
            }
        }
        true
    }

    /// The layers that a keyframe announces count as living until they turn out to be silent: its
    /// first frame is of the least, and nobody should begin with that alone.
    fn expect(&mut self, now: Instant, frame: &Frame) {
        if self.shape != Shape::Svc {
            return;
        }
        for (target, layers) in frame.structure.targets.iter().enumerate() {
            let flow = self.flows.get_mut(usize::from(layers.spatial));
            if let (Some(flow), true) = (flow, frame.active >> target & 1 == 1) {
                flow.latest = Some(now);
                flow.behind = 0;
                self.living |= 1 << layers.spatial;
            }
        }
    }

    /// A sender report came for an encoding.
    pub fn clock(&mut self, stream: u8, clock: SenderClock) {
        if let Some(place) = self.clocks.get_mut(usize::from(stream)) {
            *place = Some(clock);
        }
    }

    /// An encoding started anew, under another SSRC: what is known of it is about the old one.
    pub fn restart(&mut self, stream: u8) {
        let index = usize::from(stream);
        if let (Some(generation), Some(window), Some(clock), Some(held)) = (
            self.generations.get_mut(index),
            self.windows.get_mut(index),
            self.clocks.get_mut(index),
            self.held.get_mut(index),
        ) {
            *generation += 1;
            *window = Window::default();
            *clock = None;
            *held = Held::default();
        }
    }

    /// Silenced or not. Nothing is forwarded while it is, so that everybody begins at a keyframe
    /// afterwards, with whatever lives then.
    pub fn mute(&mut self, muted: bool) {
        self.muted = muted;
        self.living = 0;
        self.flows = Default::default();
        for generation in &mut self.generations {
            *generation += 1;
        }
    }

    /// What each living layer costs, for the allocator.
    #[must_use]
    pub fn rates(&self, now: Instant) -> Rates {
        let mut rates = Rates::default();
        let mut below = [0; TEMPORAL_MAX];
        for (layer, (flow, place)) in self.flows.iter().zip(&mut rates.0).enumerate() {
            if !self.lives(layer as u8) || self.muted {
                continue;
            }
            let own = flow.rates(now);
            let mut sum = 0;
            for ((place, own), below) in place.iter_mut().zip(own).zip(&mut below) {
                sum += own;
                // A temporal layer that is not there costs nothing and can not be had.
                *place = if own == 0 { 0 } else { sum + *below };
                if self.shape == Shape::Svc {
                    *below += sum;
                }
            }
        }
        rates
    }

    /// How the track carries its layers.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Whether it is silenced.
    #[must_use]
    pub fn is_muted(&self) -> bool {
        self.muted
    }

    /// Whether a spatial layer (of SVC) or encoding (of simulcast) flows.
    #[must_use]
    pub fn lives(&self, layer: u8) -> bool {
        layer < SPATIAL_MAX as u8 && self.living & (1 << layer) != 0
    }

    /// The living layer to aim at for `spatial`: the highest up to it, or else the least above.
    #[must_use]
    pub fn nearest(&self, spatial: u8) -> Option<u8> {
        let layers = 0..SPATIAL_MAX as u8;
        let up_to = layers
            .clone()
            .rev()
            .find(|layer| *layer <= spatial && self.lives(*layer));
        up_to.or_else(|| layers.clone().find(|layer| self.lives(*layer)))
    }

    /// Somebody waits for a keyframe of an encoding: hold its packets for a while. Call it with
    /// every [`crate::keyframe::Requests::ask`].
    pub fn hold(&mut self, now: Instant, stream: u8) {
        let index = usize::from(stream);
        let newest = self.windows.get(index).and_then(Window::newest);
        if let Some(held) = self.held.get_mut(index) {
            if held.until.is_none_or(|until| now >= until) {
                held.packets.clear();
                held.complete_after = newest.unwrap_or(0);
            }
            held.until = Some(now + HOLD);
        }
    }

    /// Whether everything that came after a packet of its encoding is still to be had.
    #[must_use]
    pub fn can_begin(&self, packet: &Packet) -> bool {
        let index = usize::from(packet.stream);
        let newest = self.windows.get(index).and_then(Window::newest) == Some(packet.sequence);
        let held = self.held.get(index).filter(|held| held.until.is_some());
        newest || held.is_some_and(|held| held.complete_after < packet.sequence)
    }

    /// The packets of the same encoding that came before `packet` though they follow it, in order:
    /// for subscribers that begin with it.
    #[must_use]
    pub fn held_after(&self, packet: &Packet) -> Vec<Packet> {
        let held = self
            .held
            .get(usize::from(packet.stream))
            .filter(|held| held.until.is_some());
        let held = held.into_iter().flat_map(|held| &held.packets);
        let after = held.filter(|held| held.sequence > packet.sequence);
        let mut after: Vec<_> = after.cloned().collect();
        after.sort_by_key(|packet| packet.sequence);
        after
    }

    /// Rises when what was sent of an encoding can not go on: another SSRC, or a mute between.
    #[must_use]
    pub fn generation(&self, stream: u8) -> u32 {
        self.generations
            .get(usize::from(stream))
            .copied()
            .unwrap_or(0)
    }

    /// The clocks of the encodings, as far as they are known.
    #[must_use]
    pub fn clocks(&self) -> &[Option<SenderClock>] {
        &self.clocks
    }

    fn layer(&self, packet: &Packet) -> usize {
        let layer = match self.shape {
            Shape::Audio => 0,
            Shape::Simulcast => packet.stream,
            Shape::Svc => packet.payload.layers.spatial,
        };
        usize::from(layer)
    }
}
