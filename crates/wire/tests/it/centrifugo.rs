//! The Centrifugo codec: what is written is read again, in both encodings the same.

use std::collections::BTreeMap;

use bytes::Bytes;
use proptest::prelude::*;
use wire::centrifugo::message::*;
use wire::centrifugo::{Encoding, Malformed, Message, compact_json};

fn payload() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        Just(Bytes::new()),
        any::<i64>().prop_map(|number| Bytes::from(number.to_string())),
        "\\PC{0,20}".prop_map(|text| Bytes::from(serde_json::json!({ "text": text }).to_string())),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z:#$\"\\\\\n\u{2028}€]{0,12}", "\\PC{0,8}"]
}

fn info() -> impl Strategy<Value = ClientInfo> {
    (text(), text(), payload(), payload()).prop_map(|(user, client, conn_info, chan_info)| {
        ClientInfo {
            user,
            client,
            conn_info,
            chan_info,
        }
    })
}

fn publication() -> impl Strategy<Value = Publication> {
    let tags = prop::collection::btree_map(text(), text(), 0..3);
    (
        payload(),
        prop::option::of(info()),
        0..(1u64 << 53),
        tags,
        any::<bool>(),
        any::<i64>(),
        (text(), any::<bool>(), any::<i64>()),
    )
        .prop_map(
            |(data, info, offset, tags, delta, time, entry)| Publication {
                data,
                info,
                offset,
                tags,
                delta,
                time,
                channel: String::new(),
                key: entry.0,
                removed: entry.1,
                score: entry.2,
            },
        )
}

fn filter() -> impl Strategy<Value = FilterNode> {
    let leaf =
        (text(), text(), prop::collection::vec(text(), 0..3)).prop_map(|(key, val, vals)| {
            FilterNode {
                key,
                val,
                vals,
                cmp: "eq".to_owned(),
                ..FilterNode::default()
            }
        });
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop::collection::vec(inner, 0..3).prop_map(|nodes| FilterNode {
            op: "and".to_owned(),
            nodes,
            ..FilterNode::default()
        })
    })
}

fn subscribe() -> impl Strategy<Value = SubscribeRequest> {
    let flags = any::<[bool; 4]>();
    (
        text(),
        text(),
        flags,
        0..(1u64 << 53),
        payload(),
        prop::option::of(filter()),
        any::<i64>(),
        (0..5, 0..3, text(), any::<i32>(), any::<bool>()),
    )
        .prop_map(
            |(channel, token, flags, offset, data, tf, flag, map)| SubscribeRequest {
                channel,
                token,
                recover: flags[0],
                epoch: "e".to_owned(),
                offset,
                data,
                positioned: flags[1],
                recoverable: flags[2],
                join_leave: flags[3],
                delta: String::new(),
                tf,
                flag,
                r#type: map.0,
                phase: map.1,
                cursor: map.2,
                limit: map.3,
                asc: map.4,
            },
        )
}

fn command() -> impl Strategy<Value = Command> {
    let request = prop_oneof![
        Just(Command::default()),
        subscribe().prop_map(|it| Command {
            subscribe: Some(it),
            ..Command::default()
        }),
        (text(), payload()).prop_map(|(method, data)| {
            Command {
                rpc: Some(RpcRequest { data, method }),
                ..Command::default()
            }
        }),
        (
            text(),
            prop::collection::btree_map(text(), subscribe(), 0..3)
        )
            .prop_map(|(token, subs)| {
                let connect = ConnectRequest {
                    token,
                    subs,
                    ..ConnectRequest::default()
                };
                Command {
                    connect: Some(connect),
                    ..Command::default()
                }
            }),
        (text(), any::<i32>(), any::<u64>()).prop_map(|(channel, limit, offset)| {
            let since = Some(StreamPosition {
                offset,
                epoch: channel.clone(),
            });
            let history = HistoryRequest {
                channel,
                limit,
                since,
                reverse: true,
            };
            Command {
                history: Some(history),
                ..Command::default()
            }
        }),
        Just(Command {
            ping: Some(PingRequest {}),
            ..Command::default()
        }),
    ];
    (any::<u32>(), request).prop_map(|(id, request)| Command { id, ..request })
}

