//! A whole server per test, and people who talk to it over real HTTP.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use server::{Config, Running, Server};
use tempfile::TempDir;

pub(crate) const PASSWORD: &str = "correct horse";

/// A server with a data directory of its own.
pub(crate) struct House {
    pub(crate) running: Running,
    pub(crate) directory: TempDir,
}

/// A browser or a script.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    pub(crate) base: String,
    /// The person's id, once they are in.
    pub(crate) id: String,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
    pub(crate) body: Value,
}

impl Reply {
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", String::from_utf8_lossy(&self.bytes));
        self.body
    }

    #[track_caller]
    pub(crate) fn refused(&self, code: &str) {
        assert_eq!(self.body["code"], code, "{} {}", self.status, self.body);
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }
}

pub(crate) fn config(directory: &TempDir) -> Config {
    let mut config = Config::default();
    "127.0.0.1:0".clone_into(&mut config.listen.address);
    config.data.directory = directory.path().join("data");
    config.limits.posts_burst = 100_000;
    config
}

impl House {
    /// A server that nobody has set up.
    pub(crate) async fn empty() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut config = config(&directory);
        change(&mut config);
        let running = Server::start(config).await.unwrap();
        Self { running, directory }
    }

    /// A server with an owner called Ada.
    pub(crate) async fn open() -> (Self, Client) {
        let house = Self::empty().await;
        let ada = house.set_up().await;
        (house, ada)
    }

    pub(crate) async fn set_up(&self) -> Client {
        let mut ada = self.visitor();
        let body = json!({
            "place_name": "Home", "display_name": "Ada", "password": PASSWORD, "locale": "en"
        });
        let answer = ada.post("/setup", &body).await.ok();
        ada.id = answer["me"]["id"].as_str().unwrap().to_owned();
        ada
    }

    /// Somebody with a fresh browser.
    pub(crate) fn visitor(&self) -> Client {
        let http = reqwest::Client::builder()
            .cookie_store(true)
            .build()
            .unwrap();
        Client {
            http,
            base: format!("http://{}", self.running.address()),
            id: String::new(),
        }
    }

    /// Somebody whom `host` invites, in the given role.
    pub(crate) async fn invite(&self, host: &Client, name: &str, role: &str) -> Client {
        let invite = host.post("/invites", &json!({"role": role})).await.ok();
        self.accept(&invite, name).await
    }

    pub(crate) async fn accept(&self, invite: &Value, name: &str) -> Client {
        let mut guest = self.visitor();
        let path = format!("/invites/{}/accept", invite["code"].as_str().unwrap());
        let body = json!({"display_name": name, "password": PASSWORD, "locale": "en"});
        let answer = guest.post(&path, &body).await.ok();
        guest.id = answer["me"]["id"].as_str().unwrap().to_owned();
        guest
    }

    /// The same person on another device.
    pub(crate) async fn log_in(&self, name: &str) -> Client {
        let mut device = self.visitor();
        let body = json!({"name": name, "password": PASSWORD});
        let answer = device.post("/session", &body).await.ok();
        device.id = answer["me"]["id"].as_str().unwrap().to_owned();
        device
    }
}

impl Client {
    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, &[], Vec::new()).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Reply {
        self.json(Method::POST, path, body, &[]).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Reply {
        self.json(Method::PUT, path, body, &[]).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Reply {
        self.json(Method::PATCH, path, body, &[]).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, &[], Vec::new()).await
    }

    pub(crate) async fn json(
        &self,
        method: Method,
        path: &str,
        body: &Value,
        headers: &[(&str, &str)],
    ) -> Reply {
        let mut headers = headers.to_vec();
        headers.push(("content-type", "application/json"));
        self.send(method, path, &headers, body.to_string().into_bytes())
            .await
    }

    /// `path` is below `/api/v1`, unless it begins with `//`: then it is below the root.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Reply {
        let url = match path.strip_prefix("//") {
            Some(path) => format!("{}/{path}", self.base),
            None => format!("{}/api/v1{path}", self.base),
        };
        let mut request = self.http.request(method, url).body(body);
        for (name, value) in headers {
            let name: HeaderName = name.parse().unwrap();
            request = request.header(name, HeaderValue::from_str(value).unwrap());
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.bytes().await.unwrap().to_vec();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Reply {
            status,
            headers,
            bytes,
            body,
        }
    }

    pub(crate) async fn lobby(&self) -> String {
        let answer = self.get("/rooms").await.ok();
        let rooms = answer["rooms"].as_array().unwrap();
        let lobby = rooms.iter().find(|room| room["name"] == "Lobby").unwrap();
        lobby["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn room(&self, kind: &str, name: &str, members: &[&Client]) -> String {
        let members: Vec<&str> = members.iter().map(|member| member.id.as_str()).collect();
        let body = json!({"kind": kind, "name": name, "topic": "", "members": members});
        let room = self.post("/rooms", &body).await.ok();
        room["id"].as_str().unwrap().to_owned()
    }

    /// Posts and returns the seq.
    pub(crate) async fn say(&self, room: &str, text: &str) -> u64 {
        let path = format!("/rooms/{room}/messages");
        let posted = self.post(&path, &json!({"text": text})).await.ok();
        posted["event"]["seq"].as_u64().unwrap()
    }

    /// The room as this person sees it.
    pub(crate) async fn look(&self, room: &str) -> Value {
        self.get(&format!("/rooms/{room}")).await.ok()
    }

    pub(crate) async fn events(&self, room: &str) -> Vec<Value> {
        let page = self.get(&format!("/rooms/{room}/events")).await.ok();
        page["events"].as_array().unwrap().clone()
    }

    pub(crate) async fn upload(&self, room: &str, name: &str, bytes: Vec<u8>) -> Reply {
        let path = format!("/files?room={room}&name={name}");
        let headers = [("content-type", "application/octet-stream")];
        self.send(Method::POST, &path, &headers, bytes).await
    }
}
