//! Having done what the rules of a call say: telling participants, commanding the media threads,
//! handing out what is to be negotiated.

use domain::call::{
    CallId, LeaveAction, LeaveReason, Order, Output, ParticipantId, Socket, Told, Track,
};
use media::{Command, PeerId};
use tokio::sync::mpsc::error::TrySendError;

use super::line::{Sent, Word};
use super::negotiation::{self, Deal, Expected, Place};
use super::owner::{Owner, Seat};
use super::request::Arrangement;
use super::translate::{peer_of, publication_of, publisher_of, room_of, settings_of};
use crate::clock;

/// What the orders of one batch come to.
#[derive(Default)]
struct Batch {
    commands: Vec<Command>,
    /// Who can not be kept up with.
    behind: Vec<ParticipantId>,
}

impl Owner {
    pub(super) fn carry_out(&mut self, call: CallId, outputs: Vec<Output>) {
        let mut batch = Batch::default();
        for output in outputs {
            match output {
                Output::Tell(whom, told) => self.tell(&whom, told),
                Output::Noted(event) => self.note(event),
                Output::Order(order) => self.order(call, order, &mut batch),
            }
        }
        self.command(call, batch.commands);
        for id in batch.behind {
            self.give_up(id);
        }
    }

    fn tell(&mut self, whom: &[ParticipantId], told: Told) {
        let word = Word::new(told);
        for id in whom {
            self.send(*id, Sent::Word(word.clone()));
        }
    }

    /// Tells one participant, if they are there. Who does not keep up loses their socket.
    pub(super) fn send(&mut self, id: ParticipantId, sent: Sent) {
        let Some(seat) = self.seats.get_mut(&id) else {
            return;
        };
        let Some(line) = &seat.line else {
            return;
        };
        match line.try_send(sent) {
            Ok(()) => {}
            // Their socket has gone, and says so by itself.
            Err(TrySendError::Closed(_)) => seat.line = None,
            Err(TrySendError::Full(_)) => {
                let call = seat.call;
                seat.line = None;
                let socket = self.calls.get(&call).and_then(|call| call.socket(id));
                self.lose(call, id, socket);
            }
        }
    }

    fn lose(&mut self, call: CallId, id: ParticipantId, socket: Option<Socket>) {
        if let (Some(socket), Some(call)) = (socket, self.calls.get_mut(&call)) {
            // Nothing comes of it but a time until which they may come back.
            let _ = call.lose(clock::now(), id, socket);
        }
    }

    /// Gives a participant's negotiation something to do.
    pub(super) fn deal(&mut self, id: ParticipantId, deal: Deal) {
        if !self.try_deal(id, deal) {
            self.give_up(id);
        }
    }

    /// The same within a batch.
    fn deal_in(&self, id: ParticipantId, deal: Deal, batch: &mut Batch) {
        if !self.try_deal(id, deal) {
            batch.behind.push(id);
        }
    }

    /// Whether there was room for it.
    fn try_deal(&self, id: ParticipantId, deal: Deal) -> bool {
        let deals = self.seats.get(&id).and_then(|seat| seat.deals.as_ref());
        deals.is_none_or(|deals| deals.try_send(deal).is_ok())
    }

