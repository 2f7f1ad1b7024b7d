//! What is sent: sound as Opus sends it and pictures as VP8 simulcast sends them, made beforehand.
//!
//! Sizes come from a seeded generator, so that every server gets the same packets. The payload is
//! no picture: it has a valid payload descriptor (RFC 7741) and frame header, then filler, and at
//! its end a [`Mark`] that tells who sent it when. Nobody decodes it.

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

/// Pictures a second.
pub(crate) const PICTURES_PER_SECOND: u64 = 30;
/// Sound packets a second: 20 ms each.
pub(crate) const SOUNDS_PER_SECOND: u64 = 50;
/// Longest payload, in bytes: what libwebrtc leaves after headers.
const PAYLOAD_BYTES_MAX: usize = 1_100;
/// Length of a [`Mark`], in bytes.
const MARK_BYTES: usize = 16;
const MAGIC: &[u8; 4] = b"plza";
/// After so many the sizes repeat.
const SIZES: usize = 300;
/// A keyframe is so many times as long as another picture.
const KEY_TIMES: usize = 5;

/// A stream of a participant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layer {
    /// Opus, about 36 kbit/s, sizes vary from packet to packet.
    Sound,
    /// 320x180, 150 kbit/s.
    Quarter,
    /// 640x360, 500 kbit/s.
    Half,
    /// 1280x720, 1.7 Mbit/s.
    Full,
}

impl Layer {
    /// All of them, by their [`number`](Self::number).
    pub(crate) const ALL: [Self; 4] = [Self::Sound, Self::Quarter, Self::Half, Self::Full];
    /// Those of the camera, the lowest first.
    pub(crate) const VIDEO: [Self; 3] = [Self::Quarter, Self::Half, Self::Full];

    /// Its place in tables.
    pub(crate) fn number(self) -> usize {
        match self {
            Self::Sound => 0,
            Self::Quarter => 1,
            Self::Half => 2,
            Self::Full => 3,
        }
    }

    /// Its name in SDP, if it is one of several.
    pub(crate) fn rid(self) -> Option<&'static str> {
        match self {
            Self::Sound => None,
            Self::Quarter => Some("q"),
            Self::Half => Some("h"),
            Self::Full => Some("f"),
        }
    }

    /// Width and height in pixels; zero for sound.
    pub(crate) fn size(self) -> (u16, u16) {
        match self {
            Self::Sound => (0, 0),
            Self::Quarter => (320, 180),
            Self::Half => (640, 360),
            Self::Full => (1280, 720),
        }
    }

    /// Bits a second, about.
    pub(crate) fn bits_per_second(self) -> usize {
        match self {
            Self::Sound => 36_000,
            Self::Quarter => 150_000,
            Self::Half => 500_000,
            Self::Full => 1_700_000,
        }
    }
}

/// Who sent a packet, in which layer and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    /// The stream it was sent in.
    pub(crate) layer: Layer,
    /// The number of the participant.
    pub(crate) publisher: u8,
    /// Nanoseconds since the load began.
    pub(crate) sent_ns: u64,
}

impl Mark {
    fn bytes(self) -> [u8; MARK_BYTES] {
        let mut bytes = [0; MARK_BYTES];
        let (magic, rest) = bytes.split_at_mut(MAGIC.len());
        magic.copy_from_slice(MAGIC);
        let (who, time) = rest.split_at_mut(4);
        who.copy_from_slice(&[self.layer.number() as u8, self.publisher, 0, 0]);
        time.copy_from_slice(&self.sent_ns.to_be_bytes());
        bytes
    }

    /// Reads the mark at the end of a payload; nothing if there is none.
    pub(crate) fn read(payload: &[u8]) -> Option<Self> {
        let mark: &[u8; MARK_BYTES] = payload.last_chunk()?;
        let rest = mark.strip_prefix(MAGIC)?;
        let (&[layer, publisher, ..], time) = rest.split_first_chunk::<4>()?;
        Some(Self {
            layer: *Layer::ALL.get(usize::from(layer))?,
            publisher,
            sent_ns: u64::from_be_bytes(*time.first_chunk()?),
        })
    }
}

