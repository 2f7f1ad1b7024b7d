//! Who gets how much of a subscriber's bandwidth.
//!
//! Sound first, always and whole. Then the least layer for every picture, in the order of their
//! priorities; then step by step more, all pictures of one priority alike, the highest priority
//! first. What does not fit is paused. Down at once when the estimate falls; up only with room to
//! spare and some time after the last fall. Never measures: estimates and rates come in. One
//! [`Allocator`] per subscriber, asked every 100 ms or so and when subscriptions change; the same
//! input gives the same output.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::command::{Layers, MediaKind};
use crate::id::TrackId;
use crate::packet::{SPATIAL_MAX, TEMPORAL_MAX};

/// No step up for so long after bandwidth forced a step down; twice as long each time that a step
/// up had to be taken back, until one has lasted.
const CALM: Duration = Duration::from_secs(3);
const CALM_MAX: Duration = Duration::from_secs(24);
const LASTED: Duration = Duration::from_secs(3);
/// A step up must fit with so much more of its cost, in percent.
const MARGIN_PERCENT: u64 = 15;
/// A picture that is sent at its least is paused only when it costs so much more than there is, in
/// percent: a keyframe makes any rate jump for a moment.
const PATIENCE_PERCENT: u64 = 25;
/// What the pacer should probe for is so much more than the cost of everything, in percent.
const PROBE_PERCENT: u64 = 25;
/// What sound costs before it is measured, in bit/s.
const SOUND_RATE: u64 = 40_000;

/// What the layers of a track cost in bit/s, each with all below it that it needs, by spatial and
/// temporal layer. 0: not there.
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
    /// Detail counts more than movement: a screen.
    pub detail: bool,
    /// Whether anybody looks at it, and it is not muted.
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
    /// There is no bandwidth for its least layer. This alone is told to the subscriber.
    Bandwidth,
}

/// What a track gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Which track.
    pub track: TrackId,
    /// How much, or why nothing. A track that nothing has come of yet gets its least layer.
    pub target: Result<Layers, Pause>,
}

/// What a subscriber gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allocation {
    /// One for each want, in its order.
    pub shares: Vec<Share>,
    /// What that costs, in bit/s.
    pub used: u64,
    /// What everything wanted would cost, with room to grow, in bit/s: what to probe for.
    pub desired: u64,
}

#[derive(Debug, Clone, Copy)]
struct Step {
    layers: Layers,
    cost: u64,
}

/// A picture on its way up.
struct Climb {
    index: usize,
    priority: u8,
    steps: Vec<Step>,
    /// Steps taken: 0 is paused.
    taken: usize,
    /// What it had before, in layers; `None` for one that is new.
    held: Option<Option<Layers>>,
    stuck: bool,
}

impl Climb {
    fn cost(&self) -> u64 {
        self.layers().map_or(0, |step| step.cost)
    }

    fn layers(&self) -> Option<Step> {
        self.taken
            .checked_sub(1)
            .and_then(|taken| self.steps.get(taken))
            .copied()
    }

    /// What must be free for the next step, beyond what it has. `None` when there is none.
    fn next(&self, calm: bool) -> Option<u64> {
        let step = self.steps.get(self.taken)?;
        let more = step.cost.saturating_sub(self.cost());
        let is_held = match self.held {
            None => true,
            Some(held) => held.is_some_and(|held| step.layers <= held),
        };
        if is_held && self.taken == 0 && self.held.is_some() {
            return Some(more.saturating_mul(100) / (100 + PATIENCE_PERCENT));
        }
        if is_held {
            return Some(more);
        }
        calm.then(|| more + step.cost.saturating_mul(MARGIN_PERCENT) / 100)
    }
}

/// Shares out one subscriber's bandwidth.
#[derive(Debug, Default)]
pub struct Allocator {
    held: BTreeMap<TrackId, Option<Layers>>,
    calm: Calm,
}

/// When steps up are allowed.
#[derive(Debug)]
struct Calm {
    fell: Option<Instant>,
    rose: Option<Instant>,
    length: Duration,
}

impl Default for Calm {
    fn default() -> Self {
        Self {
            fell: None,
            rose: None,
            length: CALM,
        }
    }
}

impl Calm {
    fn is_over(&self, now: Instant) -> bool {
        self.fell
            .is_none_or(|fell| now.saturating_duration_since(fell) >= self.length)
    }

    fn note(&mut self, now: Instant, climbs: &[Climb]) {
        if climbs.iter().any(fell) {
            if self.rose.take().is_some() {
                self.length = (self.length * 2).min(CALM_MAX);
            }
            self.fell = Some(now);
        } else if climbs.iter().any(rose) {
            self.rose = Some(now);
        } else if self
            .rose
            .is_some_and(|rose| now.saturating_duration_since(rose) >= LASTED)
        {
            (self.rose, self.length) = (None, CALM);
        }
    }
}

