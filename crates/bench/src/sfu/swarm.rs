//! All peers on one thread that never blocks.
//!
//! Datagrams are taken from the sockets first and worked on in small lots after that, so that the
//! delay that is measured holds as little as can be of the load's own work.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::epoll;
use rustix::io::Errno;
use rustix::time::Timespec;

use super::peer::Peer;
use super::trace::Trace;
use crate::error::{BenchError, Doing};
use crate::histogram::Histogram;

/// Longest datagram, in bytes.
const DATAGRAM_BYTES_MAX: usize = 2_048;
/// Datagrams that are worked on before the sockets are looked at again.
const LOT: usize = 24;
/// When more wait, they come first: what is not taken is dropped by the kernel, not here.
const WAITING_MAX: usize = 2_000;
/// Datagrams that are taken from one socket at once.
const TAKEN_MAX: usize = 64;
const EVENTS_PER_PASS: usize = 256;
/// Seed of the sizes of what is sent; fixed, so that runs can be compared.
const TRACE_SEED: u64 = 7;

/// A datagram that waits for its turn.
struct Datagram {
    peer: usize,
    from: SocketAddr,
    at: Instant,
    bytes: Vec<u8>,
}

/// What all receivers got since the count began.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Count {
    /// Packets by layer.
    pub(crate) layers: [u64; 4],
    /// Packets that never came although later ones of their stream did.
    pub(crate) missing: u64,
    /// Whether the load itself fell behind, so that the count says nothing about the server.
    pub(crate) is_late: bool,
}

/// The peers.
pub(crate) struct Swarm {
    epoll: OwnedFd,
    peers: Vec<Peer>,
    trace: Trace,
    since: Instant,
    delays: Histogram,
    waiting: VecDeque<Datagram>,
    /// How many waited at most since the count began.
    waited_most: usize,
    /// Buffers that are free.
    free: Vec<Vec<u8>>,
}

impl Swarm {
    /// Nobody yet.
    pub(crate) fn new() -> Result<Self, BenchError> {
        Ok(Self {
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC).doing("create epoll")?,
            peers: Vec::new(),
            trace: Trace::new(TRACE_SEED),
            since: Instant::now(),
            delays: Histogram::new(),
            waiting: VecDeque::new(),
            waited_most: 0,
            free: Vec::new(),
        })
    }

    /// Takes a peer in and gives its place.
    pub(crate) fn add(&mut self, peer: Peer) -> Result<usize, BenchError> {
        let place = self.peers.len();
        let token = epoll::EventData::new_u64(place as u64);
        epoll::add(&self.epoll, &peer.socket, token, epoll::EventFlags::IN)
            .doing("watch a peer")?;
        self.peers.push(peer);
        Ok(place)
    }

    /// All peers, by their place.
    pub(crate) fn peers(&self) -> &[Peer] {
        &self.peers
    }

    /// The peer at that place.
    pub(crate) fn peer(&mut self, place: usize) -> Result<&mut Peer, BenchError> {
        let missing = || BenchError::Missing(format!("no peer at {place}"));
        self.peers.get_mut(place).ok_or_else(missing)
    }

    /// Sends what came of a change that was made to the peer at that place.
    pub(crate) fn settle(&mut self, place: usize) -> Result<(), BenchError> {
        let (since, delays) = (self.since, &mut self.delays);
        match self.peers.get_mut(place) {
            Some(peer) => peer.settle(since, delays),
            None => Ok(()),
        }
    }

    /// Sends and receives until then.
    pub(crate) fn run(&mut self, until: Instant) -> Result<(), BenchError> {
        let mut events = Vec::with_capacity(EVENTS_PER_PASS);
        loop {
            let now = Instant::now();
            if now >= until {
                return Ok(());
            }
            let next = self.advance(now)?.min(until);
            self.work()?;
            let rest = match self.waiting.is_empty() {
                true => next.saturating_duration_since(Instant::now()),
                false => Duration::ZERO,
            };
            let rest = Timespec {
                tv_sec: rest.as_secs() as i64,
                tv_nsec: i64::from(rest.subsec_nanos()),
            };
            let spare = rustix::buffer::spare_capacity(&mut events);
            match epoll::wait(&self.epoll, spare, Some(&rest)) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error).doing("wait"),
            }
            for event in events.drain(..) {
                self.take(event.data.u64() as usize)?;
            }
        }
    }

    /// Lets every peer do what is due, and tells when something is due next.
    fn advance(&mut self, now: Instant) -> Result<Instant, BenchError> {
        let mut next = now + Duration::from_secs(1);
        for peer in &mut self.peers {
            if peer.due().is_some_and(|due| due <= now) {
                peer.advance(now, self.since, (&self.trace, &mut self.delays))?;
            }
            next = peer.due().map_or(next, |due| next.min(due));
        }
        Ok(next)
    }

    /// Takes what a socket has.
    fn take(&mut self, place: usize) -> Result<(), BenchError> {
        let Some(peer) = self.peers.get(place) else {
            return Ok(());
        };
        for _ in 0..TAKEN_MAX {
            let mut bytes = self.free.pop().unwrap_or_default();
            bytes.resize(DATAGRAM_BYTES_MAX, 0);
            match peer.socket.recv_from(&mut bytes) {
                Ok((count, from)) => {
                    bytes.truncate(count);
                    self.waiting.push_back(Datagram {
                        peer: place,
                        from,
                        at: Instant::now(),
                        bytes,
                    });
                }
                // Nothing there, or the server has closed its socket.
                Err(_) => {
                    self.free.push(bytes);
                    break;
                }
            }
        }
        Ok(())
    }

    /// Works on a lot of what was taken.
    fn work(&mut self) -> Result<(), BenchError> {
        self.waited_most = self.waited_most.max(self.waiting.len());
        let lot = LOT.max(self.waiting.len().saturating_sub(WAITING_MAX));
        for _ in 0..lot {
            let Some(mut datagram) = self.waiting.pop_front() else {
                break;
            };
            if let Some(peer) = self.peers.get_mut(datagram.peer) {
                let origin = (datagram.from, datagram.at);
                peer.receive(&mut datagram.bytes, origin, self.since, &mut self.delays)?;
            }
            self.free.push(datagram.bytes);
        }
        Ok(())
    }

    /// Begins to count anew.
    pub(crate) fn restart(&mut self) {
        self.waited_most = 0;
        self.delays = Histogram::new();
        self.peers.iter_mut().for_each(|peer| peer.heard.restart());
    }

    /// What was counted.
    pub(crate) fn count(&self) -> Count {
        let mut count = Count {
            is_late: self.waited_most > WAITING_MAX,
            ..Count::default()
        };
        for peer in &self.peers {
            let layers = peer.heard.layers();
            for (sum, one) in count.layers.iter_mut().zip(layers) {
                *sum += one;
            }
            count.missing += peer.heard.missing();
        }
        count
    }

    /// One-way delays of what was counted.
    pub(crate) fn delays(&self) -> &Histogram {
        &self.delays
    }
}
