//! One connection's side of the protocol, without any input or output.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;

use base::limits::{COMMANDS_WAITING_BYTES_MAX, COMMANDS_WAITING_MAX, SOCKETIO_UPGRADE_MS_MAX};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::hub::{Budget, ConnectionId, Language, Rate};
use domain::relay::{Away, Rooms, SocketId};
use wire::centrifugo::Disconnect;
use wire::engineio::{self, Transport};
use wire::socketio::{self, Decoder, Packet, Parser};

use crate::door::backend::Actor;
use crate::drive::hub::Counted;
use crate::drive::hub::link::{Closing, LinkId};
use crate::drive::hub::pipe::Address;
use crate::handle::namespaces::{Namespace, Namespaces};

/// The first pings of many sessions are spread over this part of the interval.
const PING_SPREAD: u64 = 5;
/// The bits of a public name that are shown: fifteen bytes are twenty letters.
const ID_BYTES: usize = 15;

/// What a connection is.
#[derive(Debug)]
pub(crate) enum Role {
    /// A session that polls.
    Polls,
    /// A session on a WebSocket.
    Socket,
    /// The WebSocket by which the session at this address may go on.
    Upgrade(Address),
}

/// What the request that opened a connection decided.
#[derive(Debug)]
pub(crate) struct Opening {
    pub(crate) namespaces: Arc<Namespaces>,
    pub(crate) role: Role,
    /// From where.
    pub(crate) address: IpAddr,
    /// The page of another host that opened it.
    pub(crate) page: Option<String>,
}

/// One connection's side of the protocol.
#[derive(Debug)]
pub(crate) enum Session {
    /// A session.
    Main(Box<Main>),
    /// The WebSocket of an upgrade.
    Probe(Probe),
}

/// The WebSocket of an upgrade.
#[derive(Debug)]
pub(crate) struct Probe {
    pub(super) address: Address,
    /// The session, once it is known that it may go on here.
    pub(super) to: Option<LinkId>,
    /// When it is closed, should its session be gone by then.
    pub(super) until_ms: u64,
}

/// One client in one namespace: what Socket.IO calls a socket.
#[derive(Debug)]
pub(super) struct Socket {
    pub(super) namespace: Arc<Namespace>,
    pub(super) id: SocketId,
    /// By which it comes back; where a namespace keeps sockets.
    pub(super) secret: Option<u128>,
    /// The position of the namespace when it connected.
    pub(super) since: u64,
    pub(super) connection: ConnectionId,
    pub(super) actor: Actor,
    pub(super) rooms: Rooms,
    pub(super) expires_ms: u64,
}

/// A session.
#[derive(Debug)]
pub(crate) struct Main {
    pub(super) namespaces: Arc<Namespaces>,
    pub(super) engine: engineio::Session,
    pub(super) decoder: Decoder,
    pub(super) names: socketio::Session,
    pub(super) address: IpAddr,
    pub(super) page: Option<String>,
    pub(super) sockets: Vec<Socket>,
    /// In the hub, and its namespace not answered yet.
    pub(super) entering: Option<(ConnectionId, Actor)>,
    /// Each of its connections among those of its user.
    counted: Vec<Counted>,
    /// Packets that wait for their turn, and whether a task works on them.
    queue: VecDeque<Packet>,
    queued_bytes: usize,
    pub(super) working: bool,
    /// Posts that are not durable yet.
    pub(super) posting: usize,
    rate: Rate,
    budget: Budget,
    payload_bytes_max: usize,
    /// The WebSocket that may take over.
    pub(super) probe: Option<LinkId>,
}

impl Opening {
    /// The longest message that its WebSocket takes, in bytes.
    pub(crate) fn message_bytes_max(&self) -> usize {
        self.namespaces.settings().max_payload_bytes
    }
}

