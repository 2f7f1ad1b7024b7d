//! One event of a channel, encoded at most once for each format and shared by all who get it.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use domain::hub::{ClientId, ClientInfo, Format, Publication};
use wire::centrifugo::message::{self, Join, Leave, Push, Reply};
use wire::centrifugo::{Encoding, Message};
use wire::websocket::{Opcode, write_frame};

/// To whom an event goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Everybody who listens.
    Listeners,
    /// Those who asked who comes and goes.
    Watchers,
}

/// One event of a channel.
#[derive(Debug)]
pub(crate) struct Broadcast {
    pub(crate) audience: Audience,
    /// Its offset and epoch, when it belongs to a stream.
    pub(crate) position: Option<(u64, Arc<str>)>,
    /// The one connection that does not get it.
    pub(crate) except: Option<ClientId>,
    reply: Reply,
    frames: [OnceLock<Bytes>; Format::COUNT],
}

impl Broadcast {
    fn new(audience: Audience, position: Option<(u64, Arc<str>)>, push: Push) -> Self {
        Self {
            audience,
            position,
            except: None,
            reply: Reply::push(push),
            frames: Default::default(),
        }
    }

    pub(crate) fn publication(
        channel: &str,
        position: Option<(u64, Arc<str>)>,
        publication: Publication,
    ) -> Self {
        let except = publication.except;
        let publication = message::Publication {
            data: publication.data,
            info: publication.info.as_ref().map(client_info),
            offset: position.as_ref().map_or(0, |(offset, _)| *offset),
            tags: publication.tags.into_iter().collect(),
            ..message::Publication::default()
        };
        let channel = channel.to_owned();
        let push = Push {
            channel,
            publication: Some(publication),
            ..Push::default()
        };
        Self {
            except,
            ..Self::new(Audience::Listeners, position, push)
        }
    }

    pub(crate) fn join(channel: &str, info: &ClientInfo) -> Self {
        let join = Some(Join {
            info: Some(client_info(info)),
        });
        let push = Push {
            channel: channel.to_owned(),
            join,
            ..Push::default()
        };
        Self::new(Audience::Watchers, None, push)
    }

    pub(crate) fn leave(channel: &str, info: &ClientInfo) -> Self {
        let leave = Some(Leave {
            info: Some(client_info(info)),
        });
        let push = Push {
            channel: channel.to_owned(),
            leave,
            ..Push::default()
        };
        Self::new(Audience::Watchers, None, push)
    }

    /// The channel's name.
    pub(crate) fn channel(&self) -> &str {
        self.reply
            .push
            .as_ref()
            .map(|push| push.channel.as_str())
            .unwrap_or_default()
    }

    /// The publication as replies carry it.
    pub(crate) fn message(&self) -> Option<message::Publication> {
        self.reply
            .push
            .as_ref()
            .and_then(|push| push.publication.clone())
    }

    /// The whole frame, made at the first call for the format.
    pub(crate) fn frame(&self, format: Format) -> &Bytes {
        self.frames[format.index()].get_or_init(|| frame(encoding(format), &self.reply))
    }
}

/// The encoding behind a format.
pub(crate) const fn encoding(format: Format) -> Encoding {
    match format {
        Format::CentrifugoJson => Encoding::Json,
        Format::CentrifugoProtobuf => Encoding::Protobuf,
    }
}

/// The format of a WebSocket in this encoding.
pub(crate) const fn format(encoding: Encoding) -> Format {
    match encoding {
        Encoding::Json => Format::CentrifugoJson,
        Encoding::Protobuf => Format::CentrifugoProtobuf,
    }
}

/// A message as a whole WebSocket frame.
pub(crate) fn frame<M: Message>(encoding: Encoding, message: &M) -> Bytes {
    frame_of(encoding, &encoding.encode(message))
}

/// Encoded messages as a whole WebSocket frame.
pub(crate) fn frame_of(encoding: Encoding, payload: &[u8]) -> Bytes {
    let opcode = match encoding {
        Encoding::Json => Opcode::Text,
        Encoding::Protobuf => Opcode::Binary,
    };
    let mut frame = Vec::new();
    write_frame(opcode, payload, &mut frame);
    frame.into()
}

/// A person and a connection as the protocol writes them.
pub(crate) fn client_info(info: &ClientInfo) -> message::ClientInfo {
    message::ClientInfo {
        user: info.user.to_string(),
        client: info
            .client
            .map(|client| client.to_string())
            .unwrap_or_default(),
        conn_info: info.conn_info.clone().unwrap_or_default(),
        chan_info: Bytes::new(),
    }
}
