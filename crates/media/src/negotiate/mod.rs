//! Offers and answers (RFC 8829, 9429) of one peer connection.
//!
//! Pure: texts in, texts and small [`Change`]s out. Never touches a packet; runs on the side of the
//! signalling, because parsing an offer costs more than forwarding a thousand packets. Whoever owns
//! a peer's signalling owns its [`Negotiation`].

mod codecs;
mod line;
mod negotiation;
mod sdp;
mod text;

use core::net::SocketAddr;
use std::collections::BTreeMap;

use crate::change::{Change, Credentials, Mid};
use crate::command::{Codec, MediaKind};
use crate::id::{PeerId, TrackId};
use crate::stun::fragment;

pub use negotiation::Negotiation;

/// What this side is for one peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Local {
    /// Credentials. The fragment says which worker owns the peer.
    pub credentials: Credentials,
    /// The SHA-256 of our certificate.
    pub fingerprint: [u8; 32],
    /// Where we listen, the best first.
    pub candidates: Vec<Candidate>,
    /// Random bits: sources and the session number come of it.
    pub seed: u64,
}

/// Where one can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// The address.
    pub address: SocketAddr,
    /// Over TCP (RFC 6544, passive) instead of UDP.
    pub tcp: bool,
}

/// What a peer connection is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The client offers, sends and receives on it.
    Single,
    /// The client offers and sends on it.
    Publisher,
    /// We offer, the client receives on it.
    Subscriber,
}

/// Why a description was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SdpError {
    /// It is no SDP, or it lacks what the standard demands. The name of what is wrong.
    #[error("no session description: {0}")]
    Malformed(&'static str),
    /// Larger than a limit.
    #[error("too large: {0}")]
    TooLarge(&'static str),
    /// Not what this kind of connection speaks.
    #[error("not supported: {0}")]
    Unsupported(&'static str),
    /// Not now: an offer to a subscriber, an answer without an offer.
    #[error("out of order")]
    OutOfOrder,
}

/// What a client offers to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// The sections in which it sends, those that are published already too.
    pub sections: Vec<Section>,
}

/// A section in which a client sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Its name.
    pub mid: Mid,
    /// Sound or picture.
    pub kind: MediaKind,
    /// The client's own name of the track: the second word of `a=msid`, if there is one.
    pub cid: Option<String>,
    /// What it can be encoded in, the client's favourite first.
    pub codecs: Vec<Codec>,
    /// The layers of a simulcast in the order of the offer.
    pub rids: Vec<String>,
    /// The track it was published as.
    pub track: Option<TrackId>,
}

/// Whether there is a section for a track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assigned {
    /// The next answer (or offer of ours) carries it there.
    Section(Mid),
    /// The client has to offer so many more sections first, those for tracks that wait already
    /// included. The track stays noted and takes a place as soon as there is one.
    NeedSections {
        /// For sound.
        audios: u32,
        /// For pictures.
        videos: u32,
    },
}

/// A description for the client, and what follows from it here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The session description.
    pub text: String,
    /// The sections in which the client receives, and the [`Assignment::id`] of what each carries.
    pub mid_to_track_id: BTreeMap<String, String>,
    /// For the worker.
    pub changes: Vec<Change>,
}

/// A track for a client, as it will know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The first word of `a=msid`: `PA_x|TR_y`.
    pub stream: String,
    /// The second: `TR_y`.
    pub id: String,
    /// Sound or picture.
    pub kind: MediaKind,
    /// What it is encoded in.
    pub codec: Codec,
}

/// What a client sends in a section, as it was announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Which track. Two sections may be one track: the same picture in another codec.
    pub track: TrackId,
    /// Whether the client shall send next to nothing while nobody speaks; sound only.
    pub dtx: bool,
}

impl Local {
    /// What we are for a peer of a worker. `random` comes from the system and is used up by it.
    #[must_use]
    pub fn new(
        (worker, peer): (u8, PeerId),
        fingerprint: [u8; 32],
        candidates: Vec<Candidate>,
        random: [u8; 36],
    ) -> Self {
        const LETTERS: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let (begin, rest) = random.split_at(4);
        let (seed, password) = rest.split_at(8);
        let number = |bytes: &[u8]| bytes.iter().fold(0, |all, it| all << 8 | u64::from(*it));
        // Six bits each of twenty-four bytes: RFC 8445, 5.3 asks for 128 bits at least.
        let letter = |byte: &u8| char::from(LETTERS[usize::from(byte & 63)]);
        let (begin, pwd) = (number(begin), password.iter().map(letter).collect());
        Self {
            credentials: Credentials {
                ufrag: fragment(worker, peer, begin),
                pwd,
            },
            fingerprint,
            candidates,
            seed: number(seed),
        }
    }
}
