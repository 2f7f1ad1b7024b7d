//! Participants: who is in a call, and what they may do there.

use std::collections::BTreeMap;
use std::sync::Arc;

use base::UnixMs;

use super::id::{Identity, ParticipantId};
use super::track::{Source, Track};

/// What somebody may do in a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grants {
    /// Hear and see others.
    pub subscribe: bool,
    /// Publish tracks.
    pub publish: bool,
    /// Send data.
    pub publish_data: bool,
    /// Only tracks from there; empty for all.
    pub sources: Vec<Source>,
    /// Change their own name, metadata and attributes.
    pub update_metadata: bool,
    /// Others do not see them.
    pub hidden: bool,
    /// They record.
    pub recorder: bool,
    /// They are a program.
    pub agent: bool,
    /// Hear the figures of others.
    pub subscribe_metrics: bool,
}

impl Default for Grants {
    /// What a token gives that says nothing: everything but changing oneself.
    fn default() -> Self {
        Self {
            subscribe: true,
            publish: true,
            publish_data: true,
            sources: Vec::new(),
            update_metadata: false,
            hidden: false,
            recorder: false,
            agent: false,
            subscribe_metrics: false,
        }
    }
}

impl Grants {
    /// Whether a track from there may be published.
    #[must_use]
    pub fn may_publish(&self, source: Source) -> bool {
        self.publish && (self.sources.is_empty() || self.sources.contains(&source))
    }
}

/// What kind of participant somebody is, as LiveKit tells them apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ParticipantKind {
    /// A person with a client.
    #[default]
    Standard,
    /// Only brings streams in.
    Ingress,
    /// Only takes streams out.
    Egress,
    /// A telephone.
    Sip,
    /// A program.
    Agent,
    /// A connection to another service.
    Connector,
    /// A connection to another call.
    Bridge,
}

/// How far somebody is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Their socket is there.
    #[default]
    Joining,
    /// They have offered media.
    Joined,
    /// Media goes both ways.
    Active,
    /// They have gone.
    Disconnected,
}

/// Why somebody has gone, as LiveKit tells it to clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaveReason {
    /// They wanted to.
    ClientInitiated,
    /// They joined again, from elsewhere.
    DuplicateIdentity,
    /// The server goes down.
    ServerShutdown,
    /// A moderator wanted it.
    ParticipantRemoved,
    /// The call was ended.
    RoomDeleted,
    /// Client and server do not agree on what is there.
    StateMismatch,
    /// They never got as far as media.
    JoinFailure,
    /// Their socket went and did not come back.
    SignalClose,
    /// Their media went and did not come back.
    ConnectionTimeout,
    /// The call ended because it was empty.
    RoomClosed,
}

/// Somebody in a call, as others see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participant {
    /// This stay.
    pub id: ParticipantId,
    /// Who.
    pub identity: Identity,
    /// What they are called.
    pub name: String,
    /// Whatever their application keeps here.
    pub metadata: String,
    /// The same, by name.
    pub attributes: BTreeMap<String, String>,
    /// How far they are.
    pub state: State,
    /// Since when they are here.
    pub joined_at: UnixMs,
    /// Rises with every change.
    pub version: u32,
    /// What they may do.
    pub grants: Arc<Grants>,
    /// What they are.
    pub kind: ParticipantKind,
    /// What they publish, in the order in which it came.
    pub tracks: Vec<Track>,
    /// What their client can do (`ClientInfo.client_protocol`).
    pub client_protocol: i32,
    /// LiveKit's `ClientInfo.Capability`s, by number.
    pub capabilities: Vec<i32>,
    /// Once they have gone.
    pub left: Option<LeaveReason>,
}

impl Participant {
    /// Whether they publish something.
    #[must_use]
    pub fn is_publisher(&self) -> bool {
        !self.tracks.is_empty()
    }
}

/// What is to change about somebody; `None` leaves it as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ParticipantChange {
    /// See [`Participant::name`].
    pub name: Option<String>,
    /// See [`Participant::metadata`].
    pub metadata: Option<String>,
    /// Set one by one; an empty value deletes.
    pub attributes: BTreeMap<String, String>,
    /// See [`Participant::grants`]. Tracks that may not be published any more end.
    pub grants: Option<Grants>,
}
