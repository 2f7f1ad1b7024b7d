//! The Centrifugo client protocol over the hub.
//!
//! Bytes of a message come in at [`received`]; what may come when is judged by [`Session`]; each
//! command then waits for its turn and is carried out by [`work`], one after the other for each
//! connection. Nothing here knows the transport: a link of the shard takes whole messages and
//! gives them.

mod command;
mod connect;
mod event;
mod map;
mod past;
mod renew;
mod routes;
mod session;
mod subscribe;

use base::UnixMs;
use bytes::Bytes;
use domain::hub::Framing;
use tokio::task::spawn_local;
use wire::centrifugo::message::{DisconnectPush, Push, RefreshPush, UnsubscribePush};
use wire::centrifugo::{Command, Disconnect, Malformed, Reply, Request, Unsubscribe};
use wire::websocket::close_frame;

use command::{ttl_s, work};
pub(crate) use event::{encode, encode_push};
pub(crate) use map::forget as forget_paging;
pub(crate) use renew::subscription as renew_subscription;
pub use routes::router;
use session::{Due, Phase, Step};
pub(crate) use session::{Manner, Opening, Session};
pub(crate) use subscribe::by_server as subscribed;

use super::Dialect;
use super::entry::left_ms;
use crate::drive::hub::framing::Message;
use crate::drive::hub::link::{Closing, LinkId};
use crate::drive::hub::shard::Shard;

/// Takes the message that came with the request that opened the connection, if one did.
pub(crate) fn begin(shard: &mut Shard, id: LinkId) {
    if let Some(first) = shard.session(id).and_then(Session::first) {
        take(shard, id, &first);
    }
}

/// Takes one message of the transport.
pub(crate) fn received(shard: &mut Shard, id: LinkId, message: Message<'_>) {
    let now_ms = shard.now_ms();
    match message {
        Message::Text(text) => take(shard, id, text.as_bytes()),
        Message::Binary(bytes) => take(shard, id, bytes),
        Message::Pong => {
            if let Some(session) = shard.session(id) {
                session.socket_pong(now_ms);
            }
        }
    }
}

/// One command or several; of a client that only listens its connect request, and nothing else.
fn take(shard: &mut Shard, id: LinkId, payload: &[u8]) {
    let Some((encoding, manner)) = shard.session(id).map(|it| (it.encoding, it.manner)) else {
        return;
    };
    match manner {
        Manner::Both | Manner::BothWithSocketPings => {
            for command in encoding.decode(payload) {
                if !step(shard, id, command) {
                    return;
                }
            }
        }
        Manner::Listening => {
            let fresh = |session: &mut Session| matches!(session.phase, Phase::Fresh(_));
            if shard.session(id).is_some_and(fresh) {
                let command = encoding.decode_connect(payload).map(|request| Command {
                    id: 1,
                    connect: Some(request),
                    ..Command::default()
                });
                step(shard, id, command);
            }
        }
    }
}

/// Takes one command; whether the next one may follow.
fn step(shard: &mut Shard, id: LinkId, command: Result<Command, Malformed>) -> bool {
    let now_ms = shard.now_ms();
    let Some(session) = shard.session(id) else {
        return false;
    };
    let step = match command {
        Ok(command) => session.take(now_ms, command),
        Err(_) => Step::Close(Disconnect::BadRequest),
    };
    match step {
        Step::Queue(command, request) => shard.queue(id, command, request),
        Step::Done => {}
        Step::Refuse(command, code) => {
            shard.write(id, &Reply::error(command, code.into()));
        }
        Step::Close(reason) => {
            shard.close(id, reason);
            return false;
        }
    }
    true
}

/// Does what the time asks for.
pub(crate) fn due(shard: &mut Shard, id: LinkId, now_ms: u64) {
    let Some(session) = shard.session(id) else {
        return;
    };
    let manner = session.manner;
    match session.due(now_ms) {
        Due::Nothing => {}
        Due::Ping if manner == Manner::BothWithSocketPings => shard.ping_socket(id),
        Due::Ping => shard.write(id, &Reply::default()),
        Due::Renew => renew::connection(shard, id),
        Due::Close(reason) => shard.close(id, reason),
    }
}

/// The last words: a close frame on a WebSocket, a push where there is none.
pub(crate) fn farewell(session: &Session, closing: &Closing, framing: Framing) -> Bytes {
    match framing {
        Framing::Frames => close_frame(closing.code, &closing.reason).into(),
        Framing::Lines | Framing::Bare | Framing::Events | Framing::Records => {
            let disconnect = Some(DisconnectPush {
                code: closing.code.0.into(),
                reason: closing.reason.to_string(),
                reconnect: closing.is_to_come_back(),
            });
            let push = Push {
                disconnect,
                ..Push::default()
            };
            event::frame(session, framing, &Reply::push(push))
        }
    }
}

/// What this door needs of the shard, for connections that speak its protocol.
impl Shard {
    pub(super) fn session(&mut self, id: LinkId) -> Option<&mut Session> {
        match self.dialect(id)? {
            Dialect::Centrifugo(session) => Some(session),
            Dialect::Plain(_) | Dialect::SocketIo(_) | Dialect::LiveKit(_) => None,
        }
    }

    /// Sends a message.
    pub(super) fn write(&mut self, id: LinkId, message: &Reply) {
        if let Some(format) = self.format(id)
            && let Some(session) = self.session(id)
        {
            let framed = event::frame(session, format.framing, message);
            self.enqueue(id, &framed);
        }
    }

    /// Puts a command into the connection's queue and makes sure that somebody works on it.
    fn queue(&mut self, id: LinkId, command: u32, request: Request) {
        let Some(session) = self.session(id) else {
            return;
        };
        session.commands.push_back((command, request));
        if !std::mem::replace(&mut session.working, true)
            && let Some(me) = self.me()
        {
            spawn_local(work(me, id));
        }
    }

    /// The next command whose turn it is; without one, the work on this connection ends.
    fn next_command(&mut self, id: LinkId) -> Option<(u32, Request)> {
        self.session(id)?.next_command()
    }
}

/// The server lets the credentials of a connection last until then, `None` for ever.
pub(crate) fn refreshed(shard: &mut Shard, id: LinkId, expires_at: Option<UnixMs>) {
    let left_ms = left_ms(expires_at);
    if left_ms == Some(0) {
        return shard.close(id, Disconnect::Expired);
    }
    let now_ms = shard.now_ms();
    let Some(session) = shard.session(id) else {
        return;
    };
    session.expire_in(now_ms, left_ms);
    let left_ms = session.told(left_ms);
    shard.reschedule(id);
    let refresh = Some(RefreshPush {
        expires: left_ms.is_some(),
        ttl: ttl_s(left_ms),
    });
    let push = Push {
        refresh,
        ..Push::default()
    };
    shard.write(id, &Reply::push(push));
}

/// The push that ends a subscription.
pub(crate) fn unsubscribe_push(channel: &str, code: u32) -> Reply {
    let text = Unsubscribe::from_code(code).map_or("unsubscribed", Unsubscribe::text);
    let unsubscribe = Some(UnsubscribePush {
        code,
        reason: text.to_owned(),
    });
    Reply::push(Push {
        channel: channel.to_owned(),
        unsubscribe,
        ..Push::default()
    })
}
