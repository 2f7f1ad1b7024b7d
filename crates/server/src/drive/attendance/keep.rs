//! The task that keeps the attendance of calls: see the module.

use std::time::Duration;

use base::limits::CALL_NOTED_EVERY_MS;
use base::{CallId, Code, PersonId, RoomId, UnixMs};
use domain::auth::permit::Actor;
use domain::call::{CallEvent, CallInfo, CallName, Identity, Participant, ParticipantChange};
use domain::chat::call::{self, Grants};
use domain::chat::{OpenCall, RoomKind, Standing};
use store::{Command, Fault, Outcome, Store};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::time::Instant;

use super::Attendance;
use crate::clock;
use crate::drive::calls::Calls;
use crate::drive::changed::{ChangedRooms, until};
use crate::drive::hub::Hub;
use crate::drive::publisher::{Known, tell_people};
use crate::drive::roster::Roster;
use crate::drive::writer::WriterHandle;
use crate::view;
use crate::view::live::Own;

/// What the task works with.
#[derive(Debug)]
pub struct Keeper {
    /// Rosters, people, and the attendance itself.
    pub known: Known,
    /// Where members are told.
    pub hub: Hub,
    /// Reads.
    pub store: Store,
    /// Writes.
    pub writer: WriterHandle,
    /// The calls.
    pub calls: Calls,
}

async fn commit(writer: &WriterHandle, command: Command) -> Outcome {
    match writer.submit(command) {
        Ok(ticket) => ticket.await,
        Err(busy) => Outcome::Refused(busy.code()),
    }
}

/// Ends the calls that the end of another start cut off, as they were noted.
///
/// # Errors
/// The database fails.
pub async fn end_cut_off(store: &Store, writer: &WriterHandle) -> Result<(), Fault> {
    for open in store.open_calls().await? {
        let end = open.end(clock::now(), open.noted_at);
        match commit(writer, Command::Append(end)).await {
            Outcome::Done(_) | Outcome::Duplicate(_) => {
                tracing::info!(room = %open.room, "ended a call that a restart had cut off");
            }
            Outcome::Refused(code) => {
                tracing::error!(room = %open.room, code = code.name(), "a call could not be ended");
            }
            Outcome::Fault(fault) => return Err(fault),
        }
    }
    Ok(())
}

/// The room and the person of an event, if it is about the place's own.
fn ours(call: &CallInfo, participant: &Participant) -> Option<(RoomId, PersonId)> {
    let room = call.name.as_str().parse().ok()?;
    Some((room, participant.identity.as_str().parse().ok()?))
}

fn name_of(room: RoomId) -> CallName {
    CallName::from(room.to_string())
}

impl Keeper {
    fn attendance(&self) -> &Attendance {
        &self.known.attendance
    }

    /// Keeps the attendance until the calls are gone.
    pub async fn run(self, mut events: broadcast::Receiver<CallEvent>) {
        let mut changed = ChangedRooms::default();
        let mut note = tokio::time::interval(Duration::from_millis(CALL_NOTED_EVERY_MS));
        loop {
            let next = changed.next_at(Instant::now());
            let kept = tokio::select! {
                event = events.recv() => match event {
                    Ok(event) => self.happened(&event, &mut changed).await,
                    Err(RecvError::Lagged(missed)) => {
                        tracing::warn!(missed, "events of calls were missed; looking at all calls");
                        self.look_again(&mut changed).await
                    }
                    Err(RecvError::Closed) => return,
                },
                () = self.attendance().0.doubted.notified() => self.judge().await,
                () = until(next) => self.tell(&mut changed).await,
                _ = note.tick() => {
                    self.note();
                    Ok(())
                }
            };
            if let Err(fault) = kept {
                tracing::error!(%fault, "what happened in a call could not be kept");
            }
        }
    }

