//! LiveKit's server API and webhooks, as a developer's backend meets them.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use prost::Message as _;
use reqwest::Response;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::sync::Notify;
use wire::livekit::proto::{CreateRoomRequest, ListRoomsRequest, ListRoomsResponse, Room};

use crate::house::House;

const KEY: &str = "devkey";
const SECRET: &str = "secretsecretsecretsecretsecretsecret";
const PATIENCE: Duration = Duration::from_secs(20);

async fn house(webhook_urls: Vec<String>) -> House {
    House::with(|config| {
        let key = (KEY.to_owned(), SECRET.to_owned());
        config.livekit.keys = [key].into();
        config.livekit.webhook_urls = webhook_urls;
    })
    .await
}

fn now_s() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap().as_secs()
}

fn token(video: &Value, secret: &str) -> String {
    let claims = json!({"iss": KEY, "exp": now_s() + 60, "nbf": 0, "video": video});
    let key = EncodingKey::from_secret(secret.as_bytes());
    encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap()
}

async fn send(house: &House, method: &str, token: &str, kind: &str, body: Vec<u8>) -> Response {
    let address = house.running.address();
    let url = format!("http://{address}/twirp/livekit.RoomService/{method}");
    reqwest::Client::new()
        .post(url)
        .bearer_auth(token)
        .header("content-type", kind)
        .body(body)
        .send()
        .await
        .unwrap()
}

async fn json_call(house: &House, method: &str, video: &Value, body: &Value) -> (u16, Value) {
    let token = token(video, SECRET);
    let body = body.to_string().into_bytes();
    let answer = send(house, method, &token, "application/json", body).await;
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap())
}

