//! The handle of the calls: what the server's API, moderators and the product ask for.

use std::sync::Arc;

use base::limits::{CALL_EVENTS_WAITING_MAX, CALL_REQUESTS_WAITING_MAX};
use bytes::Bytes;
use domain::call::{
    CallEvent, CallInfo, CallName, CallOptions, Identity, Participant, ParticipantChange,
    ParticipantId, Refused, Socket, Track, TrackId,
};
use tokio::sync::{broadcast, mpsc, oneshot};

use super::negotiation::Dealt;
use super::request::{Newcomer, Request, Returning};

/// How a data packet travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataLane {
    /// In order, all of it.
    Reliable,
    /// What is lost is lost.
    Lossy,
}

/// Data that the server sends into a call, as from nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentData {
    /// What.
    pub payload: Bytes,
    /// What it is about, as participants listen to it.
    pub topic: Option<String>,
    /// How.
    pub lane: DataLane,
    /// To whom; empty for everybody.
    pub to: Vec<Identity>,
    /// The sender's own id of it (`nonce`), so that it is taken once.
    pub nonce: Vec<u8>,
}

/// An answer of the task that owns the calls.
type Reply<T> = oneshot::Sender<Result<T, Refused>>;

/// What the task that owns the calls is asked.
#[derive(Debug)]
pub(super) enum Ask {
    Create(CallName, CallOptions, Reply<Arc<CallInfo>>),
    List(Vec<CallName>, Reply<Vec<Arc<CallInfo>>>),
    Delete(CallName, Reply<()>),
    Metadata(CallName, String, Reply<Arc<CallInfo>>),
    Participants(CallName, Reply<Vec<Participant>>),
    Participant(CallName, Identity, Reply<Participant>),
    Remove(CallName, Identity, Reply<()>),
    Mute(CallName, Identity, TrackId, bool, Reply<Track>),
    Update(CallName, Identity, ParticipantChange, Reply<Participant>),
    Subscriptions(CallName, Identity, Vec<TrackId>, bool, Reply<()>),
    SendData(CallName, SentData, Reply<()>),
}

/// What comes to the task that owns the calls, in order.
#[derive(Debug)]
pub(super) enum Item {
    Ask(Ask),
    Join(Box<Newcomer>),
    Return(Box<Returning>),
    Request(ParticipantId, Socket, Request),
    /// A socket has gone.
    Lost(ParticipantId, Socket),
    /// What became of offers and answers.
    Dealt(ParticipantId, Dealt),
}

/// The calls of this server.
///
/// Cheap to clone. Every question waits for its turn in a bounded queue; [`Refused::Busy`] tells
/// that the server goes down.
#[derive(Debug, Clone)]
pub struct Calls {
    items: mpsc::Sender<Item>,
    events: broadcast::Sender<CallEvent>,
}

/// The other ends of a handle, for the task that owns the calls.
pub(super) struct Ends {
    pub(super) items: mpsc::Receiver<Item>,
    /// For tasks that report to it; weak, so that the last handle ends it.
    pub(super) back: mpsc::WeakSender<Item>,
    pub(super) events: broadcast::Sender<CallEvent>,
}

impl Calls {
    pub(super) fn new() -> (Self, Ends) {
        let (items, received) = mpsc::channel(CALL_REQUESTS_WAITING_MAX);
        let (events, _) = broadcast::channel(CALL_EVENTS_WAITING_MAX);
        let ends = Ends {
            items: received,
            back: items.downgrade(),
            events: events.clone(),
        };
        (Self { items, events }, ends)
    }

    /// Makes a call, or changes nothing about one that is there.
    ///
    /// # Errors
    /// [`Refused::TooManyCalls`], [`Refused::TooLong`].
    pub async fn create(
        &self,
        name: CallName,
        options: CallOptions,
    ) -> Result<Arc<CallInfo>, Refused> {
        self.ask(|reply| Ask::Create(name, options, reply)).await
    }

    /// The calls of these names, or all of them when no name is given.
    ///
    /// # Errors
    /// [`Refused::Busy`] only.
    pub async fn list(&self, names: Vec<CallName>) -> Result<Vec<Arc<CallInfo>>, Refused> {
        self.ask(|reply| Ask::List(names, reply)).await
    }

    /// Ends a call: everybody is told and goes.
    ///
    /// # Errors
    /// [`Refused::NoCall`].
    pub async fn delete(&self, name: CallName) -> Result<(), Refused> {
        self.ask(|reply| Ask::Delete(name, reply)).await
    }

