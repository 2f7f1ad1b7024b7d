//! Subscriptions: registered first, then judged, then answered from the past, then live.
//!
//! Since the registration comes first, a right that ends meanwhile is seen (the registration is
//! gone), and so is every publication that is not in the past that was read.

use std::sync::Arc;

use base::limits::{RECOVERY_BYTES_MAX, RECOVERY_PUBLICATIONS_MAX};
use domain::hub::{
    Arrival, ConnectionId, Grant, Joined, Past, Refused as NotBegun, Side, Unjoined,
};
use tokio::task::spawn_local;
use wire::centrifugo::message::{Push, SubscribePush, SubscribeRequest, SubscribeResult};
use wire::centrifugo::{Disconnect, ErrorCode, Reply};

use super::Phase;
use super::command::{Call, PastPage};
use crate::door::backend::{Actor, LogQuery, Refused};
use crate::drive::hub::broadcast::Broadcast;
use crate::drive::hub::link::LinkId;
use crate::drive::hub::shard::Shard;

/// A subscription that can be answered: the result, and what goes out behind it.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) result: SubscribeResult,
    pub(super) meanwhile: Vec<Arc<Broadcast>>,
}

/// The client asks for a channel.
pub(super) async fn by_client(
    call: &Call,
    (connection, actor): (ConnectionId, Actor),
    request: SubscribeRequest,
) {
    if request.channel.is_empty() {
        return call.close(Disconnect::BadRequest);
    }
    // Map subscriptions are none of ours.
    if request.r#type != 0 {
        return call.error(ErrorCode::NotAvailable);
    }
    let channel = request.channel.as_str();
    let begun = call
        .shard
        .borrow_mut()
        .channels
        .begin(connection, channel, Side::Client);
    match begun {
        Ok(()) => {}
        Err(NotBegun::Already) => return call.error(ErrorCode::AlreadySubscribed),
        Err(NotBegun::TooMany) => return call.error(ErrorCode::LimitExceeded),
        Err(NotBegun::NameTooLong) => return call.error(ErrorCode::BadRequest),
        Err(NotBegun::Gone) => return,
    }
    match join(call, (connection, actor), &request).await {
        Ok(answer) => {
            let mut shard = call.shard.borrow_mut();
            let reply = Reply {
                id: call.id,
                subscribe: Some(answer.result),
                ..Reply::default()
            };
            shard.write(call.link, &reply);
            for event in answer.meanwhile {
                shard.write_event(call.link, &event);
            }
            shard.flush_dirty();
            tell_join(&shard, connection, channel);
        }
        Err(refused) => {
            call.shard
                .borrow_mut()
                .channels
                .unsubscribe(connection, channel);
            call.refuse(refused);
        }
    }
}

async fn join(
    call: &Call,
    (connection, actor): (ConnectionId, Actor),
    request: &SubscribeRequest,
) -> Result<Answer, Refused> {
    let channel = request.channel.as_str();
    let grant = call
        .backend()
        .subscribe(actor, channel, request.data.clone())
        .await?;
    let page = read(call, grant.past, request).await?;
    answer(call, connection, (grant, request), page).map_err(|unjoined| match unjoined {
        Unjoined::Revoked => refused(ErrorCode::PermissionDenied),
        // Temporary: the client tries again and finds the stream further on.
        Unjoined::Torn => refused(ErrorCode::Internal),
    })
}

fn refused(code: ErrorCode) -> Refused {
    Refused::Error {
        code: code.code(),
        message: code.text().into(),
        temporary: code.is_temporary(),
    }
}

/// Reads the part of the past that the request needs. What is too large, with what waits to be
/// written already, is left out: the answer then says `recovered: false`, and the client reads the
/// newest page instead. Else it would be cut off as a slow reader, come back to the same offset,
/// and be cut off again.
pub(super) async fn read(
    call: &Call,
    past: Past,
    request: &SubscribeRequest,
) -> Result<PastPage, Refused> {
    let query = LogQuery {
        since: request.recover.then_some(request.offset),
        limit: if request.recover {
            RECOVERY_PUBLICATIONS_MAX
        } else {
            0
        },
        reverse: false,
    };
    let page = call.past(past, &request.channel, query).await?;
    let unsent_bytes = call.shard.borrow_mut().unsent_bytes(call.link);
    Ok(page.whole_within(RECOVERY_BYTES_MAX.saturating_sub(unsent_bytes)))
}

