//! The loops that take connections, one for each address, and serve HTTP/1.1 and HTTP/2 on them.
//! Calls whose network lets no UDP through come in at the same port, and are told by their first
//! bytes.
//!
//! They end when told to: no new connections, those that are idle close, those at work finish.
//! Whoever calls bounds that by a deadline of its own.

use std::collections::HashMap;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use base::limits::{HTTP_UNACKNOWLEDGED_MS_MAX, HTTP_UNSENT_BYTES_MAX};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::ServiceExt;

use crate::auth::throttle::prefix;
use crate::drive::media::{FIRST_BYTES, TcpDoor, is_call};
use crate::net::listen::{Listener, ListenerName};
use crate::net::turn::{Turn, Turns};

/// How long a client may take to send the head of a request.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// The heads of one request, in bytes and in number. Above what the guard lets through, because
/// what is refused here is refused without a word.
const HEADER_BYTES_MAX: usize = 128 << 10;
const HEADERS_MAX: usize = 512;
/// Streams that one HTTP/2 connection may have open.
const STREAMS_MAX: u32 = 128;
/// How long the rest of a call's first frame is waited for before it is looked at again.
const FRAME_PAUSE: Duration = Duration::from_millis(20);
/// How long the loop rests when the system has no more file handles.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Connections per address, so that one machine can not take them all.
#[derive(Debug, Clone, Default)]
struct Crowd(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One connection's place in the crowd, given back when dropped.
struct Seat {
    crowd: Crowd,
    prefix: IpAddr,
}

impl Crowd {
    fn enter(&self, prefix: IpAddr, max: usize) -> Option<Seat> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(prefix).or_insert(0);
        if *count >= max {
            return None;
        }
        *count += 1;
        Some(Seat {
            crowd: self.clone(),
            prefix,
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut counts = self.crowd.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.prefix) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.prefix);
            }
        }
    }
}

fn builder() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_headers(HEADERS_MAX)
        .max_buf_size(HEADER_BYTES_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(128 << 10)
        .keep_alive_interval(Duration::from_secs(60));
    builder
}

/// What a connection may be about.
#[derive(Debug, Clone)]
pub struct Ways {
    /// HTTP, and what it is upgraded to.
    pub router: Router,
    /// Calls over TCP, where there are any.
    pub calls: Option<TcpDoor>,
}

/// Serves `ways` on all listeners until `stop` resolves, then waits for what is under way.
pub async fn serve(
    listeners: Vec<Listener>,
    ways: Ways,
    connections_per_prefix_max: usize,
    stop: impl Future<Output = ()>,
) {
    let (told, stopped) = watch::channel(());
    let crowd = Crowd::default();
    let turns = Turns::default();
    let mut loops = JoinSet::new();
    for listener in listeners {
        let site = Arc::new(Site {
            builder: builder(),
            ways: ways.clone(),
            named: listener.named,
            turns: turns.clone(),
            stopped: stopped.clone(),
        });
        let crowd = (crowd.clone(), connections_per_prefix_max);
        loops.spawn(take(listener, site, crowd));
    }
    stop.await;
    drop(told);
    while loops.join_next().await.is_some() {}
}

/// What all connections of a listener share.
struct Site {
    builder: auto::Builder<TokioExecutor>,
    ways: Ways,
    named: ListenerName,
    turns: Turns,
    stopped: watch::Receiver<()>,
}

/// One listener's loop.
async fn take(listener: Listener, site: Arc<Site>, (crowd, per_prefix_max): (Crowd, usize)) {
    let graceful = GracefulShutdown::new();
    let mut stopped = site.stopped.clone();
    loop {
        let (stream, peer) = tokio::select! {
            // A sender that was dropped is the word.
            _ = stopped.changed() => break,
            accepted = listener.socket.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            },
        };
        let Some(seat) = crowd.enter(prefix(peer.ip()), per_prefix_max) else {
            metrics::counter!("plaza_http_connections_refused_total").increment(1);
            continue;
        };
        prepare(&stream);
        let fresh = Fresh { stream, peer, seat };
        tokio::spawn(fresh.wait(Arc::clone(&site), graceful.watcher()));
    }
    drop(listener);
    graceful.shutdown().await;
}

