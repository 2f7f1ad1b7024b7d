//! Words of `domain::call` in those of the media server, and back.

use domain::call::{
    CallId, ConnectionQuality, Encryption, ParticipantId, Reception, Source, Track, TrackKind,
};
use media::{Codec, Layers, MediaKind, PeerId, Publication, Quality, RoomId, Settings};

/// The lowest bit of a peer's number tells the two connections of a participant apart; ids of
/// participants have it clear.
const PUBLISHER: u64 = 1;

/// A new participant's id out of random bits.
pub(crate) fn participant_id(random: u64) -> ParticipantId {
    ParticipantId(random & !PUBLISHER)
}

pub(super) fn room_of(call: CallId) -> RoomId {
    RoomId(call.0)
}

/// The connection over which a participant receives, and sends where there is no other one.
pub(super) fn peer_of(participant: ParticipantId) -> PeerId {
    PeerId(participant.0)
}

/// The connection over which a participant with two of them sends.
pub(super) fn publisher_of(participant: ParticipantId) -> PeerId {
    PeerId(participant.0 | PUBLISHER)
}

/// Whose connection it is, and whether it is the one that counts: over which data goes.
pub(super) fn participant_of(peer: PeerId) -> (ParticipantId, bool) {
    (participant_id(peer.0), peer.0 & PUBLISHER == 0)
}

pub(super) fn kind_of(kind: TrackKind) -> MediaKind {
    match kind {
        TrackKind::Audio => MediaKind::Audio,
        TrackKind::Video => MediaKind::Video,
    }
}

/// The codec of a name, as `vp8` or `video/VP8`; the usual one of its kind for any other name.
pub(super) fn codec_of(name: &str, kind: TrackKind) -> Codec {
    let name = name.rsplit('/').next().unwrap_or(name);
    let known = [
        ("opus", Codec::Opus),
        ("red", Codec::Opus),
        ("pcmu", Codec::Pcmu),
        ("pcma", Codec::Pcma),
        ("vp8", Codec::Vp8),
        ("vp9", Codec::Vp9),
        ("h264", Codec::H264),
        ("av1", Codec::Av1),
    ];
    let found = known
        .iter()
        .find(|(known, _)| name.eq_ignore_ascii_case(known));
    match (found, kind) {
        (Some((_, codec)), _) => *codec,
        (None, TrackKind::Audio) => Codec::Opus,
        (None, TrackKind::Video) => Codec::Vp8,
    }
}

pub(super) fn mime_of(codec: Codec) -> &'static str {
    match codec {
        Codec::Opus => "audio/opus",
        Codec::Pcmu => "audio/PCMU",
        Codec::Pcma => "audio/PCMA",
        Codec::Vp8 => "video/VP8",
        Codec::Vp9 => "video/VP9",
        Codec::H264 => "video/H264",
        Codec::Av1 => "video/AV1",
    }
}

pub(super) fn publication_of(track: &Track) -> Publication {
    Publication {
        kind: kind_of(track.kind),
        screen: matches!(track.source, Source::ScreenShare | Source::ScreenShareAudio),
        width: track.width,
        height: track.height,
        encrypted: track.traits.encryption != Encryption::None,
    }
}

pub(super) fn settings_of(reception: Reception) -> Settings {
    Settings {
        enabled: reception.enabled,
        most: Layers {
            spatial: reception.spatial,
            temporal: reception.temporal,
        },
        priority: reception.priority,
    }
}

pub(super) fn quality_of(quality: Quality) -> ConnectionQuality {
    match quality {
        Quality::Lost => ConnectionQuality::Lost,
        Quality::Poor => ConnectionQuality::Poor,
        Quality::Good => ConnectionQuality::Good,
        Quality::Excellent => ConnectionQuality::Excellent,
    }
}
