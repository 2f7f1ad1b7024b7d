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
    /// Plaza, an ephemeral channel.
    Plaza(Encoding),
    /// Plaza, posts into the durable log of a room.
    PlazaRoom,
    /// npm `ws`.
    Ws,
    /// npm `socket.io`.
    SocketIo,
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
    /// The binary of nats-server.
    pub(crate) nats: PathBuf,
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
    /// Every target, in the order of the report.
    pub(crate) const ALL: [Self; 10] = [
        Self::Floor,
        Self::FloorCork,
        Self::Plaza(Encoding::Json),
        Self::Plaza(Encoding::Protobuf),
        Self::PlazaRoom,
        Self::Centrifugo(Encoding::Json),
        Self::Centrifugo(Encoding::Protobuf),
        Self::Nats,
        Self::Ws,
        Self::SocketIo,
    ];

    /// Its name on the command line and in the report.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::FloorCork => "floor-cork",
            Self::Plaza(Encoding::Json) => "plaza",
            Self::Plaza(Encoding::Protobuf) => "plaza-protobuf",
            Self::PlazaRoom => "plaza-room",
            Self::Ws => "ws",
            Self::SocketIo => "socket.io",
            Self::Nats => "nats",
            Self::Centrifugo(Encoding::Json) => "centrifugo",
            Self::Centrifugo(Encoding::Protobuf) => "centrifugo-protobuf",
        }
    }

    /// The target of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| target.name() == name)
    }

    /// Whether the case makes sense for it. Plaza's typing signals carry no payload of their own
    /// (their frames are about as long as those of the others with 128 B), so what asks for more is
    /// run with posts only. With posts in many rooms it would measure something else: everybody is
    /// a member of every room there and is told of each post.
    pub(crate) fn runs(self, case: &Case) -> bool {
        match self {
            Self::Plaza(_) => case.payload_bytes <= 128,
            Self::PlazaRoom => case.crowd.channels == 1,
            Self::Floor
            | Self::FloorCork
            | Self::Ws
            | Self::SocketIo
            | Self::Nats
            | Self::Centrifugo(_) => true,
        }
    }

    /// What is missing to run it, if something is.
    pub(crate) fn missing(self, workshop: &Workshop) -> Option<String> {
        let needed = match self {
            Self::Floor | Self::FloorCork => return None,
            Self::Plaza(_) | Self::PlazaRoom => workshop.plaza.clone(),
            Self::Ws => workshop.peers.join("node_modules/ws"),
            Self::SocketIo => workshop.peers.join("node_modules/socket.io"),
            Self::Nats => workshop.nats.clone(),
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
        match self {
            Self::Floor => peers::floor(case, workshop, port, false),
            Self::FloorCork => peers::floor(case, workshop, port, true),
            Self::Ws => peers::node("ws", Dialect::Ws, workshop, port),
            Self::SocketIo => peers::node("socketio", Dialect::SocketIo, workshop, port),
            Self::Nats => peers::nats(workshop, port),
            Self::Centrifugo(encoding) => peers::centrifugo(encoding, case, workshop, port),
            Self::Plaza(encoding) => plaza::start(
                plaza::Row {
                    encoding,
                    publish: Publish::Command,
                },
                case,
                workshop,
                port,
            ),
            Self::PlazaRoom => {
                let row = plaza::Row {
                    encoding: Encoding::Json,
                    publish: Publish::Post,
                };
                plaza::start(row, case, workshop, port)
            }
        }
    }
}

/// A port that nobody listens on at the moment.
pub(crate) fn free_port() -> Result<u16, BenchError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).doing("find a free port")?;
    Ok(listener.local_addr().doing("ask for the port")?.port())
}
