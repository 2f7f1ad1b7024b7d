//! Close frames and their codes (RFC 6455, 7.4, and the IANA registry).

use super::{Opcode, write_frame};

const REASON_BYTES_MAX: usize = 123;

/// The code of a close frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CloseCode(pub u16);

impl CloseCode {
    /// Done.
    pub const NORMAL: Self = Self(1000);
    /// The peer broke the protocol.
    pub const PROTOCOL: Self = Self(1002);
    /// Text that is not UTF-8.
    pub const NOT_UTF8: Self = Self(1007);
    /// A message above the limit.
    pub const TOO_BIG: Self = Self(1009);

    /// Whether the code may stand in a frame.
    #[must_use]
    pub const fn is_sendable(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }
}

/// A whole close frame; the reason is cut to what fits.
#[must_use]
pub fn close_frame(code: CloseCode, reason: &str) -> Vec<u8> {
    let reason = &reason[..reason.floor_char_boundary(REASON_BYTES_MAX)];
    let mut payload = Vec::with_capacity(2 + reason.len());
    payload.extend_from_slice(&code.0.to_be_bytes());
    payload.extend_from_slice(reason.as_bytes());
    let mut frame = Vec::new();
    write_frame(Opcode::Close, &payload, &mut frame);
    frame
}
