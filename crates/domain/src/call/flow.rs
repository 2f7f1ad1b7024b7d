//! What the media server tells of a call: who speaks, how well people are connected, what is paused
//! or wanted; and to whom data goes.

use std::collections::{BTreeMap, BTreeSet};

use super::id::{Identity, ParticipantId, TrackId};
use super::participant::State;
use super::refused::Refused;
use super::state::Call;
use super::told::{ConnectionQuality, Output, Speaking, Told};
use super::track::Quality;

impl Call {
    /// Which sounds are heard now, and how loud.
    pub fn speakers(&mut self, loud: &[(TrackId, f32)]) -> Vec<Output> {
        let mut now: BTreeMap<ParticipantId, f32> = BTreeMap::new();
        for (track, level) in loud {
            if let Some(publisher) = self.publisher(*track) {
                let known = now.entry(publisher).or_insert(0.0);
                *known = known.max(*level);
            }
        }
        let stopped = self.speaking.keys().filter(|id| !now.contains_key(id));
        let stopped = stopped.map(|id| Speaking {
            participant: *id,
            level: 0.0,
            active: false,
        });
        let mut changes: Vec<_> = stopped.collect();
        for (participant, level) in &now {
            if self.speaking.get(participant) != Some(level) {
                changes.push(Speaking {
                    participant: *participant,
                    level: *level,
                    active: true,
                });
            }
        }
        self.speaking = now;
        if !changes.is_empty() {
            self.tell_all(Told::Speakers(changes));
        }
        self.flush()
    }

    /// Somebody is told of as if they spoke: for tests of clients.
    pub fn pretend_speaker(&mut self, id: ParticipantId) -> Vec<Output> {
        let speaking = Speaking {
            participant: id,
            level: 1.0,
            active: true,
        };
        self.speaking.insert(id, speaking.level);
        self.tell_all(Told::Speakers(vec![speaking]));
        self.flush()
    }

    /// How well somebody is connected: they are told, and whoever hears them.
    pub fn quality(
        &mut self,
        id: ParticipantId,
        quality: ConnectionQuality,
        score: f32,
    ) -> Vec<Output> {
        let Some(member) = self.members.get(&id) else {
            return Vec::new();
        };
        let tracks = member.record.tracks.iter().map(|track| track.id);
        let tracks: BTreeSet<_> = tracks.collect();
        let whom = if tracks.is_empty() {
            vec![id]
        } else {
            let whom = self.members.iter().filter(|(other, member)| {
                let hears = |track| member.ears.get(track).is_some_and(|ear| ear.hears);
                **other == id || tracks.iter().any(hears)
            });
            whom.map(|(other, _)| *other).collect()
        };
        self.tell(whom, Told::Quality(vec![(id, quality, score)]));
        self.flush()
    }

    /// A picture stands still for somebody because bandwidth is short, or goes on.
    pub fn paused(&mut self, id: ParticipantId, track: TrackId, paused: bool) -> Vec<Output> {
        if let Some(publisher) = self.publisher(track)
            && self.members.contains_key(&id)
        {
            let told = Told::Paused {
                publisher,
                track,
                paused,
            };
            self.tell(vec![id], told);
        }
        self.flush()
    }

    /// The largest layer of a track that anybody wants, counted from 0; `None` for none.
    pub fn wanted(&mut self, track: TrackId, most: Option<u8>) -> Vec<Output> {
        let (Some(publisher), Some(published)) = (self.publisher(track), self.published(track))
        else {
            return Vec::new();
        };
        let layers = published
            .codecs
            .first()
            .map_or(&[][..], |codec| &codec.layers);
        let mut sorted: Vec<_> = layers.iter().map(|layer| layer.quality).collect();
        sorted.sort_unstable();
        let layer = |at: u8| sorted.get(usize::from(at)).copied();
        let told = Told::Wanted {
            track,
            mime: published.mime().to_owned(),
            most: most.map(|at| layer(at).unwrap_or(Quality::High)),
        };
        self.tell(vec![publisher], told);
        self.flush()
    }

    /// Who gets a data packet: those who are named, or everybody else.
    ///
    /// # Errors
    /// [`Refused::Forbidden`]: its sender may not send any.
    pub fn route(
        &self,
        from: ParticipantId,
        named: &[String],
        metrics: bool,
    ) -> Result<Vec<ParticipantId>, Refused> {
        let sender = self.participant(from).ok_or(Refused::NoParticipant)?;
        if !sender.grants.publish_data {
            return Err(Refused::Forbidden);
        }
        let mut whom = self.recipients(named);
        whom.retain(|id| {
            let may = |id| {
                self.participant(id)
                    .is_some_and(|it| it.grants.subscribe_metrics)
            };
            *id != from && (!metrics || may(*id))
        });
        Ok(whom)
    }

    /// Who gets what the server sends: those who are named, or everybody.
    #[must_use]
    pub fn recipients(&self, named: &[String]) -> Vec<ParticipantId> {
        if named.is_empty() {
            let all = self.participants().filter(|it| it.state == State::Active);
            return all.map(|it| it.id).collect();
        }
        let found = named
            .iter()
            .filter_map(|name| self.find(&Identity::from(name.as_str())));
        found.map(|it| it.id).collect()
    }
}
