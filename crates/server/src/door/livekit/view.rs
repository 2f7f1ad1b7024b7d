//! Calls, participants and tracks in the words of LiveKit's protocol.
//!
//! Turns records into messages and nothing else. For the signalling, the server API and webhooks.

use base::UnixMs;
use domain::call::{
    CallInfo, Encryption, Grants, Layer, LeaveReason, Participant, ParticipantKind, Quality,
    Source, State, Track, TrackCodec, TrackKind,
};
use wire::livekit::proto;

/// What the server passes on, as a room lists it.
const CODECS: [&str; 8] = [
    "audio/opus",
    "audio/red",
    "audio/PCMU",
    "audio/PCMA",
    "video/VP8",
    "video/H264",
    "video/VP9",
    "video/AV1",
];

fn seconds(at: UnixMs) -> i64 {
    milliseconds(at) / 1_000
}

fn milliseconds(at: UnixMs) -> i64 {
    i64::try_from(at.0).unwrap_or(i64::MAX)
}

fn timed(version: u32) -> proto::TimedVersion {
    proto::TimedVersion {
        unix_micro: i64::from(version),
        ticks: 0,
    }
}

/// The codecs that the server passes on.
#[must_use]
pub(crate) fn codecs() -> Vec<proto::Codec> {
    let codec = |mime: &str| proto::Codec {
        mime: mime.to_owned(),
        fmtp_line: String::new(),
    };
    CODECS.into_iter().map(codec).collect()
}

/// A call.
#[must_use]
pub(crate) fn room(call: &CallInfo) -> proto::Room {
    proto::Room {
        sid: call.id.to_string(),
        name: call.name.to_string(),
        empty_timeout: call.options.empty_timeout_s,
        departure_timeout: call.options.departure_timeout_s,
        max_participants: call.options.participants_max,
        creation_time: seconds(call.started_at),
        creation_time_ms: milliseconds(call.started_at),
        enabled_codecs: codecs(),
        metadata: call.options.metadata.clone(),
        num_participants: call.participants_count,
        num_publishers: call.publishers_count,
        version: Some(timed(call.version)),
        ..proto::Room::default()
    }
}

/// Where a track comes from.
#[must_use]
pub(crate) const fn source(source: Source) -> proto::TrackSource {
    match source {
        Source::Unknown => proto::TrackSource::Unknown,
        Source::Camera => proto::TrackSource::Camera,
        Source::Microphone => proto::TrackSource::Microphone,
        Source::ScreenShare => proto::TrackSource::ScreenShare,
        Source::ScreenShareAudio => proto::TrackSource::ScreenShareAudio,
    }
}

/// The way back from [`source()`].
#[must_use]
pub(crate) fn source_of(number: i32) -> Source {
    match proto::TrackSource::try_from(number) {
        Ok(proto::TrackSource::Camera) => Source::Camera,
        Ok(proto::TrackSource::Microphone) => Source::Microphone,
        Ok(proto::TrackSource::ScreenShare) => Source::ScreenShare,
        Ok(proto::TrackSource::ScreenShareAudio) => Source::ScreenShareAudio,
        Ok(proto::TrackSource::Unknown) | Err(_) => Source::Unknown,
    }
}

/// What somebody may do.
#[must_use]
#[expect(deprecated, reason = "older clients read these fields")]
pub(crate) fn permission(grants: &Grants) -> proto::ParticipantPermission {
    let sources = grants.sources.iter();
    proto::ParticipantPermission {
        can_subscribe: grants.subscribe,
        can_publish: grants.publish,
        can_publish_data: grants.publish_data,
        can_publish_sources: sources.map(|it| source(*it) as i32).collect(),
        hidden: grants.hidden,
        recorder: grants.recorder,
        can_update_metadata: grants.update_metadata,
        agent: grants.agent,
        can_subscribe_metrics: grants.subscribe_metrics,
        can_manage_agent_session: false,
    }
}

const fn state(state: State) -> proto::participant_info::State {
    use proto::participant_info::State as Told;
    match state {
        State::Joining => Told::Joining,
        State::Joined => Told::Joined,
        State::Active => Told::Active,
        State::Disconnected => Told::Disconnected,
    }
}

const fn kind(kind: ParticipantKind) -> proto::participant_info::Kind {
    use proto::participant_info::Kind as Told;
    match kind {
        ParticipantKind::Standard => Told::Standard,
        ParticipantKind::Ingress => Told::Ingress,
        ParticipantKind::Egress => Told::Egress,
        ParticipantKind::Sip => Told::Sip,
        ParticipantKind::Agent => Told::Agent,
        ParticipantKind::Connector => Told::Connector,
        ParticipantKind::Bridge => Told::Bridge,
    }
}

