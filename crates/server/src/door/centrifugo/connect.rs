//! Connecting: who it is, what the server lets it hear, and what happened while that was decided.

use std::collections::BTreeMap;
use std::sync::Arc;

use base::limits::PING_INTERVAL_MS;
use domain::hub::{ClientId, ConnectionId, Grant, Newcomer, Side};
use wire::centrifugo::message::{ConnectRequest, ConnectResult, SubscribeEntry, SubscribeRequest};
use wire::centrifugo::{Disconnect, ErrorCode, Reply};

use super::Phase;
use super::command::{Call, PastPage, left_ms, ttl_s};
use super::subscribe::{Answer, answer, read, tell_join};
use crate::door::backend::{Actor, Connect, Connected, Refused};
use crate::drive::hub::broadcast::{Broadcast, format};
use crate::drive::hub::shard::Change;

/// A server-side subscription on its way, with the past that was read for it.
type Coming = (SubscribeRequest, Grant, PastPage);

/// Carries out the first command.
pub(super) async fn connect(call: &Call, request: ConnectRequest) {
    let Some((address, user_agent)) = call.shard.borrow_mut().take_greeting(call.link) else {
        return;
    };
    let since = call.shard.borrow_mut().changes.open();
    let asked = Connect {
        token: request.token,
        name: request.name,
        version: request.version,
        data: request.data,
        address,
        user_agent,
    };
    let decided = call.backend().connect(asked).await;
    let changes = call.shard.borrow_mut().changes.close(since);
    let mut connected = match decided {
        Ok(connected) => connected,
        Err(refused) => return reject(call, refused),
    };
    let Some(changes) = changes else {
        return call.close(Disconnect::ForceReconnect);
    };
    for change in changes {
        if let Err(reason) = catch_up(&mut connected, change) {
            return call.close(reason);
        }
    }
    if left_ms(connected.expires_at) == Some(0) {
        let code = ErrorCode::Expired;
        let message = code.text().into();
        return reject(
            call,
            Refused::Error {
                code: code.code(),
                message,
                temporary: false,
            },
        );
    }
    let Some((connection, actor)) = enter(call, &connected) else {
        return;
    };
    let Some(coming) = begin(call, connection, &connected, request.subs).await else {
        return call.close(Disconnect::InsufficientState);
    };
    open(call, (connection, actor), connected, coming);
}

fn reject(call: &Call, refused: Refused) {
    if let Some(session) = call.shard.borrow_mut().session(call.link) {
        session.phase = Phase::Rejected;
    }
    call.refuse(refused);
}

/// Applies a change that came while the connect was being decided.
fn catch_up(connected: &mut Connected, change: Change) -> Result<(), Disconnect> {
    match change {
        Change::Subscribe(user, channel, grant) if user == connected.user => {
            connected.channels.retain(|(name, _)| **name != *channel);
            connected.channels.push((channel.to_string(), grant));
        }
        Change::Unsubscribe(user, channel, _) if user == connected.user => {
            connected.channels.retain(|(name, _)| **name != *channel);
        }
        Change::DisconnectUser(user, code) if user == connected.user => {
            return Err(super::reason(code));
        }
        Change::DisconnectSession(session, code) if Some(session) == connected.session => {
            return Err(super::reason(code));
        }
        Change::Subscribe(..)
        | Change::Unsubscribe(..)
        | Change::DisconnectUser(..)
        | Change::DisconnectSession(..) => {}
    }
    Ok(())
}

/// Takes the connection into the hub. From here on changes find it. `None` when it is gone.
fn enter(call: &Call, connected: &Connected) -> Option<(ConnectionId, Actor)> {
    let mut shard = call.shard.borrow_mut();
    let now_ms = shard.now_ms();
    let encoding = shard.session(call.link)?.encoding;
    let client = ClientId(rand::random());
    let counted = shard.hub.count_online(&connected.user, connected.person);
    let user = counted.user();
    let connection = shard.channels.connect(Newcomer {
        user: user.clone(),
        session: connected.session,
        client,
        info: connected.info.clone(),
        format: format(encoding),
    });
    shard.bind(connection.slot, call.link, counted);
    let actor = Actor {
        user,
        person: connected.person,
        session: connected.session,
        client,
    };
    let left_ms = left_ms(connected.expires_at);
    let session = shard.session(call.link)?;
    session.phase = Phase::Entering(connection, actor.clone());
    session.expire_in(now_ms, left_ms);
    shard.reschedule(call.link);
    Some((connection, actor))
}

/// Registers the server-side subscriptions, then reads their pasts. `None` when one of them can
/// not be served.
async fn begin(
    call: &Call,
    connection: ConnectionId,
    connected: &Connected,
    mut known: BTreeMap<String, SubscribeRequest>,
) -> Option<Vec<Coming>> {
    for (channel, _) in &connected.channels {
        call.shard
            .borrow_mut()
            .channels
            .begin(connection, channel, Side::Server)
            .ok()?;
    }
    let mut coming = Vec::new();
    for (channel, grant) in &connected.channels {
        // The position that the client left off at, if it has been here before.
        let request = known.remove(channel).unwrap_or_default();
        let request = SubscribeRequest {
            channel: channel.clone(),
            ..request
        };
        let page = read(call, grant.past, &request).await.ok()?;
        coming.push((request, *grant, page));
    }
    Some(coming)
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
    for (request, grant, page) in coming {
        match answer(call, connection, (grant, &request), page) {
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
    let left_ms = left_ms(connected.expires_at);
    let joined: Vec<String> = subs.iter().map(|entry| entry.key.clone()).collect();
    let result = ConnectResult {
        client: actor.client.to_string(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        expires: left_ms.is_some(),
        ttl: ttl_s(left_ms),
        data: connected.data.unwrap_or_default(),
        subs,
        ping: (PING_INTERVAL_MS / 1_000) as u32,
        pong: true,
        ..ConnectResult::default()
    };
    let mut shard = call.shard.borrow_mut();
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
