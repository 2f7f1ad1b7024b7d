//! App channels from outside: developers' clients over real sockets against a started server.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use server::config::{Channels, Namespace};
use server::{Config, Server};

use crate::house::House;
use crate::socket::Socket;

const SECRET: &str = "secret";

fn now_s() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

fn token(claims: &Value) -> String {
    let key = jsonwebtoken::EncodingKey::from_secret(SECRET.as_bytes());
    jsonwebtoken::encode(&jsonwebtoken::Header::default(), claims, &key).unwrap()
}

fn namespace(name: &str, options: Channels) -> Namespace {
    Namespace {
        name: name.to_owned(),
        options,
    }
}

/// Everything that subscribers may do, and a short past.
fn open() -> Channels {
    Channels {
        presence: true,
        join_leave: true,
        history_size: 5,
        history_ttl_s: 300,
        allow_recovery: true,
        allow_subscribe_for_client: true,
        allow_publish_for_subscriber: true,
        allow_history_for_subscriber: true,
        allow_presence_for_subscriber: true,
        ..Channels::default()
    }
}

fn shop(config: &mut Config) {
    config.client.token_hmac_secret = SECRET.to_owned();
    config.client.anonymous = true;
    config.client.user_channel = true;
    config.client.channel_limit = 4;
    config.channels = Channels {
        allow_user_limited_channels: true,
        ..Channels::default()
    };
    let forced = Channels {
        force_recovery: true,
        force_push_join_leave: true,
        ..open()
    };
    let cached = Channels {
        force_recovery: true,
        auto_cache_recover: true,
        force_recovery_mode: domain::channel::RecoveryMode::Cache,
        ..open()
    };
    let quiet = Channels {
        echo: false,
        wildcard: true,
        channel_regex: "^[a-z0-9]+$".to_owned(),
        ..open()
    };
    config.namespaces = vec![
        namespace("chat", open()),
        namespace("forced", forced),
        namespace("cached", cached),
        namespace("quiet", quiet),
    ];
}

async fn house() -> House {
    House::with(shop).await
}

/// A client of the developer's user.
async fn client(house: &House, user: &str) -> Socket {
    let mut socket = Socket::open(house).await;
    let token = token(&json!({"sub": user, "info": {"name": user}}));
    socket.connect(&token).await.unwrap();
    socket
}

fn code(error: &Value) -> u64 {
    error["code"].as_u64().unwrap()
}

async fn publish(socket: &mut Socket, channel: &str, data: Value) {
    let publish = json!({"channel": channel, "data": data});
    socket.call("publish", publish).await.unwrap();
}

#[tokio::test]
async fn who_says_who_they_are_may_do_what_the_namespace_allows() {
    let house = house().await;
    let mut ann = client(&house, "ann").await;
    #[rustfmt::skip]
    let refused = [
        ("subscribe", json!({"channel": "news"}), 103),
        ("subscribe", json!({"channel": "other:1"}), 102),
        ("subscribe", json!({"channel": "$chat:1"}), 103),
        ("subscribe", json!({"channel": "#ben"}), 103),
        ("subscribe", json!({"channel": "chat:ü"}), 107),
        ("subscribe", json!({"channel": "quiet:ABC"}), 107),
        ("subscribe", json!({"channel": "chat:*"}), 103),
        ("subscribe", json!({"channel": "room:r00000000001"}), 101),
        ("subscribe", json!({"channel": "#ann"}), 105),
        ("publish", json!({"channel": "chat:1", "data": 1}), 103),
        ("history", json!({"channel": "chat:1"}), 103),
        ("presence", json!({"channel": "chat:1"}), 103),
        ("presence_stats", json!({"channel": "news"}), 108),
        ("history", json!({"channel": "news"}), 108),
        ("rpc", json!({"method": "post", "data": {}}), 108),
        ("sub_refresh", json!({"channel": "chat:1", "token": "x"}), 103),
    ];
    for (method, data, expected) in refused {
        let error = ann.call(method, data.clone()).await.unwrap_err();
        assert_eq!(code(&error), expected, "{method} {data}");
    }
    ann.subscribe("chat:1").await.unwrap();
    publish(&mut ann, "chat:1", json!({"text": "hi"})).await;
    let told = ann.published("chat:1", |data| data["text"] == "hi").await;
    assert_eq!(told["info"]["user"], "ann");
    assert_eq!(told["info"]["conn_info"]["name"], "ann");
    let stats = ann
        .call("presence_stats", json!({"channel": "chat:1"}))
        .await;
    assert_eq!(stats.unwrap(), json!({"num_clients": 1, "num_users": 1}));
    for channel in ["chat:2", "chat:3"] {
        ann.subscribe(channel).await.unwrap();
    }
    let error = ann.subscribe("chat:4").await.unwrap_err();
    assert_eq!(code(&error), 106, "the personal channel is the fourth");
}

