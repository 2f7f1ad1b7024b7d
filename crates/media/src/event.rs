//! What becomes of a call, as the media server tells it.

use bytes::Bytes;

use crate::command::{Lane, Layers};
use crate::id::{PeerId, RoomId, TrackId};

/// How loud somebody is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Loudness {
    /// Which sound.
    pub track: TrackId,
    /// 0 is silence, 1 as loud as can be; a linear scale in steps of an eighth.
    pub level: f32,
}

/// How well somebody is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quality {
    /// Nothing arrives any more.
    Lost,
    /// Hard to follow.
    Poor,
    /// Now and then a flaw.
    Good,
    /// As it should be.
    Excellent,
}

/// What the media server tells.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Ice and DTLS stand.
    Connected(PeerId),
    /// Nothing has been heard for long, or the other side closed: the peer is forgotten here.
    Disconnected(PeerId),
    /// The first packet of a track has come.
    Flowing(TrackId),
    /// Who speaks, loudest first; told when it changes.
    Speakers {
        /// Where.
        room: RoomId,
        /// Who.
        speakers: Vec<Loudness>,
        /// Whose level is another than before; 0 for who fell silent.
        changed: Vec<Loudness>,
    },
    /// How well a peer is connected, every few seconds when it changes.
    Quality {
        /// Who.
        peer: PeerId,
        /// How well.
        quality: Quality,
        /// The same as a number, 0 to 5 as of the ITU's opinion score.
        score: f32,
    },
    /// A subscription was paused because bandwidth is short, or goes on.
    Paused {
        /// Who.
        peer: PeerId,
        /// What.
        track: TrackId,
        /// Paused or not.
        paused: bool,
    },
    /// The largest layers that anybody wants of a track, `None` when nobody wants any: its
    /// publisher may stop encoding the others.
    Wanted {
        /// Which.
        track: TrackId,
        /// How much.
        most: Option<Layers>,
    },
    /// The data channels of a peer are open.
    DataOpen(PeerId),
    /// A packet of a data channel.
    Data {
        /// From whom.
        peer: PeerId,
        /// How it travelled.
        lane: Lane,
        /// What.
        bytes: Bytes,
    },
}