/// Why somebody has gone.
#[must_use]
pub(crate) const fn reason(reason: LeaveReason) -> proto::DisconnectReason {
    use proto::DisconnectReason as Told;
    match reason {
        LeaveReason::ClientInitiated => Told::ClientInitiated,
        LeaveReason::DuplicateIdentity => Told::DuplicateIdentity,
        LeaveReason::ServerShutdown => Told::ServerShutdown,
        LeaveReason::ParticipantRemoved => Told::ParticipantRemoved,
        LeaveReason::RoomDeleted => Told::RoomDeleted,
        LeaveReason::StateMismatch => Told::StateMismatch,
        LeaveReason::JoinFailure => Told::JoinFailure,
        LeaveReason::SignalClose => Told::SignalClose,
        LeaveReason::ConnectionTimeout => Told::ConnectionTimeout,
        LeaveReason::RoomClosed => Told::RoomClosed,
    }
}

/// Somebody in a call.
#[must_use]
pub(crate) fn participant(record: &Participant) -> proto::ParticipantInfo {
    let left = record
        .left
        .map_or(proto::DisconnectReason::UnknownReason, reason);
    let attributes = record.attributes.iter();
    proto::ParticipantInfo {
        sid: record.id.to_string(),
        identity: record.identity.to_string(),
        state: state(record.state) as i32,
        tracks: record.tracks.iter().map(track).collect(),
        metadata: record.metadata.clone(),
        joined_at: seconds(record.joined_at),
        joined_at_ms: milliseconds(record.joined_at),
        name: record.name.clone(),
        version: record.version,
        permission: Some(permission(&record.grants)),
        is_publisher: record.is_publisher(),
        kind: kind(record.kind) as i32,
        attributes: attributes
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
        disconnect_reason: left as i32,
        client_protocol: record.client_protocol,
        capabilities: record.capabilities.clone(),
        ..proto::ParticipantInfo::default()
    }
}

fn layer(record: &Layer) -> proto::VideoLayer {
    let quality = match record.quality {
        Quality::Low => proto::VideoQuality::Low,
        Quality::Medium => proto::VideoQuality::Medium,
        Quality::High => proto::VideoQuality::High,
    };
    proto::VideoLayer {
        quality: quality as i32,
        width: record.width,
        height: record.height,
        bitrate: record.bitrate_bps,
        spatial_layer: record.spatial,
        rid: record.rid.clone(),
        ..proto::VideoLayer::default()
    }
}

fn codec(record: &TrackCodec) -> proto::SimulcastCodecInfo {
    proto::SimulcastCodecInfo {
        mime_type: record.mime.clone(),
        mid: record.mid.clone(),
        cid: record.cid.clone(),
        layers: record.layers.iter().map(layer).collect(),
        video_layer_mode: record.layer_mode,
        sdp_cid: record.sdp_cid.clone(),
    }
}

/// A published track.
#[must_use]
#[expect(deprecated, reason = "older clients read these fields")]
pub(crate) fn track(record: &Track) -> proto::TrackInfo {
    let kind = match record.kind {
        TrackKind::Audio => proto::TrackType::Audio,
        TrackKind::Video => proto::TrackType::Video,
    };
    let encryption = match record.traits.encryption {
        Encryption::None => proto::encryption::Type::None,
        Encryption::Gcm => proto::encryption::Type::Gcm,
        Encryption::Custom => proto::encryption::Type::Custom,
    };
    let first = record.codecs.first();
    let layers = first.map_or(&[][..], |codec| &codec.layers);
    proto::TrackInfo {
        sid: record.id.to_string(),
        r#type: kind as i32,
        name: record.name.clone(),
        muted: record.muted,
        width: record.width,
        height: record.height,
        simulcast: record.is_simulcast(),
        disable_dtx: record.traits.dtx_disabled,
        source: source(record.source) as i32,
        layers: layers.iter().map(layer).collect(),
        mime_type: record.mime().to_owned(),
        mid: first.map_or_else(String::new, |codec| codec.mid.clone()),
        codecs: record.codecs.iter().map(codec).collect(),
        stereo: record.traits.stereo,
        disable_red: record.traits.red_disabled,
        encryption: encryption as i32,
        stream: record.traits.stream.clone(),
        version: Some(timed(record.version)),
        audio_features: record.traits.audio_features.clone(),
        backup_codec_policy: record.traits.backup_codec_policy,
        packet_trailer_features: record.traits.trailer_features.clone(),
    }
}
