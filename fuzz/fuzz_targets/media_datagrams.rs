//! Datagrams into a worker from an address that belongs to a peer: STUN, DTLS, RTP, RTCP or
//! anything else. Nothing panics, and nothing is sent to anybody but that address.
#![no_main]

use std::net::SocketAddr;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit, Mac};
use libfuzzer_sys::fuzz_target;
use media::{
    Carrier, Certificate, Change, Command, Config, Credentials, Datagram, Heard, Local, PeerId,
    Remote, RoomId, Transport, Worker,
};
use sha1::Sha1;

const ROOM: RoomId = RoomId(1);
const PEER: PeerId = PeerId(2);

static CERTIFICATE: LazyLock<Certificate> =
    LazyLock::new(|| Certificate::generate().expect("randomness"));

fn ours() -> SocketAddr {
    ([192, 0, 2, 7], 7881).into()
}

fn theirs() -> SocketAddr {
    ([192, 0, 2, 9], 5000).into()
}

fn attribute(message: &mut Vec<u8>, kind: u16, value: &[u8]) {
    message.extend(kind.to_be_bytes());
    message.extend((value.len() as u16).to_be_bytes());
    message.extend(value);
    message.resize(message.len().next_multiple_of(4), 0);
}

/// A connectivity check that proves the address.
fn check(local: &Local) -> Vec<u8> {
    let mut message = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    message.extend([9; 12]);
    attribute(&mut message, 0x0006, format!("{}:them", local.credentials.ufrag).as_bytes());
    attribute(&mut message, 0x0024, &[110, 0, 30, 255]);
    attribute(&mut message, 0x802a, &[1; 8]);
    attribute(&mut message, 0x0025, &[]);
    let length = (message.len() + 24 - 20) as u16;
    message[2..4].copy_from_slice(&length.to_be_bytes());
    let key = local.credentials.pwd.as_bytes();
    let mut mac = Hmac::<Sha1>::new_from_slice(key).expect("any key will do");
    mac.update(&message);
    let integrity = mac.finalize().into_bytes();
    attribute(&mut message, 0x0008, &integrity);
    message
}

fn worker(now: Instant, local: &Local) -> Worker {
    let certificate = CERTIFICATE.clone();
    let mut worker = Worker::new(now, Config { worker: 0, certificate });
    worker.command(now, Command::OpenRoom(ROOM));
    worker.command(now, Command::Open { room: ROOM, peer: PEER });
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
    let changes = vec![begin, Change::OpenData { ours: true }];
    worker.command(now, Command::Change { peer: PEER, changes });
    worker
}

fuzz_target!(|datagrams: Vec<Vec<u8>>| {
    let start = Instant::now();
    let local = Local::new((0, PEER), CERTIFICATE.fingerprint(), Vec::new(), [5; 36]);
    let mut worker = worker(start, &local);
    let first = check(&local);
    let all = std::iter::once(&first).chain(&datagrams);
    for (number, bytes) in all.enumerate() {
        let now = start + Duration::from_millis(20 * number as u64);
        let datagram = Datagram {
            carrier: Carrier::Udp,
            source: theirs(),
            destination: ours(),
            bytes,
        };
        let heard = worker.datagram(now, datagram);
        assert!(number > 0 || heard == Heard::Learned);
        assert!(worker.tick(now) > now);
        while let Some(outgoing) = worker.poll_transmit() {
            assert_eq!((outgoing.source, outgoing.destination), (ours(), theirs()));
        }
        while worker.poll_event().is_some() {}
    }
});
