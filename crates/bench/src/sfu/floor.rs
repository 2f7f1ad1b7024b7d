//! The floors of a media server: the least that a fan-out over UDP costs on this machine.
//!
//! Bare: `recvmmsg`, then per receiver one send with segmentation offload for each run of packets
//! of one length, and one `sendmmsg` for all that stand alone. With `--srtp` each packet is
//! decrypted once and encrypted for each receiver. No ICE, no DTLS, no RTCP, no loss repair, no
//! choice of layers: of the camera only the highest is forwarded. Never a server, only a measure.

use std::collections::HashMap;
use std::io::{ErrorKind, IoSlice, IoSliceMut};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::ops::Range;

use clap::Args;
use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSocketState};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::net::addr::SocketAddrArg;
use rustix::net::{MMsgHdr, SendAncillaryBuffer, SendFlags, SocketAddrAny, sendmmsg};

use super::bare::{Header, greeted};
use super::srtp::{Direction, HEADER_BYTES, Srtp};
use super::trace::Layer;
use crate::error::{BenchError, Doing};

/// What a socket may hold while the floor is busy, in bytes.
pub(crate) const SOCKET_BYTES: usize = 4 << 20;
/// A datagram, or several of one length that the kernel gives in one piece.
const RECEIVED_BYTES_MAX: usize = 64 << 10;
/// What one send with segmentation offload may hold, in bytes and in packets.
const RUN_BYTES_MAX: usize = 60_000;
const RUN_PACKETS_MAX: usize = 60;

#[derive(Args)]
pub(crate) struct Options {
    /// Address to serve on.
    #[arg(long, default_value_t = Ipv4Addr::LOCALHOST)]
    address: Ipv4Addr,
    /// Port, for UDP; the same for TCP only says that it serves.
    #[arg(long)]
    port: u16,
    /// Decrypt once, encrypt for each receiver.
    #[arg(long)]
    srtp: bool,
}

/// Somebody who has greeted.
struct Participant {
    number: usize,
    address: SocketAddr,
    keys: Option<(Srtp, Srtp)>,
}

/// A packet of this pass that is to be forwarded, decrypted.
struct Forward {
    /// Place of the sender in `participants`.
    sender: usize,
    range: Range<usize>,
}

struct Floor {
    socket: UdpSocket,
    state: UdpSocketState,
    srtp: bool,
    participants: Vec<Participant>,
    places: HashMap<SocketAddr, usize>,
    /// Packets of this pass, one behind the other, and which they are.
    received: Vec<u8>,
    forwards: Vec<Forward>,
    /// Packets for one receiver, one behind the other, and their lengths.
    packets: Vec<u8>,
    lengths: Vec<usize>,
    alone: Alone,
}

/// Packets that cannot share a send with others of their receiver.
#[derive(Default)]
struct Alone {
    bytes: Vec<u8>,
    messages: Vec<(SocketAddrAny, Range<usize>)>,
}

/// Serves until killed.
pub(crate) fn serve(options: &Options) -> Result<(), BenchError> {
    let address = SocketAddrV4::new(options.address, options.port);
    let socket = UdpSocket::bind(address).doing("bind the floor")?;
    let state = UdpSocketState::new((&socket).into()).doing("prepare the socket")?;
    rustix::net::sockopt::set_socket_recv_buffer_size_force(&socket, SOCKET_BYTES)
        .or_else(|_| rustix::net::sockopt::set_socket_recv_buffer_size(&socket, SOCKET_BYTES))
        .doing("lengthen the queue")?;
    let _serves = std::net::TcpListener::bind(address).doing("say that it serves")?;
    let mut floor = Floor {
        socket,
        state,
        srtp: options.srtp,
        participants: Vec::new(),
        places: HashMap::new(),
        received: Vec::new(),
        forwards: Vec::new(),
        packets: Vec::new(),
        lengths: Vec::new(),
        alone: Alone::default(),
    };
    let mut buffers = vec![vec![0; RECEIVED_BYTES_MAX]; BATCH_SIZE];
    loop {
        let mut ready = [PollFd::new(&floor.socket, PollFlags::IN)];
        match poll(&mut ready, None) {
            Ok(_) | Err(Errno::INTR) => floor.pass(&mut buffers)?,
            Err(error) => return Err(error).doing("wait"),
        }
    }
}

