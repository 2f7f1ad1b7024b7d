//! What participants, the server's API and the media threads bring, as questions to the rules.

use domain::call::{
    Call, CallId, CallName, Identity, LeaveAction, LeaveReason, Output, ParticipantId, Refused,
    Told, TrackId,
};
use media::{Command, Data, Event, Lane};
use wire::livekit::{Envelope, user_packet};

use base::limits::CALL_DATA_BYTES_MAX;

use super::handle::{Ask, DataLane, SentData};
use super::negotiation::Deal;
use super::owner::Owner;
use super::request::{Arrangement, Drill, Request};
use super::translate::{participant_of, peer_of, quality_of};
use crate::clock;

impl Owner {
    pub(super) fn request(&mut self, call: CallId, id: ParticipantId, request: Request) {
        match request {
            Request::Offer { sdp, id: number } => {
                self.deal(id, Deal::Offer { sdp, id: number });
            }
            Request::Answer { sdp, id: number } => {
                self.deal(id, Deal::Answer { sdp, id: number });
            }
            Request::AddTrack(track) => self.with(call, |call| call.add_track(id, *track)),
            Request::Mute(track, muted) => self.with(call, |call| call.mute(id, track, muted)),
            Request::Want(tracks, wanted) => {
                self.with(call, |call| call.want(id, &tracks, wanted));
            }
            Request::Set(tracks, setting) => {
                self.with(call, |call| call.set(id, &tracks, setting));
            }
            Request::Permit(permission) => self.with(call, |call| call.permit(id, permission)),
            Request::Change(number, change) => {
                self.with(call, |call| call.change_self(id, number, change));
            }
            Request::Resize(track, width, height) => self.with(call, |call| {
                call.describe(id, track, |track| {
                    (track.width, track.height) = (width, height)
                })
            }),
            Request::Features(track, features) => self.with(call, |call| {
                call.describe(id, track, |track| {
                    let traits = std::sync::Arc::make_mut(&mut track.traits);
                    traits.audio_features = features;
                })
            }),
            Request::Drill(drill) => self.drill(call, id, drill),
            Request::Leave => self.with(call, |call| call.leave(clock::now(), id)),
        }
    }

    fn drill(&mut self, call: CallId, id: ParticipantId, drill: Drill) {
        let now = clock::now();
        let away = |reason, action| (reason, action);
        match drill {
            Drill::Speak => self.with(call, |call| call.pretend_speaker(id)),
            Drill::LoseMedia => self.with(call, |call| call.disconnected(now, id)),
            Drill::Resume => {
                let told = Told::Leave(LeaveReason::ServerShutdown, LeaveAction::Resume);
                self.with(call, |_| vec![Output::Tell(vec![id], told)]);
            }
            Drill::Leave => {
                let why = away(LeaveReason::ServerShutdown, LeaveAction::Disconnect);
                self.with(call, |call| call.send_away(now, id, why));
            }
            Drill::Reconnect => {
                let why = away(LeaveReason::StateMismatch, LeaveAction::Reconnect);
                self.with(call, |call| call.send_away(now, id, why));
            }
            Drill::HangOnResume { silently } => {
                if let Some(seat) = self.seats.get_mut(&id) {
                    seat.hangs = Some(silently);
                }
            }
        }
    }

