//! One thread's share of all calls: whole rooms with their peers and tracks.
//!
//! Pure: its caller brings packets, commands and the time, and carries away packets and events.
//! Nothing of it is shared; a room lives and dies in one worker.

use std::net::SocketAddr;
use std::time::Instant;

use crate::command::Command;
use crate::event::Event;
use crate::negotiate::Candidate;
use crate::peer::Certificate;

/// What a worker needs to know from the start.
#[derive(Debug, Clone)]
pub struct Config {
    /// Which worker this is.
    pub worker: u8,
    /// The certificate of all connections of the process.
    pub certificate: Certificate,
    /// Where we listen; a datagram's `destination` is one of these.
    pub candidates: Vec<Candidate>,
}

/// How a datagram travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Carrier {
    /// UDP.
    Udp,
    /// TCP in frames (RFC 4571, RFC 6544).
    Tcp,
}

/// What came in.
#[derive(Debug, Clone, Copy)]
pub struct Datagram<'a> {
    /// How.
    pub carrier: Carrier,
    /// From where.
    pub source: SocketAddr,
    /// At which of our addresses.
    pub destination: SocketAddr,
    /// What.
    pub bytes: &'a [u8],
}

/// What goes out.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// How.
    pub carrier: Carrier,
    /// From which of our addresses.
    pub source: SocketAddr,
    /// To where.
    pub destination: SocketAddr,
    /// What.
    pub bytes: Vec<u8>,
}

/// What became of a datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// It was of a peer whose address was known.
    Known,
    /// It proved that an address belongs to a peer of this worker: its next datagrams belong here.
    Learned,
    /// It was of nobody here, or no datagram of a call at all.
    Dropped,
}

/// Some rooms and everything in them.
#[derive(Debug)]
pub struct Worker {
    config: Config,
}

impl Worker {
    /// Nobody is here yet.
    #[must_use]
    pub fn new(now: Instant, config: Config) -> Self {
        let _ = now;
        Self { config }
    }

    /// Does what it is told.
    pub fn command(&mut self, now: Instant, command: Command) {
        let _ = (now, command, &self.config);
        todo!()
    }

    /// Takes what came in at `now`. Nothing that anybody can send makes it panic or grow without
    /// bound.
    pub fn datagram(&mut self, now: Instant, datagram: Datagram<'_>) -> Heard {
        let _ = (now, datagram);
        todo!()
    }

    /// Lets time pass, after commands and datagrams too. Returns when it wants to be called again
    /// at the latest.
    pub fn tick(&mut self, now: Instant) -> Instant {
        todo!("{now:?}")
    }

    /// Takes what is to be sent; call it until there is nothing after each [`Self::tick`].
    pub fn poll_transmit(&mut self) -> Option<Outgoing> {
        todo!()
    }

    /// Takes what is to be told; call it until there is nothing after each [`Self::tick`].
    pub fn poll_event(&mut self) -> Option<Event> {
        todo!()
    }
}