impl Session {
    pub(crate) fn new(opening: Opening, now_ms: u64, rate: Rate) -> Self {
        let Opening {
            namespaces,
            role,
            address,
            page,
        } = opening;
        let payload_bytes_max = namespaces.settings().max_payload_bytes;
        let transport = match role {
            Role::Polls => Transport::Polling,
            Role::Socket => Transport::WebSocket,
            Role::Upgrade(address) => {
                return Self::Probe(Probe {
                    address,
                    to: None,
                    until_ms: now_ms.saturating_add(2 * SOCKETIO_UPGRADE_MS_MAX),
                });
            }
        };
        let timing = namespaces.timing();
        let spread_ms = timing.ping_interval_ms / PING_SPREAD;
        let early_ms = rand::random::<u64>() % spread_ms.max(1);
        let rate = namespaces.rate(rate);
        Self::Main(Box::new(Main {
            engine: engineio::Session::open(now_ms, timing, transport, early_ms),
            decoder: Decoder::new(payload_bytes_max),
            names: socketio::Session::new(now_ms),
            namespaces,
            address,
            page,
            sockets: Vec::new(),
            entering: None,
            counted: Vec::new(),
            queue: VecDeque::new(),
            queued_bytes: 0,
            working: false,
            posting: 0,
            rate,
            budget: Budget::default(),
            payload_bytes_max,
            probe: None,
        }))
    }

    pub(crate) fn language(&self) -> Language {
        match self {
            Self::Main(main) => match main.parser() {
                Parser::Json => Language::SocketIoJson,
                Parser::Msgpack => Language::SocketIoMsgpack,
            },
            Self::Probe(_) => Language::SocketIoJson,
        }
    }

    pub(crate) fn deadline_ms(&self) -> u64 {
        match self {
            Self::Main(main) => {
                let expires = main.sockets.iter().map(|socket| socket.expires_ms);
                let own_ms = main.engine.deadline_ms().min(main.names.deadline_ms());
                expires.fold(own_ms, u64::min)
            }
            Self::Probe(probe) => probe.until_ms,
        }
    }

    pub(crate) fn enter(&mut self, connection: ConnectionId, actor: Actor) {
        if let Self::Main(main) = self {
            main.entering = Some((connection, actor));
        }
    }

    /// Keeps the count of one of several connections.
    pub(crate) fn keep(&mut self, counted: Counted) {
        if let Self::Main(main) = self {
            main.counted.push(counted);
        }
    }

    pub(crate) fn entered(&self) -> Option<(ConnectionId, Actor)> {
        let Self::Main(main) = self else {
            return None;
        };
        let open = main.sockets.first();
        let open = || open.map(|socket| (socket.connection, socket.actor.clone()));
        main.entering.clone().or_else(open)
    }

    /// Gives one of its places in the hub away, until there is none.
    pub(crate) fn leave(&mut self) -> Option<(ConnectionId, Actor)> {
        let Self::Main(main) = self else {
            return None;
        };
        main.queue = VecDeque::new();
        if let Some(entering) = main.entering.take() {
            return Some(entering);
        }
        main.sockets.pop().map(Socket::cut)
    }

    /// How long nobody may poll: as long as an unanswered ping is waited for.
    pub(crate) fn unread_ms_max(&self) -> u64 {
        match self {
            Self::Main(main) => {
                let timing = main.namespaces.timing();
                timing
                    .ping_interval_ms
                    .saturating_add(timing.ping_timeout_ms)
            }
            Self::Probe(_) => 0,
        }
    }
}

impl Socket {
    /// Its transport is gone: it may come back.
    fn cut(self) -> (ConnectionId, Actor) {
        if let Some(secret) = self.secret {
            self.namespace.went(secret);
            let away = Away {
                id: self.id,
                user: self.actor.user.clone(),
                rooms: self.rooms,
                since: self.since,
            };
            self.namespace.keep(secret, away);
        }
        (self.connection, self.actor)
    }
}

