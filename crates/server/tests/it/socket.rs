//! A browser's live connection: JSON over a real WebSocket, nothing of ours in between.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::house::{Client, House};

const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    next_id: u64,
    /// Lines of a frame that were not looked at yet.
    lines: VecDeque<Value>,
    /// What came while something else was awaited.
    pushes: Vec<Value>,
    pub(crate) subscriptions: Vec<String>,
}

impl Socket {
    /// A connection that said nothing yet.
    pub(crate) async fn open(house: &House) -> Self {
        let url = format!("ws://{}/connection/websocket", house.running.address());
        let (stream, _) = connect_async(url).await.unwrap();
        Self::over(stream)
    }

    fn over(stream: WebSocketStream<MaybeTlsStream<TcpStream>>) -> Self {
        Self {
            stream,
            next_id: 0,
            lines: VecDeque::new(),
            pushes: Vec::new(),
            subscriptions: Vec::new(),
        }
    }

    /// One that a proxy says comes from another address.
    pub(crate) async fn from(house: &House, address: &str) -> Self {
        Self::with(house, &[("x-forwarded-for", address)]).await
    }

    /// One whose handshake has these headers.
    pub(crate) async fn with(house: &House, headers: &[(&'static str, &str)]) -> Self {
        let url = format!("ws://{}/connection/websocket", house.running.address());
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let (stream, _) = connect_async(request).await.unwrap();
        Self::over(stream)
    }

    /// The connection of somebody who is logged in.
    pub(crate) async fn of(house: &House, client: &Client) -> Self {
        let answer = client.post("/socket-token", &json!({})).await.ok();
        let token = answer["token"].as_str().unwrap().to_owned();
        let mut socket = Self::open(house).await;
        socket.connect(&token).await.unwrap();
        socket
    }

    pub(crate) async fn connect(&mut self, token: &str) -> Result<Value, Value> {
        let connected = self.call("connect", json!({"token": token})).await?;
        let subs = connected["subs"].as_object().cloned().unwrap_or_default();
        self.subscriptions = subs.keys().cloned().collect();
        Ok(connected)
    }

    pub(crate) async fn send(&mut self, method: &str, data: Value) -> u64 {
        self.next_id += 1;
        let command = json!({"id": self.next_id, method: data});
        let message = Message::text(command.to_string());
        self.stream.send(message).await.unwrap();
        self.next_id
    }

    /// Sends a command and waits for its reply: the result, or the error.
    pub(crate) async fn call(&mut self, method: &str, data: Value) -> Result<Value, Value> {
        let id = self.send(method, data).await;
        let reply = self.reply(id).await;
        if reply["error"].is_null() {
            Ok(reply[method].clone())
        } else {
            Err(reply["error"].clone())
        }
    }

    pub(crate) async fn reply(&mut self, id: u64) -> Value {
        loop {
            if let Some(at) = self.pushes.iter().position(|message| message["id"] == id) {
                return self.pushes.remove(at);
            }
            let message = self.next().await.expect("the connection is open");
            if message["id"] == id {
                return message;
            }
            self.pushes.push(message);
        }
    }

    pub(crate) async fn subscribe(&mut self, channel: &str) -> Result<Value, Value> {
        self.call("subscribe", json!({"channel": channel})).await
    }

    /// Calls a method of ours: its data, or the error's message.
    pub(crate) async fn rpc(&mut self, method: &str, data: Value) -> Result<Value, String> {
        match self
            .call("rpc", json!({"method": method, "data": data}))
            .await
        {
            Ok(result) => Ok(result["data"].clone()),
            Err(error) => Err(error["message"].as_str().unwrap().to_owned()),
        }
    }

    /// Waits for a push that `fits`, passing over others.
    pub(crate) async fn push(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            if let Some(at) = self
                .pushes
                .iter()
                .position(|message| fits(&message["push"]))
            {
                return self.pushes.remove(at)["push"].clone();
            }
            let message = self.next().await.expect("the connection is open");
            self.pushes.push(message);
        }
    }

    /// Waits for a publication on a channel whose data `fits`.
    pub(crate) async fn published(
        &mut self,
        channel: &str,
        fits: impl Fn(&Value) -> bool,
    ) -> Value {
        let wanted = |push: &Value| push["channel"] == channel && fits(&push["pub"]["data"]);
        self.push(wanted).await["pub"].clone()
    }

    /// Everything that came and was not asked for.
    pub(crate) fn pushed(&self) -> &[Value] {
        &self.pushes
    }

    /// The first message of the server, or the code that it closed with.
    pub(crate) async fn first(&mut self) -> Result<Value, u16> {
        self.next().await
    }

    /// Waits until the server closes, and says with which code.
    pub(crate) async fn closed(&mut self) -> u16 {
        loop {
            match self.next().await {
                Ok(message) => self.pushes.push(message),
                Err(code) => return code,
            }
        }
    }

    /// The next message, or the code that the server closed with.
    async fn next(&mut self) -> Result<Value, u16> {
        loop {
            if let Some(line) = self.lines.pop_front() {
                return Ok(line);
            }
            let message = tokio::time::timeout(PATIENCE, self.stream.next()).await;
            match message
                .expect("something comes")
                .expect("the stream goes on")
                .unwrap()
            {
                Message::Text(text) => {
                    // Several may share one frame, a line each; `{}` is a ping.
                    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
                    self.lines.extend(lines.filter(|line| *line != json!({})));
                }
                Message::Close(frame) => return Err(frame.map_or(1005, |frame| frame.code.into())),
                Message::Ping(_) | Message::Pong(_) | Message::Binary(_) | Message::Frame(_) => {}
            }
        }
    }
}
