//! Webhooks over real sockets: a receiver that fails, then takes; order, once or more, signatures.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use server::config::webhooks::Endpoint;
use sha2::Sha256;
use tokio::sync::Notify;

use crate::house::{Client, House};
use crate::socket::Socket;

const SECRET: &str = "the secret of the hook";
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Default)]
struct Inner {
    /// Answer so many requests with 500 first.
    failures_left: u32,
    refused: u32,
    /// Everything taken, in order, doubles too.
    events: Vec<Value>,
}

/// An app's backend.
#[derive(Clone, Default)]
struct Receiver {
    inner: Arc<Mutex<Inner>>,
    news: Arc<Notify>,
    address: Option<SocketAddr>,
}

fn verify(headers: &HeaderMap, body: &[u8]) {
    let signature = headers["plaza-signature"].to_str().unwrap();
    let (time, signed) = signature.split_once(',').unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(time.strip_prefix("t=").unwrap().as_bytes());
    mac.update(b".");
    mac.update(body);
    let expected = mac.finalize().into_bytes();
    let expected: String = expected.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(signed, format!("v1={expected}"));
}

async fn take(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    verify(&headers, &body);
    let mut inner = receiver.inner.lock().unwrap();
    let told: Value = serde_json::from_slice(&body).unwrap();
    let status = if inner.failures_left > 0 {
        inner.failures_left -= 1;
        inner.refused += 1;
        StatusCode::INTERNAL_SERVER_ERROR
    } else {
        let events = told["events"].as_array().unwrap();
        inner.events.extend(events.iter().cloned());
        StatusCode::NO_CONTENT
    };
    receiver.news.notify_waiters();
    status
}

impl Receiver {
    async fn start(failures: u32) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self {
            address: Some(listener.local_addr().unwrap()),
            ..Self::default()
        };
        receiver.inner.lock().unwrap().failures_left = failures;
        let router = axum::Router::new()
            .route("/hook", post(take))
            .with_state(receiver.clone());
        tokio::spawn(async { axum::serve(listener, router).await });
        receiver
    }

    fn url(&self) -> String {
        format!("http://{}/hook", self.address.unwrap())
    }

    fn endpoint(&self, events: &[&str], channels: &[&str]) -> Endpoint {
        let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        Endpoint {
            url: self.url(),
            secret: SECRET.to_owned(),
            events: owned(events),
            channels: owned(channels),
        }
    }

    /// Waits until what was taken `fits`.
    async fn until<T>(&self, fits: impl Fn(&Inner) -> Option<T>) -> T {
        let waiting = async {
            loop {
                let news = self.news.notified();
                tokio::pin!(news);
                news.as_mut().enable();
                if let Some(found) = fits(&self.inner.lock().unwrap()) {
                    return found;
                }
                news.await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting)
            .await
            .expect("the events come")
    }
}

/// What was told, each once, in the order it first came; panics when numbers go back.
fn in_order(events: &[Value]) -> Vec<(String, String)> {
    let mut seen = BTreeSet::new();
    let mut told = Vec::new();
    let mut last = 0;
    for event in events {
        let id: u64 = event["id"].as_str().unwrap().parse().unwrap();
        if seen.insert(id) {
            assert!(id > last, "{id} after {last}");
            last = id;
            let channel = event["channel"].as_str().unwrap_or_default();
            let name = event["event"].as_str().unwrap();
            told.push((name.to_owned(), channel.to_owned()));
        }
    }
    told
}

fn of_user<'a>(inner: &'a Inner, user: &str) -> Vec<&'a Value> {
    inner
        .events
        .iter()
        .filter(|event| event["user"] == user)
        .collect()
}

#[tokio::test]
async fn events_come_in_order_although_the_backend_fails_first() {
    let receiver = Receiver::start(3).await;
    let hook = receiver.endpoint(&["connect", "disconnect", "join", "leave"], &["room:*"]);
    let house = House::with(|config| config.webhooks.endpoints.push(hook)).await;
    let ada = house.set_up().await;
    let room = format!("room:{}", ada.lobby().await);
    let mut socket = Socket::of(&house, &ada).await;
    socket.subscribe(&room).await.unwrap();
    socket
        .call("unsubscribe", json!({"channel": room}))
        .await
        .unwrap();
    socket.subscribe(&room).await.unwrap();
    drop(socket);
    let ended = |inner: &Inner| {
        let mine = of_user(inner, &ada.id);
        let last = mine.last()?;
        (last["event"] == "disconnect").then(|| inner.events.clone())
    };
    let events = receiver.until(ended).await;
    let told = in_order(&events);
    let told: Vec<_> = told
        .iter()
        .map(|(name, channel)| (&**name, &**channel))
        .collect();
    let room = room.as_str();
    let expected = [
        ("connect", ""),
        ("join", room),
        ("leave", room),
        ("join", room),
        ("leave", room),
        ("disconnect", ""),
    ];
    assert_eq!(told, expected);
    assert_eq!(events[0]["transport"], "websocket");
    assert_eq!(receiver.inner.lock().unwrap().refused, 3);
    let listed = ada.get("/developer/webhooks").await.ok();
    assert_eq!(listed["webhooks"][0]["configured"], true);
    assert_eq!(listed["webhooks"][0]["state"]["delivered"], 6);
    assert!(!listed.to_string().contains(SECRET));
}

