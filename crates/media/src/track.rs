//! A published track and everybody who hears or sees it.

use std::slice;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::allocate::{Rates, Want};
use crate::change::{Mid, Payload, Sending};
use crate::command::{Codec, Layers, MediaKind, Publication, Settings};
use crate::descriptor::Reader;
use crate::forward::Forwarder;
use crate::id::{RoomId, TrackId};
use crate::keyframe::Requests;
use crate::packet::{Packet, Rewritten, STREAMS_MAX, SenderClock};
use crate::payload;
use crate::peer::{Arrived, Departing, Peer};
use crate::peers::Peers;
use crate::red::Unpacker;
use crate::source::{Shape, Source};

/// A publisher hears at once that more is wanted, and after so long that less is: a tab that is
/// hidden for a moment costs no restart of an encoder.
const WANTED_LESS_AFTER: Duration = Duration::from_secs(4);

/// What a publisher sends in one section: a track may have two, the second in another codec.
#[derive(Debug)]
struct Feed {
    mid: Mid,
    format: Payload,
    source: Source,
    requests: Requests,
    readers: [Reader; STREAMS_MAX],
    unpacker: Unpacker,
}

/// The way of a feed to one subscriber.
#[derive(Debug)]
struct Way {
    /// Which feed.
    feed: usize,
    /// The payload's number there.
    number: u8,
    /// The number of redundant sound; without one it is unpacked on the way.
    red: Option<u8>,
    forwarder: Forwarder,
}

/// Somebody who wants the track.
#[derive(Debug)]
struct Subscription {
    /// The place of the peer.
    peer: usize,
    settings: Settings,
    /// Where it is sent, once that is agreed.
    sending: Option<Sending>,
    way: Option<Way>,
    is_paused: bool,
}

/// A track.
#[derive(Debug)]
pub(crate) struct Track {
    pub(crate) id: TrackId,
    pub(crate) room: RoomId,
    /// The place of who publishes it.
    pub(crate) publisher: usize,
    pub(crate) publication: Publication,
    pub(crate) muted: bool,
    pub(crate) is_flowing: bool,
    feeds: Vec<Feed>,
    subscriptions: Vec<Subscription>,
    /// What was told last, and since when less is wanted.
    wanted: Option<Option<Layers>>,
    less_since: Option<Instant>,
}

/// A packet with everything that is the same for all subscribers.
struct Ready<'a> {
    arrived: &'a Arrived,
    packet: Packet,
    feed: usize,
}

impl Track {
    pub(crate) fn new(
        id: TrackId,
        room: RoomId,
        publisher: usize,
        publication: Publication,
    ) -> Self {
        Self {
            id,
            room,
            publisher,
            publication,
            muted: false,
            is_flowing: false,
            feeds: Vec::new(),
            subscriptions: Vec::new(),
            wanted: None,
            less_since: None,
        }
    }

    pub(crate) fn is_video(&self) -> bool {
        self.publication.kind == MediaKind::Video
    }

    /// Silences it, or not.
    pub(crate) fn mute(&mut self, muted: bool) {
        self.muted = muted;
        for feed in &mut self.feeds {
            feed.source.mute(muted);
        }
    }

    /// Somebody wants it, or wants it otherwise. Returns whether it is somebody new.
    pub(crate) fn subscribe(&mut self, peer: usize, settings: Settings) -> bool {
        let known = self.subscriptions.iter_mut().find(|it| it.peer == peer);
        if let Some(known) = known {
            known.settings = settings;
            return false;
        }
        self.subscriptions.push(Subscription {
            peer,
            settings,
            sending: None,
            way: None,
            is_paused: false,
        });
        true
    }

    /// Somebody wants it no more.
    pub(crate) fn unsubscribe(&mut self, peer: usize) {
        self.subscriptions.retain(|it| it.peer != peer);
    }

    /// The places of all who want it.
    pub(crate) fn subscribers(&self) -> impl Iterator<Item = usize> {
        self.subscriptions.iter().map(|it| it.peer)
    }

