//! The server HTTP API from outside: what a developer's backend sends, and what clients see of it.

use futures_util::{SinkExt, StreamExt};
use reqwest::Method;
use serde_json::{Value, json};
use server::Config;
use server::config::{Channels, Namespace};
use tokio_tungstenite::tungstenite::Message;

use crate::house::{House, Reply};
use crate::socket::Socket;

const KEY: &str = "a key of sixteen or more";

fn shop(config: &mut Config) {
    config.http_api.keys = vec![KEY.to_owned()];
    config.client.anonymous = true;
    let options = Channels {
        presence: true,
        history_size: 5,
        history_ttl_s: 300,
        allow_subscribe_for_client: true,
        allow_subscribe_for_anonymous: true,
        ..Channels::default()
    };
    let name = "chat".to_owned();
    config.namespaces = vec![Namespace { name, options }];
}

async fn send(house: &House, method: &str, body: &str, headers: &[(&str, &str)]) -> Reply {
    let json = [("content-type", "application/json")];
    let headers = [&json, headers].concat();
    let path = format!("//api/{method}");
    let body = body.as_bytes().to_vec();
    house
        .visitor()
        .send(Method::POST, &path, &headers, body)
        .await
}

async fn call(house: &House, method: &str, body: Value) -> Value {
    let key = [("x-api-key", KEY)];
    send(house, method, &body.to_string(), &key).await.ok()
}

async fn listener(house: &House, channel: &str) -> Socket {
    let mut socket = Socket::open(house).await;
    socket.connect("").await.unwrap();
    socket.subscribe(channel).await.unwrap();
    socket
}

#[tokio::test]
async fn nobody_comes_in_without_a_key_and_every_way_to_bring_one_works() {
    let house = House::with(shop).await;
    for headers in [vec![], vec![("x-api-key", "another one, as long")]] {
        assert_eq!(send(&house, "info", "{}", &headers).await.status, 401);
    }
    let scheme = format!("apikey {KEY}");
    for headers in [("x-api-key", KEY), ("authorization", scheme.as_str())] {
        let info = send(&house, "info", "", &[headers]).await.ok();
        assert_eq!(info["result"]["nodes"][0]["name"], "plaza");
    }
}

#[tokio::test]
async fn a_key_of_the_admin_page_holds_until_it_is_revoked() {
    let (house, ada) = House::open().await;
    let made = ada
        .post("/developer/keys", &json!({"name": "shop"}))
        .await
        .ok();
    let key = made["key"].as_str().unwrap().to_owned();
    let headers = [("x-api-key", key.as_str())];
    assert_eq!(send(&house, "info", "{}", &headers).await.status, 200);
    let path = format!("/developer/keys/{}", made["id"].as_str().unwrap());
    ada.delete(&path).await.ok();
    assert_eq!(send(&house, "info", "{}", &headers).await.status, 401);
}

#[tokio::test]
async fn what_a_backend_publishes_reaches_clients_once_for_each_key() {
    let house = House::with(shop).await;
    let mut client = listener(&house, "chat:1").await;
    let publish = json!({
        "channel": "chat:1", "data": {"n": 1}, "tags": {"team": "red"}, "idempotency_key": "k1",
    });
    let first = call(&house, "publish", publish.clone()).await;
    assert_eq!(first["result"]["offset"], 1);
    assert_eq!(call(&house, "publish", publish).await, first);
    let told = client.published("chat:1", |data| data["n"] == 1).await;
    assert_eq!(told["tags"]["team"], "red");
    let second = json!({"channel": "chat:1", "b64data": "eyJuIjoyfQ=="});
    call(&house, "publish", second).await;
    client.published("chat:1", |data| data["n"] == 2).await;
    let history = call(&house, "history", json!({"channel": "chat:1", "limit": -1})).await;
    let kept = history["result"]["publications"].as_array().unwrap();
    assert_eq!(kept.len(), 2);
    assert_eq!(kept[0]["data"], json!({"n": 1}));
    let present = call(&house, "presence_stats", json!({"channel": "chat:1"})).await;
    assert_eq!(present["result"], json!({"num_clients": 1, "num_users": 1}));
    let channels = call(&house, "channels", json!({"pattern": "chat:*"})).await;
    assert_eq!(channels["result"]["channels"]["chat:1"]["num_clients"], 1);
    call(&house, "history_remove", json!({"channel": "chat:1"})).await;
    let history = call(&house, "history", json!({"channel": "chat:1", "limit": -1})).await;
    assert_eq!(history["result"]["publications"], json!([]));
}

