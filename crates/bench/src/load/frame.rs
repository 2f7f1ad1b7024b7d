//! RFC 6455 as far as the load needs it: frame headers in, masked frames out.
//!
//! It never looks into a payload further than to find where one message ends and the next begins.

/// A mask that is not zero, so that no server gets its unmasking for free.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// Text frame.
pub(crate) const TEXT: u8 = 0x1;
/// Binary frame.
pub(crate) const BINARY: u8 = 0x2;
/// Pong frame.
pub(crate) const PONG: u8 = 0xa;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;

/// One whole masked frame, ready to be sent.
pub(crate) fn masked(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x80 | opcode];
    match payload.len() {
        short @ 0..126 => frame.push(0x80 | short as u8),
        middle @ 126..=0xffff => {
            frame.push(0x80 | 126);
            frame.extend((middle as u16).to_be_bytes());
        }
        long => {
            frame.push(0x80 | 127);
            frame.extend((long as u64).to_be_bytes());
        }
    }
    frame.extend(MASK);
    frame.extend(
        payload
            .iter()
            .zip(MASK.iter().cycle())
            .map(|(byte, key)| byte ^ key),
    );
    frame
}

/// The head of a frame: what it is and how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    /// Bits 0 to 3 of the first byte.
    pub(crate) opcode: u8,
    /// Bytes of the head itself.
    pub(crate) head_bytes: usize,
    /// Bytes of the payload.
    pub(crate) payload_bytes: u64,
}

impl Head {
    /// Reads the head of an unmasked frame; `None` while it is not all there.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let (&first, &second) = (bytes.first()?, bytes.get(1)?);
        let (head_bytes, payload_bytes) = match second & 0x7f {
            126 => (
                4,
                u64::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?)),
            ),
            127 => (10, u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)),
            short => (2, u64::from(short)),
        };
        Some(Self {
            opcode: first & 0xf,
            head_bytes,
            payload_bytes,
        })
    }
}

/// Where one message ends and the next begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Boundary {
    /// Every frame is one message.
    Frame,
    /// A frame holds one or more messages with a line feed between them.
    Line,
    /// Messages end with a line feed wherever the frames end.
    StreamLine,
    /// A frame holds one or more messages, each behind its length as a varint.
    Varint,
}

/// What a tally found in the bytes it was fed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// Messages of at least the length of a publication.
    pub(crate) publications: u32,
    /// Pings of the protocol that runs inside the frames.
    pub(crate) pings: u32,
    /// Pings of RFC 6455.
    pub(crate) control_pings: u32,
    /// The server says farewell.
    pub(crate) closed: bool,
}

/// What to count.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    /// Where messages end.
    pub(crate) boundary: Boundary,
    /// A message from so many bytes on is a publication.
    pub(crate) publication_bytes_min: u64,
    /// A message of exactly so many bytes is a ping of the inner protocol.
    pub(crate) ping_bytes: Option<u64>,
    /// Where a server says more than publications: what those have in common.
    pub(crate) marker: Option<Marker>,
}

/// A byte that every publication has in the same place, and nothing else that is as long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Marker {
    /// Counted from the start of the message.
    pub(crate) at: u64,
    /// Which byte.
    pub(crate) byte: u8,
}

/// Counts the messages of one connection, over any cutting of its bytes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    head: [u8; 10],
    head_filled: u8,
    opcode: u8,
    payload_left: u64,
    /// What came of the present message.
    message_bytes: u64,
    /// What is still to come of it, where its length is known.
    message_left: u64,
    /// While a length is being read: one more than the bits it has so far.
    varint_shift: u32,
    /// The present message lacks the marker.
    unmarked: bool,
    /// The longest message so far, in bytes.
    pub(crate) message_bytes_max: u64,
}

impl Tally {
    /// Reads on.
    pub(crate) fn feed(&mut self, mut bytes: &[u8], rule: Rule) -> Found {
        let mut found = Found::default();
        while !bytes.is_empty() {
            if self.payload_left == 0 {
                bytes = self.feed_head(bytes, rule, &mut found);
                continue;
            }
            let here = bytes
                .len()
                .min(usize::try_from(self.payload_left).unwrap_or(usize::MAX));
            let (payload, rest) = bytes.split_at(here);
            self.payload_left -= here as u64;
            self.feed_payload(payload, rule, &mut found);
            bytes = rest;
        }
        found
    }

