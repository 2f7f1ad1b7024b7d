//! The door for LiveKit's clients: their signalling, without media.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use prost::Message as _;
use reqwest::StatusCode;
use serde_json::json;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use wire::livekit::proto::signal_request::Message as Request;
use wire::livekit::proto::signal_response::Message as Told;
use wire::livekit::proto::{self, SignalRequest, SignalResponse, leave_request};
use wire::livekit::{Claims, VideoGrant};

use crate::house::House;

const PATIENCE: Duration = Duration::from_secs(10);
const SECRET: &str = "secretsecretsecretsecretsecretsecret";

async fn house() -> House {
    House::with(|config| {
        config
            .livekit
            .keys
            .insert("devkey".to_owned(), SECRET.to_owned());
    })
    .await
}

fn video(room: &str) -> VideoGrant {
    VideoGrant {
        room_join: true,
        room: room.to_owned(),
        can_update_own_metadata: Some(true),
        ..VideoGrant::default()
    }
}

fn sign(claims: &Claims, secret: &str) -> String {
    let key = jsonwebtoken::EncodingKey::from_secret(secret.as_bytes());
    jsonwebtoken::encode(&jsonwebtoken::Header::default(), claims, &key).unwrap()
}

fn token(identity: &str, video: VideoGrant) -> String {
    let claims = Claims {
        iss: "devkey".to_owned(),
        sub: identity.to_owned(),
        exp: 4_000_000_000,
        video: Some(video),
        ..Claims::default()
    };
    sign(&claims, SECRET)
}

/// A client of the door.
struct Caller(WebSocketStream<MaybeTlsStream<TcpStream>>);

/// What came.
#[derive(Debug)]
enum Came {
    Told(Box<Told>),
    Json(serde_json::Value),
    Closed(u16),
}

impl Caller {
    async fn at(house: &House, path: &str, token: &str) -> Result<Self, Error> {
        let mark = if path.contains('?') { '&' } else { '?' };
        let address = house.running.address();
        let url = format!("ws://{address}{path}{mark}access_token={token}");
        Ok(Self(connect_async(url).await?.0))
    }

    /// Somebody in a call, and what they found there.
    async fn joined(house: &House, path: &str, identity: &str) -> (Self, proto::JoinResponse) {
        let token = token(identity, video("standup"));
        let mut caller = Self::at(house, path, &token).await.unwrap();
        let Told::Join(join) = caller.told().await else {
            panic!("the first message is the join");
        };
        (caller, join)
    }

    async fn ask(&mut self, message: Request) {
        let request = SignalRequest {
            message: Some(message),
        };
        let frame = Message::binary(request.encode_to_vec());
        self.0.send(frame).await.unwrap();
    }

    async fn next(&mut self) -> Came {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.0.next()).await;
            match next.expect("something comes in time") {
                Some(Ok(Message::Binary(frame))) => {
                    let response = SignalResponse::decode(frame).unwrap();
                    return Came::Told(Box::new(response.message.unwrap()));
                }
                Some(Ok(Message::Text(text))) => {
                    return Came::Json(serde_json::from_str(&text).unwrap());
                }
                Some(Ok(Message::Close(Some(frame)))) => return Came::Closed(frame.code.into()),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("neither a message nor a close: {other:?}"),
            }
        }
    }

    async fn told(&mut self) -> Told {
        match self.next().await {
            Came::Told(told) => *told,
            other @ (Came::Json(_) | Came::Closed(_)) => panic!("{other:?}"),
        }
    }

    /// Skips what is told until this can be found in it.
    async fn until<T>(&mut self, find: impl Fn(&Told) -> Option<T>) -> T {
        loop {
            if let Some(found) = find(&self.told().await) {
                return found;
            }
        }
    }

    /// How somebody is, as soon as they are like this.
    async fn sees(
        &mut self,
        identity: &str,
        like: impl Fn(&proto::ParticipantInfo) -> bool,
    ) -> proto::ParticipantInfo {
        self.until(|told| {
            let Told::Update(update) = told else {
                return None;
            };
            let mut all = update.participants.iter();
            all.find(|it| it.identity == identity && like(it)).cloned()
        })
        .await
    }

    async fn leaves(&mut self) -> (proto::DisconnectReason, leave_request::Action) {
        self.until(|told| {
            let Told::Leave(leave) = told else {
                return None;
            };
            Some((leave.reason(), leave.action()))
        })
        .await
    }

    /// The code of the end, whatever is told before.
    async fn closed(&mut self) -> u16 {
        loop {
            if let Came::Closed(code) = self.next().await {
                return code;
            }
        }
    }
}

