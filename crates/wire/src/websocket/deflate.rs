//! Messages in fewer bytes (RFC 7692, permessage-deflate).
//!
//! No context is kept from one message to the next, in either direction: so a message is packed
//! once for all who get it, and one [`Inflater`] serves all connections of a thread.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use super::frame::{PACKED, Violation};

/// Payloads below this size are not worth it, in bytes.
const PACKED_BYTES_MIN: usize = 256;
/// Ends every message of a sender that flushes; left out on the way.
const TAIL: [u8; 4] = [0x00, 0x00, 0xFF, 0xFF];
/// The level of the packing: what lies above takes longer than it saves.
const LEVEL: u32 = 6;
/// What is kept of a buffer between messages, in bytes.
const KEPT_BYTES_MAX: usize = 64 << 10;
/// The largest window, the only one that is agreed to, as a power of two.
const WINDOW_BITS: &str = "15";

/// The answer to the offers of a client, the values of `Sec-WebSocket-Extensions` in order. `None`
/// when none of them can be taken: then nothing is packed.
#[must_use]
pub fn negotiate<'a>(offers: impl IntoIterator<Item = &'a str>) -> Option<String> {
    offers
        .into_iter()
        .flat_map(|line| line.split(','))
        .find_map(accept)
}

/// The answer to one offer (RFC 7692, 7.1). A smaller window for what the server sends is refused,
/// since one packed form serves everybody; the client's own may be as small as it likes.
fn accept(offer: &str) -> Option<String> {
    let mut parts = offer.split(';').map(str::trim);
    if !parts.next()?.eq_ignore_ascii_case("permessage-deflate") {
        return None;
    }
    let mut answer =
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover".to_owned();
    let mut seen = Vec::new();
    for part in parts {
        let (name, value) = match part.split_once('=') {
            Some((name, value)) => (name.trim(), Some(unquoted(value.trim()))),
            None => (part, None),
        };
        if seen.contains(&name) {
            return None;
        }
        seen.push(name);
        match (name, value) {
            ("server_no_context_takeover" | "client_no_context_takeover", None)
            | ("client_max_window_bits", None) => {}
            ("client_max_window_bits", Some(bits)) if is_window(bits) => {}
            ("server_max_window_bits", Some(WINDOW_BITS)) => {
                answer.push_str("; server_max_window_bits=15");
            }
            _ => return None,
        }
    }
    Some(answer)
}

fn unquoted(value: &str) -> &str {
    let inner = value.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    inner.unwrap_or(value)
}

fn is_window(bits: &str) -> bool {
    matches!(
        bits,
        "8" | "9" | "10" | "11" | "12" | "13" | "14" | WINDOW_BITS
    )
}

/// Unpacks messages, one after the other. Takes no memory before the first.
#[derive(Debug, Default)]
pub struct Inflater {
    state: Option<Decompress>,
    out: Vec<u8>,
}

impl Inflater {
    /// The message behind a packed payload.
    ///
    /// # Errors
    /// [`Violation::TooBig`] as soon as there are more than `bytes_max`, whatever the payload's own
    /// length; [`Violation::NotDeflated`] for anything that is not a packed message.
    pub(super) fn unpack(&mut self, payload: &[u8], bytes_max: usize) -> Result<&[u8], Violation> {
        if self.out.capacity() > KEPT_BYTES_MAX {
            self.out = Vec::new();
        }
        self.out.clear();
        let state = self.state.get_or_insert_with(|| Decompress::new(false));
        state.reset(false);
        for part in [payload, &TAIL] {
            inflate(state, part, &mut self.out, bytes_max)?;
        }
        Ok(&self.out)
    }
}

fn inflate(
    state: &mut Decompress,
    mut input: &[u8],
    out: &mut Vec<u8>,
    bytes_max: usize,
) -> Result<(), Violation> {
    loop {
        // One byte more than may be, so that too much is seen.
        let room = (input.len() * 4).clamp(64, (bytes_max + 1).saturating_sub(out.len()).max(64));
        out.reserve_exact(room);
        let before = state.total_in();
        let written = out.len();
        let status = state
            .decompress_vec(input, out, FlushDecompress::Sync)
            .map_err(|_| Violation::NotDeflated)?;
        let taken = (state.total_in() - before) as usize;
        input = input.get(taken..).unwrap_or_default();
        if out.len() > bytes_max {
            return Err(Violation::TooBig);
        }
        match status {
            // A last block in the middle: what follows begins anew (RFC 7692, 7.2.3.4).
            Status::StreamEnd => state.reset(false),
            Status::Ok | Status::BufError => {
                let stuck = taken == 0 && out.len() == written;
                if input.is_empty() && out.len() < out.capacity() {
                    return Ok(());
                }
                if stuck && out.len() < out.capacity() {
                    return Err(Violation::NotDeflated);
                }
            }
        }
        if input.is_empty() && status == Status::StreamEnd {
            return Ok(());
        }
    }
}

/// Packs messages, each for itself. Takes no memory before the first.
#[derive(Debug, Default)]
pub struct Deflater {
    state: Option<Compress>,
    out: Vec<u8>,
}

impl Deflater {
    /// The same frames with every whole message packed that gets shorter by it. `frames` are frames
    /// that a server wrote; of anything else the rest is left as it is.
    #[must_use]
    pub fn pack(&mut self, frames: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(frames.len());
        let mut rest = frames;
        while let Some((first, payload, behind)) = split(rest) {
            let frame = &rest[..rest.len() - behind.len()];
            rest = behind;
            // A whole text or binary message that is not packed.
            let eligible = matches!(first, 0x81 | 0x82) && payload.len() >= PACKED_BYTES_MIN;
            match eligible.then(|| self.deflate(payload)).flatten() {
                Some(packed) => super::frame::write_head(first | PACKED, packed, &mut out),
                None => out.extend_from_slice(frame),
            }
        }
        out.extend_from_slice(rest);
        out
    }

