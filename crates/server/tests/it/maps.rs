//! Maps from outside: the protocol as clients speak it, and the methods of the server HTTP API.

use domain::channel::SubscriptionType;
use reqwest::Method;
use serde_json::{Value, json};
use server::Config;
use server::config::channels::MapMode;
use server::config::{Channels, Namespace};

use crate::house::House;
use crate::socket::Socket;

const KEY: &str = "a key of sixteen or more";

fn board() -> Channels {
    Channels {
        subscription_type: SubscriptionType::Map,
        map_mode: MapMode::Persistent,
        map_stream_size: 4,
        map_allow_publish_for_subscriber: true,
        map_allow_publish_for_anonymous: true,
        allow_subscribe_for_client: true,
        allow_subscribe_for_anonymous: true,
        ..Channels::default()
    }
}

fn shop(config: &mut Config) {
    config.http_api.keys = vec![KEY.to_owned()];
    config.client.anonymous = true;
    let ordered = Channels {
        map_ordered: true,
        ..board()
    };
    let fleeting = Channels {
        map_mode: MapMode::Ephemeral,
        map_key_ttl_s: 60,
        ..board()
    };
    let stream = Channels {
        allow_subscribe_for_anonymous: true,
        allow_subscribe_for_client: true,
        ..Channels::default()
    };
    let named = |name: &str, options| Namespace {
        name: name.to_owned(),
        options,
    };
    config.namespaces = vec![
        named("board", board()),
        named("ranks", ordered),
        named("fleeting", fleeting),
        named("chat", stream),
    ];
}

async fn call(house: &House, method: &str, body: Value) -> Value {
    let headers = [("content-type", "application/json"), ("x-api-key", KEY)];
    let path = format!("//api/{method}");
    let body = body.to_string().into_bytes();
    let visitor = house.visitor();
    visitor.send(Method::POST, &path, &headers, body).await.ok()
}

async fn put(house: &House, channel: &str, key: &str, data: Value) -> Value {
    let body = json!({"channel": channel, "key": key, "data": data});
    call(house, "map_publish", body).await["result"].clone()
}

async fn client(house: &House) -> Socket {
    let mut socket = Socket::open(house).await;
    socket.connect("").await.unwrap();
    socket
}

fn code(error: &Value) -> u64 {
    error["code"].as_u64().unwrap()
}