#[tokio::test]
async fn the_anonymous_user_needs_to_be_allowed_by_name() {
    let house = house().await;
    let mut nobody = Socket::open(&house).await;
    let connected = nobody.connect("").await.unwrap();
    assert_eq!(connected["subs"], Value::Null);
    let error = nobody.subscribe("chat:1").await.unwrap_err();
    assert_eq!(code(&error), 103);
    let closed = House::with(|config| config.client.token_hmac_secret = SECRET.to_owned()).await;
    let mut nobody = Socket::open(&closed).await;
    nobody.send("connect", json!({})).await;
    assert_eq!(nobody.closed().await, 3500);
}

#[tokio::test]
async fn a_token_never_makes_somebody_a_person() {
    let (house, ada) = {
        let house = house().await;
        let ada = house.set_up().await;
        (house, ada)
    };
    for claims in [
        json!({"sub": ada.id}),
        json!({"sub": ada.id, "sid": "s00000000001", "exp": now_s() + 60}),
    ] {
        let mut thief = Socket::open(&house).await;
        thief
            .send("connect", json!({"token": token(&claims)}))
            .await;
        assert_eq!(thief.closed().await, 3500);
    }
    // A person listens and publishes in app channels under their own name.
    let mut ada = Socket::of(&house, &ada).await;
    ada.subscribe("chat:1").await.unwrap();
    publish(&mut ada, "chat:1", json!(1)).await;
    assert_eq!(ada.published("chat:1", |_| true).await["offset"], 1);
}

#[tokio::test]
async fn who_comes_back_gets_what_they_missed_or_is_told_so() {
    let house = house().await;
    let mut ann = client(&house, "ann").await;
    let stood = ann.subscribe("forced:1").await.unwrap();
    assert_eq!(stood["recoverable"], true);
    for number in 1..=7 {
        publish(&mut ann, "forced:1", json!(number)).await;
    }
    let position = |offset: u64| {
        let epoch = &stood["epoch"];
        json!({"channel": "forced:1", "recover": true, "offset": offset, "epoch": epoch})
    };
    let mut ben = client(&house, "ben").await;
    let back = ben.call("subscribe", position(3)).await.unwrap();
    let missed: Vec<_> = back["publications"].as_array().unwrap().iter().collect();
    assert_eq!((missed.len(), &missed[0]["data"]), (4, &json!(4)));
    assert_eq!(back["recovered"], true);
    let mut late = client(&house, "late").await;
    let mut strict = position(1);
    strict["flag"] = json!(2);
    let error = late.call("subscribe", strict).await.unwrap_err();
    assert_eq!(code(&error), 112);
    let lost = late.call("subscribe", position(1)).await.unwrap();
    assert_eq!(
        (&lost["recovered"], &lost["offset"]),
        (&Value::Null, &json!(7))
    );
    assert_eq!(lost["was_recovering"], true);

    let history = |query: Value| {
        let mut query = query;
        query["channel"] = json!("forced:1");
        query
    };
    let since = json!({"offset": 4, "epoch": stood["epoch"]});
    #[rustfmt::skip]
    let table = [
        (json!({"limit": 0}), vec![]),
        (json!({"limit": -1}), vec![3, 4, 5, 6, 7]),
        (json!({"limit": 2}), vec![3, 4]),
        (json!({"limit": 2, "since": since}), vec![5, 6]),
        (json!({"limit": 2, "reverse": true}), vec![7, 6]),
        (json!({"limit": 5, "reverse": true, "since": since}), vec![3]),
    ];
    for (query, expected) in table {
        let page = ben.call("history", history(query.clone())).await.unwrap();
        let offsets = page["publications"].as_array().unwrap().iter();
        let offsets: Vec<_> = offsets.map(|it| it["offset"].as_u64().unwrap()).collect();
        assert_eq!(offsets, expected, "{query}");
        assert_eq!(page["offset"], 7);
    }
    let foreign = json!({"limit": 1, "since": {"offset": 1, "epoch": "zzzz"}});
    let error = ben.call("history", history(foreign)).await.unwrap_err();
    assert_eq!(code(&error), 112);
}

