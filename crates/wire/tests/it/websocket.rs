//! The WebSocket codec: any chunking gives the same, tungstenite agrees, limits hold.

use std::io::{Cursor, Read, Write};

use base::limits::{SOCKET_FRAGMENTS_MAX, SOCKET_MESSAGE_BYTES_MAX};
use proptest::prelude::*;
use tokio_tungstenite::tungstenite;
use tungstenite::protocol::{Role, WebSocket, WebSocketConfig};
use wire::websocket::{
    CloseCode, Decoder, Deflater, Flow, Incoming, Inflater, Opcode, Terms, Violation, close_frame,
    frame,
};

#[derive(Debug, Clone, PartialEq, Eq)]
enum Seen {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<u16>),
}

impl From<Incoming<'_>> for Seen {
    fn from(incoming: Incoming<'_>) -> Self {
        match incoming {
            Incoming::Text(text) => Self::Text(text.to_owned()),
            Incoming::Binary(bytes) => Self::Binary(bytes.to_vec()),
            Incoming::Ping(bytes) => Self::Ping(bytes.to_vec()),
            Incoming::Pong(bytes) => Self::Pong(bytes.to_vec()),
            Incoming::Close(code) => Self::Close(code.map(|code| code.0)),
        }
    }
}

fn decode(chunks: &[Vec<u8>]) -> (Vec<Seen>, Result<(), Violation>) {
    let mut decoder = Decoder::default();
    let mut seen = Vec::new();
    for chunk in chunks {
        let outcome = decoder.feed(&mut chunk.clone(), &mut Inflater::default(), |incoming| {
            seen.push(Seen::from(incoming));
            Flow::Continue
        });
        if outcome.is_err() {
            return (seen, outcome);
        }
    }
    (seen, Ok(()))
}