fn keys(entries: &Value) -> Vec<&str> {
    let entries = entries.as_array().map(Vec::as_slice).unwrap_or_default();
    entries
        .iter()
        .map(|it| it["key"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_client_pages_through_the_state_and_is_live_with_what_changed_meanwhile() {
    let house = House::with(shop).await;
    for key in ["a", "b", "c", "d", "e"] {
        put(&house, "board:1", key, json!({"v": key})).await;
    }
    let mut ann = client(&house).await;
    let page = |more: Value| {
        let mut request = json!({"channel": "board:1", "type": 1, "phase": 2, "limit": 2});
        let more = more.as_object().unwrap().clone();
        request.as_object_mut().unwrap().extend(more);
        request
    };
    let first = ann.call("subscribe", page(json!({}))).await.unwrap();
    assert_eq!(keys(&first["state"]), ["a", "b"]);
    assert_eq!((&first["phase"], &first["offset"]), (&json!(2), &json!(5)));
    // Behind the first page's position: it comes with the changes and not with the pages.
    put(&house, "board:1", "d", json!({"v": "newer"})).await;
    let at = |cursor: &Value| page(json!({"cursor": cursor, "offset": 5, "epoch": first["epoch"]}));
    let second = ann.call("subscribe", at(&first["cursor"])).await.unwrap();
    assert_eq!(keys(&second["state"]), ["c", "e"]);
    assert_eq!(second["offset"], json!(6), "{second}");
    assert!(
        second["phase"].is_null() && second["cursor"].is_null(),
        "{second}"
    );
    assert_eq!(keys(&second["publications"]), ["d"]);
    assert_eq!(second["recoverable"], true);
    let told = json!({"channel": "board:1", "type": 1, "key": "f", "data": {"v": 1}});
    ann.call("publish", told).await.unwrap();
    let heard = ann.published("board:1", |data| data["v"] == 1).await;
    assert_eq!((&heard["key"], &heard["offset"]), (&json!("f"), &json!(7)));
    let again = ann.call("subscribe", page(json!({}))).await.unwrap_err();
    assert_eq!(code(&again), 105);
}

#[tokio::test]
async fn too_many_changes_come_page_by_page_and_what_is_not_kept_is_told() {
    let house = House::with(shop).await;
    let epoch = put(&house, "board:1", "a", json!(0)).await["epoch"].clone();
    for n in 1..=4 {
        put(&house, "board:1", "a", json!(n)).await;
    }
    let mut ann = client(&house).await;
    let from = |offset: u64| {
        json!({"channel": "board:1", "type": 1, "phase": 1, "limit": 2, "recover": true,
            "offset": offset, "epoch": epoch})
    };
    let page = ann.call("subscribe", from(1)).await.unwrap();
    assert_eq!((&page["phase"], &page["offset"]), (&json!(1), &json!(3)));
    assert_eq!(page["publications"].as_array().unwrap().len(), 2);
    let last = ann.call("subscribe", from(3)).await.unwrap();
    assert!(
        last["phase"].is_null() && last["recovered"] == true,
        "{last}"
    );
    assert_eq!(last["publications"].as_array().unwrap().len(), 2);
    let mut ben = client(&house).await;
    assert_eq!(
        code(&ben.call("subscribe", from(0)).await.unwrap_err()),
        112
    );
    let mut other = from(3);
    other["epoch"] = json!("another");
    assert_eq!(code(&ben.call("subscribe", other).await.unwrap_err()), 112);
    // Refused, it can begin anew at once.
    let state = json!({"channel": "board:1", "type": 1, "phase": 2});
    let state = ben.call("subscribe", state).await.unwrap();
    assert_eq!(
        (keys(&state["state"]), &state["offset"]),
        (vec!["a"], &json!(5))
    );
}

#[tokio::test]
async fn who_stops_asking_for_pages_is_no_subscriber_and_can_begin_again() {
    let house = House::with(|config| {
        shop(config);
        config.client.token_hmac_secret = "a secret of thirty-two characters!".to_owned();
    })
    .await;
    for key in ["a", "b", "c"] {
        put(&house, "$board:1", key, json!(1)).await;
    }
    let mut ann = client(&house).await;
    let page = json!({"channel": "$board:1", "type": 1, "phase": 2, "limit": 1});
    let error = ann.call("subscribe", page).await.unwrap_err();
    assert_eq!(code(&error), 103);
    let page = json!({"channel": "board:2", "type": 1, "phase": 2, "limit": 1});
    for key in ["a", "b", "c"] {
        put(&house, "board:2", key, json!(1)).await;
    }
    let first = ann.call("subscribe", page.clone()).await.unwrap();
    assert_eq!(keys(&first["state"]), ["a"]);
    // It stops asking: nothing stands, and it can publish nothing as a subscriber.
    let told = json!({"channel": "board:2", "type": 1, "key": "z", "data": 1});
    assert_eq!(code(&ann.call("publish", told).await.unwrap_err()), 103);
    let gone = json!({"channel": "board:2"});
    ann.call("unsubscribe", gone).await.unwrap();
    let again = ann.call("subscribe", page).await.unwrap();
    assert_eq!(keys(&again["state"]), ["a"]);
}

#[tokio::test]
async fn the_api_sets_removes_reads_and_clears() {
    let house = House::with(shop).await;
    let done = put(&house, "ranks:1", "a", json!({"n": 1})).await;
    assert_eq!(done["offset"], 1);
    let publish = |more: Value| {
        let mut body = json!({"channel": "ranks:1", "key": "a", "data": {"n": 2}});
        let more = more.as_object().unwrap().clone();
        body.as_object_mut().unwrap().extend(more);
        body
    };
    for (more, why) in [
        (json!({"key_mode": "if_new"}), json!("key_exists")),
        (
            json!({"key_mode": "if_exists", "key": "b"}),
            json!("key_not_found"),
        ),
        (json!({"version": 7}), Value::Null),
        (json!({"version": 7}), json!("version")),
        (json!({"version": 6, "version_epoch": "x"}), Value::Null),
        (json!({"idempotency_key": "k"}), Value::Null),
        (json!({"idempotency_key": "k"}), json!("idempotency")),
    ] {
        let answer = call(&house, "map_publish", publish(more.clone())).await;
        let result = &answer["result"];
        assert_eq!(result["suppress_reason"], why, "{more} {answer}");
        assert_eq!(result["suppressed"] == true, !why.is_null());
    }
    for (key, score) in [("b", 5), ("c", 9), ("d", -1)] {
        let body = publish(json!({"key": key, "score": score, "tags": {"t": key}}));
        call(&house, "map_publish", body).await;
    }
    let read = |body: Value| {
        let house = &house;
        async move { call(house, "map_read_state", body).await["result"].clone() }
    };
    let all = read(json!({"channel": "ranks:1"})).await;
    assert_eq!(keys(&all["entries"]), ["c", "b", "a", "d"]);
    assert_eq!(all["entries"][1]["tags"], json!({"t": "b"}));
    assert_eq!(all["entries"][0]["score"], 9);
    let page = read(json!({"channel": "ranks:1", "limit": 3, "asc": true})).await;
    assert_eq!(keys(&page["entries"]), ["d", "a", "b"]);
    let next = json!({"channel": "ranks:1", "limit": 3, "asc": true, "cursor": page["cursor"]});
    assert_eq!(keys(&read(next).await["entries"]), ["c"]);
    let one = read(json!({"channel": "ranks:1", "key": "d"})).await;
    assert_eq!(keys(&one["entries"]), ["d"]);
    let count = call(&house, "map_stats", json!({"channel": "ranks:1"})).await;
    assert_eq!(count["result"], json!({"num_keys": 4}));
    let gone = json!({"channel": "ranks:1", "key": "d"});
    let removed = call(&house, "map_remove", gone.clone()).await;
    assert!(removed["result"]["suppressed"].is_null(), "{removed}");
    let twice = call(&house, "map_remove", gone).await;
    assert_eq!(twice["result"]["suppress_reason"], "key_not_found");
    let position = json!({"channel": "ranks:1", "limit": 0});
    let position = call(&house, "map_read_stream", position).await["result"].clone();
    assert_eq!(position["offset"], removed["result"]["offset"]);
    assert_eq!(position["entries"], json!([]));
    let stream = json!({"channel": "ranks:1", "limit": -1, "reverse": true});
    let stream = call(&house, "map_read_stream", stream).await["result"].clone();
    assert_eq!(keys(&stream["entries"]), ["d", "d", "c", "b"]);
    assert_eq!(stream["entries"][0]["removed"], true);
    call(&house, "map_clear", json!({"channel": "ranks:1"})).await;
    let empty = read(json!({"channel": "ranks:1"})).await;
    assert_eq!(
        (keys(&empty["entries"]), &empty["offset"]),
        (vec![], &json!(0))
    );
    assert_ne!(empty["epoch"], all["epoch"]);
}

#[tokio::test]
async fn the_api_refuses_by_number_and_takes_several_at_once() {
    let house = House::with(shop).await;
    let long = "k".repeat(256);
    for (method, body, expected) in [
        (
            "map_publish",
            json!({"channel": "board:1", "key": "a"}),
            107,
        ),
        ("map_publish", json!({"channel": "board:1", "data": 1}), 107),
        (
            "map_publish",
            json!({"channel": "board:1", "key": long, "data": 1}),
            107,
        ),
        (
            "map_publish",
            json!({"channel": "board:1", "key": "a", "data": 1, "key_mode": "no"}),
            107,
        ),
        (
            "map_publish",
            json!({"channel": "chat:1", "key": "a", "data": 1}),
            108,
        ),
        (
            "map_publish",
            json!({"channel": "none:1", "key": "a", "data": 1}),
            102,
        ),
        ("map_remove", json!({"channel": "chat:1", "key": "a"}), 108),
        ("map_read_state", json!({"channel": "chat:1"}), 108),
        ("map_read_stream", json!({"channel": "fleeting:1"}), 108),
        (
            "map_read_stream",
            json!({"channel": "board:1", "since_offset": 1, "since_epoch": "x"}),
            112,
        ),
        ("map_stats", json!({"channel": "room:1"}), 102),
        ("publish", json!({"channel": "board:1", "data": 1}), 108),
    ] {
        let answer = call(&house, method, body.clone()).await;
        assert_eq!(code(&answer["error"]), expected, "{method} {body}");
    }
    let batch = json!({"commands": [
        {"map_publish": {"channel": "board:1", "key": "a", "data": 1}},
        {"map_stats": {"channel": "board:1"}},
        {"map_remove": {"channel": "board:1"}},
    ]});
    let answer = call(&house, "batch", batch).await;
    let replies = answer["replies"].as_array().unwrap();
    assert_eq!(replies[0]["map_publish"]["offset"], 1);
    assert_eq!(replies[1]["map_stats"]["num_keys"], 1);
    assert_eq!(code(&replies[2]["error"]), 107);
}

#[tokio::test]
async fn who_is_told_something_else_than_the_value_finds_the_value_when_they_come_back() {
    let house = House::with(shop).await;
    let mut ann = client(&house).await;
    let state = json!({"channel": "board:1", "type": 1, "phase": 2});
    ann.call("subscribe", state.clone()).await.unwrap();
    let body = json!({"channel": "board:1", "key": "a", "data": {"sum": 3},
        "stream_data": {"plus": 1}});
    call(&house, "map_publish", body).await;
    let heard = ann.published("board:1", |data| data["plus"] == 1).await;
    assert_eq!(heard["key"], "a");
    let mut ben = client(&house).await;
    let stood = ben.call("subscribe", state).await.unwrap();
    assert_eq!(stood["state"][0]["data"], json!({"sum": 3}));
}