    /// Collects head bytes, returns what follows them.
    fn feed_head<'a>(&mut self, bytes: &'a [u8], rule: Rule, found: &mut Found) -> &'a [u8] {
        if self.head_filled == 0
            && let Some(head) = Head::parse(bytes)
        {
            // The usual case: the whole head is there, nothing needs to be kept.
            self.start(head, rule, found);
            return bytes.get(head.head_bytes..).unwrap_or_default();
        }
        let (Some(slot), Some((&first, rest))) = (
            self.head.get_mut(usize::from(self.head_filled)),
            bytes.split_first(),
        ) else {
            return &[];
        };
        *slot = first;
        self.head_filled += 1;
        let head = self.head;
        if let Some(head) = Head::parse(&head[..usize::from(self.head_filled)]) {
            self.head_filled = 0;
            self.start(head, rule, found);
        }
        rest
    }

    fn start(&mut self, head: Head, rule: Rule, found: &mut Found) {
        self.opcode = head.opcode;
        self.payload_left = head.payload_bytes;
        match head.opcode {
            PING => found.control_pings += 1,
            CLOSE => found.closed = true,
            _data if head.payload_bytes == 0 => self.end_message(rule, found),
            _data => {}
        }
    }

    fn feed_payload(&mut self, payload: &[u8], rule: Rule, found: &mut Found) {
        if self.opcode & 0x8 != 0 {
            return;
        }
        let frame_over = self.payload_left == 0;
        match rule.boundary {
            Boundary::Frame => {
                self.see(payload, rule);
                if frame_over {
                    self.end_message(rule, found);
                }
            }
            Boundary::Line | Boundary::StreamLine => {
                self.feed_lines(payload, rule, found);
                if frame_over && rule.boundary == Boundary::Line && self.message_bytes > 0 {
                    self.end_message(rule, found);
                }
            }
            Boundary::Varint => self.feed_varints(payload, rule, found),
        }
    }

    fn feed_lines(&mut self, payload: &[u8], rule: Rule, found: &mut Found) {
        let mut rest = payload;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (line, after) = rest.split_at(end);
            self.see(line, rule);
            self.end_message(rule, found);
            rest = after.get(1..).unwrap_or_default();
        }
        self.see(rest, rule);
    }

    fn feed_varints(&mut self, mut payload: &[u8], rule: Rule, found: &mut Found) {
        while let Some((&byte, rest)) = payload.split_first() {
            if self.varint_shift == 0 && self.message_left > 0 {
                let here = payload.len().min(self.message_left as usize);
                let (piece, rest) = payload.split_at(here);
                self.see(piece, rule);
                self.message_left -= here as u64;
                payload = rest;
            } else {
                payload = rest;
                let shift = self.varint_shift.saturating_sub(1);
                self.message_left |= u64::from(byte & 0x7f) << shift.min(56);
                let goes_on = byte & 0x80 != 0;
                self.varint_shift = if goes_on { shift + 7 + 1 } else { 0 };
            }
            if self.varint_shift == 0 && self.message_left == 0 {
                self.end_message(rule, found);
            }
        }
    }

    /// A piece of the present message.
    fn see(&mut self, piece: &[u8], rule: Rule) {
        if let Some(marker) = rule.marker
            && let Some(at) = marker.at.checked_sub(self.message_bytes)
            && let Some(byte) = piece.get(at as usize)
        {
            self.unmarked = *byte != marker.byte;
        }
        self.message_bytes += piece.len() as u64;
    }

    fn end_message(&mut self, rule: Rule, found: &mut Found) {
        let bytes = std::mem::take(&mut self.message_bytes);
        if std::mem::take(&mut self.unmarked) {
            return;
        }
        self.message_bytes_max = self.message_bytes_max.max(bytes);
        if bytes >= rule.publication_bytes_min {
            found.publications += 1;
        } else if Some(bytes) == rule.ping_bytes {
            found.pings += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts `bytes` cut into pieces of `piece` bytes.
    fn count(bytes: &[u8], piece: usize, rule: Rule) -> (u32, u32) {
        let mut tally = Tally::default();
        bytes
            .chunks(piece)
            .map(|chunk| tally.feed(chunk, rule))
            .fold((0, 0), |sum, found| {
                (
                    sum.0 + found.publications,
                    sum.1 + found.pings + found.control_pings,
                )
            })
    }

    fn unmasked(opcode: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = masked(opcode, payload);
        let head = Head::parse(&frame).map_or(0, |head| head.head_bytes);
        frame[1] &= 0x7f;
        frame.truncate(head);
        frame.extend_from_slice(payload);
        frame
    }

    #[test]
    fn frames_are_counted_whatever_the_cutting() {
        let rule = Rule {
            boundary: Boundary::Frame,
            publication_bytes_min: 100,
            ping_bytes: Some(2),
            marker: None,
        };
        let mut bytes = unmasked(TEXT, &[b'x'; 120]);
        bytes.extend(unmasked(TEXT, b"{}"));
        bytes.extend(unmasked(TEXT, &[b'x'; 300]));
        bytes.extend(unmasked(PING, b"abc"));
        bytes.extend(unmasked(TEXT, &[b'x'; 70_000]));
        for piece in [1, 2, 3, 7, 128, 100_000] {
            assert_eq!(count(&bytes, piece, rule), (3, 2), "pieces of {piece}");
        }
    }

    #[test]
    fn lines_within_one_frame_are_messages_of_their_own() {
        let rule = Rule {
            boundary: Boundary::Line,
            publication_bytes_min: 100,
            ping_bytes: Some(2),
            marker: None,
        };
        let line = [b'x'; 130];
        let payload = [&line[..], b"{}", &line[..], b""].join(&b'\n');
        let mut bytes = unmasked(TEXT, &payload);
        bytes.extend(unmasked(TEXT, &line));
        for piece in [1, 5, 131, 100_000] {
            assert_eq!(count(&bytes, piece, rule), (3, 1), "pieces of {piece}");
        }
    }

    #[test]
    fn what_lacks_the_marker_is_not_counted() {
        let rule = Rule {
            boundary: Boundary::Line,
            publication_bytes_min: 10,
            ping_bytes: Some(2),
            marker: Some(Marker { at: 4, byte: b't' }),
        };
        let payload = b"abc:typing:1\nabc:place:12\n{}\nabc:typing:2";
        let bytes = unmasked(TEXT, payload);
        for piece in [1, 3, 100_000] {
            assert_eq!(count(&bytes, piece, rule), (2, 1), "pieces of {piece}");
        }
        let rule = Rule {
            boundary: Boundary::Varint,
            ..rule
        };
        let bytes = unmasked(BINARY, b"\x0cabc:typing:1\x0cabc:place:12\x0cabc:typing:2");
        for piece in [1, 3, 100_000] {
            assert_eq!(count(&bytes, piece, rule), (2, 0), "pieces of {piece}");
        }
    }

    #[test]
    fn a_line_may_go_on_in_the_next_frame() {
        let rule = Rule {
            boundary: Boundary::StreamLine,
            publication_bytes_min: 100,
            ping_bytes: Some(5),
            marker: None,
        };
        let mut bytes = unmasked(BINARY, &[&b"MSG c 1 120\r\n"[..], &[b'x'; 60]].concat());
        bytes.extend(unmasked(
            BINARY,
            &[&[b'x'; 60][..], b"\r\nPING\r\n"].concat(),
        ));
        for piece in [1, 5, 100_000] {
            assert_eq!(count(&bytes, piece, rule), (1, 1), "pieces of {piece}");
        }
    }

    #[test]
    fn lengths_of_protobuf_messages_are_followed() {
        let rule = Rule {
            boundary: Boundary::Varint,
            publication_bytes_min: 100,
            ping_bytes: Some(0),
            marker: None,
        };
        let long = [&[0x96, 0x01][..], &[7; 150]].concat();
        let mut bytes = unmasked(BINARY, &[&long[..], &[3, 1, 2, 3], &long].concat());
        bytes.extend(unmasked(BINARY, &[0]));
        bytes.extend(unmasked(BINARY, &long));
        for piece in [1, 5, 100_000] {
            assert_eq!(count(&bytes, piece, rule), (3, 1), "pieces of {piece}");
        }
    }

    #[test]
    fn a_masked_frame_unmasks_to_its_payload() {
        let frame = masked(TEXT, b"hello");
        assert_eq!(frame[..2], [0x81, 0x85]);
        let plain: Vec<u8> = frame[6..]
            .iter()
            .zip(MASK.iter().cycle())
            .map(|(byte, key)| byte ^ key)
            .collect();
        assert_eq!(plain, b"hello");
    }
}
