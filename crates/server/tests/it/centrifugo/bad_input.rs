//! Whatever a peer sends ends its own connection at most.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use wire::centrifugo::message::*;
use wire::centrifugo::{Command, Encoding};

use super::backend::Server;
use super::client::{Client, rpc, subscribe};
use server::drive::hub::HubOptions;

#[tokio::test]
async fn what_is_not_a_command_ends_the_connection() {
    let server = Server::start().await;
    for frame in [
        "",
        "nonsense",
        "{\"id\":",
        "[]",
        "{}",
        "{}\n{}",
        "{\"id\":7}",
        "null",
    ] {
        let mut client = Client::connected(&server, Encoding::Json, "user:1").await;
        client.send_raw(frame.as_bytes().to_vec()).await;
        assert_eq!(client.closed().await, 3501, "{frame:?}");
    }
    for frame in [&[][..], &[0], &[5, 1], &[0xFF; 12]] {
        let mut client = Client::connected(&server, Encoding::Protobuf, "user:1").await;
        client.send_raw(frame.to_vec()).await;
        assert_eq!(client.closed().await, 3501, "{frame:?}");
    }
}

#[tokio::test]
async fn the_first_command_must_be_connect() {
    let server = Server::start().await;
    let mut client = Client::open(&server, Encoding::Json).await;
    client.send(rpc("echo", "1")).await;
    assert_eq!(client.closed().await, 3501);
}

#[tokio::test]
async fn an_oversized_message_is_cut_off() {
    let server = Server::start().await;
    let mut client = Client::connected(&server, Encoding::Json, "user:1").await;
    client
        .send(rpc("echo", &format!("\"{}\"", "x".repeat(70_000))))
        .await;
    assert_eq!(client.closed().await, 1009);
}

#[tokio::test]
async fn unknown_methods_and_channels_are_refused_and_the_connection_goes_on() {
    let server = Server::start().await;
    let mut client = Client::connected(&server, Encoding::Json, "user:1").await;
    assert_eq!(client.rpc("fly", "{}").await.error.unwrap().code, 104);
    let ask = |channel: &str| {
        subscribe(SubscribeRequest {
            channel: channel.to_owned(),
            ..Default::default()
        })
    };
    for (channel, code) in [("secret:1", 103), ("no", 103), (&*"x".repeat(300), 107)] {
        assert_eq!(
            client.call(ask(channel)).await.unwrap().error.unwrap().code,
            code
        );
    }
    client.subscribe("typing:1").await;
    assert_eq!(
        client
            .call(ask("typing:1"))
            .await
            .unwrap()
            .error
            .unwrap()
            .code,
        105
    );
    let shared_poll = SubscribeRequest {
        channel: "m".to_owned(),
        r#type: 4,
        ..Default::default()
    };
    assert_eq!(
        client
            .call(subscribe(shared_poll))
            .await
            .unwrap()
            .error
            .unwrap()
            .code,
        108
    );
    let presence = Some(PresenceRequest {
        channel: "typing:1".to_owned(),
    });
    let presence = Command {
        presence,
        ..Command::default()
    };
    assert_eq!(
        client.call(presence).await.unwrap().error.unwrap().code,
        103
    );
    assert!(client.rpc("echo", "{}").await.rpc.is_some());
    client.send(ask("")).await;
    assert_eq!(client.closed().await, 3501);
}

#[tokio::test]
async fn a_page_of_a_foreign_origin_gets_no_socket() {
    let server = Server::start().await;
    let open = |origin| Client::open_from(&server, Encoding::Json, origin);
    assert!(open(Some("https://evil.example")).await.is_err());
    assert!(open(Some("http://plaza.test")).await.is_ok());
}

#[tokio::test]
async fn an_address_has_a_bounded_number_of_sockets() {
    let options = HubOptions {
        shards: 1,
        connections_per_prefix_max: 2,
        ..HubOptions::default()
    };
    let server = Server::start_with(options).await;
    let open = || Client::open_from(&server, Encoding::Json, None);
    let one = open().await.unwrap();
    let _two = open().await.unwrap();
    assert!(open().await.is_err());
    server.until(|hub| hub.stats().connections == 2).await;
    drop(one);
    server.until(|hub| hub.stats().connections == 1).await;
    assert!(open().await.is_ok());
}

const HANDSHAKE: &str = "GET /connection/websocket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n\
     Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

async fn raw(server: &Server, request: &str) -> (TcpStream, String) {
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(socket.read_u8().await.unwrap());
    }
    (socket, String::from_utf8(answer).unwrap())
}

#[tokio::test]
async fn an_unmasked_frame_is_a_protocol_error() {
    let server = Server::start().await;
    let (mut socket, answer) = raw(&server, HANDSHAKE).await;
    assert!(answer.starts_with("HTTP/1.1 101"));
    assert!(answer.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    socket.write_all(b"\x81\x02{}").await.unwrap();
    let mut end = Vec::new();
    socket.read_to_end(&mut end).await.unwrap();
    assert_eq!(end[0], 0x88);
    assert_eq!(end[2..4], 1002u16.to_be_bytes());
}

#[tokio::test]
async fn a_first_frame_right_behind_the_handshake_is_read() {
    let server = Server::start().await;
    // A masked text frame with a key of zeros is its own plain text.
    let command = b"{\"id\":1,\"connect\":{\"token\":\"user:1\"}}";
    let mut bytes = HANDSHAKE.as_bytes().to_vec();
    bytes.extend_from_slice(&[0x81, 0x80 | command.len() as u8, 0, 0, 0, 0]);
    bytes.extend_from_slice(command);
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    socket.write_all(&bytes).await.unwrap();
    let mut answer = Vec::new();
    while !answer.windows(9).any(|part| part == b"\"connect\"") {
        answer.push(socket.read_u8().await.unwrap());
    }
}

#[tokio::test]
async fn half_a_handshake_is_refused() {
    let server = Server::start().await;
    for (from, to, status) in [
        ("Version: 13", "Version: 8", 426),
        ("dGhlIHNhbXBsZSBub25jZQ==", "short", 400),
        ("Upgrade: websocket", "Upgrade: h2c", 426),
        ("Connection: Upgrade", "Connection: close", 400),
    ] {
        let (_, answer) = raw(&server, &HANDSHAKE.replace(from, to)).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{to}: {answer}"
        );
    }
}
