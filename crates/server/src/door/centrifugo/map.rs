//! Subscriptions to maps: the client asks for what the map holds page by page, and stands when it
//! has everything.
//!
//! Whoever has been let in at the first page need not ask again at the next ones, for as long as
//! nobody ends that. Each page is registered first and read then, like any subscription, so the
//! last one misses nothing.

use std::sync::Arc;

use base::limits::RECOVERY_BYTES_MAX;
use domain::channel::{SubscriptionType, Wish};
use domain::hub::map::{Answered, Ask, Entry, Phase, Unrecoverable};
use domain::hub::tags::Filter;
use domain::hub::{Arrival, ConnectionId, Position, Terms, Unjoined};
use wire::centrifugo::message::{Publication, SubscribeRequest, SubscribeResult};
use wire::centrifugo::{Disconnect, Encoding, ErrorCode, Reply};

use super::command::{Call, ttl_s};
use super::event::whole;
use super::subscribe::{Answer, FOSSIL, begin, expiry, fail, filter, stand};
use crate::door::backend::{Actor, Ending, Granted, Refused, Subscribe};
use crate::door::entry::left_ms;
use crate::drive::hub::broadcast::Broadcast;
use crate::drive::hub::link::LinkId;
use crate::drive::hub::maps::Change;
use crate::drive::hub::shard::Shard;

/// The number of a map among the types of subscriptions.
pub(super) const MAP: i32 = 1;
/// The numbers of the phases; the last one is 0, for live.
const STREAM: i32 = 1;
const STATE: i32 = 2;
/// What counts of an entry is more than what goes out of it.
const WEIGHT: usize = 3;

/// What the client takes the channel for.
const fn kind(number: i32) -> Option<SubscriptionType> {
    match number {
        MAP => Some(SubscriptionType::Map),
        2 => Some(SubscriptionType::MapClients),
        3 => Some(SubscriptionType::MapUsers),
        _ => None,
    }
}

/// What a page leads to.
enum Turned {
    /// There is more to ask for.
    Page(SubscribeResult),
    /// The subscription stands.
    Live(Answer),
}

/// The client asks for a map, or for its next page.
pub(super) async fn by_client(
    call: &Call,
    (connection, actor): (ConnectionId, Actor),
    request: SubscribeRequest,
) {
    if request.channel.is_empty() {
        return call.close(Disconnect::BadRequest);
    }
    let Some(kind) = kind(request.r#type) else {
        return call.error(ErrorCode::NotAvailable);
    };
    let channel = request.channel.as_str();
    if !begin(call, connection, channel) {
        return;
    }
    let granted = match granted(call, actor, (kind, &request)).await {
        Ok(granted) => granted,
        Err(refused) => return fail(call, connection, channel, refused),
    };
    match turn(call, connection, (granted, &request)) {
        Ok(Turned::Live(answer)) => stand(call, connection, channel, answer),
        Ok(Turned::Page(result)) => {
            call.reply(Reply {
                subscribe: Some(result),
                ..Reply::default()
            });
        }
        Err(refused) => fail(call, connection, channel, refused),
    }
}

/// What the client may do in the channel: as it was decided at its first page, or decided now.
async fn granted(
    call: &Call,
    actor: Actor,
    (kind, request): (SubscriptionType, &SubscribeRequest),
) -> Result<Granted, Refused> {
    let first = request.phase == STATE && request.cursor.is_empty() && request.epoch.is_empty();
    let known = take_paging(&mut call.shard.borrow_mut(), call.link, &request.channel);
    let granted = match known.filter(|_| !first) {
        Some(granted) => granted,
        None => {
            let asked = Subscribe {
                channel: &request.channel,
                token: &request.token,
                data: request.data.clone(),
                kind,
                wish: Wish::default(),
            };
            call.backend().subscribe(actor, asked).await?
        }
    };
    if left_ms(granted.expires_at) == Some(0) {
        return Err(ErrorCode::Expired.into());
    }
    if request.tf.is_some() && (!granted.grant.tags_filter || filter(request).is_none()) {
        return Err(ErrorCode::BadRequest.into());
    }
    Ok(granted)
}

fn take_paging(shard: &mut Shard, link: LinkId, channel: &str) -> Option<Granted> {
    let pagings = &mut shard.session(link)?.pagings;
    let granted = pagings.as_mut()?.remove(channel);
    if pagings.as_ref().is_some_and(|pagings| pagings.is_empty()) {
        *pagings = None;
    }
    granted
}

/// What was decided at the first page does not hold any more.
pub(crate) fn forget(shard: &mut Shard, link: LinkId, channel: &str) {
    drop(take_paging(shard, link, channel));
}