fn reply() -> impl Strategy<Value = Reply> {
    let result = prop_oneof![
        Just(Reply::default()),
        (any::<u32>(), text(), any::<bool>()).prop_map(|(code, message, temporary)| {
            Reply::error(
                0,
                Error {
                    code,
                    message,
                    temporary,
                },
            )
        }),
        (text(), publication()).prop_map(|(channel, publication)| {
            Reply::push(Push {
                channel,
                publication: Some(publication),
                ..Push::default()
            })
        }),
        (text(), info()).prop_map(|(channel, info)| {
            let join = Some(Join { info: Some(info) });
            Reply::push(Push {
                channel,
                join,
                ..Push::default()
            })
        }),
        (
            prop::collection::vec(publication(), 0..4),
            text(),
            any::<bool>()
        )
            .prop_map(|(publications, epoch, recovered)| {
                let result = SubscribeResult {
                    publications,
                    epoch,
                    recovered,
                    ..Default::default()
                };
                Reply {
                    subscribe: Some(result),
                    ..Reply::default()
                }
            }),
        prop::collection::btree_set(text(), 0..3).prop_map(|channels| {
            let value = Some(SubscribeResult::default());
            let entry = |key| SubscribeEntry {
                key,
                value: value.clone(),
            };
            let subs = channels.into_iter().map(entry).collect();
            let connect = Some(ConnectResult {
                subs,
                ..ConnectResult::default()
            });
            Reply {
                connect,
                ..Reply::default()
            }
        }),
        prop::collection::btree_map(text(), info(), 0..3).prop_map(|presence| Reply {
            presence: Some(PresenceResult { presence }),
            ..Reply::default()
        }),
    ];
    (any::<u32>(), result).prop_map(|(id, result)| Reply { id, ..result })
}

fn decode<M: Message>(encoding: Encoding, frame: &[u8]) -> Vec<Result<M, Malformed>> {
    encoding.decode(frame).collect()
}

fn survives<M: Message + Clone + PartialEq + std::fmt::Debug>(
    messages: &[M],
) -> Result<(), TestCaseError> {
    let expected: Vec<_> = messages.iter().cloned().map(Ok).collect();
    for encoding in [Encoding::Json, Encoding::Protobuf] {
        let mut frame = Vec::new();
        for message in messages {
            encoding.append(message, &mut frame);
        }
        prop_assert_eq!(&decode::<M>(encoding, &frame), &expected);
    }
    Ok(())
}

proptest! {
    #[test]
    fn commands_survive_both_encodings(commands in prop::collection::vec(command(), 1..5)) {
        survives(&commands)?;
    }

    #[test]
    fn replies_survive_both_encodings(replies in prop::collection::vec(reply(), 1..5)) {
        survives(&replies)?;
    }

    #[test]
    fn arbitrary_bytes_never_panic_and_always_end(
        frame in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        for encoding in [Encoding::Json, Encoding::Protobuf] {
            let commands = decode::<Command>(encoding, &frame);
            prop_assert!(commands.len() <= frame.len() + 1);
            prop_assert!(commands.iter().rev().skip(1).all(Result::is_ok));
        }
    }

    #[test]
    fn text_with_json_punctuation_never_panics(frame in "[{}\\[\\]\":,a-z0-9\n]{0,80}") {
        let _ = decode::<Command>(Encoding::Json, frame.as_bytes());
    }
}

