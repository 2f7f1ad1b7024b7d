//! The threads that carry packets: one UDP port for all calls, plain threads without a runtime,
//! each the only owner of its share of the calls ([`media::Worker`]).
//!
//! Each thread reads the port through a socket of its own, and the kernel spreads remote addresses
//! over them. What comes in at a thread that does not own the call is handed over: the first
//! request of a connection names its owner, and the reader remembers the address. Knows no names
//! and no rules of a call: `drive/calls` tells it what to do through bounded queues and hears what
//! became of it. Never parses a session description.

mod addresses;
mod counters;
mod socket;
mod tcp;
#[cfg(test)]
mod tests;
mod thread;

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Instant;

use base::limits::{MEDIA_QUEUE_EVENTS_MAX, MEDIA_TCP_CONNECTIONS_MAX};
use media::{Candidate, Certificate, Command, Config, Event, Local, PeerId, RoomId, Worker};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc};

use counters::Counters;
use socket::MediaSocket;
use thread::{Inbox, MediaThread, Post};

pub(crate) use tcp::{FIRST_BYTES, is_call};

/// Threads at most: a fragment has two digits for them.
const WORKERS_MAX: usize = 64;

/// Where and how calls are carried.
#[derive(Debug, Clone)]
pub struct MediaConfig {
    /// The UDP address that is listened on; port 0 takes a free one.
    pub udp: SocketAddr,
    /// The public addresses that clients are told; empty: those of the interfaces.
    pub addresses: Vec<IpAddr>,
    /// The port on which [`TcpDoor`]'s connections come in; `None`: no TCP.
    pub tcp_port: Option<u16>,
    /// Threads; 0: as many as cores.
    pub workers: usize,
}

/// Why calls can not be carried.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// The port could not be had.
    #[error("the UDP port {0} of calls could not be opened: {1}")]
    Bind(SocketAddr, #[source] std::io::Error),
    /// A thread could not be started.
    #[error("a thread of calls could not be started: {0}")]
    Thread(#[source] std::io::Error),
    /// The system has no randomness for a certificate.
    #[error("no certificate for calls could be made")]
    Certificate,
}

/// A queue is full: the commands were not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the media threads are busy")]
pub struct Busy;

/// The threads. Dropping it ends all calls and waits for the end of the threads.
pub struct MediaThreads {
    posts: Vec<Post>,
    threads: Vec<JoinHandle<()>>,
    stop: Arc<AtomicBool>,
    certificate: Certificate,
    candidates: Vec<Candidate>,
    tcp: Arc<Semaphore>,
}

impl fmt::Debug for MediaThreads {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = out.debug_struct("MediaThreads");
        out.field("candidates", &self.candidates)
            .finish_non_exhaustive()
    }
}

