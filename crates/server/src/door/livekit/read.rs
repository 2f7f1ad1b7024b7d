//! LiveKit's messages of clients in the words of `domain::call`. What names nothing that can be
//! there is left out.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::call::{
    CallOptions, Encryption, Grants, Identity, Layer, Listener, ParticipantChange, ParticipantKind,
    Permission, Quality, Setting, Source, Track, TrackCodec, TrackId, TrackKind, TrackTraits,
};
use wire::livekit::proto::signal_request::Message;
use wire::livekit::proto::simulate_scenario::Scenario;
use wire::livekit::{Claims, VideoGrant, proto};

use super::view;
use crate::drive::calls::request::{Drill, Request};

/// What a client's message asks for; `None` when there is nothing to be done.
#[expect(deprecated, reason = "older clients send it")]
pub(super) fn request(message: Message) -> Option<Request> {
    match message {
        Message::Offer(offer) => Some(Request::Offer {
            sdp: offer.sdp,
            id: offer.id,
        }),
        Message::Answer(answer) => Some(Request::Answer {
            sdp: answer.sdp,
            id: answer.id,
        }),
        Message::AddTrack(track) => new_track(track).map(Box::new).map(Request::AddTrack),
        Message::Mute(mute) => Some(Request::Mute(mute.sid.parse().ok()?, mute.muted)),
        Message::Subscription(wanted) => {
            let more = wanted.participant_tracks.iter().flat_map(|it| &it.track_sids);
            let tracks = ids(wanted.track_sids.iter().chain(more));
            Some(Request::Want(tracks, wanted.subscribe))
        }
        Message::TrackSetting(wanted) => {
            let tracks = ids(wanted.track_sids.iter());
            Some(Request::Set(tracks, setting(&wanted)))
        }
        Message::Leave(_) => Some(Request::Leave),
        Message::SubscriptionPermission(wanted) => Some(Request::Permit(permission(wanted))),
        Message::UpdateMetadata(update) => {
            let some = |text: String| (!text.is_empty()).then_some(text);
            let change = ParticipantChange {
                name: some(update.name),
                metadata: some(update.metadata),
                attributes: update.attributes.into_iter().collect(),
                grants: None,
            };
            Some(Request::Change(update.request_id, change))
        }
        Message::UpdateAudioTrack(update) => {
            Some(Request::Features(update.track_sid.parse().ok()?, update.features))
        }
        Message::UpdateVideoTrack(update) => {
            let track = update.track_sid.parse().ok()?;
            Some(Request::Resize(track, update.width, update.height))
        }
        Message::Simulate(simulate) => drill(simulate.scenario?).map(Request::Drill),
        // Our candidates are in our descriptions, and theirs show themselves.
        Message::Trickle(_)
        // What they know of is kept here while they are away.
        | Message::SyncState(_)
        // Answered before it comes here.
        | Message::Ping(_)
        | Message::PingReq(_)
        // Told by the packets themselves.
        | Message::UpdateLayers(_)
        | Message::PublishDataTrackRequest(_)
        | Message::UnpublishDataTrackRequest(_)
        | Message::UpdateDataSubscription(_)
        | Message::StoreDataBlobRequest(_)
        | Message::GetDataBlobRequest(_) => None,
    }
}

fn ids<'a>(texts: impl Iterator<Item = &'a String>) -> Vec<TrackId> {
    texts.filter_map(|text| text.parse().ok()).collect()
}

