//! The offers and answers of one participant, in a task of their own: reading a description costs
//! more than a thousand packets, and must hold up neither the packets nor the other calls.
//!
//! Owned by nobody but its task; the task that owns the calls sends [`Deal`]s and hears [`Dealt`]s.

use std::sync::Arc;

use domain::call::{Agreed, ParticipantId, TrackId, TrackKind};
use media::{
    Answer, Assigned, Assignment, Change, Codec, Command, MediaKind, Negotiation, PeerId,
    Published, Role, RoomId, SdpError, Section,
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
    Expect(Expected),
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
    /// What they send now, as became clear behind the answer.
    Agreed(Vec<Agreed>),
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
pub(super) struct Expected {
    pub(super) track: TrackId,
    /// The client's own id of it.
    pub(super) cid: String,
    pub(super) kind: TrackKind,
    /// What they said it is encoded in, as `vp8`; empty for nothing.
    pub(super) mime: String,
    /// Whether they shall send next to nothing while nobody speaks.
    pub(super) dtx: bool,
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
    /// What the client sends, as of its last offer.
    agreed: Vec<Agreed>,
    /// Sections of that offer that nobody knows the track of.
    unclaimed: Vec<Section>,
    /// The client is not to be asked for an offer: it has not made its first one yet, or was asked
    /// before and has not answered.
    asked: bool,
    /// The number of our last offer.
    offer_id: u32,
    /// That offer, while it waits for its answer.
    open_offer: Option<Description>,
    /// ICE is to start anew when the offer that waits is answered.
    restarts: bool,
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
            agreed: Vec::new(),
            unclaimed: Vec::new(),
            asked: true,
            offer_id: 0,
            open_offer: None,
            restarts: false,
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
            Deal::Expect(expected) => {
                self.expected.push(expected);
                self.claim()
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
                self.receiving().unassign(media::TrackId(track.0));
                None
            }
            Deal::Return => self.come_back(),
        }
    }

    /// The client is back on another socket. What waits for its answer may be lost with the old one
    /// and is said again; ICE starts anew behind it.
    fn come_back(&mut self) -> Option<Dealt> {
        self.asked = false;
        let (_, subscriber) = self.second.as_ref()?;
        if subscriber.is_waiting() {
            self.restarts = true;
            return self.open_offer.clone().map(Dealt::Offered);
        }
        self.restart();
        None
    }

    /// ICE of the connection that we offer starts anew with the next offer.
    fn restart(&mut self) {
        self.restarts = false;
        if let Some((peer, subscriber)) = &mut self.second {
            let local = self.place.threads.local(self.place.room, *peer);
            subscriber.restart_ice(local);
        }
    }

    /// Over which connection the client receives.
    fn receiving(&mut self) -> &mut Negotiation {
        match &mut self.second {
            Some((_, subscriber)) => subscriber,
            None => &mut self.first.1,
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
        // What is missing is asked for when everything that waits was taken.
        let _: Assigned = self.receiving().assign(media::TrackId(track.0), assignment);
    }

    /// Asks the client for another offer, once until it comes.
    fn ask(&mut self) -> Option<Dealt> {
        if self.asked || self.second.is_some() {
            return None;
        }
        let (audios, videos) = match self.first.1.missing() {
            Assigned::NeedSections { audios, videos } => (audios, videos),
            Assigned::Section(_) => (0, 0),
        };
        if audios + videos == 0 && !self.first.1.has_news() {
            return None;
        }
        self.asked = true;
        Some(Dealt::Sections { audios, videos })
    }

    fn offered(&mut self, sdp: &str, id: u32) -> Dealt {
        match self.agree(sdp) {
            Ok(answer) => {
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
                Dealt::Answered(description, self.agreed.clone())
            }
            Err(error) => Dealt::Failed(error),
        }
    }

    fn agree(&mut self, sdp: &str) -> Result<Answer, SdpError> {
        let (peer, negotiation) = &mut self.first;
        let offered = negotiation.offered(sdp)?;
        if negotiation.restarts_ice() {
            negotiation.restart_ice(self.place.threads.local(self.place.room, *peer));
        }
        let (known, new): (Vec<_>, _) = offered
            .sections
            .into_iter()
            .partition(|section| section.track.is_some());
        self.agreed.retain(|agreed| {
            let track = Some(media::TrackId(agreed.track.0));
            known.iter().any(|section| section.track == track)
        });
        self.unclaimed = new;
        // What is to be told at once is told with the answer.
        let _: Vec<Change> = self.match_sections();
        self.first.1.answer()
    }

    /// A track was announced behind the offer that carries it.
    fn claim(&mut self) -> Option<Dealt> {
        let count = self.agreed.len();
        let changes = self.match_sections();
        if self.agreed.len() == count {
            return None;
        }
        if !self.apply(self.first.0, changes) {
            return Some(Dealt::Busy);
        }
        Some(Dealt::Agreed(self.agreed.clone()))
    }

    /// Finds out which tracks are in the sections: those of their names first, and then the first
    /// that waits of a kind, since Firefox names tracks otherwise in descriptions.
    fn match_sections(&mut self) -> Vec<Change> {
        let mut changes = Vec::new();
        for by_name in [true, false] {
            for section in std::mem::take(&mut self.unclaimed) {
                let fits = |it: &Expected| {
                    let named = Some(it.cid.as_str()) == section.cid.as_deref();
                    kind_of(it.kind) == section.kind && (named || !by_name)
                };
                match self.expected.iter().position(fits) {
                    Some(at) => {
                        let expected = self.expected.remove(at);
                        changes.extend(self.publish(&section, expected));
                    }
                    None => self.unclaimed.push(section),
                }
            }
        }
        changes
    }

    fn publish(&mut self, section: &Section, expected: Expected) -> Vec<Change> {
        let mime = mime_of(chosen(section, &expected.mime));
        self.agreed.push(Agreed {
            track: expected.track,
            mid: section.mid.as_str().to_owned(),
            mime: mime.to_owned(),
            cid: section.cid.clone(),
        });
        let published = Published {
            track: media::TrackId(expected.track.0),
            dtx: expected.dtx,
        };
        self.first.1.publish(&section.mid, published)
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
                let offer = Description {
                    sdp: offer.text,
                    id: self.offer_id,
                    tracks: offer.mid_to_track_id.into_iter().collect(),
                };
                self.open_offer = Some(offer.clone());
                vec![Dealt::Offered(offer)]
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
        let changes = match subscriber.answered(sdp) {
            Ok(changes) => changes,
            Err(error) => return Some(Dealt::Failed(error)),
        };
        self.open_offer = None;
        if self.restarts {
            self.restart();
        }
        (!self.apply(peer, changes)).then_some(Dealt::Busy)
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