    pub(super) fn answer(&mut self, ask: Ask) {
        // Who asked may be gone.
        match ask {
            Ask::Create(name, options, reply) => {
                let made = self.open(name, options);
                let made = made.and_then(|id| self.calls.get(&id).ok_or(Refused::NoCall));
                let _ = reply.send(made.map(|call| call.info()));
            }
            Ask::List(names, reply) => {
                let named = names.iter().filter_map(|name| self.named(name).ok());
                let ids: Vec<_> = if names.is_empty() {
                    self.calls.keys().copied().collect()
                } else {
                    named.collect()
                };
                let calls = ids.iter().filter_map(|id| self.calls.get(id));
                let _ = reply.send(Ok(calls.map(|call| call.info()).collect()));
            }
            Ask::Delete(name, reply) => {
                let found = self.named(&name);
                let _ = reply.send(found.map(|id| self.end(id, LeaveReason::RoomDeleted)));
            }
            Ask::Metadata(name, metadata, reply) => {
                let _ = reply.send(self.decide(&name, |call| call.change_metadata(metadata)));
            }
            Ask::Participants(name, reply) => {
                let found = self.named(&name).ok().and_then(|id| self.calls.get(&id));
                let all = |call: &Call| call.participants().map(|it| (**it).clone()).collect();
                let _ = reply.send(found.map(all).ok_or(Refused::NoCall));
            }
            Ask::Participant(name, identity, reply) => {
                let found = self.find(&name, &identity).and_then(|(call, id)| {
                    let call = self.calls.get(&call).ok_or(Refused::NoCall)?;
                    call.participant(id).cloned().ok_or(Refused::NoParticipant)
                });
                let _ = reply.send(found.map(|it| (*it).clone()));
            }
            Ask::Remove(name, identity, reply) => {
                let why = (LeaveReason::ParticipantRemoved, LeaveAction::Disconnect);
                let found = self.find(&name, &identity).map(|(call, id)| {
                    self.with(call, |call| call.send_away(clock::now(), id, why));
                });
                let _ = reply.send(found);
            }
            Ask::Mute(name, identity, track, muted, reply) => {
                let found = self.find(&name, &identity);
                let done = found
                    .and_then(|(_, id)| self.decide(&name, |call| call.silence(id, track, muted)));
                let _ = reply.send(done);
            }
            Ask::Update(name, identity, change, reply) => {
                let found = self.find(&name, &identity);
                let done =
                    found.and_then(|(_, id)| self.decide(&name, |call| call.change(id, change)));
                let _ = reply.send(done.map(|it| (*it).clone()));
            }
            Ask::Subscriptions(name, identity, tracks, wanted, reply) => {
                let found = self.find(&name, &identity).map(|(call, id)| {
                    self.with(call, |call| call.want(id, &tracks, wanted));
                });
                let _ = reply.send(found);
            }
            Ask::SendData(name, data, reply) => {
                let _ = reply.send(self.send_data(&name, data));
            }
        }
    }

    /// Asks the rules of a call something that they may refuse.
    fn decide<T>(
        &mut self,
        name: &CallName,
        ask: impl FnOnce(&mut Call) -> Result<(T, Vec<Output>), Refused>,
    ) -> Result<T, Refused> {
        let id = self.named(name)?;
        let call = self.calls.get_mut(&id).ok_or(Refused::NoCall)?;
        let (answer, outputs) = ask(call)?;
        self.carry_out(id, outputs);
        Ok(answer)
    }

    fn find(
        &self,
        name: &CallName,
        identity: &Identity,
    ) -> Result<(CallId, ParticipantId), Refused> {
        let id = self.named(name)?;
        let call = self.calls.get(&id).ok_or(Refused::NoCall)?;
        let found = call.find(identity).ok_or(Refused::NoParticipant)?;
        Ok((id, found.id))
    }

    fn send_data(&mut self, name: &CallName, data: SentData) -> Result<(), Refused> {
        if data.payload.len() > CALL_DATA_BYTES_MAX {
            return Err(Refused::TooLong);
        }
        let id = self.named(name)?;
        let call = self.calls.get(&id).ok_or(Refused::NoCall)?;
        let named: Vec<_> = data.to.iter().map(ToString::to_string).collect();
        let whom = call.recipients(&named);
        let lane = match data.lane {
            DataLane::Reliable => Lane::Reliable,
            DataLane::Lossy => Lane::Lossy,
        };
        let bytes = user_packet(&data.payload, data.topic, data.nonce, named);
        self.forward(id, &whom, (lane, bytes));
        Ok(())
    }

