//! The transports that are no WebSocket, as bytes over plain HTTP.

use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Method, Response};
use serde_json::{Value, json};
use server::drive::hub::HubOptions;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use wire::centrifugo::message::*;
use wire::centrifugo::{Command, Encoding, Reply};
use wire::websocket::{Decoder, Deflater, Flow, Incoming, Inflater, Terms};

use futures_util::{SinkExt, StreamExt};

use super::backend::{Server, letters};
use super::client::Client;

/// A response that does not end by itself.
struct Stream {
    response: Response,
    rest: Vec<u8>,
}

impl Stream {
    async fn open(server: &Server, method: Method, path: &str, body: &str) -> Self {
        let url = format!("http://{}{path}", server.address);
        let request = reqwest::Client::new().request(method, url);
        let response = request.body(body.to_owned()).send().await.unwrap();
        assert_eq!(response.status(), 200);
        let rest = Vec::new();
        Self { response, rest }
    }

    fn header(&self, name: &str) -> &str {
        self.response.headers()[name].to_str().unwrap()
    }

    async fn fill(&mut self) -> bool {
        let chunk = tokio::time::timeout(Duration::from_secs(10), self.response.chunk());
        let chunk = chunk.await.expect("something comes in time").unwrap();
        self.rest
            .extend_from_slice(chunk.as_deref().unwrap_or_default());
        chunk.is_some()
    }

    /// The next message: a line, or the data of an event. `None` at the end.
    async fn next(&mut self) -> Option<Value> {
        loop {
            let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') else {
                if !self.fill().await {
                    assert!(self.rest.is_empty());
                    return None;
                }
                continue;
            };
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            let line = std::str::from_utf8(&line).unwrap().trim_end();
            let line = line.strip_prefix("data: ").unwrap_or(line);
            if !line.is_empty() {
                return Some(serde_json::from_str(line).unwrap());
            }
        }
    }

    async fn reply(&mut self) -> Value {
        self.next().await.expect("a message")
    }

    /// The next message in protobuf.
    async fn protobuf(&mut self) -> Reply {
        loop {
            let length = self.rest.first().copied().map(usize::from);
            let whole = length.is_some_and(|length| length < 128 && self.rest.len() > length);
            if whole && let Some(length) = length {
                let message: Vec<u8> = self.rest.drain(..=length).collect();
                let mut messages = Encoding::Protobuf.decode(&message);
                return messages.next().unwrap().unwrap();
            }
            assert!(self.fill().await);
        }
    }
}

fn query(value: &Value) -> String {
    let text = value.to_string();
    let escape = |byte: u8| format!("%{byte:02x}");
    text.bytes().map(escape).collect()
}

async fn post(server: &Server, path: &str, body: impl Into<reqwest::Body>) -> Response {
    let url = format!("http://{}{path}", server.address);
    let request = reqwest::Client::new().post(url).body(body);
    request.send().await.unwrap()
}

/// Sends commands for a connection; gives the status.
async fn emulate(server: &Server, connect: &Value, commands: &[Value]) -> u16 {
    let lines: Vec<String> = commands.iter().map(Value::to_string).collect();
    let body = json!({
        "session": connect["session"], "node": connect["node"], "data": lines.join("\n")
    });
    let response = post(server, "/emulation", body.to_string()).await;
    response.status().as_u16()
}

fn connect(token: &str) -> Value {
    json!({"id": 1, "connect": {"token": token}})
}

/// A connected stream, and what its client was told.
async fn connected(server: &Server, transport: &str) -> (Stream, Value) {
    let connect = connect("user:7");
    let mut stream = match transport {
        "http_stream" => {
            let path = "/connection/http_stream";
            Stream::open(server, Method::POST, path, &connect.to_string()).await
        }
        _ => {
            let path = format!("/connection/sse?cf_connect={}", query(&connect));
            Stream::open(server, Method::GET, &path, "").await
        }
    };
    let reply = stream.reply().await;
    assert_eq!(reply["id"], 1, "{reply}");
    (stream, reply["connect"].clone())
}

#[tokio::test]
async fn a_stream_and_requests_beside_it_are_a_whole_connection() {
    let server = Server::start().await;
    for transport in ["http_stream", "sse"] {
        let (mut stream, connect) = connected(&server, transport).await;
        assert_eq!(stream.header("cache-control"), "no-store, no-transform");
        assert_eq!(stream.header("x-accel-buffering"), "no");
        assert_eq!(connect["pong"], true);
        let channel = format!("room:{transport}");
        let subscribe = json!({"id": 2, "subscribe": {"channel": channel}});
        let ping = json!({"id": 3, "ping": {}});
        assert_eq!(emulate(&server, &connect, &[subscribe, ping]).await, 204);
        let mut ids = [stream.reply().await, stream.reply().await].map(|it| it["id"].clone());
        ids.sort_by_key(Value::as_u64);
        assert_eq!(ids, [2, 3]);
        for n in 1..=3 {
            server.app.post(&channel, format!("{{\"n\":{n}}}"));
            let push = stream.reply().await["push"].clone();
            assert_eq!(push["pub"], json!({"data": {"n": n}, "offset": n}));
        }
    }
}