/// Reads what comes next and answers it. Nothing can come in between.
fn turn(
    call: &Call,
    connection: ConnectionId,
    (granted, request): (Granted, &SubscribeRequest),
) -> Result<Turned, Refused> {
    let mut shard = call.shard.borrow_mut();
    let unsent_bytes = shard.unsent_bytes(call.link);
    let bytes_max = RECOVERY_BYTES_MAX.saturating_sub(unsent_bytes);
    let ask = Ask {
        phase: if request.phase == STATE {
            Phase::State
        } else {
            Phase::Stream
        },
        cursor: &request.cursor,
        limit: usize::try_from(request.limit).unwrap_or(0),
        ascending: request.asc,
        offset: request.offset,
        epoch: &request.epoch,
        bytes_max: bytes_max.saturating_mul(WEIGHT),
    };
    let page = Page::new(&mut shard, call.link, (&granted, request));
    let admits = |change: &Change| page.admits(change);
    let answered = shard.hub.map_answer((&request.channel, ask), admits);
    let answered = answered.map_err(|unrecoverable| match unrecoverable {
        Unrecoverable::Lost => ErrorCode::UnrecoverablePosition,
        Unrecoverable::Full => ErrorCode::LimitExceeded,
    })?;
    let result = match answered {
        Answered::State {
            position,
            entries,
            cursor,
        } => SubscribeResult {
            phase: STATE,
            state: page.entries(&entries),
            cursor: cursor.unwrap_or_default(),
            ..page.result(&position)
        },
        Answered::Stream { position, changes } => SubscribeResult {
            phase: STREAM,
            publications: page.changes(&changes),
            ..page.result(&position)
        },
        Answered::Live {
            position,
            entries,
            changes,
        } => {
            let last = SubscribeResult {
                state: page.entries(&entries),
                publications: page.changes(&changes),
                ..page.result(&position)
            };
            let live = live(&mut shard, connection, (&granted, request), (last, &page));
            return live.map(Turned::Live);
        }
    };
    // It is registered anew at the next page; until then nothing is held for it.
    shard.channels.unsubscribe(connection, &request.channel);
    let max = shard.hub.subscriptions_max();
    if let Some(session) = shard.session(call.link) {
        let pagings = session.pagings.get_or_insert_default();
        if pagings.len() >= max {
            return Err(ErrorCode::LimitExceeded.into());
        }
        pagings.insert(request.channel.clone(), granted);
    }
    Ok(Turned::Page(result))
}

/// The last page: the subscription stands.
fn live(
    shard: &mut Shard,
    connection: ConnectionId,
    (granted, request): (&Granted, &SubscribeRequest),
    (last, page): (SubscribeResult, &Page),
) -> Result<Answer, Refused> {
    let left_ms = left_ms(granted.expires_at);
    let now_ms = shard.now_ms();
    let terms = Terms {
        grant: granted.grant,
        info: granted.info.clone(),
        expiry: left_ms.map(|left_ms| expiry(now_ms, left_ms, granted.ending)),
        delta: page.delta,
        filter: page.filter.clone(),
    };
    let expires_ms = terms.expiry.map(|expiry| expiry.at_ms);
    let (epoch, top) = (last.epoch.as_str(), last.offset);
    let arrival = if request.recover {
        Arrival::Since {
            known_epoch: epoch,
            offset: top,
            epoch,
            top,
            read: &[],
        }
    } else {
        Arrival::Now { epoch, top }
    };
    let finished = shard
        .channels
        .finish(connection, &request.channel, terms, &arrival);
    let joined = finished.map_err(|unjoined| match unjoined {
        Unjoined::Revoked => ErrorCode::PermissionDenied,
        // Temporary: the client tries again and finds the map further on.
        Unjoined::Torn => ErrorCode::Internal,
    })?;
    shard.wake_at(expires_ms.unwrap_or(u64::MAX));
    let mut meanwhile = joined.meanwhile;
    meanwhile.retain(|event| page.admits(event));
    let told_ms = left_ms.filter(|_| granted.ending == Ending::Told);
    let result = SubscribeResult {
        expires: told_ms.is_some(),
        ttl: ttl_s(told_ms),
        recoverable: granted.grant.recoverable,
        positioned: true,
        recovered: request.recover,
        was_recovering: request.recover,
        data: granted.data.clone().unwrap_or_default(),
        delta: page.delta,
        ..last
    };
    Ok(Answer { result, meanwhile })
}

/// How a page is written for one client.
struct Page {
    kind: i32,
    filter: Option<Filter>,
    delta: bool,
    encoding: Encoding,
}

impl Page {
    fn new(
        shard: &mut Shard,
        link: LinkId,
        (granted, request): (&Granted, &SubscribeRequest),
    ) -> Self {
        let filter = filter(request).filter(|_| granted.grant.tags_filter);
        let session = shard.session(link);
        Self {
            kind: request.r#type,
            delta: granted.grant.delta && request.delta == FOSSIL && filter.is_none(),
            filter,
            encoding: session.map_or(Encoding::Json, |session| session.encoding),
        }
    }

    fn admits(&self, change: &Broadcast) -> bool {
        let filter = self.filter.as_ref();
        filter.is_none_or(|filter| filter.admits(&|tag: &str| change.tag(tag)))
    }

    fn result(&self, position: &Position) -> SubscribeResult {
        SubscribeResult {
            r#type: self.kind,
            epoch: position.epoch.to_string(),
            offset: position.top,
            ..SubscribeResult::default()
        }
    }

    fn entries(&self, entries: &[Entry<Change>]) -> Vec<Publication> {
        let payloads = entries.iter().map(|entry| &entry.payload);
        payloads.filter_map(|it| self.message(it)).collect()
    }

    fn changes(&self, changes: &[(u64, Change)]) -> Vec<Publication> {
        let payloads = changes.iter().map(|(_, payload)| payload);
        payloads.filter_map(|it| self.message(it)).collect()
    }

    /// One entry or change. Where differences follow, it is written as what they build on.
    fn message(&self, change: &Arc<Broadcast>) -> Option<Publication> {
        let mut message = change.message()?;
        if self.delta {
            whole(self.encoding, &mut message);
        }
        Some(message)
    }
}
