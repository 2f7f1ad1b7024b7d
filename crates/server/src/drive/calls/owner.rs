//! The task that owns all calls: takes what comes in, one after the other, asks the rules, and has
//! done what they say.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use domain::call::{
    Call, CallEvent, CallId, CallName, CallOptions, LeaveAction, LeaveReason, Output,
    ParticipantId, Refused, Socket, TrackId,
};
use media::{Command, Event};
use tokio::sync::{broadcast, mpsc};
use tokio::time::{MissedTickBehavior, interval};

use base::limits::CALLS_MAX;

use super::handle::{Ends, Item};
use super::line::{Line, Sent};
use super::negotiation::{Deal, Dealt};
use super::request::{Arrangement, Newcomer, Returning};
use super::translate::room_of;
use crate::clock;
use crate::drive::media::MediaThreads;

/// How often it is looked whether somebody's time has come.
const TICK: Duration = Duration::from_millis(500);
/// What is taken at once.
const BATCH: usize = 256;

/// A participant's things that are no rules.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) call: CallId,
    pub(super) arrangement: Arrangement,
    pub(super) line: Option<Line>,
    pub(super) deals: Option<mpsc::Sender<Deal>>,
    /// What they publish or are about to.
    pub(super) tracks: Vec<TrackId>,
    /// The last reliable packet that came from them.
    pub(super) sequence: u32,
    /// Their next socket is closed at once: a drill. Whether before a word.
    pub(super) hangs: Option<bool>,
}

/// All calls.
pub(super) struct Owner {
    pub(super) calls: HashMap<CallId, Call>,
    names: HashMap<CallName, CallId>,
    pub(super) seats: HashMap<ParticipantId, Seat>,
    pub(super) tracks: HashMap<TrackId, CallId>,
    pub(super) threads: Arc<MediaThreads>,
    pub(super) back: mpsc::WeakSender<Item>,
    events: broadcast::Sender<CallEvent>,
    participants_max: u32,
}

impl Owner {
    pub(super) fn new(ends: &Ends, threads: Arc<MediaThreads>, participants_max: u32) -> Self {
        Self {
            calls: HashMap::new(),
            names: HashMap::new(),
            seats: HashMap::new(),
            tracks: HashMap::new(),
            threads,
            back: ends.back.clone(),
            events: ends.events.clone(),
            participants_max,
        }
    }

    /// Works until the last handle is dropped.
    pub(super) async fn run(
        mut self,
        mut items: mpsc::Receiver<Item>,
        mut media: mpsc::Receiver<Vec<Event>>,
    ) {
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut batch = Vec::new();
        loop {
            tokio::select! {
                count = items.recv_many(&mut batch, BATCH) => {
                    if count == 0 {
                        return;
                    }
                    for item in batch.drain(..) {
                        self.take(item);
                    }
                }
                Some(events) = media.recv() => {
                    for event in events {
                        self.hear(event);
                    }
                }
                _ = tick.tick() => self.due(),
            }
        }
    }

    fn take(&mut self, item: Item) {
        match item {
            Item::Ask(ask) => self.answer(ask),
            Item::Join(newcomer) => self.join(*newcomer),
            Item::Return(returning) => self.come_back(*returning),
            Item::Request(id, socket, request) => {
                let seat = self.seats.get(&id);
                let Some(call) = seat.map(|seat| seat.call) else {
                    return;
                };
                // What comes over a socket that was replaced is not theirs any more.
                let theirs = self.calls.get(&call).and_then(|call| call.socket(id));
                if theirs == Some(socket) {
                    self.request(call, id, request);
                }
            }
            Item::Lost(id, socket) => self.lost(id, socket),
            Item::Dealt(id, dealt) => self.dealt(id, dealt),
        }
    }

    /// The call of a name, made when it is not there.
    ///
    /// # Errors
    /// [`Refused::TooManyCalls`].
    pub(super) fn open(&mut self, name: CallName, options: CallOptions) -> Result<CallId, Refused> {
        if let Some(id) = self.names.get(&name) {
            return Ok(*id);
        }
        if self.calls.len() >= CALLS_MAX {
            return Err(Refused::TooManyCalls);
        }
        let id = CallId(rand::random());
        let (call, outputs) = Call::open(clock::now(), id, name.clone(), options);
        self.names.insert(name, id);
        self.calls.insert(id, call);
        self.command(id, vec![Command::OpenRoom(room_of(id))]);
        self.carry_out(id, outputs);
        Ok(id)
    }

    /// The call of a name.
    ///
    /// # Errors
    /// [`Refused::NoCall`].
    pub(super) fn named(&self, name: &CallName) -> Result<CallId, Refused> {
        self.names.get(name).copied().ok_or(Refused::NoCall)
    }

