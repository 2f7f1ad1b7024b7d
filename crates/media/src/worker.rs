//! One thread's share of all calls: whole rooms with their peers and tracks.
//!
//! Pure: its caller brings packets, commands and the time, and carries away packets and events.
//! Nothing of it is shared; a room lives and dies in one worker.

use core::net::SocketAddr;
use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use base::limits::{CALL_CONNECT_MS_MAX, CALL_PUBLISHED_MAX, CALL_SILENT_MS_MAX};

use crate::change::{Change, Sending};
use crate::command::{Command, Data, MediaKind, Publication, Settings};
use crate::demux::{Demux, Path};
use crate::event::Event;
use crate::id::{PeerId, RoomId, TrackId};
use crate::peer::{Arrived, Certificate, Peer, Polled, Route, hmac_sha1};
use crate::peers::Peers;
use crate::room::Room;
use crate::stun::{Request, is_stun};
use crate::subscriber::allocate;
use crate::track::Track;

/// How often bandwidth is shared out, speakers are told and the silent are looked for.
const ROUND: Duration = Duration::from_millis(100);
/// Nothing wants its turn sooner than after this.
const REST: Duration = Duration::from_millis(1);

/// What a worker needs to know from the start.
#[derive(Debug, Clone)]
pub struct Config {
    /// Which worker this is.
    pub worker: u8,
    /// The certificate of all connections of the process.
    pub certificate: Certificate,
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
#[derive(Debug, Clone, PartialEq, Eq)]
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

/// How much is going on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Census {
    /// Calls.
    pub rooms: u64,
    /// Peer connections.
    pub peers: u64,
    /// Published tracks.
    pub tracks: u64,
    /// Peers that were lost so far: silent, or broken by what they sent.
    pub lost: u64,
}

/// Some rooms and everything in them.
#[derive(Debug)]
pub struct Worker {
    config: Config,
    rooms: HashMap<RoomId, Room>,
    tracks: HashMap<TrackId, Track>,
    peers: Peers,
    demux: Demux,
    outgoing: VecDeque<Outgoing>,
    events: VecDeque<Event>,
    lost: u64,
    /// When the next round is due.
    round: Instant,
}

impl Worker {
    /// Nobody is here yet.
    #[must_use]
    pub fn new(now: Instant, config: Config) -> Self {
        Self {
            config,
            rooms: HashMap::new(),
            tracks: HashMap::new(),
            peers: Peers::default(),
            demux: Demux::default(),
            outgoing: VecDeque::new(),
            events: VecDeque::new(),
            lost: 0,
            round: now,
        }
    }

    /// Does what it is told.
    pub fn command(&mut self, now: Instant, command: Command) {
        match command {
            Command::OpenRoom(room) => {
                self.rooms.entry(room).or_default();
            }
            Command::CloseRoom(room) => {
                let peers = self.rooms.get(&room).map(|it| it.peers.clone());
                for peer in peers.unwrap_or_default() {
                    self.close_peer(now, peer);
                }
                self.rooms.remove(&room);
            }
            Command::Open { room, peer } => self.open(now, room, peer),
            Command::Close(peer) => {
                if let Some(place) = self.peers.place(peer) {
                    self.close_peer(now, place);
                }
            }
            Command::Change { peer, changes } => {
                for change in changes {
                    self.change(now, peer, change);
                }
            }
            Command::Publish {
                peer,
                track,
                publication,
            } => self.publish(peer, track, publication),
            Command::Unpublish(track) => self.unpublish(track),
            Command::Mute { track, muted } => self.mute(track, muted),
            Command::Subscribe {
                peer,
                track,
                settings,
            } => self.subscribe(now, (peer, track), settings),
            Command::Unsubscribe { peer, track } => self.unsubscribe(peer, track),
            Command::Send(data) => self.send(&data),
        }
    }

    fn open(&mut self, now: Instant, id: RoomId, peer: PeerId) {
        let Some(room) = self.rooms.get_mut(&id) else {
            return;
        };
        if let Some(place) = self.peers.insert(now, Peer::new(now, peer, id)) {
            room.peers.insert(place);
        }
    }

    /// Ends a peer, with a farewell where the path allows it.
    fn close_peer(&mut self, now: Instant, place: usize) {
        if let Some(slot) = self.peers.get_mut(place) {
            slot.peer.close();
            slot.peer.tick(now);
        }
        self.farewell(place);
        self.remove(place);
    }

