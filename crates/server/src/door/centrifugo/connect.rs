//! Connecting: who it is, what the server lets it hear, and what happened while that was decided.

use std::collections::BTreeMap;
use std::sync::Arc;

use base::limits::PING_INTERVAL_MS;
use domain::hub::{ConnectionId, Refused as NotBegun, Side};
use wire::centrifugo::message::{ConnectRequest, ConnectResult, SubscribeEntry, SubscribeRequest};
use wire::centrifugo::{Disconnect, ErrorCode, Reply};

use super::command::{Call, ttl_s};
use super::past::PastPage;
use super::subscribe::{Answer, answer, going_on, read, tell_join};
use super::{Manner, Phase};
use crate::door::backend::{Actor, Connected, Ending, Granted, Refused};
use crate::door::entry::{self, Asked, Entered, NotEntered, left_ms};
use crate::drive::hub::broadcast::Broadcast;
use crate::drive::hub::pipe::Address;
use crate::drive::hub::shard::Shard;

/// A server-side subscription on its way, with the past that was read for it.
type Coming = (SubscribeRequest, Granted, PastPage);

/// Carries out the first command.
pub(super) async fn connect(call: &Call, request: ConnectRequest) {
    let asked = Asked {
        token: request.token,
        name: request.name,
        version: request.version,
        data: request.data,
        headers: request.headers,
    };
    let entered = match entry::enter(&call.shard, call.link, asked).await {
        Ok(entered) => entered,
        Err(NotEntered::Refused(refused)) => return reject(call, refused),
        Err(NotEntered::Closed(reason)) => return call.close(reason),
        Err(NotEntered::Gone) => return,
    };
    let Entered {
        connection,
        actor,
        connected,
    } = entered;
    if let Some(session) = call.shard.borrow_mut().session(call.link) {
        session.set_ending(connected.ending);
    }
    call.expire_in(left_ms(connected.expires_at));
    let coming = match begin(call, connection, &connected, request.subs).await {
        Ok(coming) => coming,
        Err(reason) => return call.close(reason),
    };
    open(call, (connection, actor), connected, coming);
}

fn reject(call: &Call, refused: Refused) {
    let mut shard = call.shard.borrow_mut();
    let Some(session) = shard.session(call.link) else {
        return;
    };
    session.phase = Phase::Rejected;
    let manner = session.manner;
    drop(shard);
    match (manner, &refused) {
        // There is no reply that could carry the error.
        (
            Manner::Listening,
            Refused::Error {
                code, temporary, ..
            },
        ) => {
            call.close(turned_away(*code, *temporary));
        }
        (Manner::Listening, Refused::Disconnect { .. })
        | (Manner::Both | Manner::BothWithSocketPings, _) => call.refuse(refused),
    }
}

/// What an error of a connect means to a client that only listens.
fn turned_away(code: u32, temporary: bool) -> Disconnect {
    let over = [ErrorCode::TokenExpired, ErrorCode::Expired];
    if over.iter().any(|it| it.code() == code) {
        Disconnect::Expired
    } else if temporary {
        Disconnect::InternalServerError
    } else {
        Disconnect::PermissionDenied
    }
}

/// Registers the server-side subscriptions, then reads their pasts. An error when one of them can
/// not be served.
async fn begin(
    call: &Call,
    connection: ConnectionId,
    connected: &Connected,
    mut known: BTreeMap<String, SubscribeRequest>,
) -> Result<Vec<Coming>, Disconnect> {
    for (channel, _) in &connected.channels {
        let mut shard = call.shard.borrow_mut();
        let begun = shard.channels.begin(connection, channel, Side::Server);
        begun.map_err(|refused| match refused {
            NotBegun::TooMany => Disconnect::ChannelLimit,
            NotBegun::Already | NotBegun::NameTooLong => Disconnect::BadRequest,
            NotBegun::Gone => Disconnect::InsufficientState,
        })?;
    }
    let mut coming = Vec::new();
    for (channel, granted) in &connected.channels {
        // The position that the client left off at, if it has been here before.
        let request = match known.remove(channel) {
            Some(request) => SubscribeRequest {
                channel: channel.clone(),
                ..request
            },
            None => going_on(channel, granted),
        };
        let page = read(call, granted.grant, &request).await;
        let page = page.map_err(|_| Disconnect::InsufficientState)?;
        coming.push((request, granted.clone(), page));
    }
    Ok(coming)
}

/// By what the client, or its backend, names this connection; nothing where a client needs none.
fn session(shard: &Shard, actor: &Actor, (emulated, manner): (Option<Address>, Manner)) -> String {
    match (emulated, manner) {
        (Some(address), _) => address.to_string(),
        (None, Manner::Listening) => shard.hub.session(actor.client),
        (None, Manner::Both | Manner::BothWithSocketPings) => String::new(),
    }
}

/// Answers, and only then lets publications through.
fn open(
    call: &Call,
    (connection, actor): (ConnectionId, Actor),
    connected: Connected,
    coming: Vec<Coming>,
) {
    let mut subs = Vec::new();
    let mut meanwhile: Vec<Arc<Broadcast>> = Vec::new();
    for (request, granted, page) in coming {
        match answer(call, connection, (&granted, &request), page) {
            Ok(Answer {
                result,
                meanwhile: events,
            }) => {
                subs.push(SubscribeEntry {
                    key: request.channel,
                    value: Some(result),
                });
                meanwhile.extend(events);
            }
            // Ended while the pasts were read: not part of the answer.
            Err(domain::hub::Unjoined::Revoked) => {}
            Err(domain::hub::Unjoined::Torn) => return call.close(Disconnect::InsufficientState),
        }
    }
    let mut shard = call.shard.borrow_mut();
    let address = shard.address(call.link);
    let Some(manner) = shard.session(call.link).map(|session| session.manner) else {
        return;
    };
    let emulated = address.filter(|_| manner == Manner::Both);
    let left_ms = left_ms(connected.expires_at).filter(|_| connected.ending == Ending::Told);
    let joined: Vec<String> = subs.iter().map(|entry| entry.key.clone()).collect();
    let result = ConnectResult {
        client: actor.client.to_string(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        expires: left_ms.is_some(),
        ttl: ttl_s(left_ms),
        data: connected.data.unwrap_or_default(),
        subs,
        ping: match manner {
            Manner::Both | Manner::Listening => (PING_INTERVAL_MS / 1_000) as u32,
            Manner::BothWithSocketPings => 0,
        },
        pong: manner == Manner::Both,
        session: session(&shard, &actor, (emulated, manner)),
        node: emulated.map(|it| it.node()).unwrap_or_default(),
        ..ConnectResult::default()
    };
    let now_ms = shard.now_ms();
    let Some(session) = shard.session(call.link) else {
        return;
    };
    session.open(now_ms, connection, actor);
    shard.opened().notify_waiters();
    let reply = Reply {
        id: call.id,
        connect: Some(result),
        ..Reply::default()
    };
    shard.write(call.link, &reply);
    for event in meanwhile {
        shard.write_event(call.link, &event);
    }
    shard.flush_dirty();
    for channel in joined {
        tell_join(&shard, connection, &channel);
    }
}