    /// The packed payload; `None` when it is no shorter.
    fn deflate(&mut self, payload: &[u8]) -> Option<&[u8]> {
        let state = self
            .state
            .get_or_insert_with(|| Compress::new(Compression::new(LEVEL), false));
        state.reset();
        if self.out.capacity() > KEPT_BYTES_MAX {
            self.out = Vec::new();
        }
        self.out.clear();
        // No longer than the payload, else it is not worth it; the tail is cut off.
        self.out.reserve_exact(payload.len() + TAIL.len() + 1);
        state
            .compress_vec(payload, &mut self.out, FlushCompress::Sync)
            .ok()?;
        // An output that is full may lack a part.
        let whole =
            state.total_in() as usize == payload.len() && self.out.len() < self.out.capacity();
        let packed = self.out.strip_suffix(&TAIL)?;
        (whole && packed.len() < payload.len()).then_some(packed)
    }
}

/// The first frame of a server: its first byte, its payload, and what follows.
fn split(frames: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let [first, short, rest @ ..] = frames else {
        return None;
    };
    let (length, rest) = match short {
        0..=125 => (usize::from(*short), rest),
        126 => {
            let (length, rest) = rest.split_first_chunk::<2>()?;
            (usize::from(u16::from_be_bytes(*length)), rest)
        }
        127 => {
            let (length, rest) = rest.split_first_chunk::<8>()?;
            (usize::try_from(u64::from_be_bytes(*length)).ok()?, rest)
        }
        128.. => return None,
    };
    let (payload, behind) = rest.split_at_checked(length)?;
    Some((*first, payload, behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_is_taken_when_one_packed_form_serves_everybody() {
        let both = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
        for offer in [
            "permessage-deflate",
            "Permessage-Deflate; client_max_window_bits",
            "x-webkit-deflate-frame, permessage-deflate; client_max_window_bits=\"9\"",
            "permessage-deflate; server_max_window_bits=10, permessage-deflate",
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
        ] {
            assert_eq!(negotiate([offer]).as_deref(), Some(both), "{offer}");
        }
        let whole = format!("{both}; server_max_window_bits=15");
        let offer = "permessage-deflate; server_max_window_bits=15";
        assert_eq!(negotiate([offer]), Some(whole));
        for offer in [
            "",
            "permessage-deflates",
            "permessage-deflate; server_max_window_bits=8",
            "permessage-deflate; server_max_window_bits",
            "permessage-deflate; client_max_window_bits=16",
            "permessage-deflate; client_max_window_bits=08",
            "permessage-deflate; server_no_context_takeover=1",
            "permessage-deflate; client_max_window_bits; client_max_window_bits=9",
            "permessage-deflate; anything",
        ] {
            assert_eq!(negotiate([offer]), None, "{offer}");
        }
    }

    #[test]
    fn examples_of_the_rfc_are_read() {
        let mut inflater = Inflater::default();
        let hello: [&[u8]; 4] = [
            &[0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00],
            // Not compressed.
            &[
                0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00,
            ],
            // A last block, and an empty one behind it.
            &[0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00],
            // Two blocks.
            &[
                0xF2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xCA, 0xC9, 0xC9, 0x07, 0x00,
            ],
        ];
        for payload in hello {
            assert_eq!(inflater.unpack(payload, 5), Ok(&b"Hello"[..]));
            assert_eq!(inflater.unpack(payload, 4), Err(Violation::TooBig));
        }
        assert_eq!(inflater.unpack(&[], 10), Ok(&b""[..]));
        // A kind of block that there is not.
        assert_eq!(inflater.unpack(&[0x06], 10), Err(Violation::NotDeflated));
    }

    #[test]
    fn what_is_packed_is_unpacked_and_short_frames_stay() {
        let mut deflater = Deflater::default();
        let mut inflater = Inflater::default();
        let long = b"{\"text\":\"again and again\"}".repeat(40);
        let mut frames = Vec::new();
        super::super::write_frame(super::super::Opcode::Text, b"short", &mut frames);
        let kept = frames.clone();
        super::super::write_frame(super::super::Opcode::Text, &long, &mut frames);
        for _ in 0..2 {
            let packed = deflater.pack(&frames);
            assert!(packed.len() < frames.len() / 4);
            assert!(packed.starts_with(&kept));
            let (first, payload, behind) = split(&packed[kept.len()..]).unwrap();
            assert_eq!((first, behind), (0xC1, &b""[..]));
            assert_eq!(inflater.unpack(payload, long.len()), Ok(&long[..]));
            assert_eq!(deflater.pack(&packed), packed);
        }
        let noise: Vec<u8> = (0..600_u32).map(|n| ((n * n * 7919) >> 7) as u8).collect();
        let mut frame = Vec::new();
        super::super::write_frame(super::super::Opcode::Binary, &noise, &mut frame);
        assert!(deflater.pack(&frame).len() <= frame.len());
    }

    #[test]
    fn a_bomb_is_refused_while_it_is_small() {
        let mut state = Compress::new(Compression::best(), false);
        let mut bomb = Vec::with_capacity(64 << 10);
        let zeros = vec![0; 8 << 20];
        state
            .compress_vec(&zeros, &mut bomb, FlushCompress::Sync)
            .unwrap();
        assert!(bomb.len() < 16 << 10);
        let mut inflater = Inflater::default();
        let refused = inflater.unpack(&bomb, 64 << 10).map(<[u8]>::len);
        assert_eq!(refused, Err(Violation::TooBig));
        assert!(inflater.out.capacity() < 256 << 10);
    }
}
