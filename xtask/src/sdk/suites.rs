//! The suites: one client library each, and what it needs.

/// What a suite is started with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    /// `node`, with the packages of `e2e/package-lock.json`.
    Node,
    /// The virtual environment with the packages of `e2e/sdk/requirements.txt`.
    Python,
}

/// Which server it meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Serve {
    /// The binary with `examples/sdk.toml`.
    Sdk,
    /// The binary with `examples/tutorials.toml`.
    Tutorials,
    /// The binary with `e2e/sdk/socketio.toml`.
    SocketIo,
    /// The binary with `e2e/sdk/livekit.toml`, at every address: media needs one that is not the
    /// loopback's.
    LiveKit,
    /// The binary with `e2e/sdk/backend.toml`.
    Backend,
    /// None: the script starts what it needs, or needs none.
    Nothing,
}

impl Serve {
    /// The configuration, if there is a server.
    pub(crate) fn config(self) -> Option<&'static str> {
        match self {
            Self::Sdk => Some("examples/sdk.toml"),
            Self::Tutorials => Some("examples/tutorials.toml"),
            Self::SocketIo => Some("e2e/sdk/socketio.toml"),
            Self::LiveKit => Some("e2e/sdk/livekit.toml"),
            Self::Backend => Some("e2e/sdk/backend.toml"),
            Self::Nothing => None,
        }
    }
}

impl Serve {
    /// Where it listens; elsewhere than on the loopback only where nobody else is.
    pub(crate) fn host(self, is_alone: bool) -> &'static str {
        match self {
            Self::LiveKit if is_alone => "0.0.0.0",
            Self::Sdk
            | Self::Tutorials
            | Self::SocketIo
            | Self::Backend
            | Self::LiveKit
            | Self::Nothing => "127.0.0.1",
        }
    }
}

/// One suite.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Suite {
    /// Its name, on the command line and in the sums.
    pub(crate) name: &'static str,
    /// What runs it.
    pub(crate) language: Language,
    /// The script in `e2e/sdk` and its words.
    pub(crate) words: &'static [&'static str],
    /// The server it meets.
    pub(crate) serve: Serve,
    /// The ports that it expects on the loopback, besides the one it is told.
    pub(crate) ports: &'static [u16],
}

const fn node(name: &'static str, words: &'static [&'static str], serve: Serve) -> Suite {
    Suite {
        name,
        language: Language::Node,
        words,
        serve,
        ports: &[],
    }
}

const fn python(name: &'static str, words: &'static [&'static str], serve: Serve) -> Suite {
    Suite {
        language: Language::Python,
        ..node(name, words, serve)
    }
}

/// All of them, in the order in which they run.
pub(crate) const ALL: &[Suite] = &[
    node(
        "centrifuge-js-hub",
        &["--experimental-websocket", "centrifuge.mjs"],
        Serve::Nothing,
    ),
    node("centrifuge-js", &["transports.mjs"], Serve::Sdk),
    node("centrifuge-js-maps", &["maps.mjs"], Serve::Sdk),
    Suite {
        ports: &[3900],
        ..node("operator-backend", &["backend.mjs"], Serve::Backend)
    },
    Suite {
        ports: &[8000],
        ..python("centrifuge-python", &["unittests.py"], Serve::Sdk)
    },
    node("unidirectional", &["unidirectional.mjs"], Serve::Sdk),
    python("cent", &["api.py"], Serve::Sdk),
    Suite {
        ports: &[5000, 8080],
        ..node("plain-ws", &["plain.mjs"], Serve::Tutorials)
    },
    Suite {
        ports: &[5000],
        ..node("tutorials", &["tutorials.mjs"], Serve::Tutorials)
    },
    Suite {
        ports: &[8080],
        ..python("plain-websockets", &["plain.py"], Serve::Tutorials)
    },
    node("socketio-wire", &["socketio-protocol.mjs"], Serve::SocketIo),
    node("socket.io-client", &["socketio.mjs"], Serve::SocketIo),
    python("python-socketio", &["python_socketio.py"], Serve::SocketIo),
    Suite {
        ports: &[7999],
        ..python("livekit-python", &["livekit_rooms.py"], Serve::LiveKit)
    },
    python("livekit-place", &["livekit_place.py"], Serve::LiveKit),
];
