//! Which layers a subscriber gets now.
//!
//! Between simulcast encodings it changes only where a keyframe of the other one begins; until then
//! the old one goes on, thinned out in time if it costs too much. Inside a stream it changes where
//! the codec's own marks allow: VP8's Y and VP9's U and P bits, or the dependency descriptor. It aims
//! at layers that live ([`Source`]): one that falls silent is left for one that flows. Never looks
//! at payloads; `forward` asks it for every packet.

use crate::command::Layers;
use crate::descriptor::{Frame, Indication};
use crate::packet::{Packet, TEMPORAL_MAX};
use crate::source::{Shape, Source};
use crate::window::{Extension, Window};

/// Pictures that an SVC stream may take to change by itself before a keyframe is asked for.
const PATIENCE_PICTURES: u32 = 3;
/// The same for temporal layers, which come back at the next mark of any sane encoder.
const PATIENCE_TEMPORAL_PICTURES: u32 = 90;

/// What to do with a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Its encoding is sent from here on.
    Begin(Kept),
    /// It is sent.
    Keep(Kept),
    /// It belongs to the encoding being sent and is left out.
    Skip,
    /// It belongs to another encoding.
    Other,
    /// Nothing is sent now.
    Nothing,
}

/// What to change of a packet that is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// It is the last one of the picture as far as this subscriber gets it.
    pub marker: bool,
    /// The decode targets to tell with it, one bit each.
    pub active: Option<u32>,
}

/// What is sent now.
#[derive(Debug)]
struct Current {
    stream: u8,
    generation: u32,
    limit: Layers,
    /// The highest sequence number seen since.
    highest: u64,
    /// Pictures since more was wanted than the limit.
    waited: u32,
    dependent: Option<Box<Dependent>>,
}

/// What is sent of a stream whose frames tell what they need.
#[derive(Debug, Default)]
struct Dependent {
    target: usize,
    /// The frame at which the target changed.
    changed: u16,
    numbers: Extension<16>,
    sent: Window,
}

impl Dependent {
    /// Whether all that a frame refers to was sent.
    fn can_decode(&mut self, frame: &Frame) -> bool {
        let number = self.numbers.extend(u64::from(frame.number));
        let sent = |distance: &u16| {
            number
                .checked_sub(u64::from(*distance))
                .is_some_and(|number| self.sent.contains(number))
        };
        frame.references.distances().iter().all(sent)
    }

    fn note(&mut self, frame: &Frame) {
        let number = self.numbers.extend(u64::from(frame.number));
        self.sent.accept(number);
    }
}

/// Chooses for one subscription.
#[derive(Debug)]
pub struct Selector {
    target: Option<Layers>,
    current: Option<Current>,
}

impl Selector {
    /// Nothing is let through before [`Selector::aim`].
    #[must_use]
    pub fn new() -> Self {
        Self {
            target: None,
            current: None,
        }
    }

    /// What the allocator decided; `None` pauses at once.
    pub fn aim(&mut self, target: Option<Layers>) {
        self.target = target;
        if target.is_none() {
            self.current = None;
        }
    }

    /// What to do with a packet that `source` has observed.
    pub fn choose(&mut self, source: &Source, packet: &Packet) -> Verdict {
        let Some(target) = self.target.filter(|_| !source.is_muted()) else {
            self.current = None;
            return Verdict::Nothing;
        };
        let current = self.current.take();
        self.current = current.filter(|old| old.generation == source.generation(old.stream));
        // Without descriptors all up to the aim is sent, so what falls silent takes nothing with it.
        let plain = source.shape() == Shape::Svc && packet.frame.is_none();
        let Some(wanted) = (if plain {
            Some(target)
        } else {
            wanted(source, target)
        }) else {
            return Verdict::Nothing;
        };
        let sent = self.current.as_ref().map(|current| current.stream);
        if sent == Some(packet.stream) {
            return self.thin(source, packet, target, wanted);
        }
        // Where what follows a late beginning is gone, the next keyframe is a better one.
        let begins = packet.payload.keyframe && source.can_begin(packet);
        if begins && is_better(source, packet.stream, sent, wanted.spatial, target.spatial) {
            return self.begin(source, packet, target, wanted);
        }
        if sent.is_some() {
            Verdict::Other
        } else {
            Verdict::Nothing
        }
    }

