//! The offers and answers of one participant, in a task of their own: reading a description costs
//! more than a thousand packets, and must hold up neither the packets nor the other calls.
//!
//! Owned by nobody but its task; the task that owns the calls sends [`Deal`]s and hears [`Dealt`]s.

use std::sync::Arc;

use domain::call::{Agreed, ParticipantId, TrackId, TrackKind};
use media::{
    Answer, Assigned, Assignment, Change, Codec, Command, MediaKind, Negotiation, PeerId, Role,
    RoomId, SdpError, Section,
};
use tokio::sync::mpsc;

use super::handle::Item;
use super::line::Description;
use super::request::Arrangement;
use super::translate::{codec_of, kind_of, mime_of, peer_of, publisher_of};
use crate::drive::media::MediaThreads;

/// What waits for one participant's negotiation; more ends their stay.
pub(super) const DEALS_WAITING_MAX: usize = 4_096;

/// What is to be negotiated.
#[derive(Debug)]
pub(super) enum Deal {
    /// They offer.
    Offer { sdp: String, id: u32 },
    /// They answer.
    Answer { sdp: String, id: u32 },
    /// They are about to send a track.
    Expect {
        track: TrackId,
        cid: String,
        kind: TrackKind,
        /// What they said it is encoded in, as `vp8`; empty for nothing.
        mime: String,
    },
    /// They are to get a track.
    Assign {
        publisher: ParticipantId,
        track: TrackId,
        kind: TrackKind,
        mime: String,
    },
    /// They get it no longer.
    Unassign(TrackId),
    /// They are back: ICE starts anew where that is ours to begin.
    Return,
}

/// What became of it.
#[derive(Debug)]
pub(super) enum Dealt {
    /// The answer for them, and what they send now.
    Answered(Description, Vec<Agreed>),
    /// An offer for them.
    Offered(Description),
    /// They are to offer more.
    Sections { audios: u32, videos: u32 },
    /// Their description can not be used.
    Failed(SdpError),
    /// The media threads do not keep up.
    Busy,
}

/// A track that has no section yet.
#[derive(Debug)]
struct Expected {
    track: TrackId,
    cid: String,
    kind: TrackKind,
    mime: String,
}

/// Where it happens.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) room: RoomId,
    pub(super) id: ParticipantId,
    pub(super) arrangement: Arrangement,
    pub(super) threads: Arc<MediaThreads>,
    pub(super) back: mpsc::WeakSender<Item>,
}

/// The negotiation of one participant.
struct Table {
    place: Place,
    /// What the client offers.
    first: (PeerId, Negotiation),
    /// What the client is offered, where that is another connection.
    second: Option<(PeerId, Negotiation)>,
    expected: Vec<Expected>,
    /// Tracks of the client by the section they are in.
    mimes: Vec<(TrackId, String)>,
    /// The client was asked for sections and has not offered them yet.
    asked: bool,
    /// Something changed that only another offer of the client can carry.
    stale: bool,
    /// How many sections are missing.
    missing: (u32, u32),
    offer_id: u32,
}

/// Begins the negotiation of one participant; it ends when the sender is dropped.
pub(super) fn begin(place: Place) -> mpsc::Sender<Deal> {
    let (sender, deals) = mpsc::channel(DEALS_WAITING_MAX);
    tokio::spawn(Table::new(place).run(deals));
    sender
}

impl Table {
    fn new(place: Place) -> Self {
        let (first, second) = match place.arrangement {
            Arrangement::Single => ((peer_of(place.id), Role::Single), None),
            Arrangement::Dual => (
                (publisher_of(place.id), Role::Publisher),
                Some((peer_of(place.id), Role::Subscriber)),
            ),
        };
        let negotiation = |(peer, role): (PeerId, Role)| {
            let local = place.threads.local(place.room, peer);
            (peer, Negotiation::new(local, role))
        };
        Self {
            first: negotiation(first),
            second: second.map(negotiation),
            place,
            expected: Vec::new(),
            mimes: Vec::new(),
            asked: false,
            stale: false,
            missing: (0, 0),
            offer_id: 0,
        }
    }

