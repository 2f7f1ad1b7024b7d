//! Rooms over plain WebSockets: every text of a client goes to all others of its room as it is.
//!
//! A text is a post: it walks the same way as one of the web app and stands in the room's log. A
//! route may answer each text by itself instead. No rule lives here; the [`Backend`] behind the
//! shard decides who may enter and what may be said. docs/doors/plain-websocket.md is the contract.
//!
//! [`Backend`]: super::backend::Backend

mod http;
mod post;
mod room;
mod routes;
mod session;

use std::sync::Arc;

use bytes::Bytes;
use domain::hub::Framing;
use serde::Deserialize;
use tokio::task::spawn_local;
use wire::centrifugo::Disconnect;
use wire::websocket::{CloseCode, close_frame};

pub(crate) use http::{bearer, router};
use room::Newcomer;
pub(crate) use routes::Routes;
use session::{Due, Step, Way, Welcome};
pub(crate) use session::{Opening, Session};

use super::{Dialect, entry};
use crate::drive::hub::broadcast::{Broadcast, Event};
use crate::drive::hub::framing::{Kind, Message, framed};
use crate::drive::hub::link::{Closing, LinkId};
use crate::drive::hub::shard::Shard;

/// The server goes down (RFC 6455, 7.4.1).
const GOING_AWAY: CloseCode = CloseCode(1001);
/// Binary messages are not taken.
const UNSUPPORTED: CloseCode = CloseCode(1003);
/// Not now, or never by our own fault.
const INTERNAL: CloseCode = CloseCode(1011);
/// The door does not allow it; the reason is a stable code of docs/protocol.md.
const POLICY: CloseCode = CloseCode(1008);

fn closing(code: CloseCode, reason: &'static str) -> Closing {
    let reason = reason.into();
    Closing { code, reason }
}

/// A connection has arrived: it says nothing about itself but what its request told. Without a
/// token there is nobody to ask, so it is in the hub before it can go.
pub(crate) fn begin(shard: &mut Shard, id: LinkId) {
    let Some(me) = shard.me() else {
        return;
    };
    let Some(session) = session(shard, id) else {
        return;
    };
    let texts = session.texts();
    let Some(opening) = session.take_opening() else {
        return;
    };
    let mut place = None;
    if opening.token.is_empty() {
        if opening.who != Welcome::Anybody {
            return shard.close(id, closing(POLICY, "unauthenticated"));
        }
        place = entry::enter_anonymous(shard, id);
    }
    let newcomer = Newcomer {
        opening,
        texts,
        place,
    };
    spawn_local(room::open(me, id, newcomer));
}

/// Takes one message.
pub(crate) fn received(shard: &mut Shard, id: LinkId, message: Message<'_>) {
    let now_ms = shard.now_ms();
    let Some(session) = session(shard, id) else {
        return;
    };
    let text = match message {
        Message::Text(text) => text,
        Message::Binary(_) => return shard.close(id, closing(UNSUPPORTED, "texts only")),
        Message::Pong => return session.heard(now_ms),
    };
    session.heard(now_ms);
    if let Way::Answers(answers) = &session.way {
        let answers = Arc::clone(answers);
        if !session.spend(now_ms) {
            return shard.close(id, closing(POLICY, "rate_limited"));
        }
        if let Some(answer) = answers.to(text).filter(|_| session.is_open()) {
            shard.tell(id, Kind::Text, answer.as_bytes());
        }
        return;
    }
    match session.take(text) {
        Step::Wait => {}
        Step::Work(work) => {
            if let Some(me) = shard.me() {
                spawn_local(room::work(me, id, work));
            }
        }
        Step::TooMany => shard.close(id, closing(POLICY, "rate_limited")),
    }
}

/// Does what the time asks for.
pub(crate) fn due(shard: &mut Shard, id: LinkId, now_ms: u64) {
    let Some(session) = session(shard, id) else {
        return;
    };
    match session.due(now_ms) {
        Due::Nothing => {}
        Due::Ping => shard.ping_socket(id),
        Due::Silent => shard.close(id, Disconnect::NoPong),
        Due::Expired => shard.close(id, closing(POLICY, "token expired")),
    }
}

/// The room is heard no longer: the person left it or was taken out.
pub(crate) fn unsubscribed(shard: &mut Shard, id: LinkId) {
    shard.close(id, closing(POLICY, "forbidden"));
}

/// The last words: the close frame, with a code that RFC 6455 has where it has one.
pub(crate) fn farewell(last: &Closing) -> Bytes {
    let code = if last.code.0 == Disconnect::Shutdown.code() as u16 {
        GOING_AWAY
    } else {
        last.code
    };
    close_frame(code, &last.reason).into()
}

/// The part of a room's event that these clients are told.
#[derive(Deserialize)]
struct Told<'a> {
    #[serde(borrow)]
    kind: std::borrow::Cow<'a, str>,
    #[serde(borrow, default)]
    text: std::borrow::Cow<'a, str>,
}

/// The text of a message, and nothing for any other event.
pub(crate) fn encode(event: &Broadcast, framing: Framing) -> Bytes {
    let Event::Publication(told) = &event.event else {
        return Bytes::new();
    };
    if let Some(text) = &told.verbatim {
        return framed(framing, Kind::Text, text.as_bytes());
    }
    match serde_json::from_slice::<Told<'_>>(&told.data) {
        Ok(told) if told.kind == "message" && !told.text.is_empty() => {
            framed(framing, Kind::Text, told.text.as_bytes())
        }
        Ok(_) | Err(_) => Bytes::new(),
    }
}

fn session(shard: &mut Shard, id: LinkId) -> Option<&mut Session> {
    match shard.dialect(id)? {
        Dialect::Plain(session) => Some(session),
        Dialect::Centrifugo(_) | Dialect::SocketIo(_) | Dialect::LiveKit(_) => None,
    }
}
