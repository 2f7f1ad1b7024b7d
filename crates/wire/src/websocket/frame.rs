//! Frames: reading their heads, unmasking, writing (RFC 6455, section 5).

use base::limits::{SOCKET_FRAGMENTS_MAX, SOCKET_MESSAGE_BYTES_MAX};
use thiserror::Error;

use super::CloseCode;

const CONTROL_BYTES_MAX: usize = 125;
const MASK_BYTES: usize = 4;
/// RSV1: the message is packed (RFC 7692, 6).
pub(super) const PACKED: u8 = 0x40;
/// The longest head of a frame that a server writes, in bytes.
pub const HEAD_BYTES_MAX: usize = 10;

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opcode {
    /// More of the message that was begun.
    Continuation,
    /// Begins a message of UTF-8.
    Text,
    /// Begins a message of bytes.
    Binary,
    /// Ends the connection.
    Close,
    /// Asks for a pong.
    Ping,
    /// Answers a ping.
    Pong,
}

impl Opcode {
    const fn from_bits(bits: u8) -> Option<Self> {
        match bits {
            0x0 => Some(Self::Continuation),
            0x1 => Some(Self::Text),
            0x2 => Some(Self::Binary),
            0x8 => Some(Self::Close),
            0x9 => Some(Self::Ping),
            0xA => Some(Self::Pong),
            _ => None,
        }
    }

    const fn bits(self) -> u8 {
        match self {
            Self::Continuation => 0x0,
            Self::Text => 0x1,
            Self::Binary => 0x2,
            Self::Close => 0x8,
            Self::Ping => 0x9,
            Self::Pong => 0xA,
        }
    }

    /// Whether it may stand between the fragments of a message.
    #[must_use]
    pub const fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

/// The peer broke the protocol or a limit; the connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Violation {
    /// A frame that RFC 6455 does not allow here.
    #[error("protocol error: {0}")]
    Protocol(&'static str),
    /// Text that is not UTF-8.
    #[error("text that is not UTF-8")]
    NotUtf8,
    /// A packed message that can not be unpacked.
    #[error("not a packed message")]
    NotDeflated,
    /// A message above the limit, in bytes or in fragments.
    #[error("message above the limit")]
    TooBig,
}

impl Violation {
    /// The code to close with.
    #[must_use]
    pub const fn close_code(self) -> CloseCode {
        match self {
            Self::Protocol(_) => CloseCode::PROTOCOL,
            Self::NotUtf8 | Self::NotDeflated => CloseCode::NOT_UTF8,
            Self::TooBig => CloseCode::TOO_BIG,
        }
    }
}

/// What was agreed on with a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// The longest message, in bytes.
    pub message_bytes_max: usize,
    /// Whether messages may be packed; see [`super::negotiate`].
    pub deflate: bool,
}

impl Terms {
    /// Fragments of one message: for longer messages in proportion.
    pub(super) fn fragments_max(self) -> usize {
        let share = self.message_bytes_max / (SOCKET_MESSAGE_BYTES_MAX / SOCKET_FRAGMENTS_MAX);
        share.max(SOCKET_FRAGMENTS_MAX)
    }
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            message_bytes_max: SOCKET_MESSAGE_BYTES_MAX,
            deflate: false,
        }
    }
}

/// The head of a frame from a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Whether the message ends with this frame.
    pub fin: bool,
    /// Whether it begins a packed message.
    pub packed: bool,
    /// What the frame is.
    pub opcode: Opcode,
    /// The masking key.
    pub mask: [u8; MASK_BYTES],
    /// The bytes of the head itself.
    pub head_bytes: usize,
    /// The bytes that follow it.
    pub payload_bytes: usize,
}