impl Allocator {
    /// Shares out `estimate` bit/s; `None` when there is no estimate yet: everything goes.
    pub fn allocate(&mut self, now: Instant, estimate: Option<u64>, wants: &[Want]) -> Allocation {
        let calm = self.calm.is_over(now);
        let sound = wants
            .iter()
            .filter(|want| want.kind == MediaKind::Audio && want.enabled);
        let sound: u64 = sound.map(sound_rate).sum();
        let mut left = estimate.map_or(u64::MAX, |estimate| estimate.saturating_sub(sound));
        let mut climbs = self.climbs(wants);
        climb(&mut climbs, &mut left, calm);
        self.calm.note(now, &climbs);
        let top = |climb: &Climb| climb.steps.last().map_or(0, |step| step.cost);
        let wanted = sound + climbs.iter().map(top).sum::<u64>();
        let used = sound + climbs.iter().map(Climb::cost).sum::<u64>();
        let mut shares: Vec<_> = wants.iter().map(first_share).collect();
        for climb in &climbs {
            if let Some(share) = shares.get_mut(climb.index) {
                let step = climb.layers();
                share.target = step.map(|step| step.layers).ok_or(Pause::Bandwidth);
            }
        }
        self.held.clear();
        for climb in &climbs {
            let layers = climb.layers().map(|step| step.layers);
            self.held
                .extend(wants.get(climb.index).map(|want| (want.track, layers)));
        }
        let desired = wanted.saturating_add(wanted.saturating_mul(PROBE_PERCENT) / 100);
        Allocation {
            shares,
            used,
            desired,
        }
    }

    /// The pictures that cost something, the first to be served first.
    fn climbs(&self, wants: &[Want]) -> Vec<Climb> {
        let pictures = wants
            .iter()
            .enumerate()
            .filter(|(_, want)| want.kind == MediaKind::Video && want.enabled);
        let mut climbs: Vec<_> = pictures
            .map(|(index, want)| Climb {
                index,
                priority: want.priority,
                steps: steps(want),
                taken: 0,
                held: self.held.get(&want.track).copied(),
                stuck: false,
            })
            .filter(|climb| !climb.steps.is_empty())
            .collect();
        let track = |climb: &Climb| wants.get(climb.index).map(|want| want.track);
        climbs.sort_by_key(|climb| (std::cmp::Reverse(climb.priority), track(climb)));
        climbs
    }
}

/// Takes steps as long as `left` allows.
fn climb(climbs: &mut [Climb], left: &mut u64, calm: bool) {
    for climb in climbs.iter_mut() {
        take(climb, left, calm);
    }
    for alike in climbs.chunk_by_mut(|one, other| one.priority == other.priority) {
        // The one with the least goes first, so that all end about alike.
        while let Some(climb) = alike
            .iter_mut()
            .filter(|climb| climb.taken > 0 && !climb.stuck)
            .min_by_key(|climb| climb.layers().map(|step| step.layers))
        {
            take(climb, left, calm);
        }
    }
}

fn take(climb: &mut Climb, left: &mut u64, calm: bool) {
    let before = climb.cost();
    match climb.next(calm) {
        Some(needed) if needed <= *left => {
            climb.taken += 1;
            *left = left.saturating_sub(climb.cost().saturating_sub(before));
        }
        Some(_) | None => climb.stuck = true,
    }
}

/// Whether bandwidth took something away that the publisher still sends.
fn fell(climb: &Climb) -> bool {
    let now = climb.layers().map(|step| step.layers);
    let held = climb.held.flatten();
    held > now
        && climb
            .steps
            .iter()
            .any(|step| Some(step.layers) > now && Some(step.layers) <= held)
}

/// Whether it has more than before.
fn rose(climb: &Climb) -> bool {
    climb
        .held
        .is_some_and(|held| climb.layers().map(|step| step.layers) > held)
}

fn sound_rate(want: &Want) -> u64 {
    let rate = want.rates.0.iter().flatten().copied().max().unwrap_or(0);
    if rate == 0 { SOUND_RATE } else { rate }
}

/// What a track gets before anything is shared out.
fn first_share(want: &Want) -> Share {
    let least = Layers {
        spatial: 0,
        temporal: want.most.temporal,
    };
    let target = match (want.enabled, want.kind) {
        (false, _) => Err(Pause::Disabled),
        (true, MediaKind::Audio | MediaKind::Video) => Ok(least),
    };
    Share {
        track: want.track,
        target,
    }
}

/// What a picture can have, from the least to the most. Movement comes before size for people,
/// detail before movement for screens; what costs more than something better is left out.
fn steps(want: &Want) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for (spatial, rates) in (0..=want.most.spatial).zip(&want.rates.0) {
        let there = (0..=want.most.temporal)
            .zip(rates)
            .filter(|(_, cost)| **cost > 0);
        let there: Vec<_> = there
            .map(|(temporal, cost)| Step {
                layers: Layers { spatial, temporal },
                cost: *cost,
            })
            .collect();
        let last = spatial == want.most.spatial || highest(want) == Some(spatial);
        if (want.detail && last) || (!want.detail && steps.is_empty()) {
            steps.extend(there);
        } else if want.detail {
            steps.extend(there.first());
        } else {
            steps.extend(there.last());
        }
    }
    let mut least = u64::MAX;
    let mut kept: Vec<Step> = steps
        .into_iter()
        .rev()
        .filter(|step| {
            let cheaper = step.cost < least;
            least = least.min(step.cost);
            cheaper
        })
        .collect();
    kept.reverse();
    kept
}

/// The highest spatial layer that is there.
fn highest(want: &Want) -> Option<u8> {
    let layers = (0_u8..)
        .zip(&want.rates.0)
        .filter(|(_, rates)| rates.iter().any(|rate| *rate > 0));
    layers.map(|(spatial, _)| spatial).max()
}
