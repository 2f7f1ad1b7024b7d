//! What participants ask for through their sockets, in the words of `domain::call`.

use domain::call::{
    CallName, CallOptions, Identity, Joining, ParticipantChange, ParticipantId, Permission,
    Setting, Socket, Track, TrackId,
};

use super::line::Line;

/// How a participant's media is arranged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arrangement {
    /// One connection, over which the client offers.
    Single,
    /// One over which the client sends, and one over which it receives: that one is offered to it.
    Dual,
}

/// Somebody at the door.
#[derive(Debug)]
pub(crate) struct Newcomer {
    pub(crate) call: CallName,
    /// Of a call that begins with them.
    pub(crate) options: CallOptions,
    pub(crate) joining: Joining,
    pub(crate) arrangement: Arrangement,
    pub(crate) line: Line,
}

/// Somebody who was in a call and comes back.
#[derive(Debug)]
pub(crate) struct Returning {
    pub(crate) call: CallName,
    pub(crate) id: ParticipantId,
    pub(crate) identity: Identity,
    pub(crate) socket: Socket,
    pub(crate) line: Line,
}

/// What a client tries out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Drill {
    /// They speak, for tests of what is shown then.
    Speak,
    /// Their media is lost.
    LoseMedia,
    /// They are told to come back on a new socket.
    Resume,
    /// They are told to go.
    Leave,
    /// They are told to join anew.
    Reconnect,
    /// Their next socket is closed as soon as they are back, before a word or after the first.
    HangOnResume { silently: bool },
}

/// What a participant asks for.
#[derive(Debug)]
pub(crate) enum Request {
    Offer { sdp: String, id: u32 },
    Answer { sdp: String, id: u32 },
    AddTrack(Box<Track>),
    Mute(TrackId, bool),
    Want(Vec<TrackId>, bool),
    Set(Vec<TrackId>, Setting),
    Permit(Permission),
    Change(u32, ParticipantChange),
    Resize(TrackId, u32, u32),
    Features(TrackId, Vec<i32>),
    Drill(Drill),
    Leave,
}