/// The status of a handshake that fails.
async fn refused(house: &House, path: &str, token: &str) -> StatusCode {
    match Caller::at(house, path, token).await {
        Err(Error::Http(response)) => response.status().as_u16().try_into().unwrap(),
        other => panic!("{:?}", other.map(|_| ())),
    }
}

fn microphone(cid: &str) -> Request {
    Request::AddTrack(proto::AddTrackRequest {
        cid: cid.to_owned(),
        r#type: proto::TrackType::Audio.into(),
        source: proto::TrackSource::Microphone.into(),
        ..proto::AddTrackRequest::default()
    })
}

#[tokio::test]
async fn both_paths_begin_with_a_join_and_others_hear_of_it() {
    let house = house().await;
    let (mut alice, join) = Caller::joined(&house, "/rtc/v1", "alice").await;
    assert!(!join.subscriber_primary, "the client offers");
    assert_eq!(join.room.unwrap().name, "standup");
    assert!(join.participant.unwrap().sid.starts_with("PA_"));
    assert_eq!((join.ping_interval, join.ping_timeout), (5, 15));
    assert!(join.server_info.unwrap().protocol >= 16);
    let (_bob, join) = Caller::joined(&house, "/rtc", "bob").await;
    assert!(join.subscriber_primary, "the server offers");
    assert_eq!(join.other_participants[0].identity, "alice");
    alice.sees("bob", |_| true).await;
}

#[tokio::test]
async fn a_client_is_told_why_it_does_not_come_in() {
    let house = house().await;
    let good = token("alice", video("standup"));
    for path in ["/rtc", "/rtc/v1"] {
        let url = format!("http://{}{path}/validate", house.running.address());
        let ask = |token: &str| reqwest::get(format!("{url}?access_token={token}"));
        let answer = ask(&good).await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["access-control-allow-origin"], "*");
        assert_eq!(answer.text().await.unwrap(), "success");
        let answer = ask("nonsense").await.unwrap();
        assert_eq!(answer.status(), 401);
        assert_eq!(answer.headers()["access-control-allow-origin"], "*");
    }
}

#[tokio::test]
async fn a_wrong_token_opens_nothing() {
    let house = house().await;
    let no_join = VideoGrant {
        room_join: false,
        ..video("standup")
    };
    let claims = |sub: &str, exp| Claims {
        iss: "devkey".to_owned(),
        sub: sub.to_owned(),
        exp,
        video: Some(video("standup")),
        ..Claims::default()
    };
    let room_of_the_place = base::RoomId(7).to_string();
    for (token, status) in [
        (token("alice", no_join), 401),
        (token("alice", video(&room_of_the_place)), 401),
        (sign(&claims("alice", 4_000_000_000), "another secret"), 401),
        (sign(&claims("alice", 1_000), SECRET), 401),
        (String::new(), 401),
        (sign(&claims("", 4_000_000_000), SECRET), 400),
        (token("alice", video("")), 400),
        (token("alice", video(&"x".repeat(1_000))), 400),
    ] {
        assert_eq!(refused(&house, "/rtc/v1", &token).await, status);
    }
    let good = token("alice", video("standup"));
    assert_eq!(
        refused(&house, "/rtc/v1?join_request=%25", &good).await,
        400
    );
}

