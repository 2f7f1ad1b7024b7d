//! The rules of calls, one sentence each; here stand the people and words of them all.

mod hearing;
mod order;
mod presence;
mod publishing;

use std::collections::BTreeMap;
use std::sync::Arc;

use base::UnixMs;

use super::*;

const T0: UnixMs = UnixMs(1_000_000);
const MANY: u32 = 100;

const ALICE: ParticipantId = ParticipantId(2);
const BOB: ParticipantId = ParticipantId(4);
const CAROL: ParticipantId = ParticipantId(6);
const MIC: TrackId = TrackId(10);
const CAMERA: TrackId = TrackId(11);

fn open() -> Call {
    Call::open(T0, CallId(1), "standup".into(), CallOptions::default()).0
}

fn joining(id: ParticipantId, identity: &str) -> Joining {
    Joining {
        id,
        identity: identity.into(),
        name: identity.to_uppercase(),
        metadata: String::new(),
        attributes: BTreeMap::new(),
        grants: Grants::default(),
        kind: ParticipantKind::Standard,
        client_protocol: 2,
        capabilities: Vec::new(),
        auto_subscribe: true,
        socket: Socket(id.0),
    }
}

fn join(call: &mut Call, id: ParticipantId, identity: &str) -> (Welcome, Vec<Output>) {
    let joined = call.join(T0, joining(id, identity), MANY);
    let joined = joined.unwrap();
    call.connected(id);
    joined
}

fn track(id: TrackId, kind: TrackKind, source: Source) -> Track {
    let layer = |quality, width, height| Layer {
        quality,
        width,
        height,
        bitrate_bps: 0,
        spatial: 0,
        rid: String::new(),
    };
    let layers = match kind {
        TrackKind::Audio => Vec::new(),
        TrackKind::Video => vec![
            layer(Quality::Low, 320, 180),
            layer(Quality::Medium, 640, 360),
            layer(Quality::High, 1280, 720),
        ],
    };
    Track {
        id,
        kind,
        source,
        name: String::new(),
        muted: false,
        width: 0,
        height: 0,
        codecs: vec![TrackCodec {
            mime: String::new(),
            cid: format!("cid-{}", id.0),
            sdp_cid: String::new(),
            mid: String::new(),
            layers,
            layer_mode: 0,
        }],
        traits: Arc::default(),
        version: 1,
    }
}

fn agreed(track: TrackId, mime: &str) -> Agreed {
    Agreed {
        track,
        mid: "3".to_owned(),
        mime: mime.to_owned(),
        cid: Some(format!("cid-{}", track.0)),
    }
}

/// Alice publishes her microphone.
fn publish_mic(call: &mut Call) -> Vec<Output> {
    call.add_track(ALICE, track(MIC, TrackKind::Audio, Source::Microphone));
    call.agreed(ALICE, &[agreed(MIC, "audio/opus")])
}

/// Alice publishes her camera.
fn publish_camera(call: &mut Call) -> Vec<Output> {
    call.add_track(ALICE, track(CAMERA, TrackKind::Video, Source::Camera));
    call.agreed(ALICE, &[agreed(CAMERA, "video/VP8")])
}

/// What somebody is told.
fn told(out: &[Output], whom: ParticipantId) -> Vec<&Told> {
    let told = out.iter().filter_map(|output| match output {
        Output::Tell(all, told) if all.contains(&whom) => Some(told),
        Output::Tell(..) | Output::Order(_) | Output::Noted(_) => None,
    });
    told.collect()
}

fn orders(out: &[Output]) -> Vec<&Order> {
    let orders = out.iter().filter_map(|output| match output {
        Output::Order(order) => Some(order),
        Output::Tell(..) | Output::Noted(_) => None,
    });
    orders.collect()
}

fn notes(out: &[Output]) -> Vec<&CallEvent> {
    let notes = out.iter().filter_map(|output| match output {
        Output::Noted(event) => Some(event),
        Output::Tell(..) | Output::Order(_) => None,
    });
    notes.collect()
}

/// Who gets a track, as the orders say.
fn subscribed(out: &[Output]) -> Vec<(ParticipantId, TrackId)> {
    let subscribed = orders(out).into_iter().filter_map(|order| {
        if let Order::Subscribe {
            subscriber, track, ..
        } = order
        {
            return Some((*subscriber, *track));
        }
        None
    });
    subscribed.collect()
}

/// How somebody is, as others are told.
fn seen(out: &[Output], whom: ParticipantId, of: ParticipantId) -> Option<Arc<Participant>> {
    let mut all = told(out, whom).into_iter().filter_map(|told| {
        if let Told::Participants(all) = told {
            return all.iter().rfind(|it| it.id == of).cloned();
        }
        None
    });
    all.next_back()
}