/// Sets a fresh socket up. A system that does not know one of the settings goes without.
fn prepare(stream: &TcpStream) {
    // Answers are small and whole; waiting to join them would only delay them.
    let _ = stream.set_nodelay(true);
    let socket = socket2::SockRef::from(stream);
    // What a client does not read waits here, where it is bounded, and not in the kernel.
    let _ = socket.set_tcp_notsent_lowat(HTTP_UNSENT_BYTES_MAX);
    // A client that vanished without a word is not waited for until the kernel gives up.
    let patience = Duration::from_millis(HTTP_UNACKNOWLEDGED_MS_MAX);
    let _ = socket.set_tcp_user_timeout(Some(patience));
}

/// A connection that has said nothing yet.
struct Fresh {
    stream: TcpStream,
    peer: SocketAddr,
    seat: Seat,
}

/// What a connection is, by its first bytes.
enum Begun {
    Call(TcpDoor),
    /// Or nothing that is known; it is its turn.
    Http(Turn),
}

impl Fresh {
    /// Waits until it says something and it is its turn. What follows is a task of its own, since
    /// this one has to be small.
    async fn wait(self, site: Arc<Site>, watcher: Watcher) {
        let mut stopped = site.stopped.clone();
        let begun = tokio::select! {
            begun = self.begun(&site) => begun,
            _ = stopped.changed() => None,
        };
        match begun {
            Some(Begun::Http(turn)) => drop(tokio::spawn(self.serve(site, turn, watcher))),
            Some(Begun::Call(calls)) => drop(tokio::spawn(self.carry(calls))),
            None => {}
        }
    }

    /// `None` when it hung up or has nothing to say.
    async fn begun(&self, site: &Site) -> Option<Begun> {
        let readable = tokio::time::timeout(HEADER_TIMEOUT, self.stream.readable());
        readable.await.ok()?.ok()?;
        if let Some(calls) = &site.ways.calls
            && is_of_a_call(&self.stream).await
        {
            return Some(Begun::Call(calls.clone()));
        }
        Some(Begun::Http(site.turns.next().await))
    }

    async fn carry(self, calls: TcpDoor) {
        calls.carry(self.stream).await;
        drop(self.seat);
    }

    async fn serve(self, site: Arc<Site>, turn: Turn, watcher: Watcher) {
        let Self { stream, peer, seat } = self;
        let (router, named) = (site.ways.router.clone(), site.named);
        // The first request keeps the turn as long as it needs it.
        let turn = Mutex::new(Some(turn));
        let service = hyper::service::service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(axum::body::Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            request.extensions_mut().insert(named);
            if let Some(turn) = turn.lock().unwrap_or_else(PoisonError::into_inner).take() {
                request.extensions_mut().insert(turn);
            }
            router.clone().oneshot(request)
        });
        let io = TokioIo::new(stream);
        let connection = site.builder.serve_connection_with_upgrades(io, service);
        // Errors here are the client's: it hung up or spoke no HTTP.
        if let Err(error) = watcher.watch(connection.into_owned()).await {
            tracing::debug!(%peer, %error, "connection ended");
        }
        drop(seat);
    }
}

/// Looks at the first bytes without taking them. A call begins with the length of a short frame, so
/// its first byte is one that HTTP never begins with.
async fn is_of_a_call(stream: &TcpStream) -> bool {
    let mut first = [0; FIRST_BYTES];
    let looked = tokio::time::timeout(HEADER_TIMEOUT, async {
        loop {
            let count = stream.peek(&mut first).await.unwrap_or(0);
            match first.get(..count) {
                // The rest of the frame is on its way.
                Some([0, ..]) if count < FIRST_BYTES => tokio::time::sleep(FRAME_PAUSE).await,
                Some(first) => return is_call(first),
                None => return false,
            }
        }
    });
    looked.await.unwrap_or(false)
}