#[tokio::test]
async fn pings_of_either_form_are_answered_in_the_clients_own_encoding() {
    let house = house().await;
    let (mut alice, _) = Caller::joined(&house, "/rtc/v1", "alice").await;
    alice.ask(Request::Ping(5)).await;
    assert!(matches!(alice.told().await, Told::Pong(_)));
    let ping = proto::Ping {
        timestamp: 7,
        rtt: 1,
    };
    alice.ask(Request::PingReq(ping)).await;
    let Told::PongResp(pong) = alice.told().await else {
        panic!("a pong");
    };
    assert_eq!(pong.last_ping_timestamp, 7);
    let text = json!({"pingReq": {"timestamp": "9"}}).to_string();
    alice.0.send(Message::text(text)).await.unwrap();
    let Came::Json(pong) = alice.next().await else {
        panic!("JSON for JSON");
    };
    assert_eq!(pong["pongResp"]["lastPingTimestamp"], "9");
}

#[tokio::test]
async fn a_track_is_named_at_once() {
    let house = house().await;
    let (mut alice, _) = Caller::joined(&house, "/rtc/v1", "alice").await;
    alice.ask(microphone("cid-1")).await;
    let published = alice.until(|told| {
        let Told::TrackPublished(published) = told else {
            return None;
        };
        Some(published.clone())
    });
    let published = published.await;
    assert_eq!(published.cid, "cid-1");
    assert!(published.track.unwrap().sid.starts_with("TR_"));
}

#[tokio::test]
async fn attributes_of_somebody_are_told_to_others() {
    let house = house().await;
    let (mut alice, _) = Caller::joined(&house, "/rtc/v1", "alice").await;
    let (mut bob, _) = Caller::joined(&house, "/rtc", "bob").await;
    let update = proto::UpdateParticipantMetadata {
        attributes: [("hand".to_owned(), "1".to_owned())].into(),
        request_id: 3,
        ..proto::UpdateParticipantMetadata::default()
    };
    alice.ask(Request::UpdateMetadata(update)).await;
    bob.sees("alice", |it| it.attributes.contains_key("hand"))
        .await;
    let answered = alice.until(|told| {
        let Told::RequestResponse(response) = told else {
            return None;
        };
        Some(response.clone())
    });
    assert_eq!(answered.await.request_id, 3);
}

#[tokio::test]
async fn the_same_identity_sends_the_older_one_away() {
    let house = house().await;
    let (mut before, _) = Caller::joined(&house, "/rtc/v1", "alice").await;
    let (_now, join) = Caller::joined(&house, "/rtc/v1", "alice").await;
    assert!(join.other_participants.is_empty());
    let (reason, action) = before.leaves().await;
    assert_eq!(reason, proto::DisconnectReason::DuplicateIdentity);
    assert_eq!(action, leave_request::Action::Disconnect);
    assert_eq!(before.closed().await, 1000);
}

#[tokio::test]
async fn who_leaves_is_gone_for_others() {
    let house = house().await;
    let (mut alice, _) = Caller::joined(&house, "/rtc/v1", "alice").await;
    let (mut bob, _) = Caller::joined(&house, "/rtc/v1", "bob").await;
    bob.ask(Request::Leave(proto::LeaveRequest::default()))
        .await;
    let gone = proto::participant_info::State::Disconnected;
    alice.sees("bob", |it| it.state() == gone).await;
    assert_eq!(bob.closed().await, 1000);
}

#[tokio::test]
async fn a_cut_socket_is_resumed_by_its_participant_only() {
    let house = house().await;
    let (alice, join) = Caller::joined(&house, "/rtc", "alice").await;
    let sid = join.participant.unwrap().sid;
    drop(alice);
    let path = format!("/rtc?reconnect=1&sid={sid}");
    let stranger = token("mallory", video("standup"));
    let mut mallory = Caller::at(&house, &path, &stranger).await.unwrap();
    let (reason, action) = mallory.leaves().await;
    assert_eq!(reason, proto::DisconnectReason::StateMismatch);
    assert_eq!(action, leave_request::Action::Reconnect);
    let own = token("alice", video("standup"));
    let mut alice = Caller::at(&house, &path, &own).await.unwrap();
    assert!(matches!(alice.told().await, Told::Reconnect(_)));
    alice.sees("alice", |it| it.sid == sid).await;
}

