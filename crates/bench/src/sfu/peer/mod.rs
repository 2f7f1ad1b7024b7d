//! One end of a connection: its socket and what it speaks over it.

pub(crate) mod bare;
pub(crate) mod publisher;
pub(crate) mod rtc;

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::time::Instant;

use crate::error::{BenchError, Doing};
use crate::histogram::Histogram;
use crate::sfu::heard::Heard;
use crate::sfu::trace::Trace;
use bare::Bare;
use publisher::Publisher;
use rtc::Connection;

/// What a socket may hold while the load is busy with others, in bytes.
const SOCKET_BYTES: usize = 2 << 20;

/// What is spoken.
pub(crate) enum Speech {
    /// To a floor.
    Bare(Bare),
    /// To a media server.
    Rtc(Box<Connection>),
}

/// One end.
pub(crate) struct Peer {
    /// Never blocks.
    pub(crate) socket: UdpSocket,
    /// Whose it is.
    pub(crate) participant: usize,
    /// What it speaks.
    pub(crate) speech: Speech,
    /// What it sends, once it has begun.
    pub(crate) publisher: Option<Publisher>,
    /// What it got.
    pub(crate) heard: Heard,
}

/// A socket at that address, and where it is.
pub(crate) fn socket(address: Ipv4Addr) -> Result<(UdpSocket, SocketAddr), BenchError> {
    use rustix::net::sockopt;
    let socket = UdpSocket::bind(SocketAddrV4::new(address, 0)).doing("bind a peer's socket")?;
    socket.set_nonblocking(true).doing("unblock a socket")?;
    sockopt::set_socket_recv_buffer_size_force(&socket, SOCKET_BYTES)
        .or_else(|_| sockopt::set_socket_recv_buffer_size(&socket, SOCKET_BYTES))
        .doing("lengthen a socket's queue")?;
    let local = socket.local_addr().doing("find out where a socket is")?;
    Ok((socket, local))
}

impl Peer {
    /// One that receives only.
    pub(crate) fn new(socket: UdpSocket, participant: usize, speech: Speech) -> Self {
        Self {
            socket,
            participant,
            speech,
            publisher: None,
            heard: Heard::default(),
        }
    }

    /// Whether packets can flow.
    pub(crate) fn is_connected(&self) -> bool {
        match &self.speech {
            Speech::Bare(bare) => bare.greeted,
            Speech::Rtc(connection) => connection.connected,
        }
    }

    /// When it must be called next, if nothing comes.
    pub(crate) fn due(&self) -> Option<Instant> {
        let publisher = self.publisher.as_ref().map(Publisher::due);
        let speech = match &self.speech {
            Speech::Bare(_) => None,
            Speech::Rtc(connection) => Some(connection.due),
        };
        publisher.into_iter().chain(speech).min()
    }

    /// Sends what is due.
    pub(crate) fn advance(
        &mut self,
        now: Instant,
        since: Instant,
        (trace, delays): (&Trace, &mut Histogram),
    ) -> Result<(), BenchError> {
        let due = self
            .publisher
            .as_mut()
            .filter(|publisher| publisher.due() <= now);
        let outgoing = due.map_or_else(Vec::new, |publisher| publisher.publish(now, since, trace));
        match &mut self.speech {
            Speech::Bare(bare) => outgoing.iter().for_each(|one| bare.send(&self.socket, one)),
            Speech::Rtc(connection) => {
                for one in outgoing {
                    connection.send(one, now);
                    connection.drain(&self.socket, since, (&mut self.heard, delays))?;
                }
                if connection.due <= now {
                    connection.advance(now)?;
                    connection.drain(&self.socket, since, (&mut self.heard, delays))?;
                }
            }
        }
        Ok(())
    }

    /// Sends what came of a change from outside.
    pub(crate) fn settle(
        &mut self,
        since: Instant,
        delays: &mut Histogram,
    ) -> Result<(), BenchError> {
        match &mut self.speech {
            Speech::Bare(_) => Ok(()),
            Speech::Rtc(connection) => {
                connection.drain(&self.socket, since, (&mut self.heard, delays))
            }
        }
    }

    /// Takes a datagram in.
    pub(crate) fn receive(
        &mut self,
        packet: &mut [u8],
        (from, at): (SocketAddr, Instant),
        since: Instant,
        delays: &mut Histogram,
    ) -> Result<(), BenchError> {
        match &mut self.speech {
            Speech::Bare(bare) => {
                let at_ns = at.duration_since(since).as_nanos() as u64;
                bare.receive(packet, at_ns, (&mut self.heard, delays));
            }
            Speech::Rtc(connection) => {
                connection.receive(packet, from, at)?;
                connection.drain(&self.socket, since, (&mut self.heard, delays))?;
                for rid in connection.keys_wanted.drain(..) {
                    if let Some(publisher) = &mut self.publisher {
                        publisher.want_key(rid.as_deref());
                    }
                }
            }
        }
        Ok(())
    }
}
