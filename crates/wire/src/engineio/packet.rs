//! One packet, as a text: a digit for its kind, then its data.

use thiserror::Error;

/// Something that is not a packet; the session ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Malformed {
    /// Nothing at all, or a kind that does not exist.
    #[error("not an Engine.IO packet")]
    Kind,
    /// Base64 that is none.
    #[error("binary data that is not base64")]
    Base64,
    /// Text that is not UTF-8.
    #[error("text that is not UTF-8")]
    NotUtf8,
    /// More packets in one body than may be.
    #[error("too many packets in one body")]
    TooMany,
}

/// One packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet<'a> {
    /// The handshake, of the server only.
    Open(&'a str),
    /// The session ends.
    Close,
    /// A heartbeat, of the server only, but for the probe of an upgrade.
    Ping(&'a str),
    /// The answer to a heartbeat.
    Pong(&'a str),
    /// What the layer above says.
    Message(&'a str),
    /// The same in bytes.
    Binary(Vec<u8>),
    /// The upgrade is complete.
    Upgrade,
    /// Nothing: it ends a poll.
    Noop,
}

impl<'a> Packet<'a> {
    /// Reads a packet of text.
    ///
    /// # Errors
    /// It is empty or of no known kind.
    pub fn from_text(text: &'a str) -> Result<Self, Malformed> {
        let mut rest = text.chars();
        let kind = rest.next().ok_or(Malformed::Kind)?;
        let data = rest.as_str();
        match kind {
            '0' => Ok(Self::Open(data)),
            '1' => Ok(Self::Close),
            '2' => Ok(Self::Ping(data)),
            '3' => Ok(Self::Pong(data)),
            '4' => Ok(Self::Message(data)),
            '5' => Ok(Self::Upgrade),
            '6' => Ok(Self::Noop),
            _ => Err(Malformed::Kind),
        }
    }

    /// Appends the packet as text; bytes have none and are left out.
    pub fn append_text(&self, out: &mut Vec<u8>) {
        let (kind, data) = match self {
            Self::Open(data) => (b'0', *data),
            Self::Close => (b'1', ""),
            Self::Ping(data) => (b'2', *data),
            Self::Pong(data) => (b'3', *data),
            Self::Message(data) => (b'4', *data),
            Self::Upgrade => (b'5', ""),
            Self::Noop => (b'6', ""),
            Self::Binary(_) => return,
        };
        out.push(kind);
        out.extend_from_slice(data.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_packet_is_read_as_it_is_written() {
        let all = [
            Packet::Open("{}"),
            Packet::Close,
            Packet::Ping("probe"),
            Packet::Pong(""),
            Packet::Message("2[\"ö\"]"),
            Packet::Upgrade,
            Packet::Noop,
        ];
        for packet in all {
            let mut text = Vec::new();
            packet.append_text(&mut text);
            let text = String::from_utf8(text).unwrap();
            assert_eq!(Packet::from_text(&text), Ok(packet));
        }
    }

    #[test]
    fn what_begins_with_no_known_digit_is_no_packet() {
        for text in ["", "7", "abc", "b", "ö", " 4"] {
            assert_eq!(Packet::from_text(text), Err(Malformed::Kind), "{text:?}");
        }
    }
}
