//! AES-128-GCM for RTP (RFC 7714) as the floor needs it: fixed keys, no key derivation, no replay
//! list, at most 65,536 packets of a stream. A measure, never protection.

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use crate::error::BenchError;

/// Length of an RTP header without extensions, in bytes.
pub(crate) const HEADER_BYTES: usize = 12;

/// The keys of one direction of one participant.
pub(crate) struct Srtp {
    key: LessSafeKey,
    salt: [u8; 12],
}

/// Seen from the participant.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Direction {
    /// What the participant sends.
    Up,
    /// What the participant receives.
    Down,
}

impl Srtp {
    /// The keys that both sides know.
    pub(crate) fn of(participant: usize, direction: Direction) -> Result<Self, BenchError> {
        let [high, low] = (participant as u16).to_be_bytes();
        let side = match direction {
            Direction::Up => 1,
            Direction::Down => 2,
        };
        let mut bytes = [side; 16];
        bytes[0] = high;
        bytes[1] = low;
        let key = UnboundKey::new(&AES_128_GCM, &bytes);
        let key = key.map_err(|_| BenchError::Missing("no AES-128-GCM".to_owned()))?;
        Ok(Self {
            key: LessSafeKey::new(key),
            salt: [side; 12],
        })
    }

    /// Encrypts the payload of the RTP packet that begins at `start` and puts the tag behind it.
    pub(crate) fn seal(&self, packets: &mut Vec<u8>, start: usize) -> Option<()> {
        let (header, payload) = packets
            .get_mut(start..)?
            .split_at_mut_checked(HEADER_BYTES)?;
        let nonce = self.nonce(header)?;
        let sealed = self
            .key
            .seal_in_place_separate_tag(nonce, Aad::from(&*header), payload);
        packets.extend_from_slice(sealed.ok()?.as_ref());
        Some(())
    }

    /// Decrypts the payload of a packet in its place and gives its length, without the tag.
    pub(crate) fn open(&self, packet: &mut [u8]) -> Option<usize> {
        let (header, payload) = packet.split_at_mut_checked(HEADER_BYTES)?;
        let nonce = self.nonce(header)?;
        let opened = self.key.open_in_place(nonce, Aad::from(&*header), payload);
        opened.ok().map(|payload| payload.len())
    }

    /// RFC 7714 section 8.1, with a roll-over counter of zero.
    fn nonce(&self, header: &[u8]) -> Option<Nonce> {
        let mut nonce = self.salt;
        let ssrc = header.get(8..12)?.iter();
        let sequence = header.get(2..4)?.iter();
        for (to, from) in nonce.get_mut(2..6)?.iter_mut().zip(ssrc) {
            *to ^= from;
        }
        for (to, from) in nonce.get_mut(10..12)?.iter_mut().zip(sequence) {
            *to ^= from;
        }
        Some(Nonce::assume_unique_for_key(nonce))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_packet_opens_with_its_key_only() {
        let srtp = |who| Srtp::of(who, Direction::Up).unwrap_or_else(|error| panic!("{error}"));
        let plain = [vec![7; HEADER_BYTES], b"some payload".to_vec()].concat();
        let mut packets = [b"before".to_vec(), plain.clone()].concat();
        assert_eq!(srtp(3).seal(&mut packets, 6), Some(()));
        let sealed = packets.split_off(6);
        assert_eq!(sealed.len(), plain.len() + 16);
        assert_eq!(srtp(4).open(&mut sealed.clone()), None);
        let mut opened = sealed;
        let length = srtp(3).open(&mut opened).unwrap_or(0);
        assert_eq!(opened.get(..HEADER_BYTES + length), Some(&plain[..]));
    }
}
