//! Whole calls: clients made of the same library that real ones could be made of, a worker, and a
//! network between them that loses what a test tells it to.

mod client;
mod joining;
mod layers;
mod trouble;
mod two_connections;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use media::{
    Answer, Assigned, Assignment, Candidate, Carrier, Certificate, Change, Codec, Command, Config,
    Datagram, Event, Layers, Local, MediaKind, Negotiation, PeerId, Publication, Published, Role,
    RoomId, Settings, TrackId, Worker,
};
use str0m::net::Protocol;

use client::Client;

pub(crate) const ROOM: RoomId = RoomId(1);
const STEP: Duration = Duration::from_millis(2);

/// Whether a datagram is lost: when, in which direction, and what it is.
pub(crate) type Fate = Box<dyn FnMut(Instant, Way, &[u8]) -> bool>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    ToServer(usize),
    ToClient(usize),
}

/// Everything.
pub(crate) struct World {
    pub(crate) now: Instant,
    pub(crate) worker: Worker,
    pub(crate) clients: Vec<Client>,
    pub(crate) events: Vec<Event>,
    /// Whether a datagram is lost.
    pub(crate) loses: Fate,
    certificate: Certificate,
    random: u8,
}

pub(crate) fn server() -> SocketAddr {
    SocketAddr::from(([10, 0, 0, 1], 7881))
}

impl World {
    pub(crate) fn new() -> Self {
        str0m::crypto::from_feature_flags().install_process_default();
        let now = Instant::now();
        let certificate = Certificate::generate().unwrap();
        let config = Config {
            worker: 3,
            certificate: certificate.clone(),
        };
        let mut worker = Worker::new(now, config);
        worker.command(now, Command::OpenRoom(ROOM));
        Self {
            now,
            worker,
            clients: Vec::new(),
            events: Vec::new(),
            loses: Box::new(|_, _, _| false),
            certificate,
            random: 0,
        }
    }

    pub(crate) fn local(&mut self, peer: PeerId) -> Local {
        self.random += 1;
        let candidate = Candidate {
            address: server(),
            tcp: false,
        };
        let random = [self.random; 36];
        Local::new(
            (3, peer),
            self.certificate.fingerprint(),
            vec![candidate],
            random,
        )
    }

    pub(crate) fn tell(&mut self, command: Command) {
        self.worker.command(self.now, command);
    }

    /// A client opens a connection, without an offer yet.
    pub(crate) fn open(&mut self, role: Role) -> usize {
        let place = self.clients.len();
        let peer = PeerId(100 + place as u64);
        let local = self.local(peer);
        let negotiation = Negotiation::new(local, role);
        self.clients
            .push(Client::new(self.now, place, peer, negotiation));
        self.tell(Command::Open { room: ROOM, peer });
        place
    }

    pub(crate) fn changes(&mut self, client: usize, changes: Vec<Change>) {
        let peer = self.clients[client].peer;
        self.tell(Command::Change { peer, changes });
    }

    /// The client's pending changes go through an offer and an answer. `before` acts between the
    /// two.
    pub(crate) fn negotiate(
        &mut self,
        client: usize,
        before: impl FnOnce(&mut Negotiation, &media::Offered),
    ) -> Answer {
        let it = &mut self.clients[client];
        let (offer, pending) = it.offer();
        let offered = it.negotiation.offered(&offer).unwrap();
        before(&mut it.negotiation, &offered);
        let answer = it.negotiation.answer().unwrap();
        it.accept(pending, &answer.text);
        self.changes(client, answer.changes.clone());
        answer
    }

    pub(crate) fn publish(&mut self, client: usize, track: TrackId, kind: MediaKind) {
        let peer = self.clients[client].peer;
        self.tell(Command::Publish {
            peer,
            track,
            publication: Publication {
                kind,
                screen: false,
                width: 1280,
                height: 720,
                encrypted: false,
            },
        });
    }

    pub(crate) fn subscribe(&mut self, client: usize, track: TrackId, codec: Codec) -> Assigned {
        let peer = self.clients[client].peer;
        self.tell(Command::Subscribe {
            peer,
            track,
            settings: all(),
        });
        let assignment = assignment(track, codec);
        self.clients[client].negotiation.assign(track, assignment)
    }

    /// Lets time pass, in small steps.
    pub(crate) fn run(&mut self, duration: Duration) {
        let end = self.now + duration;
        while self.now < end {
            self.now += STEP;
            self.step();
        }
    }

    /// Lets time pass until something holds; not longer than half a minute.
    pub(crate) fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let end = self.now + Duration::from_secs(30);
        while !holds(self) {
            assert!(self.now < end, "never: {what}");
            self.now += STEP;
            self.step();
        }
    }

    fn step(&mut self) {
        for client in &mut self.clients {
            client.tick(self.now);
        }
        let by_address: HashMap<SocketAddr, usize> = self
            .clients
            .iter()
            .map(|it| (it.address, it.place))
            .collect();
        loop {
            let mut is_quiet = true;
            for place in 0..self.clients.len() {
                while let Some(transmit) = self.clients[place].sent.pop_front() {
                    is_quiet = false;
                    if (self.loses)(self.now, Way::ToServer(place), &transmit.contents) {
                        continue;
                    }
                    let datagram = Datagram {
                        carrier: if transmit.proto == Protocol::Udp {
                            Carrier::Udp
                        } else {
                            Carrier::Tcp
                        },
                        source: transmit.source,
                        destination: transmit.destination,
                        bytes: &transmit.contents,
                    };
                    self.worker.datagram(self.now, datagram);
                }
            }
            self.worker.tick(self.now);
            while let Some(outgoing) = self.worker.poll_transmit() {
                is_quiet = false;
                // What goes to an address that a client has left is lost.
                let Some(place) = by_address.get(&outgoing.destination).copied() else {
                    continue;
                };
                if !(self.loses)(self.now, Way::ToClient(place), &outgoing.bytes) {
                    self.clients[place].receive(self.now, &outgoing);
                }
            }
            while let Some(event) = self.worker.poll_event() {
                self.events.push(event);
            }
            if is_quiet {
                return;
            }
        }
    }

    pub(crate) fn has(&self, wanted: impl Fn(&Event) -> bool) -> bool {
        self.events.iter().any(wanted)
    }
}

pub(crate) fn all() -> Settings {
    Settings {
        enabled: true,
        most: Layers {
            spatial: 2,
            temporal: 3,
        },
        priority: 1,
    }
}

pub(crate) fn assignment(track: TrackId, codec: Codec) -> Assignment {
    let kind = match codec {
        Codec::Opus | Codec::Pcmu | Codec::Pcma => MediaKind::Audio,
        Codec::Vp8 | Codec::Vp9 | Codec::H264 | Codec::Av1 => MediaKind::Video,
    };
    Assignment {
        stream: format!("PA_x|TR_{}", track.0),
        id: format!("TR_{}", track.0),
        kind,
        codec,
    }
}

pub(crate) fn published(track: TrackId) -> Published {
    Published { track, dtx: true }
}
