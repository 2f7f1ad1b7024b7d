//! Starting and ending a server: which part needs which, in one place.

mod behind;

use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use axum::{Router, middleware};
use domain::chat::filter::{Filter, Normaliser};
use store::{OpenError, Options, Store, search};
use thiserror::Error;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};

use crate::app::{App, Shared};
use crate::auth::access_token::AccessKeys;
use crate::auth::password::Passwords;
use crate::auth::secret::server_secret;
use crate::auth::socket_token::SocketTokens;
use crate::auth::throttle::Throttle;
use crate::config::Config;
use crate::door::api::{self, Remembered};
use crate::door::backend::Backend;
use crate::door::plain::{self, Routes};
use crate::door::socketio;
use crate::drive::attendance::{self, Attendance};
use crate::drive::calls;
use crate::drive::developer::DeveloperBoard;
use crate::drive::directory::Directory;
use crate::drive::hub::{Hub, HubOptions, Shards};
use crate::drive::media::TcpDoor;
use crate::drive::pages::Pages;
use crate::drive::publisher::Known;
use crate::drive::roster::Rosters;
use crate::drive::typing::TypingBoard;
use crate::drive::webhooks::{self, Webhooks};
use crate::drive::{presence, writer};
use crate::files::blob::Blobs;
use crate::handle;
use crate::handle::budget::Budget;
use crate::handle::channels::Channels;
use crate::handle::developer::inspector::Pulse;
use crate::handle::live::Live;
use crate::handle::namespaces::Namespaces;
use crate::handle::post_list::Lists;
use crate::handle::proxy::Proxy;
use crate::handle::rates::Rates;
use crate::handle::visitor::{self, Visitors};
use crate::metrics::Scrape;
use crate::net::accept::{self, Ways};
use crate::net::guard;
use crate::net::listen::{self, Unavailable};
use crate::net::outbound::Outbound;
use crate::net::ws::{Door, Gate};
use crate::problem::Problem;
use crate::shutdown::Signals;
use crate::{door, operator, probe, rest, shutdown};

/// What an operator is told whose doors are open to the world.
const ANYBODY: &str = "[plain] or [post] lets in clients without a token, and other machines reach \
    this server: whoever does reads and writes in those rooms";

/// Why a server did not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The data directory: in use, damaged, not writable. The text says what to do.
    #[error(transparent)]
    Data(#[from] OpenError),
    /// Nothing can listen at the address.
    #[error("can not listen at {address}: {source}")]
    Listen {
        /// The address.
        address: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file beside the database.
    #[error("{what}: {source}")]
    File {
        /// Which.
        what: &'static str,
        /// What the system says.
        source: std::io::Error,
    },
    /// The configuration asks for something that is not safe here, or makes no sense.
    #[error("{0}")]
    Config(String),
    /// Something inside.
    #[error("{0}")]
    Fault(Box<Problem>),
}

impl From<Problem> for StartError {
    fn from(problem: Problem) -> Self {
        Self::Fault(Box::new(problem))
    }
}

impl From<store::Fault> for StartError {
    fn from(fault: store::Fault) -> Self {
        Problem::from(fault).into()
    }
}

impl From<Unavailable> for StartError {
    fn from(unavailable: Unavailable) -> Self {
        Self::Listen {
            address: unavailable.address.to_string(),
            source: unavailable.source,
        }
    }
}

fn in_file(what: &'static str) -> impl FnOnce(std::io::Error) -> StartError {
    move |source| StartError::File { what, source }
}

/// A server that is to be started.
#[derive(Debug, Clone, Copy)]
pub struct Server;

/// A server that runs.
#[derive(Debug)]
pub struct Running {
    app: Shared,
    addresses: Vec<SocketAddr>,
    fresh: bool,
    stop: oneshot::Sender<()>,
    http: JoinHandle<()>,
    writer: JoinHandle<writer::End>,
    chores: Vec<JoinHandle<()>>,
}

impl Server {
    /// Opens the data directory, starts everything and listens.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(config: Config) -> Result<Running, StartError> {
        let wanted = config.listen.addresses().map_err(Problem::fault)?;
        let listeners = listen::open(&wanted)?;
        let addresses: Vec<_> = listeners.iter().map(|it| it.address).collect();
        open_to_this_machine_alone(&config, &addresses)?;
        own_directory(&config.data.directory).map_err(in_file("the data directory"))?;
        let (store, writer) = Store::open(&config.data.directory, Options::default()).await?;
        let fresh = store.place().await?.is_none();
        let parts = Parts::assemble(&config, &addresses, (store, writer)).await?;
        let app = Arc::clone(&parts.app);
        let (stop, stopped) = oneshot::channel();
        let ways = Ways {
            router: router(&app, &parts.hub_router),
            calls: parts.call_door,
        };
        let connections = config.limits.connections_per_prefix_max;
        let http = tokio::spawn(accept::serve(listeners, ways, connections, async {
            // A dropped sender means the same as a sent word: end.
            let _ = stopped.await;
        }));
        let operators =
            operator::listen(&config.data.directory).map_err(in_file("the operator's socket"))?;
        let mut chores = parts.chores;
        chores.push(tokio::spawn(operator::serve(Arc::clone(&app), operators)));
        chores.push(tokio::spawn(behind::tidy(Arc::clone(&app))));
        for address in &addresses {
            tracing::info!(%address, "listening");
        }
        Ok(Running {
            app,
            addresses,
            fresh,
            stop,
            http,
            writer: parts.writer,
            chores,
        })
    }
}

