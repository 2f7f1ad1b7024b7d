//! What comes out of a call: what participants are told, what the media server is to do, and what
//! the product hears.

use std::sync::Arc;

use super::id::{ParticipantId, TrackId};
use super::info::{CallEvent, CallInfo};
use super::participant::{LeaveReason, Participant};
use super::track::{Quality, Track, TrackKind};

/// What somebody does who is told to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaveAction {
    /// They go.
    Disconnect,
    /// They come back on a new socket and go on.
    Resume,
    /// They join anew.
    Reconnect,
}

/// How loud somebody is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Speaking {
    /// Who.
    pub participant: ParticipantId,
    /// 0 is silence, 1 as loud as can be.
    pub level: f32,
    /// Whether they speak; told once more when they stop.
    pub active: bool,
}

/// How well somebody is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionQuality {
    /// Nothing arrives any more.
    Lost,
    /// Hard to follow.
    Poor,
    /// Now and then a flaw.
    Good,
    /// As it should be.
    Excellent,
}

/// Why something that a participant asked for is not done, or that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Done,
    /// They may not.
    NotAllowed,
    /// More or longer than may be.
    LimitExceeded,
    /// There is no such thing.
    NotFound,
}

/// What participants are told.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// How participants are now.
    Participants(Vec<Arc<Participant>>),
    /// How the call is now.
    Call(Arc<CallInfo>),
    /// Their track has an id.
    TrackPublished {
        /// Their own id of it.
        cid: String,
        /// The track.
        track: Box<Track>,
    },
    /// Their track may not be published.
    TrackRefused {
        /// Their own id of it.
        cid: String,
        /// Why.
        outcome: Outcome,
    },
    /// Their track was ended.
    TrackUnpublished(TrackId),
    /// Somebody hears or sees their track for the first time.
    TrackSubscribed(TrackId),
    /// Their track was silenced, or is let be heard.
    Muted(TrackId, bool),
    /// Whether they may hear a track.
    MayHear {
        /// Whose.
        publisher: ParticipantId,
        /// Which.
        track: TrackId,
        /// Whether.
        allowed: bool,
    },
    /// What became of a request.
    Answer {
        /// The client's number of it.
        request: u32,
        /// What.
        outcome: Outcome,
    },
    /// Who speaks now, and who has stopped.
    Speakers(Vec<Speaking>),
    /// How well participants are connected, and as a score from 0 to 5.
    Quality(Vec<(ParticipantId, ConnectionQuality, f32)>),
    /// Whether a picture stands still because bandwidth is short.
    Paused {
        /// Whose.
        publisher: ParticipantId,
        /// Which.
        track: TrackId,
        /// Whether.
        paused: bool,
    },
    /// The largest layer of their track that anybody wants, `None` for none at all.
    Wanted {
        /// Which.
        track: TrackId,
        /// What it is encoded in.
        mime: String,
        /// How much.
        most: Option<Quality>,
    },
    /// It is over for them.
    Leave(LeaveReason, LeaveAction),
}

/// How a subscriber wants a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reception {
    /// Nothing is sent while this is false.
    pub enabled: bool,
    /// The largest layer, counted from 0.
    pub spatial: u8,
    /// The fastest layer, counted from 0.
    pub temporal: u8,
    /// Larger comes first when bandwidth is short.
    pub priority: u8,
}

/// What the media server is to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Order {
    /// Somebody begins.
    Open(ParticipantId),
    /// Somebody has gone. Their socket is closed too, after what they were told.
    Close(ParticipantId),
    /// Somebody is about to send a track.
    Publish(ParticipantId, Box<Track>),
    /// A track is over.
    Unpublish(ParticipantId, TrackId),
    /// A track is silenced or not.
    Mute(TrackId, bool),
    /// Somebody is to get a track.
    Subscribe {
        /// Who.
        subscriber: ParticipantId,
        /// From whom.
        publisher: ParticipantId,
        /// What.
        track: TrackId,
        /// Sound or picture.
        kind: TrackKind,
        /// What it is encoded in, as `video/VP8`.
        mime: String,
        /// How.
        reception: Reception,
    },
    /// Somebody wants a track otherwise.
    Receive(ParticipantId, TrackId, Reception),
    /// Somebody gets a track no longer.
    Unsubscribe(ParticipantId, TrackId),
}

/// What comes out of a call. To be carried out in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Those are told this.
    Tell(Vec<ParticipantId>, Told),
    /// The media server is to do this.
    Order(Order),
    /// The product and webhooks hear this.
    Noted(CallEvent),
}