    /// Sends what a peer still has to send, and listens to nothing.
    fn farewell(&mut self, place: usize) {
        while let Some(slot) = self.peers.get_mut(place) {
            match slot.peer.poll() {
                Polled::Transmit {
                    carrier,
                    destination,
                    bytes,
                } => self.transmit(carrier, destination, bytes),
                Polled::Idle(_) => return,
                Polled::Packet(_)
                | Polled::Clock(..)
                | Polled::Blind(_)
                | Polled::Estimate(_)
                | Polled::Connected
                | Polled::DataOpen
                | Polled::Data(..)
                | Polled::Statistics(_)
                | Polled::Nothing => {}
            }
        }
    }

    /// Ends everything, with farewells that [`Self::poll_transmit`] gives.
    pub fn close(&mut self, now: Instant) {
        let rooms: Vec<RoomId> = self.rooms.keys().copied().collect();
        for room in rooms {
            self.command(now, Command::CloseRoom(room));
        }
    }

    fn remove(&mut self, place: usize) {
        let Some(slot) = self.peers.remove(place) else {
            return;
        };
        self.demux.forget(place);
        for track in &slot.subscriber.tracks {
            if let Some(track) = self.tracks.get_mut(track) {
                track.unsubscribe(place);
            }
        }
        let Some(room) = self.rooms.get_mut(&slot.peer.room) else {
            return;
        };
        room.peers.remove(&place);
        let published = room.tracks.iter().copied();
        let published: Vec<TrackId> = published
            .filter(|it| self.tracks.get(it).is_some_and(|it| it.publisher == place))
            .collect();
        for track in published {
            self.unpublish(track);
        }
    }

    fn change(&mut self, now: Instant, peer: PeerId, change: Change) {
        let Some(place) = self.peers.place(peer) else {
            return;
        };
        let Some(slot) = self.peers.touch(place) else {
            return;
        };
        let sends = match &change {
            Change::Send(sending) => Some((sending.track, Some(sending.clone()))),
            Change::StopSending(mid) => {
                let mut sections = slot.sections.iter();
                let found = sections.find(|(_, it)| it.mid == *mid);
                found.map(|(track, _)| (*track, None))
            }
            Change::Begin(_)
            | Change::RestartIce { .. }
            | Change::Answered(_)
            | Change::Receive(_)
            | Change::StopReceiving(_)
            | Change::OpenData { .. }
            | Change::Learn(_) => None,
        };
        slot.peer.change(now, change, &self.config.certificate);
        if let Some((track, sending)) = sends {
            self.send_in(now, place, (track, sending));
        }
    }

    /// A section for a track was agreed with a peer, or is no more.
    fn send_in(&mut self, now: Instant, place: usize, (id, sending): (TrackId, Option<Sending>)) {
        let Some(slot) = self.peers.get_mut(place) else {
            return;
        };
        match &sending {
            Some(sending) => slot.sections.insert(id, sending.clone()),
            None => slot.sections.remove(&id),
        };
        if let Some(track) = self.tracks.get_mut(&id) {
            track.send_in(place, sending, &self.peers);
        }
        self.share(now, place);
        if let Some(track) = self.tracks.get_mut(&id) {
            track.ask(now, &mut self.peers);
        }
    }

    fn publish(&mut self, peer: PeerId, id: TrackId, publication: Publication) {
        let Some(place) = self.peers.place(peer) else {
            return;
        };
        let Some(slot) = self.peers.get(place) else {
            return;
        };
        let room = slot.peer.room;
        let of_peer = self.tracks.values().filter(|it| it.publisher == place);
        if of_peer.count() >= CALL_PUBLISHED_MAX || self.tracks.contains_key(&id) {
            return;
        }
        if let Some(room) = self.rooms.get_mut(&room) {
            room.tracks.insert(id);
        }
        self.tracks
            .insert(id, Track::new(id, room, place, publication));
    }

    fn unpublish(&mut self, id: TrackId) {
        let Some(track) = self.tracks.remove(&id) else {
            return;
        };
        for place in track.subscribers() {
            if let Some(slot) = self.peers.get_mut(place) {
                slot.subscriber.tracks.retain(|it| *it != id);
            }
        }
        if let Some(room) = self.rooms.get_mut(&track.room) {
            room.tracks.remove(&id);
            room.speakers.remove(id);
        }
    }

