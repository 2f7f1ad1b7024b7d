//! Layered streams with dependency descriptors: a writer of them, two structures that browsers
//! send, and what a viewer can decode of what is let through.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use media::descriptor::{DescriptorError, Frame, Indication, Reader, Rewrite};
use media::forward::Forwarder;
use media::packet::Packet;
use media::payload::Payload;
use media::source::{Shape, Source};
use media::{Codec, Layers, payload};
use proptest::prelude::*;

use crate::network::Chance;

/// Writes bits, the highest first.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    count: usize,
}

impl Bits {
    fn put(&mut self, value: u32, count: usize) {
        for place in (0..count).rev() {
            if self.count.is_multiple_of(8) {
                self.bytes.push(0);
            }
            let bit = (value >> place & 1) as u8;
            *self.bytes.last_mut().unwrap() |= bit << (7 - self.count % 8);
            self.count += 1;
        }
    }

    /// `ns(n)` of the AV1 specification.
    fn put_below(&mut self, value: u32, bound: u32) {
        let width = 32 - bound.leading_zeros();
        let short = (1 << width) - bound;
        if value < short {
            self.put(value, width as usize - 1);
        } else {
            self.put(value + short, width as usize);
        }
    }
}

/// A template: its layers, a letter for each decode target, its references.
struct Template(u8, u8, &'static str, &'static [u32]);

/// Layers of a stream: `key` says whether the upper ones lean on the lower only in keyframes.
struct Structure {
    templates: &'static [Template],
    chains: u32,
}

const L2T2_KEY: Structure = Structure {
    chains: 2,
    templates: &[
        Template(0, 0, "SSSS", &[]),
        Template(0, 0, "SS--", &[4]),
        Template(0, 1, "-D--", &[2]),
        Template(1, 0, "--SS", &[1]),
        Template(1, 0, "--SS", &[4]),
        Template(1, 1, "---D", &[2]),
    ],
};

const L2T2: Structure = Structure {
    chains: 2,
    templates: &[
        Template(0, 0, "SSSS", &[]),
        Template(0, 0, "SSRR", &[4]),
        Template(0, 1, "-D-R", &[2]),
        Template(1, 0, "--SS", &[1]),
        Template(1, 0, "--SS", &[4, 1]),
        Template(1, 1, "---D", &[2, 1]),
    ],
};

fn indication(letter: char) -> u32 {
    "-DSR".find(letter).unwrap() as u32
}

impl Structure {
    fn targets(&self) -> usize {
        self.templates[0].2.len()
    }

    fn write(&self, bits: &mut Bits, offset: u32) {
        let targets = self.targets() as u32;
        bits.put(offset, 6);
        bits.put(targets - 1, 5);
        for pair in self.templates.windows(2) {
            let (one, next) = (&pair[0], &pair[1]);
            bits.put(
                if next.0 > one.0 {
                    2
                } else {
                    u32::from(next.1 > one.1)
                },
                2,
            );
        }
        bits.put(3, 2);
        for template in self.templates {
            template
                .2
                .chars()
                .for_each(|letter| bits.put(indication(letter), 2));
        }
        for template in self.templates {
            for reference in template.3 {
                bits.put(1, 1);
                bits.put(reference - 1, 4);
            }
            bits.put(0, 1);
        }
        bits.put_below(self.chains, targets + 1);
        for target in 0..targets {
            bits.put_below(target * self.chains / targets, self.chains);
        }
        for _ in 0..self.templates.len() as u32 * self.chains {
            bits.put(3, 4);
        }
        bits.put(1, 1);
        for _ in 0..2 {
            bits.put(640 << 16 | 360, 32);
        }
    }

    /// A descriptor of the frame `number` made from a template.
    fn descriptor(
        &self,
        template: usize,
        number: u16,
        attached: bool,
        more: Option<&[u32]>,
    ) -> Vec<u8> {
        const OFFSET: u32 = 60;
        let mut bits = Bits::default();
        bits.put(0b11, 2);
        bits.put((template as u32 + OFFSET) % 64, 6);
        bits.put(u32::from(number), 16);
        if attached || more.is_some() {
            bits.put(u32::from(attached) << 4 | u32::from(more.is_some()) << 1, 5);
            if attached {
                self.write(&mut bits, OFFSET);
            }
            for reference in more.unwrap_or_default() {
                bits.put(if *reference > 16 { 2 } else { 1 }, 2);
                bits.put(reference - 1, if *reference > 16 { 8 } else { 4 });
            }
            if more.is_some() {
                bits.put(0, 2);
            }
        }
        bits.bytes
    }
}

