//! Calls: who is in one, what they publish, who hears and sees it, and who may do what.
//!
//! Pure: time and random ids come with each input, what is to be done comes out. Knows neither the
//! media server nor LiveKit's messages; `server::drive::calls` owns the state and translates.

mod change;
mod flow;
mod hear;
mod id;
mod info;
mod leave;
mod participant;
mod publish;
mod refused;
mod state;
#[cfg(test)]
mod tests;
mod told;
mod track;

pub use hear::{Listener, Permission, Setting};
pub use id::{CallId, CallName, Identity, NotAnId, ParticipantId, TrackId};
pub use info::{CallEvent, CallInfo, CallOptions};
pub use participant::{
    Grants, LeaveReason, Participant, ParticipantChange, ParticipantKind, State,
};
pub use publish::Agreed;
pub use refused::Refused;
pub use state::{Call, Joining, Socket, Welcome};
pub use told::{ConnectionQuality, LeaveAction, Order, Outcome, Output, Reception, Speaking, Told};
pub use track::{Encryption, Layer, Quality, Source, Track, TrackCodec, TrackKind, TrackTraits};