#[tokio::test]
async fn protobuf_streams_as_well() {
    let server = Server::start().await;
    let command = |command: Command| Encoding::Protobuf.encode(&command);
    let first = command(Command {
        id: 1,
        connect: Some(ConnectRequest {
            token: "user:7".to_owned(),
            ..ConnectRequest::default()
        }),
        ..Command::default()
    });
    let url = |path: &str| format!("http://{}{path}", server.address);
    let post = |path: &str, body: Vec<u8>| {
        let request = reqwest::Client::new().post(url(path)).body(body);
        request
            .header("content-type", "application/octet-stream")
            .send()
    };
    let response = post("/connection/http_stream", first).await.unwrap();
    let rest = Vec::new();
    let mut stream = Stream { response, rest };
    assert_eq!(stream.header("content-type"), "application/octet-stream");
    // Longer than the helper reads: its varint has two bytes.
    while stream.rest.len() < 130 {
        assert!(stream.fill().await);
    }
    let reply: Reply = Encoding::Protobuf
        .decode(&std::mem::take(&mut stream.rest))
        .next()
        .unwrap()
        .unwrap();
    let connect = reply.connect.unwrap();
    let request = EmulationRequest {
        node: connect.node,
        session: connect.session,
        data: command(Command {
            id: 2,
            ping: Some(PingRequest {}),
            ..Command::default()
        })
        .into(),
    };
    let body = prost_body(&request);
    let status = post("/emulation", body).await.unwrap().status();
    assert_eq!(status, 204);
    let reply = stream.protobuf().await;
    assert_eq!((reply.id, reply.ping.is_some()), (2, true));
}

/// The three fields of an emulated request as protobuf writes them.
fn prost_body(request: &EmulationRequest) -> Vec<u8> {
    let fields: [&[u8]; 3] = [
        request.node.as_bytes(),
        request.session.as_bytes(),
        &request.data,
    ];
    let mut body = Vec::new();
    for (at, field) in fields.into_iter().enumerate() {
        body.push((at as u8 + 1) << 3 | 2);
        body.push(field.len() as u8);
        body.extend_from_slice(field);
    }
    body
}

#[tokio::test]
async fn commands_for_nobody_are_not_found() {
    let server = Server::start().await;
    let other = Server::start().await;
    let (stream, connect) = connected(&server, "http_stream").await;
    let ping = [json!({"id": 2, "ping": {}})];
    assert_eq!(emulate(&other, &connect, &ping).await, 404);
    let forged = |at: usize| {
        let mut text = connect["session"].as_str().unwrap().to_owned();
        let other = if &text[at..=at] == "A" { "B" } else { "A" };
        text.replace_range(at..=at, other);
        json!({"session": text, "node": connect["node"]})
    };
    for at in [0, 15, 20, 30, 40] {
        assert_eq!(emulate(&server, &forged(at), &ping).await, 404, "{at}");
    }
    assert_eq!(
        emulate(&server, &json!({"session": "", "node": ""}), &ping).await,
        404
    );
    for body in ["", "{", "7", "{\"session\":1}"] {
        assert_eq!(post(&server, "/emulation", body).await.status(), 400);
    }
    let long = json!({"session": connect["session"], "data": "x".repeat(70_000)}).to_string();
    assert_eq!(post(&server, "/emulation", long).await.status(), 413);
    let longer = "x".repeat(300_000);
    assert_eq!(post(&server, "/emulation", longer).await.status(), 413);
    assert_eq!(emulate(&server, &connect, &ping).await, 204);
    drop(stream);
    server.until(|hub| hub.stats().connections == 0).await;
    assert_eq!(emulate(&server, &connect, &ping).await, 404);
}