    /// Ends a call.
    pub(super) fn end(&mut self, id: CallId, reason: LeaveReason) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let name = call.info().name.clone();
        let outputs = call.close(clock::now(), reason);
        self.carry_out(id, outputs);
        self.calls.remove(&id);
        self.names.remove(&name);
        self.command(id, vec![Command::CloseRoom(room_of(id))]);
    }

    fn join(&mut self, newcomer: Newcomer) {
        let Newcomer {
            call,
            options,
            joining,
            arrangement,
            line,
        } = newcomer;
        let (id, most) = (joining.id, self.participants_max);
        let joined = self.open(call, options).and_then(|call_id| {
            let call = self.calls.get_mut(&call_id).ok_or(Refused::NoCall)?;
            let (welcome, outputs) = call.join(clock::now(), joining, most)?;
            Ok((call_id, welcome, outputs))
        });
        match joined {
            Ok((call, welcome, outputs)) => {
                // The line is new, so there is room on it, here and below.
                let _ = line.try_send(Sent::Joined(Box::new(welcome)));
                let seat = Seat {
                    call,
                    arrangement,
                    line: Some(line),
                    deals: None,
                    tracks: Vec::new(),
                    sequence: 0,
                    hangs: None,
                };
                self.seats.insert(id, seat);
                self.carry_out(call, outputs);
            }
            Err(refused) => {
                let _ = line.try_send(Sent::Refused(refused));
            }
        }
    }

    fn come_back(&mut self, returning: Returning) {
        let id = returning.id;
        let known = self.named(&returning.call).ok().filter(|call| {
            let participant = self.calls.get(call).and_then(|call| call.participant(id));
            participant.is_some_and(|it| it.identity == returning.identity)
        });
        let resumed = known.and_then(|call_id| {
            let call = self.calls.get_mut(&call_id)?;
            Some((call_id, call.resume(id, returning.socket).ok()?))
        });
        let (Some((call, (welcome, outputs))), Some(seat)) = (resumed, self.seats.get_mut(&id))
        else {
            let why = (LeaveReason::StateMismatch, LeaveAction::Reconnect);
            let _ = returning.line.try_send(Sent::Unknown(why.0, why.1));
            return;
        };
        let hangs = seat.hangs.take();
        if hangs != Some(true) {
            let resumed = Sent::Resumed(Box::new(welcome), seat.sequence);
            let _ = returning.line.try_send(resumed);
        }
        // The socket of before closes without a word.
        seat.line = hangs.is_none().then_some(returning.line);
        self.carry_out(call, outputs);
        self.deal(id, Deal::Return);
    }

    pub(super) fn lost(&mut self, id: ParticipantId, socket: Socket) {
        let Some(seat) = self.seats.get_mut(&id) else {
            return;
        };
        let call_id = seat.call;
        if let Some(call) = self.calls.get_mut(&call_id)
            && call.socket(id) == Some(socket)
        {
            seat.line = None;
            let outputs = call.lose(clock::now(), id, socket);
            self.carry_out(call_id, outputs);
        }
    }

    fn dealt(&mut self, id: ParticipantId, dealt: Dealt) {
        let Some(call) = self.seats.get(&id).map(|seat| seat.call) else {
            return;
        };
        match dealt {
            Dealt::Answered(description, agreed) => {
                self.send(id, Sent::Answer(description));
                self.with(call, |call| call.agreed(id, &agreed));
            }
            Dealt::Agreed(agreed) => self.with(call, |call| call.agreed(id, &agreed)),
            Dealt::Offered(description) => self.send(id, Sent::Offer(description)),
            Dealt::Sections { audios, videos } => {
                self.send(id, Sent::Sections { audios, videos });
            }
            Dealt::Failed(error) => {
                tracing::debug!(%id, %error, "a session description can not be used");
                let why = (LeaveReason::StateMismatch, LeaveAction::Reconnect);
                self.with(call, |call| call.send_away(clock::now(), id, why));
            }
            Dealt::Busy => self.give_up(id),
        }
    }

    /// Asks the rules of a call and does what they say.
    pub(super) fn with(&mut self, id: CallId, ask: impl FnOnce(&mut Call) -> Vec<Output>) {
        if let Some(call) = self.calls.get_mut(&id) {
            let outputs = ask(call);
            self.carry_out(id, outputs);
        }
    }

    /// Somebody for whom things can not go on joins anew.
    pub(super) fn give_up(&mut self, id: ParticipantId) {
        if let Some(call) = self.seats.get(&id).map(|seat| seat.call) {
            tracing::warn!(%id, "a participant joins anew: their queue is full");
            let why = (LeaveReason::StateMismatch, LeaveAction::Reconnect);
            self.with(call, |call| call.send_away(clock::now(), id, why));
        }
    }

    pub(super) fn note(&self, event: CallEvent) {
        // Nobody follows.
        let _ = self.events.send(event);
    }

    fn due(&mut self) {
        let now = clock::now();
        let late = self.calls.iter();
        let late = late.filter(|(_, call)| call.deadline().is_some_and(|at| at <= now));
        let late: Vec<_> = late.map(|(id, _)| *id).collect();
        for id in late {
            self.with(id, |call| call.due(now));
            if self.calls.get(&id).is_some_and(|call| call.is_over(now)) {
                self.end(id, LeaveReason::RoomClosed);
            }
        }
    }
}