    /// A section was agreed for a subscriber, or is no more.
    pub(crate) fn send_in(&mut self, peer: usize, sending: Option<Sending>, peers: &Peers) {
        let Some(subscription) = self.subscriptions.iter_mut().find(|it| it.peer == peer) else {
            return;
        };
        subscription.sending = sending;
        subscription.way = None;
        if let Some(slot) = peers.get(peer) {
            find_way(subscription, &self.feeds, &slot.peer);
        }
    }

    /// Takes a packet of the publisher and sends it on its ways.
    pub(crate) fn packet(&mut self, arrived: &Arrived, peers: &mut Peers) {
        let Some(ready) = self.ready(arrived, peers) else {
            return;
        };
        if self.muted {
            return;
        }
        let Some(feed) = self.feeds.get_mut(ready.feed) else {
            return;
        };
        let is_red = arrived.format.red;
        let unpacks = |it: &Subscription| it.way.as_ref().is_some_and(|it| it.red.is_none());
        let is_sound = feed.source.shape() == Shape::Audio;
        let plain = if is_sound && self.subscriptions.iter().any(unpacks) {
            plain(feed, &ready)
        } else {
            Vec::new()
        };
        for subscription in &mut self.subscriptions {
            let (Some(sending), Some(way)) = (&subscription.sending, &mut subscription.way) else {
                continue;
            };
            if way.feed != ready.feed {
                continue;
            }
            let (packets, number) = match way.red {
                None if is_sound => (plain.as_slice(), way.number),
                Some(red) if is_red => (slice::from_ref(&ready.packet), red),
                None | Some(_) => (slice::from_ref(&ready.packet), way.number),
            };
            let Some(slot) = peers.get_mut(subscription.peer) else {
                continue;
            };
            let mut target = Target {
                peer: &mut slot.peer,
                ssrc: sending.ssrc,
                number,
                is_touched: false,
            };
            for packet in packets {
                if target.send(feed, (&ready, packet), &mut way.forwarder) {
                    for held in feed.source.held_after(packet) {
                        target.send(feed, (&ready, &held), &mut way.forwarder);
                    }
                }
            }
            if target.is_touched {
                peers.touch(subscription.peer);
            }
        }
    }