impl Main {
    /// How its packets are written.
    pub(super) fn parser(&self) -> Parser {
        self.decoder.parser().unwrap_or(Parser::Json)
    }

    /// The client in a namespace.
    pub(super) fn socket(&mut self, namespace: &str) -> Option<&mut Socket> {
        let mut sockets = self.sockets.iter_mut();
        sockets.find(|socket| socket.namespace.name == namespace)
    }

    /// Takes the client out of a namespace for good.
    pub(super) fn part(&mut self, namespace: &str) -> Option<(ConnectionId, Actor)> {
        let mut sockets = self.sockets.iter();
        let at = sockets.position(|socket| socket.namespace.name == namespace)?;
        let socket = self.sockets.remove(at);
        if let Some(secret) = socket.secret {
            socket.namespace.went(secret);
        }
        // Who was counted first goes first: they are all of the same client.
        if at < self.counted.len() {
            drop(self.counted.remove(at));
        }
        Some((socket.connection, socket.actor))
    }

    /// Spends what a packet costs; `false` when it has to wait.
    pub(super) fn spend(&mut self, now_ms: u64, packet: &Packet) -> bool {
        let costs = matches!(packet, Packet::Event { .. });
        !costs || self.budget.spend(now_ms, self.rate)
    }

    /// How long an event that came too early waits at a time, in milliseconds.
    pub(super) fn pause_ms(&self) -> u64 {
        1_000 / u64::from(self.rate.per_second.max(1)) + 1
    }

    /// Whether a packet may be carried out at once: nothing waits before it.
    pub(super) fn is_idle(&self) -> bool {
        !self.working && self.queue.is_empty()
    }

    /// Puts a packet behind the others; `false` when too much waits.
    pub(super) fn put(&mut self, packet: Packet) -> bool {
        let bytes_max = self.payload_bytes_max.max(COMMANDS_WAITING_BYTES_MAX);
        let waiting = self.queue.len() + self.posting;
        let empty = self.queue.is_empty();
        self.queued_bytes += bytes(&packet);
        self.queue.push_back(packet);
        waiting < COMMANDS_WAITING_MAX && (empty || self.queued_bytes <= bytes_max)
    }

    /// The packet whose turn it is; without one, the work ends.
    pub(super) fn next(&mut self) -> Option<Packet> {
        let next = self.queue.pop_front();
        match &next {
            Some(packet) => self.queued_bytes -= bytes(packet).min(self.queued_bytes),
            None => {
                self.working = false;
                self.queue = VecDeque::new();
            }
        }
        next
    }

    /// Why it is over by now, if it is.
    pub(super) fn over(&self, now_ms: u64) -> Option<Closing> {
        if self.sockets.iter().any(|it| it.expires_ms <= now_ms) {
            return Some(Disconnect::Expired.into());
        }
        (self.names.deadline_ms() <= now_ms).then(|| Disconnect::Stale.into())
    }
}

fn bytes(packet: &Packet) -> usize {
    match packet {
        Packet::Connect { auth, .. } => auth.len(),
        Packet::Disconnect { .. } => 0,
        Packet::Event { event, .. } => event.arguments.bytes(),
        Packet::Ack { arguments, .. } => arguments.bytes(),
    }
}

/// A public name as clients see it.
pub(super) fn id_text(id: SocketId) -> String {
    let bytes = id.0.to_be_bytes();
    URL_SAFE_NO_PAD.encode(bytes.get(..ID_BYTES).unwrap_or_default())
}

/// A secret as its client is told it.
pub(super) fn secret_text(secret: u128) -> String {
    URL_SAFE_NO_PAD.encode(secret.to_be_bytes())
}

/// The secret behind such a text.
pub(super) fn read_secret(text: &str) -> Option<u128> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    Some(u128::from_be_bytes(bytes.try_into().ok()?))
}

/// 128 random bits as a text.
pub(super) fn random_text() -> String {
    secret_text(rand::random())
}
