//! How participants go, come back, and are sent away; and how a call ends.

use std::sync::Arc;

use base::UnixMs;
use base::limits::CALL_RESUME_MS_MAX;

use super::id::ParticipantId;
use super::info::CallEvent;
use super::participant::{LeaveReason, State};
use super::refused::Refused;
use super::state::{Call, Socket, Welcome};
use super::told::{LeaveAction, Order, Output, Told};

impl Call {
    /// Somebody goes because they want to.
    pub fn leave(&mut self, now: UnixMs, id: ParticipantId) -> Vec<Output> {
        self.depart(now, id, LeaveReason::ClientInitiated);
        self.flush()
    }

    /// Their socket has gone: they may come back for a while. A socket that was replaced means
    /// nothing.
    pub fn lose(&mut self, now: UnixMs, id: ParticipantId, socket: Socket) -> Vec<Output> {
        if let Some(member) = self.members.get_mut(&id)
            && member.socket == Some(socket)
        {
            member.socket = None;
            member.until = Some(now.plus_ms(CALL_RESUME_MS_MAX));
        }
        self.flush()
    }

    /// They are back on another socket. Tell them the welcome first, then what comes out: how
    /// everybody is, and who has gone meanwhile.
    ///
    /// # Errors
    /// [`Refused::NoParticipant`]: they join anew.
    pub fn resume(
        &mut self,
        id: ParticipantId,
        socket: Socket,
    ) -> Result<(Welcome, Vec<Output>), Refused> {
        let member = self.members.get_mut(&id).ok_or(Refused::NoParticipant)?;
        member.socket = Some(socket);
        if member.noted {
            member.until = None;
        }
        let mut seen = std::mem::take(&mut member.missed);
        let welcome = self.welcome(id).ok_or(Refused::NoParticipant)?;
        seen.extend(welcome.others.iter().cloned());
        seen.push(Arc::clone(&welcome.participant));
        let call = Arc::clone(&welcome.call);
        self.tell(vec![id], Told::Participants(seen));
        self.tell(vec![id], Told::Call(call));
        Ok((welcome, self.flush()))
    }

    /// Media goes to and from them.
    pub fn connected(&mut self, id: ParticipantId) -> Vec<Output> {
        let Some(member) = self.members.get_mut(&id) else {
            return Vec::new();
        };
        if member.socket.is_some() {
            member.until = None;
        }
        if std::mem::replace(&mut member.noted, true) {
            return Vec::new();
        }
        self.amend(id, |record| record.state = State::Active);
        self.tell_about(id, true);
        if let Some(participant) = self.participant(id).cloned() {
            if !participant.grants.hidden && !self.guests.contains(&participant.identity) {
                self.guests.push(participant.identity.clone());
            }
            let call = self.info();
            self.out
                .push(Output::Noted(CallEvent::Joined { call, participant }));
        }
        self.flush()
    }

    /// Their media has gone for good: they join anew.
    pub fn disconnected(&mut self, now: UnixMs, id: ParticipantId) -> Vec<Output> {
        let reason = LeaveReason::ConnectionTimeout;
        self.expel(now, id, (reason, LeaveAction::Reconnect));
        self.flush()
    }

    /// Sends somebody away.
    pub fn send_away(
        &mut self,
        now: UnixMs,
        id: ParticipantId,
        why: (LeaveReason, LeaveAction),
    ) -> Vec<Output> {
        self.expel(now, id, why);
        self.flush()
    }

    /// The call ends for everybody.
    pub fn close(&mut self, now: UnixMs, reason: LeaveReason) -> Vec<Output> {
        let all: Vec<_> = self.members.keys().copied().collect();
        self.tell(all.clone(), Told::Leave(reason, LeaveAction::Disconnect));
        for id in all {
            self.depart(now, id, reason);
        }
        let call = self.info();
        self.out.push(Output::Noted(CallEvent::Ended {
            call,
            ended_at: now,
            identities: std::mem::take(&mut self.guests),
        }));
        self.flush()
    }

    /// Gives up those whose time has come.
    pub fn due(&mut self, now: UnixMs) -> Vec<Output> {
        let late = self.members.iter().filter_map(|(id, member)| {
            let late = member.until.is_some_and(|until| until <= now);
            late.then_some((*id, member.socket.is_some()))
        });
        let late: Vec<_> = late.collect();
        for (id, here) in late {
            if here {
                let why = (LeaveReason::JoinFailure, LeaveAction::Reconnect);
                self.expel(now, id, why);
            } else {
                self.depart(now, id, LeaveReason::SignalClose);
            }
        }
        self.flush()
    }

    /// Tells somebody that it is over for them, and everybody else that they have gone.
    pub(super) fn expel(
        &mut self,
        now: UnixMs,
        id: ParticipantId,
        (reason, action): (LeaveReason, LeaveAction),
    ) {
        if self.members.contains_key(&id) {
            self.tell(vec![id], Told::Leave(reason, action));
            self.depart(now, id, reason);
        }
    }

    fn depart(&mut self, now: UnixMs, id: ParticipantId, reason: LeaveReason) {
        let tracks = self
            .members
            .get(&id)
            .map(|member| member.record.tracks.clone());
        for track in tracks.into_iter().flatten() {
            self.unpublish(id, track.id);
        }
        self.amend(id, |record| {
            record.state = State::Disconnected;
            record.left = Some(reason);
        });
        self.tell_about(id, false);
        let Some(member) = self.strike(now, id) else {
            return;
        };
        if !member.record.grants.hidden {
            let away = self.members.values_mut();
            for other in away.filter(|other| other.socket.is_none()) {
                other.missed.push(Arc::clone(&member.record));
            }
        }
        self.out.push(Output::Order(Order::Close(id)));
        if member.noted {
            let call = self.info();
            self.out.push(Output::Noted(CallEvent::Left {
                call,
                participant: member.record,
                reason,
            }));
        }
    }
}
