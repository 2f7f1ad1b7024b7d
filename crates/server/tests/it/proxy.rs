//! The operator's backend, asked about app users: a real one over HTTP, and real sockets.
//!
//! The backend answers what the client's own data tells it to, so a test reads as question and
//! answer in one place.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use domain::channel::SubscriptionType;
use serde_json::{Value, json};
use server::Config;
use server::config::channels::MapMode;
use server::config::{Channels, Namespace};
use tokio::sync::{Notify, Semaphore};

use crate::house::House;
use crate::socket::Socket;

/// What the backend was asked, with which headers.
type Question = (String, HeaderMap, Value);

/// An operator's backend.
#[derive(Clone)]
struct Backend {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Question>>>,
    /// Lets an answer go that was told to wait.
    gate: Arc<Semaphore>,
    /// Told when a question waits.
    waits: Arc<Notify>,
    /// What questions without data are answered, one after the other, then with a failure.
    answers: Arc<Mutex<VecDeque<Value>>>,
}

/// Answers with `data.text` as it is, so many `data.letters`, `data.status`, or `data.answer`;
/// `data.wait` waits first.
async fn answer(
    State(backend): State<Backend>,
    Path(about): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let question: Value = serde_json::from_slice(&body).unwrap();
    let data = question["data"].clone();
    let asked = (about, headers, question);
    backend.asked.lock().unwrap().push(asked);
    if data["wait"] == true {
        backend.waits.notify_one();
        backend.gate.acquire().await.unwrap().forget();
    }
    if data.is_null() {
        let next = backend.answers.lock().unwrap().pop_front();
        return match next {
            Some(answer) => answer.to_string().into_response(),
            None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        };
    }
    if let Some(text) = data["text"].as_str() {
        return text.to_owned().into_response();
    }
    if let Some(letters) = data["letters"].as_u64() {
        return "x"
            .repeat(usize::try_from(letters).unwrap())
            .into_response();
    }
    if let Some(status) = data["status"].as_u64() {
        return StatusCode::from_u16(u16::try_from(status).unwrap())
            .unwrap()
            .into_response();
    }
    data["answer"].to_string().into_response()
}

