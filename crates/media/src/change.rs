//! What a negotiation settled, in the words of a worker: small, cheap to apply, free of SDP.
//!
//! Made by [`crate::Negotiation`] only; its caller carries a list of them unread to
//! [`crate::Command::Change`].

use crate::command::{Codec, MediaKind};
use crate::id::TrackId;

/// One step. A worker applies the steps of a list in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The transport, once, before anything else.
    Begin(Box<Transport>),
    /// ICE starts anew under other credentials; DTLS and everything above it goes on (RFC 8445, 9).
    RestartIce {
        /// Ours from now on.
        local: Credentials,
        /// Theirs from now on.
        remote: Credentials,
    },
    /// The other side's first answer to our offer: only now is known who it is.
    Answered(Remote),
    /// The other side sends in a section.
    Receive(Receiving),
    /// We send a track in a section.
    Send(Sending),
    /// The other side sends in a section no more.
    StopReceiving(Mid),
    /// We send in a section no more; another track may take its place.
    StopSending(Mid),
    /// Data channels were agreed (RFC 8831).
    OpenData {
        /// Whether we open them, or wait for the other side to do it.
        ours: bool,
    },
    /// Payloads that later sections named. They are received under these numbers as well.
    Learn(Vec<Payload>),
}

/// The name of a section of a session description (RFC 5888). At most sixteen bytes, because it
/// travels in packets; a negotiation refuses longer ones.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mid(pub(crate) String);

impl Mid {
    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What one side proves itself with in ICE (RFC 8445, 5.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user name fragment.
    pub ufrag: String,
    /// The password.
    pub pwd: String,
}

/// Who the other side is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// Its ICE credentials.
    pub credentials: Credentials,
    /// The SHA-256 of its certificate.
    pub fingerprint: [u8; 32],
    /// Whether we are the client of the DTLS handshake.
    pub dtls_client: bool,
}

/// What a connection rests on. Numbers of payloads and of extensions hold for all of its sections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transport {
    /// Our ICE credentials.
    pub local: Credentials,
    /// Who the other side is; `None` while our first offer waits for its answer.
    pub remote: Option<Remote>,
    /// The numbers of payloads, what is first is preferred.
    pub payloads: Vec<Payload>,
    /// The numbers of header extensions (RFC 8285).
    pub extensions: Vec<(u8, Extension)>,
    /// Whether anything will ever be sent to the other side: then bandwidth is measured.
    pub sends: bool,
}

/// What a payload number stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    /// The number.
    pub number: u8,
    /// The number of its repair (RFC 4588), if there is one.
    pub repair: Option<u8>,
    /// The codec.
    pub codec: Codec,
    /// Whether it is packed redundantly (RFC 2198).
    pub red: bool,
    /// What must be equal at both ends for a packet to be forwarded as it is: profile and packing.
    pub profile: Profile,
}

/// What tells two payloads of one codec apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Profile {
    /// `profile-id` of VP9, `profile` of AV1, the first two bytes of `profile-level-id` of H.264.
    pub id: u16,
    /// `packetization-mode` of H.264.
    pub mode: u8,
}

/// The header extensions that are understood here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Extension {
    /// The section (RFC 9143).
    Mid,
    /// The simulcast layer (RFC 8852).
    Rid,
    /// The simulcast layer that is repaired (RFC 8852).
    RepairedRid,
    /// The number of the packet in the whole transport, which feedback refers to.
    TransportSequence,
    /// When it was sent.
    AbsoluteSendTime,
    /// How loud it is (RFC 6464).
    AudioLevel,
    /// How the picture is turned (3GPP TS 26.114).
    VideoOrientation,
    /// What depends on what (AOMedia).
    DependencyDescriptor,
}

/// A section that the other side sends in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receiving {
    /// The section.
    pub mid: Mid,
    /// Sound or picture.
    pub kind: MediaKind,
    /// What it is published as; packets are dropped while nobody knows.
    pub track: Option<TrackId>,
    /// The layers of a simulcast from the least to the best, empty for a single stream.
    pub rids: Vec<String>,
    /// The sources that are known already, each with its repair.
    pub sources: Vec<(u32, Option<u32>)>,
}

/// A section that we send a track in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sending {
    /// The section.
    pub mid: Mid,
    /// Which track.
    pub track: TrackId,
    /// Sound or picture.
    pub kind: MediaKind,
    /// The source that we send as.
    pub ssrc: u32,
    /// The source of our repair packets.
    pub repair: Option<u32>,
}
