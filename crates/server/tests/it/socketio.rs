//! Socket.IO against the whole server: people, rooms of Plaza, ends, restarts. What goes over the
//! wire packet by packet stands in `e2e/sdk/socketio-protocol.mjs`.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use server::config::post::PostRoute;
use server::config::socketio::Namespace;
use server::{Config, Server};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::house::{Client, House, config};

const PATIENCE: Duration = Duration::from_secs(10);

/// A client on a WebSocket, in the main namespace.
struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

/// What came of a connect.
#[derive(Debug, PartialEq)]
enum Came {
    In,
    Refused(Value),
}

impl Socket {
    /// Opens a session without a word of Socket.IO.
    async fn open(base: &str) -> Self {
        let url = base.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket";
        let (socket, _) = connect_async(url).await.unwrap();
        let mut socket = Self(socket);
        assert!(socket.packet().await.unwrap().starts_with('0'));
        socket
    }

    async fn connect(base: &str, auth: &Value) -> (Self, Came) {
        let mut socket = Self::open(base).await;
        socket.send(&format!("40{auth}")).await;
        let answer = socket.packet().await.unwrap();
        let came = match answer.strip_prefix("44") {
            Some(error) => Came::Refused(serde_json::from_str(error).unwrap()),
            None => {
                assert!(answer.starts_with("40"), "{answer}");
                Came::In
            }
        };
        (socket, came)
    }

    /// Somebody without a token, let in.
    async fn guest(base: &str) -> Self {
        let (socket, came) = Self::connect(base, &json!({})).await;
        assert_eq!(came, Came::In);
        socket
    }

    async fn send(&mut self, packet: &str) {
        self.0.send(Message::text(packet)).await.unwrap();
    }