#[tokio::test]
async fn a_cache_brings_the_newest_publication_alone() {
    let house = house().await;
    let mut ann = client(&house, "ann").await;
    let empty = ann.subscribe("cached:1").await.unwrap();
    assert_eq!(empty["recovered"], Value::Null);
    for number in 1..=3 {
        publish(&mut ann, "cached:1", json!(number)).await;
    }
    let mut ben = client(&house, "ben").await;
    let first = ben.subscribe("cached:1").await.unwrap();
    assert_eq!(first["recovered"], true);
    let newest = first["publications"].as_array().unwrap();
    assert_eq!((newest.len(), &newest[0]["data"]), (1, &json!(3)));
    let mut back = client(&house, "back").await;
    let there =
        json!({"channel": "cached:1", "recover": true, "offset": 3, "epoch": first["epoch"]});
    let there = back.call("subscribe", there).await.unwrap();
    assert_eq!(
        (&there["recovered"], &there["publications"]),
        (&json!(true), &Value::Null)
    );
}

#[tokio::test]
async fn who_comes_and_goes_is_told_to_those_who_ask_or_are_forced() {
    let house = house().await;
    let mut ann = client(&house, "ann").await;
    ann.subscribe("forced:1").await.unwrap();
    let mut curious = client(&house, "curious").await;
    let ask = json!({"channel": "chat:1", "join_leave": true});
    curious.call("subscribe", ask).await.unwrap();
    let mut ben = client(&house, "ben").await;
    ben.subscribe("forced:1").await.unwrap();
    ben.subscribe("chat:1").await.unwrap();
    let ben_in = |push: &Value| push["join"]["info"]["user"] == "ben";
    ann.push(ben_in).await;
    curious.push(ben_in).await;
    ben.call("unsubscribe", json!({"channel": "forced:1"}))
        .await
        .unwrap();
    ann.push(|push| push["leave"]["info"]["user"] == "ben")
        .await;
    drop(ben);
    curious
        .push(|push| push["leave"]["info"]["user"] == "ben")
        .await;
}

#[tokio::test]
async fn a_token_opens_its_channel_for_its_user_and_ends() {
    let house = house().await;
    let mut ann = client(&house, "ann").await;
    let channel = "$chat:secret";
    let ask = |token: String| json!({"channel": channel, "token": token});
    let good = json!({"sub": "ann", "channel": channel, "info": {"vip": true}, "exp": now_s() + 60,
        "override": {"force_recovery": {"value": true}}});
    let error = ann
        .call("subscribe", ask("x".to_owned()))
        .await
        .unwrap_err();
    assert_eq!(code(&error), 103);
    let mut over = good.clone();
    over["exp"] = json!(now_s() - 1);
    let error = ann.call("subscribe", ask(token(&over))).await.unwrap_err();
    assert_eq!(code(&error), 109);
    let stood = ann.call("subscribe", ask(token(&good))).await.unwrap();
    assert_eq!(
        (&stood["expires"], &stood["recoverable"]),
        (&json!(true), &json!(true))
    );
    assert!(
        (50..=60).contains(&stood["ttl"].as_u64().unwrap()),
        "{stood}"
    );
    publish(&mut ann, channel, json!(1)).await;
    let told = ann.published(channel, |_| true).await;
    assert_eq!(told["info"]["chan_info"]["vip"], true);
    let mut longer = good.clone();
    longer["expire_at"] = json!(0);
    let refreshed = ann.call("sub_refresh", ask(token(&longer))).await.unwrap();
    assert_eq!(refreshed, json!({}));
    for wrong in [
        json!({"sub": "ben", "channel": channel}),
        json!({"sub": "ann", "channel": "$chat:other"}),
        json!({"sub": "ann", "channel": channel, "client": "somebody-else"}),
    ] {
        let mut ann = client(&house, "ann").await;
        ann.send("subscribe", ask(token(&wrong))).await;
        assert_eq!(ann.closed().await, 3500, "{wrong}");
    }
}

