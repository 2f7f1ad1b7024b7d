//! The media server (SFU), pure: packets and commands in, packets and events out.
//!
//! Never touches a socket, a thread, a clock or randomness: time comes with every call, secrets
//! with [`Config`]. `server::drive::media` runs it on plain threads; `server::drive::calls` tells
//! it what the people of a call want and hears what became of it. It knows no names and no rules of
//! a call: rooms, peers and tracks are numbers that its caller makes.

pub mod allocate;
mod change;
mod command;
mod demux;
pub mod descriptor;
mod event;
pub mod forward;
mod id;
pub mod keyframe;
pub mod layer;
pub mod munge;
mod negotiate;
pub mod packet;
pub mod payload;
mod peer;
mod peers;
pub mod quality;
pub mod red;
mod room;
pub mod source;
pub mod speakers;
mod stun;
mod subscriber;
mod track;
pub mod window;
mod worker;

pub use change::{
    Change, Credentials, Extension, Mid, Payload, Profile, Receiving, Remote, Sending, Transport,
};
pub use command::{Codec, Command, Data, Lane, Layers, MediaKind, Publication, Settings};
pub use event::{Event, Loudness, Quality};
pub use id::{PeerId, RoomId, TrackId};
pub use negotiate::{
    Answer, Assigned, Assignment, Candidate, Local, Negotiation, Offered, Published, Role,
    SdpError, Section,
};
pub use peer::Certificate;
pub use stun::worker_of;
pub use worker::{Carrier, Census, Config, Datagram, Heard, Outgoing, Worker};