#[tokio::test]
async fn every_call_of_a_batch_and_of_a_broadcast_has_an_answer_of_its_own() {
    let house = House::with(shop).await;
    let broadcast = json!({"channels": ["chat:1", "nowhere:1"], "data": 1});
    let answer = call(&house, "broadcast", broadcast).await;
    let responses = answer["result"]["responses"].as_array().unwrap();
    assert_eq!(responses[0]["result"]["offset"], 1);
    assert_eq!(responses[1]["error"]["code"], 102);
    let commands = json!({"commands": [
        {"publish": {"channel": "chat:1", "data": 2}},
        {"history": {"channel": "nowhere:1"}},
        {"unknown": {}},
    ]});
    let answer = call(&house, "batch", commands).await;
    let replies = answer["replies"].as_array().unwrap();
    assert_eq!(replies[0]["publish"]["offset"], 2);
    assert_eq!(replies[1]["error"]["code"], 102);
    assert_eq!(replies[2]["error"]["code"], 104);
}

#[tokio::test]
async fn wrong_calls_are_told_in_numbers_and_in_statuses_for_those_who_ask() {
    let house = House::with(shop).await;
    let keyed = [("x-api-key", KEY)];
    let by_status = [("x-api-key", KEY), ("x-centrifugo-error-mode", "transport")];
    let twice = r#"{"commands":[{"info":{},"publish":{}}]}"#;
    #[rustfmt::skip]
    let wrong = [
        ("publish", "{", 107, 400),
        ("publish", r#"{"channel":"chat:1"}"#, 107, 400),
        ("publish", r#"{"channel":"nowhere:1","data":1}"#, 102, 404),
        ("publish", r#"{"channel":"","data":1}"#, 107, 400),
        ("publish", r#"{"channel":"chat:1","b64data":"%%%"}"#, 107, 400),
        ("broadcast", r#"{"data":1}"#, 107, 400),
        ("history", r#"{"channel":"news"}"#, 108, 400),
        ("disconnect", r#"{"user":"a","client":"nobody"}"#, 107, 400),
        ("disconnect", r#"{"user":"a","disconnect":{"code":17}}"#, 107, 400),
        ("batch", twice, 107, 400),
        ("no_such_method", "{}", 104, 404),
    ];
    for (method, body, code, status) in wrong {
        let told = send(&house, method, body, &keyed).await.ok();
        assert_eq!(told["error"]["code"], code, "{method} {body}");
        let told = send(&house, method, body, &by_status).await;
        assert_eq!(told.status, status, "{method} {body}");
    }
    let large = format!(r#"{{"channel":"chat:1","data":"{}"}}"#, "x".repeat(5 << 20));
    assert_eq!(send(&house, "publish", &large, &keyed).await.status, 413);
}

#[tokio::test]
async fn a_backend_can_subscribe_and_disconnect_its_users() {
    let house = House::with(shop).await;
    let mut client = Socket::open(&house).await;
    let connected = client.connect("").await.unwrap();
    let id = connected["client"].as_str().unwrap().to_owned();
    let subscribe = json!({"user": "", "client": id, "channel": "chat:9"});
    assert_eq!(
        call(&house, "subscribe", subscribe).await,
        json!({"result": {}})
    );
    call(&house, "publish", json!({"channel": "chat:9", "data": 1})).await;
    client.published("chat:9", |data| *data == 1).await;
    let disconnect = json!({
        "user": "", "client": id, "disconnect": {"code": 4501, "reason": "enough"},
    });
    assert_eq!(
        call(&house, "disconnect", disconnect).await,
        json!({"result": {}})
    );
    assert_eq!(client.closed().await, 4501);
}

#[tokio::test]
async fn a_backend_subscribes_its_users_from_a_position_on() {
    let house = House::with(|config| {
        shop(config);
        config.namespaces[0].options.force_recovery = true;
    })
    .await;
    let publish = |n: u64| json!({"channel": "chat:1", "data": {"n": n}});
    let first = call(&house, "publish", publish(1)).await["result"].clone();
    for n in 2..=4 {
        call(&house, "publish", publish(n)).await;
    }
    let mut socket = Socket::open(&house).await;
    let client = socket.connect("").await.unwrap()["client"].clone();
    let since = json!({"offset": 2, "epoch": first["epoch"]});
    let body = json!({"user": "", "client": client, "channel": "chat:1", "recover_since": since});
    assert_eq!(call(&house, "subscribe", body).await, json!({"result": {}}));
    let pushed = socket.push(|push| !push["subscribe"].is_null()).await;
    assert_eq!(pushed["subscribe"]["recoverable"], true);
    for n in 3..=4 {
        let heard = socket.published("chat:1", |data| data["n"] == n).await;
        assert_eq!(heard["offset"], n);
    }
    call(&house, "publish", publish(5)).await;
    socket.published("chat:1", |data| data["n"] == 5).await;
    assert!(
        !socket
            .pushed()
            .iter()
            .any(|it| it["push"]["pub"]["data"]["n"] == 2)
    );
}

#[tokio::test]
async fn a_backend_changes_what_others_see_of_a_connection() {
    let house = House::with(shop).await;
    let mut socket = listener(&house, "chat:1").await;
    let info = json!({"name": "new"});
    let body = json!({"user": "", "expire_at": 0, "info": info});
    assert_eq!(call(&house, "refresh", body).await, json!({"result": {}}));
    socket.push(|push| !push["refresh"].is_null()).await;
    let there = call(&house, "presence", json!({"channel": "chat:1"})).await;
    let there = there["result"]["presence"].as_object().unwrap().clone();
    assert_eq!(there.values().next().unwrap()["conn_info"], info);
}

#[tokio::test]
async fn a_session_names_one_connection_of_those_that_only_listen() {
    let house = House::with(shop).await;
    let url = format!("ws://{}/connection/uni_websocket", house.running.address());
    let mut all = Vec::new();
    for _ in 0..2 {
        let (mut stream, _) = tokio_tungstenite::connect_async(&url).await.unwrap();
        stream.send(Message::text("{}")).await.unwrap();
        let text = stream.next().await.unwrap().unwrap().into_text().unwrap();
        let push: Value = serde_json::from_str(&text).unwrap();
        let session = push["connect"]["session"].as_str().unwrap().to_owned();
        assert!(!session.contains(push["connect"]["client"].as_str().unwrap()));
        all.push((stream, session));
    }
    let (mut second, session) = all.pop().unwrap();
    let (mut first, _) = all.pop().unwrap();
    let wrong = json!({"user": "", "session": "nobody's", "disconnect": {"code": 4001}});
    call(&house, "disconnect", wrong).await;
    let right = json!({"user": "", "session": session, "disconnect": {"code": 4002}});
    call(&house, "disconnect", right).await;
    loop {
        if let Message::Close(Some(frame)) = second.next().await.unwrap().unwrap() {
            assert_eq!(u16::from(frame.code), 4002);
            break;
        }
    }
    let sub = json!({"user": "", "channel": "chat:1"});
    call(&house, "subscribe", sub).await;
    let text = first.next().await.unwrap().unwrap().into_text().unwrap();
    assert!(text.contains("\"subscribe\""), "{text}");
}
