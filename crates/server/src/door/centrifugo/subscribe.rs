//! Subscriptions: registered first, then judged, then answered from the past, then live.
//!
//! Since the registration comes first, a right that ends meanwhile is seen (the registration is
//! gone), and so is every publication that is not in the past that was read.

use std::sync::Arc;

use base::limits::{EXPIRED_GRACE_MS, RECOVERY_BYTES_MAX, RECOVERY_PUBLICATIONS_MAX};
use domain::channel::{SubscriptionType, Wish};
use domain::hub::tags::{Filter, Node};
use domain::hub::{
    Arrival, ConnectionId, Expiry, Grant, Joined, Past, Refused as NotBegun, Side, Terms, Unjoined,
};
use tokio::task::spawn_local;
use wire::centrifugo::message::{
    FilterNode, Publication, Push, SubscribePush, SubscribeRequest, SubscribeResult,
};
use wire::centrifugo::{Disconnect, Encoding, ErrorCode, Reply};

use super::Phase;
use super::command::{Call, ttl_s};
use super::event::shorten;
use super::past::PastPage;
use crate::door::backend::{Actor, Ending, Granted, LogQuery, Refused, Subscribe};
use crate::door::entry::left_ms;
use crate::drive::hub::broadcast::Broadcast;
use crate::drive::hub::link::LinkId;
use crate::drive::hub::shard::Shard;

/// The bit of a subscribe request that asks for an error instead of a subscription that lost some.
const REJECT_UNRECOVERED: i64 = 2;
/// The one kind of differences there is.
pub(super) const FOSSIL: &str = "fossil";

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
    let channel = request.channel.as_str();
    if !begin(call, connection, channel) {
        return;
    }
    match join(call, (connection, actor), &request).await {
        Ok(answer) => stand(call, connection, channel, answer),
        Err(refused) => fail(call, connection, channel, refused),
    }
}

/// Registers a subscription that a client asks for; else answers why not.
pub(super) fn begin(call: &Call, connection: ConnectionId, channel: &str) -> bool {
    let mut shard = call.shard.borrow_mut();
    let begun = shard.channels.begin(connection, channel, Side::Client);
    drop(shard);
    match begun {
        Ok(()) => return true,
        Err(NotBegun::Already) => call.error(ErrorCode::AlreadySubscribed),
        Err(NotBegun::TooMany) => call.error(ErrorCode::LimitExceeded),
        Err(NotBegun::NameTooLong) => call.error(ErrorCode::BadRequest),
        Err(NotBegun::Gone) => {}
    }
    false
}

