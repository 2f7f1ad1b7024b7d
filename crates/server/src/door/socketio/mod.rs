//! Socket.IO over the hub: Engine.IO sessions on polling and WebSockets, namespaces, events.
//!
//! A session is one connection of a shard. While it polls, its carrier is a pipe that holds whole
//! WebSocket frames; [`http`] turns them into the body of a poll, and an upgrade hands the pipe's
//! rest to the socket. The WebSocket of an upgrade is a connection of its own until then
//! ([`Session::Probe`]). What packets may come when is judged in `wire`, what becomes of an event
//! in `domain::relay`; [`work`] carries it out.

mod connect;
mod event;
pub(crate) mod http;
mod session;
mod upgrade;
mod work;

use bytes::Bytes;
use domain::hub::Framing;
use wire::engineio::{self, Due, Packet, Step, Transport, payload};
use wire::websocket::{CloseCode, Opcode, close_frame, write_frame};

pub(crate) use event::encode;
use session::Main;
pub(crate) use session::{Opening, Session};

use super::Dialect;
use crate::drive::hub::framing::{Kind, Message};
use crate::drive::hub::link::{Closing, LinkId};
use crate::drive::hub::shard::Shard;

/// From this close code on, and below [`COMES_BACK_FROM`], clients must not come back by themselves
/// (the tables of Centrifugo, which the house uses for every door).
const GONE_FROM: u16 = 3_500;
/// See [`GONE_FROM`].
const COMES_BACK_FROM: u16 = 4_000;
/// The same, of codes that applications choose.
const GONE_AGAIN_FROM: u16 = 4_500;

/// Something that a client of this protocol does not send.
const VIOLATION: Closing = Closing {
    code: CloseCode::PROTOCOL,
    reason: std::borrow::Cow::Borrowed("not what the protocol allows here"),
};

/// What this door needs of the shard, for connections that speak its protocol.
impl Shard {
    /// The session of an open connection.
    fn main(&mut self, id: LinkId) -> Option<&mut Main> {
        match self.dialect(id)? {
            Dialect::SocketIo(session) => match &mut **session {
                Session::Main(main) => Some(main),
                Session::Probe(_) => None,
            },
            Dialect::Centrifugo(_) | Dialect::Plain(_) | Dialect::LiveKit(_) => None,
        }
    }

    /// Sends one Engine.IO packet of text.
    fn packet(&mut self, id: LinkId, packet: &Packet<'_>) {
        let mut text = Vec::new();
        packet.append_text(&mut text);
        self.tell(id, Kind::Text, &text);
    }
}

/// A connection has arrived: the first word of a session is the server's.
pub(crate) fn begin(shard: &mut Shard, id: LinkId) {
    let Some(main) = shard.main(id) else {
        return upgrade::begin(shard, id);
    };
    let transport = main.engine.transport();
    let (timing, payload_bytes_max) = {
        let namespaces = &main.namespaces;
        (namespaces.timing(), namespaces.settings().max_payload_bytes)
    };
    let sid = match transport {
        Transport::Polling => shard.address(id).map(|address| address.to_string()),
        // Nobody asks for it again: this session has its socket.
        Transport::WebSocket => Some(session::random_text()),
    };
    let opening = engineio::Opening {
        sid: &sid.unwrap_or_default(),
        transport,
        timing,
        payload_bytes_max,
    };
    shard.packet(id, &Packet::Open(&opening.json()));
}

/// Takes one message: of a WebSocket, or the body of a POST.
pub(crate) fn received(shard: &mut Shard, id: LinkId, message: Message<'_>) {
    let Some(main) = shard.main(id) else {
        return upgrade::received(shard, id, message);
    };
    match (main.engine.transport(), message) {
        (_, Message::Pong) => {}
        (Transport::Polling, Message::Text(body)) => match payload::packets(body.as_bytes()) {
            Ok(packets) => {
                for packet in packets {
                    take(shard, id, packet);
                }
            }
            Err(_) => shard.close(id, VIOLATION),
        },
        (Transport::Polling, Message::Binary(_)) => shard.close(id, VIOLATION),
        (Transport::WebSocket, Message::Text(text)) => match Packet::from_text(text) {
            Ok(packet) => take(shard, id, packet),
            Err(_) => shard.close(id, VIOLATION),
        },
        (Transport::WebSocket, Message::Binary(bytes)) => {
            take(shard, id, Packet::Binary(bytes.to_vec()));
        }
    }
}

fn take(shard: &mut Shard, id: LinkId, packet: Packet<'_>) {
    let now_ms = shard.now_ms();
    let Some(main) = shard.main(id) else {
        return;
    };
    let decoded = match main.engine.received(now_ms, packet) {
        Step::Nothing => return,
        Step::End(engineio::Ended::ByClient) => return shard.close(id, Closing::DONE),
        Step::End(engineio::Ended::Violation | engineio::Ended::PingTimeout) => {
            return shard.close(id, VIOLATION);
        }
        Step::Text(text) => main.decoder.text(text),
        Step::Binary(bytes) => main.decoder.binary(bytes),
    };
    match decoded {
        Ok(Some(packet)) => work::take(shard, id, packet),
        Ok(None) => {}
        Err(_) => shard.close(id, VIOLATION),
    }
}

/// Does what the time asks for.
pub(crate) fn due(shard: &mut Shard, id: LinkId, now_ms: u64) {
    if upgrade::is_late(shard, id, now_ms) {
        return shard.close(id, Closing::DONE);
    }
    let polled = shard.is_read(id);
    loop {
        let Some(main) = shard.main(id) else {
            return;
        };
        match main.engine.due(now_ms, polled) {
            Due::Nothing => break,
            Due::Ping => shard.packet(id, &Packet::Ping("")),
            Due::Release => shard.packet(id, &Packet::Noop),
            Due::UpgradeFailed => upgrade::failed(shard, id),
            Due::End(_) => return shard.close(id, wire::centrifugo::Disconnect::NoPong),
        }
    }
    if let Some(main) = shard.main(id)
        && let Some(closing) = main.over(now_ms)
    {
        shard.close(id, closing);
    }
}

/// The last words. Who must not come back is put out of its namespaces, all others see their
/// transport end and try again.
pub(crate) fn farewell(session: &Session, closing: &Closing, _framing: Framing) -> Bytes {
    let mut last = Vec::new();
    let Session::Main(main) = session else {
        return close_frame(closing.code, &closing.reason).into();
    };
    let gone = |code: u16| {
        (GONE_FROM..COMES_BACK_FROM).contains(&code) || (GONE_AGAIN_FROM..5_000).contains(&code)
    };
    if gone(closing.code.0) {
        for socket in &main.sockets {
            let parser = main.parser();
            last.extend_from_slice(&parser.disconnected(&socket.namespace.name));
        }
    }
    match main.engine.transport() {
        Transport::Polling => write_frame(Opcode::Text, b"1", &mut last),
        Transport::WebSocket => last.extend(close_frame(closing.code, &closing.reason)),
    }
    last.into()
}

/// A server-side subscription of a namespace or a room has ended, and not because the client wanted
/// it: it is put out of the namespace.
pub(crate) fn unsubscribed(shard: &mut Shard, id: LinkId, channel: &str) {
    let Some(namespace) = event::namespace_of(channel) else {
        return;
    };
    work::put_out(shard, id, namespace);
}
