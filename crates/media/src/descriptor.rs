//! The dependency descriptor: what a frame of layered video needs, and who needs it.
//!
//! RTP payload format for AV1, appendix A. It names layers without opening the payload, so that
//! layers of AV1 and of video encrypted end to end can be left out too. Reads what a peer sent:
//! everything is bounded, and no more than one structure is kept per stream. Chooses nothing.

use std::ops::Range;
use std::sync::Arc;

use crate::command::Layers;
use crate::payload::Payload;

/// Decode targets of a structure at most: it counts them in 5 bits.
pub const TARGETS_MAX: usize = 32;
/// Templates of a structure at most: it names them in 6 bits.
const TEMPLATES_MAX: usize = 64;
/// Frames that one frame refers to: no codec has more buffers.
pub const REFERENCES_MAX: usize = 8;

/// What a frame is to one decode target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Indication {
    /// Not part of it.
    NotPresent,
    /// Part of it, and nothing else needs it.
    Discardable,
    /// A decoder can go on with this target from here, if it can decode this frame.
    Switch,
    /// Part of it, and needed by others.
    Required,
}

/// One [`Indication`] for each decode target.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Indications(u64);

impl Indications {
    /// What the frame is to a target.
    #[must_use]
    pub fn of(self, target: usize) -> Indication {
        if target >= TARGETS_MAX {
            return Indication::NotPresent;
        }
        match (self.0 >> (2 * target)) & 3 {
            0 => Indication::NotPresent,
            1 => Indication::Discardable,
            2 => Indication::Switch,
            _ => Indication::Required,
        }
    }

    fn set(&mut self, target: usize, bits: u32) {
        self.0 |= u64::from(bits & 3) << (2 * target.min(TARGETS_MAX - 1));
    }
}

/// The frames that a frame refers to, as distances to their numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct References {
    distances: [u16; REFERENCES_MAX],
    count: u8,
}

impl References {
    /// The distances, each from 1 on.
    #[must_use]
    pub fn distances(&self) -> &[u16] {
        self.distances
            .get(..usize::from(self.count))
            .unwrap_or_default()
    }

    fn push(&mut self, distance: u32) -> Result<(), DescriptorError> {
        let place = self.distances.get_mut(usize::from(self.count));
        let place = place.ok_or(DescriptorError::Malformed)?;
        *place = u16::try_from(distance).map_err(|_| DescriptorError::Malformed)?;
        self.count += 1;
        Ok(())
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Template {
    layers: Layers,
    indications: Indications,
    references: References,
}

/// What the frames of a stream have in common; comes with its keyframes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Structure {
    /// The highest layers of each decode target.
    pub targets: Vec<Layers>,
    offset: u8,
    templates: Vec<Template>,
    chains: u32,
}

/// A frame's descriptor, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The packet begins the frame.
    pub starts: bool,
    /// The packet ends the frame.
    pub ends: bool,
    /// The frame's number.
    pub number: u16,
    /// Its layers.
    pub layers: Layers,
    /// What it is to each decode target.
    pub indications: Indications,
    /// What it refers to.
    pub references: References,
    /// The structure that it belongs to.
    pub structure: Arc<Structure>,
    /// The structure came with this very packet: subscribers can begin here.
    pub attached: bool,
    /// The decode targets that the publisher still sends, one bit each.
    pub active: u32,
}

impl Frame {
    /// What a packet's payload says, corrected by the descriptor.
    #[must_use]
    pub fn describe(&self, payload: Payload) -> Payload {
        let own = |(target, layers): (usize, &Layers)| {
            *layers == self.layers && self.indications.of(target) == Indication::Switch
        };
        Payload {
            keyframe: self.starts
                && self.attached
                && self.layers.spatial == 0
                && self.references.count == 0,
            starts: self.starts,
            ends: self.ends,
            layers: self.layers,
            up: self.structure.targets.iter().enumerate().any(own),
            ..payload
        }
    }
}

/// What to write anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rewrite {
    /// The frame's number.
    pub number: u16,
    /// The decode targets that the subscriber still gets, one bit each; `None` leaves them.
    pub active: Option<u32>,
}

/// What is wrong with a descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DescriptorError {
    /// It ends too early.
    #[error("the dependency descriptor ends too early")]
    Short,
    /// It speaks of a structure that has not been seen.
    #[error("the dependency descriptor has no structure")]
    NoStructure,
    /// It contradicts itself or a limit.
    #[error("the dependency descriptor is malformed")]
    Malformed,
}

