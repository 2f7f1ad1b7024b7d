//! What changes about somebody or the call: by themselves, by a moderator, by the server's API.

use std::sync::Arc;

use base::UnixMs;
use base::limits::{CALL_IDENTITY_BYTES_MAX, CALL_METADATA_BYTES_MAX};

use super::id::{ParticipantId, TrackId};
use super::info::CallInfo;
use super::participant::{Participant, ParticipantChange};
use super::refused::Refused;
use super::state::{Call, check_attributes};
use super::told::{Outcome, Output, Told};
use super::track::Track;

impl Call {
    /// Somebody changes their own name, metadata or attributes; grants are left out.
    pub fn change_self(
        &mut self,
        id: ParticipantId,
        request: u32,
        change: ParticipantChange,
    ) -> Vec<Output> {
        let Some(member) = self.members.get(&id) else {
            return Vec::new();
        };
        let change = ParticipantChange {
            grants: None,
            ..change
        };
        let outcome = if !member.record.grants.update_metadata {
            Outcome::NotAllowed
        } else if self.apply(id, change).is_err() {
            Outcome::LimitExceeded
        } else {
            Outcome::Done
        };
        self.tell(vec![id], Told::Answer { request, outcome });
        self.flush()
    }

    /// Changes somebody, for a moderator.
    ///
    /// # Errors
    /// [`Refused::NoParticipant`], [`Refused::TooLong`].
    pub fn change(
        &mut self,
        id: ParticipantId,
        change: ParticipantChange,
    ) -> Result<(Arc<Participant>, Vec<Output>), Refused> {
        self.apply(id, change)?;
        let participant = self.participant(id).cloned();
        let participant = participant.ok_or(Refused::NoParticipant)?;
        Ok((participant, self.flush()))
    }

    fn apply(&mut self, id: ParticipantId, change: ParticipantChange) -> Result<(), Refused> {
        let member = self.members.get(&id).ok_or(Refused::NoParticipant)?;
        let long = |text: &Option<String>, most| text.as_ref().is_some_and(|it| it.len() > most);
        if long(&change.name, CALL_IDENTITY_BYTES_MAX)
            || long(&change.metadata, CALL_METADATA_BYTES_MAX)
        {
            return Err(Refused::TooLong);
        }
        let mut attributes = member.record.attributes.clone();
        for (name, value) in change.attributes {
            if value.is_empty() {
                attributes.remove(&name);
            } else {
                attributes.insert(name, value);
            }
        }
        check_attributes(&attributes)?;
        let grants = change.grants.map(Arc::new);
        let regranted = grants.is_some();
        self.amend(id, |record| {
            record.name = change.name.unwrap_or_else(|| record.name.clone());
            record.metadata = change.metadata.unwrap_or_else(|| record.metadata.clone());
            record.attributes = attributes;
            record.grants = grants.unwrap_or_else(|| Arc::clone(&record.grants));
        });
        if regranted {
            self.enforce(id);
        }
        self.count();
        self.tell_about(id, true);
        if regranted {
            self.review_subscriber(id);
        }
        Ok(())
    }

    /// Ends what somebody may not publish any more.
    fn enforce(&mut self, id: ParticipantId) {
        let Some(member) = self.members.get_mut(&id) else {
            return;
        };
        let grants = Arc::clone(&member.record.grants);
        member
            .pending
            .retain(|track| grants.may_publish(track.source));
        let tracks = member.record.tracks.iter();
        let barred = tracks.filter(|track| !grants.may_publish(track.source));
        let barred: Vec<_> = barred.map(|track| track.id).collect();
        for track in barred {
            self.unpublish(id, track);
            self.tell(vec![id], Told::TrackUnpublished(track));
        }
    }

    /// Silences somebody's track or lets it be heard again, for a moderator.
    ///
    /// # Errors
    /// [`Refused::NoTrack`].
    pub fn silence(
        &mut self,
        id: ParticipantId,
        track: TrackId,
        muted: bool,
    ) -> Result<(Track, Vec<Output>), Refused> {
        if self.set_muted(id, track, muted) {
            self.tell(vec![id], Told::Muted(track, muted));
        }
        let track = self.track(id, track).ok_or(Refused::NoTrack)?.clone();
        Ok((track, self.flush()))
    }

    /// Changes what the application keeps with the call.
    ///
    /// # Errors
    /// [`Refused::TooLong`].
    pub fn change_metadata(
        &mut self,
        metadata: String,
    ) -> Result<(Arc<CallInfo>, Vec<Output>), Refused> {
        if metadata.len() > CALL_METADATA_BYTES_MAX {
            return Err(Refused::TooLong);
        }
        self.info.options.metadata = metadata;
        self.info.version += 1;
        let info = self.info();
        self.tell_all(Told::Call(Arc::clone(&info)));
        Ok((info, self.flush()))
    }

    /// How long it has been going on, in milliseconds.
    #[must_use]
    pub fn age_ms(&self, now: UnixMs) -> u64 {
        now.since_ms(self.info.started_at)
    }
}
