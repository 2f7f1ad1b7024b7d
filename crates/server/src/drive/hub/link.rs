//! One connection of a shard: what carries it, what it speaks, and how far it is.

use std::borrow::Cow;
use std::net::IpAddr;

use axum::http::{HeaderName, HeaderValue};
use bytes::Bytes;
use domain::hub::{Delta, Format, Framing};
use tokio::sync::oneshot;
use wire::centrifugo::Disconnect;
use wire::websocket::CloseCode;

use super::Counted;
use super::crowd::Seat;
use super::outbox::Written;
use super::pipe::{Address, Pipe, PipeReader};
use super::socket::Socket;
use crate::door::backend::TokenMark;
use crate::door::{Dialect, Opening};
use crate::net::turn::Turn;

/// One connection of one shard. A slot is used again, a serial is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LinkId {
    pub(super) slot: u32,
    pub(super) serial: u32,
}

/// Where a connection comes from and what its client calls itself.
#[derive(Debug, Clone)]
pub(crate) struct Greeting {
    pub(crate) address: IpAddr,
    /// The `User-Agent` of the request that opened it.
    pub(crate) user_agent: Option<String>,
    /// Of its headers those that the operator's backend wants to see.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// Its place among those who are being let in.
    pub(crate) turn: Option<Turn>,
}

/// What a connection that arrives is carried by.
#[derive(Debug)]
pub(crate) enum Arriving {
    /// A WebSocket behind its handshake.
    Socket {
        /// What it goes over.
        stream: std::net::TcpStream,
        /// What the client sent behind its handshake, mostly nothing.
        leftover: Vec<u8>,
        /// Whether messages may be packed.
        deflate: bool,
    },
    /// A queue that responses drain; the first reader and the address go to who waits for them.
    Pipe(Framing, oneshot::Sender<(PipeReader, Address)>),
}

/// A connection that looks for its shard.
#[derive(Debug)]
pub(crate) struct Arrived {
    pub(crate) carrier: Arriving,
    pub(crate) opening: Opening,
    pub(crate) greeting: Greeting,
    pub(crate) seat: Seat,
}

/// What moves the bytes of a connection.
#[derive(Debug)]
pub(super) enum Carrier {
    /// A WebSocket of its own.
    Socket(Socket),
    /// A queue that HTTP responses drain.
    Pipe(Pipe),
}

impl Carrier {
    pub(super) const fn framing(&self) -> Framing {
        match self {
            Self::Socket(_) => Framing::Frames,
            Self::Pipe(pipe) => pipe.framing,
        }
    }

    /// Whether messages are packed.
    pub(super) const fn is_packed(&self) -> bool {
        match self {
            Self::Socket(socket) => socket.packed,
            Self::Pipe(_) => false,
        }
    }

    /// Bytes that wait to be written.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Socket(socket) => socket.outbox.bytes(),
            Self::Pipe(pipe) => pipe.bytes(),
        }
    }

    /// Gives up everything that nobody has begun to read.
    pub(super) fn cut(&mut self) {
        match self {
            Self::Socket(socket) => socket.outbox.cut(),
            Self::Pipe(pipe) => drop(pipe.cut()),
        }
    }
}

/// Why a connection ends, as its client is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Closing {
    pub(crate) code: CloseCode,
    pub(crate) reason: Cow<'static, str>,
}

impl Closing {
    /// The client ended it.
    pub(crate) const DONE: Self = Self {
        code: CloseCode::NORMAL,
        reason: Cow::Borrowed(""),
    };

    /// Whether clients of Centrifugo come back after it.
    pub(crate) const fn is_to_come_back(&self) -> bool {
        matches!(self.code.0, 3000..=3499 | 4000..=4499)
    }
}

impl From<Disconnect> for Closing {
    fn from(reason: Disconnect) -> Self {
        Self {
            code: CloseCode(reason.code() as u16),
            reason: Cow::Borrowed(reason.text()),
        }
    }
}

/// One connection.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) serial: u32,
    pub(super) carrier: Carrier,
    pub(super) dialect: Dialect,
    /// Something was put into the carrier in this pass.
    pub(super) dirty: bool,
    /// The farewell is on its way; nothing else is written or read.
    pub(super) closing: bool,
    /// When the shard looks at it next.
    pub(super) scheduled_ms: u64,
    /// When it is dropped: once it is closing, or while nobody reads its pipe.
    pub(super) drops_ms: u64,
    /// Of the handshake, until the connect is decided.
    pub(super) greeting: Option<Box<Greeting>>,
    /// From where it comes.
    pub(super) address: IpAddr,
    /// Since when it is here.
    pub(super) since_ms: u64,
    /// The developer's token that it came with.
    pub(super) token: Option<Box<TokenMark>>,
    pub(super) _seat: Seat,
    /// Counts among the connections of its user while it is in the hub.
    pub(super) counted: Option<Counted>,
}

/// What became of a message.
pub(super) enum Delivered {
    Sent,
    /// It waits for the end of the pass.
    Queued,
    Trouble(Outcome),
}

/// What became of a write.
#[derive(Clone, Copy)]
pub(super) enum Outcome {
    Written(Written),
    /// More waits than may.
    Full,
}

impl Link {
    /// In which bytes it hears.
    pub(super) fn format(&self) -> Format {
        Format {
            language: self.dialect.language(),
            framing: self.carrier.framing(),
            delta: Delta::None,
            packed: self.carrier.is_packed(),
        }
    }

    /// When the time asks for something.
    pub(super) fn deadline_ms(&self) -> u64 {
        if self.closing {
            self.drops_ms
        } else {
            self.dialect.deadline_ms().min(self.drops_ms)
        }
    }

    /// Gives a framed message to the carrier; see [`Socket::deliver`].
    pub(super) fn deliver(&mut self, message: &Bytes, alone: bool) -> Delivered {
        if self.closing {
            return Delivered::Sent;
        }
        match &mut self.carrier {
            Carrier::Socket(socket) => socket.deliver(message, alone, &mut self.dirty),
            Carrier::Pipe(pipe) => {
                if !pipe.push(message.clone()) {
                    Delivered::Trouble(Outcome::Full)
                } else if std::mem::replace(&mut self.dirty, true) {
                    Delivered::Sent
                } else {
                    Delivered::Queued
                }
            }
        }
    }

    /// Writes what was delivered since the last time.
    pub(super) fn flush(&mut self) -> Written {
        self.dirty = false;
        match &mut self.carrier {
            Carrier::Socket(socket) => socket.outbox.flush(&socket.stream),
            Carrier::Pipe(pipe) => {
                pipe.wake();
                Written::All
            }
        }
    }
}