fn drill(scenario: Scenario) -> Option<Drill> {
    match scenario {
        Scenario::SpeakerUpdate(_) => Some(Drill::Speak),
        Scenario::NodeFailure(true) => Some(Drill::LoseMedia),
        Scenario::Migration(true) => Some(Drill::Resume),
        Scenario::ServerLeave(true) => Some(Drill::Leave),
        Scenario::LeaveRequestFullReconnect(true) => Some(Drill::Reconnect),
        Scenario::DisconnectSignalOnResume(true) => Some(Drill::HangOnResume { silently: false }),
        Scenario::DisconnectSignalOnResumeNoMessages(true) => {
            Some(Drill::HangOnResume { silently: true })
        }
        Scenario::NodeFailure(false)
        | Scenario::Migration(false)
        | Scenario::ServerLeave(false)
        | Scenario::LeaveRequestFullReconnect(false)
        | Scenario::DisconnectSignalOnResume(false)
        | Scenario::DisconnectSignalOnResumeNoMessages(false)
        | Scenario::SwitchCandidateProtocol(_)
        | Scenario::SubscriberBandwidth(_) => None,
    }
}

/// The track that a client is about to publish, under a new id.
#[expect(deprecated, reason = "older clients say it so")]
fn new_track(request: proto::AddTrackRequest) -> Option<Track> {
    let kind = match request.r#type() {
        proto::TrackType::Audio => TrackKind::Audio,
        proto::TrackType::Video => TrackKind::Video,
        proto::TrackType::Data => return None,
    };
    // A second encoding of a track that is there is asked for by a server only, and this one never
    // asks.
    if !request.sid.is_empty() {
        return None;
    }
    let source = view::source_of(request.source);
    let traits = TrackTraits {
        dtx_disabled: request.disable_dtx
            || (kind == TrackKind::Audio && no_dtx(&request.audio_features)),
        stereo: request.stereo,
        red_disabled: request.disable_red,
        encryption: match request.encryption() {
            proto::encryption::Type::None => Encryption::None,
            proto::encryption::Type::Gcm => Encryption::Gcm,
            proto::encryption::Type::Custom => Encryption::Custom,
        },
        stream: stream(&request.stream, source),
        backup_codec_policy: request.backup_codec_policy,
        audio_features: request.audio_features,
        trailer_features: request.packet_trailer_features,
    };
    let first = request.simulcast_codecs.into_iter().next();
    let first = first.filter(|first| first.cid.is_empty() || first.cid == request.cid);
    let (codec, own_layers, layer_mode) = first.map_or_else(Default::default, |first| {
        (first.codec, first.layers, first.video_layer_mode)
    });
    let wanted = if own_layers.is_empty() {
        request.layers
    } else {
        own_layers
    };
    let layers = wanted.iter().map(layer).collect();
    let mime = match kind {
        _ if codec.is_empty() => String::new(),
        TrackKind::Audio => format!("audio/{codec}"),
        TrackKind::Video => format!("video/{codec}"),
    };
    Some(Track {
        id: TrackId(rand::random()),
        kind,
        source,
        name: request.name,
        muted: request.muted,
        width: request.width,
        height: request.height,
        codecs: vec![TrackCodec {
            mime,
            cid: request.cid,
            sdp_cid: String::new(),
            mid: String::new(),
            layers,
            layer_mode,
        }],
        traits: Arc::new(traits),
        version: 1,
    })
}

fn no_dtx(features: &[i32]) -> bool {
    features.contains(&(proto::AudioTrackFeature::TfNoDtx as i32))
}

/// Sound and picture that belong together play in step.
fn stream(named: &str, source: Source) -> String {
    if !named.is_empty() {
        return named.to_owned();
    }
    match source {
        Source::Camera | Source::Microphone => "camera".to_owned(),
        Source::ScreenShare | Source::ScreenShareAudio => "screen_share".to_owned(),
        Source::Unknown => String::new(),
    }
}

fn layer(layer: &proto::VideoLayer) -> Layer {
    Layer {
        quality: quality(layer.quality()).unwrap_or(Quality::High),
        width: layer.width,
        height: layer.height,
        bitrate_bps: layer.bitrate,
        spatial: layer.spatial_layer,
        rid: layer.rid.clone(),
    }
}

