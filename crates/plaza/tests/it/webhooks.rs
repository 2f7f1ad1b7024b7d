//! Webhooks of the real binary: what a backend knows after the server was killed is what is true.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::process::{PASSWORD, Serving, log_in, set_up};

const PATIENCE: Duration = Duration::from_secs(30);

type Live = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A backend that outlives the server: it takes events and keeps who is connected.
#[derive(Clone, Default)]
struct Backend {
    events: Arc<Mutex<Vec<Value>>>,
    news: Arc<Notify>,
}

impl Backend {
    async fn start() -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let backend = Self::default();
        let taking = backend.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(taking.clone().take(stream));
            }
        });
        (backend, url)
    }

    /// Requests of one connection, each answered with 200.
    async fn take(self, stream: TcpStream) {
        let mut stream = BufReader::new(stream);
        loop {
            let mut length = 0;
            loop {
                let mut line = String::new();
                if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                    return;
                }
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                if line == "\r\n" {
                    break;
                }
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await.unwrap();
            let told: Value = serde_json::from_slice(&body).unwrap();
            let told = told["events"].as_array().unwrap().clone();
            self.events.lock().unwrap().extend(told);
            self.news.notify_waiters();
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
            stream.write_all(answer).await.unwrap();
        }
    }

    /// Who is connected and what they hear, as the events say.
    fn view(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut view = BTreeMap::<String, BTreeSet<String>>::new();
        let mut seen = BTreeSet::new();
        for event in self.events.lock().unwrap().iter() {
            if !seen.insert(event["id"].as_str().unwrap().to_owned()) {
                continue;
            }
            let client = event["client"].as_str().unwrap().to_owned();
            let channel = || event["channel"].as_str().unwrap().to_owned();
            match event["event"].as_str().unwrap() {
                "connect" => assert!(view.insert(client, BTreeSet::new()).is_none()),
                "join" => assert!(view.get_mut(&client).unwrap().insert(channel())),
                "leave" => assert!(view.get_mut(&client).unwrap().remove(&channel())),
                "disconnect" => assert!(view.remove(&client).unwrap().is_empty()),
                other => panic!("{other}"),
            }
        }
        view
    }

    async fn until(&self, fits: impl Fn(&BTreeMap<String, BTreeSet<String>>) -> bool) {
        let waiting = async {
            loop {
                let news = self.news.notified();
                tokio::pin!(news);
                news.as_mut().enable();
                if fits(&self.view()) {
                    return;
                }
                news.await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting)
            .await
            .unwrap_or_else(|_| panic!("{:?}", self.view()));
    }
}

/// A live connection that hears a room.
async fn listen(http: &reqwest::Client, base: &str) -> Live {
    let get = async |path: &str| {
        let reply = http.get(format!("{base}/api/v1{path}")).send().await;
        reply.unwrap().json::<Value>().await.unwrap()
    };
    let room = get("/rooms").await["rooms"][0]["id"].clone();
    let token = http.post(format!("{base}/api/v1/socket-token"));
    let token = token.json(&json!({})).send().await.unwrap();
    let token: Value = token.json().await.unwrap();
    let url = format!("{}/connection/websocket", base.replace("http:", "ws:"));
    let (mut live, _) = connect_async(url).await.unwrap();
    let channel = format!("room:{}", room.as_str().unwrap());
    let commands = [
        json!({"id": 1, "connect": {"token": token["token"]}}),
        json!({"id": 2, "subscribe": {"channel": channel}}),
    ];
    for command in commands {
        let command = Message::text(command.to_string());
        live.send(command).await.unwrap();
    }
    let answered = |message: &Message| message.to_text().unwrap().contains("\"id\":2");
    while !answered(&live.next().await.unwrap().unwrap()) {}
    live
}

#[tokio::test]
async fn after_a_kill_the_backend_hears_that_the_connections_are_gone() {
    let (backend, url) = Backend::start().await;
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("plaza.toml");
    let text = format!(
        "[[webhooks.endpoints]]\nurl = \"{url}\"\nsecret = \"s\"\n\
         events = [\"connect\", \"disconnect\", \"join\", \"leave\"]\nchannels = [\"room:*\"]\n"
    );
    std::fs::write(&config, text).unwrap();
    let data = dir.path().join("data");
    let server = Serving::with(&data, &config);
    let ada = set_up(&server.base).await;
    let mut open = Vec::new();
    for _ in 0..3 {
        open.push(listen(&ada, &server.base).await);
    }
    let hear = |view: &BTreeMap<String, BTreeSet<String>>, count: usize| {
        view.len() == count && view.values().all(|channels| channels.len() == 1)
    };
    backend.until(|view| hear(view, 3)).await;
    drop(open.pop());
    backend.until(|view| hear(view, 2)).await;
    // SIGKILL, while two connections are open.
    drop(server);
    let server = Serving::with(&data, &config);
    backend.until(BTreeMap::is_empty).await;
    let (status, ada) = log_in(&server.base, PASSWORD).await;
    assert_eq!(status, 200);
    let _open = listen(&ada, &server.base).await;
    backend.until(|view| hear(view, 1)).await;
}