    fn mute(&mut self, id: TrackId, muted: bool) {
        let Some(track) = self.tracks.get_mut(&id) else {
            return;
        };
        track.mute(muted);
        if let Some(room) = self.rooms.get_mut(&track.room)
            && muted
        {
            room.speakers.remove(id);
        }
    }

    fn subscribe(&mut self, now: Instant, (peer, id): (PeerId, TrackId), settings: Settings) {
        let (Some(place), Some(track)) = (self.peers.place(peer), self.tracks.get_mut(&id)) else {
            return;
        };
        let is_new = track.subscribe(place, settings);
        let Some(slot) = self.peers.get_mut(place) else {
            return;
        };
        if is_new {
            slot.subscriber.tracks.push(id);
            let sending = slot.sections.get(&id).cloned();
            track.send_in(place, sending, &self.peers);
        }
        self.share(now, place);
        if let Some(track) = self.tracks.get_mut(&id) {
            track.ask(now, &mut self.peers);
        }
    }

    fn unsubscribe(&mut self, peer: PeerId, id: TrackId) {
        let Some(place) = self.peers.place(peer) else {
            return;
        };
        if let Some(slot) = self.peers.get_mut(place) {
            slot.subscriber.tracks.retain(|it| *it != id);
        }
        if let Some(track) = self.tracks.get_mut(&id) {
            track.unsubscribe(place);
        }
    }

    fn send(&mut self, data: &Data) {
        for peer in &data.to {
            let place = self.peers.place(*peer);
            if let Some(slot) = place.and_then(|it| self.peers.touch(it)) {
                slot.peer.send_data(data.lane, &data.bytes);
            }
        }
    }

    /// Takes what came in at `now`. Nothing that anybody can send makes it panic or grow without
    /// bound.
    pub fn datagram(&mut self, now: Instant, datagram: Datagram<'_>) -> Heard {
        let remote = (datagram.carrier, datagram.source);
        let known = self.demux.find(remote);
        let found = if is_stun(datagram.bytes) {
            // A browser may use one address for one connection after another.
            self.addressee(&datagram)
        } else {
            known.map(|it| it.peer)
        };
        let Some(place) = found else {
            return Heard::Dropped;
        };
        let path = Path {
            peer: place,
            local: datagram.destination,
        };
        let is_new = known != Some(path) && self.demux.learn(remote, path);
        if let Some(slot) = self.peers.get_mut(place) {
            let route = Route {
                carrier: datagram.carrier,
                remote: datagram.source,
            };
            slot.peer.datagram(now, route, datagram.bytes);
        }
        self.drain(now, place);
        if is_new { Heard::Learned } else { Heard::Known }
    }

    /// The place of the peer that a STUN request is for, when its sender knows the password.
    fn addressee(&self, datagram: &Datagram<'_>) -> Option<usize> {
        let request = Request::read(datagram.bytes)?;
        let (worker, peer) = request.addressee()?;
        let place = self.peers.place(peer)?;
        let password = self.peers.get(place)?.peer.password(request.fragment())?;
        let is_proved = worker == self.config.worker && request.is_made_with(password, hmac_sha1);
        is_proved.then_some(place)
    }

    /// Lets time pass, after commands and datagrams too. Returns when it wants to be called again
    /// at the latest.
    pub fn tick(&mut self, now: Instant) -> Instant {
        if now >= self.round {
            self.go_round(now);
            self.round = now + ROUND;
        }
        self.peers.wake(now);
        while let Some(place) = self.peers.next_dirty() {
            if let Some(slot) = self.peers.get_mut(place) {
                slot.peer.tick(now);
            }
            self.drain(now, place);
        }
        if self.peers.is_empty() {
            return now + ROUND * 10;
        }
        let next = self.peers.next().unwrap_or(self.round).min(self.round);
        next.max(now + REST)
    }

    /// Does what is due every so often.
    fn go_round(&mut self, now: Instant) {
        for place in self.peers.all() {
            self.look_after(now, place);
        }
        for track in self.tracks.values_mut() {
            track.ask(now, &mut self.peers);
            if let Some(most) = track.wanted(now)
                && track.is_video()
            {
                self.events.push_back(Event::Wanted {
                    track: track.id,
                    most,
                });
            }
        }
        for (id, room) in &mut self.rooms {
            self.events.extend(room.tick(now, *id));
        }
    }

