//! In which bytes a connection hears: a language, and how its carrier tells messages apart.
//!
//! Names only; `server::door` knows what the bytes are.

/// What is said inside the messages of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// Centrifugo's JSON.
    CentrifugoJson,
    /// Centrifugo's protobuf.
    CentrifugoProtobuf,
    /// Centrifugo's JSON for clients that only listen: bare pushes.
    CentrifugoPushes,
    /// Texts as they are.
    Plain,
    /// Socket.IO in its own encoding.
    SocketIoJson,
    /// Socket.IO in MessagePack.
    SocketIoMsgpack,
}

/// How one message ends and the next begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Framing {
    /// A WebSocket frame each.
    Frames,
    /// A line each, ended by a newline.
    Lines,
    /// One behind the other: the language tells them apart itself.
    Bare,
    /// A server-sent event each.
    Events,
    /// Engine.IO's records: each behind a record separator, of which the first of a response body
    /// is left out.
    Records,
}

/// Whether a subscriber gets publications as differences to the one before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Delta {
    /// Never.
    #[default]
    None,
    /// The next one whole, as one that others build on.
    First,
    /// The next one as the difference to the last.
    Next,
}

/// In which bytes a connection wants its publications; a payload is made once for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Format {
    /// What is said.
    pub language: Language,
    /// How messages are told apart.
    pub framing: Framing,
    /// Whether what is long enough comes in fewer bytes (permessage-deflate).
    pub packed: bool,
    /// Whether publications build on the ones before. Of a subscription, never of a connection.
    pub delta: Delta,
}
