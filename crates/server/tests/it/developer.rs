//! What operators keep for developers, from outside: lists, and what they do to live connections.

use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::house::{Client, House};
use crate::socket::Socket;

const SECRET: &str = "a secret of the configuration file";

/// A developer's token.
pub(crate) fn token(secret: &str, claims: &Value) -> String {
    let key = EncodingKey::from_secret(secret.as_bytes());
    encode(&Header::default(), claims, &key).unwrap()
}

fn now_s() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.unwrap().as_secs()
}

/// A house that takes developers' tokens.
async fn open() -> (House, Client) {
    let house = House::with(|config| {
        config.client.token_hmac_secret = SECRET.to_owned();
        config.channels.allow_subscribe_for_client = true;
        config.channels.history_size = 10;
        config.channels.history_ttl_s = 60;
        "127.0.0.1".parse().into_iter().for_each(|proxy| {
            config.listen.trusted_proxies.push(proxy);
        });
    })
    .await;
    let ada = house.set_up().await;
    (house, ada)
}

/// The connection of an app user.
async fn app_user(house: &House, claims: &Value) -> Socket {
    let mut socket = Socket::open(house).await;
    socket.connect(&token(SECRET, claims)).await.unwrap();
    socket
}

#[tokio::test]
async fn only_admins_see_what_developers_work_with() {
    let (house, ada) = open().await;
    let mod_ = house.invite(&ada, "Mod", "moderator").await;
    for path in [
        "",
        "/keys",
        "/secrets",
        "/bans",
        "/revocations",
        "/webhooks",
        "/connections",
        "/channels",
        "/stats",
    ] {
        let path = format!("/developer{path}");
        mod_.get(&path).await.refused("forbidden");
        ada.get(&path).await.ok();
    }
    let publish = json!({"channel": "news", "data": 1});
    mod_.post("/developer/publish", &publish)
        .await
        .refused("forbidden");
}

#[tokio::test]
async fn a_key_is_shown_once_and_revoked_and_the_log_of_changes_tells() {
    let (_house, ada) = open().await;
    let made = ada
        .post("/developer/keys", &json!({"name": " backend "}))
        .await
        .ok();
    let key = made["key"].as_str().unwrap();
    assert!(key.starts_with("plk_") && key.len() > 40, "{key}");
    let listed = ada.get("/developer/keys").await.ok();
    assert_eq!(listed["keys"][0]["name"], "backend");
    assert_eq!(listed["keys"][0]["created_by"], ada.id);
    assert!(!listed.to_string().contains(key));
    let path = format!("/developer/keys/{}", made["id"].as_str().unwrap());
    ada.delete(&path).await.ok();
    ada.delete(&path).await.refused("not_found");
    assert_eq!(ada.get("/developer/keys").await.ok(), json!({"keys": []}));
    ada.post("/developer/keys", &json!({"name": "  "}))
        .await
        .refused("bad_request");
    let audit = ada.get("/audit").await.ok();
    let actions = audit["entries"].as_array().unwrap().iter();
    let actions: Vec<_> = actions
        .map(|entry| entry["action"].as_str().unwrap())
        .collect();
    assert_eq!(actions[..2], ["key.revoke", "key.create"]);
}

#[tokio::test]
async fn a_token_is_taken_under_a_secret_until_that_is_rotated_away_or_revoked() {
    let (house, ada) = open().await;
    let made = ada
        .post("/developer/secrets", &json!({"name": "app"}))
        .await
        .ok();
    let (secret, id) = (
        made["secret"].as_str().unwrap(),
        made["id"].as_str().unwrap(),
    );
    let bob = json!({"sub": "bob"});
    let connects = async |secret: &str| {
        let mut socket = Socket::open(&house).await;
        socket
            .send("connect", json!({"token": token(secret, &bob)}))
            .await;
        socket.first().await
    };
    assert!(connects(secret).await.is_ok());
    assert_eq!(connects("another").await, Err(3500));
    let path = format!("/developer/secrets/{id}/rotate");
    let rotated = ada.post(&path, &json!({"keep_s": 3600})).await.ok();
    let newer = rotated["secret"].as_str().unwrap();
    assert!(connects(secret).await.is_ok(), "the old one still holds");
    assert!(connects(newer).await.is_ok());
    ada.post(&path, &json!({})).await.refused("conflict");
    let listed = ada.get("/developer/secrets").await.ok();
    assert_eq!(listed["secrets"][0]["id"], rotated["id"]);
    assert_eq!(listed["secrets"][0]["ends_at"], Value::Null);
    assert!(listed["secrets"][1]["ends_at"].is_u64());
    assert!(!listed.to_string().contains(newer));
    ada.delete(&format!("/developer/secrets/{id}")).await.ok();
    assert_eq!(connects(secret).await, Err(3500));
    assert!(connects(newer).await.is_ok());
}

