//! LiveKit's signalling: the WebSocket of a participant of a call, in both versions of its path;
//! and its server API beside it, in [`twirp`].
//!
//! No rule lives here: a token decides who comes in, `drive/calls` everything else. LiveKit's
//! message types end here. docs/calls.md is the contract.

pub(crate) mod http;
mod message;
mod read;
mod session;
mod stay;
pub(crate) mod twirp;
pub(crate) mod view;

use std::sync::Arc;

use base::limits::LIVEKIT_MESSAGES_WAITING_MAX;
use bytes::Bytes;
use domain::call::{LeaveAction, LeaveReason};
use tokio::sync::mpsc;
use tokio::task::spawn_local;
use wire::centrifugo::Disconnect;
use wire::livekit::proto::{self, signal_request, signal_response};
use wire::livekit::{Encoding, request};
use wire::websocket::{CloseCode, close_frame};

pub(crate) use session::{Opening, Session};

use super::Dialect;
use crate::auth::access_token::AccessKeys;
use crate::clock;
use crate::drive::calls::Calls;
use crate::drive::hub::framing::Message;
use crate::drive::hub::link::{Closing, LinkId};
use crate::drive::hub::shard::Shard;

const NORMAL: CloseCode = CloseCode::NORMAL;
/// The server goes down (RFC 6455, 7.4.1).
const GOING_AWAY: CloseCode = CloseCode(1001);
/// What came is none of these messages.
const INVALID: CloseCode = CloseCode(1007);
/// Too much of it.
const POLICY: CloseCode = CloseCode(1008);

/// What every connection of the door has at hand.
#[derive(Debug, Clone)]
pub(crate) struct Desk {
    pub(crate) calls: Calls,
    pub(crate) keys: Arc<AccessKeys>,
}

fn closing(code: CloseCode, reason: &'static str) -> Closing {
    let reason = reason.into();
    Closing { code, reason }
}

/// A connection has arrived: its task begins.
pub(crate) fn begin(shard: &mut Shard, id: LinkId) {
    let Some(me) = shard.me() else {
        return;
    };
    let (sender, requests) = mpsc::channel(LIVEKIT_MESSAGES_WAITING_MAX);
    let opening = session(shard, id).and_then(|session| session.begin(sender));
    if let Some(opening) = opening {
        spawn_local(stay::run(me, id, opening, requests));
    }
}

/// Takes one message.
pub(crate) fn received(shard: &mut Shard, id: LinkId, message: Message<'_>) {
    let now_ms = shard.now_ms();
    let (encoding, frame) = match message {
        Message::Binary(frame) => (Encoding::Protobuf, frame),
        Message::Text(frame) => (Encoding::Json, frame.as_bytes()),
        Message::Pong => return,
    };
    let Some(session) = session(shard, id) else {
        return;
    };
    if !session.hear(now_ms, encoding) {
        return shard.close(id, closing(POLICY, "too many messages"));
    }
    let message = match request(encoding, frame) {
        Ok(Some(message)) => message,
        // Something of a later version.
        Ok(None) => return,
        Err(_) => return shard.close(id, closing(INVALID, "not a SignalRequest")),
    };
    if let Some(pong) = pong(&message) {
        let frame = stay::frame(encoding, pong);
        return shard.enqueue(id, &frame);
    }
    if let Some(request) = read::request(message)
        && !session.pass(request)
    {
        shard.close(id, closing(POLICY, "too many messages wait"));
    }
}

/// The answer to a ping of either form.
fn pong(message: &signal_request::Message) -> Option<signal_response::Message> {
    let now_ms = i64::try_from(clock::now().0).unwrap_or(i64::MAX);
    if let signal_request::Message::Ping(_) = message {
        return Some(signal_response::Message::Pong(now_ms));
    }
    if let signal_request::Message::PingReq(ping) = message {
        return Some(signal_response::Message::PongResp(proto::Pong {
            last_ping_timestamp: ping.timestamp,
            timestamp: now_ms,
        }));
    }
    None
}

/// The client has been silent for too long, or the time has moved on.
pub(crate) fn due(shard: &mut Shard, id: LinkId, now_ms: u64) {
    if session(shard, id).is_some_and(|session| session.deadline_ms() <= now_ms) {
        shard.close(id, closing(POLICY, "ping timeout"));
    }
}

/// The last words. Who is sent away because the server goes down is told to come back.
pub(crate) fn farewell(session: &Session, last: &Closing) -> Bytes {
    if last.code.0 != Disconnect::Shutdown.code() as u16 {
        return close_frame(last.code, &last.reason).into();
    }
    let leave = message::leave(LeaveReason::ServerShutdown, LeaveAction::Reconnect);
    let mut out = stay::frame(session.encoding, leave).to_vec();
    out.extend_from_slice(&close_frame(GOING_AWAY, &last.reason));
    out.into()
}

fn session(shard: &mut Shard, id: LinkId) -> Option<&mut Session> {
    match shard.dialect(id)? {
        Dialect::LiveKit(session) => Some(session),
        Dialect::Centrifugo(_) | Dialect::Plain(_) | Dialect::SocketIo(_) => None,
    }
}