    /// Sets the metadata of a call; everybody in it is told.
    ///
    /// # Errors
    /// [`Refused::NoCall`], [`Refused::TooLong`].
    pub async fn metadata(
        &self,
        name: CallName,
        metadata: String,
    ) -> Result<Arc<CallInfo>, Refused> {
        self.ask(|reply| Ask::Metadata(name, metadata, reply)).await
    }

    /// Who is in a call, hidden ones included.
    ///
    /// # Errors
    /// [`Refused::NoCall`].
    pub async fn participants(&self, name: CallName) -> Result<Vec<Participant>, Refused> {
        self.ask(|reply| Ask::Participants(name, reply)).await
    }

    /// Somebody in a call.
    ///
    /// # Errors
    /// [`Refused::NoCall`], [`Refused::NoParticipant`].
    pub async fn participant(
        &self,
        name: CallName,
        identity: Identity,
    ) -> Result<Participant, Refused> {
        self.ask(|reply| Ask::Participant(name, identity, reply))
            .await
    }

    /// Sends somebody away. With a token that still holds they may join again.
    ///
    /// # Errors
    /// [`Refused::NoCall`], [`Refused::NoParticipant`].
    pub async fn remove(&self, name: CallName, identity: Identity) -> Result<(), Refused> {
        self.ask(|reply| Ask::Remove(name, identity, reply)).await
    }

    /// Silences a track or lets it be heard again; its publisher is told.
    ///
    /// # Errors
    /// [`Refused::NoCall`], [`Refused::NoParticipant`], [`Refused::NoTrack`].
    pub async fn mute(
        &self,
        name: CallName,
        identity: Identity,
        track: TrackId,
        muted: bool,
    ) -> Result<Track, Refused> {
        self.ask(|reply| Ask::Mute(name, identity, track, muted, reply))
            .await
    }

    /// Changes what is known of somebody and what they may do.
    ///
    /// # Errors
    /// [`Refused::NoCall`], [`Refused::NoParticipant`], [`Refused::TooLong`].
    pub async fn update(
        &self,
        name: CallName,
        identity: Identity,
        change: ParticipantChange,
    ) -> Result<Participant, Refused> {
        self.ask(|reply| Ask::Update(name, identity, change, reply))
            .await
    }

    /// Lets somebody hear tracks, or not. Tracks that are not there are left out.
    ///
    /// # Errors
    /// [`Refused::NoCall`], [`Refused::NoParticipant`].
    pub async fn subscriptions(
        &self,
        name: CallName,
        identity: Identity,
        tracks: Vec<TrackId>,
        subscribed: bool,
    ) -> Result<(), Refused> {
        self.ask(|reply| Ask::Subscriptions(name, identity, tracks, subscribed, reply))
            .await
    }

    /// Sends data into a call.
    ///
    /// # Errors
    /// [`Refused::NoCall`], [`Refused::TooLong`].
    pub async fn send_data(&self, name: CallName, data: SentData) -> Result<(), Refused> {
        self.ask(|reply| Ask::SendData(name, data, reply)).await
    }

    /// What happens in all calls from now on. Who falls behind by more than
    /// `base::limits::CALL_EVENTS_WAITING_MAX` misses some, is told so, and reads what is there.
    #[must_use]
    pub fn follow(&self) -> broadcast::Receiver<CallEvent> {
        self.events.subscribe()
    }

    async fn ask<T>(&self, ask: impl FnOnce(Reply<T>) -> Ask) -> Result<T, Refused> {
        let (reply, answer) = oneshot::channel();
        self.put(Item::Ask(ask(reply))).await?;
        answer.await.unwrap_or(Err(Refused::Busy))
    }

    /// Somebody is at the door; what becomes of it is told on their line.
    pub(crate) async fn join(&self, newcomer: Newcomer) -> Result<(), Refused> {
        self.put(Item::Join(Box::new(newcomer))).await
    }

    /// Somebody is back; what becomes of it is told on their line.
    pub(crate) async fn come_back(&self, returning: Returning) -> Result<(), Refused> {
        self.put(Item::Return(Box::new(returning))).await
    }

    /// Somebody asks for something, over this socket of theirs.
    pub(crate) async fn request(
        &self,
        id: ParticipantId,
        socket: Socket,
        request: Request,
    ) -> Result<(), Refused> {
        self.put(Item::Request(id, socket, request)).await
    }

    /// Their socket has gone.
    pub(crate) async fn lost(&self, id: ParticipantId, socket: Socket) {
        // The calls have ended: there is nobody to tell.
        let _ = self.put(Item::Lost(id, socket)).await;
    }

    async fn put(&self, item: Item) -> Result<(), Refused> {
        self.items.send(item).await.map_err(|_| Refused::Busy)
    }
}
