//! The media server (SFU), pure: packets and commands in, packets and events out.
//!
//! Never touches a socket, a thread, a clock or randomness: time comes with every call, secrets with
//! [`Config`]. `server::drive::media` runs it on plain threads; `server::drive::calls` tells it what
//! the people of a call want and hears what became of it. It knows no names and no rules of a call:
//! rooms, peers and tracks are numbers that its caller makes.

pub mod allocate;
mod command;
pub mod descriptor;
mod event;
pub mod forward;
mod id;
pub mod keyframe;
pub mod layer;
pub mod munge;
pub mod packet;
pub mod payload;
pub mod quality;
pub mod red;
pub mod source;
pub mod speakers;
pub mod window;

pub use command::{Codec, Command, Data, Lane, Layers, MediaKind, Publication, Settings};
pub use event::{Event, Loudness, Quality};
pub use id::{PeerId, RoomId, TrackId};
