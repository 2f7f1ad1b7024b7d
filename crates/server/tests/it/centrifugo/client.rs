//! A client made of tungstenite and the codec.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use wire::centrifugo::message::*;
use wire::centrifugo::{Command, Encoding, Push, Reply};

use super::backend::Server;

pub(crate) struct Client {
    pub(crate) socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    encoding: Encoding,
    next_id: u32,
    replies: VecDeque<Reply>,
}

/// What a connection ended with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Closed(pub(crate) u16);

impl Client {
    pub(crate) async fn open(server: &Server, encoding: Encoding) -> Self {
        Self::open_from(server, encoding, None).await.unwrap()
    }

    pub(crate) async fn open_from(
        server: &Server,
        encoding: Encoding,
        origin: Option<&'static str>,
    ) -> Result<Self, Error> {
        let url = format!("ws://{}/connection/websocket", server.address);
        let mut request = url.into_client_request().unwrap();
        let headers = request.headers_mut();
        if encoding == Encoding::Protobuf {
            let protocol = HeaderValue::from_static("centrifuge-protobuf");
            headers.insert("sec-websocket-protocol", protocol);
        }
        if let Some(origin) = origin {
            headers.insert("origin", HeaderValue::from_static(origin));
        }
        let (socket, _) = connect_async(request).await?;
        Ok(Self {
            socket,
            encoding,
            next_id: 1,
            replies: VecDeque::new(),
        })
    }

    /// An open connection of this person.
    pub(crate) async fn connected(server: &Server, encoding: Encoding, token: &str) -> Self {
        let mut client = Self::open(server, encoding).await;
        client.connect(token).await.unwrap();
        client
    }

    pub(crate) async fn connect(&mut self, token: &str) -> Result<ConnectResult, Closed> {
        let connect = ConnectRequest {
            token: token.to_owned(),
            ..ConnectRequest::default()
        };
        let command = Command {
            connect: Some(connect),
            ..Command::default()
        };
        Ok(self
            .call(command)
            .await?
            .connect
            .expect("the connect is accepted"))
    }

    pub(crate) async fn subscribe(&mut self, channel: &str) -> SubscribeResult {
        let request = SubscribeRequest {
            channel: channel.to_owned(),
            ..Default::default()
        };
        let reply = self.call(subscribe(request)).await.unwrap();
        reply.subscribe.expect("the subscription is accepted")
    }

    pub(crate) async fn recover(
        &mut self,
        channel: &str,
        offset: u64,
        epoch: &str,
    ) -> SubscribeResult {
        let request = SubscribeRequest {
            channel: channel.to_owned(),
            recover: true,
            offset,
            epoch: epoch.to_owned(),
            ..Default::default()
        };
        self.call(subscribe(request))
            .await
            .unwrap()
            .subscribe
            .unwrap()
    }

    pub(crate) async fn rpc(&mut self, method: &str, data: &str) -> Reply {
        self.call(rpc(method, data)).await.unwrap()
    }

    /// Sends a command under the next id, without waiting.
    pub(crate) async fn send(&mut self, command: Command) -> u32 {
        let id = self.next_id;
        self.next_id += 1;
        self.send_batch(&[Command { id, ..command }]).await;
        id
    }

    /// Sends commands as they are, in one frame.
    pub(crate) async fn send_batch(&mut self, commands: &[Command]) {
        let mut frame = Vec::new();
        for command in commands {
            self.encoding.append(command, &mut frame);
        }
        self.send_raw(frame).await;
    }

    pub(crate) async fn send_raw(&mut self, frame: Vec<u8>) {
        let message = match self.encoding {
            Encoding::Json => Message::text(String::from_utf8(frame).unwrap()),
            Encoding::Protobuf => Message::binary(frame),
        };
        // The server may have closed already: the next read tells.
        let _ = self.socket.send(message).await;
    }

    /// Sends a command and waits for its reply; pushes in between are kept.
    pub(crate) async fn call(&mut self, command: Command) -> Result<Reply, Closed> {
        let id = self.send(command).await;
        let mut others = VecDeque::new();
        loop {
            let reply = self.next().await?;
            if reply.id == id {
                others.append(&mut self.replies);
                self.replies = others;
                return Ok(reply);
            }
            others.push_back(reply);
        }
    }

    /// The next message of the server.
    pub(crate) async fn next(&mut self) -> Result<Reply, Closed> {
        loop {
            if let Some(reply) = self.replies.pop_front() {
                return Ok(reply);
            }
            let frame = tokio::time::timeout(Duration::from_secs(10), self.socket.next());
            let frame = match frame.await.expect("the server says something in time") {
                Some(Ok(Message::Text(text))) => Bytes::from(text),
                Some(Ok(Message::Binary(bytes))) => bytes,
                Some(Ok(Message::Close(Some(close)))) => return Err(Closed(close.code.into())),
                Some(Ok(_)) => continue,
                Some(Err(_)) | None => return Err(Closed(0)),
            };
            self.replies
                .extend(self.encoding.decode::<Reply>(&frame).map(Result::unwrap));
        }
    }

    pub(crate) async fn push(&mut self) -> Push {
        self.next().await.unwrap().push.expect("a push")
    }

    pub(crate) async fn publication(&mut self) -> Publication {
        self.push().await.publication.expect("a publication")
    }

    /// Waits for the end, whatever comes before.
    pub(crate) async fn closed(&mut self) -> u16 {
        loop {
            if let Err(Closed(code)) = self.next().await {
                return code;
            }
        }
    }
}

pub(crate) fn subscribe(request: SubscribeRequest) -> Command {
    Command {
        subscribe: Some(request),
        ..Command::default()
    }
}

pub(crate) fn rpc(method: &str, data: &str) -> Command {
    let request = RpcRequest {
        method: method.to_owned(),
        data: Bytes::from(data.to_owned()),
    };
    Command {
        rpc: Some(request),
        ..Command::default()
    }
}

pub(crate) fn publish(channel: &str, data: &str) -> Command {
    let request = PublishRequest {
        channel: channel.to_owned(),
        data: Bytes::from(data.to_owned()),
        ..PublishRequest::default()
    };
    Command {
        publish: Some(request),
        ..Command::default()
    }
}