impl MediaThreads {
    /// Binds the port and starts the threads. What they tell comes from the receiver, in order for
    /// each call.
    ///
    /// # Errors
    /// What [`MediaError`] says.
    pub fn start(config: MediaConfig) -> Result<(Self, mpsc::Receiver<Vec<Event>>), MediaError> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let workers = if config.workers == 0 {
            cores
        } else {
            config.workers
        };
        let workers = workers.clamp(1, WORKERS_MAX);
        let sockets =
            sockets(config.udp, workers).map_err(|it| MediaError::Bind(config.udp, it))?;
        let port = sockets.first().map_or(config.udp.port(), MediaSocket::port);
        let certificate = Certificate::generate().ok_or(MediaError::Certificate)?;
        let (mut posts, mut inboxes) = (Vec::new(), Vec::new());
        for _ in 0..workers {
            let (post, inbox) = thread::post().map_err(MediaError::Thread)?;
            posts.push(post);
            inboxes.push(inbox);
        }
        let (tell, told) = mpsc::channel(MEDIA_QUEUE_EVENTS_MAX);
        let mut this = Self {
            posts,
            threads: Vec::new(),
            stop: Arc::default(),
            candidates: candidates(&config, port),
            certificate,
            tcp: Arc::new(Semaphore::new(MEDIA_TCP_CONNECTIONS_MAX)),
        };
        for (socket, inbox) in std::iter::zip(sockets, inboxes) {
            this.spawn(socket, inbox, tell.clone())?;
        }
        Ok((this, told))
    }

    fn spawn(
        &mut self,
        socket: MediaSocket,
        inbox: Inbox,
        events: mpsc::Sender<Vec<Event>>,
    ) -> Result<(), MediaError> {
        let number = u8::try_from(self.threads.len()).unwrap_or(u8::MAX);
        let config = Config {
            worker: number,
            certificate: self.certificate.clone(),
        };
        let thread = MediaThread {
            number,
            worker: Worker::new(Instant::now(), config),
            socket,
            inbox,
            posts: self.posts.clone(),
            stop: Arc::clone(&self.stop),
            events,
            counters: Counters::new(),
            routes: HashMap::new(),
            connections: HashMap::new(),
            kept: Vec::new(),
        };
        let builder = std::thread::Builder::new().name(format!("media-{number}"));
        let handle = builder
            .spawn(move || thread.run())
            .map_err(MediaError::Thread)?;
        self.threads.push(handle);
        Ok(())
    }

    /// Where clients find it.
    #[must_use]
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// Credentials and addresses for a new peer, or for an ICE restart of one.
    #[must_use]
    pub fn local(&self, room: RoomId, peer: PeerId) -> Local {
        let worker = u8::try_from(self.owner(room)).unwrap_or_default();
        let fingerprint = self.certificate.fingerprint();
        let mut random = [0; 36];
        rand::fill(&mut random[..]);
        Local::new((worker, peer), fingerprint, self.candidates.clone(), random)
    }

    /// The thread that owns a call.
    fn owner(&self, room: RoomId) -> usize {
        usize::try_from(room.0 % self.posts.len().max(1) as u64).unwrap_or(0)
    }

    /// Tells the thread that owns a call. All commands of one call must come through here, those
    /// of its peers and tracks too.
    ///
    /// # Errors
    /// [`Busy`]: nothing was taken. The caller closes the call or tries again.
    pub fn send(&self, room: RoomId, commands: Vec<Command>) -> Result<(), Busy> {
        let post = self.posts.get(self.owner(room)).ok_or(Busy)?;
        post.commands.try_send(commands).map_err(|_| Busy)?;
        post.wake();
        Ok(())
    }

    /// The way in for TCP connections of calls.
    #[must_use]
    pub fn tcp_door(&self) -> TcpDoor {
        TcpDoor {
            posts: self.posts.clone(),
            seats: Arc::clone(&self.tcp),
        }
    }
}

/// Takes TCP connections whose first bytes are a call's: [`is_call`].
#[derive(Debug, Clone)]
pub struct TcpDoor {
    posts: Vec<Post>,
    seats: Arc<Semaphore>,
}

impl TcpDoor {
    /// Carries a connection (RFC 4571, RFC 6544) until it ends. Refused, by hanging up, when there
    /// are too many.
    pub async fn carry(self, stream: TcpStream) {
        let Ok(_seat) = Arc::clone(&self.seats).try_acquire_owned() else {
            return;
        };
        tcp::carry(stream, self.posts).await;
    }
}

impl Drop for MediaThreads {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        for post in &self.posts {
            post.wake();
        }
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a media thread ended by a panic");
            }
        }
    }
}

/// One socket for each thread, all on one port.
fn sockets(address: SocketAddr, workers: usize) -> std::io::Result<Vec<MediaSocket>> {
    // Sockets that share a port would share it with another server as well, half of the packets
    // each: nobody else may have it.
    drop(std::net::UdpSocket::bind(address)?);
    let first = socket::bind(address)?;
    let port = first.local_addr()?.port();
    let mut sockets = vec![MediaSocket::new(first)?];
    while sockets.len() < workers {
        let next = socket::bind(SocketAddr::new(address.ip(), port))?;
        sockets.push(MediaSocket::new(next)?);
    }
    Ok(sockets)
}

/// What clients are told, UDP before TCP.
fn candidates(config: &MediaConfig, port: u16) -> Vec<Candidate> {
    let ips = if !config.addresses.is_empty() {
        config.addresses.clone()
    } else if config.udp.ip().is_unspecified() {
        addresses::own()
    } else {
        vec![config.udp.ip()]
    };
    let at = |port: u16, tcp: bool| {
        let candidate = move |ip: &IpAddr| Candidate {
            address: SocketAddr::new(*ip, port),
            tcp,
        };
        ips.iter().map(candidate).collect::<Vec<_>>()
    };
    let mut all = at(port, false);
    all.extend(config.tcp_port.map(|it| at(it, true)).unwrap_or_default());
    all
}
