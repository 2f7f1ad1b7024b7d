//! Messages on their way out: told apart as the carrier of a connection wants it.
//!
//! The doors encode, this frames; nobody looks inside.

use std::cell::RefCell;

use bytes::Bytes;
use domain::hub::Framing;
use wire::websocket::{Deflater, Opcode, write_frame};

thread_local! {
    /// Keeps nothing from one message to the next, so one serves all connections of a thread.
    static DEFLATER: RefCell<Deflater> = RefCell::default();
}

/// What a message consists of, as WebSockets tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// UTF-8.
    Text,
    /// Bytes.
    Binary,
}

/// One whole message of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Message<'a> {
    /// UTF-8.
    Text(&'a str),
    /// Bytes.
    Binary(&'a [u8]),
    /// The answer to a ping of the WebSocket protocol itself.
    Pong,
}

/// Engine.IO puts this between the packets of one body.
const RECORD_SEPARATOR: u8 = 0x1E;

/// One message in its frame.
pub(crate) fn framed(framing: Framing, kind: Kind, payload: &[u8]) -> Bytes {
    let mut out = Vec::with_capacity(payload.len() + 10);
    match framing {
        Framing::Frames => {
            let opcode = match kind {
                Kind::Text => Opcode::Text,
                Kind::Binary => Opcode::Binary,
            };
            write_frame(opcode, payload, &mut out);
        }
        Framing::Lines => {
            out.extend_from_slice(payload);
            out.push(b'\n');
        }
        Framing::Bare => out.extend_from_slice(payload),
        Framing::Events => {
            for line in payload.split(|byte| *byte == b'\n') {
                out.extend_from_slice(b"data: ");
                out.extend_from_slice(line);
                out.push(b'\n');
            }
            out.push(b'\n');
        }
        Framing::Records => {
            out.push(RECORD_SEPARATOR);
            out.extend_from_slice(payload);
        }
    }
    out.into()
}

/// The same WebSocket frames in fewer bytes, where that is worth it.
pub(super) fn packed(frames: &Bytes) -> Bytes {
    DEFLATER
        .with_borrow_mut(|deflater| deflater.pack(frames))
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_framing_tells_messages_apart_in_its_own_way() {
        let text = |framing| framed(framing, Kind::Text, b"{}");
        assert_eq!(text(Framing::Frames), &b"\x81\x02{}"[..]);
        assert_eq!(framed(Framing::Frames, Kind::Binary, b"{}")[0], 0x82);
        assert_eq!(text(Framing::Lines), &b"{}\n"[..]);
        assert_eq!(text(Framing::Bare), &b"{}"[..]);
        assert_eq!(text(Framing::Events), &b"data: {}\n\n"[..]);
        assert_eq!(text(Framing::Records), &b"\x1e{}"[..]);
        let lines = framed(Framing::Events, Kind::Text, b"a\nb");
        assert_eq!(lines, &b"data: a\ndata: b\n\n"[..]);
    }
}
