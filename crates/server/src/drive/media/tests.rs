//! The threads over real sockets of this machine: connectivity checks as a browser sends them.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use media::{Change, Command, Credentials, Local, PeerId, Remote, RoomId, Transport};
use sha1::Sha1;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{MediaConfig, MediaThreads, is_call};

const LOCALHOST: Ipv4Addr = Ipv4Addr::LOCALHOST;

fn start(workers: usize) -> (MediaThreads, tokio::sync::mpsc::Receiver<Vec<media::Event>>) {
    MediaThreads::start(MediaConfig {
        udp: (LOCALHOST, 0).into(),
        addresses: Vec::new(),
        tcp_port: None,
        workers,
    })
    .unwrap()
}

/// A peer that waits for its client.
fn open(threads: &MediaThreads, room: RoomId, peer: PeerId) -> Local {
    let local = threads.local(room, peer);
    let begin = Change::Begin(Box::new(Transport {
        local: local.credentials.clone(),
        remote: Some(Remote {
            credentials: Credentials {
                ufrag: "them".to_owned(),
                pwd: "theirtheirtheirtheirtheir".to_owned(),
            },
            fingerprint: [7; 32],
            dtls_client: false,
        }),
        payloads: Vec::new(),
        extensions: Vec::new(),
        sends: true,
    }));
    let changes = vec![begin];
    let commands = vec![
        Command::OpenRoom(room),
        Command::Open { room, peer },
        Command::Change { peer, changes },
    ];
    threads.send(room, commands).unwrap();
    local
}

fn attribute(message: &mut Vec<u8>, kind: u16, value: &[u8]) {
    message.extend(kind.to_be_bytes());
    message.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
    message.extend(value);
    message.resize(message.len().next_multiple_of(4), 0);
}

fn lengthen(message: &mut [u8], more: usize) {
    let length = u16::try_from(message.len() - 20 + more).unwrap();
    message[2..4].copy_from_slice(&length.to_be_bytes());
}

/// A connectivity check (RFC 8445, 7.2.2) under a password.
fn check(local: &Local, password: &str) -> Vec<u8> {
    let mut message = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    message.extend([9; 12]);
    let username = format!("{}:them", local.credentials.ufrag);
    attribute(&mut message, 0x0006, username.as_bytes());
    attribute(&mut message, 0x0024, &1_845_501_695_u32.to_be_bytes());
    attribute(&mut message, 0x802a, &[1; 8]);
    attribute(&mut message, 0x0025, &[]);
    lengthen(&mut message, 24);
    let mut mac = Hmac::<Sha1>::new_from_slice(password.as_bytes()).unwrap();
    mac.update(&message);
    let integrity = mac.finalize().into_bytes();
    attribute(&mut message, 0x0008, &integrity);
    message
}

/// Asks over UDP again and again until an answer comes.
fn ask(server: SocketAddr, request: &[u8], tries: usize) -> Option<Vec<u8>> {
    let socket = UdpSocket::bind((LOCALHOST, 0)).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_millis(200)))
        .unwrap();
    let mut buffer = [0; 1500];
    for _ in 0..tries {
        socket.send_to(request, server).unwrap();
        if let Ok((count, _)) = socket.recv_from(&mut buffer) {
            return Some(buffer[..count].to_vec());
        }
    }
    None
}

#[test]
fn every_thread_answers_whichever_socket_a_check_came_in_at() {
    let (threads, _told) = start(3);
    for number in 0..12 {
        let (room, peer) = (RoomId(number), PeerId(1000 + number));
        let local = open(&threads, room, peer);
        let server = local.candidates[0].address;
        let request = check(&local, &local.credentials.pwd);
        let answer = ask(server, &request, 50).expect("an answer");
        assert_eq!(answer[..2], [1, 1], "a binding success");
    }
}

#[test]
fn a_check_under_another_password_is_not_answered() {
    let (threads, _told) = start(1);
    let local = open(&threads, RoomId(1), PeerId(1));
    let server = local.candidates[0].address;
    let right = check(&local, &local.credentials.pwd);
    assert!(ask(server, &right, 50).is_some());
    let wrong = check(&local, "another-password-of-somebody");
    assert_eq!(ask(server, &wrong, 3), None);
}

#[test]
fn threads_end_when_they_are_let_go() {
    let (threads, mut told) = start(2);
    drop(threads);
    assert!(told.blocking_recv().is_none());
}

#[tokio::test]
async fn a_check_over_tcp_is_answered_in_a_frame() {
    let (threads, _told) = start(2);
    let listener = TcpListener::bind((LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let door = threads.tcp_door();
    let serving = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        door.carry(stream).await;
    });
    let local = open(&threads, RoomId(3), PeerId(5));
    let request = check(&local, &local.credentials.pwd);
    let mut frame = u16::try_from(request.len()).unwrap().to_be_bytes().to_vec();
    frame.extend(&request);
    assert!(is_call(&frame));
    let mut stream = TcpStream::connect(address).await.unwrap();
    // In two pieces, as networks do.
    stream.write_all(&frame[..30]).await.unwrap();
    stream.flush().await.unwrap();
    stream.write_all(&frame[30..]).await.unwrap();
    let mut head = [0; 4];
    stream.read_exact(&mut head).await.unwrap();
    assert_eq!(head[2..], [1, 1], "a binding success");
    drop(stream);
    serving.await.unwrap();
}

#[test]
fn what_http_and_tls_begin_with_is_no_call() {
    assert!(!is_call(b"GET / HTTP/1.1\r\n"));
    assert!(!is_call(b"PRI * HTTP/2.0\r\n"));
    assert!(!is_call(&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3]));
    assert!(!is_call(&[]));
}