const LETTERS: [(Indication, char); 4] = [
    (Indication::NotPresent, '-'),
    (Indication::Discardable, 'D'),
    (Indication::Switch, 'S'),
    (Indication::Required, 'R'),
];

fn letters(frame: &Frame) -> String {
    let letter = |target| {
        let of = frame.indications.of(target);
        LETTERS
            .iter()
            .find(|(indication, _)| *indication == of)
            .map(|(_, letter)| *letter)
    };
    (0..frame.structure.targets.len())
        .filter_map(letter)
        .collect()
}

#[test]
fn every_template_is_read_as_it_was_written() {
    for structure in [&L2T2, &L2T2_KEY] {
        let mut reader = Reader::default();
        reader
            .read(&structure.descriptor(0, 1, true, None))
            .unwrap();
        for (place, template) in structure.templates.iter().enumerate() {
            let frame = reader
                .read(&structure.descriptor(place, 500, false, None))
                .unwrap();
            assert_eq!(
                frame.layers,
                Layers {
                    spatial: template.0,
                    temporal: template.1
                }
            );
            assert_eq!(letters(&frame), template.2);
            let references: Vec<u32> = frame
                .references
                .distances()
                .iter()
                .map(|it| u32::from(*it))
                .collect();
            assert_eq!(references, template.3);
            assert_eq!(
                (frame.number, frame.active, frame.attached),
                (500, 0b1111, false)
            );
        }
        let layers: Vec<(u8, u8)> = {
            let frame = reader
                .read(&structure.descriptor(1, 2, false, None))
                .unwrap();
            frame
                .structure
                .targets
                .iter()
                .map(|it| (it.spatial, it.temporal))
                .collect()
        };
        assert_eq!(layers, [(0, 0), (0, 1), (1, 0), (1, 1)]);
    }
}

#[test]
fn references_of_a_frames_own_replace_those_of_its_template() {
    let mut reader = Reader::default();
    reader.read(&L2T2.descriptor(0, 1, true, None)).unwrap();
    let frame = reader
        .read(&L2T2.descriptor(1, 90, false, Some(&[7, 40])))
        .unwrap();
    assert_eq!(frame.references.distances(), [7, 40]);
    let nine = [1; 9];
    let refused = reader.read(&L2T2.descriptor(1, 90, false, Some(&nine)));
    assert_eq!(refused, Err(DescriptorError::Malformed));
}

#[test]
fn a_descriptor_before_any_structure_is_refused() {
    let refused = Reader::default().read(&L2T2.descriptor(1, 7, false, None));
    assert_eq!(refused, Err(DescriptorError::NoStructure));
    let mut reader = Reader::default();
    let whole = L2T2.descriptor(0, 7, true, None);
    assert!(reader.read(&whole[..12]).is_err());
    reader.read(&whole).unwrap();
    let unknown = [0xc0 | 33, 0, 9];
    assert_eq!(reader.read(&unknown), Err(DescriptorError::Malformed));
}

#[test]
fn a_rewritten_descriptor_differs_in_nothing_else() {
    let mut reader = Reader::default();
    let key = L2T2_KEY.descriptor(0, 7, true, None);
    reader.read(&key).unwrap();
    for (bytes, attached) in [
        (key, true),
        (L2T2_KEY.descriptor(4, 9, false, None), false),
        (L2T2_KEY.descriptor(4, 9, false, Some(&[3, 200])), false),
    ] {
        let before = reader.read(&bytes).unwrap();
        for active in [None, Some(0b0011)] {
            let written = reader
                .rewrite(
                    &bytes,
                    Rewrite {
                        number: 4711,
                        active,
                    },
                )
                .unwrap();
            let mut other = Reader::default();
            other.read(&L2T2_KEY.descriptor(0, 7, true, None)).unwrap();
            let after = other.read(&written).unwrap();
            assert_eq!(after.active, active.unwrap_or(0b1111));
            assert_eq!(after.attached, attached);
            assert_eq!(after.number, 4711);
            let undone = Frame {
                number: before.number,
                active: before.active,
                ..after
            };
            assert_eq!(undone, before);
        }
    }
}