#[tokio::test]
async fn an_end_is_told_and_then_the_stream_ends() {
    let server = Server::start().await;
    let forged = connect("nonsense").to_string();
    let path = "/connection/http_stream";
    let mut stream = Stream::open(&server, Method::POST, path, &forged).await;
    let told = json!({"push": {"disconnect": {"code": 3500, "reason": "invalid token"}}});
    assert_eq!(stream.next().await, Some(told));
    assert_eq!(stream.next().await, None);

    let (mut stream, connect) = connected(&server, "sse").await;
    server.hub.disconnect_user(base::PersonId(7), 3011);
    let told = json!({"code": 3011, "reason": "force reconnect", "reconnect": true});
    assert_eq!(stream.reply().await["push"]["disconnect"], told);
    assert_eq!(stream.next().await, None);
    assert_eq!(emulate(&server, &connect, &[]).await, 404);

    let (mut stream, connect) = connected(&server, "http_stream").await;
    // A pong that nobody asked for.
    assert_eq!(emulate(&server, &connect, &[json!({})]).await, 204);
    assert_eq!(stream.reply().await["push"]["disconnect"]["code"], 3501);
    assert_eq!(stream.next().await, None);
    server.until(|hub| hub.stats().connections == 0).await;
}

#[tokio::test]
async fn whoever_only_listens_gets_bare_pushes() {
    let server = Server::start().await;
    let request = json!({"token": "roomer:7"});
    let get = format!("/connection/uni_sse?cf_connect={}", query(&request));
    let body = request.to_string();
    let path = "/connection/uni_http_stream";
    let mut streams = [
        Stream::open(&server, Method::GET, &get, "").await,
        Stream::open(&server, Method::POST, "/connection/uni_sse", &body).await,
        Stream::open(&server, Method::POST, path, &body).await,
    ];
    for stream in &mut streams {
        let told = stream.reply().await;
        assert!(told["connect"]["subs"]["room:own"].is_object(), "{told}");
        assert_eq!(told["connect"]["pong"], Value::Null);
        assert!(told["connect"]["session"].is_string(), "{told}");
    }
    server.app.post("room:own", "1");
    for stream in &mut streams {
        let told = json!({"channel": "room:own", "pub": {"data": 1, "offset": 1}});
        assert_eq!(stream.reply().await, told);
    }
    server
        .hub
        .unsubscribe_user(base::PersonId(7), "room:own", 2000);
    server.hub.disconnect_user(base::PersonId(7), 3503);
    for stream in &mut streams {
        let told = stream.reply().await;
        assert_eq!(told["unsubscribe"]["code"], 2000, "{told}");
        let told = stream.reply().await;
        assert_eq!(told["disconnect"]["code"], 3503, "{told}");
        assert_eq!(stream.next().await, None);
    }
}

#[tokio::test]
async fn whoever_only_listens_is_sent_away_instead_of_being_told_an_error() {
    let server = Server::start().await;
    let path = "/connection/uni_http_stream";
    for (token, code) in [("expired", 3005), ("nonsense", 3500)] {
        let body = json!({"token": token}).to_string();
        let mut stream = Stream::open(&server, Method::POST, path, &body).await;
        assert_eq!(stream.reply().await["disconnect"]["code"], code);
        assert_eq!(stream.next().await, None);
    }
}

#[tokio::test]
async fn a_websocket_can_only_listen_too() {
    let server = Server::start().await;
    let request = json!({"token": "roomer:7"});
    let plain = format!("ws://{}/connection/uni_websocket", server.address);
    let asked = format!("{plain}?cf_connect={}", query(&request));
    for url in [&plain, &asked] {
        let (mut socket, _) = connect_async(url).await.unwrap();
        if url == &plain {
            let first = Message::text(request.to_string());
            socket.send(first).await.unwrap();
        }
        let told = socket.next().await.unwrap().unwrap().into_text().unwrap();
        let told: Value = serde_json::from_str(&told).unwrap();
        assert!(told["connect"]["client"].is_string(), "{told}");
        // Nobody listens to what it says.
        socket.send(Message::text("{\"id\":1}")).await.unwrap();
        let offset = server.app.post("room:own", "1");
        let told = socket.next().await.unwrap().unwrap().into_text().unwrap();
        let told: Value = serde_json::from_str(&told).unwrap();
        let publication = json!({"data": 1, "offset": offset});
        assert_eq!(told, json!({"channel": "room:own", "pub": publication}));
    }
    server.hub.disconnect_user(base::PersonId(7), 3503);
}

