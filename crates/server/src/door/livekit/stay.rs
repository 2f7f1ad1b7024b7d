//! The task beside a participant's socket: takes them into the call, carries their requests there
//! in order, and what they are told back to the socket.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use base::limits::{
    CALL_TOKEN_LIFE_MS, CALL_TOKEN_REFRESH_MS, LIVEKIT_PING_INTERVAL_S, LIVEKIT_PING_TIMEOUT_S,
};
use bytes::Bytes;
use domain::call::{
    Grants, Identity, Joining, LeaveAction, LeaveReason, ParticipantId, Socket, Told, Welcome,
};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval_at};
use wire::livekit::proto::{self, server_info, signal_response::Message};
use wire::livekit::{Encoding, encode};

use super::session::Opening;
use super::{NORMAL, closing, message, read, session, view};
use crate::clock;
use crate::drive::calls::line::{Description, Sent, line};
use crate::drive::calls::participant_id;
use crate::drive::calls::request::{Arrangement, Newcomer, Request, Returning};
use crate::drive::hub::framing::{Kind, framed};
use crate::drive::hub::link::LinkId;
use crate::drive::hub::shard::Shard;

/// What clients take the server for: they look at it to know what it can do.
const SERVER_VERSION: &str = "1.13.5";
/// The protocol that is spoken.
const PROTOCOL: i32 = 17;

/// One stay at the door.
struct Stay {
    shard: Rc<RefCell<Shard>>,
    link: LinkId,
    opening: Opening,
    id: ParticipantId,
    socket: Socket,
    /// What the client was last told that it may do.
    grants: Option<Arc<Grants>>,
}

/// Works until the socket or the participant has gone.
pub(super) async fn run(
    shard: Rc<RefCell<Shard>>,
    link: LinkId,
    mut opening: Opening,
    mut requests: mpsc::Receiver<Request>,
) {
    let (told, mut telling) = line();
    let back = opening.join.participant_sid.parse().ok();
    let offer = opening.take_offer();
    let mut stay = Stay {
        id: back
            .filter(|_| opening.join.reconnect)
            .unwrap_or_else(|| participant_id(rand::random())),
        shard,
        link,
        opening,
        socket: Socket(rand::random()),
        grants: None,
    };
    let calls = stay.opening.desk.calls.clone();
    let arrived = if stay.opening.join.reconnect {
        calls.come_back(stay.returning(told)).await
    } else {
        calls.join(stay.newcomer(told)).await
    };
    if arrived.is_err() {
        let leave = message::leave(LeaveReason::ServerShutdown, LeaveAction::Reconnect);
        stay.tell(leave);
        return stay.close();
    }
    if let Some(offer) = offer {
        let request = Request::Offer {
            sdp: offer.sdp,
            id: offer.id,
        };
        // The calls have ended; the line tells.
        let _ = calls.request(stay.id, stay.socket, request).await;
    }
    let refresh = Duration::from_millis(CALL_TOKEN_REFRESH_MS);
    let mut refresh = interval_at(tokio::time::Instant::now() + refresh, refresh);
    refresh.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            sent = telling.recv() => {
                let Some(sent) = sent else {
                    break;
                };
                stay.carry(sent);
                while let Ok(sent) = telling.try_recv() {
                    stay.carry(sent);
                }
                stay.shard.borrow_mut().flush_dirty();
            }
            request = requests.recv() => {
                let Some(request) = request else {
                    break;
                };
                if calls.request(stay.id, stay.socket, request).await.is_err() {
                    break;
                }
            }
            _ = refresh.tick() => stay.refresh(),
        }
    }
    calls.lost(stay.id, stay.socket).await;
    stay.close();
}

impl Stay {
    fn newcomer(&self, line: crate::drive::calls::line::Line) -> Newcomer {
        let Opening {
            call,
            token,
            grants,
            join,
            arrangement,
            ..
        } = &self.opening;
        let claims = &token.claims;
        let client = join.client_info.clone().unwrap_or_default();
        let settings = join.connection_settings.unwrap_or_default();
        let brought = join.participant_attributes.clone();
        let metadata = if join.metadata.is_empty() {
            &claims.metadata
        } else {
            &join.metadata
        };
        Newcomer {
            call: call.clone(),
            options: read::options(claims),
            joining: Joining {
                id: self.id,
                identity: Identity::from(claims.identity()),
                name: claims.name.clone(),
                metadata: metadata.clone(),
                attributes: read::attributes(&claims.attributes, brought),
                grants: grants.clone(),
                kind: read::kind(&claims.kind),
                client_protocol: client.client_protocol,
                capabilities: client.capabilities,
                auto_subscribe: settings.auto_subscribe,
                socket: self.socket,
            },
            arrangement: *arrangement,
            line,
        }
    }

    fn returning(&self, line: crate::drive::calls::line::Line) -> Returning {
        Returning {
            call: self.opening.call.clone(),
            id: self.id,
            identity: Identity::from(self.opening.token.claims.identity()),
            socket: self.socket,
            line,
        }
    }