    fn forward(
        &mut self,
        call: CallId,
        whom: &[ParticipantId],
        (lane, bytes): (Lane, bytes::Bytes),
    ) {
        if whom.is_empty() {
            return;
        }
        let to = whom.iter().map(|id| peer_of(*id)).collect();
        self.command(call, vec![Command::Send(Data { to, lane, bytes })]);
    }

    /// Takes what the media threads tell.
    pub(super) fn hear(&mut self, event: Event) {
        match event {
            Event::Connected(peer) => {
                let (id, primary) = participant_of(peer);
                if primary && let Some(call) = self.call_of(id) {
                    self.with(call, |call| call.connected(id));
                }
            }
            Event::Disconnected(peer) => {
                let (id, _) = participant_of(peer);
                if let Some(call) = self.call_of(id) {
                    self.with(call, |call| call.disconnected(clock::now(), id));
                }
            }
            Event::Speakers { room, speakers, .. } => {
                let loud = speakers.iter().map(|it| (TrackId(it.track.0), it.level));
                let loud: Vec<_> = loud.collect();
                self.with(CallId(room.0), |call| call.speakers(&loud));
            }
            Event::Quality {
                peer,
                quality,
                score,
            } => {
                let (id, primary) = participant_of(peer);
                if self.counts(id, primary)
                    && let Some(call) = self.call_of(id)
                {
                    let quality = quality_of(quality);
                    self.with(call, |call| call.quality(id, quality, score));
                }
            }
            Event::Paused {
                peer,
                track,
                paused,
            } => {
                let (id, _) = participant_of(peer);
                if let Some(call) = self.call_of(id) {
                    self.with(call, |call| call.paused(id, TrackId(track.0), paused));
                }
            }
            Event::Wanted { track, most } => {
                let track = TrackId(track.0);
                if let Some(call) = self.tracks.get(&track).copied() {
                    let most = most.map(|layers| layers.spatial);
                    self.with(call, |call| call.wanted(track, most));
                }
            }
            Event::Data { peer, lane, bytes } => self.relay(participant_of(peer).0, lane, &bytes),
            Event::Flowing(_) | Event::DataOpen(_) => {}
        }
    }

    fn call_of(&self, id: ParticipantId) -> Option<CallId> {
        self.seats.get(&id).map(|seat| seat.call)
    }

    /// Whether a connection's quality is the participant's: the one over which they send, if they
    /// do.
    fn counts(&self, id: ParticipantId, primary: bool) -> bool {
        let Some(seat) = self.seats.get(&id) else {
            return false;
        };
        match seat.arrangement {
            Arrangement::Single => true,
            Arrangement::Dual => primary == seat.tracks.is_empty(),
        }
    }

    /// Sends on what a participant sends. What is malformed or not allowed is dropped: there is
    /// nobody to tell.
    fn relay(&mut self, from: ParticipantId, lane: Lane, packet: &[u8]) {
        let Some(seat) = self.seats.get_mut(&from) else {
            return;
        };
        let Ok(envelope) = Envelope::read(packet) else {
            return;
        };
        if packet.len() > CALL_DATA_BYTES_MAX || envelope.reserved {
            return;
        }
        if lane == Lane::Reliable && envelope.sequence != 0 {
            // Sent again after a resume.
            if envelope.sequence <= seat.sequence {
                return;
            }
            seat.sequence = envelope.sequence;
        }
        let id = seat.call;
        let Some(call) = self.calls.get(&id) else {
            return;
        };
        let Ok(whom) = call.route(from, &envelope.destinations, envelope.metrics) else {
            return;
        };
        let Some(sender) = call.participant(from) else {
            return;
        };
        let sid = from.to_string();
        let lossy = lane == Lane::Lossy;
        let bytes = Envelope::stamp(packet, sender.identity.as_str(), &sid, lossy);
        self.forward(id, &whom, (lane, bytes));
    }
}