impl Backend {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let backend = Self {
            address: listener.local_addr().unwrap(),
            asked: Arc::default(),
            gate: Arc::new(Semaphore::new(0)),
            waits: Arc::default(),
            answers: Arc::default(),
        };
        let router = axum::Router::new()
            .route("/{about}", post(answer))
            .with_state(backend.clone());
        tokio::spawn(async { axum::serve(listener, router).await });
        backend
    }

    fn url(&self, about: &str) -> String {
        format!("http://{}/{about}", self.address)
    }

    fn count(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    fn last(&self) -> Question {
        self.asked.lock().unwrap().last().unwrap().clone()
    }

    /// Waits until so many questions of this kind have come; gives the last.
    async fn asked(&self, about: &str, count: usize) -> Question {
        let found = async {
            loop {
                let asked = self.asked.lock().unwrap().clone();
                let mut of_kind = asked.into_iter().filter(|(kind, ..)| kind == about);
                if let Some(question) = of_kind.nth(count - 1) {
                    return question;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), found)
            .await
            .unwrap()
    }

    /// Answers the next questions without data so.
    fn answers(&self, answers: impl IntoIterator<Item = Value>) {
        self.answers.lock().unwrap().extend(answers);
    }

    fn configure(&self, config: &mut Config) {
        config.proxy.connect_url = self.url("connect");
        config.proxy.subscribe_url = self.url("subscribe");
        config.proxy.publish_url = self.url("publish");
        config.proxy.rpc_url = self.url("rpc");
        config.proxy.timeout_ms = 9_000;
        let open = Channels {
            presence: true,
            history_size: 10,
            history_ttl_s: 60,
            allow_publish_for_subscriber: true,
            allow_presence_for_subscriber: true,
            allow_history_for_subscriber: true,
            ..Channels::default()
        };
        let asking = Channels {
            subscribe_proxy_enabled: true,
            publish_proxy_enabled: true,
            allow_user_limited_channels: true,
            channel_regex: "^[a-z0-9#,$]+$".to_owned(),
            ..open.clone()
        };
        let named = |name: &str, options| Namespace {
            name: name.to_owned(),
            options,
        };
        config.namespaces = vec![named("chat", open), named("asked", asking)];
    }
}

async fn house() -> (House, Backend) {
    let backend = Backend::start().await;
    let house = House::with(|config| backend.configure(config)).await;
    (house, backend)
}

async fn connect(socket: &mut Socket, data: Value) -> Result<Value, Value> {
    socket.call("connect", json!({"data": data})).await
}

/// A client whom the backend calls so.
async fn client(house: &House, user: &str) -> Socket {
    let mut socket = Socket::open(house).await;
    let answer = json!({"answer": {"result": {"user": user}}});
    connect(&mut socket, answer).await.unwrap();
    socket
}

fn code(error: &Value) -> u64 {
    error["code"].as_u64().unwrap()
}

#[tokio::test]
async fn the_backend_says_who_a_client_is_and_what_it_hears() {
    let (house, backend) = house().await;
    let mut ann = Socket::open(&house).await;
    let result = json!({
        "user": "ann", "expire_at": 4_000_000_000_u64, "info": {"name": "Ann"},
        "b64data": "eyJoZWxsbyI6MX0=", "channels": ["chat:1"], "meta": {"not": "kept"},
        "subs": {"chat:2": {"info": {"seat": 2}, "data": [3]}},
    });
    let connected = connect(&mut ann, json!({"answer": {"result": result}})).await;
    let connected = connected.unwrap();
    assert_eq!(connected["data"], json!({"hello": 1}));
    assert!(connected["expires"].is_null(), "{connected}");
    assert_eq!(connected["subs"].as_object().unwrap().len(), 2);
    assert_eq!(connected["subs"]["chat:2"]["data"], json!([3]));
    let (about, _, question) = backend.last();
    assert_eq!(about, "connect");
    assert_eq!(question["client"], connected["client"]);
    for (key, value) in [
        ("transport", json!("websocket")),
        ("protocol", json!("json")),
        ("encoding", json!("json")),
        ("user", Value::Null),
    ] {
        assert_eq!(question[key], value, "{key}");
    }
    let presence = json!({"channel": "chat:1"});
    let there = ann.call("presence", presence).await.unwrap();
    let there = there["presence"].as_object().unwrap();
    let me = &there[connected["client"].as_str().unwrap()];
    assert_eq!(
        (&me["user"], &me["conn_info"]),
        (&json!("ann"), &json!({"name": "Ann"}))
    );
    let told = json!({"channel": "chat:2", "data": "hi"});
    ann.call("publish", told).await.unwrap();
    let heard = ann.published("chat:2", |data| data == "hi").await;
    assert_eq!(heard["info"]["chan_info"], json!({"seat": 2}));
}

#[tokio::test]
async fn what_the_backend_refuses_is_refused_in_its_words() {
    let (house, _backend) = house().await;
    let ada = house.set_up().await;
    let mut ann = Socket::open(&house).await;
    let error = json!({"code": 1000, "message": "no money", "temporary": true});
    let refused = connect(&mut ann, json!({"answer": {"error": error}})).await;
    assert_eq!(refused.unwrap_err(), error);
    for (answer, expected) in [
        (
            json!({"disconnect": {"code": 4501, "reason": "not you"}}),
            4501,
        ),
        (
            json!({"disconnect": {"code": 1000, "reason": "not a code"}}),
            3503,
        ),
        (json!({"result": {"user": ada.id}}), 3500),
        (json!({}), 3500),
    ] {
        let mut ann = Socket::open(&house).await;
        let data = json!({"data": {"answer": answer}});
        ann.send("connect", data.clone()).await;
        assert_eq!(ann.closed().await, expected, "{data}");
    }
}

#[tokio::test]
async fn a_backend_that_gives_no_answer_is_a_temporary_error() {
    let backend = Backend::start().await;
    let house = House::with(|config| {
        backend.configure(config);
        config.proxy.timeout_ms = 300;
        // Nobody listens there.
        config.proxy.rpc_url = "http://127.0.0.1:1/rpc".to_owned();
    })
    .await;
    for data in [
        json!({"wait": true}),
        json!({"status": 500}),
        json!({"status": 302}),
        json!({"text": "garbage"}),
        json!({"text": "{\"result\": {\"user\": 5}}"}),
        json!({"letters": (1 << 20) + 1}),
        json!({"answer": {"result": {"user": "ann", "b64info": "?"}}}),
        json!({"answer": {"error": {"code": 5}}}),
    ] {
        let mut ann = Socket::open(&house).await;
        let text = data.to_string();
        let error = connect(&mut ann, data).await.unwrap_err();
        let told = (code(&error), &error["temporary"]);
        assert_eq!(told, (100, &json!(true)), "{text}");
    }
    let mut ann = client(&house, "ann").await;
    let gone = ann.call("rpc", json!({"method": "sum"})).await;
    assert_eq!(code(&gone.unwrap_err()), 100);
    ann.call("ping", json!({})).await.unwrap();
}

#[tokio::test]
async fn who_waits_for_the_backend_keeps_nobody_else_waiting() {
    let (house, backend) = house().await;
    let mut slow = Vec::new();
    let answer = json!({"wait": true, "answer": {"result": {"user": "slow"}}});
    for _ in 0..8 {
        let mut socket = Socket::open(&house).await;
        let id = socket.send("connect", json!({"data": answer})).await;
        backend.waits.notified().await;
        slow.push((socket, id));
    }
    let ada = house.set_up().await;
    let mut person = Socket::of(&house, &ada).await;
    let room = format!("room:{}", ada.lobby().await);
    person.subscribe(&room).await.unwrap();
    let mut ann = client(&house, "ann").await;
    ann.call("ping", json!({})).await.unwrap();
    backend.gate.add_permits(slow.len());
    for (socket, id) in &mut slow {
        let reply = socket.reply(*id).await;
        assert!(reply["connect"]["client"].is_string(), "{reply}");
    }
}

#[tokio::test]
async fn the_backend_decides_who_subscribes_where_the_namespace_says_so() {
    let (house, backend) = house().await;
    let mut ann = client(&house, "ann").await;
    let asked =
        |channel: &str, answer: Value| json!({"channel": channel, "data": {"answer": answer}});
    let hidden = json!({"presence": {"value": false}});
    let allowed = json!({"result": {"data": {"seat": 0}, "override": hidden}});
    ann.call("subscribe", asked("asked:0", allowed))
        .await
        .unwrap();
    let presence = json!({"channel": "asked:0"});
    let presence = ann.call("presence", presence).await.unwrap();
    let nobody = presence["presence"].as_object();
    assert!(nobody.is_none_or(|there| there.is_empty()), "{presence}");
    let seat = json!({"seat": 1});
    let allowed = json!({"result": {"data": seat, "info": seat, "expire_at": 4_000_000_000_u64}});
    let subscribed = ann
        .call("subscribe", asked("asked:1", allowed))
        .await
        .unwrap();
    assert_eq!(subscribed["data"], json!({"seat": 1}));
    assert!(subscribed["expires"].is_null(), "{subscribed}");
    let (about, _, question) = backend.last();
    assert_eq!(
        (&*about, &question["user"], &question["channel"]),
        ("subscribe", &json!("ann"), &json!("asked:1"))
    );
    let presence = ann
        .call("presence", json!({"channel": "asked:1"}))
        .await
        .unwrap();
    let there = presence["presence"].as_object().unwrap();
    let me = there.values().next().unwrap();
    assert_eq!(me["chan_info"], json!({"seat": 1}));
    let denied = json!({"error": {"code": 403, "message": "not here"}});
    let error = ann
        .call("subscribe", asked("asked:2", denied))
        .await
        .unwrap_err();
    assert_eq!((code(&error), &error["message"]), (403, &json!("not here")));
    let before = backend.count();
    // Neither what needs a token, nor what is of certain users, nor what the namespace has not,
    // nor what does not ask.
    for (channel, expected) in [
        ("$asked:1", 103),
        ("asked:x#ben", 103),
        ("asked:ABC", 107),
        ("asked:*", 103),
        ("chat:1", 103),
    ] {
        let data = asked(channel, json!({"result": {}}));
        let error = ann.call("subscribe", data).await.unwrap_err();
        assert_eq!(code(&error), expected, "{channel}");
    }
    ann.subscribe("asked:x#ann").await.unwrap();
    assert_eq!(backend.count(), before);
    let closed = json!({"disconnect": {"code": 4502, "reason": "enough"}});
    ann.send("subscribe", asked("asked:3", closed)).await;
    assert_eq!(ann.closed().await, 4502);
}

#[tokio::test]
async fn the_backend_decides_what_is_published_where_the_namespace_says_so() {
    let (house, backend) = house().await;
    let mut ann = client(&house, "ann").await;
    let data = json!({"answer": {"result": {}}});
    let subscribe = json!({"channel": "asked:1", "data": data});
    ann.call("subscribe", subscribe).await.unwrap();
    let publish = |answer: Value| json!({"channel": "asked:1", "data": {"answer": answer}});
    let changed = json!({"result": {"data": {"text": "changed"}, "tags": {"by": "backend"}}});
    ann.call("publish", publish(changed)).await.unwrap();
    let heard = ann
        .published("asked:1", |data| data["text"] == "changed")
        .await;
    assert_eq!(
        (&heard["tags"]["by"], &heard["info"]["user"]),
        (&json!("backend"), &json!("ann"))
    );
    assert_eq!(heard["offset"], 1);
    let (about, _, question) = backend.last();
    assert_eq!((&*about, &question["user"]), ("publish", &json!("ann")));
    let fleeting = json!({"result": {"data": {"text": "fleeting"}, "skip_history": true}});
    ann.call("publish", publish(fleeting)).await.unwrap();
    let heard = ann
        .published("asked:1", |data| data["text"] == "fleeting")
        .await;
    assert!(heard["offset"].is_null(), "{heard}");
    let denied = json!({"error": {"code": 1001, "message": "too loud"}});
    let error = ann.call("publish", publish(denied)).await.unwrap_err();
    assert_eq!(code(&error), 1001);
    ann.call("publish", publish(json!({"result": {}})))
        .await
        .unwrap();
    let history = json!({"channel": "asked:1", "limit": 10});
    let history = ann.call("history", history).await.unwrap();
    let kept = history["publications"].as_array().unwrap();
    assert_eq!(kept.len(), 2);
    assert_eq!(kept[1]["data"], publish(json!({"result": {}}))["data"]);
}

#[tokio::test]
async fn the_backend_answers_the_calls_of_app_users_and_of_nobody_else() {
    let (house, backend) = house().await;
    let mut ann = client(&house, "ann").await;
    let call = |data: Value| json!({"method": "sum", "data": data});
    // The second call does not wait for the first.
    let first = json!({"wait": true, "answer": {"result": {"data": "first"}}});
    let first = ann.send("rpc", call(first)).await;
    let second = json!({"answer": {"result": {"data": {"sum": 5}}}});
    let answered = ann.call("rpc", call(second)).await.unwrap();
    assert_eq!(answered["data"], json!({"sum": 5}));
    backend.gate.add_permits(1);
    assert_eq!(ann.reply(first).await["rpc"]["data"], "first");
    let (about, _, question) = backend.last();
    assert_eq!(
        (&*about, &question["method"], &question["user"]),
        ("rpc", &json!("sum"), &json!("ann"))
    );
    let refused = json!({"answer": {"error": {"code": 1002, "message": "no"}}});
    let error = ann.call("rpc", call(refused)).await.unwrap_err();
    assert_eq!(code(&error), 1002);
    let before = backend.count();
    let ada = house.set_up().await;
    let mut person = Socket::of(&house, &ada).await;
    let error = person.call("rpc", call(json!({}))).await.unwrap_err();
    assert_eq!(code(&error), 104);
    assert_eq!(backend.count(), before);
    ann.send(
        "rpc",
        call(json!({"answer": {"disconnect": {"code": 4503, "reason": ""}}})),
    )
    .await;
    assert_eq!(ann.closed().await, 4503);
}

#[tokio::test]
async fn the_backend_sees_the_headers_that_were_asked_for_and_no_others() {
    let backend = Backend::start().await;
    let house = House::with(|config| {
        backend.configure(config);
        let wanted = ["cookie", "x-tenant", "x-plaza-secret"];
        config.proxy.http_headers = wanted.map(str::to_owned).to_vec();
        let secret = ("x-plaza-secret".to_owned(), "hush".to_owned());
        config.proxy.static_headers.extend([secret]);
    })
    .await;
    let headers = [
        // What a client makes up of the operator's own does not count.
        ("x-plaza-secret", "guess"),
        ("cookie", "session=1"),
        ("x-tenant", "a"),
        ("x-private", "b"),
    ];
    let mut ann = Socket::with(&house, &headers).await;
    let answer = json!({"answer": {"result": {"user": "ann"}}});
    connect(&mut ann, answer.clone()).await.unwrap();
    let (_, headers, _) = backend.last();
    assert_eq!(headers["cookie"], "session=1");
    assert_eq!(headers["x-tenant"], "a");
    // A browser can set none: what it says in their place counts, where the handshake says nothing.
    let mut ben = Socket::with(&house, &[("cookie", "session=2")]).await;
    let said = json!({"Cookie": "stolen", "X-Tenant": "b", "x-private": "c", "": "d"});
    let request = json!({"data": answer, "headers": said});
    ben.call("connect", request).await.unwrap();
    let (_, seen, _) = backend.last();
    assert_eq!(
        (&seen["cookie"], &seen["x-tenant"]),
        (&"session=2".parse().unwrap(), &"b".parse().unwrap())
    );
    assert!(!seen.contains_key("x-private"));
    assert_eq!(headers["x-plaza-secret"], "hush");
    assert_eq!(headers["content-type"], "application/json");
    assert!(!headers.contains_key("x-private"));
    ann.call("rpc", json!({"method": "sum", "data": answer}))
        .await
        .unwrap();
    let (_, headers, _) = backend.last();
    assert_eq!(headers["x-plaza-secret"], "hush");
    assert!(!headers.contains_key("cookie"));
}

/// Seconds since 1970, so many from now.
fn in_seconds(seconds: u64) -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.unwrap().as_secs() + seconds
}

