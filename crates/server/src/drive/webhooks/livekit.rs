//! What happens in developers' calls, as LiveKit's webhooks tell it. Calls in rooms of the place
//! are told to nobody outside.

use std::sync::atomic::Ordering;

use base::{RoomId, UnixMs};
use domain::call::{CallEvent, LeaveReason, Participant};
use domain::developer::EventKind;
use store::OutboxEvent;
use tokio::sync::broadcast::{self, error::RecvError};
use wire::livekit::proto::WebhookEvent;

use super::Webhooks;
use crate::clock;
use crate::door::livekit::view;

/// Notes what happens until the calls are gone.
pub(super) async fn follow(webhooks: &Webhooks, mut events: broadcast::Receiver<CallEvent>) {
    loop {
        match events.recv().await {
            Ok(event) => note(webhooks, &event),
            Err(RecvError::Lagged(missed)) => {
                webhooks.0.missed.fetch_add(missed, Ordering::Relaxed);
            }
            Err(RecvError::Closed) => return,
        }
    }
}

fn note(webhooks: &Webhooks, event: &CallEvent) {
    if event.call().name.as_str().parse::<RoomId>().is_ok() {
        return;
    }
    webhooks.note(EventKind::Call, None, || {
        let at = clock::now();
        let id = format!("EV_{:016x}", rand::random::<u64>());
        let told = told(event, (id, at));
        OutboxEvent {
            at,
            kind: EventKind::Call,
            client: String::new(),
            user: String::new(),
            channel: String::new(),
            // Its texts and numbers always have a JSON form.
            detail: serde_json::to_string(&told).unwrap_or_default(),
        }
    });
}

/// An event in LiveKit's words.
fn told(event: &CallEvent, (id, at): (String, UnixMs)) -> WebhookEvent {
    let participant = |participant: &Participant| Some(view::participant(participant));
    let blank = WebhookEvent {
        room: Some(view::room(event.call())),
        id,
        created_at: i64::try_from(at.0 / 1_000).unwrap_or(i64::MAX),
        ..WebhookEvent::default()
    };
    let named = |name: &str, blank: WebhookEvent| WebhookEvent {
        event: name.to_owned(),
        ..blank
    };
    match event {
        CallEvent::Started(_) => named("room_started", blank),
        CallEvent::Ended { .. } => named("room_finished", blank),
        CallEvent::Joined {
            participant: who, ..
        } => WebhookEvent {
            participant: participant(who),
            ..named("participant_joined", blank)
        },
        CallEvent::Left {
            participant: who,
            reason,
            ..
        } => {
            let name = if *reason == LeaveReason::JoinFailure {
                "participant_connection_aborted"
            } else {
                "participant_left"
            };
            WebhookEvent {
                participant: participant(who),
                ..named(name, blank)
            }
        }
        CallEvent::TrackPublished {
            participant: who,
            track,
            ..
        } => WebhookEvent {
            participant: participant(who),
            track: Some(view::track(track)),
            ..named("track_published", blank)
        },
        CallEvent::TrackUnpublished {
            participant: who,
            track,
            ..
        } => WebhookEvent {
            participant: participant(who),
            track: Some(view::track(track)),
            ..named("track_unpublished", blank)
        },
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::call::{CallId, CallInfo, CallName, CallOptions};

    use super::*;

    #[test]
    fn a_beginning_is_told_as_livekit_tells_it() {
        let call = CallInfo {
            id: CallId(7),
            name: CallName::from("standup"),
            started_at: UnixMs(2_000_000_000_500),
            options: CallOptions::default(),
            participants_count: 0,
            publishers_count: 0,
            version: 1,
        };
        let event = CallEvent::Started(Arc::new(call));
        let told = told(&event, ("EV_1".to_owned(), UnixMs(2_000_000_000_900)));
        let json = serde_json::to_value(&told).unwrap();
        assert_eq!(json["event"], "room_started");
        assert_eq!(json["id"], "EV_1");
        assert_eq!(json["createdAt"], "2000000000");
        assert_eq!(json["room"]["name"], "standup");
        assert_eq!(json["room"]["creationTimeMs"], "2000000000500");
        assert!(json.get("participant").is_none());
    }
}