#[tokio::test]
async fn pages_of_allowed_origins_may_read_and_others_may_not_even_ask() {
    let server = Server::start().await;
    let ask = async |method: Method, path: &str, origin: &str| {
        let url = format!("http://{}{path}", server.address);
        let mut headers = HeaderMap::new();
        headers.insert("origin", origin.parse().unwrap());
        let wanted = "content-type".parse().unwrap();
        headers.insert("access-control-request-headers", wanted);
        let request = reqwest::Client::new().request(method, url).headers(headers);
        request.send().await.unwrap()
    };
    for path in ["/connection/http_stream", "/connection/sse", "/emulation"] {
        let answer = ask(Method::OPTIONS, path, "http://plaza.test").await;
        assert_eq!(answer.status(), 204, "{path}");
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("access-control-allow-origin"), "http://plaza.test");
        assert_eq!(header("access-control-allow-headers"), "content-type");
        assert_eq!(header("vary"), "Origin");
        let answer = ask(Method::OPTIONS, path, "http://evil.test").await;
        assert_eq!(answer.status(), 403, "{path}");
        assert!(
            answer
                .headers()
                .get("access-control-allow-origin")
                .is_none()
        );
        let answer = ask(Method::POST, path, "http://evil.test").await;
        assert_eq!(answer.status(), 403, "{path}");
    }
    assert_eq!(server.hub.stats().connections, 0);
}

#[tokio::test]
async fn streams_of_one_address_are_counted() {
    let server = Server::start_with(HubOptions {
        shards: 2,
        connections_per_prefix_max: 2,
        ..HubOptions::default()
    })
    .await;
    let first = connected(&server, "http_stream").await;
    let second = connected(&server, "sse").await;
    let body = connect("user:7").to_string();
    let third = post(&server, "/connection/http_stream", body).await;
    assert_eq!(third.status(), 429);
    drop(first);
    server.until(|hub| hub.stats().connections == 1).await;
    let again = connected(&server, "sse").await;
    drop((second, again));
}