/// A picture in its stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Picture {
    /// Counts all pictures of the stream.
    pub(crate) number: u64,
    /// Pictures since the last keyframe; zero is the keyframe.
    pub(crate) position: u64,
    /// Counts the pictures of the lowest temporal layer.
    base: u8,
}

impl Picture {
    /// The one after this. A keyframe begins the pattern of temporal layers anew.
    pub(crate) fn next(self, key: bool) -> Self {
        let position = if key { 0 } else { self.position + 1 };
        let next = Self {
            number: self.number + 1,
            position,
            base: self.base,
        };
        let step = u8::from(next.temporal() == 0);
        Self {
            base: self.base.wrapping_add(step),
            ..next
        }
    }

    /// Three temporal layers in the pattern 0 2 1 2.
    fn temporal(self) -> u8 {
        match self.position % 4 {
            0 => 0,
            2 => 1,
            _ => 2,
        }
    }

    /// The VP8 payload descriptor (RFC 7741 section 4.2) with a picture id of 15 bits and
    /// TL0PICIDX; every picture above the lowest temporal layer is a switching point.
    fn descriptor(self, first: bool) -> [u8; 6] {
        let id = (self.number as u16) & 0x7fff;
        let sync = u8::from(self.temporal() > 0);
        [
            0x80 | (u8::from(first) << 4),
            0xf0,
            0x80 | (id >> 8) as u8,
            id as u8,
            self.base,
            (self.temporal() << 6) | (sync << 5),
        ]
    }
}

/// Sizes and filler, made once.
pub(crate) struct Trace {
    /// Per layer the bytes of one picture, or of one packet of sound.
    sizes: [Vec<usize>; 4],
    filler: Vec<u8>,
}

impl Trace {
    /// The same for the same seed.
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = SmallRng::seed_from_u64(seed);
        let mut of = |layer: Layer| {
            let per_second = match layer {
                Layer::Sound => SOUNDS_PER_SECOND,
                Layer::Quarter | Layer::Half | Layer::Full => PICTURES_PER_SECOND,
            };
            let mean = layer.bits_per_second() / 8 / per_second as usize;
            let sizes = (0..SIZES).map(|_| random.random_range(mean * 7 / 10..=mean * 13 / 10));
            sizes.collect::<Vec<_>>()
        };
        let sizes = Layer::ALL.map(&mut of);
        let filler = (0..PAYLOAD_BYTES_MAX).map(|_| random.random()).collect();
        Self { sizes, filler }
    }

    /// The payload of one packet of sound.
    pub(crate) fn sound(&self, number: u64, mark: Mark) -> Vec<u8> {
        // SILK-only, 20 ms, one frame (RFC 6716 section 3.1).
        self.payload(&[0x48], self.bytes(Layer::Sound, number), mark)
    }

    /// The payloads of one picture, in order.
    pub(crate) fn picture(&self, picture: Picture, mark: Mark) -> Vec<Vec<u8>> {
        let key = picture.position == 0;
        let times = if key { KEY_TIMES } else { 1 };
        let bytes = self.bytes(mark.layer, picture.number) * times;
        let packets = bytes.div_ceil(PAYLOAD_BYTES_MAX);
        // Equal but for the last, as libwebrtc parts a picture: what lets a sender batch them.
        let each = bytes.div_ceil(packets);
        let mut made = Vec::with_capacity(packets);
        for index in 0..packets {
            let mut head = picture.descriptor(index == 0).to_vec();
            if index == 0 {
                head.extend_from_slice(&frame_header(key, mark.layer.size()));
            }
            let wanted = each.min(bytes - index * each);
            made.push(self.payload(&head, wanted, mark));
        }
        made
    }

    fn bytes(&self, layer: Layer, number: u64) -> usize {
        let sizes = self
            .sizes
            .get(layer.number())
            .map_or(&[][..], Vec::as_slice);
        let index = number as usize % SIZES;
        sizes.get(index).copied().unwrap_or(MARK_BYTES)
    }

    fn payload(&self, head: &[u8], bytes: usize, mark: Mark) -> Vec<u8> {
        let filled = bytes.saturating_sub(head.len() + MARK_BYTES);
        let filler = self.filler.get(..filled).unwrap_or(&self.filler);
        [head, filler, &mark.bytes()].concat()
    }
}