#[tokio::test]
async fn rooms_are_made_listed_and_ended_in_both_encodings() {
    let house = house(Vec::new()).await;
    let all = json!({"roomCreate": true, "roomList": true});
    let make = json!({"name": "standup", "emptyTimeout": 60, "metadata": "m"});
    let (status, room) = json_call(&house, "CreateRoom", &all, &make).await;
    assert_eq!(status, 200, "{room}");
    assert_eq!(
        (&room["name"], &room["metadata"]),
        (&json!("standup"), &json!("m"))
    );
    assert!(room["sid"].as_str().unwrap().starts_with("RM_"));
    assert_eq!(room["emptyTimeout"], 60);

    let request = CreateRoomRequest {
        name: "retro".to_owned(),
        ..CreateRoomRequest::default()
    };
    let bearer = token(&all, SECRET);
    let (protobuf, body) = ("application/protobuf", request.encode_to_vec());
    let answer = send(&house, "CreateRoom", &bearer, protobuf, body).await;
    assert_eq!(answer.headers()["content-type"], protobuf);
    let room = Room::decode(answer.bytes().await.unwrap()).unwrap();
    assert_eq!((room.name.as_str(), room.departure_timeout), ("retro", 20));

    let body = ListRoomsRequest::default().encode_to_vec();
    let answer = send(&house, "ListRooms", &bearer, protobuf, body).await;
    let listed = ListRoomsResponse::decode(answer.bytes().await.unwrap()).unwrap();
    let mut names: Vec<_> = listed.rooms.iter().map(|room| &room.name).collect();
    names.sort_unstable();
    assert_eq!(names, ["retro", "standup"]);

    let end = json!({"room": "standup"});
    assert_eq!(json_call(&house, "DeleteRoom", &all, &end).await.0, 200);
    let (status, error) = json_call(&house, "DeleteRoom", &all, &end).await;
    assert_eq!((status, &error["code"]), (404, &json!("not_found")));
    let named = json!({"names": ["standup", "retro"]});
    let (_, listed) = json_call(&house, "ListRooms", &all, &named).await;
    assert_eq!(listed["rooms"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_token_does_what_it_grants_and_no_more() {
    let house = house(Vec::new()).await;
    let create = json!({"roomCreate": true});
    let room = json!({"name": "standup"});
    assert_eq!(json_call(&house, "CreateRoom", &create, &room).await.0, 200);
    let admin = json!({"roomAdmin": true, "room": "standup"});
    let in_room = json!({"room": "standup"});
    for (method, video, body, status) in [
        ("CreateRoom", &json!({"roomJoin": true}), &room, 403),
        ("ListRooms", &create, &json!({}), 403),
        ("DeleteRoom", &admin, &in_room, 403),
        ("ListParticipants", &create, &in_room, 403),
        ("ListParticipants", &admin, &json!({"room": "retro"}), 403),
        (
            "ListParticipants",
            &json!({"roomAdmin": true}),
            &json!({}),
            403,
        ),
        ("ListParticipants", &admin, &in_room, 200),
        (
            "UpdateRoomMetadata",
            &admin,
            &json!({"room": "standup", "metadata": "x"}),
            200,
        ),
        (
            "GetParticipant",
            &admin,
            &json!({"room": "standup", "identity": "ann"}),
            404,
        ),
        (
            "SendData",
            &admin,
            &json!({"room": "standup", "data": "aGk=", "kind": "LOSSY"}),
            200,
        ),
    ] {
        let (found, answer) = json_call(&house, method, video, body).await;
        assert_eq!(found, status, "{method} {video} {answer}");
    }
    let other = token(&create, "another secret that is quite long enough");
    let body = room.to_string().into_bytes();
    let answer = send(&house, "CreateRoom", &other, "application/json", body).await;
    assert_eq!(answer.status(), 401);
    let error: Value = answer.json().await.unwrap();
    assert_eq!(error["code"], "unauthenticated");
}

#[tokio::test]
async fn a_developers_key_knows_no_room_of_the_place() {
    let house = house(Vec::new()).await;
    let ada = house.set_up().await;
    let lobby = ada.lobby().await;
    ada.post(&format!("/rooms/{lobby}/call"), &json!({}))
        .await
        .ok();
    let all = json!({
        "roomCreate": true, "roomList": true, "roomAdmin": true, "room": lobby
    });
    let (_, listed) = json_call(&house, "ListRooms", &all, &json!({})).await;
    assert_eq!(listed["rooms"].as_array().map_or(0, Vec::len), 0);
    for method in ["DeleteRoom", "ListParticipants", "UpdateRoomMetadata"] {
        let body = json!({"room": lobby, "metadata": "x"});
        let (status, _) = json_call(&house, method, &all, &body).await;
        assert_eq!(status, 403, "{method}");
    }
}

#[tokio::test]
async fn mistakes_are_told_as_twirp_tells_them() {
    let house = house(Vec::new()).await;
    let admin = json!({"roomAdmin": true, "room": "standup", "roomCreate": true});
    let bearer = token(&admin, SECRET);
    for (method, kind, body, status, code) in [
        ("Nonsense", "application/json", "{}", 404, "bad_route"),
        ("CreateRoom", "text/plain", "{}", 404, "bad_route"),
        (
            "CreateRoom",
            "application/json",
            "{\"name\":",
            400,
            "malformed",
        ),
        (
            "CreateRoom",
            "application/json",
            "{}",
            400,
            "invalid_argument",
        ),
        (
            "MoveParticipant",
            "application/json",
            "{}",
            501,
            "unimplemented",
        ),
        (
            "MutePublishedTrack",
            "application/json",
            "{\"room\":\"standup\",\"identity\":\"ann\",\"trackSid\":\"TR_x\"}",
            412,
            "failed_precondition",
        ),
    ] {
        let answer = send(&house, method, &bearer, kind, body.as_bytes().to_vec()).await;
        assert_eq!(answer.status().as_u16(), status, "{method} {body}");
        let error: Value = answer.json().await.unwrap();
        assert_eq!(error["code"], code);
        assert!(error["msg"].is_string());
    }
}

/// An app's backend that takes LiveKit's webhooks.
#[derive(Clone, Default)]
struct Receiver {
    taken: Arc<Mutex<Vec<Value>>>,
    /// Answer so many with 500 first.
    failures: Arc<Mutex<u32>>,
    news: Arc<Notify>,
}

async fn take(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    assert_eq!(headers["content-type"], "application/webhook+json");
    let token = headers["authorization"].to_str().unwrap();
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_required_spec_claims(&["exp", "nbf"]);
    let key = DecodingKey::from_secret(SECRET.as_bytes());
    let claims = decode::<Value>(token, &key, &validation).unwrap().claims;
    assert_eq!(claims["iss"], KEY);
    assert_eq!(claims["sha256"], STANDARD.encode(Sha256::digest(&body)));
    {
        let mut failures = receiver.failures.lock().unwrap();
        if *failures > 0 {
            *failures -= 1;
            return StatusCode::INTERNAL_SERVER_ERROR;
        }
    }
    let event = serde_json::from_slice(&body).unwrap();
    receiver.taken.lock().unwrap().push(event);
    receiver.news.notify_one();
    StatusCode::OK
}

#[tokio::test]
async fn webhooks_are_told_of_calls_of_apps_in_order_and_signed() {
    let receiver = Receiver::default();
    *receiver.failures.lock().unwrap() = 1;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let router = axum::Router::new()
        .route("/hook", post(take))
        .with_state(receiver.clone());
    tokio::spawn(async { axum::serve(listener, router).await });

    let house = house(vec![url]).await;
    let ada = house.set_up().await;
    let lobby = ada.lobby().await;
    ada.post(&format!("/rooms/{lobby}/call"), &json!({}))
        .await
        .ok();
    let all = json!({"roomCreate": true});
    for name in ["one", "two"] {
        json_call(&house, "CreateRoom", &all, &json!({"name": name})).await;
        json_call(&house, "DeleteRoom", &all, &json!({"room": name})).await;
    }
    let waiting = async {
        while receiver.taken.lock().unwrap().len() < 4 {
            receiver.news.notified().await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap();
    let taken = receiver.taken.lock().unwrap();
    let told: Vec<_> = taken
        .iter()
        .map(|event| (event["event"].as_str(), event["room"]["name"].as_str()))
        .collect();
    let (started, finished) = (Some("room_started"), Some("room_finished"));
    let wanted = [
        (started, Some("one")),
        (finished, Some("one")),
        (started, Some("two")),
        (finished, Some("two")),
    ];
    assert_eq!(told, wanted);
    assert!(taken[0]["id"].as_str().unwrap().starts_with("EV_"));
    assert_ne!(taken[0]["id"], taken[1]["id"]);
}