impl Head {
    /// Reads the head at the beginning of `bytes`; `None` while it is incomplete.
    ///
    /// # Errors
    /// A [`Violation`] as soon as it can be seen: reserved bits that were not agreed on, an unknown
    /// opcode, no mask, a long or fragmented control frame, a length that is not in its shortest
    /// form or above the limit.
    pub fn parse(bytes: &[u8], terms: Terms) -> Result<Option<Self>, Violation> {
        let [first, second, rest @ ..] = bytes else {
            return Ok(None);
        };
        let opcode =
            Opcode::from_bits(first & 0x0F).ok_or(Violation::Protocol("unknown opcode"))?;
        let packed = first & PACKED != 0;
        let begins = matches!(opcode, Opcode::Text | Opcode::Binary);
        if first & 0x30 != 0 || packed && !(terms.deflate && begins) {
            return Err(Violation::Protocol("reserved bits without an extension"));
        }
        if second & 0x80 == 0 {
            return Err(Violation::Protocol("a client's frame is masked"));
        }
        let fin = first & 0x80 != 0;
        let short = usize::from(second & 0x7F);
        if opcode.is_control() && (!fin || short > CONTROL_BYTES_MAX) {
            return Err(Violation::Protocol("a control frame is short and whole"));
        }
        let Some((payload_bytes, rest)) = length(short, rest)? else {
            return Ok(None);
        };
        if payload_bytes > terms.message_bytes_max {
            return Err(Violation::TooBig);
        }
        let Some(mask) = rest.first_chunk::<MASK_BYTES>() else {
            return Ok(None);
        };
        let head_bytes = bytes.len() - rest.len() + MASK_BYTES;
        Ok(Some(Self {
            fin,
            packed,
            opcode,
            mask: *mask,
            head_bytes,
            payload_bytes,
        }))
    }

    /// Head and payload together, in bytes.
    #[must_use]
    pub const fn frame_bytes(&self) -> usize {
        self.head_bytes + self.payload_bytes
    }
}

/// The payload's length, given the seven bits of it, and what follows.
fn length(short: usize, rest: &[u8]) -> Result<Option<(usize, &[u8])>, Violation> {
    const NOT_SHORTEST: Violation = Violation::Protocol("a length is written in its shortest form");
    match short {
        126 => {
            let Some((length, rest)) = rest.split_first_chunk::<2>() else {
                return Ok(None);
            };
            let length = usize::from(u16::from_be_bytes(*length));
            if length < 126 {
                Err(NOT_SHORTEST)
            } else {
                Ok(Some((length, rest)))
            }
        }
        127 => {
            let Some((length, rest)) = rest.split_first_chunk::<8>() else {
                return Ok(None);
            };
            let length = u64::from_be_bytes(*length);
            if length <= u64::from(u16::MAX) {
                return Err(NOT_SHORTEST);
            }
            if length >> 63 != 0 {
                return Err(Violation::Protocol("the first bit of a length is 0"));
            }
            Ok(Some((
                usize::try_from(length).map_err(|_| Violation::TooBig)?,
                rest,
            )))
        }
        short => Ok(Some((short, rest))),
    }
}

/// Removes (or puts on) the mask, in place.
pub fn mask(payload: &mut [u8], mask: [u8; MASK_BYTES]) {
    let [a, b, c, d] = mask;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let mut words = payload.chunks_exact_mut(8);
    for word in &mut words {
        if let Some(chunk) = word.first_chunk_mut::<8>() {
            *chunk = (u64::from_ne_bytes(*chunk) ^ wide).to_ne_bytes();
        }
    }
    for (byte, key) in words.into_remainder().iter_mut().zip(mask.iter().cycle()) {
        *byte ^= key;
    }
}

/// Appends a whole, unmasked frame, as a server sends it.
pub fn write_frame(opcode: Opcode, payload: &[u8], out: &mut Vec<u8>) {
    out.reserve(HEAD_BYTES_MAX + payload.len());
    write_head(0x80 | opcode.bits(), payload, out);
}

/// A frame of a server behind its first byte.
pub(super) fn write_head(first: u8, payload: &[u8], out: &mut Vec<u8>) {
    out.push(first);
    if let Ok(length @ 0..=125) = u8::try_from(payload.len()) {
        out.push(length);
    } else if let Ok(length) = u16::try_from(payload.len()) {
        out.push(126);
        out.extend_from_slice(&length.to_be_bytes());
    } else {
        out.push(127);
        out.extend_from_slice(&(payload.len() as u64).to_be_bytes());
    }
    out.extend_from_slice(payload);
}