/// The begin of a VP8 frame (RFC 6386 section 9.1): three bytes, and for a keyframe the start code
/// and the size.
fn frame_header(key: bool, (width, height): (u16, u16)) -> Vec<u8> {
    if !key {
        return vec![0x31, 0x02, 0x00];
    }
    let [w0, w1] = width.to_le_bytes();
    let [h0, h1] = height.to_le_bytes();
    vec![0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, w0, w1, h0, h1]
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARK: Mark = Mark {
        layer: Layer::Full,
        publisher: 7,
        sent_ns: 123_456_789,
    };

    #[test]
    fn a_mark_is_read_from_the_end_of_every_packet_of_a_picture() {
        let trace = Trace::new(1);
        for key in [false, true] {
            let packets = trace.picture(Picture::default().next(key), MARK);
            assert!(packets.len() > 4);
            assert!(
                packets
                    .iter()
                    .all(|packet| Mark::read(packet) == Some(MARK))
            );
        }
        assert_eq!(Mark::read(b"plza"), None);
        assert_eq!(Mark::read(&[0; 40]), None);
    }

    #[test]
    fn a_picture_is_parted_into_packets_of_equal_length_but_for_the_last() {
        let packets = Trace::new(1).picture(Picture::default(), MARK);
        let lengths: Vec<usize> = packets.iter().map(Vec::len).collect();
        let (last, rest) = lengths.split_last().unwrap_or((&0, &[]));
        assert!(
            rest.iter()
                .all(|length| Some(length) == rest.first() && length >= last)
        );
        assert!(lengths.iter().all(|length| *length <= PAYLOAD_BYTES_MAX));
    }

    #[test]
    fn a_keyframe_says_so_and_tells_its_size() {
        let packets = Trace::new(1).picture(Picture::default(), MARK);
        let first = packets.first().map_or(&[][..], Vec::as_slice);
        assert_eq!(first.get(..6), Some(&[0x90, 0xf0, 0x80, 0, 0, 0][..]));
        assert_eq!(first.get(9..12), Some(&[0x9d, 0x01, 0x2a][..]));
        assert_eq!(first.get(12..16), Some(&[0x00, 0x05, 0xd0, 0x02][..]));
    }

    #[test]
    fn a_keyframe_begins_the_temporal_pattern_anew() {
        let mut picture = Picture::default();
        let mut seen = Vec::new();
        for key in [false, false, true, false, false, false, false] {
            picture = picture.next(key);
            seen.push((picture.temporal(), picture.base));
        }
        let wanted = [(2, 0), (1, 0), (0, 1), (2, 1), (1, 1), (2, 1), (0, 2)];
        assert_eq!(seen, wanted);
    }

    #[test]
    fn the_rate_is_about_what_the_layer_says() {
        let trace = Trace::new(1);
        for layer in Layer::VIDEO {
            let mark = Mark { layer, ..MARK };
            let mut picture = Picture::default();
            let mut bits = 0.0;
            for _ in 0..PICTURES_PER_SECOND {
                picture = picture.next(false);
                let packets = trace.picture(picture, mark);
                bits += packets.iter().map(|packet| packet.len() * 8).sum::<usize>() as f64;
            }
            let wanted = layer.bits_per_second() as f64;
            assert!((bits / wanted - 1.0).abs() < 0.15, "{layer:?}: {bits}");
        }
    }
}