/// A masked frame as a client writes it, its first byte given in full.
fn client_frame(first: u8, payload: &[u8], key: [u8; 4]) -> Vec<u8> {
    let mut out = vec![first];
    match payload.len() {
        length @ 0..=125 => out.push(0x80 | length as u8),
        length @ 126..=65_535 => {
            out.push(0x80 | 126);
            out.extend_from_slice(&(length as u16).to_be_bytes());
        }
        length => {
            out.push(0x80 | 127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(&key);
    let mut masked = payload.to_vec();
    frame::mask(&mut masked, key);
    out.extend_from_slice(&masked);
    out
}

fn any_frame() -> impl Strategy<Value = Vec<u8>> {
    let first = prop_oneof![
        6 => prop::sample::select(vec![0x81u8, 0x82, 0x01, 0x02, 0x80, 0x00]),
        2 => prop::sample::select(vec![0x88u8, 0x89, 0x8A]),
        1 => any::<u8>(),
    ];
    let payload = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        "\\PC{0,80}".prop_map(String::into_bytes),
        Just(vec![0x03, 0xE8]),
    ];
    (first, payload, any::<[u8; 4]>())
        .prop_map(|(first, payload, key)| client_frame(first, &payload, key))
}

fn cut(bytes: &[u8], places: &[usize]) -> Vec<Vec<u8>> {
    let mut places: Vec<_> = places.iter().map(|at| at % (bytes.len() + 1)).collect();
    places.extend([0, bytes.len()]);
    places.sort_unstable();
    places
        .windows(2)
        .map(|pair| bytes[pair[0]..pair[1]].to_vec())
        .collect()
}

struct Peer(Cursor<Vec<u8>>);

impl Read for Peer {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        match self.0.read(into)? {
            0 => Err(std::io::ErrorKind::WouldBlock.into()),
            read => Ok(read),
        }
    }
}

impl Write for Peer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What tungstenite makes of the same bytes, and whether it found them sound.
fn tungstenite_decode(bytes: &[u8]) -> (Vec<Seen>, bool) {
    let config = WebSocketConfig::default()
        .max_message_size(Some(SOCKET_MESSAGE_BYTES_MAX))
        .max_frame_size(Some(SOCKET_MESSAGE_BYTES_MAX));
    let peer = Peer(Cursor::new(bytes.to_vec()));
    let mut socket = WebSocket::from_raw_socket(peer, Role::Server, Some(config));
    let mut seen = Vec::new();
    loop {
        match socket.read() {
            Ok(tungstenite::Message::Text(text)) => seen.push(Seen::Text(text.to_string())),
            Ok(tungstenite::Message::Binary(bytes)) => seen.push(Seen::Binary(bytes.to_vec())),
            Ok(tungstenite::Message::Ping(bytes)) => seen.push(Seen::Ping(bytes.to_vec())),
            Ok(tungstenite::Message::Pong(bytes)) => seen.push(Seen::Pong(bytes.to_vec())),
            Ok(tungstenite::Message::Close(close)) => {
                seen.push(Seen::Close(close.map(|close| close.code.into())));
                return (seen, true);
            }
            Ok(tungstenite::Message::Frame(_)) => unreachable!("never read"),
            Err(tungstenite::Error::Io(_)) => return (seen, true),
            Err(_) => return (seen, false),
        }
    }
}

proptest! {
    #[test]
    fn any_chunking_gives_the_same(
        frames in prop::collection::vec(any_frame(), 0..12),
        places in prop::collection::vec(any::<usize>(), 0..40),
    ) {
        let bytes = frames.concat();
        prop_assert_eq!(decode(&cut(&bytes, &places)), decode(&[bytes]));
    }

    #[test]
    fn arbitrary_bytes_never_panic(chunks in prop::collection::vec(
        prop::collection::vec(any::<u8>(), 0..64), 0..8,
    )) {
        let _ = decode(&chunks);
    }

    #[test]
    fn tungstenite_reads_the_same_messages(frames in prop::collection::vec(any_frame(), 0..12)) {
        let bytes = frames.concat();
        let (ours, outcome) = decode(std::slice::from_ref(&bytes));
        let (theirs, sound) = tungstenite_decode(&bytes);
        // Where both find the bytes sound they see the same; where one stops earlier (we are
        // stricter about lengths, close codes and fragments) one is the beginning of the other.
        let shorter = ours.len().min(theirs.len());
        prop_assert_eq!(&ours[..shorter], &theirs[..shorter]);
        if outcome.is_ok() && sound {
            prop_assert_eq!(ours.len(), theirs.len());
        }
    }
}

proptest! {
    // Large payloads take long to make, and only their lengths matter.
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_frame_we_write_is_read_by_tungstenite(
        payload in prop::collection::vec(any::<u8>(), 0..70_000),
    ) {
        let mut bytes = Vec::new();
        frame::write_frame(frame::Opcode::Binary, &payload, &mut bytes);
        let mut socket = WebSocket::from_raw_socket(Peer(Cursor::new(bytes)), Role::Client, None);
        prop_assert_eq!(socket.read().unwrap().into_data().to_vec(), payload);
    }
}

const KEY: [u8; 4] = [1, 2, 3, 4];

fn violation(bytes: &[u8]) -> Option<Violation> {
    decode(&[bytes.to_vec()]).1.err()
}

#[test]
fn a_frame_without_a_mask_is_refused() {
    assert!(matches!(
        violation(&[0x81, 0x02, b'h', b'i']),
        Some(Violation::Protocol(_))
    ));
}

#[test]
fn reserved_bits_are_refused_without_an_extension() {
    for bit in [0x40, 0x20, 0x10] {
        let frame = client_frame(0x81 | bit, b"hi", KEY);
        assert!(matches!(violation(&frame), Some(Violation::Protocol(_))));
    }
}

#[test]
fn lengths_above_the_limit_are_refused_before_their_bytes_come() {
    let mut head = vec![0x82, 0x80 | 127];
    head.extend_from_slice(&(SOCKET_MESSAGE_BYTES_MAX as u64 + 1).to_be_bytes());
    assert_eq!(violation(&head), Some(Violation::TooBig));
    head[2] = 0x80;
    assert!(matches!(violation(&head), Some(Violation::Protocol(_))));
    assert!(matches!(
        violation(&[0x82, 0x80 | 126, 0, 125]),
        Some(Violation::Protocol(_))
    ));
}

#[test]
fn fragments_are_limited_in_number_and_in_sum() {
    let mut many = client_frame(0x01, b"a", KEY);
    for _ in 1..SOCKET_FRAGMENTS_MAX {
        many.extend(client_frame(0x00, b"a", KEY));
    }
    assert_eq!(violation(&many), None);
    many.extend(client_frame(0x00, b"a", KEY));
    assert_eq!(violation(&many), Some(Violation::TooBig));

    let half = vec![b'a'; SOCKET_MESSAGE_BYTES_MAX / 2 + 1];
    let mut large = client_frame(0x01, &half, KEY);
    large.extend(client_frame(0x80, &half, KEY));
    assert_eq!(violation(&large), Some(Violation::TooBig));
}

#[test]
fn text_is_checked_across_fragments_and_refused_early() {
    let euro = "€".as_bytes();
    let mut split = client_frame(0x01, &euro[..1], KEY);
    split.extend(client_frame(0x80, &euro[1..], KEY));
    assert_eq!(decode(&[split]), (vec![Seen::Text("€".to_owned())], Ok(())));
    assert_eq!(
        violation(&client_frame(0x01, &[0xFF], KEY)),
        Some(Violation::NotUtf8)
    );
    assert_eq!(
        violation(&client_frame(0x81, &euro[..2], KEY)),
        Some(Violation::NotUtf8)
    );
}

#[test]
fn close_codes_that_are_never_sent_are_refused() {
    for code in [0u16, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000] {
        let frame = client_frame(0x88, &code.to_be_bytes(), KEY);
        assert!(
            matches!(violation(&frame), Some(Violation::Protocol(_))),
            "{code}"
        );
    }
    let mut bytes = client_frame(0x88, &1000u16.to_be_bytes(), KEY);
    bytes.extend(client_frame(0x81, b"too late", KEY));
    assert_eq!(decode(&[bytes]), (vec![Seen::Close(Some(1000))], Ok(())));
    assert!(matches!(
        violation(&client_frame(0x88, &[3], KEY)),
        Some(Violation::Protocol(_))
    ));
}

#[test]
fn a_long_close_reason_is_cut_at_a_character() {
    let frame = close_frame(CloseCode(3000), &"ä".repeat(100));
    assert_eq!(frame.len(), 2 + 2 + 122);
    assert!(std::str::from_utf8(&frame[4..]).is_ok());
}

/// What decoders that agreed on packing make of it.
fn unpack(chunks: &[Vec<u8>]) -> (Vec<Seen>, Result<(), Violation>) {
    let terms = Terms {
        deflate: true,
        ..Terms::default()
    };
    let (mut decoder, mut inflater) = (Decoder::new(terms), Inflater::default());
    let mut seen = Vec::new();
    for chunk in chunks {
        let outcome = decoder.feed(&mut chunk.clone(), &mut inflater, |incoming| {
            seen.push(Seen::from(incoming));
            Flow::Continue
        });
        if outcome.is_err() {
            return (seen, outcome);
        }
    }
    (seen, Ok(()))
}

/// The payload that a packing server would write.
fn packed(payload: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    frame::write_frame(Opcode::Binary, payload, &mut plain);
    let frame = Deflater::default().pack(&plain);
    assert_eq!(frame[0], 0xC2);
    let head = match frame[1] {
        126 => 4,
        127 => 10,
        _ => 2,
    };
    frame[head..].to_vec()
}

#[test]
fn packed_messages_come_out_as_they_were_also_in_fragments() {
    let text = "{\"again\":\"and again\"} ".repeat(100);
    let packed = packed(text.as_bytes());
    let seen = Seen::Text(text);
    let whole = client_frame(0xC1, &packed, KEY);
    assert_eq!(
        unpack(&[whole.clone(), whole]),
        (vec![seen.clone(); 2], Ok(()))
    );
    let (first, rest) = packed.split_at(5);
    let fragments = vec![
        client_frame(0x41, first, KEY),
        client_frame(0x89, b"ping", KEY),
        client_frame(0x80, rest, KEY),
    ];
    let ping = Seen::Ping(b"ping".to_vec());
    assert_eq!(unpack(&fragments), (vec![ping, seen], Ok(())));
}

#[test]
fn reserved_bits_stand_only_where_they_were_agreed_on() {
    let packed = packed(&[b'x'; 300]);
    let first = client_frame(0x41, &packed[..3], KEY);
    let wrong = [
        client_frame(0xE1, &packed, KEY),
        client_frame(0xD1, &packed, KEY),
        client_frame(0xC9, b"", KEY),
        [first, client_frame(0xC0, &packed[3..], KEY)].concat(),
    ];
    for frames in wrong {
        let (seen, outcome) = unpack(&[frames]);
        assert!(seen.is_empty());
        assert!(
            matches!(outcome, Err(Violation::Protocol(_))),
            "{outcome:?}"
        );
    }
    let (_, outcome) = decode(&[client_frame(0xC2, &packed, KEY)]);
    assert!(
        matches!(outcome, Err(Violation::Protocol(_))),
        "{outcome:?}"
    );
}

#[test]
fn bombs_and_garbage_have_their_own_codes() {
    let bomb = packed(&vec![0; SOCKET_MESSAGE_BYTES_MAX + 1]);
    assert!(bomb.len() < 200);
    let outcome = unpack(&[client_frame(0xC2, &bomb, KEY)]).1.unwrap_err();
    assert_eq!(outcome.close_code(), CloseCode::TOO_BIG);
    let most = packed(&vec![0; SOCKET_MESSAGE_BYTES_MAX]);
    assert_eq!(unpack(&[client_frame(0xC2, &most, KEY)]).0.len(), 1);
    let garbage = client_frame(0xC2, &[0xFF; 20], KEY);
    let outcome = unpack(&[garbage]).1.unwrap_err();
    assert_eq!(outcome.close_code(), CloseCode::NOT_UTF8);
    let not_text = client_frame(0xC1, &packed(&[0xFF; 300]), KEY);
    assert_eq!(unpack(&[not_text]).1, Err(Violation::NotUtf8));
}

proptest! {
    #[test]
    fn any_packed_message_in_any_chunks_comes_out(
        payload in proptest::collection::vec(0_u8..4, 256..2_000),
        size in 1_usize..700,
    ) {
        let frame = client_frame(0xC2, &packed(&payload), KEY);
        let chunks: Vec<_> = frame.chunks(size).map(<[u8]>::to_vec).collect();
        prop_assert_eq!(unpack(&chunks), (vec![Seen::Binary(payload)], Ok(())));
    }

    #[test]
    fn anything_at_all_is_unpacked_or_refused_within_the_limit(
        payload in proptest::collection::vec(any::<u8>(), 0..400),
    ) {
        let (seen, _) = unpack(&[client_frame(0xC2, &payload, KEY)]);
        prop_assert!(seen.len() <= 1);
    }
}