impl Floor {
    /// One `recvmmsg` and what comes of it.
    fn pass(&mut self, buffers: &mut [Vec<u8>]) -> Result<(), BenchError> {
        let mut slices: Vec<IoSliceMut<'_>> = buffers
            .iter_mut()
            .map(|buffer| IoSliceMut::new(buffer))
            .collect();
        let mut meta = [RecvMeta::default(); BATCH_SIZE];
        let count = match self
            .state
            .recv((&self.socket).into(), &mut slices, &mut meta)
        {
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error).doing("receive"),
        };
        self.received.clear();
        self.forwards.clear();
        for (buffer, meta) in buffers.iter().zip(&meta).take(count) {
            let bytes = buffer.get(..meta.len).unwrap_or_default();
            for packet in bytes.chunks(meta.stride.max(1)) {
                self.take(packet, meta.addr)?;
            }
        }
        for receiver in 0..self.participants.len() {
            self.forward(receiver)?;
        }
        self.alone.send(&self.socket)
    }

    /// A packet from the network: a greeting, or something to forward.
    fn take(&mut self, packet: &[u8], from: SocketAddr) -> Result<(), BenchError> {
        if let Some(number) = greeted(packet) {
            return self.greet(number, packet, from);
        }
        let Some(&sender) = self.places.get(&from) else {
            return Ok(());
        };
        let start = self.received.len();
        self.received.extend_from_slice(packet);
        // Everything is decrypted, as a server must, also what nobody gets.
        let keys = self
            .participants
            .get(sender)
            .and_then(|one| one.keys.as_ref());
        let mut length = packet.len();
        if let Some((up, _)) = keys {
            let copy = self.received.get_mut(start..).unwrap_or_default();
            length = up.open(copy).map_or(0, |payload| HEADER_BYTES + payload);
        }
        let range = start..start + length;
        let layer = Header::read(packet).map(|header| header.layer);
        if matches!(layer, Some(Layer::Sound | Layer::Full)) && length > 0 {
            self.forwards.push(Forward { sender, range });
        }
        Ok(())
    }

    fn greet(
        &mut self,
        number: usize,
        packet: &[u8],
        address: SocketAddr,
    ) -> Result<(), BenchError> {
        if !self.places.contains_key(&address) {
            let keys = match self.srtp {
                true => Some((
                    Srtp::of(number, Direction::Up)?,
                    Srtp::of(number, Direction::Down)?,
                )),
                false => None,
            };
            self.places.insert(address, self.participants.len());
            self.participants.push(Participant {
                number,
                address,
                keys,
            });
        }
        self.socket.send_to(packet, address).doing("greet")?;
        Ok(())
    }

    /// Sends one receiver what the others sent in this pass.
    fn forward(&mut self, receiver: usize) -> Result<(), BenchError> {
        let Some(to) = self.participants.get(receiver) else {
            return Ok(());
        };
        self.packets.clear();
        self.lengths.clear();
        for forward in &self.forwards {
            if forward.sender == receiver {
                continue;
            }
            let start = self.packets.len();
            let packet = self.received.get(forward.range.clone()).unwrap_or_default();
            self.packets.extend_from_slice(packet);
            if let Some((_, down)) = &to.keys {
                let sealed = down.seal(&mut self.packets, start);
                sealed.ok_or_else(|| {
                    BenchError::Protocol(format!("a packet for {} is too short", to.number))
                })?;
            }
            self.lengths.push(self.packets.len() - start);
        }
        let mut start = 0;
        for run in runs(&self.lengths) {
            let bytes = run.iter().sum::<usize>();
            let contents = self.packets.get(start..start + bytes).unwrap_or_default();
            start += bytes;
            if run.len() == 1 {
                self.alone.push(to.address, contents);
                continue;
            }
            let transmit = Transmit {
                destination: to.address,
                ecn: None,
                contents,
                segment_size: run.first().copied(),
                src_ip: None,
            };
            match self.state.try_send((&self.socket).into(), &transmit) {
                Err(error) if error.kind() != ErrorKind::WouldBlock => {
                    return Err(error).doing("send a run");
                }
                // A full socket drops, as the network would; the load counts it.
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }
}

/// Parts the lengths into runs that segmentation offload can send: all of one length, but for the
/// last of a run, which may be shorter.
fn runs(lengths: &[usize]) -> impl Iterator<Item = &[usize]> {
    let mut rest = lengths;
    std::iter::from_fn(move || {
        let first = *rest.first()?;
        let most = RUN_PACKETS_MAX.min(RUN_BYTES_MAX / first.max(1)).max(1);
        let same = rest
            .iter()
            .take(most)
            .take_while(|length| **length == first)
            .count();
        let shorter = same < most && rest.get(same).is_some_and(|length| *length < first);
        let (run, after) = rest.split_at_checked(same + usize::from(shorter))?;
        rest = after;
        Some(run)
    })
}

impl Alone {
    fn push(&mut self, to: SocketAddr, packet: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(packet);
        self.messages.push((to.as_any(), start..self.bytes.len()));
    }

    /// Sends them all with as few calls as can be.
    fn send(&mut self, socket: &UdpSocket) -> Result<(), BenchError> {
        let bytes = &self.bytes;
        let slice =
            |range: &Range<usize>| [IoSlice::new(bytes.get(range.clone()).unwrap_or_default())];
        let slices: Vec<[IoSlice<'_>; 1]> = self
            .messages
            .iter()
            .map(|(_, range)| slice(range))
            .collect();
        let mut controls: Vec<SendAncillaryBuffer<'_, '_, '_>> = Vec::new();
        controls.resize_with(slices.len(), SendAncillaryBuffer::default);
        let parts = self.messages.iter().zip(&slices).zip(&mut controls);
        let mut messages: Vec<MMsgHdr<'_>> = parts
            .map(|(((to, _), slice), control)| MMsgHdr::new_with_addr(to, slice, control))
            .collect();
        let mut rest = messages.as_mut_slice();
        while !rest.is_empty() {
            match sendmmsg(socket, rest, SendFlags::DONTWAIT) {
                Ok(count) => rest = rest.get_mut(count..).unwrap_or_default(),
                // A full socket drops, as the network would; the load counts it.
                Err(Errno::AGAIN) => break,
                Err(Errno::INTR) => {}
                Err(error) => return Err(error).doing("send packets"),
            }
        }
        drop(messages);
        self.messages.clear();
        self.bytes.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_holds_one_length_and_ends_with_a_shorter_one() {
        let parted: Vec<&[usize]> = runs(&[9, 9, 9, 5, 5, 7, 9]).collect();
        assert_eq!(parted, [&[9, 9, 9, 5][..], &[5], &[7], &[9]]);
        assert_eq!(runs(&[]).count(), 0);
    }

    #[test]
    fn a_run_is_never_longer_than_the_kernel_takes() {
        let lengths = [1_200; 200];
        assert!(runs(&lengths).all(|run| run.iter().sum::<usize>() <= RUN_BYTES_MAX));
        assert_eq!(runs(&lengths).map(<[usize]>::len).sum::<usize>(), 200);
        assert!(runs(&[10; 200]).all(|run| run.len() <= RUN_PACKETS_MAX));
    }
}