    /// Reads what is the same for all, and lets the feed see it.
    fn ready<'a>(&mut self, arrived: &'a Arrived, peers: &Peers) -> Option<Ready<'a>> {
        let place = self.feed(arrived, peers);
        let feed = self.feeds.get_mut(place)?;
        let codec = feed.format.codec;
        let content = payload::read(codec, arrived.marker, &arrived.payload)?;
        let reader = feed.readers.get_mut(usize::from(arrived.stream))?;
        let frame = match &arrived.descriptor {
            Some(bytes) => reader.read(bytes).ok(),
            None => None,
        };
        let content = match &frame {
            Some(frame) => frame.describe(content),
            None => content,
        };
        let packet = Packet {
            stream: arrived.stream,
            sequence: arrived.sequence,
            timestamp: arrived.timestamp,
            marker: arrived.marker,
            body: Arc::clone(&arrived.payload),
            descriptor: arrived.descriptor.clone(),
            arrival: arrived.arrival,
            payload: content,
            frame,
        };
        if arrived.is_first {
            feed.source.restart(arrived.stream);
        }
        if !feed.source.observe(&packet) {
            return None;
        }
        if packet.payload.keyframe {
            feed.requests.came(arrived.stream);
        }
        Some(Ready {
            arrived,
            packet,
            feed: place,
        })
    }

    /// The feed of a packet's section. A new one, or one in a new codec, opens ways anew.
    fn feed(&mut self, arrived: &Arrived, peers: &Peers) -> usize {
        let known = self.feeds.iter().position(|it| it.mid == arrived.mid);
        if let Some(place) = known
            && let Some(feed) = self.feeds.get(place)
            && (feed.format.codec, feed.format.profile)
                == (arrived.format.codec, arrived.format.profile)
        {
            return place;
        }
        let shape = match (self.publication.kind, arrived.format.codec) {
            (MediaKind::Audio, _) => Shape::Audio,
            (MediaKind::Video, Codec::Vp9 | Codec::Av1) if !arrived.is_simulcast => Shape::Svc,
            (MediaKind::Video, _) => Shape::Simulcast,
        };
        let feed = Feed {
            mid: arrived.mid.clone(),
            format: arrived.format.clone(),
            source: Source::new(shape),
            requests: Requests::default(),
            readers: Default::default(),
            unpacker: Unpacker::default(),
        };
        let place = known.unwrap_or(self.feeds.len());
        match self.feeds.get_mut(place) {
            Some(known) => *known = feed,
            None => self.feeds.push(feed),
        }
        for subscription in &mut self.subscriptions {
            let has_other = subscription.way.as_ref().is_some_and(|it| it.feed != place);
            if let (false, Some(slot)) = (has_other, peers.get(subscription.peer)) {
                find_way(subscription, &self.feeds, &slot.peer);
            }
        }
        place
    }

    /// The publisher's clocks.
    pub(crate) fn clock(&mut self, mid: &Mid, stream: u8, clock: SenderClock) {
        if let Some(feed) = self.feeds.iter_mut().find(|it| it.mid == *mid) {
            feed.source.clock(stream, clock);
        }
    }

    /// A subscriber lost its picture.
    pub(crate) fn blind(&mut self, now: Instant, peer: usize) {
        let Some(subscription) = self.subscriptions.iter().find(|it| it.peer == peer) else {
            return;
        };
        if let Some(way) = &subscription.way
            && let (Some(stream), Some(feed)) =
                (way.forwarder.refresh(), self.feeds.get_mut(way.feed))
        {
            feed.requests.ask(stream);
            feed.source.hold(now, stream);
        }
    }

    /// Asks the publisher for the keyframes that somebody waits for.
    pub(crate) fn ask(&mut self, now: Instant, peers: &mut Peers) {
        if !self.is_video() || self.muted {
            return;
        }
        for subscription in &self.subscriptions {
            let Some(way) = &subscription.way else {
                continue;
            };
            if let Some(feed) = self.feeds.get_mut(way.feed)
                && let Some(stream) = way.forwarder.waits_for(&feed.source)
            {
                feed.requests.ask(stream);
                feed.source.hold(now, stream);
            }
        }
        for feed in &mut self.feeds {
            while let Some(stream) = feed.requests.due(now) {
                if let Some(slot) = peers.touch(self.publisher) {
                    slot.peer.request_keyframe(&feed.mid, stream);
                }
            }
        }
    }

    /// What a subscriber's share is asked of.
    pub(crate) fn want(&self, now: Instant, peer: usize) -> Option<Want> {
        let subscription = self.subscriptions.iter().find(|it| it.peer == peer)?;
        let way = subscription.way.as_ref();
        let feed = way.and_then(|it| self.feeds.get(it.feed));
        Some(Want {
            track: self.id,
            kind: self.publication.kind,
            priority: subscription.settings.priority,
            detail: self.publication.screen,
            enabled: subscription.settings.enabled && !self.muted && way.is_some(),
            most: subscription.settings.most,
            rates: feed.map_or(Rates::default(), |it| it.source.rates(now)),
        })
    }

    /// Sets what a subscriber gets. `is_paused` says that bandwidth is too short for any of it;
    /// returns whether that is new.
    pub(crate) fn aim(&mut self, peer: usize, target: Option<Layers>, is_paused: bool) -> bool {
        let Some(subscription) = self.subscriptions.iter_mut().find(|it| it.peer == peer) else {
            return false;
        };
        if let Some(way) = &mut subscription.way {
            way.forwarder.aim(target);
        }
        std::mem::replace(&mut subscription.is_paused, is_paused) != is_paused
    }

    /// The most that anybody wants, when the publisher is to be told.
    pub(crate) fn wanted(&mut self, now: Instant) -> Option<Option<Layers>> {
        let on_screen = self.subscriptions.iter().filter(|it| it.settings.enabled);
        let most = on_screen.map(|it| it.settings.most).max();
        if self.wanted == Some(most) {
            self.less_since = None;
            return None;
        }
        let is_less = self.wanted.is_some_and(|before| most < before);
        if is_less && now < *self.less_since.get_or_insert(now) + WANTED_LESS_AFTER {
            return None;
        }
        self.less_since = None;
        self.wanted = Some(most);
        Some(most)
    }
}

