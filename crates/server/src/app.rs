//! What the handlers work with: the parts of a running server, each behind its own handle.
//!
//! Made once by [`crate::Server`]; holds no rule and does nothing by itself.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use domain::chat::filter::Normaliser;
use domain::hub::Position;
use store::{Store, search};

use crate::auth::access_token::AccessKeys;
use crate::auth::password::Passwords;
use crate::auth::socket_token::SocketTokens;
use crate::auth::throttle::Throttle;
use crate::config::{Network, Origins};
use crate::door::api::Remembered;
use crate::door::plain::Routes;
use crate::drive::calls::Calls;
use crate::drive::hub::Hub;
use crate::drive::publisher::Known;
use crate::drive::typing::TypingBoard;
use crate::drive::writer::WriterHandle;
use crate::files::blob::Blobs;
use crate::handle::budget::Budget;
use crate::handle::channels::Channels;
use crate::handle::channels::maps::Outcome;
use crate::handle::developer::inspector::Pulse;
use crate::handle::filter;
use crate::handle::namespaces::Namespaces;
use crate::handle::post_list::Lists;
use crate::handle::proxy::Proxy;
use crate::handle::rates::Rates;
use crate::handle::visitor::Visitors;
use crate::metrics::Scrape;
use crate::net::outbound::Outbound;
use crate::rest::idempotency::UnderWay;

/// The version of this build.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The parts of a running server.
pub struct App {
    /// Reads.
    pub store: Store,
    /// The only way to write.
    pub writer: WriterHandle,
    /// Reads of the search index.
    pub search: search::Index,
    /// Live connections.
    pub hub: Hub,
    /// App channels.
    pub channels: Channels,
    /// People, rosters and presence in memory.
    pub known: Known,
    /// Who was told to type.
    pub typing: TypingBoard,
    /// The word filter in force.
    pub filter: filter::Desk,
    /// Idempotent requests that are being answered.
    pub under_way: UnderWay,
    /// What texts are folded with before the filter looks at them.
    pub normaliser: Arc<Normaliser>,
    /// Voice and video; none where the operator switched them off.
    pub calls: Option<Calls>,
    /// The keys that access tokens for calls are signed with.
    pub access_keys: Arc<AccessKeys>,
    /// Uploaded bytes.
    pub blobs: Blobs,
    /// Password hashing.
    pub passwords: Passwords,
    /// Tokens for live connections.
    pub socket_tokens: SocketTokens,
    /// Keys for the server HTTP API from the configuration file, as hashes.
    pub configured_keys: Vec<[u8; 32]>,
    /// What the server HTTP API has published under an idempotency key.
    pub(crate) published: Remembered<Option<Position>>,
    /// The same of changes of maps.
    pub(crate) map_changes: Remembered<Outcome>,
    /// Whether the server HTTP API asks for no key.
    pub http_api_insecure: bool,
    /// The operator's backend, asked about app users.
    pub proxy: Proxy,
    /// The way out to webhooks and backends.
    pub outbound: Outbound,
    /// How often somebody may try.
    pub throttle: Throttle,
    /// How much goes through the live doors.
    pub pulse: Pulse,
    /// How often a user may do what over live connections.
    pub rates: Rates,
    /// How much somebody may post.
    pub budget: Budget,
    /// Where doors for texts are.
    pub routes: Routes,
    /// The namespaces of the Socket.IO door.
    pub namespaces: Arc<Namespaces>,
    /// What came in through POST routes.
    pub post_lists: Lists,
    /// People without an account.
    pub visitors: Visitors,
    /// Figures for operators.
    pub scrape: Scrape,
    /// Which other pages may use the server.
    pub origins: Origins,
    /// Proxies that are believed.
    pub trusted_proxies: Vec<Network>,
    /// Who may read the figures, besides this machine.
    pub monitors: Vec<Network>,
    /// The largest file, in bytes.
    pub file_bytes_max: u64,
    /// Whether other machines reach it without HTTPS.
    pub insecure: bool,
    /// Where the data lies.
    pub data: PathBuf,
    /// When it started.
    pub started: Instant,
    /// Whether it takes new work.
    pub ready: AtomicBool,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App")
            .field("data", &self.data)
            .finish_non_exhaustive()
    }
}

/// What every handler is given.
pub type Shared = Arc<App>;

impl App {
    /// Whether it takes new work: started, and not going down.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }
}