/// Refuses switches that let everybody do everything, unless nobody but this machine comes in.
fn open_to_this_machine_alone(config: &Config, addresses: &[SocketAddr]) -> Result<(), StartError> {
    let switches = [
        ("client", config.client.insecure),
        ("http_api", config.http_api.insecure),
    ];
    for (section, _) in switches.iter().filter(|(_, on)| *on) {
        open_at(section, addresses)?;
    }
    Ok(())
}

fn open_at(section: &str, addresses: &[SocketAddr]) -> Result<(), StartError> {
    let reached = addresses.iter().find(|address| !address.ip().is_loopback());
    if let Some(address) = reached {
        return Err(StartError::Config(format!(
            "[{section}] insecure lets everybody do everything in app channels, and {address} can \
             be reached from other machines: listen at 127.0.0.1 or take it away"
        )));
    }
    tracing::warn!(
        "INSECURE: [{section}] insecure is on. Whoever reaches this machine comes in without a \
         token and may do everything in app channels. Never let a server that others use run like \
         this."
    );
    Ok(())
}

/// Whether other users of the machine can look into a folder.
fn is_open_to_others(directory: &Path) -> std::io::Result<bool> {
    Ok(std::fs::metadata(directory)?.permissions().mode() & 0o077 != 0)
}

/// Makes the data directory, for its owner alone, when it is not there yet. One that is there
/// belongs to the operator, who is told when others can read it.
fn own_directory(directory: &Path) -> std::io::Result<()> {
    if directory.exists() {
        if is_open_to_others(directory)? {
            let directory = directory.display();
            tracing::warn!(
                "other users of this machine can read {directory}, messages and password hashes \
                 included: chmod 700 {directory}"
            );
        }
        return Ok(());
    }
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
}

/// What assembling gives: the app, and the tasks behind it.
struct Parts {
    app: Shared,
    hub_router: Router,
    call_door: Option<TcpDoor>,
    writer: JoinHandle<writer::End>,
    chores: Vec<JoinHandle<()>>,
}

fn hub_options(config: &Config) -> HubOptions {
    HubOptions {
        connections_per_prefix_max: config.limits.connections_per_prefix_max,
        commands_per_second: config.limits.commands_per_second,
        commands_burst: config.limits.commands_burst,
        deflate: config.listen.deflate,
        subscriptions_max: config.client.channel_limit,
        ..HubOptions::default()
    }
}