async fn renewing(backend: &Backend) -> House {
    House::with(|config| {
        backend.configure(config);
        config.proxy.refresh_url = backend.url("refresh");
        config.proxy.sub_refresh_url = backend.url("sub_refresh");
        config.proxy.static_headers = [("x-secret".to_owned(), "hush".to_owned())].into();
        for namespace in &mut config.namespaces {
            namespace.options.sub_refresh_proxy_enabled = true;
        }
    })
    .await
}

#[tokio::test]
async fn the_backend_is_asked_whether_a_connection_goes_on_whose_end_has_come() {
    let backend = Backend::start().await;
    let house = renewing(&backend).await;
    let name = json!({"name": "Ann II"});
    backend.answers([
        json!({"result": {"expire_at": in_seconds(3), "info": name}}),
        json!({"result": {"expired": true}}),
    ]);
    let mut ann = Socket::open(&house).await;
    let result = json!({"user": "ann", "expire_at": in_seconds(1), "channels": ["chat:1"]});
    let answer = json!({"answer": {"result": result}});
    let connected = connect(&mut ann, answer).await.unwrap();
    assert!(connected["expires"].is_null(), "{connected}");
    let (_, headers, question) = backend.asked("refresh", 1).await;
    let told = (&question["user"], &question["client"]);
    assert_eq!(told, (&json!("ann"), &connected["client"]));
    assert_eq!(headers["x-secret"], "hush");
    backend.asked("refresh", 2).await;
    assert_eq!(ann.closed().await, 3005);

    for (answer, code) in [
        (
            json!({"disconnect": {"code": 4507, "reason": "enough"}}),
            4507,
        ),
        (json!({"error": {"code": 1000, "message": "no"}}), 3005),
        (json!({}), 3005),
    ] {
        backend.answers([answer.clone()]);
        let mut ann = Socket::open(&house).await;
        let result = json!({"user": "ann", "expire_at": in_seconds(1)});
        connect(&mut ann, json!({"answer": {"result": result}}))
            .await
            .unwrap();
        assert_eq!(ann.closed().await, code, "{answer}");
    }
}

