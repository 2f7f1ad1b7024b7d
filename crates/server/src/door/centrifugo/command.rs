//! Carries out the commands of one connection, one after the other.

use std::cell::RefCell;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use domain::hub::ConnectionId;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::task::spawn_local;
use wire::centrifugo::message::{self, *};
use wire::centrifugo::{Disconnect, ErrorCode, Reply, Request, compact_json};
use wire::websocket::CloseCode;

use super::session::Phase;
use super::subscribe::expiry;
use super::{connect, map, subscribe};
use crate::door;
use crate::door::backend::{Actor, Backend, ClientInfo, Ending, Keyed, Publish, Refused};
use crate::door::entry::left_ms;
use crate::drive::hub::link::{Closing, LinkId};
use crate::drive::hub::shard::Shard;

/// What a command has at hand: the shard, which it never holds across a wait, and its connection.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) shard: Rc<RefCell<Shard>>,
    pub(super) link: LinkId,
    pub(super) id: u32,
}

/// Works through the queue of a connection; ends when it is empty. A bug ends this connection and
/// no other.
pub(crate) async fn work(shard: Rc<RefCell<Shard>>, link: LinkId) {
    let call = Call {
        shard: Rc::clone(&shard),
        link,
        id: 0,
    };
    call.contain(commands(shard, link)).await;
}

async fn commands(shard: Rc<RefCell<Shard>>, link: LinkId) {
    loop {
        let next = shard.borrow_mut().next_command(link);
        let Some((id, request)) = next else {
            shard.borrow_mut().flush_dirty();
            return;
        };
        let call = Call {
            shard: Rc::clone(&shard),
            link,
            id,
        };
        if let Request::Connect(request) = request {
            connect::connect(&call, request).await;
            call.done();
            continue;
        }
        let phase = shard
            .borrow_mut()
            .session(link)
            .map(|session| session.phase.clone());
        if let Some(Phase::Open(connection, actor)) = phase {
            call.open(connection, actor, request).await;
        } else {
            call.done();
        }
    }
}