impl Parts {
    async fn assemble(
        config: &Config,
        addresses: &[SocketAddr],
        (store, writer): (Store, store::Writer),
    ) -> Result<Self, StartError> {
        let data = config.data.directory.clone();
        let secret = server_secret(&data.join("secret")).map_err(in_file("the server's secret"))?;
        let (hub, shards) = Hub::new(hub_options(config));
        let outbound = Outbound::new().map_err(Problem::fault)?;
        let access_keys = Arc::new(AccessKeys::new(&config.livekit.keys, &secret));
        let (known, telling) = known(config, &store, (&hub, &outbound), &access_keys).await?;
        let (index, indexer) = search::Index::open(&store).await?;
        let something_new = Arc::new(Notify::new());
        let namespaces = Arc::new(Namespaces::new(&config.socketio));
        let publisher = (hub.clone(), known.clone(), store.clone());
        let publisher = behind::publish(publisher, &namespaces, &something_new);
        let (writer, writing) = writer::start(writer, publisher);
        let (normaliser, none) = no_filter()?;
        let (calls, call_door) = open_calls(config, addresses)?;
        let app = Arc::new(App {
            blobs: Blobs::open(store.blobs()).map_err(in_file("the blobs"))?,
            store,
            writer,
            search: index,
            hub: hub.clone(),
            channels: Channels::new(config, &outbound).map_err(StartError::Config)?,
            known,
            typing: TypingBoard::default(),
            filter: handle::filter::Desk::new(none),
            under_way: rest::idempotency::UnderWay::new(&secret),
            normaliser,
            passwords: Passwords::new()?,
            calls: calls.as_ref().map(|it| it.calls.clone()),
            access_keys,
            configured_keys: handle::developer::keys::configured(&config.http_api.keys),
            http_api_insecure: config.http_api.insecure,
            published: Remembered::default(),
            map_changes: Remembered::default(),
            proxy: Proxy::new(config.proxy.clone(), outbound.clone()),
            outbound,
            socket_tokens: SocketTokens::new(&secret),
            throttle: Throttle::new(&config.limits),
            pulse: Pulse::default(),
            rates: Rates::new(&config.limits),
            budget: Budget::new(&config.limits),
            routes: Routes::new(&config.plain, &config.post),
            namespaces: Arc::clone(&namespaces),
            post_lists: Lists::new(config.post.routes.len()),
            visitors: Visitors::default(),
            scrape: Scrape::install(),
            origins: config.origins.clone(),
            trusted_proxies: config.listen.trusted_proxies.clone(),
            monitors: config.listen.monitors.clone(),
            file_bytes_max: config.limits.file_bytes_max,
            insecure: is_reached(config, addresses) && config.listen.trusted_proxies.is_empty(),
            data,
            started: Instant::now(),
            ready: AtomicBool::new(true),
        });
        begin(&app, config, shards).await?;
        let mut chores = behind::follow(&app, telling, (indexer, something_new));
        chores.extend(calls.map(|it| it.task));
        Ok(Self {
            hub_router: doors(&app, namespaces, config),
            app,
            call_door,
            writer: writing,
            chores,
        })
    }
}

/// The calls, and the way in for those whose network lets no UDP through.
fn open_calls(
    config: &Config,
    addresses: &[SocketAddr],
) -> Result<(Option<calls::Open>, Option<TcpDoor>), StartError> {
    let mut calls = calls::open(&config.calls, addresses).map_err(Problem::fault)?;
    let door = calls.as_mut().and_then(|it| it.tcp.take());
    Ok((calls, door))
}

/// The filter before its rules are read, and what texts are folded with.
fn no_filter() -> Result<(Arc<Normaliser>, Filter), StartError> {
    let normaliser = Arc::new(Normaliser::new().map_err(Problem::fault)?);
    let none = Filter::compile(Arc::clone(&normaliser), &[]).map_err(Problem::from)?;
    Ok((normaliser, none))
}

/// Whether other machines reach the server; who lets anybody in is told what that means.
fn is_reached(config: &Config, addresses: &[SocketAddr]) -> bool {
    let reached = addresses.iter().any(|address| !address.ip().is_loopback());
    if reached && config.lets_anybody_in() {
        tracing::warn!("{ANYBODY}");
    }
    reached
}

/// What has to stand before anybody comes in: the filter, the ends of calls, the rooms that doors
/// lead to, and the threads of live connections.
async fn begin(app: &Shared, config: &Config, shards: Shards) -> Result<(), StartError> {
    handle::filter::reload(app).await?;
    attendance::end_cut_off(&app.store, &app.writer).await?;
    visitor::begin(app, config.rooms()).await?;
    handle::namespaces::begin(app).await;
    let backend: Arc<dyn Backend> = Arc::new(Live::new(Arc::clone(app)));
    shards
        .start(backend)
        .map_err(in_file("the threads of live connections"))
}