#[tokio::test]
async fn what_others_see_of_a_connection_follows_its_renewal() {
    let backend = Backend::start().await;
    let house = renewing(&backend).await;
    let name = json!({"name": "Ann II"});
    backend.answers([json!({"result": {"info": name}})]);
    let mut ann = Socket::open(&house).await;
    let result = json!({"user": "ann", "expire_at": in_seconds(1), "channels": ["chat:1"]});
    connect(&mut ann, json!({"answer": {"result": result}}))
        .await
        .unwrap();
    backend.asked("refresh", 1).await;
    // The answer is on its way: what is published behind it carries the name.
    let seen = async {
        loop {
            let presence = json!({"channel": "chat:1"});
            let there = ann.call("presence", presence).await.unwrap();
            let there = there["presence"].as_object().unwrap().clone();
            if there.values().any(|info| info["conn_info"] == name) {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), seen)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_backend_that_is_down_ends_nobody() {
    let backend = Backend::start().await;
    let house = renewing(&backend).await;
    let mut ann = Socket::open(&house).await;
    let result = json!({"user": "ann", "expire_at": in_seconds(1)});
    connect(&mut ann, json!({"answer": {"result": result}}))
        .await
        .unwrap();
    let data = json!({"answer": {"result": {"expire_at": in_seconds(2)}}});
    let subscribe = json!({"channel": "asked:1", "data": data});
    ann.call("subscribe", subscribe).await.unwrap();
    backend.asked("refresh", 1).await;
    backend.asked("sub_refresh", 1).await;
    let publish = json!({"channel": "asked:1", "data": {"answer": {"result": {}}}});
    ann.call("publish", publish).await.unwrap();
    ann.published("asked:1", |data| !data.is_null()).await;
}

#[tokio::test]
async fn the_backend_is_asked_whether_a_subscription_goes_on_whose_end_has_come() {
    let backend = Backend::start().await;
    let house = renewing(&backend).await;
    backend.answers([
        json!({"result": {"expire_at": in_seconds(3), "info": {"seat": 2}}}),
        json!({"result": {"expired": true}}),
    ]);
    let mut ann = client(&house, "ann").await;
    let data = json!({"answer": {"result": {"expire_at": in_seconds(1)}}});
    let subscribe = json!({"channel": "asked:1", "data": data});
    let subscribed = ann.call("subscribe", subscribe).await.unwrap();
    assert!(subscribed["expires"].is_null(), "{subscribed}");
    let (_, _, question) = backend.asked("sub_refresh", 1).await;
    let told = (&question["user"], &question["channel"]);
    assert_eq!(told, (&json!("ann"), &json!("asked:1")));
    let ended = ann.push(|push| !push["unsubscribe"].is_null()).await;
    assert_eq!(
        (&ended["channel"], &ended["unsubscribe"]["code"]),
        (&json!("asked:1"), &json!(2501))
    );
    assert_eq!(backend.count(), 4);
    // A closing is of the whole connection.
    backend.answers([json!({"disconnect": {"code": 4508, "reason": ""}})]);
    let data = json!({"answer": {"result": {"expire_at": in_seconds(1)}}});
    let subscribe = json!({"channel": "asked:2", "data": data});
    ann.call("subscribe", subscribe).await.unwrap();
    assert_eq!(ann.closed().await, 4508);
}

#[tokio::test]
async fn the_backend_decides_which_keys_of_a_map_are_set_and_removed() {
    let backend = Backend::start().await;
    let house = House::with(|config| {
        backend.configure(config);
        config.proxy.map_publish_url = backend.url("map_publish");
        config.proxy.map_remove_url = backend.url("map_remove");
        let options = Channels {
            subscription_type: SubscriptionType::Map,
            map_mode: MapMode::Persistent,
            map_publish_proxy_enabled: true,
            map_remove_proxy_enabled: true,
            allow_subscribe_for_client: true,
            ..Channels::default()
        };
        let name = "board".to_owned();
        config.namespaces.push(Namespace { name, options });
    })
    .await;
    let mut ann = client(&house, "ann").await;
    let subscribe = json!({"channel": "board:1", "type": 1, "phase": 2});
    ann.call("subscribe", subscribe).await.unwrap();
    let set = |key: &str, answer: Value| {
        let data = json!({"answer": answer});
        json!({"channel": "board:1", "type": 1, "key": key, "data": data})
    };
    let changed = json!({"result": {"key": "ann's", "data": {"n": 1}, "tags": {"by": "backend"}}});
    ann.call("publish", set("mine", changed)).await.unwrap();
    let heard = ann.published("board:1", |data| data["n"] == 1).await;
    assert_eq!(
        (&heard["key"], &heard["tags"]["by"]),
        (&json!("ann's"), &json!("backend"))
    );
    let (_, _, question) = backend.asked("map_publish", 1).await;
    assert_eq!(
        (&question["key"], &question["user"]),
        (&json!("mine"), &json!("ann"))
    );
    let denied = json!({"error": {"code": 1003, "message": "not yours"}});
    let error = ann.call("publish", set("mine", denied)).await.unwrap_err();
    assert_eq!(code(&error), 1003);
    let once = json!({"result": {"key": "ann's", "key_mode": "if_new", "data": {"n": 2}}});
    ann.call("publish", set("mine", once)).await.unwrap();
    backend.answers([
        json!({"result": {"key": "ann's"}}),
        json!({"error": {"code": 1004}}),
    ]);
    let remove = json!({"channel": "board:1", "type": 1, "key": "mine", "removed": true});
    ann.call("publish", remove.clone()).await.unwrap();
    let gone = ann.push(|push| push["pub"]["removed"] == true).await;
    // The value that was not new was not set.
    assert_eq!(
        (&gone["pub"]["key"], &gone["pub"]["offset"]),
        (&json!("ann's"), &json!(2))
    );
    assert_eq!(code(&ann.call("publish", remove).await.unwrap_err()), 1004);
    let (_, _, question) = backend.asked("map_remove", 1).await;
    assert_eq!(question["key"], "mine");
}