    /// The next packet but heartbeats; `None` when the connection is over.
    async fn packet(&mut self) -> Option<String> {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.0.next()).await.unwrap();
            match next? {
                Ok(Message::Text(text)) if text == "2" => self.send("3").await,
                Ok(Message::Text(text)) => return Some(text.to_string()),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// The next event, as its array.
    async fn event(&mut self) -> Value {
        let packet = self.packet().await.unwrap();
        serde_json::from_str(packet.strip_prefix("42").unwrap()).unwrap()
    }
}

fn open_to_all(config: &mut Config) {
    config.socketio.anonymous = true;
}

/// A main namespace that belongs to the room `chat`, and a path for posts.
fn with_a_room(config: &mut Config) {
    open_to_all(config);
    config.socketio.namespaces = vec![Namespace {
        room: "chat".to_owned(),
        ..Namespace::default()
    }];
    config.post.routes = vec![PostRoute {
        path: "/chat".to_owned(),
        room: "chat".to_owned(),
        anonymous: true,
        limit: 3,
        ..PostRoute::default()
    }];
}

async fn chat_room(ada: &Client) -> String {
    let rooms = ada.get("/rooms").await.ok();
    let mut rooms = rooms["rooms"].as_array().unwrap().iter();
    let chat = rooms.find(|room| room["name"] == "chat").unwrap();
    chat["id"].as_str().unwrap().to_owned()
}

async fn api_token(person: &Client) -> (String, String) {
    let made = person.post("/tokens", &json!({"name": "bot"})).await.ok();
    let text = |key: &str| made[key].as_str().unwrap().to_owned();
    (text("token"), text("id"))
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_nobody_comes_in_and_with_one_a_person_does() {
    let (house, ada) = House::open().await;
    let base = house.visitor().base;
    let (_, came) = Socket::connect(&base, &json!({})).await;
    let Came::Refused(error) = came else {
        panic!("let in")
    };
    assert_eq!(error["message"], "unauthorized");
    assert!(error["data"]["code"].is_string(), "{error}");
    let (token, _) = api_token(&ada).await;
    let (_, came) = Socket::connect(&base, &json!({ "token": token })).await;
    assert_eq!(came, Came::In);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_banned_address_is_out_without_a_token() {
    let house = House::with(|config| {
        open_to_all(config);
        config.listen.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    })
    .await;
    let ada = house.set_up().await;
    let ban = json!({"address": "203.0.113.0/24"});
    ada.post("/developer/bans", &ban).await.ok();
    let base = house.visitor().base.replace("http", "ws");
    let url = base + "/socket.io/?EIO=4&transport=websocket";
    for (address, comes_in) in [("203.0.113.9", false), ("198.51.100.9", true)] {
        let mut request = url.as_str().into_client_request().unwrap();
        let header = address.parse().unwrap();
        request.headers_mut().insert("x-forwarded-for", header);
        let Ok((socket, _)) = connect_async(request).await else {
            assert!(!comes_in, "{address}");
            continue;
        };
        let mut socket = Socket(socket);
        let opened = socket
            .packet()
            .await
            .is_some_and(|open| open.starts_with('0'));
        let mut answer = None;
        if opened {
            socket.send("40{}").await;
            answer = socket.packet().await;
        }
        let came_in = answer.is_some_and(|answer| answer.starts_with("40"));
        assert_eq!(came_in, comes_in, "{address}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_login_has_ended_is_put_out_and_told_not_to_come_back() {
    let (house, ada) = House::open().await;
    let token = ada.post("/socket-token", &json!({})).await.ok();
    let auth = json!({"token": token["token"]});
    let (mut socket, came) = Socket::connect(&house.visitor().base, &auth).await;
    assert_eq!(came, Came::In);
    ada.delete("/session").await;
    assert_eq!(socket.packet().await.as_deref(), Some("41"));
    assert_eq!(socket.packet().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_a_post_of_the_room_and_a_post_comes_out_as_a_text() {
    let house = House::with(with_a_room).await;
    let ada = house.set_up().await;
    let chat = chat_room(&ada).await;
    let base = house.visitor().base;
    let mut one = Socket::guest(&base).await;
    let mut two = Socket::guest(&base).await;
    one.send(r#"421["message","  hello  "]"#).await;
    assert_eq!(two.event().await, json!(["message", "  hello  "]));
    let mut seen = [one.packet().await.unwrap(), one.packet().await.unwrap()];
    seen.sort();
    assert_eq!(seen[0], r#"42["message","  hello  "]"#);
    assert_eq!(seen[1], r#"431[{"status":"ok"}]"#);
    let events = ada.events(&chat).await;
    let texts = events.iter().filter_map(|event| event["text"].as_str());
    assert_eq!(texts.collect::<Vec<_>>(), ["  hello"], "tidied at its end");
    ada.post(&format!("/rooms/{chat}/join"), &json!({})).await;
    ada.say(&chat, "from the web").await;
    for socket in [&mut one, &mut two] {
        assert_eq!(socket.event().await, json!(["message", "from the web"]));
    }
    two.send(r#"42["message",{"no":"text"}]"#).await;
    assert_eq!(one.event().await, json!(["message", {"no": "text"}]));
    assert_eq!(ada.events(&chat).await.len(), events.len() + 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_posts_as_themselves() {
    let house = House::with(with_a_room).await;
    let ada = house.set_up().await;
    let chat = chat_room(&ada).await;
    let (token, _) = api_token(&ada).await;
    let base = house.visitor().base;
    let (mut socket, _) = Socket::connect(&base, &json!({ "token": token })).await;
    socket.send(r#"42["message","me"]"#).await;
    assert_eq!(socket.event().await, json!(["message", "me"]));
    let events = ada.events(&chat).await;
    let post = events.iter().find(|event| event["text"] == "me").unwrap();
    assert_eq!(post["author"], ada.id.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_by_post_are_told_as_a_bounded_list_that_outlives_a_restart() {
    let house = House::with(with_a_room).await;
    let base = house.visitor().base;
    let mut socket = Socket::guest(&base).await;
    let post = async |client: &Client, text: &str| {
        let body = json!({"message": text}).to_string().into_bytes();
        let headers = [("content-type", "application/json")];
        let method = reqwest::Method::POST;
        let answer = client.send(method, "//chat", &headers, body).await.ok();
        assert_eq!(answer, json!({"status": "success"}));
    };
    for text in ["a", "b"] {
        post(&house.visitor(), text).await;
    }
    assert_eq!(socket.event().await, json!(["messages", ["a"]]));
    assert_eq!(socket.event().await, json!(["messages", ["a", "b"]]));
    let House { running, directory } = house;
    running.shut_down().await;
    let mut again = config(&directory);
    with_a_room(&mut again);
    let running = Server::start(again).await.unwrap();
    let house = House { running, directory };
    let mut socket = Socket::guest(&house.visitor().base).await;
    for text in ["c", "d"] {
        post(&house.visitor(), text).await;
    }
    assert_eq!(socket.event().await, json!(["messages", ["a", "b", "c"]]));
    assert_eq!(socket.event().await, json!(["messages", ["b", "c", "d"]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_floods_is_slowed_down_and_one_that_goes_on_is_cut_off() {
    let house = House::with(|config| {
        open_to_all(config);
        config.socketio.events_per_second = 50;
        config.socketio.events_burst = 10;
    })
    .await;
    let base = house.visitor().base;
    let mut one = Socket::guest(&base).await;
    let mut two = Socket::guest(&base).await;
    for number in 0..40 {
        one.send(&format!(r#"42["count",{number}]"#)).await;
    }
    for number in 0..40 {
        assert_eq!(two.event().await, json!(["count", number]));
    }
    for number in 0..2_000 {
        if one
            .0
            .send(Message::text(format!(r#"42["count",{number}]"#)))
            .await
            .is_err()
        {
            break;
        }
    }
    while let Some(packet) = one.packet().await {
        assert!(!packet.starts_with("42"), "{packet}");
    }
}