    async fn happened(&self, event: &CallEvent, changed: &mut ChangedRooms) -> Result<(), Fault> {
        match event {
            CallEvent::Joined { call, participant } => {
                if let Some(who) = ours(call, participant) {
                    self.came(who, participant, changed).await?;
                }
            }
            CallEvent::Left {
                call, participant, ..
            } => {
                if let Some((room, _)) = ours(call, participant)
                    && (self.attendance().board()).went(clock::now(), room, participant.id)
                {
                    changed.changed(room);
                }
            }
            CallEvent::Ended { call, .. } => {
                if let Ok(room) = call.name.as_str().parse() {
                    self.ended(room, changed).await;
                }
            }
            CallEvent::Started(_)
            | CallEvent::TrackPublished { .. }
            | CallEvent::TrackUnpublished { .. } => {}
        }
        Ok(())
    }

    /// Somebody is in a call. Whoever lost the right since their token was made goes again.
    async fn came(
        &self,
        (room, person): (RoomId, PersonId),
        participant: &Participant,
        changed: &mut ChangedRooms,
    ) -> Result<(), Fault> {
        if self.grants(room, person).await?.is_none() {
            self.take_out(room, person).await;
            return Ok(());
        }
        if self.attendance().origin(room).is_none() && !self.begin(room, person).await? {
            // Nobody will name the call otherwise; who may not start one has just done so.
            let _ = self.calls.delete(name_of(room)).await;
            return Ok(());
        }
        let stay = (participant.id, person);
        let is_new = (self.attendance().board()).came(room, stay, participant.joined_at);
        if is_new {
            self.note();
        }
        changed.changed(room);
        Ok(())
    }

    /// Writes down that a call began, and rings. False when the person may not start one.
    async fn begin(&self, room: RoomId, person: PersonId) -> Result<bool, Fault> {
        let now = clock::now();
        let (id, mut tries) = (CallId(clock::mint()), 0);
        loop {
            let Some((roster, actor)) = self.facts(room, person).await? else {
                return Ok(false);
            };
            let Ok(start) = call::start(now, standing(&roster, actor), id) else {
                return Ok(false);
            };
            match commit(&self.writer, Command::Append(start)).await {
                Outcome::Refused(Code::Conflict) if tries == 0 => {
                    tries += 1;
                    self.end_stale(room).await?;
                }
                Outcome::Refused(Code::Forbidden | Code::NotFound | Code::RoomArchived) => {
                    return Ok(false);
                }
                outcome => {
                    if !matches!(outcome, Outcome::Done(_)) {
                        tracing::error!(?outcome, %room, "a call goes on that no log tells of");
                    }
                    self.attendance().board().began(OpenCall {
                        room,
                        call: id,
                        started_by: person,
                        started_at: now,
                        noted_at: now,
                        participants: vec![person],
                    });
                    self.ring(&roster, (id, person));
                    return Ok(true);
                }
            }
        }
    }

    /// A call stands in the log as going on that nobody is in: its end could not be written.
    async fn end_stale(&self, room: RoomId) -> Result<(), Fault> {
        let open = self.store.open_calls().await?;
        for open in open.iter().filter(|open| open.room == room) {
            let end = open.end(clock::now(), open.noted_at);
            commit(&self.writer, Command::Append(end)).await;
        }
        Ok(())
    }

    /// In a talk of a few people the others are called.
    fn ring(&self, roster: &Roster, (call, from): (CallId, PersonId)) {
        match roster.room.kind {
            RoomKind::Open | RoomKind::Closed => return,
            RoomKind::Direct | RoomKind::Group => {}
        }
        let room = roster.room.id;
        let others = roster.members.iter().filter(|member| **member != from);
        tell_people(&self.hub, others, || {
            view::json(&Own::Ring { room, call, from })
        });
    }

    async fn ended(&self, room: RoomId, changed: &mut ChangedRooms) {
        let end = self.attendance().board().ended(clock::now(), room);
        if let Some(end) = end {
            let outcome = commit(&self.writer, Command::Append(end)).await;
            if !matches!(outcome, Outcome::Done(_)) {
                tracing::error!(?outcome, %room, "the end of a call could not be written");
            }
            changed.changed(room);
        }
    }

    /// Tells the members of rooms whose calls changed.
    async fn tell(&self, changed: &mut ChangedRooms) -> Result<(), Fault> {
        for room in changed.due(Instant::now()) {
            let members = self.known.rosters.members(&self.store, room).await?;
            let call = self.attendance().seen(room);
            tell_people(&self.hub, members.iter(), || {
                view::json(&Own::Call { room, call })
            });
        }
        Ok(())
    }

