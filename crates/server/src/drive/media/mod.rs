//! The threads that carry packets: one UDP port for all calls, plain threads without a runtime, each
//! the only owner of its share of the calls ([`media::Worker`]).
//!
//! Knows no names and no rules of a call: `drive/calls` tells it what to do through bounded queues
//! and hears what became of it. Never parses a session description.

use std::net::{IpAddr, SocketAddr};

use media::{Command, Event, Local, PeerId, RoomId};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

/// Where and how calls are carried.
#[derive(Debug, Clone)]
pub struct MediaConfig {
    /// The UDP address that is listened on; port 0 takes a free one.
    pub udp: SocketAddr,
    /// The public addresses that clients are told; empty: those of the interfaces.
    pub addresses: Vec<IpAddr>,
    /// The port on which [`MediaThreads::accept_tcp`]'s connections come in; `None`: no TCP.
    pub tcp_port: Option<u16>,
    /// Threads; 0: as many as cores.
    pub workers: usize,
}

/// Why calls can not be carried.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// The port could not be had.
    #[error("the UDP port of calls could not be opened: {0}")]
    Bind(#[source] std::io::Error),
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

/// The threads. Dropping it ends them and waits for their end.
#[derive(Debug)]
pub struct MediaThreads {
    config: MediaConfig,
}

impl MediaThreads {
    /// Binds the port and starts the threads. What they tell comes from the receiver, in order for
    /// each call.
    ///
    /// # Errors
    /// What [`MediaError`] says.
    pub fn start(config: MediaConfig) -> Result<(Self, mpsc::Receiver<Vec<Event>>), MediaError> {
        let (_tell, told) = mpsc::channel(1);
        Ok((Self { config }, told))
    }

    /// Credentials and addresses for a new peer, or for an ICE restart of one.
    #[must_use]
    pub fn local(&self, room: RoomId, peer: PeerId) -> Local {
        let _ = (room, peer, &self.config);
        todo!()
    }

    /// Tells the thread that owns a call. All commands of one call must come through here, those
    /// of its peers and tracks too.
    ///
    /// # Errors
    /// [`Busy`]: nothing was taken. The caller closes the call or tries again.
    pub fn send(&self, room: RoomId, commands: Vec<Command>) -> Result<(), Busy> {
        let _ = (room, commands);
        todo!()
    }

    /// Carries a TCP connection whose first bytes are a frame with a STUN request (RFC 4571,
    /// RFC 6544). `first` was read from it already.
    pub fn accept_tcp(&self, stream: TcpStream, first: &[u8]) {
        let _ = (stream, first);
        todo!()
    }
}
