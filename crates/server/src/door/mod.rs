//! The doors: thin adapters between a client's protocol and the hub, the handles behind one trait.
//!
//! A door has routes that make connections arrive with an [`Opening`], a session behind its variant
//! of [`Dialect`], and bytes for what channels tell. The functions here are all that the shard
//! calls; each goes to the door of the connection's dialect.

pub(crate) mod api;
pub mod backend;
pub mod centrifugo;
mod dialect;
pub(crate) mod entry;
pub(crate) mod livekit;
pub(crate) mod plain;
pub(crate) mod socketio;

use std::sync::Arc;

use base::{SessionId, UnixMs};
use bytes::Bytes;
use domain::hub::{ClientInfo, ConnectionId, Expired, Format, Language, Side, Subscribed};
use wire::centrifugo::{Disconnect, Encoding, Unsubscribe};
use wire::socketio::Parser;

pub(crate) use dialect::{Dialect, Opening};

use crate::drive::hub::broadcast::Broadcast;
use crate::drive::hub::framing::Message;
use crate::drive::hub::link::LinkId;
use crate::drive::hub::shard::{Change, Shard, Whom};
use backend::Granted;

/// A connection has arrived: the first word may be the server's.
pub(crate) fn begin(shard: &mut Shard, id: LinkId) {
    match shard.dialect(id) {
        Some(Dialect::Centrifugo(_)) => centrifugo::begin(shard, id),
        Some(Dialect::Plain(_)) => plain::begin(shard, id),
        Some(Dialect::SocketIo(_)) => socketio::begin(shard, id),
        Some(Dialect::LiveKit(_)) => livekit::begin(shard, id),
        None => {}
    }
}

/// Takes one message of the transport. Must not wait: work that does is spawned.
pub(crate) fn received(shard: &mut Shard, id: LinkId, message: Message<'_>) {
    shard.count_received();
    match shard.dialect(id) {
        Some(Dialect::Centrifugo(_)) => centrifugo::received(shard, id, message),
        Some(Dialect::Plain(_)) => plain::received(shard, id, message),
        Some(Dialect::SocketIo(_)) => socketio::received(shard, id, message),
        Some(Dialect::LiveKit(_)) => livekit::received(shard, id, message),
        None => {}
    }
}

/// The time that [`Dialect::deadline_ms`] named has come.
pub(crate) fn due(shard: &mut Shard, id: LinkId, now_ms: u64) {
    match shard.dialect(id) {
        Some(Dialect::Centrifugo(_)) => centrifugo::due(shard, id, now_ms),
        Some(Dialect::Plain(_)) => plain::due(shard, id, now_ms),
        Some(Dialect::SocketIo(_)) => socketio::due(shard, id, now_ms),
        Some(Dialect::LiveKit(_)) => livekit::due(shard, id, now_ms),
        None => {}
    }
}

/// The server lets an open connection hear a channel.
fn subscribed(shard: &mut Shard, id: LinkId, channel: &Arc<str>, granted: &Arc<Granted>) {
    match shard.dialect(id) {
        Some(Dialect::Centrifugo(_)) => centrifugo::subscribed(shard, id, channel, granted),
        // These hear the one room, the namespaces or the call that they asked for.
        Some(Dialect::Plain(_) | Dialect::SocketIo(_) | Dialect::LiveKit(_)) | None => {}
    }
}

/// The server lets the credentials of a connection last until then, `None` for ever.
fn refreshed(shard: &mut Shard, id: LinkId, expires_at: Option<UnixMs>) {
    match shard.dialect(id) {
        Some(Dialect::Centrifugo(_)) => centrifugo::refreshed(shard, id, expires_at),
        // These have no credentials that can be made to last longer.
        Some(Dialect::Plain(_) | Dialect::SocketIo(_) | Dialect::LiveKit(_)) | None => {}
    }
}

/// A subscription that was answered has ended, and not because the client wanted it.
pub(crate) fn unsubscribed(shard: &mut Shard, id: LinkId, channel: &str, code: u32) {
    match shard.dialect(id) {
        Some(Dialect::Centrifugo(_)) => {
            shard.write(id, &centrifugo::unsubscribe_push(channel, code));
        }
        Some(Dialect::Plain(_)) => plain::unsubscribed(shard, id),
        Some(Dialect::SocketIo(_)) => socketio::unsubscribed(shard, id, channel),
        Some(Dialect::LiveKit(_)) | None => {}
    }
}

/// What everybody of this format is told of an event: framed, and empty for nothing at all.
pub(crate) fn encode(event: &Broadcast, format: Format) -> Bytes {
    match format.language {
        Language::CentrifugoJson => centrifugo::encode(Encoding::Json, format, event),
        Language::CentrifugoProtobuf => centrifugo::encode(Encoding::Protobuf, format, event),
        Language::CentrifugoPushes => centrifugo::encode_push(format.framing, event),
        Language::Plain => plain::encode(event, format.framing),
        Language::SocketIoJson => socketio::encode(Parser::Json, event),
        Language::SocketIoMsgpack => socketio::encode(Parser::Msgpack, event),
    }
}

