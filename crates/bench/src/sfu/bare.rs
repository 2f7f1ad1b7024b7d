//! What the floor is spoken to in: a greeting that tells the participant's number, then RTP whose
//! SSRC tells participant and layer. No ICE, no DTLS, no RTCP.

use super::srtp::HEADER_BYTES;
use super::trace::Layer;

/// First byte of a greeting; never that of RTP, whose version is 2.
const GREETING: u8 = 1;

/// A greeting; the floor sends it back.
pub(crate) fn greeting(participant: usize) -> [u8; 3] {
    let [high, low] = (participant as u16).to_be_bytes();
    [GREETING, high, low]
}

/// The participant that greets, if it is a greeting.
pub(crate) fn greeted(packet: &[u8]) -> Option<usize> {
    match *packet {
        [GREETING, high, low] => Some(usize::from(u16::from_be_bytes([high, low]))),
        _ => None,
    }
}

/// The header of an RTP packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    /// Who sent it.
    pub(crate) participant: usize,
    /// Its stream.
    pub(crate) layer: Layer,
    /// Place in the stream.
    pub(crate) sequence: u16,
    /// In units of the clock of the codec.
    pub(crate) time: u32,
    /// Whether it ends a picture.
    pub(crate) marker: bool,
}

impl Header {
    /// The header as bytes.
    pub(crate) fn bytes(self) -> [u8; HEADER_BYTES] {
        let kind = match self.layer {
            Layer::Sound => 111,
            Layer::Quarter | Layer::Half | Layer::Full => 96,
        };
        let [s0, s1] = self.sequence.to_be_bytes();
        let [t0, t1, t2, t3] = self.time.to_be_bytes();
        let [c0, c1, c2, c3] = self.ssrc().to_be_bytes();
        let kind = kind | (u8::from(self.marker) << 7);
        [0x80, kind, s0, s1, t0, t1, t2, t3, c0, c1, c2, c3]
    }

    /// The SSRC of the stream.
    pub(crate) fn ssrc(self) -> u32 {
        ((self.participant as u32) << 2) | self.layer.number() as u32
    }

    /// Reads a header.
    pub(crate) fn read(packet: &[u8]) -> Option<Self> {
        let &[0x80, kind, s0, s1, t0, t1, t2, t3, c0, c1, c2, c3] =
            packet.first_chunk::<HEADER_BYTES>()?
        else {
            return None;
        };
        let ssrc = u32::from_be_bytes([c0, c1, c2, c3]);
        Some(Self {
            participant: (ssrc >> 2) as usize,
            layer: *Layer::ALL.get((ssrc & 3) as usize)?,
            sequence: u16::from_be_bytes([s0, s1]),
            time: u32::from_be_bytes([t0, t1, t2, t3]),
            marker: kind & 0x80 != 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_as_it_was_written() {
        for layer in Layer::ALL {
            let header = Header {
                participant: 300,
                layer,
                sequence: 65_535,
                time: 1 << 31,
                marker: true,
            };
            assert_eq!(Header::read(&header.bytes()), Some(header));
            assert_eq!(greeted(&header.bytes()), None);
        }
        assert_eq!(greeted(&greeting(300)), Some(300));
    }
}