    fn look_after(&mut self, now: Instant, place: usize) {
        let Some(slot) = self.peers.get_mut(place) else {
            return;
        };
        let is_late = |since: Instant, ms| now > since + Duration::from_millis(ms);
        let is_over = if slot.peer.is_connected {
            is_late(slot.peer.heard, CALL_SILENT_MS_MAX)
        } else {
            is_late(slot.since, CALL_CONNECT_MS_MAX)
        };
        if is_over || slot.peer.is_broken() {
            self.lose(place);
            return;
        }
        if let Some((quality, score)) = slot.subscriber.judge(now, slot.peer.heard) {
            self.events.push_back(Event::Quality {
                peer: slot.peer.id,
                quality,
                score,
            });
        }
        self.share(now, place);
    }

    /// A peer is over, whether it wanted to be or not.
    fn lose(&mut self, place: usize) {
        if let Some(slot) = self.peers.get(place) {
            self.events.push_back(Event::Disconnected(slot.peer.id));
            self.lost += 1;
        }
        self.remove(place);
    }

    fn share(&mut self, now: Instant, place: usize) {
        allocate(
            now,
            place,
            &mut self.peers,
            &mut self.tracks,
            &mut self.events,
        );
    }

    /// Takes everything that a peer has to say.
    fn drain(&mut self, now: Instant, place: usize) {
        while let Some(slot) = self.peers.get_mut(place) {
            let id = slot.peer.id;
            match slot.peer.poll() {
                Polled::Transmit {
                    carrier,
                    destination,
                    bytes,
                } => self.transmit(carrier, destination, bytes),
                Polled::Packet(packet) => self.packet(now, &packet),
                Polled::Clock(track, mid, stream, clock) => {
                    if let Some(track) = self.tracks.get_mut(&track) {
                        track.clock(&mid, stream, clock);
                    }
                }
                Polled::Blind(track) => {
                    if let Some(track) = self.tracks.get_mut(&track) {
                        track.blind(now, place);
                        track.ask(now, &mut self.peers);
                    }
                }
                Polled::Estimate(estimate) => slot.subscriber.estimate = Some(estimate),
                Polled::Connected => self.events.push_back(Event::Connected(id)),
                Polled::DataOpen => self.events.push_back(Event::DataOpen(id)),
                Polled::Data(lane, bytes) => self.events.push_back(Event::Data {
                    peer: id,
                    lane,
                    bytes,
                }),
                Polled::Statistics(statistics) => slot.subscriber.count(statistics),
                Polled::Nothing => {}
                Polled::Idle(_) if slot.peer.is_broken() => return self.lose(place),
                Polled::Idle(at) => {
                    self.peers.sleep(place, at.max(now + REST));
                    return;
                }
            }
        }
    }

    fn packet(&mut self, now: Instant, arrived: &Arrived) {
        let Some(track) = self.tracks.get_mut(&arrived.track) else {
            return;
        };
        if !std::mem::replace(&mut track.is_flowing, true) {
            self.events.push_back(Event::Flowing(track.id));
        }
        if let (Some(level), false) = (arrived.level, track.muted)
            && track.publication.kind == MediaKind::Audio
            && let Some(room) = self.rooms.get_mut(&track.room)
        {
            room.speakers.observe(now, track.id, level);
        }
        track.packet(arrived, &mut self.peers);
    }

    fn transmit(&mut self, carrier: Carrier, destination: SocketAddr, bytes: Vec<u8>) {
        // What has no path any more is not sent.
        if let Some(path) = self.demux.find((carrier, destination)) {
            self.outgoing.push_back(Outgoing {
                carrier,
                source: path.local,
                destination,
                bytes,
            });
        }
    }

    /// How much is going on.
    #[must_use]
    pub fn census(&self) -> Census {
        Census {
            rooms: self.rooms.len() as u64,
            peers: self.peers.len() as u64,
            tracks: self.tracks.len() as u64,
            lost: self.lost,
        }
    }

    /// Takes what is to be sent; call it until there is nothing after each [`Self::tick`].
    pub fn poll_transmit(&mut self) -> Option<Outgoing> {
        self.outgoing.pop_front()
    }

    /// Takes what is to be told; call it until there is nothing after each [`Self::tick`].
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }
}
