//! The servers: how each is started on a free port, and what it speaks.

mod peers;
pub(crate) mod plaza;

use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;

use crate::case::Case;
use crate::dialect::{Dialect, Encoding, Publish};
use crate::error::{BenchError, Doing};
use crate::process::Process;

pub(crate) use plaza::Templates;

/// One row of the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// The bare epoll loop, one send per delivery: what all others are divided by.
    Floor,
    /// The same with one send per subscriber and pass.
    FloorCork,
    /// Plaza, an app channel that keeps nothing.
    Plaza(Encoding),
    /// The same in JSON, packed for every subscriber.
    PlazaDeflate,
    /// Plaza's own people with their tokens and subscriptions, typing signals.
    PlazaPeople,
    /// Plaza, posts into the durable log of a room.
    PlazaRoom,
    /// npm `ws`.
    Ws,
    /// npm `ws`, packed for every subscriber.
    WsDeflate,
    /// npm `socket.io`.
    SocketIo,
    /// The crate `socketioxide`.
    Socketioxide,
    /// nats-server, its WebSocket listener.
    Nats,
    /// Centrifugo, a channel without history.
    Centrifugo(Encoding),
}

/// Where the servers are found and what they may write.
pub(crate) struct Workshop {
    /// The binary of Plaza.
    pub(crate) plaza: PathBuf,
    /// The folder of the Node peers, with its `node_modules`.
    pub(crate) peers: PathBuf,
    /// The folder of the peers that were built: nats-server, socketioxide-relay.
    pub(crate) built: PathBuf,
    /// The binary of Centrifugo, when there is one.
    pub(crate) centrifugo: Option<PathBuf>,
    /// Logs, configurations and data directories.
    pub(crate) out: PathBuf,
    /// Plaza's prepared data directories.
    pub(crate) templates: Templates,
}

/// A server that runs.
pub(crate) struct Running {
    /// The process; it ends with this.
    pub(crate) process: Process,
    /// Its port on the loopback.
    pub(crate) port: u16,
    /// What it speaks.
    pub(crate) dialect: Dialect,
}

impl Target {
    /// All of them, in the order of the report.
    pub(crate) const ALL: [Self; 14] = [
        Self::Floor,
        Self::FloorCork,
        Self::Plaza(Encoding::Json),
        Self::Plaza(Encoding::Protobuf),
        Self::PlazaDeflate,
        Self::PlazaPeople,
        Self::PlazaRoom,
        Self::Centrifugo(Encoding::Json),
        Self::Centrifugo(Encoding::Protobuf),
        Self::Nats,
        Self::Ws,
        Self::WsDeflate,
        Self::SocketIo,
        Self::Socketioxide,
    ];

    /// Its name on the command line and in the report.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::FloorCork => "floor-cork",
            Self::Plaza(Encoding::Json) => "plaza",
            Self::Plaza(Encoding::Protobuf) => "plaza-protobuf",
            Self::PlazaDeflate => "plaza-deflate",
            Self::PlazaPeople => "plaza-people",
            Self::PlazaRoom => "plaza-room",
            Self::Ws => "ws",
            Self::WsDeflate => "ws-deflate",
            Self::SocketIo => "socket.io",
            Self::Socketioxide => "socketioxide",
            Self::Nats => "nats",
            Self::Centrifugo(Encoding::Json) => "centrifugo",
            Self::Centrifugo(Encoding::Protobuf) => "centrifugo-protobuf",
        }
    }

    /// The target of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| target.name() == name)
    }

    /// Whether the case makes sense for it. Typing signals carry no payload of their own (their
    /// frames are about as long as those of the others with 128 B). With posts in many rooms a run
    /// would measure something else: everybody is a member of every room there and is told of each
    /// post. What packs is run beside what does not, in the cases made for it.
    pub(crate) fn runs(self, case: &Case) -> bool {
        match self {
            Self::PlazaPeople => case.payload_bytes <= 128 && !case.deflate,
            Self::PlazaRoom => case.crowd.channels == 1 && !case.deflate,
            Self::PlazaDeflate | Self::WsDeflate => case.deflate,
            Self::Floor | Self::Plaza(Encoding::Json) | Self::Ws => true,
            Self::FloorCork
            | Self::Plaza(Encoding::Protobuf)
            | Self::SocketIo
            | Self::Socketioxide
            | Self::Nats
            | Self::Centrifugo(_) => !case.deflate,
        }
    }

    /// What is missing to run it, if something is.
    pub(crate) fn missing(self, workshop: &Workshop) -> Option<String> {
        let needed = match self {
            Self::Floor | Self::FloorCork => return None,
            Self::Plaza(_) | Self::PlazaDeflate | Self::PlazaPeople | Self::PlazaRoom => {
                workshop.plaza.clone()
            }
            Self::Ws | Self::WsDeflate => workshop.peers.join("node_modules/ws"),
            Self::SocketIo => workshop.peers.join("node_modules/socket.io"),
            Self::Socketioxide => workshop.built.join("socketioxide-relay"),
            Self::Nats => workshop.built.join("nats-server"),
            Self::Centrifugo(_) => match &workshop.centrifugo {
                Some(path) => path.clone(),
                None => return Some("CENTRIFUGO_BIN names no binary".to_owned()),
            },
        };
        (!needed.exists()).then(|| format!("{} is not there", needed.display()))
    }

    /// Starts a fresh server for the case.
    pub(crate) fn start(self, case: &Case, workshop: &Workshop) -> Result<Running, BenchError> {
        let port = free_port()?;
        let apps = |encoding, deflate| plaza::serve_apps(case, workshop, port, (encoding, deflate));
        match self {
            Self::Floor => peers::floor(case, workshop, port, false),
            Self::FloorCork => peers::floor(case, workshop, port, true),
            Self::Ws => peers::node("ws", Dialect::Ws { deflate: false }, workshop, port),
            Self::WsDeflate => peers::node("ws", Dialect::Ws { deflate: true }, workshop, port),
            Self::SocketIo => peers::node("socketio", Dialect::SocketIo, workshop, port),
            Self::Socketioxide => peers::socketioxide(workshop, port),
            Self::Nats => peers::nats(workshop, port),
            Self::Centrifugo(encoding) => peers::centrifugo(encoding, case, workshop, port),
            Self::Plaza(encoding) => apps(encoding, false),
            Self::PlazaDeflate => apps(Encoding::Json, true),
            Self::PlazaPeople => plaza::start(Publish::Command, case, workshop, port),
            Self::PlazaRoom => plaza::start(Publish::Post, case, workshop, port),
        }
    }
}

/// A port that nobody listens on at the moment.
pub(crate) fn free_port() -> Result<u16, BenchError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).doing("find a free port")?;
    Ok(listener.local_addr().doing("ask for the port")?.port())
}
