//! The Centrifugo client protocol, version 2, JSON: as much of it as the bench needs.
//!
//! Written from the protocol's description, not with the server's codec, so that a mistake there
//! does not cancel itself out here.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

use super::{ANSWER_TIMEOUT, Failure};
use crate::history::Cursor;

/// What comes without being asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Push {
    /// A publication.
    Publication {
        /// In which channel.
        channel: String,
        /// Its offset, 0 where the channel has none.
        offset: u64,
        /// What was published.
        data: Value,
    },
    /// A subscription was ended by the server.
    Unsubscribed {
        /// Of which channel.
        channel: String,
    },
}

/// The answer to a subscription.
#[derive(Debug, Clone, PartialEq)]
pub struct Subscription {
    /// Whether nothing is missing since the cursor.
    pub recovered: bool,
    /// The channel's epoch and offset.
    pub head: Cursor,
    /// What was missed: offset and data.
    pub publications: Vec<(u64, Value)>,
}

type Waiting = oneshot::Sender<Result<Value, Failure>>;

/// One connection. Dropping it closes it.
#[derive(Debug)]
pub struct Socket {
    commands: mpsc::UnboundedSender<(Value, Waiting)>,
}

impl Socket {
    /// Connects and shows a token. Pushes come through the receiver, which ends with the
    /// connection.
    ///
    /// # Errors
    /// [`Failure::Unknown`] when there is no connection, [`Failure::Refused`] when the server does
    /// not let the token in.
    pub async fn connect(
        address: &str,
        token: &str,
    ) -> Result<(Self, mpsc::UnboundedReceiver<Push>), Failure> {
        let opening = async {
            let stream = TcpStream::connect(address)
                .await
                .map_err(Failure::unknown)?;
            stream.set_nodelay(true).map_err(Failure::unknown)?;
            let url = format!("ws://{address}/connection/websocket");
            let (stream, _) = client_async(url, stream).await.map_err(Failure::unknown)?;
            Ok(stream)
        };
        let opened = tokio::time::timeout(ANSWER_TIMEOUT, opening).await;
        let stream = opened.map_err(Failure::unknown)??;
        let (commands, received) = mpsc::unbounded_channel();
        let (push, pushes) = mpsc::unbounded_channel();
        tokio::spawn(drive(stream, received, push));
        let socket = Self { commands };
        socket
            .ask(json!({ "connect": { "token": token, "name": "sim" } }))
            .await?;
        Ok((socket, pushes))
    }

    /// Calls a method.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn rpc(&self, method: &str, data: &Value) -> Result<Value, Failure> {
        let reply = self
            .ask(json!({ "rpc": { "method": method, "data": data } }))
            .await?;
        Ok(reply.pointer("/rpc/data").cloned().unwrap_or_default())
    }

    /// Subscribes to a channel, from a cursor if there is one.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn subscribe(
        &self,
        channel: &str,
        from: Option<&Cursor>,
    ) -> Result<Subscription, Failure> {
        let request = match from {
            Some(cursor) => json!({
                "channel": channel, "recover": true, "epoch": cursor.epoch, "offset": cursor.seq,
            }),
            None => json!({ "channel": channel }),
        };
        let reply = self.ask(json!({ "subscribe": request })).await?;
        let result = reply.get("subscribe").cloned().unwrap_or_default();
        let publications = result.get("publications").and_then(Value::as_array);
        Ok(Subscription {
            recovered: result
                .get("recovered")
                .and_then(Value::as_bool)
                .unwrap_or(false),
            head: Cursor {
                epoch: result
                    .get("epoch")
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned(),
                seq: result.get("offset").and_then(Value::as_u64).unwrap_or(0),
            },
            publications: publications
                .into_iter()
                .flatten()
                .map(publication)
                .collect(),
        })
    }

    async fn ask(&self, command: Value) -> Result<Value, Failure> {
        let (answer, answered) = oneshot::channel();
        let closed = |_| Failure::unknown("the connection is closed");
        self.commands
            .send((command, answer))
            .map_err(|_| Failure::unknown("closed before"))?;
        let waited = tokio::time::timeout(ANSWER_TIMEOUT, answered).await;
        waited.map_err(Failure::unknown)?.map_err(closed)?
    }
}

fn publication(value: &Value) -> (u64, Value) {
    let offset = value.get("offset").and_then(Value::as_u64).unwrap_or(0);
    (offset, value.get("data").cloned().unwrap_or_default())
}

/// Owns the connection until either side ends it. Whoever waits then learns that no answer came.
async fn drive(
    mut stream: WebSocketStream<TcpStream>,
    mut commands: mpsc::UnboundedReceiver<(Value, Waiting)>,
    pushes: mpsc::UnboundedSender<Push>,
) {
    let mut waiting: HashMap<u64, Waiting> = HashMap::new();
    let mut id = 0;
    loop {
        tokio::select! {
            command = commands.recv() => {
                let Some((mut command, answer)) = command else { break };
                id += 1;
                command["id"] = json!(id);
                waiting.insert(id, answer);
                if stream.send(Message::text(command.to_string())).await.is_err() {
                    return;
                }
            }
            frame = stream.next() => {
                let Some(Ok(Message::Text(text))) = frame else {
                    if matches!(frame, Some(Ok(Message::Ping(_) | Message::Pong(_)))) {
                        continue;
                    }
                    return;
                };
                for line in text.lines().filter(|line| !line.trim().is_empty()) {
                    let Ok(reply) = serde_json::from_str::<Value>(line) else { return };
                    let is_ping = reply.as_object().is_some_and(serde_json::Map::is_empty);
                    if is_ping {
                        if stream.send(Message::text("{}")).await.is_err() {
                            return;
                        }
                    } else {
                        settle(reply, &mut waiting, &pushes);
                    }
                }
            }
        }
    }
    // The client is done: say so, but do not wait for a server that may be gone.
    let _ = tokio::time::timeout(Duration::from_millis(200), stream.close(None)).await;
}

fn settle(reply: Value, waiting: &mut HashMap<u64, Waiting>, pushes: &mpsc::UnboundedSender<Push>) {
    if let Some(answer) = reply
        .get("id")
        .and_then(Value::as_u64)
        .and_then(|id| waiting.remove(&id))
    {
        // Whoever asked may have stopped waiting.
        let _ = answer.send(result(reply));
    } else if let Some(push) = reply.get("push") {
        let channel = push
            .get("channel")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        if let Some(found) = push.get("pub") {
            let (offset, data) = publication(found);
            let _ = pushes.send(Push::Publication {
                channel,
                offset,
                data,
            });
        } else if push.get("unsubscribe").is_some() {
            let _ = pushes.send(Push::Unsubscribed { channel });
        }
    }
}

fn result(reply: Value) -> Result<Value, Failure> {
    let Some(error) = reply.get("error") else {
        return Ok(reply);
    };
    let code = error
        .get("message")
        .and_then(Value::as_str)
        .unwrap_or_default();
    // Number 100 is a fault of the server: it does not tell whether anything was done.
    if error.get("code").and_then(Value::as_u64) == Some(100) {
        Err(Failure::Unknown(format!("fault: {code}")))
    } else {
        Err(Failure::Refused {
            code: code.to_owned(),
        })
    }
}