    /// The encoding that a keyframe is waited for of.
    #[must_use]
    pub fn waits_for(&self, source: &Source) -> Option<u8> {
        let target = self.target.filter(|_| !source.is_muted())?;
        let wanted = wanted(source, target)?;
        let stream = if source.shape() == Shape::Svc {
            0
        } else {
            wanted.spatial
        };
        let current = self.current.as_ref();
        let current = current.filter(|old| old.generation == source.generation(old.stream));
        let Some(current) = current.filter(|current| current.stream == stream) else {
            return Some(stream);
        };
        let patience = match source.shape() {
            Shape::Svc => PATIENCE_PICTURES,
            Shape::Audio | Shape::Simulcast => PATIENCE_TEMPORAL_PICTURES,
        };
        (current.waited > patience).then_some(stream)
    }

    /// What is being sent: encoding or spatial layer, and the highest temporal layer.
    #[must_use]
    pub fn current(&self) -> Option<Layers> {
        let current = self.current.as_ref()?;
        Some(Layers {
            spatial: current.stream.max(current.limit.spatial),
            ..current.limit
        })
    }

    /// The encoding that is being sent.
    #[must_use]
    pub fn stream(&self) -> Option<u8> {
        self.current.as_ref().map(|current| current.stream)
    }

    fn begin(
        &mut self,
        source: &Source,
        packet: &Packet,
        target: Layers,
        wanted: Layers,
    ) -> Verdict {
        let svc = source.shape() == Shape::Svc;
        let mut current = Current {
            stream: packet.stream,
            generation: source.generation(packet.stream),
            limit: Layers {
                spatial: if svc { wanted.spatial } else { 0 },
                temporal: temporal(packet.stream, target, svc),
            },
            highest: packet.sequence,
            waited: 0,
            dependent: None,
        };
        let kept = match packet.frame.as_ref().filter(|_| svc) {
            Some(frame) => current.begin_dependent(frame, wanted),
            None => current.mark(packet),
        };
        self.current = Some(current);
        Verdict::Begin(kept)
    }

    /// A packet of the encoding being sent.
    fn thin(
        &mut self,
        source: &Source,
        packet: &Packet,
        target: Layers,
        wanted: Layers,
    ) -> Verdict {
        let Some(current) = self.current.as_mut() else {
            return Verdict::Nothing;
        };
        let newest = packet.sequence > current.highest;
        current.highest = current.highest.max(packet.sequence);
        if packet.body.is_empty() {
            return Verdict::Skip;
        }
        let svc = source.shape() == Shape::Svc;
        let turns = newest && packet.payload.starts;
        if let Some(frame) = packet.frame.as_ref().filter(|_| svc) {
            return current.depend(frame, wanted, turns);
        }
        if svc {
            if turns {
                current.turn_svc(packet, wanted);
            }
        } else if turns {
            // While something above the aim must go on, it costs as little as it can.
            let above = current.stream > wanted.spatial;
            let limit = if above {
                0
            } else {
                temporal(current.stream, target, svc)
            };
            current.turn_temporal(packet, limit);
        }
        let layers = packet.payload.layers;
        if layers.temporal > current.limit.temporal
            || (svc && layers.spatial > current.limit.spatial)
        {
            return Verdict::Skip;
        }
        Verdict::Keep(current.mark(packet))
    }
}

impl Default for Selector {
    fn default() -> Self {
        Self::new()
    }
}

impl Current {
    fn mark(&self, packet: &Packet) -> Kept {
        let own = packet.payload.ends && packet.payload.layers.spatial == self.limit.spatial;
        Kept {
            marker: packet.marker || own,
            active: None,
        }
    }

    /// Temporal layers: down at any frame, up one by one where the stream says that one can.
    fn turn_temporal(&mut self, packet: &Packet, limit: u8) {
        let layers = packet.payload.layers;
        let next = layers.temporal == self.limit.temporal.saturating_add(1);
        if packet.payload.keyframe || limit < self.limit.temporal {
            self.limit.temporal = limit;
        } else if packet.payload.up && next && layers.temporal <= limit {
            self.limit.temporal = layers.temporal;
            self.waited = 0;
        }
        let lacks = limit.min(TEMPORAL_MAX as u8 - 1) > self.limit.temporal;
        // Layers that the stream does not have are not waited for.
        let waits = lacks && (layers.temporal > self.limit.temporal || self.waited > 0);
        self.waited = if waits {
            self.waited.saturating_add(1)
        } else {
            0
        };
    }