#[test]
fn the_json_is_what_the_official_clients_expect() {
    let info = ClientInfo {
        user: "u".to_owned(),
        ..ClientInfo::default()
    };
    let push = Push {
        channel: "room:1".to_owned(),
        publication: Some(Publication {
            data: Bytes::from_static(b"{\"a\":\n1}"),
            offset: 7,
            info: Some(info),
            tags: BTreeMap::from([("k".to_owned(), "v".to_owned())]),
            ..Publication::default()
        }),
        ..Push::default()
    };
    let frame = Encoding::Json.encode(&Reply::push(push));
    assert_eq!(
        String::from_utf8(frame).unwrap(),
        "{\"push\":{\"channel\":\"room:1\",\"pub\":{\"data\":{\"a\":1},\"info\":{\"user\":\"u\",\
         \"client\":\"\"},\"offset\":7,\"tags\":{\"k\":\"v\"}}}}"
    );
    let stats = Reply {
        presence_stats: Some(PresenceStatsResult::default()),
        ..Reply::default()
    };
    assert_eq!(
        Encoding::Json.encode(&stats),
        b"{\"presence_stats\":{\"num_clients\":0,\"num_users\":0}}"
    );
    let history = Reply {
        history: Some(HistoryResult::default()),
        ..Reply::default()
    };
    assert_eq!(
        Encoding::Json.encode(&history),
        b"{\"history\":{\"publications\":[],\"epoch\":\"\",\"offset\":0}}"
    );
}

#[test]
fn a_ping_is_two_braces_or_one_zero_byte() {
    assert_eq!(Encoding::Json.encode(&Reply::default()), b"{}");
    assert_eq!(Encoding::Protobuf.encode(&Reply::default()), [0]);
    for (encoding, frame) in [
        (Encoding::Json, &b"{}\n"[..]),
        (Encoding::Protobuf, &[0][..]),
    ] {
        let commands = decode::<Command>(encoding, frame);
        assert!(matches!(&commands[..], [Ok(command)] if command.is_pong()));
    }
}

#[test]
fn unknown_fields_are_ignored_and_broken_lines_end_the_frame() {
    let frame = b"{\"id\":1,\"new\":[{}],\"rpc\":{\"method\":\"m\",\"x\":1}}\n{\"id\":\n{\"id\":2}";
    let commands = decode::<Command>(Encoding::Json, frame);
    assert!(matches!(&commands[..], [Ok(first), Err(Malformed::Json)] if first.id == 1));
    assert_eq!(
        decode::<Command>(Encoding::Json, b""),
        [Err(Malformed::Empty)]
    );
    assert_eq!(
        decode::<Command>(Encoding::Protobuf, &[5, 1]),
        [Err(Malformed::Protobuf)]
    );
}

#[test]
fn deep_nesting_is_refused_not_followed() {
    let deep = format!(
        "{{\"subscribe\":{{\"tf\":{}{}}}}}",
        "{\"nodes\":[".repeat(5_000),
        "]}".repeat(5_000)
    );
    assert_eq!(
        decode::<Command>(Encoding::Json, deep.as_bytes()),
        [Err(Malformed::Json)]
    );
}

#[test]
fn a_payload_is_one_json_value_on_one_line() {
    let clean = compact_json(Bytes::from_static(b"{\n \"a\": \"b\\n\"}\r\n"));
    assert_eq!(clean, Ok(Bytes::from_static(b"{ \"a\": \"b\\n\"}")));
    for bad in ["", "{", "1 2", "\"a\nb\"", "{}\n{}"] {
        assert_eq!(
            compact_json(Bytes::from_static(bad.as_bytes())),
            Err(Malformed::Json),
            "{bad}"
        );
    }
}

#[test]
fn an_empty_result_of_a_server_side_subscription_is_still_there() {
    let value = Some(SubscribeResult::default());
    let subs = vec![SubscribeEntry {
        key: "place".to_owned(),
        value,
    }];
    let connect = Some(ConnectResult {
        subs,
        ..ConnectResult::default()
    });
    let reply = Reply {
        connect,
        ..Reply::default()
    };
    assert_eq!(
        Encoding::Json.encode(&reply),
        b"{\"connect\":{\"subs\":{\"place\":{}}}}"
    );
    // Length, connect(5), subs(6), key(1) "place", value(2) of no bytes.
    let frame = Encoding::Protobuf.encode(&reply);
    assert_eq!(frame, b"\x0d\x2a\x0b\x32\x09\x0a\x05place\x12\x00");
}
