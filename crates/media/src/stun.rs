//! The little of STUN (RFC 8489) that routing needs: whom a binding request is for, and whether who
//! sent it knows that peer's password. Everything else of ICE is the peer's.

use crate::id::PeerId;

const HEADER_BYTES: usize = 20;
const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const BINDING_REQUEST: [u8; 2] = [0, 1];
const USERNAME: u16 = 0x0006;
const MESSAGE_INTEGRITY: u16 = 0x0008;
const INTEGRITY_BYTES: usize = 20;
/// The digits of a fragment: worker (2), peer (16), and random ones.
const WORKER_DIGITS: usize = 2;
const PEER_DIGITS: usize = 16;

/// A user name fragment (RFC 8445, 5.3) that says which worker owns which peer. `random` makes each
/// start of ICE another one.
#[must_use]
pub(crate) fn fragment(worker: u8, peer: PeerId, random: u64) -> String {
    format!("{worker:02x}{:016x}{random:08x}", peer.0)
}

/// What [`fragment`] made.
fn read_fragment(text: &str) -> Option<(u8, PeerId)> {
    let (worker, rest) = text.split_at_checked(WORKER_DIGITS)?;
    let (peer, _) = rest.split_at_checked(PEER_DIGITS)?;
    let worker = u8::from_str_radix(worker, 16).ok()?;
    let peer = u64::from_str_radix(peer, 16).ok()?;
    Some((worker, PeerId(peer)))
}

/// A binding request, as far as it matters here.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    bytes: &'a [u8],
    /// `ours:theirs`.
    pub(crate) username: &'a str,
    /// Where the integrity attribute begins, and what it says.
    integrity: (usize, &'a [u8]),
}

/// Whether a datagram is STUN and not DTLS or RTP (RFC 7983).
#[must_use]
pub(crate) fn is_stun(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|first| *first < 4)
}

impl<'a> Request<'a> {
    /// Reads a binding request that carries a user name and an integrity.
    #[must_use]
    pub(crate) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (header, mut rest) = bytes.split_at_checked(HEADER_BYTES)?;
        let length = u16::from_be_bytes([*header.get(2)?, *header.get(3)?]);
        let is_request = header.starts_with(&BINDING_REQUEST)
            && header.get(4..8) == Some(&COOKIE[..])
            && usize::from(length) == rest.len();
        if !is_request {
            return None;
        }
        let (mut username, mut place) = (None, HEADER_BYTES);
        while let Some((head, after)) = rest.split_first_chunk::<4>() {
            let kind = u16::from_be_bytes([head[0], head[1]]);
            let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
            let (value, after) = after.split_at_checked(length.next_multiple_of(4))?;
            let value = value.get(..length)?;
            match kind {
                USERNAME => username = std::str::from_utf8(value).ok(),
                MESSAGE_INTEGRITY if length == INTEGRITY_BYTES => {
                    return Some(Self {
                        bytes,
                        username: username.filter(|it| it.contains(':'))?,
                        integrity: (place, value),
                    });
                }
                _ => {}
            }
            place += 4 + length.next_multiple_of(4);
            rest = after;
        }
        None
    }

    /// The worker and the peer that our half of the user name tells.
    #[must_use]
    pub(crate) fn addressee(&self) -> Option<(u8, PeerId)> {
        read_fragment(self.username.split(':').next()?)
    }

    /// Our half of the user name.
    #[must_use]
    pub(crate) fn fragment(&self) -> &'a str {
        self.username.split(':').next().unwrap_or_default()
    }

    /// Whether it was made with this password (RFC 8489, 14.5). `hmac` is HMAC-SHA1 over the pieces
    /// of a message.
    #[must_use]
    pub(crate) fn is_made_with(
        &self,
        password: &str,
        hmac: impl Fn(&[u8], &[&[u8]]) -> [u8; INTEGRITY_BYTES],
    ) -> bool {
        let (place, said) = self.integrity;
        let Some(before) = self.bytes.get(..place) else {
            return false;
        };
        let Some((kind, rest)) = before.split_first_chunk::<2>() else {
            return false;
        };
        // The length counts up to the end of the integrity, whatever follows it.
        let length = u16::try_from(place - HEADER_BYTES + 4 + INTEGRITY_BYTES).unwrap_or(0);
        let rest = rest.get(2..).unwrap_or_default();
        let made = hmac(password.as_bytes(), &[kind, &length.to_be_bytes(), rest]);
        // Every byte is looked at: how long it takes says nothing.
        let differences = std::iter::zip(made, said).fold(0, |all, (a, b)| all | (a ^ b));
        said.len() == INTEGRITY_BYTES && differences == 0
    }
}

/// Which worker a datagram is for, where its own bytes say so: a binding request. All other
/// datagrams belong to whoever heard of their address.
#[must_use]
pub fn worker_of(datagram: &[u8]) -> Option<u8> {
    if !is_stun(datagram) {
        return None;
    }
    Some(Request::read(datagram)?.addressee()?.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_fragment_tells_worker_and_peer() {
        let text = fragment(7, PeerId(u64::MAX - 1), 42);
        assert_eq!(read_fragment(&text), Some((7, PeerId(u64::MAX - 1))));
        assert_eq!(read_fragment("0"), None);
        assert_eq!(read_fragment("zz0000000000000000"), None);
    }

    /// The sample request of RFC 5769, 2.1, whose user name is not one of ours.
    const SAMPLE: &str = "000100582112a442b7e7a701bc34d686fa87dfae802200105354554e2074657374206\
        36c69656e74002400046e0001ff80290008932ff9b151263b36000600096576746a3a683676592020200008\
        00149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf";

    fn sample() -> Vec<u8> {
        let digits: Vec<char> = SAMPLE.chars().filter(char::is_ascii_hexdigit).collect();
        let pair = |it: &[char]| u8::from_str_radix(&it.iter().collect::<String>(), 16).unwrap();
        digits.chunks(2).map(pair).collect()
    }

    #[test]
    fn the_sample_of_the_standard_proves_its_password() {
        let bytes = sample();
        let request = Request::read(&bytes).unwrap();
        assert_eq!(request.username, "evtj:h6vY");
        assert!(request.is_made_with("VOkJxbRl1RmTxUk/WvJxBt", crate::peer::hmac_sha1));
        assert!(!request.is_made_with("VOkJxbRl1RmTxUk/WvJxBT", crate::peer::hmac_sha1));
        assert_eq!(request.addressee(), None);
    }

    #[test]
    fn a_changed_request_proves_nothing() {
        let mut bytes = sample();
        bytes[28] ^= 1;
        let request = Request::read(&bytes).unwrap();
        assert!(!request.is_made_with("VOkJxbRl1RmTxUk/WvJxBt", crate::peer::hmac_sha1));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
            let mut framed = sample();
            let length = u16::try_from(bytes.len()).unwrap().to_be_bytes();
            framed.truncate(HEADER_BYTES);
            framed[2..4].copy_from_slice(&length);
            framed.extend(&bytes);
            for datagram in [&bytes, &framed] {
                if let Some(request) = Request::read(datagram) {
                    prop_assert!(!request.is_made_with("", |_, _| [7; 20]));
                }
            }
        }
    }
}