fn quality(quality: proto::VideoQuality) -> Option<Quality> {
    match quality {
        proto::VideoQuality::Low => Some(Quality::Low),
        proto::VideoQuality::Medium => Some(Quality::Medium),
        proto::VideoQuality::High => Some(Quality::High),
        proto::VideoQuality::Off => None,
    }
}

fn setting(wanted: &proto::UpdateTrackSettings) -> Setting {
    Setting {
        disabled: wanted.disabled || wanted.quality() == proto::VideoQuality::Off,
        quality: quality(wanted.quality()),
        width: wanted.width,
        height: wanted.height,
        fps: wanted.fps,
        priority: wanted.priority,
    }
}

fn permission(wanted: proto::SubscriptionPermission) -> Permission {
    let some = wanted.track_permissions.into_iter().map(|it| Listener {
        id: it.participant_sid.parse().ok(),
        identity: (!it.participant_identity.is_empty())
            .then(|| Identity::from(it.participant_identity)),
        tracks: (!it.all_tracks).then(|| ids(it.track_sids.iter())),
    });
    Permission {
        all: wanted.all_participants,
        some: some.collect(),
    }
}

/// What a token lets somebody do in a call.
pub(super) fn grants(video: &VideoGrant) -> Grants {
    let sources = video.can_publish_sources.iter();
    Grants {
        subscribe: video.can_subscribe.unwrap_or(true),
        publish: video.can_publish.unwrap_or(true),
        publish_data: video.can_publish_data.unwrap_or(true),
        sources: sources.filter_map(|name| Source::from_name(name)).collect(),
        update_metadata: video.can_update_own_metadata.unwrap_or(false),
        hidden: video.hidden,
        recorder: video.recorder,
        agent: video.agent,
        subscribe_metrics: video.can_subscribe_metrics.unwrap_or(false),
    }
}

/// The same as a token says it.
pub(super) fn video_grant(grants: &Grants, before: &VideoGrant) -> VideoGrant {
    VideoGrant {
        can_publish: Some(grants.publish),
        can_subscribe: Some(grants.subscribe),
        can_publish_data: Some(grants.publish_data),
        can_publish_sources: grants
            .sources
            .iter()
            .map(|it| it.name().to_owned())
            .collect(),
        can_update_own_metadata: Some(grants.update_metadata),
        hidden: grants.hidden,
        ..before.clone()
    }
}

/// What a token says of somebody's kind.
pub(super) fn kind(name: &str) -> ParticipantKind {
    let known = [
        ("ingress", ParticipantKind::Ingress),
        ("egress", ParticipantKind::Egress),
        ("sip", ParticipantKind::Sip),
        ("agent", ParticipantKind::Agent),
        ("connector", ParticipantKind::Connector),
        ("bridge", ParticipantKind::Bridge),
    ];
    let found = known
        .iter()
        .find(|(known, _)| name.eq_ignore_ascii_case(known));
    found.map_or(ParticipantKind::Standard, |(_, kind)| *kind)
}

/// How a call is made that begins with this token.
pub(super) fn options(claims: &Claims) -> CallOptions {
    let usual = CallOptions::default();
    let Some(wanted) = claims.room_configuration() else {
        return usual;
    };
    let or = |wanted: u32, usual: u32| if wanted == 0 { usual } else { wanted };
    CallOptions {
        empty_timeout_s: or(wanted.empty_timeout, usual.empty_timeout_s),
        departure_timeout_s: or(wanted.departure_timeout, usual.departure_timeout_s),
        participants_max: wanted.max_participants,
        metadata: wanted.metadata,
    }
}

/// The attributes of a token, and over them those that the client brings.
pub(super) fn attributes(
    token: &BTreeMap<String, String>,
    brought: impl IntoIterator<Item = (String, String)>,
) -> BTreeMap<String, String> {
    let mut all = token.clone();
    all.extend(brought.into_iter().filter(|(_, value)| !value.is_empty()));
    all
}