#[tokio::test]
async fn a_dead_backend_holds_up_no_other() {
    let (dead, well) = (Receiver::start(u32::MAX).await, Receiver::start(0).await);
    let hooks = [
        dead.endpoint(&["connect"], &[]),
        well.endpoint(&["connect", "disconnect"], &[]),
    ];
    let house = House::with(|config| config.webhooks.endpoints.extend(hooks)).await;
    let ada = house.set_up().await;
    let clients: BTreeSet<String> = {
        let mut sockets = Vec::new();
        for _ in 0..5 {
            sockets.push(Socket::of(&house, &ada).await);
        }
        let shown = ada.get("/developer/connections").await.ok();
        let shown = shown["connections"].as_array().unwrap().iter();
        shown
            .map(|it| it["client"].as_str().unwrap().to_owned())
            .collect()
    };
    let all_ended = |inner: &Inner| (inner.events.len() >= 10).then(|| inner.events.clone());
    let events = well.until(all_ended).await;
    let mut by_client = BTreeMap::<String, Vec<String>>::new();
    for event in &events {
        let text = |key: &str| event[key].as_str().unwrap().to_owned();
        by_client
            .entry(text("client"))
            .or_default()
            .push(text("event"));
    }
    assert_eq!(by_client.keys().cloned().collect::<BTreeSet<_>>(), clients);
    assert!(
        by_client
            .values()
            .all(|told| told == &["connect", "disconnect"])
    );
    dead.until(|inner| (inner.refused > 0).then_some(())).await;
    let listed = ada.get("/developer/webhooks").await.ok();
    let state = &listed["webhooks"][0]["state"];
    assert!(
        state["failing_since"].is_u64() && state["last_status"] == 500,
        "{state}"
    );
    assert!(state["waiting"].as_u64().unwrap() >= 5);
}

#[tokio::test]
async fn what_a_full_outbox_gave_up_is_told_before_anything_else() {
    let receiver = Receiver::start(u32::MAX).await;
    let hook = receiver.endpoint(&["connect"], &[]);
    let house = House::with(|config| {
        config.webhooks.endpoints.push(hook);
        config.webhooks.outbox_events_max = 4;
        config.webhooks.retry_ms_max = 100;
    })
    .await;
    let ada = house.set_up().await;
    let mut open = Vec::new();
    for _ in 0..6 {
        open.push(Socket::of(&house, &ada).await);
    }
    let full = async || {
        let outbox = ada.get("/developer/webhooks").await.ok()["outbox"].clone();
        outbox["dropped"] == 2 && outbox["events"] == 4
    };
    // Each refused attempt is a moment to look.
    while !full().await {
        let before = receiver.inner.lock().unwrap().refused;
        receiver
            .until(|inner| (inner.refused > before).then_some(()))
            .await;
    }
    receiver.inner.lock().unwrap().failures_left = 0;
    let taken = |inner: &Inner| (inner.events.len() >= 5).then(|| inner.events.clone());
    let events = receiver.until(taken).await;
    assert_eq!(events[0], json!({"event": "lost", "count": 2}));
    assert!(events[1..].iter().all(|event| event["event"] == "connect"));
}

async fn wanted(ada: &Client, receiver: &Receiver, events: &[&str]) -> Value {
    let body = json!({"name": "backend", "url": receiver.url(), "events": events});
    ada.post("/developer/webhooks", &body).await.ok()
}

#[tokio::test]
async fn a_webhook_of_the_admin_page_may_not_lead_into_the_house_unless_the_file_says_so() {
    let (house, ada) = House::open().await;
    for url in [
        "http://127.0.0.1:1/",
        "http://localhost/",
        "ftp://example.org/",
        "nonsense",
    ] {
        let body = json!({"name": "x", "url": url, "events": ["connect"]});
        ada.post("/developer/webhooks", &body)
            .await
            .refused("bad_request");
    }
    let body = json!({"name": "x", "url": "https://example.org/", "events": ["connect", "what"]});
    let refused = ada.post("/developer/webhooks", &body).await;
    assert_eq!(refused.body["field"], "events");
    drop(house);
    let receiver = Receiver::start(0).await;
    let house = House::with(|config| config.webhooks.allow_private = true).await;
    let ada = house.set_up().await;
    let made = wanted(&ada, &receiver, &["connect"]).await;
    assert_eq!(made["secret"].as_str().unwrap().len(), 64);
    let id = made["webhook"]["id"].as_str().unwrap();
    assert!(
        !ada.get("/developer/webhooks")
            .await
            .ok()
            .to_string()
            .contains("secret")
    );
    let path = format!("/developer/webhooks/{id}");
    let changed = ada.patch(&path, &json!({"enabled": false})).await.ok();
    assert_eq!(changed["enabled"], false);
    ada.delete(&path).await.ok();
    ada.delete(&path).await.refused("not_found");
}
