//! The UDP port of calls: datagrams in batches, in both directions.
//!
//! Each thread has a socket of its own on the one port (`SO_REUSEPORT`); the kernel gives all
//! datagrams of one remote address to the same of them. Never blocks.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd};

use media::{Carrier, Datagram, Outgoing};
use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSockRef, UdpSocketState};
use socket2::{Domain, Protocol, Socket, Type};

/// What the kernel is asked to keep for a thread that is late, in bytes.
const BUFFER_BYTES: usize = 4 << 20;
/// The largest datagram that is read whole; larger ones are of no call.
const DATAGRAM_BYTES_MAX: usize = 2_048;
/// What one call to the kernel takes at most (the length field of UDP).
const SEND_BYTES_MAX: usize = 65_000;

/// One thread's socket.
pub(super) struct MediaSocket {
    socket: UdpSocket,
    state: UdpSocketState,
    local: SocketAddr,
    is_v6: bool,
    buffers: Vec<Vec<u8>>,
    metas: Vec<RecvMeta>,
    joined: Vec<u8>,
}

/// Opens a socket. `0.0.0.0` takes IPv6 along where the machine has it.
pub(super) fn bind(address: SocketAddr) -> io::Result<UdpSocket> {
    let is_any = address.ip() == IpAddr::from([0, 0, 0, 0]);
    if is_any && let Ok(socket) = open((Ipv6Addr::UNSPECIFIED, address.port()).into()) {
        return Ok(socket);
    }
    open(address)
}

fn open(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::DGRAM,
        Some(Protocol::UDP),
    )?;
    if address.is_ipv6() {
        socket.set_only_v6(address.ip() != IpAddr::from(Ipv6Addr::UNSPECIFIED))?;
    }
    socket.set_reuse_port(true)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
}

impl MediaSocket {
    pub(super) fn new(socket: UdpSocket) -> io::Result<Self> {
        let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
        // A system that gives less gives what it can.
        let _ = state.set_recv_buffer_size(UdpSockRef::from(&socket), BUFFER_BYTES);
        let _ = state.set_send_buffer_size(UdpSockRef::from(&socket), BUFFER_BYTES);
        let local = socket.local_addr()?;
        let bytes = DATAGRAM_BYTES_MAX * state.gro_segments();
        Ok(Self {
            is_v6: local.is_ipv6(),
            local,
            socket,
            state,
            buffers: vec![vec![0; bytes]; BATCH_SIZE],
            metas: vec![RecvMeta::default(); BATCH_SIZE],
            joined: Vec::with_capacity(SEND_BYTES_MAX),
        })
    }

    pub(super) fn port(&self) -> u16 {
        self.local.port()
    }

    pub(super) fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// Takes one batch. Returns how many datagrams it had; none when there is nothing.
    pub(super) fn receive(&mut self, mut each: impl FnMut(Datagram<'_>)) -> usize {
        let mut slices: Vec<IoSliceMut<'_>> = self
            .buffers
            .iter_mut()
            .map(|it| IoSliceMut::new(it))
            .collect();
        let reference = UdpSockRef::from(&self.socket);
        // Errors of a UDP socket are of earlier datagrams that somebody did not want.
        let Ok(count) = self.state.recv(reference, &mut slices, &mut self.metas) else {
            return 0;
        };
        let mut datagrams = 0;
        for (meta, buffer) in std::iter::zip(&self.metas, &self.buffers).take(count) {
            let ip = meta.dst_ip.unwrap_or(self.local.ip()).to_canonical();
            let source = canonical(meta.addr);
            let bytes = buffer.get(..meta.len).unwrap_or_default();
            for bytes in bytes.chunks(meta.stride.max(1)) {
                datagrams += 1;
                each(Datagram {
                    carrier: Carrier::Udp,
                    source,
                    destination: SocketAddr::new(ip, self.local.port()),
                    bytes,
                });
            }
        }
        datagrams
    }

    /// Sends as many of the first datagrams as one call to the kernel takes: those to one address
    /// and of one length, the last may be shorter. Returns how many, and whether they went out.
    pub(super) fn send(&mut self, outgoing: &[Outgoing]) -> (usize, bool) {
        let Some(first) = outgoing.first() else {
            return (0, true);
        };
        let count = self.alike(first, outgoing);
        let contents = if count == 1 {
            first.bytes.as_slice()
        } else {
            self.joined.clear();
            for it in outgoing.iter().take(count) {
                self.joined.extend_from_slice(&it.bytes);
            }
            self.joined.as_slice()
        };
        let source = first.source.ip();
        let transmit = Transmit {
            destination: self.mapped(first.destination),
            ecn: None,
            contents,
            segment_size: (count > 1).then_some(first.bytes.len()),
            src_ip: (!source.is_unspecified()).then(|| self.mapped(first.source).ip()),
        };
        let sent = self
            .state
            .try_send(UdpSockRef::from(&self.socket), &transmit);
        (count, sent.is_ok())
    }

    fn alike(&self, first: &Outgoing, outgoing: &[Outgoing]) -> usize {
        let most = self
            .state
            .max_gso_segments()
            .min(SEND_BYTES_MAX / first.bytes.len().max(1));
        let mut count = 1;
        for it in outgoing.iter().take(most).skip(1) {
            let is_same = it.destination == first.destination && it.source == first.source;
            if !is_same || it.bytes.len() > first.bytes.len() || it.bytes.is_empty() {
                break;
            }
            count += 1;
            if it.bytes.len() < first.bytes.len() {
                break;
            }
        }
        count
    }

    /// An address as this socket wants it.
    fn mapped(&self, address: SocketAddr) -> SocketAddr {
        match address.ip() {
            IpAddr::V4(ip) if self.is_v6 => (ip.to_ipv6_mapped(), address.port()).into(),
            IpAddr::V4(_) | IpAddr::V6(_) => address,
        }
    }
}

/// An address without the dress that a socket for both families gives it.
pub(super) fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}
