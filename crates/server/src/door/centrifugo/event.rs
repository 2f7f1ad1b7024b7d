//! What channels tell, as the protocol writes it.

use std::collections::BTreeMap;

use bytes::Bytes;
use domain::hub::{ClientInfo, Framing, Publication};
use wire::centrifugo::Encoding;
use wire::centrifugo::message::{self, ConnectPush, ConnectResult, Join, Leave, Push, Reply};

use super::session::{Manner, Session};
use crate::drive::hub::broadcast::{Broadcast, Event};
use crate::drive::hub::framing::{Kind, framed};

/// An event for everybody of this encoding, framed.
pub(crate) fn encode(encoding: Encoding, framing: Framing, event: &Broadcast) -> Bytes {
    let payload = encoding.encode(&Reply::push(push(event)));
    framed(framing, kind(encoding), &payload)
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
    message::Publication {
        data: told.data.clone(),
        info: told.info.as_ref().map(client_info),
        offset,
        tags: tags(told),
        channel: told.channel.as_deref().unwrap_or_default().to_owned(),
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