/// Puts the past that was read and what came meanwhile together.
pub(super) fn answer(
    call: &Call,
    connection: ConnectionId,
    (grant, request): (Grant, &SubscribeRequest),
    page: PastPage,
) -> Result<Answer, Unjoined> {
    let read: Vec<u64> = page.publications.iter().map(|it| it.offset).collect();
    let recovers = request.recover && grant.past != Past::None;
    let arrival = if grant.past == Past::None {
        Arrival::Fresh
    } else if recovers {
        Arrival::Since {
            known_epoch: &request.epoch,
            offset: request.offset,
            epoch: &page.epoch,
            top: page.top,
            read: &read,
        }
    } else {
        Arrival::Now {
            epoch: &page.epoch,
            top: page.top,
        }
    };
    let mut shard = call.shard.borrow_mut();
    let joined = shard
        .channels
        .finish(connection, &request.channel, grant, &arrival)?;
    let Joined {
        recovered,
        meanwhile,
    } = joined;
    let recoverable = grant.past != Past::None;
    let result = SubscribeResult {
        recoverable,
        positioned: recoverable,
        epoch: page.epoch,
        offset: if recovered { request.offset } else { page.top },
        publications: if recovered {
            page.publications
        } else {
            Vec::new()
        },
        recovered,
        was_recovering: recovers,
        ..SubscribeResult::default()
    };
    Ok(Answer { result, meanwhile })
}

/// Tells the channel that somebody came, when the subscription is one of those.
pub(super) fn tell_join(shard: &Shard, connection: ConnectionId, channel: &str) {
    let subscribed = shard.channels.subscribed(connection, channel);
    if subscribed.is_some_and(|subscribed| subscribed.grant.join_leave)
        && let Some(info) = shard.channels.info(connection)
    {
        shard.hub.announce(Broadcast::join(channel, &info));
    }
}

/// The server lets an open connection hear a channel.
pub(crate) fn by_server(shard: &mut Shard, link: LinkId, channel: &Arc<str>, grant: Grant) {
    let entered = shard.session(link).and_then(|session| session.connection());
    let Some((connection, _)) = entered else {
        return;
    };
    if shard
        .channels
        .begin(connection, channel, Side::Server)
        .is_err()
    {
        return;
    }
    let Some(shard) = shard.me() else {
        return;
    };
    let call = Call { shard, link, id: 0 };
    let request = SubscribeRequest {
        channel: channel.to_string(),
        ..SubscribeRequest::default()
    };
    spawn_local(async move {
        let page = match read(&call, grant.past, &request).await {
            Ok(page) => page,
            // The person may hear it and can not be served now: a new connection tries again.
            Err(_) => return call.close(Disconnect::InsufficientState),
        };
        opened(&call).await;
        match answer(&call, connection, (grant, &request), page) {
            Ok(answer) => push(&call, connection, &request.channel, answer),
            Err(Unjoined::Revoked) => {}
            Err(Unjoined::Torn) => call.close(Disconnect::InsufficientState),
        }
    });
}

/// Waits until the connect is answered: nothing is pushed before. Returns as well when the
/// connection is gone.
async fn opened(call: &Call) {
    let opened = call.shard.borrow().opened();
    loop {
        let next = opened.notified();
        let phase = call
            .shard
            .borrow_mut()
            .session(call.link)
            .map(|session| session.phase.clone());
        if !matches!(phase, Some(Phase::Entering(..))) {
            return;
        }
        next.await;
    }
}

fn push(call: &Call, connection: ConnectionId, channel: &str, answer: Answer) {
    let mut shard = call.shard.borrow_mut();
    let subscribe = Some(SubscribePush {
        recoverable: answer.result.recoverable,
        epoch: answer.result.epoch,
        offset: answer.result.offset,
        positioned: answer.result.positioned,
        ..SubscribePush::default()
    });
    let push = Push {
        channel: channel.to_owned(),
        subscribe,
        ..Push::default()
    };
    shard.write(call.link, &Reply::push(push));
    for event in answer.meanwhile {
        shard.write_event(call.link, &event);
    }
    shard.flush_dirty();
    tell_join(&shard, connection, channel);
}