impl Call {
    /// A command of an open connection.
    async fn open(self, connection: ConnectionId, actor: Actor, request: Request) {
        if !matches!(request, Request::Publish(_) | Request::Rpc(_)) {
            // It may wait for long; what was answered before does not.
            self.shard.borrow_mut().flush_dirty();
        }
        match request {
            // Judged by the session: only the first command is a connect.
            Request::Connect(_) => self.close(Disconnect::BadRequest),
            Request::Subscribe(request) if request.r#type != 0 => {
                map::by_client(&self, (connection, actor), request).await;
            }
            Request::Subscribe(request) => {
                subscribe::by_client(&self, (connection, actor), request).await;
            }
            Request::Unsubscribe(request) => self.unsubscribe(connection, &request.channel),
            Request::Publish(request) => return self.publish(connection, actor, request).await,
            Request::Rpc(request) => return self.rpc(actor, request).await,
            Request::Presence(request) => {
                self.presence((connection, actor), &request.channel).await;
            }
            Request::PresenceStats(request) => {
                self.presence_stats((connection, actor), &request.channel)
                    .await;
            }
            Request::History(request) => self.history((connection, actor), request).await,
            Request::Ping => {
                self.reply(Reply {
                    ping: Some(PingResult {}),
                    ..Reply::default()
                });
            }
            Request::Send(request) => self.message(actor, request.data).await,
            Request::Refresh(request) => self.refresh(actor, request.token).await,
            Request::SubRefresh(request) => {
                self.refresh_subscription((connection, actor), request)
                    .await;
            }
        }
        self.done();
    }

    pub(super) fn backend(&self) -> Arc<dyn Backend> {
        self.shard.borrow().backend()
    }

    /// Answers, to be written with what else this turn of the queue brings.
    fn answer(&self, reply: Reply) {
        let reply = Reply {
            id: self.id,
            ..reply
        };
        self.shard.borrow_mut().write(self.link, &reply);
    }

    pub(super) fn reply(&self, reply: Reply) {
        self.answer(reply);
        self.shard.borrow_mut().flush_dirty();
    }

    pub(super) fn error(&self, code: ErrorCode) {
        self.reply(Reply {
            error: Some(code.into()),
            ..Reply::default()
        });
    }

    pub(super) fn refuse(&self, refused: Refused) {
        match refused {
            Refused::Error {
                code,
                message,
                temporary,
            } => {
                let error = message::Error {
                    code,
                    message: message.into_owned(),
                    temporary,
                };
                self.reply(Reply {
                    error: Some(error),
                    ..Reply::default()
                });
            }
            Refused::Disconnect { code, reason } => {
                let code = u16::try_from(code)
                    .map(CloseCode)
                    .ok()
                    .filter(|it| it.is_sendable());
                let fallback = CloseCode(Disconnect::ForceDisconnect.code() as u16);
                let code = code.unwrap_or(fallback);
                let mut shard = self.shard.borrow_mut();
                shard.close(self.link, Closing { code, reason });
                shard.flush_dirty();
            }
        }
    }

    pub(super) fn close(&self, reason: impl Into<Closing>) {
        let mut shard = self.shard.borrow_mut();
        shard.close(self.link, reason);
        shard.flush_dirty();
    }

    /// Runs something that may be wrong: when it panics, the connection is closed with 3004.
    async fn contain(&self, work: impl Future<Output = ()>) {
        if AssertUnwindSafe(work).catch_unwind().await.is_err() {
            tracing::error!("a command panicked; its connection is closed");
            self.close(Disconnect::InternalServerError);
        }
    }

    /// One command less that waits.
    fn done(&self) {
        if let Some(session) = self.shard.borrow_mut().session(self.link) {
            session.waiting = session.waiting.saturating_sub(1);
        }
    }

    /// The payload of a client as JSON on one line; closes nothing, answers 107 itself.
    fn payload(&self, data: Bytes) -> Option<Bytes> {
        if data.is_empty() {
            return Some(data);
        }
        let clean = compact_json(data).ok();
        if clean.is_none() {
            self.error(ErrorCode::BadRequest);
        }
        clean
    }

    fn unsubscribe(&self, connection: ConnectionId, channel: &str) {
        if channel.is_empty() {
            return self.close(Disconnect::BadRequest);
        }
        let mut shard = self.shard.borrow_mut();
        map::forget(&mut shard, self.link, channel);
        let info = shard.channels.info_in(connection, channel);
        let ended = shard.channels.unsubscribe(connection, channel);
        if let (Some(ended), Some(info)) = (ended, info) {
            door::left(&shard, channel, (ended, &info));
        }
        drop(shard);
        self.reply(Reply {
            unsubscribe: Some(UnsubscribeResult {}),
            ..Reply::default()
        });
    }

    /// Starts in order, ends when it ends: the next command does not wait for the outcome.
    async fn publish(self, connection: ConnectionId, actor: Actor, request: PublishRequest) {
        let PublishRequest {
            channel,
            data,
            r#type,
            key,
            removed,
        } = request;
        if channel.is_empty() {
            self.close(Disconnect::BadRequest);
            return self.done();
        }
        let keyed = match r#type {
            0 => None,
            map::MAP => Some(Keyed { key: &key, removed }),
            _ => {
                self.error(ErrorCode::NotAvailable);
                return self.done();
            }
        };
        let removed = keyed.is_some_and(|keyed| keyed.removed);
        if data.is_empty() != removed {
            self.error(ErrorCode::BadRequest);
            return self.done();
        }
        let Some(data) = self.payload(data) else {
            return self.done();
        };
        let backend = self.backend();
        let Some((info, subscribed)) = self.standing(connection, &channel) else {
            return self.done();
        };
        let asked = Publish {
            channel: &channel,
            data,
            info,
            subscribed,
            keyed,
        };
        let outcome = self.placed(backend.publish(actor, asked)).await;
        self.later(outcome, |()| Reply {
            publish: Some(PublishResult {}),
            ..Reply::default()
        });
    }

    /// See [`Call::publish`].
    async fn rpc(self, actor: Actor, request: RpcRequest) {
        let Some(data) = self.payload(request.data) else {
            return self.done();
        };
        let backend = self.backend();
        let outcome = self.placed(backend.rpc(actor, &request.method, data)).await;
        self.later(outcome, |data| Reply {
            rpc: Some(RpcResult { data }),
            ..Reply::default()
        });
    }

    /// Waits until the command has its place in the order; mostly it has it at once.
    async fn placed<T>(&self, mut place: BoxFuture<'_, T>) -> T {
        if let Some(outcome) = (&mut place).now_or_never() {
            return outcome;
        }
        self.shard.borrow_mut().flush_dirty();
        place.await
    }

    /// Answers when the outcome is known, while the next commands begin. One that is known already
    /// needs no task, and its answer shares a write with the others of this turn.
    fn later<T: 'static>(
        self,
        mut outcome: BoxFuture<'static, Result<T, Refused>>,
        reply: fn(T) -> Reply,
    ) {
        if let Some(outcome) = (&mut outcome).now_or_never() {
            match outcome {
                Ok(value) => self.answer(reply(value)),
                Err(refused) => self.refuse(refused),
            }
            return self.done();
        }
        spawn_local(async move {
            let answer = async {
                match outcome.await {
                    Ok(value) => self.reply(reply(value)),
                    Err(refused) => self.refuse(refused),
                }
            };
            self.contain(answer).await;
            self.done();
        });
    }

    async fn message(&self, actor: Actor, data: Bytes) {
        let Ok(data) = compact_json(data) else {
            return self.close(Disconnect::BadRequest);
        };
        match self.backend().message(actor, data).await {
            Ok(()) => {}
            Err(Refused::Error { .. }) => self.close(Disconnect::NotAvailable),
            Err(refused @ Refused::Disconnect { .. }) => self.refuse(refused),
        }
    }

    async fn refresh(&self, actor: Actor, token: String) {
        match self.backend().refresh(actor.clone(), token).await {
            Ok(refreshed) => {
                let left_ms = left_ms(refreshed.expires_at);
                self.shard.borrow_mut().mark(self.link, refreshed.token);
                let client = actor.client.to_string();
                let refresh = RefreshResult {
                    client,
                    version: env!("CARGO_PKG_VERSION").to_owned(),
                    expires: left_ms.is_some(),
                    ttl: ttl_s(left_ms),
                };
                self.expire_in(left_ms);
                self.reply(Reply {
                    refresh: Some(refresh),
                    ..Reply::default()
                });
            }
            Err(refused) => self.refuse(refused),
        }
    }

    pub(super) fn expire_in(&self, left_ms: Option<u64>) {
        let mut shard = self.shard.borrow_mut();
        let now_ms = shard.now_ms();
        if let Some(session) = shard.session(self.link) {
            session.expire_in(now_ms, left_ms);
        }
        shard.reschedule(self.link);
    }

    async fn refresh_subscription(
        &self,
        (connection, actor): (ConnectionId, Actor),
        request: SubRefreshRequest,
    ) {
        let SubRefreshRequest {
            channel,
            token,
            r#type,
        } = request;
        if channel.is_empty() {
            return self.close(Disconnect::BadRequest);
        }
        if r#type != 0 {
            return self.error(ErrorCode::NotAvailable);
        }
        if !self.is_subscribed(connection, &channel) {
            return self.error(ErrorCode::PermissionDenied);
        }
        let backend = self.backend();
        let refreshed = backend.refresh_subscription(actor, &channel, &token);
        let left_ms = match refreshed.await {
            Ok(expires_at) => left_ms(expires_at),
            Err(refused) => return self.refuse(refused),
        };
        let mut shard = self.shard.borrow_mut();
        let now_ms = shard.now_ms();
        let expiry = left_ms.map(|left_ms| expiry(now_ms, left_ms, Ending::Told));
        let there = shard.channels.set_expiry(connection, &channel, expiry);
        shard.wake_at(expiry.map_or(u64::MAX, |expiry| expiry.at_ms));
        drop(shard);
        if !there {
            return self.error(ErrorCode::PermissionDenied);
        }
        let result = SubRefreshResult {
            expires: left_ms.is_some(),
            ttl: ttl_s(left_ms),
        };
        self.reply(Reply {
            sub_refresh: Some(result),
            ..Reply::default()
        });
    }

    pub(super) fn is_subscribed(&self, connection: ConnectionId, channel: &str) -> bool {
        let subscribed = self.shard.borrow().channels.subscribed(connection, channel);
        subscribed.is_some_and(|subscribed| subscribed.answered)
    }

    /// What others see of the connection in the channel, and whether it is subscribed there.
    fn standing(&self, connection: ConnectionId, channel: &str) -> Option<(ClientInfo, bool)> {
        let subscribed = self.is_subscribed(connection, channel);
        let shard = self.shard.borrow();
        let there = subscribed
            .then(|| shard.channels.info_in(connection, channel))
            .flatten();
        let info = there.or_else(|| shard.channels.info(connection))?;
        Some((info, subscribed))
    }
}

/// What is left of credentials in whole seconds, as the protocol wants it.
pub(super) fn ttl_s(left_ms: Option<u64>) -> u32 {
    u32::try_from(left_ms.unwrap_or(0) / 1_000).unwrap_or(u32::MAX)
}
