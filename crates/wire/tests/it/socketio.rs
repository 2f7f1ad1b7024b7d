//! Engine.IO and Socket.IO: what is written is read again as it was, in both encodings and on both
//! carriers; hostile bytes are refused and nothing else.

use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use wire::engineio::{self, Probe, Transport, payload};
use wire::socketio::{Arguments, Decoder, Event, Packet, Parser};
use wire::websocket::{Opcode, write_frame};

/// Any JSON, not too deep.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1e9..1e9_f64).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map("[a-z_ö]{0,40}", inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// An event whose attachments stand behind its other arguments, each once, in any order.
fn event() -> impl Strategy<Value = Event> {
    let attachments = prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..5);
    let values = prop::collection::vec(value(), 0..5);
    ("[a-z]{1,12}", values, attachments, any::<bool>()).prop_map(
        |(name, mut values, attachments, backwards)| {
            let mut numbers: Vec<usize> = (0..attachments.len()).collect();
            if backwards {
                numbers.reverse();
            }
            for number in numbers {
                values.push(json!({ "at": { "_placeholder": true, "num": number } }));
            }
            let attachments = attachments.into_iter().map(Bytes::from).collect();
            let array = Value::from(values).to_string();
            let arguments = Arguments::from_array(&array, attachments).unwrap();
            Event {
                name: format!("e-{name}"),
                arguments,
            }
        },
    )
}

/// The packets of some frames, as a client on polling gets them.
fn polled(frames: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    payload::from_frames(frames, &mut body);
    body
}

/// What a decoder makes of a body.
fn decoded(body: &[u8]) -> Option<Packet> {
    let mut decoder = Decoder::new(1 << 20);
    let mut last = None;
    for packet in payload::packets(body).unwrap() {
        assert!(last.is_none(), "one packet only");
        last = match packet {
            engineio::Packet::Message(text) => decoder.text(text).unwrap(),
            engineio::Packet::Binary(bytes) => decoder.binary(bytes).unwrap(),
            other => panic!("{other:?}"),
        };
    }
    last
}

/// The arguments with each placeholder replaced by the bytes it stands for.
fn whole(arguments: &Arguments) -> Vec<Value> {
    fn put(value: Value, attachments: &[Bytes]) -> Value {
        match value {
            Value::Object(map) if map.contains_key("_placeholder") => {
                let number = map["num"].as_u64().unwrap() as usize;
                json!({ "bytes": attachments[number].to_vec() })
            }
            Value::Object(map) => map
                .into_iter()
                .map(|(key, value)| (key, put(value, attachments)))
                .collect(),
            Value::Array(values) => values
                .into_iter()
                .map(|value| put(value, attachments))
                .collect(),
            other => other,
        }
    }
    let attachments = arguments.attachments();
    let values = arguments.values().into_iter();
    values.map(|value| put(value, attachments)).collect()
}

proptest! {
    #[test]
    fn an_event_arrives_as_it_was_emitted(
        event in event(),
        namespace in "/[a-z]{0,8}",
        msgpack in any::<bool>(),
    ) {
        let parser = if msgpack { Parser::Msgpack } else { Parser::Json };
        let frames = parser.event(&namespace, &event, None);
        let read = decoded(&polled(&frames));
        let Some(Packet::Event { namespace: there, id: None, event: read }) = read else {
            panic!("{read:?}")
        };
        prop_assert_eq!(there, namespace);
        prop_assert_eq!(&read.name, &event.name);
        prop_assert_eq!(whole(&read.arguments), whole(&event.arguments));
        if !msgpack {
            prop_assert_eq!(read, event);
        }
    }

    #[test]
    fn an_answer_and_an_offset_arrive_too(event in event(), id in 0_u64..1 << 53, msgpack: bool) {
        let parser = if msgpack { Parser::Msgpack } else { Parser::Json };
        let read = decoded(&polled(&parser.ack("/n", id, &event.arguments)));
        let Some(Packet::Ack { id: there, arguments, .. }) = read else { panic!("{read:?}") };
        prop_assert_eq!(there, id);
        prop_assert_eq!(whole(&arguments), whole(&event.arguments));
        let read = decoded(&polled(&parser.event("/", &event, Some("epoch-7"))));
        let Some(Packet::Event { event: read, .. }) = read else { panic!("{read:?}") };
        let mut expected = whole(&event.arguments);
        expected.push("epoch-7".into());
        prop_assert_eq!(whole(&read.arguments), expected);
    }

    #[test]
    fn hostile_bytes_are_read_or_refused(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        text in "[0-6/,\\[\\]{}\"a:\\-_pnum\\\\]{0,60}",
        cut in 0_usize..100,
    ) {
        let _ = payload::packets(&bytes);
        let mut body = Vec::new();
        payload::from_frames(&bytes, &mut body);
        let _ = Decoder::new(100).binary(bytes);
        let _ = Decoder::new(100).text(&text);
        let mut packet = b"\x83\xa4type\x02\xa3nsp\xa1/\xa4data\x92\xa1e".to_vec();
        packet.extend_from_slice(text.as_bytes());
        packet.truncate(cut);
        let _ = Decoder::new(100).binary(packet);
    }

    #[test]
    fn a_session_is_upgraded_by_probe_and_word_only(
        steps in prop::collection::vec(0_u8..6, 0..40),
    ) {
        let timing = engineio::Timing {
            ping_interval_ms: 50,
            ping_timeout_ms: 50,
            upgrade_ms_max: 20,
        };
        let mut session = engineio::Session::open(0, timing, Transport::Polling, 0);
        let mut told = 0;
        for (now_ms, step) in (0_u64..).step_by(3).zip(steps) {
            let packet = match step {
                0 => {
                    told = if session.begin_upgrade(now_ms) { 1 } else { told };
                    continue;
                }
                1 => engineio::Packet::Ping("probe"),
                2 => engineio::Packet::Upgrade,
                3 => engineio::Packet::Message("x"),
                4 => {
                    if session.due(now_ms, true) == engineio::Due::UpgradeFailed {
                        told = 0;
                    }
                    continue;
                }
                _ => engineio::Packet::Noop,
            };
            let was = session.transport();
            match session.probe(now_ms, &packet) {
                Probe::Answer => {
                    prop_assert_eq!((told, step), (1, 1));
                    told = 2;
                }
                Probe::Upgraded => {
                    prop_assert_eq!((told, step), (2, 2));
                    prop_assert_eq!(session.transport(), Transport::WebSocket);
                    return Ok(());
                }
                Probe::Failed => told = 0,
            }
            prop_assert_eq!(session.transport(), was);
        }
    }
}

#[test]
fn a_poll_carries_what_a_socket_would() {
    let mut frames = Vec::new();
    for number in 0..100 {
        write_frame(Opcode::Text, format!("4{number}").as_bytes(), &mut frames);
    }
    let body = polled(&frames);
    let parts: Vec<&[u8]> = body.split(|byte| *byte == payload::SEPARATOR).collect();
    assert_eq!(parts.len(), 100);
    assert_eq!(parts[99], b"499");
}