/// Answers a subscription that stands.
pub(super) fn stand(call: &Call, connection: ConnectionId, channel: &str, answer: Answer) {
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

/// Takes a registration back and says why.
pub(super) fn fail(call: &Call, connection: ConnectionId, channel: &str, refused: Refused) {
    let mut shard = call.shard.borrow_mut();
    shard.channels.unsubscribe(connection, channel);
    drop(shard);
    call.refuse(refused);
}

async fn join(
    call: &Call,
    (connection, actor): (ConnectionId, Actor),
    request: &SubscribeRequest,
) -> Result<Answer, Refused> {
    let channel = request.channel.as_str();
    let asked = Subscribe {
        channel,
        token: &request.token,
        data: request.data.clone(),
        kind: SubscriptionType::Stream,
        wish: Wish {
            positioned: request.positioned,
            recoverable: request.recoverable || request.recover,
            join_leave: request.join_leave,
        },
    };
    let granted = call.backend().subscribe(actor, asked).await?;
    if left_ms(granted.expires_at) == Some(0) {
        return Err(ErrorCode::Expired.into());
    }
    if request.tf.is_some() && (!granted.grant.tags_filter || filter(request).is_none()) {
        return Err(ErrorCode::BadRequest.into());
    }
    let page = read(call, granted.grant, request).await?;
    let answer = answer(call, connection, (&granted, request), page);
    let answer = answer.map_err(|unjoined| match unjoined {
        Unjoined::Revoked => ErrorCode::PermissionDenied,
        // Temporary: the client tries again and finds the stream further on.
        Unjoined::Torn => ErrorCode::Internal,
    })?;
    let lost = answer.result.was_recovering && !answer.result.recovered;
    if lost && request.flag & REJECT_UNRECOVERED != 0 {
        return Err(ErrorCode::UnrecoverablePosition.into());
    }
    Ok(answer)
}

/// Reads the part of the past that the request needs. What is too large, with what waits to be
/// written already, is left out: the answer then says `recovered: false`, and the client reads the
/// newest page instead. Else it would be cut off as a slow reader, come back to the same offset,
/// and be cut off again.
pub(super) async fn read(
    call: &Call,
    grant: Grant,
    request: &SubscribeRequest,
) -> Result<PastPage, Refused> {
    let recovers = recovers(grant, request);
    let query = LogQuery {
        since: (recovers && !grant.cache).then_some(request.offset),
        limit: match (recovers, grant.cache) {
            (false, _) => 0,
            (true, false) => RECOVERY_PUBLICATIONS_MAX,
            (true, true) => 1,
        },
        reverse: grant.cache,
    };
    let page = call.past(grant.past, &request.channel, query).await?;
    let unsent_bytes = call.shard.borrow_mut().unsent_bytes(call.link);
    Ok(page.whole_within(RECOVERY_BYTES_MAX.saturating_sub(unsent_bytes)))
}

/// Whether the subscription begins somewhere in the past.
const fn recovers(grant: Grant, request: &SubscribeRequest) -> bool {
    grant.auto_recover || (grant.recoverable && request.recover)
}

/// Puts the past that was read and what came meanwhile together.
pub(super) fn answer(
    call: &Call,
    connection: ConnectionId,
    (granted, request): (&Granted, &SubscribeRequest),
    page: PastPage,
) -> Result<Answer, Unjoined> {
    let grant = granted.grant;
    let read: Vec<u64> = page.publications.iter().map(|it| it.offset).collect();
    let recovers = recovers(grant, request);
    let arrival = arrival(grant, request, (&page, &read));
    let left_ms = left_ms(granted.expires_at);
    let filter = filter(request).filter(|_| grant.tags_filter);
    let delta = grant.delta && request.delta == FOSSIL && filter.is_none();
    let mut shard = call.shard.borrow_mut();
    let now_ms = shard.now_ms();
    let terms = Terms {
        grant,
        info: granted.info.clone(),
        expiry: left_ms.map(|left_ms| expiry(now_ms, left_ms, granted.ending)),
        delta,
        filter: filter.clone(),
    };
    let channel = &request.channel;
    let expires_ms = terms.expiry.map(|expiry| expiry.at_ms);
    let joined = shard
        .channels
        .finish(connection, channel, terms, &arrival)?;
    shard.wake_at(expires_ms.unwrap_or(u64::MAX));
    let Joined {
        mut recovered,
        mut meanwhile,
    } = joined;
    let mut publications = page.publications;
    if recovers && grant.cache {
        let there = request.recover && request.epoch == page.epoch && request.offset == page.top;
        recovered = there || !publications.is_empty();
        if there {
            publications.clear();
        }
    }
    if let Some(filter) = &filter {
        meanwhile.retain(|event| filter.admits(&|tag: &str| event.tag(tag)));
        publications.retain(|it| filter.admits(&|tag: &str| it.tags.get(tag).map(|it| &**it)));
    }
    let encoding = shard.session(call.link).map(|session| session.encoding);
    if let Some(encoding) = encoding.filter(|_| delta) {
        shorten_all(encoding, &mut publications);
    }
    let told_ms = left_ms.filter(|_| granted.ending == Ending::Told);
    let positioned = grant.past != Past::None;
    // Where nothing of what was missed passes the filter, the client need not come back for it.
    let whole = recovered && !grant.cache && (filter.is_none() || !publications.is_empty());
    let result = SubscribeResult {
        expires: told_ms.is_some(),
        ttl: ttl_s(told_ms),
        recoverable: positioned && grant.recoverable,
        positioned,
        epoch: page.epoch,
        offset: if whole { request.offset } else { page.top },
        publications: if recovered { publications } else { Vec::new() },
        recovered,
        was_recovering: recovers,
        data: granted.data.clone().unwrap_or_default(),
        delta,
        ..SubscribeResult::default()
    };
    Ok(Answer { result, meanwhile })
}

/// Where a subscription begins: at the head of its stream, or where the client left it.
fn arrival<'a>(
    grant: Grant,
    request: &'a SubscribeRequest,
    (page, read): (&'a PastPage, &'a [u64]),
) -> Arrival<'a> {
    if grant.past == Past::None {
        Arrival::Fresh
    } else if recovers(grant, request) && !grant.cache {
        Arrival::Since {
            known_epoch: &request.epoch,
            offset: request.offset,
            epoch: &page.epoch,
            top: page.top,
            read,
        }
    } else {
        Arrival::Now {
            epoch: &page.epoch,
            top: page.top,
        }
    }
}

