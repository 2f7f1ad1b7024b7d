//! What a connection speaks: one variant for each door, holding the door's session.
//!
//! A session is a state machine without input or output. What it answers here is asked by the
//! shard; what it does goes through the functions of [`super`].

use base::limits::{LIVEKIT_MESSAGE_BYTES_MAX, SOCKET_MESSAGE_BYTES_MAX};
use bytes::Bytes;
use domain::hub::{ConnectionId, Framing, Language, Rate};

use super::backend::Actor;
use super::{centrifugo, livekit, plain, socketio};
use crate::drive::hub::Counted;
use crate::drive::hub::link::Closing;

/// What the request that opened a connection decided about its language.
#[derive(Debug)]
pub(crate) enum Opening {
    /// Centrifugo's client protocol.
    Centrifugo(centrifugo::Opening),
    /// Texts as they are.
    Plain(Box<plain::Opening>),
    /// Socket.IO.
    SocketIo(Box<socketio::Opening>),
    /// LiveKit's signalling.
    LiveKit(Box<livekit::Opening>),
}

impl Opening {
    /// The longest message that its client may send, in bytes.
    pub(crate) fn message_bytes_max(&self) -> usize {
        match self {
            Self::Centrifugo(_) | Self::Plain(_) => SOCKET_MESSAGE_BYTES_MAX,
            Self::SocketIo(opening) => opening.message_bytes_max(),
            Self::LiveKit(_) => LIVEKIT_MESSAGE_BYTES_MAX,
        }
    }
}

/// What a connection speaks, and how far it is.
#[derive(Debug)]
pub(crate) enum Dialect {
    /// Centrifugo's client protocol.
    Centrifugo(centrifugo::Session),
    /// Texts as they are.
    Plain(Box<plain::Session>),
    /// Socket.IO.
    SocketIo(Box<socketio::Session>),
    /// LiveKit's signalling.
    LiveKit(Box<livekit::Session>),
}

impl Dialect {
    /// A new connection. `rate` bounds what clients may send where a door has no rate of its own.
    pub(crate) fn open(opening: Opening, now_ms: u64, rate: Rate) -> Self {
        match opening {
            Opening::Centrifugo(opening) => {
                Self::Centrifugo(centrifugo::Session::new(opening, now_ms, rate))
            }
            Opening::Plain(opening) => {
                Self::Plain(Box::new(plain::Session::new(*opening, now_ms, rate)))
            }
            Opening::SocketIo(opening) => {
                Self::SocketIo(Box::new(socketio::Session::new(*opening, now_ms, rate)))
            }
            Opening::LiveKit(opening) => {
                Self::LiveKit(Box::new(livekit::Session::new(*opening, now_ms)))
            }
        }
    }

    /// What publications are written in.
    pub(crate) fn language(&self) -> Language {
        match self {
            Self::Centrifugo(session) => session.language(),
            // One that is told of a call is in no channel, and hears no publications.
            Self::Plain(_) | Self::LiveKit(_) => Language::Plain,
            Self::SocketIo(session) => session.language(),
        }
    }

    /// When [`super::due`] is to be called, `u64::MAX` for never. After a change, call
    /// `Shard::reschedule`.
    pub(crate) fn deadline_ms(&self) -> u64 {
        match self {
            Self::Centrifugo(session) => session.deadline_ms(),
            Self::Plain(session) => session.deadline_ms(),
            Self::SocketIo(session) => session.deadline_ms(),
            Self::LiveKit(session) => session.deadline_ms(),
        }
    }

    /// It was taken into the hub by [`super::entry::enter`].
    pub(crate) fn enter(&mut self, connection: ConnectionId, actor: Actor) {
        match self {
            Self::Centrifugo(session) => session.enter(connection, actor),
            Self::Plain(session) => session.enter(connection, actor),
            Self::SocketIo(session) => session.enter(connection, actor),
            Self::LiveKit(_) => {}
        }
    }

    /// Its place in the hub, whether its client was told or not.
    pub(crate) fn entered(&self) -> Option<(ConnectionId, Actor)> {
        match self {
            Self::Centrifugo(session) => session.connection(),
            Self::Plain(session) => session.entered(),
            Self::SocketIo(session) => session.entered(),
            Self::LiveKit(_) => None,
        }
    }

    /// The connection ends: gives a place in the hub away, and forgets what waits. Called until
    /// there is none.
    pub(crate) fn leave(&mut self) -> Option<(ConnectionId, Actor)> {
        match self {
            Self::Centrifugo(session) => session.leave(),
            Self::Plain(session) => session.leave(),
            Self::SocketIo(session) => session.leave(),
            Self::LiveKit(session) => {
                session.end();
                None
            }
        }
    }

    /// The last words to the client, framed; on a WebSocket they end with a close frame.
    pub(crate) fn farewell(&self, closing: &Closing, framing: Framing) -> Bytes {
        match self {
            Self::Centrifugo(session) => centrifugo::farewell(session, closing, framing),
            Self::Plain(_) => plain::farewell(closing),
            Self::SocketIo(session) => socketio::farewell(session, closing, framing),
            Self::LiveKit(session) => livekit::farewell(session, closing),
        }
    }

    /// How long nobody may read the pipe of this connection, in milliseconds; 0 when its one
    /// response is all there is.
    pub(crate) fn unread_ms_max(&self) -> u64 {
        match self {
            Self::Centrifugo(_) | Self::Plain(_) | Self::LiveKit(_) => 0,
            Self::SocketIo(session) => session.unread_ms_max(),
        }
    }

    /// Whether one link may be several connections of the hub, each with its own user.
    pub(crate) const fn is_several(&self) -> bool {
        match self {
            Self::Centrifugo(_) | Self::Plain(_) | Self::LiveKit(_) => false,
            Self::SocketIo(_) => true,
        }
    }

    /// Keeps the count of one of several connections; gives it back where there is only one.
    pub(crate) fn keep(&mut self, counted: Counted) -> Option<Counted> {
        match self {
            Self::Centrifugo(_) | Self::Plain(_) | Self::LiveKit(_) => Some(counted),
            Self::SocketIo(session) => {
                session.keep(counted);
                None
            }
        }
    }
}