    async fn run(mut self, mut deals: mpsc::Receiver<Deal>) {
        let mut batch = Vec::new();
        // What is to be received is offered at once: clients wait for it.
        let mut dealt = self.offer();
        loop {
            dealt.extend(self.ask());
            for dealt in dealt.drain(..) {
                let Some(back) = self.place.back.upgrade() else {
                    return;
                };
                if back.send(Item::Dealt(self.place.id, dealt)).await.is_err() {
                    return;
                }
            }
            if deals.recv_many(&mut batch, DEALS_WAITING_MAX).await == 0 {
                return;
            }
            for deal in batch.drain(..) {
                dealt.extend(self.take(deal));
            }
            dealt.extend(self.offer());
        }
    }

    fn take(&mut self, deal: Deal) -> Option<Dealt> {
        match deal {
            Deal::Offer { sdp, id } => Some(self.offered(&sdp, id)),
            Deal::Answer { sdp, id } => self.answered(&sdp, id),
            Deal::Expect {
                track,
                cid,
                kind,
                mime,
            } => {
                self.expected.push(Expected {
                    track,
                    cid,
                    kind,
                    mime,
                });
                None
            }
            Deal::Assign {
                publisher,
                track,
                kind,
                mime,
            } => {
                self.assign(publisher, track, (kind, &mime));
                None
            }
            Deal::Unassign(track) => {
                let track = media::TrackId(track.0);
                match &mut self.second {
                    Some((_, subscriber)) => subscriber.unassign(track),
                    None => {
                        self.first.1.unassign(track);
                        self.stale = true;
                    }
                }
                None
            }
            Deal::Return => {
                self.asked = false;
                if let Some((peer, subscriber)) = &mut self.second {
                    let local = self.place.threads.local(self.place.room, *peer);
                    subscriber.restart_ice(local);
                }
                None
            }
        }
    }

    fn assign(&mut self, publisher: ParticipantId, track: TrackId, as_: (TrackKind, &str)) {
        let (kind, mime) = as_;
        let assignment = Assignment {
            stream: format!("{publisher}|{track}"),
            id: track.to_string(),
            kind: kind_of(kind),
            codec: codec_of(mime, kind),
        };
        let track = media::TrackId(track.0);
        if let Some((_, subscriber)) = &mut self.second {
            subscriber.assign(track, assignment);
            return;
        }
        self.stale = true;
        match self.first.1.assign(track, assignment) {
            Assigned::Section(_) => {}
            Assigned::NeedSections { audios, videos } => self.missing = (audios, videos),
        }
    }

    /// Asks the client for another offer, once until it comes.
    fn ask(&mut self) -> Option<Dealt> {
        if self.asked || !std::mem::take(&mut self.stale) {
            return None;
        }
        self.asked = true;
        let (audios, videos) = std::mem::take(&mut self.missing);
        Some(Dealt::Sections { audios, videos })
    }

    fn offered(&mut self, sdp: &str, id: u32) -> Dealt {
        match self.agree(sdp) {
            Ok((answer, agreed)) => {
                self.asked = false;
                let peer = self.first.0;
                if !self.apply(peer, answer.changes) {
                    return Dealt::Busy;
                }
                let description = Description {
                    sdp: answer.text,
                    id,
                    tracks: answer.mid_to_track_id.into_iter().collect(),
                };
                Dealt::Answered(description, agreed)
            }
            Err(error) => Dealt::Failed(error),
        }
    }