/// Reads the descriptors of one stream (one SSRC).
#[derive(Debug, Default)]
pub struct Reader {
    structure: Option<Arc<Structure>>,
    active: u32,
}

impl Reader {
    /// Reads the extension's bytes.
    ///
    /// # Errors
    /// When they are malformed or come before any structure: forward nothing, ask for a keyframe.
    pub fn read(&mut self, bytes: &[u8]) -> Result<Frame, DescriptorError> {
        let parsed = parse(bytes, self.structure.as_ref())?;
        if parsed.frame.attached {
            self.structure = Some(Arc::clone(&parsed.frame.structure));
        }
        if parsed.told || parsed.frame.attached {
            self.active = parsed.frame.active;
        }
        Ok(Frame {
            active: self.active,
            ..parsed.frame
        })
    }

    /// Writes the descriptor `bytes`, which [`Reader::read`] has read, again with other values.
    /// `None` when they can not be read.
    #[must_use]
    pub fn rewrite(&self, bytes: &[u8], rewrite: Rewrite) -> Option<Vec<u8>> {
        let parsed = parse(bytes, self.structure.as_ref()).ok()?;
        let mut out = BitWriter {
            bytes: Vec::with_capacity(bytes.len() + 5),
            free: 0,
        };
        let mut original = BitReader { bytes, at: 0 };
        out.put(original.take(8).ok()?, 8);
        out.put(u32::from(rewrite.number), 16);
        original.at = 24;
        let Some(active) = rewrite.active else {
            out.bytes.extend_from_slice(bytes.get(3..)?);
            return Some(out.bytes);
        };
        let flags = if bytes.len() > 3 {
            original.take(5).ok()?
        } else {
            0
        };
        out.put(flags | 0b01000, 5);
        out.copy(bytes, parsed.structure)?;
        let targets = parsed.frame.structure.targets.len();
        out.put(active, u32::try_from(targets).ok()?);
        out.copy(bytes, parsed.custom)?;
        Some(out.bytes)
    }
}

/// A descriptor, and where in it what stands, in bits.
struct Parsed {
    frame: Frame,
    told: bool,
    structure: Range<usize>,
    custom: Range<usize>,
}

fn parse(bytes: &[u8], known: Option<&Arc<Structure>>) -> Result<Parsed, DescriptorError> {
    let mut bits = BitReader { bytes, at: 0 };
    let (starts, ends) = (bits.flag()?, bits.flag()?);
    let id = bits.take(6)?;
    let number = bits.take(16)? as u16;
    let flags = if bytes.len() > 3 { bits.take(5)? } else { 0 };
    let has = |bit: u32| flags & bit != 0;
    let structure_at = bits.at;
    let structure = match (has(0b10000), known) {
        (true, _) => Arc::new(read_structure(&mut bits)?),
        (false, Some(known)) => Arc::clone(known),
        (false, None) => return Err(DescriptorError::NoStructure),
    };
    let structure_at = structure_at..bits.at;
    let targets = structure.targets.len() as u32;
    let told = has(0b01000);
    let all = u32::MAX >> (32 - targets.clamp(1, 32));
    let active = if told { bits.take(targets)? } else { all };
    let custom = bits.at;
    let index = (id + TEMPLATES_MAX as u32 - u32::from(structure.offset)) % TEMPLATES_MAX as u32;
    let template = structure
        .templates
        .get(index as usize)
        .ok_or(DescriptorError::Malformed)?;
    let (mut indications, mut references) = (template.indications, template.references);
    if has(0b00100) {
        indications = read_indications(&mut bits, structure.targets.len())?;
    }
    if has(0b00010) {
        references = read_references(&mut bits)?;
    }
    if has(0b00001) {
        for _ in 0..structure.chains {
            bits.take(8)?;
        }
    }
    let frame = Frame {
        starts,
        ends,
        number,
        layers: template.layers,
        indications,
        references,
        attached: has(0b10000),
        active,
        structure,
    };
    Ok(Parsed {
        frame,
        told,
        structure: structure_at,
        custom: custom..bits.at,
    })
}