    fn carry(&mut self, sent: Sent) {
        match sent {
            Sent::Joined(welcome) => {
                self.grants = Some(Arc::clone(&welcome.participant.grants));
                self.tell(self.join_response(&welcome));
            }
            Sent::Resumed(welcome, last_message_seq) => {
                self.grants = Some(Arc::clone(&welcome.participant.grants));
                self.tell(Message::Reconnect(proto::ReconnectResponse {
                    server_info: Some(server_info()),
                    last_message_seq,
                    ..proto::ReconnectResponse::default()
                }));
            }
            Sent::Refused(refused) => {
                tracing::debug!(call = %self.opening.call, %refused, "nobody joins");
                self.tell(message::leave(
                    LeaveReason::JoinFailure,
                    LeaveAction::Disconnect,
                ));
                self.close();
            }
            Sent::Unknown(reason, action) => {
                self.tell(message::leave(reason, action));
                self.close();
            }
            Sent::Word(word) => {
                let encoding = self.encoding();
                let at = usize::from(encoding == Encoding::Json);
                let frame = word.written(at, |told| frame(encoding, message::message(told)));
                self.shard.borrow_mut().enqueue(self.link, &frame);
                if let Told::Participants(all) = &word.told {
                    let me = all.iter().find(|it| it.id == self.id);
                    self.regrant(me.map(|me| &me.grants));
                }
            }
            Sent::Answer(answer) => self.tell(Message::Answer(describe("answer", answer))),
            Sent::Offer(offer) => self.tell(Message::Offer(describe("offer", offer))),
            Sent::Sections { audios, videos } => {
                self.tell(Message::MediaSectionsRequirement(
                    proto::MediaSectionsRequirement {
                        num_audios: audios,
                        num_videos: videos,
                    },
                ));
            }
        }
    }

    fn join_response(&self, welcome: &Welcome) -> Message {
        let single = self.opening.arrangement == Arrangement::Single;
        Message::Join(proto::JoinResponse {
            room: Some(view::room(&welcome.call)),
            participant: Some(view::participant(&welcome.participant)),
            other_participants: welcome
                .others
                .iter()
                .map(|it| view::participant(it))
                .collect(),
            server_version: SERVER_VERSION.to_owned(),
            subscriber_primary: !single,
            ping_timeout: LIVEKIT_PING_TIMEOUT_S as i32,
            ping_interval: LIVEKIT_PING_INTERVAL_S as i32,
            server_info: Some(server_info()),
            enabled_publish_codecs: view::codecs(),
            // With two connections the first offer is to hold what is published: the numbers of
            // header extensions in it hold for all that follow.
            fast_publish: single && welcome.participant.grants.publish,
            ..proto::JoinResponse::default()
        })
    }

    /// Gives the client a token that says what it may do now, when that is something else.
    fn regrant(&mut self, now: Option<&Arc<Grants>>) {
        let Some(now) = now else {
            return;
        };
        if self.grants.as_ref().is_some_and(|before| before != now) {
            self.grants = Some(Arc::clone(now));
            self.refresh();
        }
    }

    /// Gives the client another token before its own ends.
    fn refresh(&self) {
        let Some(grants) = &self.grants else {
            return;
        };
        let token = &self.opening.token;
        let now = clock::now();
        let before = token.claims.video.clone().unwrap_or_default();
        let mut claims = token.claims.clone();
        claims.video = Some(read::video_grant(grants, &before));
        claims.nbf = now.0 / 1000;
        claims.exp = now.plus_ms(CALL_TOKEN_LIFE_MS).0 / 1000;
        match self.opening.desk.keys.sign(&token.signer, claims) {
            Ok(token) => {
                self.tell(Message::RefreshToken(token));
                self.shard.borrow_mut().flush_dirty();
            }
            Err(problem) => problem.log("refresh an access token"),
        }
    }

    fn encoding(&self) -> Encoding {
        let mut shard = self.shard.borrow_mut();
        session(&mut shard, self.link).map_or_else(Encoding::default, |it| it.encoding)
    }

    fn tell(&self, message: Message) {
        let frame = frame(self.encoding(), message);
        self.shard.borrow_mut().enqueue(self.link, &frame);
    }

    fn close(&self) {
        let mut shard = self.shard.borrow_mut();
        shard.close(self.link, closing(NORMAL, ""));
        shard.flush_dirty();
    }
}

fn server_info() -> proto::ServerInfo {
    proto::ServerInfo {
        edition: server_info::Edition::Standard.into(),
        version: SERVER_VERSION.to_owned(),
        protocol: PROTOCOL,
        ..proto::ServerInfo::default()
    }
}

fn describe(kind: &str, description: Description) -> proto::SessionDescription {
    proto::SessionDescription {
        r#type: kind.to_owned(),
        sdp: description.sdp,
        id: description.id,
        mid_to_track_id: description.tracks.into_iter().collect(),
    }
}

/// A message as a WebSocket frame.
pub(super) fn frame(encoding: Encoding, message: Message) -> Bytes {
    let kind = match encoding {
        Encoding::Protobuf => Kind::Binary,
        Encoding::Json => Kind::Text,
    };
    framed(
        domain::hub::Framing::Frames,
        kind,
        &encode(encoding, message),
    )
}
