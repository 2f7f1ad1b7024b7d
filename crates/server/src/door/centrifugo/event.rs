//! What channels tell, as the protocol writes it.

use std::collections::BTreeMap;

use bytes::Bytes;
use domain::hub::{ClientInfo, Delta, Format, Framing, Publication};
use wire::centrifugo::Encoding;
use wire::centrifugo::message::{self, ConnectPush, ConnectResult, Join, Leave, Push, Reply};

use wire::fossil;

use super::session::{Manner, Session};
use crate::drive::hub::broadcast::{Broadcast, Event};
use crate::drive::hub::framing::{Kind, framed};

/// An event for everybody of this encoding, framed.
pub(crate) fn encode(encoding: Encoding, format: Format, event: &Broadcast) -> Bytes {
    let mut push = push(event);
    if let Some(publication) = &mut push.publication {
        match format.delta {
            Delta::None => {}
            Delta::First => whole(encoding, publication),
            Delta::Next => shorten(encoding, event.previous(), publication),
        }
    }
    let payload = encoding.encode(&Reply::push(push));
    framed(format.framing, kind(encoding), &payload)
}

/// Writes the data as one that differences build on. In JSON that is a string, as the differences
/// are.
pub(super) fn whole(encoding: Encoding, publication: &mut message::Publication) {
    if publication.removed {
        return;
    }
    match encoding {
        Encoding::Json => publication.data = text(&publication.data),
        Encoding::Protobuf => {}
    }
}

/// Writes the data as the difference to what was before, or whole where that is no longer.
pub(super) fn shorten(
    encoding: Encoding,
    previous: Option<&Bytes>,
    publication: &mut message::Publication,
) {
    let delta = previous.and_then(|previous| fossil::delta(previous, &publication.data));
    match (delta, encoding) {
        (None, _) => whole(encoding, publication),
        (Some(delta), Encoding::Protobuf) => {
            publication.data = delta.into();
            publication.delta = true;
        }
        (Some(delta), Encoding::Json) => {
            publication.data = text(&delta);
            publication.delta = true;
        }
    }
}

/// Text as a JSON string. Payloads are JSON, so they are text.
fn text(bytes: &[u8]) -> Bytes {
    let text = String::from_utf8_lossy(bytes);
    serde_json::Value::from(text).to_string().into()
}

/// The same for clients that only listen.
pub(crate) fn encode_push(framing: Framing, event: &Broadcast) -> Bytes {
    framed(framing, Kind::Text, &Encoding::Json.encode(&push(event)))
}

/// A message for one connection, framed. Clients that only listen are told the push in it; of a
/// reply to their connect they are told as if it were one.
pub(super) fn frame(session: &Session, framing: Framing, reply: &Reply) -> Bytes {
    let encoding = session.encoding;
    let payload = match session.manner {
        Manner::Both | Manner::BothWithSocketPings => encoding.encode(reply),
        Manner::Listening => match (&reply.push, &reply.connect) {
            (Some(push), _) => encoding.encode(push),
            (None, connect) => encoding.encode(&Push {
                connect: connect.as_ref().map(connect_push),
                ..Push::default()
            }),
        },
    };
    framed(framing, kind(encoding), &payload)
}

fn connect_push(result: &ConnectResult) -> ConnectPush {
    let result = result.clone();
    ConnectPush {
        client: result.client,
        version: result.version,
        data: result.data,
        subs: result.subs,
        expires: result.expires,
        ttl: result.ttl,
        ping: result.ping,
        pong: result.pong,
        session: result.session,
        node: result.node,
        time: result.time,
    }
}

const fn kind(encoding: Encoding) -> Kind {
    match encoding {
        Encoding::Json => Kind::Text,
        Encoding::Protobuf => Kind::Binary,
    }
}

fn push(broadcast: &Broadcast) -> Push {
    let channel = broadcast.channel.to_string();
    match &broadcast.event {
        Event::Publication(told) => Push {
            channel,
            publication: Some(publication(told, broadcast.offset())),
            ..Push::default()
        },
        Event::Join(info) => Push {
            channel,
            join: Some(Join {
                info: Some(client_info(info)),
            }),
            ..Push::default()
        },
        Event::Leave(info) => Push {
            channel,
            leave: Some(Leave {
                info: Some(client_info(info)),
            }),
            ..Push::default()
        },
    }
}

fn publication(told: &Publication, offset: u64) -> message::Publication {
    let change = told.change.as_ref();
    message::Publication {
        data: told.data.clone(),
        info: told.info.as_ref().map(client_info),
        offset,
        tags: tags(told),
        channel: told.channel.as_deref().unwrap_or_default().to_owned(),
        key: change
            .map(|change| change.key.to_string())
            .unwrap_or_default(),
        removed: change.is_some_and(|change| change.removed),
        score: change.map_or(0, |change| change.score),
        ..message::Publication::default()
    }
}

/// The labels. Where a publication of one channel is told in another, most clients of the protocol
/// pass the labels on and nothing else, so one of them names the channel.
fn tags(told: &Publication) -> BTreeMap<String, String> {
    let mut tags: BTreeMap<_, _> = told.tags.iter().cloned().collect();
    if let Some(channel) = &told.channel {
        tags.insert("channel".to_owned(), channel.to_string());
    }
    tags
}

impl Broadcast {
    /// The publication as replies carry it.
    pub(super) fn message(&self) -> Option<message::Publication> {
        match &self.event {
            Event::Publication(told) => Some(publication(told, self.offset())),
            Event::Join(_) | Event::Leave(_) => None,
        }
    }
}

/// A user and a connection as the protocol writes them.
pub(super) fn client_info(info: &ClientInfo) -> message::ClientInfo {
    message::ClientInfo {
        user: info.user.to_string(),
        client: info
            .client
            .map(|client| client.to_string())
            .unwrap_or_default(),
        conn_info: info.conn_info.clone().unwrap_or_default(),
        chan_info: info.chan_info.clone().unwrap_or_default(),
    }
}