/// A stream and a viewer of it.
struct Stream {
    structure: &'static Structure,
    reader: Reader,
    source: Source,
    forwarder: Forwarder,
    now: Instant,
    number: u16,
    sequence: u64,
    picture: u32,
    since_key: u32,
    decoded: BTreeSet<u16>,
    broken: usize,
    /// For each picture, the layers that went out, and whether the last had the marker.
    pictures: Vec<(Option<Layers>, bool)>,
}

impl Stream {
    fn new(structure: &'static Structure) -> Self {
        Self {
            structure,
            reader: Reader::default(),
            source: Source::new(Shape::Svc),
            forwarder: Forwarder::new(90_000, 1, 1),
            now: Instant::now(),
            number: 65_000,
            sequence: 70_000,
            picture: 0,
            since_key: 0,
            decoded: BTreeSet::new(),
            broken: 0,
            pictures: Vec::new(),
        }
    }

    /// Sends one picture: both spatial layers, two packets each.
    fn picture(&mut self) {
        let key = self.since_key == 0;
        let upper = self.since_key % 2 == 1;
        self.pictures.push((None, false));
        for spatial in 0..2 {
            let template = match (key, upper) {
                (true, _) => [0, 3][spatial],
                (false, false) => [1, 4][spatial],
                (false, true) => [2, 5][spatial],
            };
            let descriptor =
                self.structure
                    .descriptor(template, self.number, key && spatial == 0, None);
            for packet in 0..2 {
                let mut descriptor = descriptor.clone();
                descriptor[0] = descriptor[0] & 0x3f | if packet == 0 { 0x80 } else { 0x40 };
                let attached = packet == 1 && key && spatial == 0;
                let descriptor = if attached {
                    descriptor[..3].to_vec()
                } else {
                    descriptor
                };
                self.packet(&descriptor, spatial == 1 && packet == 1);
            }
            self.number = self.number.wrapping_add(1);
        }
        self.picture += 3000;
        self.since_key += 1;
        self.now += Duration::from_millis(33);
        if self.forwarder.waits_for(&self.source).is_some() {
            self.since_key = 0;
        }
    }

    fn packet(&mut self, descriptor: &[u8], marker: bool) {
        let frame = self.reader.read(descriptor).unwrap();
        self.sequence += 1;
        let packet = Packet {
            stream: 0,
            sequence: self.sequence,
            timestamp: self.picture,
            marker,
            body: Arc::from(vec![0; 500]),
            arrival: self.now,
            payload: frame.describe(Payload::EMPTY),
            frame: Some(frame.clone()),
            descriptor: None,
        };
        assert!(self.source.observe(&packet));
        let Some(out) = self.forwarder.forward(&self.source, &packet) else {
            return;
        };
        let needed = frame
            .references
            .distances()
            .iter()
            .map(|it| frame.number.wrapping_sub(*it));
        if needed.clone().all(|number| self.decoded.contains(&number)) {
            self.decoded.insert(frame.number);
        } else {
            self.broken += 1;
        }
        let last = self.pictures.last_mut().unwrap();
        assert!(!last.1, "nothing of a picture follows its marker");
        *last = (last.0.max(Some(frame.layers)), out.marker);
    }

    fn run(&mut self, aim: Layers, pictures: usize) {
        self.forwarder.aim(Some(aim));
        (0..pictures).for_each(|_| self.picture());
    }

    /// The highest layers of the latest pictures.
    fn latest(&self, count: usize) -> Option<Layers> {
        self.pictures
            .iter()
            .rev()
            .take(count)
            .filter_map(|it| it.0)
            .max()
    }
}

fn at(spatial: u8, temporal: u8) -> Layers {
    Layers { spatial, temporal }
}

#[test]
fn layers_of_a_stream_come_and_go_and_nothing_that_goes_out_is_undecodable() {
    for structure in [&L2T2, &L2T2_KEY] {
        let mut stream = Stream::new(structure);
        for aim in [
            at(1, 1),
            at(0, 1),
            at(0, 0),
            at(1, 0),
            at(1, 1),
            at(0, 0),
            at(1, 1),
        ] {
            stream.run(aim, 12);
            assert_eq!(stream.latest(2), Some(aim));
        }
        assert_eq!(stream.broken, 0);
    }
}