    /// Spatial layers inside a stream by the payload's descriptor: down at any picture, up where
    /// the layer needs no earlier picture of its own.
    fn turn_svc(&mut self, packet: &Packet, wanted: Layers) {
        let layers = packet.payload.layers;
        if layers.spatial == 0 {
            let waited = self.waited;
            self.turn_temporal(packet, wanted.temporal);
            if packet.payload.keyframe || wanted.spatial < self.limit.spatial {
                self.limit.spatial = wanted.spatial;
            }
            let lacks = wanted.spatial > self.limit.spatial;
            self.waited = if lacks { waited.saturating_add(1) } else { 0 };
        } else if packet.payload.fresh
            && layers.spatial == self.limit.spatial + 1
            && layers.spatial <= wanted.spatial
        {
            self.limit.spatial = layers.spatial;
        }
    }

    fn begin_dependent(&mut self, frame: &Frame, wanted: Layers) -> Kept {
        let mut dependent = Box::<Dependent>::default();
        dependent.target = decode_target(frame, wanted).unwrap_or(0);
        dependent.changed = frame.number;
        dependent.note(frame);
        self.dependent = Some(dependent);
        self.mark_dependent(frame)
    }

    /// A frame that tells what it needs and who needs it.
    fn depend(&mut self, frame: &Frame, wanted: Layers, turns: bool) -> Verdict {
        let Some(dependent) = self.dependent.as_mut() else {
            return Verdict::Skip;
        };
        if turns {
            let target = decode_target(frame, wanted).unwrap_or(dependent.target);
            let anew = frame.attached && frame.references.distances().is_empty();
            let can = frame.indications.of(target) == Indication::Switch;
            if target == dependent.target {
                self.waited = 0;
            } else if anew || (can && dependent.can_decode(frame)) {
                dependent.target = target;
                dependent.changed = frame.number;
                self.waited = 0;
            } else if frame.layers.spatial == 0 {
                self.waited = self.waited.saturating_add(1);
            }
        }
        if frame.indications.of(dependent.target) == Indication::NotPresent {
            return Verdict::Skip;
        }
        dependent.note(frame);
        Verdict::Keep(self.mark_dependent(frame))
    }

    fn mark_dependent(&mut self, frame: &Frame) -> Kept {
        let target = self
            .dependent
            .as_ref()
            .map_or(0, |dependent| dependent.target);
        let targets = &frame.structure.targets;
        self.limit = targets.get(target).copied().unwrap_or(self.limit);
        let limit = self.limit;
        let within = targets
            .iter()
            .enumerate()
            .filter(|(_, layers)| is_within(**layers, limit));
        let mask = within.fold(0_u32, |mask, (target, _)| mask | 1 << target) & frame.active;
        let changed = self.dependent.as_ref().map(|dependent| dependent.changed);
        let told = frame.attached || changed == Some(frame.number);
        Kept {
            marker: frame.ends && frame.layers.spatial == limit.spatial,
            active: (told && mask != frame.active).then_some(mask),
        }
    }
}

/// The aim as far as the publisher's living layers allow.
fn wanted(source: &Source, target: Layers) -> Option<Layers> {
    Some(Layers {
        spatial: source.nearest(target.spatial)?,
        ..target
    })
}

/// The highest temporal layer of an encoding: all of one that is below the aim.
fn temporal(stream: u8, target: Layers, svc: bool) -> u8 {
    if !svc && stream < target.spatial {
        TEMPORAL_MAX as u8 - 1
    } else {
        target.temporal
    }
}

/// Whether an encoding that can begin now is nearer to the wanted one than the one being sent.
fn is_better(source: &Source, stream: u8, sent: Option<u8>, wanted: u8, target: u8) -> bool {
    match sent.filter(|sent| source.shape() == Shape::Svc || source.lives(*sent)) {
        None => stream == wanted || stream <= target,
        Some(sent) => {
            let (least, most) = (sent.min(wanted), sent.max(wanted));
            stream != sent && (least..=most).contains(&stream)
        }
    }
}

fn is_within(layers: Layers, most: Layers) -> bool {
    layers.spatial <= most.spatial && layers.temporal <= most.temporal
}

/// The decode target for the wanted layers: the highest active one within, or else the least.
fn decode_target(frame: &Frame, wanted: Layers) -> Option<usize> {
    let active = || {
        let targets = frame.structure.targets.iter().copied().enumerate();
        targets.filter(|(target, _)| frame.active & (1_u32 << target) != 0)
    };
    let within = active().filter(|(_, layers)| is_within(*layers, wanted));
    let best = within.max_by_key(|(_, layers)| *layers);
    best.or_else(|| active().min_by_key(|(_, layers)| *layers))
        .map(|(target, _)| target)
}