/// The doors through which live connections come.
fn doors(app: &Shared, namespaces: Arc<Namespaces>, config: &Config) -> Router {
    let gate: Arc<dyn Gate> = Arc::new(guard::Passed {
        wanted_headers: config.proxy.wanted_headers(),
    });
    let door = Door {
        hub: app.hub.clone(),
        gate: Arc::clone(&gate),
    };
    let socketio = socketio::http::router(door.clone(), namespaces, app.origins.clone());
    let calls = door::livekit::http::router(app, door.clone());
    door::centrifugo::router(app.hub.clone(), gate)
        .merge(calls)
        .merge(plain::router(Arc::clone(app), door))
        .merge(socketio)
}

/// What is known in memory, and what tells webhooks of it.
async fn known(
    config: &Config,
    store: &Store,
    (hub, outbound): (&Hub, &Outbound),
    access_keys: &Arc<AccessKeys>,
) -> Result<(Known, webhooks::Beginning), StartError> {
    let developer = DeveloperBoard::new(&store.developer().await?);
    let configured = (&config.webhooks, &config.livekit);
    let (webhooks, telling) = Webhooks::new(
        configured,
        Arc::clone(access_keys),
        developer.clone(),
        outbound.clone(),
    );
    let known = Known {
        directory: Directory::new(store.people().await?),
        rosters: Rosters::default(),
        presence: presence::start(hub.clone()),
        pages: Pages::default(),
        developer,
        webhooks,
        attendance: Attendance::default(),
    };
    Ok((known, telling))
}

fn router(app: &Shared, live: &Router) -> Router {
    // Pictures and archives are compressed already; small answers are not worth it.
    let worth = SizeAbove::new(1_024)
        .and(NotForContentType::IMAGES)
        .and(NotForContentType::const_new("application/octet-stream"))
        .and(NotForContentType::const_new("application/zip"))
        .and(NotForContentType::const_new("video/"))
        .and(NotForContentType::const_new("audio/"));
    Router::new()
        .merge(rest::router(app))
        .merge(probe::router())
        .merge(api::router())
        .merge(door::livekit::twirp::router())
        .with_state(Arc::clone(app))
        .layer(CompressionLayer::new().compress_when(worth))
        .merge(live.clone())
        .layer(middleware::from_fn_with_state(
            Arc::clone(app),
            guard::guard,
        ))
}

impl Running {
    /// Where it listens first.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
        self.addresses.first().copied().unwrap_or(nowhere)
    }

    /// Where it listens, all of it.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Whether nobody has set the place up yet.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        self.fresh
    }

    /// Where the data lies.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.app.data
    }

    /// Ends when the operator asks for it, or when the disk can not be trusted any more.
    pub async fn until_asked(&mut self, signals: &mut Signals) -> Result<(), String> {
        tokio::select! {
            () = signals.asked() => Ok(()),
            end = &mut self.writer => match end {
                Ok(writer::End::Stopped(fault)) => Err(fault.to_string()),
                Ok(writer::End::ShutDown) => Ok(()),
                Err(error) => Err(error.to_string()),
            },
        }
    }

    /// Takes no new work, tells live connections to come back, finishes what is under way, makes
    /// everything durable. Always ends within the deadline.
    pub async fn shut_down(self) {
        let Self {
            app,
            stop,
            http,
            writer,
            chores,
            ..
        } = self;
        let path = operator::path(&app.data);
        let orderly = async {
            let _ = stop.send(());
            shutdown::drain(&app).await;
            let _ = tokio::time::timeout(shutdown::DEADLINE / 3, http).await;
            for chore in &chores {
                chore.abort();
            }
            app.writer.shut_down();
            if !writer.is_finished() {
                let _ = writer.await;
            }
            app.store.clone().close().await;
        };
        if tokio::time::timeout(shutdown::DEADLINE, orderly)
            .await
            .is_err()
        {
            tracing::warn!("the server did not end in time; what was acknowledged is safe");
        }
        let _ = std::fs::remove_file(path);
        tracing::info!("ended");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_directory_that_others_can_read_is_noticed() {
        let parent = tempfile::tempdir().unwrap();
        let directory = parent.path().join("data");
        own_directory(&directory).unwrap();
        assert!(!is_open_to_others(&directory).unwrap());
        let open = std::fs::Permissions::from_mode(0o750);
        std::fs::set_permissions(&directory, open).unwrap();
        assert!(is_open_to_others(&directory).unwrap());
    }
}
