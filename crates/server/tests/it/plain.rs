//! Plain WebSockets: a room for texts, answers of a route, and everything that is no text.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use server::Config;
use server::config::plain::Route;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::house::{Client, House};

const PATIENCE: Duration = Duration::from_secs(10);
const WELCOME: &str = "Welcome to the WebSocket chat room!";

/// A client that knows nothing but texts.
pub(crate) struct Plain(WebSocketStream<MaybeTlsStream<TcpStream>>);

/// What came.
#[derive(Debug, PartialEq, Eq)]
enum Came {
    Text(String),
    Closed(u16, String),
}

impl Plain {
    async fn at(house: &House, path: &str) -> Self {
        Self::with(house, path, &[]).await.unwrap()
    }

    async fn with(
        house: &House,
        path: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, Error> {
        let url = format!("ws://{}{path}", house.running.address());
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        Ok(Self(connect_async(request).await?.0))
    }

    /// A newcomer to a room, welcomed.
    async fn welcomed(house: &House, path: &str) -> Self {
        let mut client = Self::at(house, path).await;
        assert_eq!(client.text().await, WELCOME);
        client
    }

    async fn say(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    async fn next(&mut self) -> Came {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.0.next()).await;
            match next.expect("something comes in time") {
                Some(Ok(Message::Text(text))) => return Came::Text(text.to_string()),
                Some(Ok(Message::Close(Some(frame)))) => {
                    return Came::Closed(frame.code.into(), frame.reason.to_string());
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("neither a text nor a close: {other:?}"),
            }
        }
    }

    async fn text(&mut self) -> String {
        match self.next().await {
            Came::Text(text) => text,
            closed @ Came::Closed(..) => panic!("{closed:?}"),
        }
    }

    async fn closed(&mut self) -> (u16, String) {
        loop {
            if let Came::Closed(code, reason) = self.next().await {
                return (code, reason);
            }
        }
    }
}

fn room(path: &str, name: &str) -> Route {
    Route {
        path: path.to_owned(),
        room: name.to_owned(),
        anonymous: true,
        ..Route::default()
    }
}

fn chat(config: &mut Config) {
    config.plain.routes = vec![room("/chat", "chat")];
    config.limits.posts_per_second = 10_000;
    config.limits.post_bytes_per_second = 10_000_000;
    config.limits.post_bytes_burst = 100_000_000;
}

async fn room_named(person: &Client, name: &str) -> String {
    let rooms = person.get("/rooms").await.ok();
    let rooms = rooms["rooms"].as_array().unwrap();
    let found = rooms.iter().find(|room| room["name"] == name);
    found.unwrap_or_else(|| panic!("{rooms:?}"))["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn texts(events: &[Value]) -> Vec<&str> {
    let messages = events.iter().filter(|event| event["kind"] == "message");
    messages
        .map(|event| event["text"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn texts_go_to_all_others_unchanged_and_in_order_before_anybody_set_the_place_up() {
    let house = House::with(chat).await;
    let mut ann = Plain::welcomed(&house, "/chat").await;
    let mut ben = Plain::welcomed(&house, "/chat").await;
    let mut eve = Plain::welcomed(&house, "/chat?ignored=1").await;
    for text in [
        "hello",
        "  spaced out \n",
        "{\"a\": [1, 2]}",
        "大家好 👋",
        "\u{202e}turned",
    ] {
        ann.say(text).await;
        assert_eq!(ben.text().await, text);
        assert_eq!(eve.text().await, text);
    }
    for at in 0..300 {
        ben.say(&at.to_string()).await;
    }
    for at in 0..300 {
        assert_eq!(
            ann.text().await,
            at.to_string(),
            "nothing of one's own before"
        );
        assert_eq!(eve.text().await, at.to_string());
    }
}

#[tokio::test]
async fn a_text_is_a_post_of_the_visitor_and_an_answer_comes_back() {
    let house = House::with(chat).await;
    let mut guest = Plain::welcomed(&house, "/chat").await;
    guest.say("is anybody there?").await;
    let ada = house.set_up().await;
    assert_eq!(ada.get("/place").await.ok()["set_up"], true);
    let chat = room_named(&ada, "chat").await;
    ada.post(&format!("/rooms/{chat}/join"), &json!({}))
        .await
        .ok();
    let events = ada.events(&chat).await;
    assert_eq!(texts(&events), ["is anybody there?"]);
    let people = ada.get("/people").await.ok();
    let people = people["people"].as_array().unwrap();
    let visitor = people.iter().find(|it| it["name"] == "visitor").unwrap();
    assert_eq!(
        (&visitor["display_name"], &visitor["role"]),
        (&json!("Visitor"), &json!("guest"))
    );
    let said = events
        .iter()
        .find(|event| event["kind"] == "message")
        .unwrap();
    assert_eq!(said["author"], visitor["id"]);
    ada.say(&chat, "  I am  ").await;
    assert_eq!(guest.text().await, "  I am");
    let seq = ada.say(&chat, "wrong").await;
    assert_eq!(guest.text().await, "wrong");
    let path = format!("/rooms/{chat}/messages/{seq}");
    ada.patch(&path, &json!({"text": "right"})).await.ok();
    ada.delete(&path).await.ok();
    ada.say(&chat, "after").await;
    assert_eq!(
        guest.text().await,
        "after",
        "edits and deletions are not told"
    );
    // The account is nobody's: no password, no role, no private talk.
    let visitor = visitor["id"].as_str().unwrap();
    let reset = format!("/people/{visitor}/reset-password");
    ada.post(&reset, &json!({})).await.refused("forbidden");
    let change = ada
        .patch(&format!("/people/{visitor}"), &json!({"role": "member"}))
        .await;
    change.refused("forbidden");
    let direct = json!({"kind": "direct", "name": "", "topic": "", "members": [visitor]});
    ada.post("/rooms", &direct).await.refused("bad_request");
    let login = house.visitor();
    let login = login
        .post("/session", &json!({"name": "visitor", "password": ""}))
        .await;
    login.refused("wrong_password");
    // Locked, nobody posts without an account any more.
    let lock = ada
        .patch(&format!("/people/{visitor}"), &json!({"deactivated": true}))
        .await;
    lock.ok();
    guest.say("still here?").await;
    assert_eq!(guest.text().await, "Not sent: forbidden");
}

#[tokio::test]
async fn who_says_something_and_goes_has_said_it() {
    let house = House::with(chat).await;
    let mut stays = Plain::welcomed(&house, "/chat").await;
    // Again and again: it may go at any point of its way in.
    for at in 0..50 {
        let mut goes = Plain::at(&house, "/chat").await;
        goes.0
            .feed(Message::text(format!("one {at}")))
            .await
            .unwrap();
        goes.0
            .feed(Message::text(format!("two {at}")))
            .await
            .unwrap();
        goes.0.close(None).await.unwrap();
        assert_eq!(stays.text().await, format!("one {at}"));
        assert_eq!(stays.text().await, format!("two {at}"));
    }
    // The answer to a close arrives: a client sees 1000 and not 1006.
    let mut last = stays;
    let done = tokio_tungstenite::tungstenite::protocol::CloseFrame {
        code: CloseCode::Normal,
        reason: "".into(),
    };
    last.0.close(Some(done)).await.unwrap();
    assert_eq!(last.closed().await.0, 1000);
    assert!(last.0.next().await.is_none(), "and then the stream ends");
}

#[tokio::test]
async fn history_is_given_when_asked_for() {
    let house = House::with(chat).await;
    let mut ann = Plain::welcomed(&house, "/chat").await;
    let mut ben = Plain::welcomed(&house, "/chat").await;
    for at in 0..5 {
        ann.say(&format!("said {at}")).await;
        ben.text().await;
    }
    let mut late = Plain::welcomed(&house, "/chat?history=2").await;
    assert_eq!(late.text().await, "said 3");
    assert_eq!(late.text().await, "said 4");
    ann.say("now").await;
    assert_eq!(late.text().await, "now");
    let mut all = Plain::welcomed(&house, "/chat?history=999999").await;
    assert_eq!(all.text().await, "said 0");
}

#[tokio::test]
async fn a_route_can_answer_by_itself() {
    let house = House::with(|config| {
        let hello = Route {
            path: "/".to_owned(),
            replies: [("Hello, Server!".to_owned(), "Hello, Client!".to_owned())].into(),
            anonymous: true,
            ..Route::default()
        };
        let echo = Route {
            path: "/echo".to_owned(),
            echo: "{text}".to_owned(),
            welcome: Some("Talk to me.".to_owned()),
            anonymous: true,
            ..Route::default()
        };
        config.plain.routes = vec![hello, echo];
    })
    .await;
    let mut hello = Plain::at(&house, "/").await;
    hello.say("something else").await;
    hello.say("Hello, Server!").await;
    assert_eq!(hello.text().await, "Hello, Client!");
    let mut echo = Plain::at(&house, "/echo").await;
    assert_eq!(echo.text().await, "Talk to me.");
    echo.say("").await;
    echo.say("ja").await;
    assert_eq!(echo.text().await, "");
    assert_eq!(echo.text().await, "ja");
    let page = reqwest::get(format!("http://{}/", house.running.address()))
        .await
        .unwrap();
    assert_eq!(page.status(), 200, "the web app is still there");
}

#[tokio::test]
async fn without_a_token_nobody_comes_in_where_nobody_said_so() {
    let (house, ada) = House::open().await;
    for path in ["/ws/Lobby", "/ws/nowhere", "/chat"] {
        let mut stranger = Plain::at(&house, path).await;
        assert_eq!(
            stranger.closed().await,
            (1008, "unauthenticated".to_owned())
        );
    }
    let token = ada.post("/tokens", &json!({"name": "bot"})).await.ok();
    let token = token["token"].as_str().unwrap().to_owned();
    let lobby = ada.lobby().await;
    let mut bot = Plain::welcomed(&house, &format!("/ws/lobby?token={token}")).await;
    let bearer = format!("Bearer {token}");
    let by_id = format!("/ws/{lobby}");
    let mut other = Plain::with(&house, &by_id, &[("authorization", &bearer)])
        .await
        .unwrap();
    assert_eq!(other.text().await, WELCOME);
    bot.say("as Ada").await;
    assert_eq!(other.text().await, "as Ada");
    let events = ada.events(&lobby).await;
    assert_eq!(events.last().unwrap()["author"].as_str(), Some(&*ada.id));
    let mut nowhere = Plain::at(&house, &format!("/ws/nowhere?token={token}")).await;
    assert_eq!(nowhere.closed().await, (1008, "not_found".to_owned()));
    let mut wrong = Plain::at(&house, "/ws/lobby?token=plz_wrong").await;
    assert_eq!(wrong.closed().await.0, 1008);
    let socket_token = ada.post("/socket-token", &json!({})).await.ok();
    let socket_token = socket_token["token"].as_str().unwrap();
    let mut page = Plain::welcomed(&house, &format!("/ws/lobby?token={socket_token}")).await;
    ada.delete("/session").await.ok();
    assert!(page.closed().await.0 >= 3000, "the login is over");
}

#[tokio::test]
async fn a_private_room_is_for_its_members_with_a_token() {
    let house = House::with(|config| config.plain.anonymous = true).await;
    let ada = house.set_up().await;
    let ben = house.invite(&ada, "Ben", "member").await;
    let eve = house.invite(&ada, "Eve", "member").await;
    let secret = ada.room("closed", "secret", &[&ben]).await;
    let token = async |person: &Client| {
        let token = person.post("/tokens", &json!({"name": "bot"})).await.ok();
        token["token"].as_str().unwrap().to_owned()
    };
    let path = format!("/ws/{secret}");
    for path in [
        path.clone(),
        "/ws/secret".to_owned(),
        format!("{path}?token={}", token(&eve).await),
    ] {
        let mut stranger = Plain::at(&house, &path).await;
        assert_eq!(
            stranger.closed().await,
            (1008, "not_found".to_owned()),
            "{path}"
        );
    }
    let mut member = Plain::welcomed(&house, &format!("{path}?token={}", token(&ben).await)).await;
    ada.say(&secret, "among us").await;
    assert_eq!(member.text().await, "among us");
    ada.delete(&format!("/rooms/{secret}/members/{}", ben.id))
        .await
        .ok();
    assert_eq!(member.closed().await, (1008, "forbidden".to_owned()));
}

#[tokio::test]
async fn what_the_house_does_not_take_is_answered_and_the_rest_goes_on() {
    let house = House::with(chat).await;
    let ada = house.set_up().await;
    let rule = json!({"pattern": "darn", "kind": "keyword", "action": "block",
        "ignore_separators": false, "whole_word": true, "enabled": true, "note": ""});
    ada.post("/filter/rules", &rule).await.ok();
    let mask = json!({"pattern": "heck", "kind": "keyword", "action": "mask",
        "ignore_separators": false, "whole_word": true, "enabled": true, "note": ""});
    ada.post("/filter/rules", &mask).await.ok();
    let mut ann = Plain::welcomed(&house, "/chat").await;
    let mut ben = Plain::welcomed(&house, "/chat").await;
    ann.say("darn it").await;
    assert_eq!(ann.text().await, "Not sent: blocked_words");
    ann.say(&"x".repeat(10_001)).await;
    assert_eq!(ann.text().await, "Not sent: too_long");
    ann.say("").await;
    ann.say("what the heck ").await;
    assert_eq!(ben.text().await, "what the ****");
    let chat = room_named(&ada, "chat").await;
    ada.post(&format!("/rooms/{chat}/join"), &json!({}))
        .await
        .ok();
    ada.patch(&format!("/rooms/{chat}"), &json!({"archived": true}))
        .await
        .ok();
    ann.say("too late").await;
    assert_eq!(ann.text().await, "Not sent: room_archived");
}

#[tokio::test]
async fn what_is_no_text_ends_the_connection_with_its_code() {
    let house = House::with(chat).await;
    let mut bytes = Plain::welcomed(&house, "/chat").await;
    bytes.0.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert_eq!(bytes.closed().await.0, 1003);
    let mut large = Plain::welcomed(&house, "/chat").await;
    large
        .0
        .send(Message::text("x".repeat(70_000)))
        .await
        .unwrap();
    assert_eq!(large.closed().await.0, 1009);
    let mut broken = Plain::welcomed(&house, "/chat").await;
    let MaybeTlsStream::Plain(stream) = broken.0.get_mut() else {
        panic!("a plain stream");
    };
    // A masked text frame (the mask is zero) of two bytes that are no UTF-8.
    let frame = [0x81, 0x82, 0, 0, 0, 0, 0xC3, 0x28];
    tokio::io::AsyncWriteExt::write_all(stream, &frame)
        .await
        .unwrap();
    assert_eq!(broken.closed().await.0, 1007);
    let mut flood = Plain::welcomed(&house, "/chat").await;
    let word = "y".repeat(9_000);
    let mut ended = false;
    for _ in 0..2_000 {
        ended = ended || flood.0.send(Message::text(word.as_str())).await.is_err();
    }
    let mut calm = Plain::welcomed(&house, "/chat").await;
    let mut other = Plain::welcomed(&house, "/chat").await;
    calm.say("still here").await;
    while other.text().await != "still here" {}
}

#[tokio::test]
async fn a_burst_above_the_budget_is_slowed_down_and_not_torn() {
    let house = House::with(|config| {
        chat(config);
        config.limits.posts_per_second = 20;
        config.limits.posts_burst = 5;
    })
    .await;
    let mut ann = Plain::welcomed(&house, "/chat").await;
    let mut ben = Plain::welcomed(&house, "/chat").await;
    for at in 0..20 {
        ann.say(&at.to_string()).await;
    }
    for at in 0..20 {
        assert_eq!(ben.text().await, at.to_string());
    }
}

#[tokio::test]
async fn pages_of_foreign_origins_come_in_where_they_are_listed() {
    let house = House::with(|config| {
        chat(config);
        let mut open = room("/open", "chat");
        open.origins = vec!["*".to_owned()];
        config.plain.routes.push(open);
        config.origins.allowed = vec!["http://localhost:*".to_owned()];
    })
    .await;
    let from = |origin: &'static str| [("origin", origin)];
    let evil = from("https://evil.example");
    let refused = Plain::with(&house, "/chat", &evil).await;
    let Err(Error::Http(response)) = refused.map(|_| ()) else {
        panic!("a foreign page came in");
    };
    assert_eq!(response.status(), 403);
    Plain::with(&house, "/open", &evil).await.unwrap();
    let react = from("http://localhost:3000");
    let mut page = Plain::with(&house, "/chat", &react).await.unwrap();
    assert_eq!(page.text().await, WELCOME);
}

#[tokio::test]
async fn a_banned_address_is_out_without_a_token() {
    let house = House::with(|config| {
        chat(config);
        config.listen.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    })
    .await;
    let ada = house.set_up().await;
    let ban = json!({"address": "203.0.113.0/24"});
    ada.post("/developer/bans", &ban).await.ok();
    let banned = [("x-forwarded-for", "203.0.113.9")];
    let refused = Plain::with(&house, "/chat", &banned).await.map(|_| ());
    let Err(Error::Http(response)) = refused else {
        panic!("a banned address came in");
    };
    assert_eq!(response.status(), 403);
    let other = [("x-forwarded-for", "198.51.100.9")];
    let mut other = Plain::with(&house, "/chat", &other).await.unwrap();
    assert_eq!(other.text().await, WELCOME);
}

#[tokio::test]
async fn the_room_and_the_visitor_are_the_same_after_a_restart() {
    let house = House::with(chat).await;
    let mut ann = Plain::welcomed(&house, "/chat").await;
    let mut ben = Plain::welcomed(&house, "/chat").await;
    ann.say("before").await;
    ben.text().await;
    let House { running, directory } = house;
    running.shut_down().await;
    assert_eq!(ann.closed().await.0, 1001);
    let mut config = crate::house::config(&directory);
    chat(&mut config);
    let running = server::Server::start(config).await.unwrap();
    assert!(running.is_fresh());
    let house = House { running, directory };
    let mut ann = Plain::welcomed(&house, "/chat?history=5").await;
    assert_eq!(ann.text().await, "before");
    ann.say("after").await;
    let ada = house.set_up().await;
    let people = ada.get("/people").await.ok();
    assert_eq!(people["people"].as_array().unwrap().len(), 2);
    let rooms = ada.get("/rooms").await.ok();
    assert_eq!(rooms["rooms"].as_array().unwrap().len(), 2);
}

fn post_route(config: &mut Config) {
    chat(config);
    config.post.routes = vec![server::config::post::PostRoute {
        path: "/chat".to_owned(),
        room: "chat".to_owned(),
        anonymous: true,
        limit: 3,
        ..Default::default()
    }];
    config.origins.allowed = vec!["http://localhost:*".to_owned()];
}

#[tokio::test]
async fn a_post_is_a_message_of_the_room_and_shares_the_path_with_the_socket() {
    let house = House::with(post_route).await;
    let mut ann = Plain::welcomed(&house, "/chat").await;
    let poster = house.visitor();
    let page = [("origin", "http://localhost:3000")];
    let send = async |body: Value| {
        poster
            .json(reqwest::Method::POST, "//chat", &body, &page)
            .await
    };
    let answer = send(json!({"message": "by post"})).await;
    assert_eq!(
        answer.header("access-control-allow-origin"),
        "http://localhost:3000"
    );
    assert_eq!(answer.ok(), json!({"status": "success"}));
    assert_eq!(ann.text().await, "by post");
    send(json!({"message": {"user": "ann", "text": "hi"}}))
        .await
        .ok();
    assert_eq!(ann.text().await, "{\"text\":\"hi\",\"user\":\"ann\"}");
    let ask = [
        ("origin", "http://localhost:3000"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "content-type"),
    ];
    let preflight = poster
        .send(reqwest::Method::OPTIONS, "//chat", &ask, Vec::new())
        .await;
    assert_eq!(preflight.status, 204);
    assert!(
        preflight
            .header("access-control-allow-headers")
            .contains("content-type")
    );
    for wrong in [json!({}), json!({"message": ""}), json!([])] {
        let refused = send(wrong).await;
        assert!(refused.status.is_client_error());
        assert_eq!(
            refused.header("access-control-allow-origin"),
            "http://localhost:3000"
        );
        assert_eq!(refused.header("content-type"), "application/problem+json");
    }
    let evil = [("origin", "https://evil.example")];
    let body = json!({"message": "x"});
    let foreign = poster
        .json(reqwest::Method::POST, "//chat", &body, &evil)
        .await;
    foreign.refused("foreign_origin");
    assert_eq!(foreign.header("access-control-allow-origin"), "");
    let page = poster.get("//chat").await;
    assert_eq!(
        page.status, 404,
        "a GET is the web app's, which has no such page"
    );
}

#[tokio::test]
async fn a_guarded_post_route_takes_people_alone_whoever_else_the_server_lets_in() {
    let secret = "a secret of the shop, long enough";
    let house = House::with(|config| {
        post_route(config);
        config.post.routes[0].anonymous = false;
        config.client.anonymous = true;
        secret.clone_into(&mut config.client.token_hmac_secret);
    })
    .await;
    let ada = house.set_up().await;
    let key = jsonwebtoken::EncodingKey::from_secret(secret.as_bytes());
    let claims = json!({"sub": "42"});
    let shopper = jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &key).unwrap();
    let made = ada.post("/tokens", &json!({"name": "script"})).await.ok();
    let person = made["token"].as_str().unwrap();
    let poster = house.visitor();
    let body = json!({"message": "hi"});
    for (token, status) in [("", 401), ("x", 401), (&*shopper, 401), (person, 200)] {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str())];
        let sent = poster.json(reqwest::Method::POST, "//chat", &body, &headers);
        assert_eq!(sent.await.status, status, "{token}");
    }
}
