//! A participant that speaks to a floor.

use std::net::{SocketAddr, UdpSocket};

use crate::error::{BenchError, Doing};
use crate::histogram::Histogram;
use crate::sfu::bare::{Header, greeted, greeting};
use crate::sfu::heard::{Arrival, Heard, unrolled};
use crate::sfu::peer::publisher::Outgoing;
use crate::sfu::srtp::{Direction, HEADER_BYTES, Srtp};

/// Its state.
pub(crate) struct Bare {
    participant: usize,
    floor: SocketAddr,
    keys: Option<(Srtp, Srtp)>,
    /// Per SSRC the last sequence number.
    near: Vec<(u32, u64)>,
    /// Whether the floor knows it.
    pub(crate) greeted: bool,
}

impl Bare {
    /// Greets the floor.
    pub(crate) fn new(
        participant: usize,
        socket: &UdpSocket,
        floor: SocketAddr,
        srtp: bool,
    ) -> Result<Self, BenchError> {
        socket
            .send_to(&greeting(participant), floor)
            .doing("greet the floor")?;
        let keys = match srtp {
            true => Some((
                Srtp::of(participant, Direction::Up)?,
                Srtp::of(participant, Direction::Down)?,
            )),
            false => None,
        };
        Ok(Self {
            participant,
            floor,
            keys,
            near: Vec::new(),
            greeted: false,
        })
    }

    /// Sends a packet; a full socket loses it, as the network would.
    pub(crate) fn send(&self, socket: &UdpSocket, outgoing: &Outgoing) {
        let header = Header {
            participant: self.participant,
            layer: outgoing.layer,
            sequence: outgoing.sequence as u16,
            time: outgoing.time,
            marker: outgoing.marker,
        };
        let mut packet = [&header.bytes()[..], &outgoing.payload].concat();
        if let Some((up, _)) = &self.keys {
            up.seal(&mut packet, 0);
        }
        let _ = socket.send_to(&packet, self.floor);
    }

    /// Takes a datagram in.
    pub(crate) fn receive(
        &mut self,
        packet: &mut [u8],
        at_ns: u64,
        (heard, delays): (&mut Heard, &mut Histogram),
    ) {
        if greeted(packet).is_some() {
            self.greeted = true;
            return;
        }
        let Some(header) = Header::read(packet) else {
            return;
        };
        let mut end = packet.len();
        if let Some((_, down)) = &self.keys {
            match down.open(packet) {
                Some(payload) => end = HEADER_BYTES + payload,
                None => return,
            }
        }
        let ssrc = header.ssrc();
        let sequence = match self.near.iter_mut().find(|(known, _)| *known == ssrc) {
            Some((_, near)) => {
                *near = unrolled(*near, header.sequence);
                *near
            }
            None => {
                self.near.push((ssrc, u64::from(header.sequence)));
                u64::from(header.sequence)
            }
        };
        let arrival = Arrival {
            ssrc,
            sequence,
            payload: packet.get(HEADER_BYTES..end).unwrap_or_default(),
            at_ns,
        };
        heard.take(arrival, delays);
    }
}
