//! One section of a connection: what the client said of it, what it carries, and what of that the
//! worker has been told.

use super::codecs::{self, kind_of};
use super::sdp::{Media, Topic};
use super::{Assignment, Published, Section};
use crate::change::{Change, Extension, Mid, Payload, Receiving, Sending};
use crate::command::{Codec, MediaKind};
use crate::id::TrackId;

/// A track on its way to the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Carried {
    pub(super) track: TrackId,
    pub(super) assignment: Assignment,
    pub(super) ssrc: u32,
    pub(super) repair: Option<u32>,
}

/// What became of our own offers in a section.
#[derive(Debug, Clone, Copy, Default)]
struct Terms {
    offered: Option<TrackId>,
    agreed: Option<TrackId>,
}

/// A section.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) mid: Mid,
    pub(super) topic: Topic,
    /// What the client said last; nothing before its first answer to our offer.
    pub(super) client: Option<Media>,
    /// The numbers that hold here, the client's favourite first.
    pub(super) payloads: Vec<Payload>,
    pub(super) extensions: Vec<(u8, Extension)>,
    pub(super) published: Option<Published>,
    pub(super) carried: Option<Carried>,
    /// We offer here: the track that our last offer carried here, and the one the client agreed to.
    terms: Option<Terms>,
    received: Option<Receiving>,
    sent: Option<Sending>,
}

impl Line {
    /// A section that the client offers.
    pub(super) fn theirs(mid: Mid, topic: Topic) -> Self {
        Self {
            mid,
            topic,
            client: None,
            payloads: Vec::new(),
            extensions: Vec::new(),
            published: None,
            carried: None,
            terms: None,
            received: None,
            sent: None,
        }
    }

    /// A section that we offer.
    pub(super) fn ours(mid: Mid, topic: Topic) -> Self {
        Self {
            terms: Some(Terms::default()),
            ..Self::theirs(mid, topic)
        }
    }

    /// Sound or picture, if it is one of them.
    pub(super) fn kind(&self) -> Option<MediaKind> {
        match self.topic {
            Topic::Audio => Some(MediaKind::Audio),
            Topic::Video => Some(MediaKind::Video),
            Topic::Application | Topic::Other => None,
        }
    }

    /// Whether something can travel here: the client did not refuse it, and so do not we.
    pub(super) fn is_alive(&self) -> bool {
        let is_refused = self.client.as_ref().is_some_and(|it| it.rejected);
        let is_spoken = match self.topic {
            Topic::Audio | Topic::Video => !self.payloads.is_empty(),
            Topic::Application => true,
            Topic::Other => false,
        };
        is_spoken && !is_refused
    }

    /// Whether the client sends here.
    pub(super) fn is_received(&self) -> bool {
        self.kind().is_some() && self.is_alive() && self.client.as_ref().is_some_and(|it| it.sends)
    }

    /// Whether a track can be sent to the client here.
    pub(super) fn takes(&self, codec: Codec) -> bool {
        // What a client answers to an empty section of ours says nothing about the next track.
        let is_ours = self.terms.is_some();
        self.kind() == Some(kind_of(codec))
            && self.is_alive()
            && (is_ours || self.client.as_ref().is_some_and(|it| it.receives))
            && self.payloads.iter().any(|it| it.codec == codec)
    }

    /// Whether it is free for a track of this codec, and better left to others: 0 is the best.
    pub(super) fn fitness(&self, codec: Codec) -> Option<u8> {
        let is_free = self.carried.is_none() && self.takes(codec);
        is_free.then_some(u8::from(self.is_received()))
    }

    /// Notes what our offer carries here.
    pub(super) fn offered(&mut self) {
        if let Some(terms) = &mut self.terms {
            terms.offered = self.carried.as_ref().map(|it| it.track);
        }
    }

    /// Takes the client's answer to our offer.
    pub(super) fn answered(&mut self, media: Media) {
        if let Some(terms) = &mut self.terms {
            terms.agreed = terms.offered.filter(|_| media.receives);
        }
        if media.rejected {
            // It can not be played there, in no other section either.
            self.carried = None;
        }
        if self.kind().is_some() && !media.rejected {
            let theirs = codecs::payloads(&media);
            let is_taken = |it: &Payload| theirs.iter().any(|has| has.number == it.number);
            self.payloads.retain(is_taken);
            let numbers = codecs::extensions(&media);
            self.extensions.retain(|it| numbers.contains(it));
        }
        self.client = Some(media);
    }

    /// Whether a track is carried here, as far as descriptions go.
    pub(super) fn is_sent(&self) -> bool {
        self.carried
            .as_ref()
            .is_some_and(|it| self.takes(it.assignment.codec))
    }

    /// The section as a client's caller knows it.
    pub(super) fn section(&self) -> Option<Section> {
        let (kind, client) = (self.kind()?, self.client.as_ref()?);
        let mut codecs: Vec<Codec> = Vec::new();
        for payload in &self.payloads {
            if !codecs.contains(&payload.codec) {
                codecs.push(payload.codec);
            }
        }
        let cid = client.msid.as_ref().map(|(_, track)| track.clone());
        self.is_received().then(|| Section {
            mid: self.mid.clone(),
            kind,
            cid: cid.filter(|it| !it.is_empty()),
            codecs,
            rids: client.rids.clone(),
            track: self.published.as_ref().map(|it| it.track),
        })
    }

    /// The steps that end it.
    pub(super) fn end(self, into: &mut Vec<Change>) {
        into.extend(self.received.map(|it| Change::StopReceiving(it.mid)));
        into.extend(self.sent.map(|it| Change::StopSending(it.mid)));
    }

    /// Steps that bring a worker from what it was told to what holds now.
    pub(super) fn changes(&mut self, into: &mut Vec<Change>) {
        let receiving = self.receiving();
        if receiving != self.received {
            into.push(match &receiving {
                Some(receiving) => Change::Receive(receiving.clone()),
                None => Change::StopReceiving(self.mid.clone()),
            });
            self.received = receiving;
        }
        let sending = self.sending();
        if sending != self.sent {
            if self.sent.is_some() {
                into.push(Change::StopSending(self.mid.clone()));
            }
            into.extend(sending.clone().map(Change::Send));
            self.sent = sending;
        }
    }

    fn receiving(&self) -> Option<Receiving> {
        let (kind, client) = (self.kind()?, self.client.as_ref()?);
        let repair = |ssrc: u32| {
            let pair = client.pairs.iter().find(|it| it.0 == ssrc);
            pair.map(|it| it.1)
        };
        let is_repair = |ssrc: &u32| client.pairs.iter().any(|it| it.1 == *ssrc);
        let sources = client.sources.iter().filter(|it| !is_repair(it));
        self.is_received().then(|| Receiving {
            mid: self.mid.clone(),
            kind,
            track: self.published.as_ref().map(|it| it.track),
            rids: client.rids.clone(),
            sources: sources.map(|it| (*it, repair(*it))).collect(),
        })
    }

    fn sending(&self) -> Option<Sending> {
        let (kind, carried) = (self.kind()?, self.carried.as_ref()?);
        let is_known = self.terms.is_none_or(|it| it.agreed == Some(carried.track));
        (is_known && self.is_sent()).then(|| Sending {
            mid: self.mid.clone(),
            track: carried.track,
            kind,
            ssrc: carried.ssrc,
            repair: carried.repair,
        })
    }
}