#[tokio::test]
async fn a_ban_ends_open_connections_at_once_and_keeps_out_until_it_is_lifted() {
    let (house, ada) = open().await;
    let bob = house.invite(&ada, "Bob", "member").await;
    let mut person = Socket::of(&house, &bob).await;
    let mut mallory = app_user(&house, &json!({"sub": "mallory"})).await;
    let mut eve = app_user(&house, &json!({"sub": "eve"})).await;
    ada.post("/developer/bans", &json!({"user": "@bob"}))
        .await
        .ok();
    let ban = json!({"user": "mallory", "reason": "spam", "seconds": 600});
    let ban = ada.post("/developer/bans", &ban).await.ok();
    assert_eq!(
        (person.closed().await, mallory.closed().await),
        (3507, 3507)
    );
    eve.call("ping", json!({})).await.unwrap();
    let mut again = Socket::open(&house).await;
    let connect = json!({"token": token(SECRET, &json!({"sub": "mallory"}))});
    again.send("connect", connect.clone()).await;
    assert_eq!(again.closed().await, 3507);
    let listed = ada.get("/developer/bans").await.ok();
    assert_eq!(listed["bans"][0], ban);
    assert_eq!(listed["bans"][1]["user"], bob.id);
    let path = format!("/developer/bans/{}", ban["id"].as_str().unwrap());
    ada.delete(&path).await.ok();
    let mut again = Socket::open(&house).await;
    again.call("connect", connect).await.unwrap();
}

#[tokio::test]
async fn a_banned_address_is_out_and_nobody_bans_themselves() {
    let (house, ada) = open().await;
    let far = "203.0.113.9";
    let mut there = Socket::from(&house, far).await;
    let eve = json!({"token": token(SECRET, &json!({"sub": "eve"}))});
    there.call("connect", eve.clone()).await.unwrap();
    let mut here = app_user(&house, &json!({"sub": "eve"})).await;
    ada.post("/developer/bans", &json!({"address": "203.0.113.0/24"}))
        .await
        .ok();
    assert_eq!(there.closed().await, 3507);
    let mut again = Socket::from(&house, far).await;
    again.send("connect", eve).await;
    assert_eq!(again.closed().await, 3507);
    here.call("ping", json!({})).await.unwrap();
    for own in [
        json!({"address": "127.0.0.0/8"}),
        json!({"user": ada.id}),
        json!({"user": "x", "address": "8.8.8.8"}),
        json!({}),
        json!({"user": "x", "seconds": 0}),
    ] {
        ada.post("/developer/bans", &own)
            .await
            .refused("bad_request");
    }
}

#[tokio::test]
async fn tokens_issued_before_a_revocation_end_and_are_refused_at_refresh() {
    let (house, ada) = open().await;
    let (old, exp) = (now_s() - 100, now_s() + 3_600);
    let claims = |iat: u64, jti: &str| json!({"sub": "bob", "iat": iat, "exp": exp, "jti": jti});
    let mut newer = app_user(&house, &claims(now_s() - 10, "new")).await;
    let mut older = app_user(&house, &claims(old, "old")).await;
    let before = (now_s() - 50) * 1000;
    let revoked = ada
        .post(
            "/developer/revocations",
            &json!({"user": "bob", "before": before}),
        )
        .await
        .ok();
    assert_eq!(revoked["before"], before);
    assert_eq!(older.closed().await, 3503);
    newer.call("ping", json!({})).await.unwrap();
    let refresh = json!({"token": token(SECRET, &claims(old, "third"))});
    newer.send("refresh", refresh).await;
    assert_eq!(newer.closed().await, 3500);
    let mut fresh = app_user(&house, &claims(now_s() - 10, "first")).await;
    let refresh = json!({"token": token(SECRET, &claims(now_s(), "second"))});
    fresh.call("refresh", refresh).await.unwrap();
    ada.post("/developer/revocations", &json!({"jti": "second"}))
        .await
        .ok();
    assert_eq!(fresh.closed().await, 3503);
    let mut single = app_user(&house, &claims(now_s(), "one")).await;
    let mut other = app_user(&house, &claims(now_s(), "two")).await;
    ada.post("/developer/revocations", &json!({"jti": "one"}))
        .await
        .ok();
    assert_eq!(single.closed().await, 3503);
    other.call("ping", json!({})).await.unwrap();
    let mut again = Socket::open(&house).await;
    let connect = json!({"token": token(SECRET, &claims(now_s(), "one"))});
    again.send("connect", connect).await;
    assert_eq!(again.closed().await, 3500);
    let future = json!({"user": "bob", "before": (now_s() + 1_000) * 1000});
    ada.post("/developer/revocations", &future)
        .await
        .refused("bad_request");
}

