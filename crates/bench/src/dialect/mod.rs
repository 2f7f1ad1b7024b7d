//! What each server wants to hear: how to connect, subscribe and publish, and how messages end.
//!
//! Only bytes; no socket.

mod centrifugo;
mod peers;

use crate::load::frame::{self, Boundary, Marker};

pub(crate) use centrifugo::{Account, Encoding, Publish, Since};

/// One way of talking, with what it needs to know.
#[derive(Debug, Clone)]
pub(crate) enum Dialect {
    /// The bare epoll loop.
    Floor,
    /// `bench/peers/ws.mjs`: `+channel` subscribes, `channel text` publishes.
    Ws {
        /// Offers permessage-deflate.
        deflate: bool,
    },
    /// Socket.IO v4 over WebSocket.
    SocketIo,
    /// The text protocol of NATS in binary frames.
    Nats,
    /// Centrifugo's client protocol.
    Centrifugo(Account),
}

/// One step of connecting, after the upgrade.
pub(crate) struct Step {
    /// What to send, frames and all; may be empty.
    pub(crate) send: Vec<u8>,
    /// Then messages are read until one of them is the one meant here.
    pub(crate) until: Until,
}

/// How the awaited message is recognised.
pub(crate) enum Until {
    /// The payload holds this text.
    Text(&'static str),
    /// A protobuf reply to the command with this number.
    Reply(u8),
    /// A Centrifugo subscription in JSON that recovered exactly what it had missed.
    Recovered(Since),
}

/// Who connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// A listener of the channel with this number.
    Subscriber(usize),
    /// The one that publishes.
    Publisher,
}

impl Dialect {
    /// The path of the upgrade request.
    pub(crate) fn path(&self, part: Part) -> String {
        match (self, part) {
            (Self::Floor, Part::Subscriber(channel)) => format!("/sub?{channel}"),
            (Self::Floor, Part::Publisher) => "/pub".to_owned(),
            (Self::Ws { .. } | Self::Nats, _) => "/".to_owned(),
            (Self::SocketIo, _) => "/socket.io/?EIO=4&transport=websocket".to_owned(),
            (Self::Centrifugo(_), _) => "/connection/websocket".to_owned(),
        }
    }

    /// The WebSocket subprotocol to ask for.
    pub(crate) fn subprotocol(&self) -> Option<&'static str> {
        match self {
            Self::Centrifugo(account) => account.encoding.subprotocol(),
            Self::Floor | Self::Ws { .. } | Self::SocketIo | Self::Nats => None,
        }
    }

    /// Whether subscribers offer permessage-deflate.
    pub(crate) fn deflate(&self) -> bool {
        match self {
            Self::Floor | Self::SocketIo | Self::Nats => false,
            Self::Ws { deflate } => *deflate,
            Self::Centrifugo(account) => account.deflate,
        }
    }

    /// What to say after the upgrade, and what to wait for. `number` tells connections apart.
    pub(crate) fn steps(&self, part: Part, number: usize) -> Vec<Step> {
        match self {
            Self::Floor => Vec::new(),
            Self::Ws { .. } => peers::ws_steps(part),
            Self::SocketIo => peers::socketio_steps(part),
            Self::Nats => peers::nats_steps(part),
            Self::Centrifugo(account) => account.steps(part, number),
        }
    }

    /// Whole frames that publish `payload_bytes` bytes to the channel, to be sent in turn: a
    /// server may rightly be silent about a state that did not change.
    pub(crate) fn publish(&self, channel: usize, payload_bytes: usize) -> [Vec<u8>; 2] {
        let frame = match self {
            Self::Floor => {
                let mut payload = (channel as u32).to_be_bytes().to_vec();
                payload.extend(talk(payload_bytes).into_bytes());
                frame::masked(frame::BINARY, &payload)
            }
            Self::Ws { .. } => peers::ws_publish(channel, payload_bytes),
            Self::SocketIo => peers::socketio_publish(channel, payload_bytes),
            Self::Nats => peers::nats_publish(channel, payload_bytes),
            Self::Centrifugo(account) => {
                return [true, false].map(|on| account.publish(channel, payload_bytes, on));
            }
        };
        [frame.clone(), frame]
    }

    /// Where messages end.
    pub(crate) fn boundary(&self) -> Boundary {
        match self {
            Self::Floor | Self::Ws { .. } | Self::SocketIo => Boundary::Frame,
            Self::Nats => Boundary::StreamLine,
            // What is packed cannot be looked into: a message is a frame there.
            Self::Centrifugo(account) if account.deflate => Boundary::Frame,
            Self::Centrifugo(account) => account.encoding.boundary(),
        }
    }

    /// The length of a ping inside the frames.
    pub(crate) fn ping_bytes(&self) -> Option<u64> {
        match self {
            Self::Floor | Self::Ws { .. } => None,
            Self::SocketIo => Some(1),
            // "PING" and the carriage return before the line feed.
            Self::Nats => Some(5),
            Self::Centrifugo(account) => Some(account.encoding.ping_bytes()),
        }
    }

    /// What publications have in common, where a server says other things as well.
    pub(crate) fn marker(&self) -> Option<Marker> {
        match self {
            Self::Floor | Self::Ws { .. } | Self::SocketIo | Self::Nats => None,
            Self::Centrifugo(account) => account.marker(),
        }
    }

    /// The answer to such a ping, as a whole frame.
    pub(crate) fn pong(&self) -> Vec<u8> {
        match self {
            Self::Floor | Self::Ws { .. } => Vec::new(),
            Self::SocketIo => frame::masked(frame::TEXT, b"3"),
            Self::Nats => frame::masked(frame::BINARY, b"PONG\r\n"),
            Self::Centrifugo(account) => account.encoding.pong(),
        }
    }
}

/// Text of exactly so many bytes that packs about as well as talk does: words of a small language,
/// in an order that never repeats.
fn talk(bytes: usize) -> String {
    const SYLLABLES: [&str; 16] = [
        "ka", "ro", "mi", "ten", "su", "lo", "ber", "an", "ist", "ge", "pol", "ve", "dar", "un",
        "fi", "sho",
    ];
    let mut text = String::with_capacity(bytes + 8);
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    while text.len() < bytes {
        // xorshift64: the same text in every run.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let syllable = SYLLABLES.get((state >> 60) as usize).unwrap_or(&"x");
        text.push_str(syllable);
        if state & 3 == 0 {
            text.push(' ');
        }
    }
    text.truncate(bytes);
    text
}

impl Until {
    /// Whether `payload` is what was awaited; an error is told as such.
    pub(crate) fn is_met(&self, payload: &[u8]) -> Result<bool, String> {
        match self {
            Self::Text(text) => {
                let payload = String::from_utf8_lossy(payload);
                if payload.contains("\"error\"") || payload.starts_with("-ERR") {
                    return Err(payload.into_owned());
                }
                Ok(payload.contains(text))
            }
            Self::Reply(id) => centrifugo::answers(payload, *id),
            Self::Recovered(since) => {
                centrifugo::recovered(&String::from_utf8_lossy(payload), since)
            }
        }
    }
}