    fn agree(&mut self, sdp: &str) -> Result<(Answer, Vec<Agreed>), SdpError> {
        let (peer, negotiation) = &mut self.first;
        let offered = negotiation.offered(sdp)?;
        if negotiation.restarts_ice() {
            negotiation.restart_ice(self.place.threads.local(self.place.room, *peer));
        }
        let mut agreed = Vec::new();
        // Those whose name is known first, so that nobody else takes their section.
        let mut sections = offered.sections;
        let named = |expected: &[Expected], section: &Section| {
            let cid = section.cid.as_deref();
            section.track.is_some() || expected.iter().any(|it| Some(it.cid.as_str()) == cid)
        };
        sections.sort_by_key(|section| !named(&self.expected, section));
        for section in sections {
            if let Some(it) = self.match_section(&section) {
                agreed.push(it);
            }
        }
        Ok((self.first.1.answer()?, agreed))
    }

    /// Which track a section carries: the one of its name, or the first that waits of its kind,
    /// since Firefox names tracks otherwise in descriptions.
    fn match_section(&mut self, section: &Section) -> Option<Agreed> {
        let agreed = |track: TrackId, mime: String| Agreed {
            track,
            mid: section.mid.as_str().to_owned(),
            mime,
            cid: section.cid.clone(),
        };
        if let Some(track) = section.track {
            let track = TrackId(track.0);
            let known = self.mimes.iter().find(|(it, _)| *it == track);
            return Some(agreed(track, known.map_or_else(String::new, |it| it.1.clone())));
        }
        let same = |it: &Expected| kind_of(it.kind) == section.kind;
        let named = |it: &Expected| same(it) && Some(it.cid.as_str()) == section.cid.as_deref();
        let at = self.expected.iter().position(named);
        let at = at.or_else(|| self.expected.iter().position(same))?;
        let expected = self.expected.remove(at);
        let mime = mime_of(chosen(section, &expected.mime));
        let id = expected.track.to_string();
        let track = media::TrackId(expected.track.0);
        self.first.1.publish(&section.mid, track, &id);
        self.mimes.push((expected.track, mime.to_owned()));
        Some(agreed(expected.track, mime.to_owned()))
    }

    /// Offers what the client does not know yet, where offering is ours.
    fn offer(&mut self) -> Vec<Dealt> {
        let Some((peer, subscriber)) = &mut self.second else {
            return Vec::new();
        };
        let first = self.offer_id == 0;
        if subscriber.is_waiting() || !(first || subscriber.has_news()) {
            return Vec::new();
        }
        let peer = *peer;
        match subscriber.offer() {
            Ok(offer) => {
                self.offer_id += 1;
                if !self.apply(peer, offer.changes) {
                    return vec![Dealt::Busy];
                }
                vec![Dealt::Offered(Description {
                    sdp: offer.text,
                    id: self.offer_id,
                    tracks: offer.mid_to_track_id.into_iter().collect(),
                })]
            }
            Err(error) => vec![Dealt::Failed(error)],
        }
    }

    fn answered(&mut self, sdp: &str, id: u32) -> Option<Dealt> {
        let (peer, subscriber) = self.second.as_mut()?;
        // Older clients number nothing. An answer to an offer of before means nothing.
        if (id != 0 && id != self.offer_id) || !subscriber.is_waiting() {
            return None;
        }
        let peer = *peer;
        match subscriber.answered(sdp) {
            Ok(changes) if self.apply(peer, changes) => None,
            Ok(_) => Some(Dealt::Busy),
            Err(error) => Some(Dealt::Failed(error)),
        }
    }

    /// Whether the media threads took it.
    fn apply(&self, peer: PeerId, changes: Vec<Change>) -> bool {
        if changes.is_empty() {
            return true;
        }
        let command = Command::Change { peer, changes };
        let sent = self.place.threads.send(self.place.room, vec![command]);
        sent.is_ok()
    }
}

/// What a section is sent in: what the client said, or else its favourite.
fn chosen(section: &Section, said: &str) -> Codec {
    let kind = match section.kind {
        MediaKind::Audio => TrackKind::Audio,
        MediaKind::Video => TrackKind::Video,
    };
    let said = codec_of(said, kind);
    if section.codecs.contains(&said) {
        return said;
    }
    section.codecs.first().copied().unwrap_or(said)
}