#[tokio::test]
async fn a_stream_that_nobody_reads_is_cut_off() {
    let server = Server::start().await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(16 << 10).unwrap();
    let mut socket = socket.connect(server.address).await.unwrap();
    let body = json!({"token": "roomer:7"}).to_string();
    let length = body.len();
    let head = format!(
        "POST /connection/uni_http_stream HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    socket.write_all(body.as_bytes()).await.unwrap();
    server.until(|hub| hub.stats().subscriptions == 2).await;
    let piece = letters(60_000);
    // More than the kernel takes, and the bound behind it.
    for _ in 0..400 {
        server.app.post("room:own", piece.clone());
        tokio::task::yield_now().await;
    }
    server.until(|hub| hub.stats().connections == 0).await;
    assert_eq!(server.hub.stats().cut_off, 1);
}

#[tokio::test]
async fn what_is_no_first_message_ends_the_stream() {
    let server = Server::start().await;
    for body in ["", "{}", "{\"id\":1,\"ping\":{}}", "nonsense"] {
        let path = "/connection/http_stream";
        let mut stream = Stream::open(&server, Method::POST, path, body).await;
        let told = stream.reply().await;
        assert_eq!(told["push"]["disconnect"]["code"], 3501, "{body}");
        assert_eq!(stream.next().await, None);
    }
    let long = "x".repeat(70_000);
    let answer = post(&server, "/connection/http_stream", long).await;
    assert_eq!(answer.status(), 413);
    let url = format!("http://{}/connection/init", server.address);
    let answer = reqwest::get(url).await.unwrap().text().await.unwrap();
    assert_eq!(answer, "{}");
}

/// A client that knows no WebSocket library, since none of them packs.
struct Packing {
    socket: TcpStream,
    bytes: Vec<u8>,
    extensions: Option<String>,
}

impl Packing {
    async fn open(server: &Server, offer: &str) -> Self {
        let mut socket = TcpStream::connect(server.address).await.unwrap();
        let head = format!(
            "GET /connection/websocket HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\n\
             connection: upgrade\r\nsec-websocket-version: 13\r\n\
             sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             sec-websocket-extensions: {offer}\r\n\r\n"
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(socket.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        let found = lines.find(|(name, _)| *name == "sec-websocket-extensions");
        Self {
            socket,
            bytes: Vec::new(),
            extensions: found.map(|(_, value)| value.to_owned()),
        }
    }

    /// Sends a frame with a mask that changes nothing.
    async fn send(&mut self, first: u8, payload: &[u8]) {
        let mut frame = vec![first, 0x80 | 126];
        frame.extend_from_slice(&(payload.len() as u16).to_be_bytes());
        if let Ok(short @ 0..=125) = u8::try_from(payload.len()) {
            frame = vec![first, 0x80 | short];
        }
        frame.extend_from_slice(&[0; 4]);
        frame.extend_from_slice(payload);
        self.socket.write_all(&frame).await.unwrap();
    }

    /// The first byte and the payload of the next frame.
    async fn frame(&mut self) -> (u8, Vec<u8>) {
        let first = self.socket.read_u8().await.unwrap();
        let length = match self.socket.read_u8().await.unwrap() {
            126 => self.socket.read_u16().await.unwrap().into(),
            short => usize::from(short),
        };
        self.bytes.resize(length, 0);
        self.socket.read_exact(&mut self.bytes).await.unwrap();
        (first, std::mem::take(&mut self.bytes))
    }
}

/// What a packed payload stands for.
fn inflated(payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0xC2, 0x80 | 126];
    frame.extend_from_slice(&(payload.len() as u16).to_be_bytes());
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(payload);
    if let Ok(short @ 0..=125) = u8::try_from(payload.len()) {
        frame.splice(1..4, [0x80 | short]);
    }
    let terms = Terms {
        deflate: true,
        ..Terms::default()
    };
    let mut out = Vec::new();
    let inflate = |incoming: Incoming<'_>| {
        if let Incoming::Binary(bytes) = incoming {
            out.extend_from_slice(bytes);
        }
        Flow::Continue
    };
    let fed = Decoder::new(terms).feed(&mut frame, &mut Inflater::default(), inflate);
    fed.unwrap();
    out
}

async fn packing() -> Server {
    Server::start_with(HubOptions {
        shards: 2,
        deflate: true,
        ..HubOptions::default()
    })
    .await
}

#[tokio::test]
async fn a_publication_is_packed_for_those_who_agreed_and_plain_for_the_others() {
    let server = packing().await;
    let mut socket = Packing::open(&server, "permessage-deflate; client_max_window_bits").await;
    let agreed = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    assert_eq!(socket.extensions.as_deref(), Some(agreed));
    socket
        .send(0x81, connect("user:7").to_string().as_bytes())
        .await;
    assert_eq!(socket.frame().await.0, 0x81);
    let subscribe = json!({"id": 2, "subscribe": {"channel": "room:packed"}}).to_string();
    socket.send(0x81, subscribe.as_bytes()).await;
    assert_eq!(socket.frame().await.0, 0x81);
    // Alone at first: nobody has asked for the plain form.
    server.app.post("room:packed", letters(1_000));
    assert_eq!(socket.frame().await.0, 0xC1);
    let mut plain = Client::connected(&server, Encoding::Json, "user:2").await;
    plain.subscribe("room:packed").await;
    for (count, first) in [(10, 0x81), (2_000, 0xC1)] {
        server.app.post("room:packed", letters(count));
        let (seen, payload) = socket.frame().await;
        assert_eq!(seen, first, "{count}");
        let text = if first == 0xC1 {
            assert!(payload.len() < 100);
            inflated(&payload)
        } else {
            payload
        };
        let push: Value = serde_json::from_slice(&text).unwrap();
        let data = push["push"]["pub"]["data"].as_str().unwrap();
        assert_eq!(data.len(), count);
        let push = plain.push().await;
        assert_eq!(push.publication.unwrap().data.len(), count + 2);
    }
    // An answer of its own is packed as well.
    let call = json!({"id": 3, "rpc": {"method": "letters", "data": 3_000}}).to_string();
    socket.send(0x81, call.as_bytes()).await;
    let (first, payload) = socket.frame().await;
    assert_eq!(first, 0xC1);
    assert!(inflated(&payload).len() > 3_000);
}

#[tokio::test]
async fn packing_is_agreed_on_only_where_the_operator_wants_it() {
    let server = Server::start().await;
    let mut socket = Packing::open(&server, "permessage-deflate").await;
    assert_eq!(socket.extensions, None);
    socket.send(0xC1, b"anything").await;
    let (first, payload) = socket.frame().await;
    assert_eq!((first, &payload[..2]), (0x88, &1002_u16.to_be_bytes()[..]));
    let server = packing().await;
    let small = "permessage-deflate; server_max_window_bits=9";
    assert_eq!(Packing::open(&server, small).await.extensions, None);
}

#[tokio::test]
async fn a_bomb_ends_the_connection_that_sent_it() {
    let server = packing().await;
    let mut frame = vec![0x82, 127];
    let zeros = vec![0; 300_000];
    frame.extend_from_slice(&(zeros.len() as u64).to_be_bytes());
    frame.extend_from_slice(&zeros);
    let bomb = Deflater::default().pack(&frame);
    assert_eq!((bomb[0], bomb[1]), (0xC2, 126));
    for (payload, code) in [(&bomb[4..], 1009_u16), (&[0x06], 1007)] {
        let mut socket = Packing::open(&server, "permessage-deflate").await;
        socket.send(0xC2, payload).await;
        let (first, payload) = socket.frame().await;
        assert_eq!((first, &payload[..2]), (0x88, &code.to_be_bytes()[..]));
    }
}