#[tokio::test]
async fn who_comes_back_to_nothing_joins_anew() {
    let house = house().await;
    let own = token("alice", video("standup"));
    for sid in ["PA_00000000001", "", "nonsense"] {
        let path = format!("/rtc?reconnect=1&sid={sid}");
        let mut alice = Caller::at(&house, &path, &own).await.unwrap();
        let (_, action) = alice.leaves().await;
        assert_eq!(action, leave_request::Action::Reconnect);
    }
}

#[tokio::test]
async fn hostile_clients_are_closed_with_a_code() {
    let house = house().await;
    let (mut caller, _) = Caller::joined(&house, "/rtc/v1", "garbage").await;
    caller
        .0
        .send(Message::binary(vec![0xFF; 64]))
        .await
        .unwrap();
    assert_eq!(caller.closed().await, 1007);
    let (mut caller, _) = Caller::joined(&house, "/rtc/v1", "giant").await;
    caller
        .0
        .send(Message::binary(vec![0; 600 << 10]))
        .await
        .unwrap();
    assert_eq!(caller.closed().await, 1009);
    let (mut caller, _) = Caller::joined(&house, "/rtc/v1", "flood").await;
    let ping = SignalRequest {
        message: Some(Request::Ping(1)),
    };
    let ping = ping.encode_to_vec();
    for _ in 0..1_000 {
        // The server may have closed it already.
        if caller.0.send(Message::binary(ping.clone())).await.is_err() {
            break;
        }
    }
    assert_eq!(caller.closed().await, 1008);
}

#[tokio::test]
async fn a_message_of_a_later_version_means_nothing() {
    let house = house().await;
    let (mut alice, _) = Caller::joined(&house, "/rtc/v1", "alice").await;
    let unknown = vec![0xBA, 0x3E, 0x02, 0x08, 0x01];
    alice.0.send(Message::binary(unknown)).await.unwrap();
    alice.ask(Request::Ping(5)).await;
    assert!(matches!(alice.told().await, Told::Pong(_)));
}

#[tokio::test]
async fn a_description_that_is_none_sends_its_client_away() {
    let house = house().await;
    let (mut alice, _) = Caller::joined(&house, "/rtc/v1", "alice").await;
    let offer = proto::SessionDescription {
        r#type: "offer".to_owned(),
        sdp: "v=garbage".to_owned(),
        ..proto::SessionDescription::default()
    };
    alice.ask(Request::Offer(offer)).await;
    let (_, action) = alice.leaves().await;
    assert_eq!(action, leave_request::Action::Reconnect);
}

#[tokio::test]
async fn a_server_that_goes_down_tells_clients_to_come_back() {
    let house = house().await;
    let (mut alice, _) = Caller::joined(&house, "/rtc/v1", "alice").await;
    let down = tokio::spawn(house.running.shut_down());
    let (reason, action) = alice.leaves().await;
    assert_eq!(reason, proto::DisconnectReason::ServerShutdown);
    assert_eq!(action, leave_request::Action::Reconnect);
    assert_eq!(alice.closed().await, 1001);
    drop(alice);
    down.await.unwrap();
}

#[tokio::test]
async fn without_calls_there_is_no_door() {
    let house = House::with(|config| config.calls.enabled = false).await;
    let good = token("alice", video("standup"));
    let url = format!("http://{}/rtc/v1/validate", house.running.address());
    let answer = reqwest::get(format!("{url}?access_token={good}")).await;
    assert_ne!(answer.unwrap().text().await.unwrap(), "success");
}