#[test]
fn every_picture_that_goes_out_ends_with_its_marker() {
    let mut stream = Stream::new(&L2T2);
    for aim in [at(0, 1), at(1, 1), at(0, 1)] {
        stream.run(aim, 10);
    }
    assert!(
        stream
            .pictures
            .iter()
            .all(|(layers, marker)| layers.is_none() || *marker)
    );
}

#[test]
fn the_viewer_is_told_which_layers_it_still_gets() {
    let mut reader = Reader::default();
    let frame = reader.read(&L2T2.descriptor(0, 1, true, None)).unwrap();
    let mut source = Source::new(Shape::Svc);
    let packet = Packet {
        stream: 0,
        sequence: 9,
        timestamp: 0,
        marker: false,
        body: Arc::from([1_u8]),
        arrival: Instant::now(),
        payload: frame.describe(Payload::EMPTY),
        frame: Some(frame),
        descriptor: None,
    };
    assert!(source.observe(&packet));
    let mut forwarder = Forwarder::new(90_000, 1, 1);
    forwarder.aim(Some(at(0, 0)));
    let out = forwarder.forward(&source, &packet).unwrap();
    assert_eq!(out.descriptor.unwrap().active, Some(0b0001));
}

/// VP9 with three spatial and two temporal layers, known by its payload descriptor alone.
#[test]
fn vp9_layers_are_left_out_by_their_payload_descriptor() {
    let mut source = Source::new(Shape::Svc);
    let mut forwarder = Forwarder::new(90_000, 1, 1);
    let (mut sequence, mut key) = (70_000, true);
    let mut now = Instant::now();
    for (aim, temporal_most) in [(2, 1), (0, 1), (1, 0), (2, 1)] {
        forwarder.aim(Some(at(aim, temporal_most)));
        let mut highest = None;
        for picture in 0..14_u32 {
            let temporal = if key { 0 } else { u8::from(picture % 2 == 1) };
            for spatial in 0..3_u8 {
                let predicted = if key { 0 } else { 0x40 };
                let octet = temporal << 5 | 0x10 | spatial << 1 | u8::from(spatial > 0);
                let body = [0xac | predicted, 0x80, 7, octet, 0, 1, 2, 3];
                sequence += 1;
                let packet = Packet {
                    stream: 0,
                    sequence,
                    timestamp: picture * 3000,
                    marker: spatial == 2,
                    body: Arc::from(body),
                    arrival: now,
                    payload: payload::read(Codec::Vp9, spatial == 2, &body).unwrap(),
                    frame: None,
                    descriptor: None,
                };
                assert!(source.observe(&packet));
                let Some(out) = forwarder.forward(&source, &packet) else {
                    continue;
                };
                if picture >= 10 {
                    highest = highest.max(Some(at(spatial, temporal)));
                    assert_eq!(out.marker, spatial == aim);
                }
            }
            key = forwarder.waits_for(&source).is_some();
            now += Duration::from_millis(33);
        }
        assert_eq!(highest, Some(at(aim, temporal_most)), "aimed at {aim}");
    }
}

proptest! {
    #[test]
    fn any_aims_leave_a_stream_decodable(
        seed in any::<u64>(),
        aims in prop::collection::vec((0_u8..2, 0_u8..2, 1_usize..20), 1..20),
    ) {
        for structure in [&L2T2, &L2T2_KEY] {
            let mut stream = Stream::new(structure);
            let mut chance = Chance(seed);
            for (spatial, temporal, pictures) in &aims {
                if chance.permille(100) {
                    stream.forwarder.aim(None);
                    stream.picture();
                }
                stream.run(at(*spatial, *temporal), *pictures);
            }
            prop_assert_eq!(stream.broken, 0);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(
        packets in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 1..5),
        known in any::<bool>(),
    ) {
        let mut reader = Reader::default();
        if known {
            reader.read(&L2T2.descriptor(0, 1, true, None)).unwrap();
        }
        for bytes in packets {
            let rewrite = Rewrite { number: 1, active: Some(1) };
            if reader.read(&bytes).is_ok() {
                let written = reader.rewrite(&bytes, rewrite).unwrap();
                prop_assert!(written.len() <= bytes.len() + 5);
                prop_assert_eq!(reader.read(&written).unwrap().number, 1);
            }
        }
    }
}
