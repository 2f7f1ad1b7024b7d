//! What participants publish: a track gets its id first, is agreed with the media server, and then
//! everybody hears of it.

use std::sync::Arc;

use base::limits::CALL_TRACKS_PER_PARTICIPANT_MAX;

use super::id::{ParticipantId, TrackId};
use super::info::CallEvent;
use super::state::Call;
use super::told::{Order, Outcome, Output, Told};
use super::track::Track;

/// A section of the agreed media in which a participant sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreed {
    /// What it carries.
    pub track: TrackId,
    /// Its name.
    pub mid: String,
    /// What it is encoded in, as `video/VP8`.
    pub mime: String,
    /// The id of the track in the client's SDP.
    pub cid: Option<String>,
}

impl Call {
    /// Somebody wants to publish a track. It gets its id at once, and others hear of it when its
    /// media is agreed.
    pub fn add_track(&mut self, id: ParticipantId, track: Track) -> Vec<Output> {
        let cid = track.cid().to_owned();
        let Some(member) = self.members.get_mut(&id) else {
            return Vec::new();
        };
        let count = member.pending.len() + member.record.tracks.len();
        let outcome = if !member.record.grants.may_publish(track.source) {
            Outcome::NotAllowed
        } else if count >= CALL_TRACKS_PER_PARTICIPANT_MAX {
            Outcome::LimitExceeded
        } else {
            Outcome::Done
        };
        if outcome != Outcome::Done {
            self.tell(vec![id], Told::TrackRefused { cid, outcome });
            return self.flush();
        }
        // A client that comes back asks again for what it waits for.
        let known = member.pending.iter().find(|known| known.cid() == cid);
        if let Some(known) = known {
            let track = Box::new(known.clone());
            self.tell(vec![id], Told::TrackPublished { cid, track });
            return self.flush();
        }
        member.pending.push(track.clone());
        let boxed = Box::new(track);
        self.out
            .push(Output::Order(Order::Publish(id, boxed.clone())));
        self.tell(vec![id], Told::TrackPublished { cid, track: boxed });
        self.flush()
    }

    /// In which sections somebody sends now: tracks that are not there any more are over, and new
    /// ones are made known.
    pub fn agreed(&mut self, id: ParticipantId, sections: &[Agreed]) -> Vec<Output> {
        let Some(member) = self.members.get(&id) else {
            return Vec::new();
        };
        let gone = member.record.tracks.iter().map(|track| track.id);
        let gone = gone.filter(|track| sections.iter().all(|section| section.track != *track));
        let gone: Vec<_> = gone.collect();
        let mut changed = !gone.is_empty();
        for track in gone {
            self.unpublish(id, track);
        }
        let mut new = Vec::new();
        for section in sections {
            new.extend(self.take_pending(id, section));
        }
        changed |= !new.is_empty();
        if changed {
            self.count();
            self.tell_about(id, true);
        }
        for track in new {
            self.review_track(track.id);
            let call = self.info();
            if let Some(participant) = self.participant(id).cloned() {
                self.out.push(Output::Noted(CallEvent::TrackPublished {
                    call,
                    participant,
                    track,
                }));
            }
        }
        self.flush()
    }

    fn take_pending(&mut self, id: ParticipantId, section: &Agreed) -> Option<Arc<Track>> {
        let member = self.members.get_mut(&id)?;
        let at = member
            .pending
            .iter()
            .position(|track| track.id == section.track)?;
        let mut track = member.pending.remove(at);
        if let Some(codec) = track.codecs.first_mut() {
            section.mime.clone_into(&mut codec.mime);
            section.mid.clone_into(&mut codec.mid);
            let other = section.cid.clone().filter(|cid| *cid != codec.cid);
            codec.sdp_cid = other.unwrap_or_default();
        }
        track.codecs.truncate(1);
        let told = Arc::new(track.clone());
        self.amend(id, |record| record.tracks.push(track));
        self.publishers.insert(section.track, id);
        Some(told)
    }

    /// Somebody silences a track of theirs, or lets it be heard again.
    pub fn mute(&mut self, id: ParticipantId, track: TrackId, muted: bool) -> Vec<Output> {
        if let Some(member) = self.members.get_mut(&id)
            && let Some(pending) = member.pending.iter_mut().find(|it| it.id == track)
        {
            pending.muted = muted;
            self.out.push(Output::Order(Order::Mute(track, muted)));
            return self.flush();
        }
        self.set_muted(id, track, muted);
        self.flush()
    }

    /// Whether that changed something.
    pub(super) fn set_muted(&mut self, id: ParticipantId, track: TrackId, muted: bool) -> bool {
        let owns = self.track(id, track).is_some_and(|it| it.muted != muted);
        if owns {
            self.amend_track(id, track, |track| track.muted = muted);
            self.out.push(Output::Order(Order::Mute(track, muted)));
            self.tell_about(id, false);
        }
        owns
    }

    /// A picture has another size now, or a sound other features.
    pub fn describe(
        &mut self,
        id: ParticipantId,
        track: TrackId,
        describe: impl FnOnce(&mut Track),
    ) -> Vec<Output> {
        if self.track(id, track).is_some() {
            self.amend_track(id, track, describe);
            self.tell_about(id, false);
        }
        self.flush()
    }

    pub(super) fn track(&self, id: ParticipantId, track: TrackId) -> Option<&Track> {
        let tracks = &self.members.get(&id)?.record.tracks;
        tracks.iter().find(|it| it.id == track)
    }

    fn amend_track(&mut self, id: ParticipantId, track: TrackId, amend: impl FnOnce(&mut Track)) {
        self.amend(id, |record| {
            if let Some(track) = record.tracks.iter_mut().find(|it| it.id == track) {
                track.version += 1;
                amend(track);
            }
        });
    }

    /// Ends a track that others know of. Telling them how its publisher is now is the caller's.
    pub(super) fn unpublish(&mut self, id: ParticipantId, track: TrackId) {
        let Some(gone) = self.track(id, track).cloned() else {
            return;
        };
        self.amend(id, |record| record.tracks.retain(|it| it.id != track));
        self.publishers.remove(&track);
        for (subscriber, member) in &mut self.members {
            if member.ears.remove(&track).is_some_and(|ear| ear.hears) {
                let order = Order::Unsubscribe(*subscriber, track);
                self.out.push(Output::Order(order));
            }
            member.heard.remove(&track);
        }
        self.out.push(Output::Order(Order::Unpublish(id, track)));
        let call = self.info();
        if let Some(participant) = self.participant(id).cloned() {
            self.out.push(Output::Noted(CallEvent::TrackUnpublished {
                call,
                participant,
                track: Arc::new(gone),
            }));
        }
    }
}