/// Finds the first feed that a subscriber can play.
fn find_way(subscription: &mut Subscription, feeds: &[Feed], peer: &Peer) {
    subscription.way = None;
    let Some(sending) = &subscription.sending else {
        return;
    };
    // Redundant and plain sound come in turns; who plays the one plays the other.
    let plain = |it: &Payload| Payload {
        red: false,
        ..it.clone()
    };
    let red = |it: &Payload| Payload {
        red: true,
        ..it.clone()
    };
    let playable = feeds.iter().enumerate().find_map(|(place, feed)| {
        let number = peer.number_of(&plain(&feed.format))?;
        Some((place, feed, number))
    });
    subscription.way = playable.map(|(place, feed, number)| Way {
        feed: place,
        number,
        red: peer.number_of(&red(&feed.format)),
        forwarder: Forwarder::new(
            clock_hz(feed.format.codec),
            // Anywhere in the lower half: what follows must not wrap before it is heard.
            u16::try_from(sending.ssrc & 0x7fff).unwrap_or(0),
            sending.ssrc.rotate_left(13),
        ),
    });
    if let Some(way) = &mut subscription.way {
        way.forwarder
            .aim(Some(subscription.settings.most).filter(|_| subscription.settings.enabled));
    }
}

/// The plain packets that are in one of sound: itself, or those in a redundant one.
fn plain(feed: &mut Feed, ready: &Ready<'_>) -> Vec<Packet> {
    let Ready {
        arrived, packet, ..
    } = ready;
    if !arrived.format.red {
        let is_new = feed.unpacker.pass(packet.sequence);
        return is_new.then(|| packet.clone()).into_iter().collect();
    }
    let inside = feed
        .unpacker
        .unpack(packet.sequence, packet.timestamp, &arrived.payload);
    let packets = inside.into_iter().filter_map(|plain| {
        Some(Packet {
            sequence: plain.sequence,
            timestamp: plain.timestamp,
            body: Arc::from(arrived.payload.get(plain.range)?),
            ..packet.clone()
        })
    });
    packets.collect()
}

/// Where packets of a track go for one subscriber.
struct Target<'a> {
    peer: &'a mut Peer,
    ssrc: u32,
    number: u8,
    /// Something was sent: the peer gets its turn.
    is_touched: bool,
}

impl Target<'_> {
    /// Sends what a forwarder makes of a packet. Returns whether the subscriber's stream begins
    /// with it.
    fn send(
        &mut self,
        feed: &Feed,
        (ready, packet): (&Ready<'_>, &Packet),
        forwarder: &mut Forwarder,
    ) -> bool {
        let Some(rewritten) = forwarder.forward(&feed.source, packet) else {
            return false;
        };
        self.is_touched = true;
        self.peer.write(Departing {
            ssrc: self.ssrc,
            number: self.number,
            sequence: rewritten.sequence,
            timestamp: rewritten.timestamp,
            marker: rewritten.marker,
            arrival: packet.arrival,
            is_repaired: feed.format.repair.is_some(),
            numbers: rewritten.numbers,
            descriptor: described(feed, packet, &rewritten),
            carried: &ready.arrived.carried,
            payload: if rewritten.empty {
                Arc::default()
            } else {
                Arc::clone(&packet.body)
            },
        });
        rewritten.begins
    }
}

/// The dependency descriptor for one subscriber.
fn described(feed: &Feed, packet: &Packet, rewritten: &Rewritten) -> Option<Arc<[u8]>> {
    let bytes = packet.descriptor.as_ref().filter(|_| !rewritten.empty)?;
    let number = packet.frame.as_ref().map(|frame| frame.number);
    match rewritten.descriptor {
        Some(rewrite) if rewrite.active.is_some() || Some(rewrite.number) != number => {
            let reader = feed.readers.get(usize::from(packet.stream))?;
            reader.rewrite(bytes, rewrite).map(Arc::from)
        }
        Some(_) | None => Some(Arc::clone(bytes)),
    }
}

fn clock_hz(codec: Codec) -> u32 {
    match codec {
        Codec::Opus => 48_000,
        Codec::Pcmu | Codec::Pcma => 8_000,
        Codec::Vp8 | Codec::Vp9 | Codec::H264 | Codec::Av1 => 90_000,
    }
}
