//! What is told of whole calls, to those who are not in them.

use std::sync::Arc;

use base::UnixMs;

use super::id::{CallId, CallName, Identity};
use super::participant::{LeaveReason, Participant};
use super::track::Track;

/// What whoever makes a call may ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallOptions {
    /// How long a call waits for the first participant, in seconds.
    pub empty_timeout_s: u32,
    /// How long it goes on without anybody, after somebody was there, in seconds.
    pub departure_timeout_s: u32,
    /// How many may be in it; 0 for as many as the server takes.
    pub participants_max: u32,
    /// Whatever the application keeps here.
    pub metadata: String,
}

impl Default for CallOptions {
    fn default() -> Self {
        Self {
            empty_timeout_s: 300,
            departure_timeout_s: 20,
            participants_max: 0,
            metadata: String::new(),
        }
    }
}

/// A call, as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallInfo {
    /// Which.
    pub id: CallId,
    /// Under which name.
    pub name: CallName,
    /// Since when.
    pub started_at: UnixMs,
    /// What was asked for.
    pub options: CallOptions,
    /// How many are in it, without the hidden ones.
    pub participants_count: u32,
    /// How many of them publish.
    pub publishers_count: u32,
    /// Rises with every change.
    pub version: u32,
}

/// What the product and webhooks hear of calls.
#[derive(Debug, Clone, PartialEq)]
pub enum CallEvent {
    /// A call began.
    Started(Arc<CallInfo>),
    /// A call ended.
    Ended {
        /// What it was.
        call: Arc<CallInfo>,
        /// When.
        ended_at: UnixMs,
        /// Everybody who was in it for a while, hidden ones apart, in the order in which they came.
        identities: Vec<Identity>,
    },
    /// Somebody is in the call; told when their media stands.
    Joined {
        /// Which call.
        call: Arc<CallInfo>,
        /// Who.
        participant: Arc<Participant>,
    },
    /// Somebody has gone.
    Left {
        /// Which call.
        call: Arc<CallInfo>,
        /// Who.
        participant: Arc<Participant>,
        /// Why.
        reason: LeaveReason,
    },
    /// A track is there.
    TrackPublished {
        /// Which call.
        call: Arc<CallInfo>,
        /// By whom.
        participant: Arc<Participant>,
        /// Which.
        track: Arc<Track>,
    },
    /// A track has gone.
    TrackUnpublished {
        /// Which call.
        call: Arc<CallInfo>,
        /// By whom.
        participant: Arc<Participant>,
        /// Which.
        track: Arc<Track>,
    },
}

impl CallEvent {
    /// Which call it is about.
    #[must_use]
    pub fn call(&self) -> &Arc<CallInfo> {
        match self {
            Self::Started(call)
            | Self::Ended { call, .. }
            | Self::Joined { call, .. }
            | Self::Left { call, .. }
            | Self::TrackPublished { call, .. }
            | Self::TrackUnpublished { call, .. } => call,
        }
    }
}
