//! Credentials that are over, where the application is asked whether they go on.
//!
//! The connection or subscription stands while the question is on its way; the grace that every
//! client has bounds how long.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use base::limits::EXPIRED_GRACE_MS;
use bytes::Bytes;
use domain::hub::{ConnectionId, Expiry, Side};
use tokio::task::spawn_local;
use wire::centrifugo::{Disconnect, Unsubscribe};

use super::command::Call;
use super::subscribe::expiry;
use crate::door::backend::{Ending, Refused, Renewal};
use crate::door::end_subscription;
use crate::door::entry::left_ms;
use crate::drive::hub::link::LinkId;
use crate::drive::hub::shard::Shard;

/// What a question came to: how long it goes on, and what others see of it then.
type Goes = (Option<u64>, Option<Bytes>);

/// Something that is over is over at once.
fn goes_on(renewal: Renewal) -> Option<Goes> {
    match renewal {
        Renewal::Until { expires_at, info } => {
            let left_ms = left_ms(expires_at);
            (left_ms != Some(0)).then_some((left_ms, info))
        }
        Renewal::Over => None,
    }
}

fn call(shard: &Shard, link: LinkId) -> Option<Call> {
    let shard: Rc<RefCell<Shard>> = shard.me()?;
    Some(Call { shard, link, id: 0 })
}

/// The credentials of a connection are over.
pub(super) fn connection(shard: &mut Shard, link: LinkId) {
    let entered = shard.session(link).and_then(|session| session.connection());
    let Some(((connection, actor), call)) = entered.zip(call(shard, link)) else {
        return;
    };
    spawn_local(async move {
        let asked = call.backend().renew(actor).await;
        match asked.map(goes_on) {
            Ok(Some((left_ms, info))) => {
                if let Some(info) = info {
                    let mut shard = call.shard.borrow_mut();
                    shard.channels.set_conn_info(connection, info);
                }
                call.expire_in(left_ms);
            }
            Ok(None) | Err(Refused::Error { .. }) => call.close(Disconnect::Expired),
            Err(refused @ Refused::Disconnect { .. }) => call.refuse(refused),
        }
    });
}

/// The credentials of a subscription are over.
pub(crate) fn subscription(shard: &mut Shard, link: LinkId, (side, channel): (Side, &Arc<str>)) {
    let entered = shard.session(link).and_then(|session| session.connection());
    let Some(((connection, actor), call)) = entered.zip(call(shard, link)) else {
        return;
    };
    let grace = Expiry {
        at_ms: shard.now_ms().saturating_add(EXPIRED_GRACE_MS),
        asked: false,
    };
    shard.channels.set_expiry(connection, channel, grace);
    let channel = Arc::clone(channel);
    spawn_local(async move {
        let asked = call.backend().renew_subscription(actor, &channel).await;
        match asked.map(goes_on) {
            Ok(Some(goes)) => renewed(&call, (connection, &channel), goes),
            Ok(None) | Err(Refused::Error { .. }) => ended(&call, side, &channel),
            Err(refused @ Refused::Disconnect { .. }) => call.refuse(refused),
        }
    });
}

fn renewed(call: &Call, (id, channel): (ConnectionId, &str), (left_ms, info): Goes) {
    let mut shard = call.shard.borrow_mut();
    let now_ms = shard.now_ms();
    let expiry = left_ms.map(|left_ms| expiry(now_ms, left_ms, Ending::Asked));
    shard.channels.set_expiry(id, channel, expiry);
    shard.wake_at(expiry.map_or(u64::MAX, |expiry| expiry.at_ms));
    if let Some(info) = info {
        shard.channels.set_info(id, channel, info);
    }
}

fn ended(call: &Call, side: Side, channel: &str) {
    match side {
        Side::Client => {
            let mut shard = call.shard.borrow_mut();
            let code = Unsubscribe::Expired.code();
            end_subscription(&mut shard, call.link, channel, code);
            shard.flush_dirty();
        }
        Side::Server => call.close(Disconnect::SubscriptionExpired),
    }
}
