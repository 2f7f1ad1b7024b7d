//! The bodies of long-polling: packets joined by a record separator, bytes in base64.
//!
//! What is written to a session is kept as WebSocket frames, whatever carries it, so that one
//! encoding serves all and an upgrade finds everything in order; [`from_frames`] turns such frames
//! into the body of a poll at the last moment.

use base::limits::SOCKETIO_PACKETS_PER_POST_MAX;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::packet::{Malformed, Packet};

/// Between two packets: the record separator of ASCII.
pub const SEPARATOR: u8 = 0x1E;
/// Before a packet of bytes.
const BINARY: char = 'b';

/// Reads the body of a POST.
///
/// # Errors
/// [`Malformed`] for the whole body: nothing of it has been acted upon.
pub fn packets(body: &[u8]) -> Result<Vec<Packet<'_>>, Malformed> {
    let text = simdutf8::basic::from_utf8(body).map_err(|_| Malformed::NotUtf8)?;
    let mut packets = Vec::new();
    for part in text.split(char::from(SEPARATOR)) {
        if packets.len() == SOCKETIO_PACKETS_PER_POST_MAX {
            return Err(Malformed::TooMany);
        }
        packets.push(match part.strip_prefix(BINARY) {
            Some(base64) => Packet::Binary(decode(base64)?),
            None => Packet::from_text(part)?,
        });
    }
    Ok(packets)
}

fn decode(base64: &str) -> Result<Vec<u8>, Malformed> {
    STANDARD.decode(base64).map_err(|_| Malformed::Base64)
}

/// Appends a packet to the body of an answer.
pub fn append(packet: &Packet<'_>, body: &mut Vec<u8>) {
    separate(body);
    match packet {
        Packet::Binary(bytes) => append_binary(bytes, body),
        Packet::Open(_)
        | Packet::Close
        | Packet::Ping(_)
        | Packet::Pong(_)
        | Packet::Message(_)
        | Packet::Upgrade
        | Packet::Noop => packet.append_text(body),
    }
}

/// Appends the whole frames of a server's side of a WebSocket to the body of an answer: text as the
/// packet it is, bytes in base64. Control frames say nothing here and are left out, and so is a
/// frame that is cut off.
pub fn from_frames(frames: &[u8], body: &mut Vec<u8>) {
    from_some_frames(frames, usize::MAX, body);
}

/// Appends at most so many packets of such frames, and tells how many there were and what is left.
pub fn from_some_frames<'a>(
    mut frames: &'a [u8],
    packets_max: usize,
    body: &mut Vec<u8>,
) -> (usize, &'a [u8]) {
    let mut packets = 0;
    while packets < packets_max
        && let Some((frame, rest)) = split_frame(frames)
    {
        frames = rest;
        match frame {
            Frame::Text(text) => {
                separate(body);
                body.extend_from_slice(text);
                packets += 1;
            }
            Frame::Binary(bytes) => {
                separate(body);
                append_binary(bytes, body);
                packets += 1;
            }
            Frame::Control => {}
        }
    }
    (packets, frames)
}

fn separate(body: &mut Vec<u8>) {
    if !body.is_empty() {
        body.push(SEPARATOR);
    }
}

fn append_binary(bytes: &[u8], body: &mut Vec<u8>) {
    body.push(BINARY as u8);
    body.extend_from_slice(STANDARD.encode(bytes).as_bytes());
}

enum Frame<'a> {
    Text(&'a [u8]),
    Binary(&'a [u8]),
    Control,
}

/// The first of some unmasked, unfragmented frames (RFC 6455, 5.2), and the others.
fn split_frame(bytes: &[u8]) -> Option<(Frame<'_>, &[u8])> {
    let (head, rest) = bytes.split_first_chunk::<2>()?;
    let (length, rest) = match head[1] & 0x7F {
        126 => {
            let (length, rest) = rest.split_first_chunk::<2>()?;
            (usize::from(u16::from_be_bytes(*length)), rest)
        }
        127 => {
            let (length, rest) = rest.split_first_chunk::<8>()?;
            (usize::try_from(u64::from_be_bytes(*length)).ok()?, rest)
        }
        short => (usize::from(short), rest),
    };
    let (payload, rest) = rest.split_at_checked(length)?;
    let frame = match head[0] & 0x0F {
        0x1 => Frame::Text(payload),
        0x2 => Frame::Binary(payload),
        _ => Frame::Control,
    };
    Some((frame, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::websocket::{Opcode, write_frame};

    #[test]
    fn a_body_is_split_at_the_separator_and_bytes_are_base64() {
        let packets = packets(b"4hello\x1ebAQIDBA==\x1e2").unwrap();
        let expected = [
            Packet::Message("hello"),
            Packet::Binary(vec![1, 2, 3, 4]),
            Packet::Ping(""),
        ];
        assert_eq!(packets, expected);
    }

    #[test]
    fn a_body_with_anything_wrong_is_refused_as_a_whole() {
        let bad: [(&[u8], Malformed); 6] = [
            (b"", Malformed::Kind),
            (b"abc", Malformed::Kind),
            (b"4a\x1e", Malformed::Kind),
            (b"4a\x1e\x1e4b", Malformed::Kind),
            (b"4a\x1eb*", Malformed::Base64),
            (b"4\xFF", Malformed::NotUtf8),
        ];
        for (body, malformed) in bad {
            assert_eq!(packets(body), Err(malformed), "{body:?}");
        }
        let full = vec!["4"; SOCKETIO_PACKETS_PER_POST_MAX].join("\x1e");
        assert_eq!(
            packets(full.as_bytes()).unwrap().len(),
            SOCKETIO_PACKETS_PER_POST_MAX
        );
        let more = full + "\x1e4";
        assert_eq!(packets(more.as_bytes()), Err(Malformed::TooMany));
    }

    #[test]
    fn frames_become_the_packets_that_they_carry() {
        let long = vec![b'x'; 70_000];
        let mut frames = Vec::new();
        write_frame(Opcode::Text, b"42[\"a\"]", &mut frames);
        write_frame(Opcode::Pong, b"dropped", &mut frames);
        write_frame(Opcode::Binary, &[1, 2, 3, 4], &mut frames);
        write_frame(Opcode::Text, &[b'4'; 200], &mut frames);
        write_frame(Opcode::Text, &long, &mut frames);
        let mut body = Vec::new();
        from_frames(&frames, &mut body);
        let parts: Vec<&[u8]> = body.split(|byte| *byte == SEPARATOR).collect();
        assert_eq!(parts.len(), 4);
        assert_eq!(parts[0], b"42[\"a\"]");
        assert_eq!(parts[1], b"bAQIDBA==");
        assert_eq!(parts[2], [b'4'; 200]);
        assert_eq!(parts[3], long);
        let mut some = Vec::new();
        let (packets, rest) = from_some_frames(&frames, 3, &mut some);
        assert_eq!(packets, 3);
        from_frames(rest, &mut some);
        assert_eq!(some, body);
        let mut cut = Vec::new();
        from_frames(&frames[..frames.len() - 1], &mut cut);
        assert_eq!(cut.split(|byte| *byte == SEPARATOR).count(), 3);
    }
}