/// The filter of a request; `None` when there is none or it means nothing.
pub(super) fn filter(request: &SubscribeRequest) -> Option<Filter> {
    let node = request.tf.clone()?;
    Filter::new(node_of(node)).ok()
}

/// The tree as the rules want it. The codec bounds how deep it is.
fn node_of(node: FilterNode) -> Node {
    Node {
        op: node.op,
        key: node.key,
        cmp: node.cmp,
        val: node.val,
        vals: node.vals,
        nodes: node.nodes.into_iter().map(node_of).collect(),
    }
}

/// Writes what was recovered as the first publication and differences to it.
fn shorten_all(encoding: Encoding, publications: &mut [Publication]) {
    let mut previous = None;
    for publication in publications {
        let data = publication.data.clone();
        shorten(encoding, previous.as_ref(), publication);
        previous = Some(data);
    }
}

/// When the credentials of a subscription are over that last for so long, by the clock of the
/// shard: after some grace, or at once where the application is asked then.
pub(super) fn expiry(now_ms: u64, left_ms: u64, ending: Ending) -> Expiry {
    let at_ms = now_ms.saturating_add(left_ms);
    match ending {
        Ending::Told | Ending::Silent => Expiry {
            at_ms: at_ms.saturating_add(EXPIRED_GRACE_MS),
            asked: false,
        },
        Ending::Asked => Expiry { at_ms, asked: true },
    }
}

/// Tells the channel that somebody came, when the subscription is one of those.
pub(super) fn tell_join(shard: &Shard, connection: ConnectionId, channel: &str) {
    let subscribed = shard.channels.subscribed(connection, channel);
    let info = shard.channels.info_in(connection, channel);
    let Some((subscribed, info)) = subscribed.zip(info) else {
        return;
    };
    if subscribed.grant.announced {
        shard.hub.announce(Broadcast::join(channel, &info));
    }
    if subscribed.grant.tied {
        shard.backend().came(channel, info);
    }
}

/// The server lets an open connection hear a channel.
pub(crate) fn by_server(
    shard: &mut Shard,
    link: LinkId,
    channel: &Arc<str>,
    granted: &Arc<Granted>,
) {
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
    let request = going_on(channel, granted);
    let granted = Arc::clone(granted);
    spawn_local(async move {
        let page = match read(&call, granted.grant, &request).await {
            Ok(page) => page,
            // The person may hear it and can not be served now: a new connection tries again.
            Err(_) => return call.close(Disconnect::InsufficientState),
        };
        opened(&call).await;
        match answer(&call, connection, (&granted, &request), page) {
            Ok(answer) => push(&call, connection, &request.channel, answer),
            Err(Unjoined::Revoked) => {}
            Err(Unjoined::Torn) => call.close(Disconnect::InsufficientState),
        }
    });
}

/// The request that a client would make of a subscription of the server.
pub(super) fn going_on(channel: &str, granted: &Granted) -> SubscribeRequest {
    let channel = channel.to_owned();
    match &granted.since {
        None => SubscribeRequest {
            channel,
            ..SubscribeRequest::default()
        },
        Some(since) => SubscribeRequest {
            channel,
            recover: true,
            epoch: since.epoch.to_string(),
            offset: since.top,
            ..SubscribeRequest::default()
        },
    }
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
        data: answer.result.data,
    });
    let push = Push {
        channel: channel.to_owned(),
        subscribe,
        ..Push::default()
    };
    shard.write(call.link, &Reply::push(push));
    // This push has no room for what was recovered.
    for publication in answer.result.publications {
        let push = Push {
            channel: channel.to_owned(),
            publication: Some(publication),
            ..Push::default()
        };
        shard.write(call.link, &Reply::push(push));
    }
    for event in answer.meanwhile {
        shard.write_event(call.link, &event);
    }
    shard.flush_dirty();
    tell_join(&shard, connection, channel);
}