    /// Notes on disk which calls go on. When that fails, an older note stands.
    fn note(&self) {
        let notes = self.attendance().board().notes(clock::now());
        if !notes.is_empty() {
            let _ = self.writer.submit(Command::NoteCalls(notes));
        }
    }

    /// Compares what is kept with what is so, after events were missed.
    async fn look_again(&self, changed: &mut ChangedRooms) -> Result<(), Fault> {
        let Ok(calls) = self.calls.list(Vec::new()).await else {
            return Ok(());
        };
        let there: Vec<RoomId> = calls
            .iter()
            .filter_map(|call| call.name.as_str().parse().ok())
            .collect();
        let kept = self.attendance().board().rooms();
        for room in kept {
            if !there.contains(&room) {
                self.ended(room, changed).await;
            }
        }
        for room in there {
            let Ok(participants) = self.calls.participants(name_of(room)).await else {
                continue;
            };
            for participant in &participants {
                if let Ok(person) = participant.identity.as_str().parse() {
                    self.came((room, person), participant, changed).await?;
                }
            }
            let ids: Vec<_> = participants.iter().map(|it| it.id).collect();
            self.attendance().board().only(clock::now(), room, &ids);
            changed.changed(room);
        }
        Ok(())
    }

    /// Looks again at who may be in a call and who may speak there.
    async fn judge(&self) -> Result<(), Fault> {
        let rooms = std::mem::take(&mut *self.attendance().doubtful());
        for room in rooms {
            for (person, _) in self.attendance().people(room) {
                match self.grants(room, person).await? {
                    None => self.take_out(room, person).await,
                    Some(grants) => self.let_speak((room, person), grants.speak).await,
                }
            }
        }
        Ok(())
    }

    async fn let_speak(&self, (room, person): (RoomId, PersonId), speak: bool) {
        let identity = Identity::from(person.to_string());
        let found = self.calls.participant(name_of(room), identity.clone());
        let Ok(participant) = found.await else {
            return;
        };
        if participant.grants.publish == speak {
            return;
        }
        let change = ParticipantChange {
            grants: Some(domain::call::Grants {
                publish: speak,
                ..(*participant.grants).clone()
            }),
            ..ParticipantChange::default()
        };
        // Who has gone meanwhile is judged when they come again.
        let _ = self.calls.update(name_of(room), identity, change).await;
    }

    async fn take_out(&self, room: RoomId, person: PersonId) {
        let identity = Identity::from(person.to_string());
        let _ = self.calls.remove(name_of(room), identity).await;
    }

    async fn facts(
        &self,
        room: RoomId,
        person: PersonId,
    ) -> Result<Option<(Roster, Actor)>, Fault> {
        let known = self.known.directory.person(person);
        let Some(person) = known.filter(|person| person.deactivated_at.is_none()) else {
            return Ok(None);
        };
        let roster = self.known.rosters.roster(&self.store, room).await?;
        Ok(roster.map(|roster| (roster, Actor::from(&*person))))
    }

    /// What somebody may do in a call that goes on; none for who may not be there.
    async fn grants(&self, room: RoomId, person: PersonId) -> Result<Option<Grants>, Fault> {
        if self.attendance().is_barred(room, person) {
            return Ok(None);
        }
        let Some((roster, actor)) = self.facts(room, person).await? else {
            return Ok(None);
        };
        let member = self.store.member(room, person).await?;
        let chosen = member.is_some_and(|member| member.may_speak);
        Ok(call::join(standing(&roster, actor), true, chosen).ok())
    }
}

fn standing(roster: &Roster, actor: Actor) -> Standing<'_> {
    Standing {
        actor,
        room: &roster.room,
        member: roster.members.contains(&actor.id),
    }
}

/// Ends every call that is kept, as the server goes down.
pub async fn end_all(attendance: &Attendance, writer: &WriterHandle) {
    let now: UnixMs = clock::now();
    let rooms = attendance.board().rooms();
    for room in rooms {
        let end = attendance.board().ended(now, room);
        if let Some(end) = end {
            commit(writer, Command::Append(end)).await;
        }
    }
}