#[tokio::test]
async fn the_inspector_shows_connections_and_channels_and_ends_them() {
    let (house, ada) = open().await;
    let mut bob = app_user(&house, &json!({"sub": "bob"})).await;
    let mut eve = app_user(&house, &json!({"sub": "eve"})).await;
    bob.subscribe("news").await.unwrap();
    eve.subscribe("news").await.unwrap();
    eve.subscribe("weather").await.unwrap();
    let publish = json!({"channel": "news", "data": {"n": 1}});
    ada.post("/developer/publish", &publish).await.ok();
    bob.published("news", |data| data["n"] == 1).await;
    let shown = ada.get("/developer/connections?user=bob").await.ok();
    assert_eq!(shown["more"], false);
    let [connection] = shown["connections"].as_array().unwrap().as_slice() else {
        panic!("{shown}")
    };
    assert_eq!(connection["subscriptions"], json!(["news"]));
    let way = ["dialect", "transport", "address"].map(|key| connection[key].as_str().unwrap());
    assert_eq!(way, ["centrifugo", "websocket", "127.0.0.1"]);
    let by_channel = ada
        .get("/developer/connections?channel=news&limit=1")
        .await
        .ok();
    assert_eq!(by_channel["connections"].as_array().unwrap().len(), 1);
    assert_eq!(by_channel["more"], true);
    let channels = ada.get("/developer/channels?prefix=ne").await.ok();
    let expected = json!({"channel": "news", "subscribers": 2, "history": 1});
    assert_eq!(channels["channels"], json!([expected]));
    let stats = ada.get("/developer/stats").await.ok();
    assert_eq!(
        (&stats["connections"], &stats["subscriptions"]),
        (&json!(2), &json!(3))
    );
    let path = format!(
        "/developer/connections/{}",
        connection["client"].as_str().unwrap()
    );
    ada.delete(&path).await.ok();
    assert_eq!(bob.closed().await, 3503);
    ada.delete(&path).await.refused("not_found");
    let leave = json!({"user": "eve", "channel": "weather"});
    ada.post("/developer/unsubscribe", &leave).await.ok();
    eve.push(|push| push["channel"] == "weather" && push["unsubscribe"]["code"] == 2000)
        .await;
    ada.post("/developer/disconnect", &json!({"user": "eve"}))
        .await
        .ok();
    assert_eq!(eve.closed().await, 3503);
    let place = json!({"channel": "place", "data": {}});
    ada.post("/developer/publish", &place)
        .await
        .refused("forbidden");
    // Each refusal says what it is about.
    for (channel, field, word) in [
        ("nowhere:1", "channel", "not_found"),
        ("weather:*", "channel", ""),
        ("w\u{e4}tter", "channel", "bad_request"),
    ] {
        let publish = json!({"channel": channel, "data": {}});
        let told = ada.post("/developer/publish", &publish).await;
        let told = told.body;
        assert_eq!(told["code"], "bad_request", "{told}");
        assert_eq!(told["field"], field, "{told}");
        let detail = told["detail"].as_str().unwrap();
        assert!(detail.contains(word) && !detail.contains("JSON"), "{told}");
    }
}

#[tokio::test]
async fn a_user_over_the_rate_is_told_to_try_again_on_every_connection() {
    let house = House::with(|config| {
        config.client.token_hmac_secret = SECRET.to_owned();
        config.channels.allow_subscribe_for_client = true;
        config.limits.subscribe_per_second = 1;
        config.limits.subscribe_burst = 2;
    })
    .await;
    let ada = house.set_up().await;
    let mut one = app_user(&house, &json!({"sub": "bob"})).await;
    let mut two = app_user(&house, &json!({"sub": "bob"})).await;
    one.subscribe("a").await.unwrap();
    two.subscribe("a").await.unwrap();
    let refused = two.subscribe("b").await.unwrap_err();
    assert_eq!(
        (&refused["code"], &refused["temporary"]),
        (&json!(111), &json!(true))
    );
    let mut eve = app_user(&house, &json!({"sub": "eve"})).await;
    eve.subscribe("a").await.unwrap();
    assert_eq!(ada.get("/developer/stats").await.ok()["limited"], 1);
}