    fn order(&mut self, call: CallId, order: Order, batch: &mut Batch) {
        let commands = &mut batch.commands;
        match order {
            Order::Open(id) => {
                let seat = self.seats.get(&id);
                let Some(arrangement) = seat.map(|seat| seat.arrangement) else {
                    return;
                };
                let room = room_of(call);
                commands.extend(peers(id, arrangement).map(|peer| Command::Open { room, peer }));
                // Before its negotiation begins.
                self.command(call, std::mem::take(commands));
                self.begin(call, id, arrangement);
            }
            Order::Close(id) => {
                if let Some(seat) = self.seats.remove(&id) {
                    commands.extend(peers(id, seat.arrangement).map(Command::Close));
                    self.forget(&seat);
                }
            }
            Order::Publish(id, track) => self.publish(call, (id, &track), batch),
            Order::Unpublish(id, track) => {
                commands.push(Command::Unpublish(media::TrackId(track.0)));
                self.tracks.remove(&track);
                if let Some(seat) = self.seats.get_mut(&id) {
                    seat.tracks.retain(|it| *it != track);
                }
            }
            Order::Mute(track, muted) => {
                let track = media::TrackId(track.0);
                commands.push(Command::Mute { track, muted });
            }
            Order::Subscribe {
                subscriber,
                publisher,
                track,
                kind,
                mime,
                reception,
            } => {
                commands.push(Command::Subscribe {
                    peer: peer_of(subscriber),
                    track: media::TrackId(track.0),
                    settings: settings_of(reception),
                });
                // Told before its section is.
                self.command(call, std::mem::take(commands));
                let assign = Deal::Assign {
                    publisher,
                    track,
                    kind,
                    mime,
                };
                self.deal_in(subscriber, assign, batch);
            }
            Order::Receive(id, track, reception) => commands.push(Command::Subscribe {
                peer: peer_of(id),
                track: media::TrackId(track.0),
                settings: settings_of(reception),
            }),
            Order::Unsubscribe(id, track) => {
                commands.push(Command::Unsubscribe {
                    peer: peer_of(id),
                    track: media::TrackId(track.0),
                });
                self.deal_in(id, Deal::Unassign(track), batch);
            }
        }
    }

    fn publish(&mut self, call: CallId, (id, track): (ParticipantId, &Track), batch: &mut Batch) {
        let Some(seat) = self.seats.get_mut(&id) else {
            return;
        };
        seat.tracks.push(track.id);
        self.tracks.insert(track.id, call);
        let peer = match seat.arrangement {
            Arrangement::Single => peer_of(id),
            Arrangement::Dual => publisher_of(id),
        };
        let commands = &mut batch.commands;
        commands.push(Command::Publish {
            peer,
            track: media::TrackId(track.id.0),
            publication: publication_of(track),
        });
        if track.muted {
            let track = media::TrackId(track.id.0);
            commands.push(Command::Mute { track, muted: true });
        }
        // Told before its section is.
        self.command(call, std::mem::take(commands));
        let expected = Expected {
            track: track.id,
            cid: track.cid().to_owned(),
            kind: track.kind,
            mime: track.mime().to_owned(),
            dtx: !track.traits.dtx_disabled,
        };
        self.deal_in(id, Deal::Expect(expected), batch);
    }

    fn begin(&mut self, call: CallId, id: ParticipantId, arrangement: Arrangement) {
        let deals = negotiation::begin(Place {
            room: room_of(call),
            id,
            arrangement,
            threads: self.threads.clone(),
            back: self.back.clone(),
        });
        if let Some(seat) = self.seats.get_mut(&id) {
            seat.deals = Some(deals);
        }
    }

    fn forget(&mut self, seat: &Seat) {
        for track in &seat.tracks {
            self.tracks.remove(track);
        }
    }

    /// Tells the media threads. When they do not keep up, everybody in the call joins anew.
    pub(super) fn command(&mut self, call: CallId, commands: Vec<Command>) {
        if commands.is_empty() || self.threads.send(room_of(call), commands).is_ok() {
            return;
        }
        tracing::error!(%call, "the media threads do not keep up: everybody joins anew");
        let all = self
            .calls
            .get(&call)
            .into_iter()
            .flat_map(|call| call.participants());
        let all: Vec<_> = all.map(|participant| participant.id).collect();
        for id in all {
            let why = (LeaveReason::StateMismatch, LeaveAction::Reconnect);
            self.tell(&[id], Told::Leave(why.0, why.1));
            if let Some(seat) = self.seats.get_mut(&id) {
                seat.line = None;
            }
        }
    }
}

/// The connections of a participant.
fn peers(id: ParticipantId, arrangement: Arrangement) -> impl Iterator<Item = PeerId> {
    let second = (arrangement == Arrangement::Dual).then(|| publisher_of(id));
    std::iter::once(peer_of(id)).chain(second)
}
