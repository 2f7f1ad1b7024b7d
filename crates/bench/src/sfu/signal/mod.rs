//! How a call is set up with each kind of server, until everybody hears everybody.

mod janus;
mod livekit;
mod token;

pub(crate) use token::{KEY, SECRET};

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::{Duration, Instant};

use super::peer::bare::Bare;
use super::peer::publisher::Publisher;
use super::peer::{Peer, Speech, socket};
use super::shape::Shape;
use super::swarm::Swarm;
use crate::error::BenchError;

/// Everything that takes longer ends the run.
const PATIENCE: Duration = Duration::from_secs(40);
/// The links of the participants are looked at this often.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What a server is spoken to in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signalling {
    /// Greetings; with or without encryption.
    Floor {
        /// Whether packets are encrypted.
        srtp: bool,
    },
    /// LiveKit's, with one connection per participant.
    LiveKit,
    /// The HTTP interface of Janus and its VideoRoom.
    Janus,
}

/// Where a server is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// Of the signalling, on 127.0.0.1; a floor has it on `media`.
    pub(crate) port: u16,
    /// The address that media go to, and that peers bind to.
    pub(crate) media: Ipv4Addr,
}

/// A call that goes on.
pub(crate) struct Call {
    /// Everybody's ends.
    pub(crate) swarm: Swarm,
    links: Vec<(usize, livekit::Link)>,
}

impl Call {
    /// Joins everybody, and returns when all hear and see all that they should.
    pub(crate) fn set_up(
        signalling: Signalling,
        place: Place,
        shape: &Shape,
    ) -> Result<Self, BenchError> {
        let mut call = Self {
            swarm: Swarm::new()?,
            links: Vec::new(),
        };
        match signalling {
            Signalling::Floor { srtp } => call.join_floor(place, shape, srtp)?,
            Signalling::LiveKit => call.join_livekit(place, shape)?,
            Signalling::Janus => janus::join(&mut call, place, shape)?,
        }
        call.wait("everybody to hear everybody", |call| call.all_hear(shape))?;
        Ok(call)
    }

    /// Sends and receives for so long.
    pub(crate) fn run(&mut self, time: Duration) -> Result<(), BenchError> {
        let until = Instant::now() + time;
        while Instant::now() < until {
            self.swarm.run(until.min(Instant::now() + LOOK_EVERY))?;
            for (place, link) in &mut self.links {
                if let Speech::Rtc(connection) = &mut self.swarm.peer(*place)?.speech {
                    let changed = link.look(connection)?;
                    if changed {
                        self.swarm.settle(*place)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn wait(&mut self, what: &str, done: impl Fn(&Self) -> bool) -> Result<(), BenchError> {
        let deadline = Instant::now() + PATIENCE;
        while !done(self) {
            if Instant::now() > deadline {
                let state = self.state();
                return Err(BenchError::Protocol(format!("waited for {what}: {state}")));
            }
            self.run(LOOK_EVERY)?;
        }
        Ok(())
    }

    /// What everybody has got so far, for an error.
    fn state(&self) -> String {
        let of = |peer: &Peer| {
            let (heard, seen) = peer.heard.sources();
            let (number, connected) = (peer.participant, peer.is_connected());
            format!("{number} connected {connected} hears {heard} sees {seen}")
        };
        let states: Vec<String> = self.swarm.peers().iter().take(12).map(of).collect();
        states.join(", ")
    }

    fn all_hear(&self, shape: &Shape) -> bool {
        // A participant may have more than one peer: one to send and one to receive.
        (0..shape.participants()).all(|participant| {
            let wanted = shape.heard_by(participant);
            let mine = self.swarm.peers().iter();
            let mut mine = mine.filter(|peer| peer.participant == participant);
            mine.any(|peer| {
                let (heard, seen) = peer.heard.sources();
                heard >= wanted && (!shape.video || seen >= wanted)
            })
        })
    }

    /// Waits for the peers from `first` on to be connected.
    fn wait_connected(&mut self, first: usize) -> Result<(), BenchError> {
        self.wait("connections", |call| {
            call.swarm
                .peers()
                .iter()
                .skip(first)
                .all(Peer::is_connected)
        })
    }

    /// Has the peer at that place send.
    fn publish(&mut self, place: usize, shape: &Shape) -> Result<(), BenchError> {
        let peer = self.swarm.peer(place)?;
        let now = Instant::now();
        peer.publisher = Some(Publisher::new(peer.participant, shape.video, now));
        Ok(())
    }

    fn join_floor(&mut self, place: Place, shape: &Shape, srtp: bool) -> Result<(), BenchError> {
        let floor = SocketAddr::V4(SocketAddrV4::new(place.media, place.port));
        for participant in 0..shape.participants() {
            let (socket, _local) = socket(place.media)?;
            let bare = Bare::new(participant, &socket, floor, srtp)?;
            let peer = Peer::new(socket, participant, Speech::Bare(bare));
            self.swarm.add(peer)?;
        }
        self.wait_connected(0)?;
        for participant in 0..shape.publishers {
            self.publish(participant, shape)?;
        }
        Ok(())
    }

    fn join_livekit(&mut self, place: Place, shape: &Shape) -> Result<(), BenchError> {
        for participant in 0..shape.participants() {
            let (socket, local) = socket(place.media)?;
            let connection = super::peer::rtc::Connection::new(local, Instant::now())?;
            let speech = Speech::Rtc(Box::new(connection));
            let at = self.swarm.add(Peer::new(socket, participant, speech))?;
            let link = livekit::Link::join(place.port, shape, participant)?;
            self.links.push((at, link));
            self.run(Duration::from_millis(5))?;
        }
        self.wait_connected(0)?;
        for participant in 0..shape.publishers {
            self.publish(participant, shape)?;
        }
        Ok(())
    }
}