#[tokio::test]
async fn a_connection_token_subscribes_and_ends_with_its_time() {
    let house = house().await;
    let mut ann = Socket::open(&house).await;
    let claims = json!({"sub": "ann", "exp": now_s() + 90, "channels": ["chat:a"],
        "subs": {"chat:b": {"data": {"hello": 1}, "info": {"seat": 2}}}});
    let connected = ann.connect(&token(&claims)).await.unwrap();
    assert_eq!(connected["expires"], true);
    assert_eq!(connected["subs"]["chat:b"]["data"], json!({"hello": 1}));
    let mut channels = ann.subscriptions.clone();
    channels.sort();
    assert_eq!(channels, ["#ann", "chat:a", "chat:b"]);
    let error = {
        let mut late = Socket::open(&house).await;
        let over = token(&json!({"sub": "ann", "exp": now_s() - 1}));
        late.connect(&over).await.unwrap_err()
    };
    assert_eq!(code(&error), 109);
    let newer = json!({"token": token(&json!({"sub": "ann", "exp": now_s() + 200}))});
    let refreshed = ann.call("refresh", newer).await.unwrap();
    assert!(refreshed["ttl"].as_u64().unwrap() > 100, "{refreshed}");
    let other = json!({"token": token(&json!({"sub": "ben"}))});
    ann.send("refresh", other).await;
    assert_eq!(ann.closed().await, 3500);
    let mut unknown = Socket::open(&house).await;
    let claims = token(&json!({"sub": "ann", "channels": ["nowhere:1"]}));
    assert_eq!(code(&unknown.connect(&claims).await.unwrap_err()), 102);
}

#[tokio::test]
async fn an_echo_can_be_spared_and_a_whole_namespace_heard() {
    let house = house().await;
    let mut ann = client(&house, "ann").await;
    let mut ben = client(&house, "ben").await;
    let mut all = client(&house, "all").await;
    for socket in [&mut ann, &mut ben] {
        socket.subscribe("quiet:a").await.unwrap();
    }
    all.subscribe("quiet:*").await.unwrap();
    publish(&mut ann, "quiet:a", json!("from ann")).await;
    ben.published("quiet:a", |data| data == "from ann").await;
    let told = all.published("quiet:*", |data| data == "from ann").await;
    assert_eq!(
        (&told["channel"], &told["tags"]["channel"]),
        (&json!("quiet:a"), &json!("quiet:a"))
    );
    publish(&mut ben, "quiet:a", json!("from ben")).await;
    ann.published("quiet:a", |data| data == "from ben").await;
    let own = |message: &Value| message["push"]["pub"]["data"] == "from ann";
    assert!(!ann.pushed().iter().any(own));
}

#[tokio::test]
async fn the_insecure_switch_opens_everything_to_this_machine_and_to_no_other() {
    let insecure = |config: &mut Config| config.client.insecure = true;
    let house = House::with(insecure).await;
    let mut nobody = Socket::open(&house).await;
    nobody.connect("").await.unwrap();
    nobody.subscribe("anything").await.unwrap();
    publish(&mut nobody, "elsewhere", json!(1)).await;
    let error = nobody.subscribe("room:r00000000001").await.unwrap_err();
    assert_eq!(code(&error), 101, "people's rooms stay theirs");
    let directory = tempfile::tempdir().unwrap();
    let mut config = crate::house::config(&directory);
    insecure(&mut config);
    "0.0.0.0:0".clone_into(&mut config.listen.address);
    let error = Server::start(config).await.unwrap_err().to_string();
    assert!(error.contains("insecure"), "{error}");
}