fn read_structure(bits: &mut BitReader<'_>) -> Result<Structure, DescriptorError> {
    let offset = bits.take(6)? as u8;
    let targets = bits.take(5)? as usize + 1;
    let mut templates = read_layers(bits)?;
    for template in &mut templates {
        template.indications = read_indications(bits, targets)?;
    }
    for template in &mut templates {
        while bits.flag()? {
            template.references.push(bits.take(4)? + 1)?;
        }
    }
    let chains = bits.take_below(targets as u32 + 1)?;
    if chains > 0 {
        for _ in 0..targets {
            bits.take_below(chains)?;
        }
        for _ in 0..templates.len() {
            for _ in 0..chains {
                bits.take(4)?;
            }
        }
    }
    let spatial = templates
        .last()
        .map_or(0, |template| template.layers.spatial);
    if bits.flag()? {
        for _ in 0..=spatial {
            bits.take(32)?;
        }
    }
    let targets = (0..targets)
        .map(|target| layers_of(target, &templates))
        .collect();
    Ok(Structure {
        targets,
        offset,
        templates,
        chains,
    })
}

/// The layers of all templates, in their order; 3 ends them.
fn read_layers(bits: &mut BitReader<'_>) -> Result<Vec<Template>, DescriptorError> {
    let mut templates = Vec::with_capacity(16);
    let mut layers = Layers {
        spatial: 0,
        temporal: 0,
    };
    loop {
        if templates.len() == TEMPLATES_MAX {
            return Err(DescriptorError::Malformed);
        }
        let (indications, references) = (Indications::default(), References::default());
        templates.push(Template {
            layers,
            indications,
            references,
        });
        match bits.take(2)? {
            0 => {}
            1 => layers.temporal += 1,
            2 => {
                layers = Layers {
                    spatial: layers.spatial + 1,
                    temporal: 0,
                }
            }
            _ => return Ok(templates),
        }
    }
}

/// The highest layers of the frames that belong to a target.
fn layers_of(target: usize, templates: &[Template]) -> Layers {
    let present = |template: &&Template| template.indications.of(target) != Indication::NotPresent;
    let of_target = || {
        templates
            .iter()
            .filter(present)
            .map(|template| template.layers)
    };
    Layers {
        spatial: of_target().map(|layers| layers.spatial).max().unwrap_or(0),
        temporal: of_target().map(|layers| layers.temporal).max().unwrap_or(0),
    }
}

fn read_indications(
    bits: &mut BitReader<'_>,
    targets: usize,
) -> Result<Indications, DescriptorError> {
    let mut indications = Indications::default();
    for target in 0..targets {
        indications.set(target, bits.take(2)?);
    }
    Ok(indications)
}

/// A frame's own references: each after its size in units of 4 bits, 0 ends them.
fn read_references(bits: &mut BitReader<'_>) -> Result<References, DescriptorError> {
    let mut references = References::default();
    loop {
        match bits.take(2)? {
            0 => return Ok(references),
            size => references.push(bits.take(4 * size)? + 1)?,
        }
    }
}

struct BitReader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl BitReader<'_> {
    /// The next `count` bits, at most 32, the highest first.
    fn take(&mut self, count: u32) -> Result<u32, DescriptorError> {
        let mut value = 0_u64;
        for _ in 0..count {
            let byte = self.bytes.get(self.at / 8).ok_or(DescriptorError::Short)?;
            value = value << 1 | u64::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        u32::try_from(value).map_err(|_| DescriptorError::Malformed)
    }

    fn flag(&mut self) -> Result<bool, DescriptorError> {
        Ok(self.take(1)? == 1)
    }

    /// A number below `bound` in as few bits as it needs (`ns(n)` of the AV1 specification).
    fn take_below(&mut self, bound: u32) -> Result<u32, DescriptorError> {
        let width = u32::BITS - bound.leading_zeros();
        let short = (1 << width) - bound;
        let value = self.take(width.saturating_sub(1))?;
        if value < short {
            return Ok(value);
        }
        Ok((value << 1) - short + self.take(1)?)
    }
}

struct BitWriter {
    bytes: Vec<u8>,
    /// Bits that are still free in the last byte.
    free: u32,
}

impl BitWriter {
    fn put(&mut self, value: u32, count: u32) {
        for place in (0..count).rev() {
            if self.free == 0 {
                self.bytes.push(0);
                self.free = 8;
            }
            self.free -= 1;
            let bit = (value >> place & 1) as u8;
            if let Some(last) = self.bytes.last_mut() {
                *last |= bit << self.free;
            }
        }
    }

    fn copy(&mut self, bytes: &[u8], range: Range<usize>) -> Option<()> {
        let mut bits = BitReader {
            bytes,
            at: range.start,
        };
        for _ in range {
            self.put(bits.take(1).ok()?, 1);
        }
        Some(())
    }
}
