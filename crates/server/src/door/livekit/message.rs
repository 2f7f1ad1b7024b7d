//! What participants are told, as LiveKit's messages.

use domain::call::{ConnectionQuality, LeaveAction, LeaveReason, Outcome, Quality, Speaking, Told};
use wire::livekit::proto::{self, leave_request, request_response};

use proto::signal_response::Message;

use super::view;

/// The word to go.
pub(super) fn leave(why: LeaveReason, action: LeaveAction) -> Message {
    let action = match action {
        LeaveAction::Disconnect => leave_request::Action::Disconnect,
        LeaveAction::Resume => leave_request::Action::Resume,
        LeaveAction::Reconnect => leave_request::Action::Reconnect,
    };
    Message::Leave(proto::LeaveRequest {
        can_reconnect: action != leave_request::Action::Disconnect,
        reason: view::reason(why).into(),
        action: action.into(),
        regions: None,
    })
}

/// What became of a request.
fn outcome(outcome: Outcome) -> request_response::Reason {
    match outcome {
        Outcome::Done => request_response::Reason::Ok,
        Outcome::NotAllowed => request_response::Reason::NotAllowed,
        Outcome::LimitExceeded => request_response::Reason::LimitExceeded,
        Outcome::NotFound => request_response::Reason::NotFound,
    }
}

/// What participants are told.
pub(super) fn message(told: &Told) -> Message {
    match told {
        Told::Participants(all) => Message::Update(proto::ParticipantUpdate {
            participants: all.iter().map(|it| view::participant(it)).collect(),
        }),
        Told::Call(call) => Message::RoomUpdate(proto::RoomUpdate {
            room: Some(view::room(call)),
        }),
        Told::TrackPublished { cid, track: new } => {
            Message::TrackPublished(proto::TrackPublishedResponse {
                cid: cid.clone(),
                track: Some(view::track(new)),
            })
        }
        Told::TrackRefused { cid, outcome: why } => track_refused(cid, *why),
        Told::TrackUnpublished(track) => {
            let track_sid = track.to_string();
            Message::TrackUnpublished(proto::TrackUnpublishedResponse { track_sid })
        }
        Told::TrackSubscribed(track) => {
            let track_sid = track.to_string();
            Message::TrackSubscribed(proto::TrackSubscribed { track_sid })
        }
        Told::Muted(track, muted) => Message::Mute(proto::MuteTrackRequest {
            sid: track.to_string(),
            muted: *muted,
        }),
        Told::MayHear {
            publisher,
            track,
            allowed,
        } => Message::SubscriptionPermissionUpdate(proto::SubscriptionPermissionUpdate {
            participant_sid: publisher.to_string(),
            track_sid: track.to_string(),
            allowed: *allowed,
        }),
        Told::Answer {
            request,
            outcome: what,
        } => Message::RequestResponse(proto::RequestResponse {
            request_id: *request,
            reason: outcome(*what).into(),
            ..proto::RequestResponse::default()
        }),
        Told::Speakers(_) | Told::Quality(_) | Told::Paused { .. } | Told::Wanted { .. } => {
            figures(told)
        }
        Told::Leave(why, action) => leave(*why, *action),
    }
}

fn track_refused(cid: &str, why: Outcome) -> Message {
    let request = proto::AddTrackRequest {
        cid: cid.to_owned(),
        ..proto::AddTrackRequest::default()
    };
    Message::RequestResponse(proto::RequestResponse {
        reason: outcome(why).into(),
        request: Some(request_response::Request::AddTrack(request)),
        ..proto::RequestResponse::default()
    })
}

/// What comes of the packets: who speaks, and how well it goes.
fn figures(told: &Told) -> Message {
    match told {
        Told::Quality(all) => {
            let updates = all
                .iter()
                .map(|(id, how, score)| proto::ConnectionQualityInfo {
                    participant_sid: id.to_string(),
                    quality: connection(*how).into(),
                    score: *score,
                });
            Message::ConnectionQuality(proto::ConnectionQualityUpdate {
                updates: updates.collect(),
            })
        }
        Told::Paused {
            publisher,
            track,
            paused,
        } => {
            let state = if *paused {
                proto::StreamState::Paused
            } else {
                proto::StreamState::Active
            };
            Message::StreamStateUpdate(proto::StreamStateUpdate {
                stream_states: vec![proto::StreamStateInfo {
                    participant_sid: publisher.to_string(),
                    track_sid: track.to_string(),
                    state: state.into(),
                }],
            })
        }
        Told::Wanted { track, mime, most } => wanted(&track.to_string(), mime, *most),
        Told::Speakers(speakers) => speaking(speakers),
        Told::Participants(_)
        | Told::Call(_)
        | Told::TrackPublished { .. }
        | Told::TrackRefused { .. }
        | Told::TrackUnpublished(_)
        | Told::TrackSubscribed(_)
        | Told::Muted(..)
        | Told::MayHear { .. }
        | Told::Answer { .. }
        | Told::Leave(..) => speaking(&[]),
    }
}

fn speaking(speakers: &[Speaking]) -> Message {
    let speakers = speakers.iter().map(|it| proto::SpeakerInfo {
        sid: it.participant.to_string(),
        level: it.level,
        active: it.active,
    });
    Message::SpeakersChanged(proto::SpeakersChanged {
        speakers: speakers.collect(),
    })
}

fn connection(quality: ConnectionQuality) -> proto::ConnectionQuality {
    match quality {
        ConnectionQuality::Lost => proto::ConnectionQuality::Lost,
        ConnectionQuality::Poor => proto::ConnectionQuality::Poor,
        ConnectionQuality::Good => proto::ConnectionQuality::Good,
        ConnectionQuality::Excellent => proto::ConnectionQuality::Excellent,
    }
}

#[expect(deprecated, reason = "older clients look at them")]
fn wanted(track_sid: &str, mime: &str, most: Option<Quality>) -> Message {
    let all = [Quality::Low, Quality::Medium, Quality::High];
    let qualities = all.map(|it| proto::SubscribedQuality {
        quality: quality(it).into(),
        enabled: most.is_some_and(|most| it <= most),
    });
    let codec = mime.rsplit('/').next().unwrap_or(mime);
    Message::SubscribedQualityUpdate(proto::SubscribedQualityUpdate {
        track_sid: track_sid.to_owned(),
        subscribed_qualities: qualities.to_vec(),
        subscribed_codecs: vec![proto::SubscribedCodec {
            codec: codec.to_ascii_lowercase(),
            qualities: qualities.to_vec(),
        }],
    })
}

const fn quality(quality: Quality) -> proto::VideoQuality {
    match quality {
        Quality::Low => proto::VideoQuality::Low,
        Quality::Medium => proto::VideoQuality::Medium,
        Quality::High => proto::VideoQuality::High,
    }
}