/// Applies what changed about users to their connections on this shard.
pub(crate) fn change(shard: &mut Shard, change: Change) {
    match change {
        Change::Subscribe(whom, channel, granted) => {
            for link in links_of(shard, &whom) {
                subscribed(shard, link, &channel, &granted);
            }
        }
        Change::Unsubscribe(whom, channel, code) => {
            for link in links_of(shard, &whom) {
                end_subscription(shard, link, &channel, code);
            }
        }
        Change::Disconnect(whom, closing) => {
            for link in links_of(shard, &whom) {
                shard.close(link, closing.clone());
            }
        }
        Change::Refresh(whom, expires_at, info) => {
            for link in links_of(shard, &whom) {
                let entered = shard.dialect(link).and_then(|dialect| dialect.entered());
                if let Some(((connection, _), info)) = entered.zip(info.clone()) {
                    shard.channels.set_conn_info(connection, info);
                }
                refreshed(shard, link, expires_at);
            }
        }
        Change::Expel(expelled, code) => {
            for link in shard.expelled(&expelled) {
                shard.close(link, reason(code));
            }
        }
        Change::DisconnectSession(session, code) => {
            for link in links_of_session(shard, session) {
                shard.close(link, reason(code));
            }
        }
    }
}

/// The credentials of a subscription are over: it ends, or with one that the client did not ask for
/// its connection.
pub(crate) fn expired(shard: &mut Shard, expired: &Expired) {
    let Expired {
        channel,
        lost,
        asked,
    } = expired;
    let Some(link) = shard.link_of(lost.connection.slot) else {
        return;
    };
    if *asked {
        return centrifugo::renew_subscription(shard, link, (lost.side, channel));
    }
    match lost.side {
        Side::Client => end_subscription(shard, link, channel, Unsubscribe::Expired.code()),
        Side::Server => shard.close(link, Disconnect::SubscriptionExpired),
    }
}

/// The table's entry; a number that is not in it ends the connection for good.
pub(crate) fn reason(code: u32) -> Disconnect {
    Disconnect::from_code(code).unwrap_or(Disconnect::ForceDisconnect)
}

fn links(shard: &Shard, connections: &[ConnectionId]) -> Vec<LinkId> {
    connections
        .iter()
        .filter_map(|connection| shard.link_of(connection.slot))
        .collect()
}

fn links_of(shard: &Shard, whom: &Whom) -> Vec<LinkId> {
    let mut connections = shard.channels.connections_of(&whom.user);
    if whom.client.is_some() || !whom.except.is_empty() {
        connections.retain(|connection| {
            let client = shard.channels.client(*connection);
            let wanted = whom.client.is_none() || whom.client == client;
            wanted && !client.is_some_and(|client| whom.except.contains(&client))
        });
    }
    if let Some(session) = &whom.session {
        // The session of a connection without a socket is also where it is found.
        let address = session.parse().ok();
        let at = address.and_then(|address| shard.find(&address));
        connections.retain(|connection| match at {
            Some(link) => shard.link_of(connection.slot) == Some(link),
            None => {
                let client = shard.channels.client(*connection);
                client.is_some_and(|client| shard.hub.session(client) == *session)
            }
        });
    }
    links(shard, &connections)
}

fn links_of_session(shard: &Shard, session: SessionId) -> Vec<LinkId> {
    links(shard, &shard.channels.connections_of_session(session))
}

fn end_subscription(shard: &mut Shard, link: LinkId, channel: &str, code: u32) {
    let entered = shard.dialect(link).and_then(|dialect| dialect.entered());
    let Some((connection, _)) = entered else {
        return;
    };
    centrifugo::forget_paging(shard, link, channel);
    let info = shard.channels.info_in(connection, channel);
    let Some(ended) = shard.channels.unsubscribe(connection, channel) else {
        return;
    };
    // Who was not answered yet is answered without it, or with an error.
    if ended.answered {
        unsubscribed(shard, link, channel, code);
    }
    if let Some(info) = info {
        left(shard, channel, (ended, &info));
    }
}

/// A subscription has ended: tells the channel, and the application where entries go with it.
fn left(shard: &Shard, channel: &str, (ended, info): (Subscribed, &ClientInfo)) {
    if !ended.answered {
        return;
    }
    if ended.grant.announced {
        shard.hub.announce(Broadcast::leave(channel, info));
    }
    if let Some(client) = info.client.filter(|_| ended.grant.tied) {
        shard.backend().went(channel, client);
    }
}
