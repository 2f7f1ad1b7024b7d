//! What the people of a call want, as the media server is told of it.

use bytes::Bytes;

use crate::change::Change;
use crate::id::{PeerId, RoomId, TrackId};

/// Sound or picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaKind {
    /// Sound.
    Audio,
    /// Picture.
    Video,
}

/// What a track is encoded in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// RFC 7587, with or without RED (RFC 2198) around it.
    Opus,
    /// G.711 µ-law, RFC 3551.
    Pcmu,
    /// G.711 A-law, RFC 3551.
    Pcma,
    /// RFC 7741.
    Vp8,
    /// RFC 9628.
    Vp9,
    /// RFC 6184.
    H264,
    /// The AV1 RTP specification of AOMedia.
    Av1,
}

/// What a publisher announces of a track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// Sound or picture.
    pub kind: MediaKind,
    /// A screen: detail counts more than movement, and it comes first when bandwidth is short.
    pub screen: bool,
    /// The largest picture in pixels, 0 by 0 for sound and where it is unknown.
    pub width: u32,
    /// See `width`.
    pub height: u32,
    /// Payloads are encrypted end to end: nothing may read or rewrite them.
    pub encrypted: bool,
}

/// How far down or up the layers of a picture go: 0 is the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Layers {
    /// Simulcast or SVC spatial layer, 0 to 2.
    pub spatial: u8,
    /// Temporal layer, 0 to 3.
    pub temporal: u8,
}

/// What a subscriber wants of a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Nothing is sent while this is false: the picture is not on anybody's screen.
    pub enabled: bool,
    /// Not more than this.
    pub most: Layers,
    /// Larger comes first when bandwidth is short, 0 to 255.
    pub priority: u8,
}

/// How a data packet travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lane {
    /// In order, all of it.
    Reliable,
    /// What is lost is lost.
    Lossy,
}

/// A packet for the data channels of peers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Data {
    /// Who gets it.
    pub to: Vec<PeerId>,
    /// How.
    pub lane: Lane,
    /// What, as it goes out.
    pub bytes: Bytes,
}

/// What the media server is told. Commands about what does not exist (any more) do nothing.
#[derive(Debug)]
pub enum Command {
    /// A call begins.
    OpenRoom(RoomId),
    /// A call is over: its peers are closed.
    CloseRoom(RoomId),
    /// Somebody begins. Its transport follows with [`Change::Begin`].
    Open {
        /// Where.
        room: RoomId,
        /// As whom.
        peer: PeerId,
    },
    /// Somebody has gone.
    Close(PeerId),
    /// What a negotiation of this peer settled, in the order it was settled.
    Change {
        /// Whose.
        peer: PeerId,
        /// What.
        changes: Vec<Change>,
    },
    /// A peer publishes under a number. Its packets follow once a section is agreed for it.
    Publish {
        /// Who.
        peer: PeerId,
        /// As what.
        track: TrackId,
        /// What is known of it.
        publication: Publication,
    },
    /// A track is over: whoever hears it hears no more.
    Unpublish(TrackId),
    /// Whether a track is silenced by its publisher or by a moderator; packets are dropped then.
    Mute {
        /// Which.
        track: TrackId,
        /// Silenced or not.
        muted: bool,
    },
    /// What a subscriber wants of a track; also before there is a section for it.
    Subscribe {
        /// Who.
        peer: PeerId,
        /// What.
        track: TrackId,
        /// How.
        settings: Settings,
    },
    /// A subscriber wants it no more.
    Unsubscribe {
        /// Who.
        peer: PeerId,
        /// What.
        track: TrackId,
    },
    /// A packet for data channels.
    Send(Data),
}
